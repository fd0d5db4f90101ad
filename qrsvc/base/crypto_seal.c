/* Owns the form of a sealed text: nonce, tag, text.  Never reads or writes a file and never
 * logs. Called by app/contact.c and app/keyfile.c. */
#include "qrsvc/base/crypto_seal.h"

#include "qrsvc/base/crypto.h"

#include <sodium.h>

#define NONCE crypto_secretbox_NONCEBYTES
_Static_assert(SEAL_KEY == crypto_secretbox_KEYBYTES, "a key is as long as libsodium's");
_Static_assert(SEAL_BYTES - SEAL_PLAIN == NONCE + crypto_secretbox_MACBYTES, "room for all");

void seal_key_new(struct seal_key *ret_)
{
	crypto_secretbox_keygen(ret_->b);
}

bool seal_text(const struct seal_key *k, struct str text, unsigned char ret_[SEAL_BYTES])
{
	unsigned char plain[SEAL_PLAIN] = {0};
	if (text.n > SEAL_PLAIN || str_chr(text, 0) >= 0)
		return false;
	if (text.n)
		memcpy(plain, text.p, text.n);
	crypto_random(ret_, NONCE);
	crypto_secretbox_easy(ret_ + NONCE, plain, SEAL_PLAIN, ret_, k->b);
	crypto_wipe(plain, sizeof plain);
	return true;
}

bool seal_open(
	const struct seal_key *k, struct str sealed, char ret_[SEAL_PLAIN], size_t *ret_n)
{
	const unsigned char *s = (const unsigned char *)sealed.p;
	if (sealed.n != SEAL_BYTES || crypto_secretbox_open_easy((unsigned char *)ret_,
					      s + NONCE, SEAL_BYTES - NONCE, s, k->b) != 0)
		return false;
	*ret_n = strnlen(ret_, SEAL_PLAIN);
	return true;
}
