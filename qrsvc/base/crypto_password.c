/* Owns nothing: checked calls into libsodium's argon2id.  Never keeps a password.  Called by
 * the hasher process and by tests. */
#include "qrsvc/base/crypto_password.h"

#include <sodium.h>

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

/* NAME and a number up to the next comma; *s is what follows it. */
static bool cut_number(struct str *s, struct str name, uint64_t *ret_)
{
	if (!str_starts(*s, name))
		return false;
	*s = str_sub(*s, name.n, s->n);
	return str_u64(str_cut(s, ','), ret_);
}

bool password_is_weak(struct str hash, const struct password_cost *cost)
{
	uint64_t mem, passes;
	struct str rest = hash;
	if (!cut_number(&rest, STR("$argon2id$v=19$m="), &mem) ||
		!cut_number(&rest, STR("t="), &passes))
		return true;
	return mem < cost->mem_kib || passes < cost->passes;
}
