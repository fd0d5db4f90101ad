/* Owns nothing: checked calls into libsodium's argon2id.  Never keeps a password.  Called by
 * the hasher process and by tests. */
#include "qrsvc/base/crypto_password.h"

#include <sodium.h>
#include <stdio.h>

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_argon2id_STRBYTES, "room for a hash");

/* The hash as libsodium wants it: padded with NUL to its full length. */
static bool hash_text(struct str hash, char ret_[PASSWORD_HASH_MAX])
{
	static const struct str begin = {"$argon2id$", 10};
	if (hash.n >= PASSWORD_HASH_MAX || !str_starts(hash, begin))
		return false;
	memset(ret_, 0, PASSWORD_HASH_MAX);
	memcpy(ret_, hash.p, hash.n);
	return true;
}

bool password_hash(
	struct str password, const struct password_cost *cost, char ret_[PASSWORD_HASH_MAX])
{
	memset(ret_, 0, PASSWORD_HASH_MAX);
	return crypto_pwhash_str_alg(ret_, password.p ? password.p : "", password.n,
		       cost->passes, (size_t)cost->mem_kib * 1024,
		       crypto_pwhash_ALG_ARGON2ID13) == 0;
}

bool password_verify(struct str hash, struct str password)
{
	char text[PASSWORD_HASH_MAX];
	return hash_text(hash, text) &&
	       crypto_pwhash_str_verify(text, password.p ? password.p : "", password.n) == 0;
}

bool password_is_weak(struct str hash, const struct password_cost *cost)
{
	char text[PASSWORD_HASH_MAX];
	unsigned mem, passes;
	if (!hash_text(hash, text) ||
		sscanf(text, "$argon2id$v=19$m=%u,t=%u,p=1$", &mem, &passes) != 2)
		return true;
	return mem < cost->mem_kib || passes < cost->passes;
}
