/* Owns nothing: checked calls into libsodium's Ed25519.  Never reads or writes a file and never
 * logs.  Called by app/chain.c, jobs/sign.c and the commands keygen and verify. */
#include "qrsvc/base/crypto_sign.h"

#include <sodium.h>

_Static_assert(SIGN_SEED == crypto_sign_SEEDBYTES, "RFC 8032 5.1.5: 32 bytes");
_Static_assert(SIGN_PUBLIC == crypto_sign_PUBLICKEYBYTES, "RFC 8032 5.1.5: 32 bytes");
_Static_assert(SIGN_BYTES == crypto_sign_BYTES, "RFC 8032 5.1.6: 64 bytes");
_Static_assert(sizeof((struct sign_key *)0)->secret == crypto_sign_SECRETKEYBYTES,
	"room for libsodium's form");

static const unsigned char *bytes(struct str s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

void sign_key_new(struct sign_key *ret_)
{
	crypto_sign_keypair(ret_->public, ret_->secret);
}

void sign_key_of(const unsigned char seed[SIGN_SEED], struct sign_key *ret_)
{
	crypto_sign_seed_keypair(ret_->public, ret_->secret, seed);
}

void sign_key_seed(const struct sign_key *k, unsigned char ret_[SIGN_SEED])
{
	crypto_sign_ed25519_sk_to_seed(ret_, k->secret);
}

void sign_key_wipe(struct sign_key *k)
{
	sodium_memzero(k, sizeof *k);
}

void sign_text(const struct sign_key *k, struct str text, unsigned char ret_[SIGN_BYTES])
{
	crypto_sign_detached(ret_, NULL, bytes(text), text.n, k->secret);
}

bool sign_check(const unsigned char public[SIGN_PUBLIC], struct str text,
	const unsigned char signature[SIGN_BYTES])
{
	return crypto_sign_verify_detached(signature, bytes(text), text.n, public) == 0;
}
