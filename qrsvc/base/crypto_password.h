/* crypto_password: argon2id (RFC 9106) of passwords, as the text libsodium makes
 * ("$argon2id$v=19$m=65536,t=2,p=1$salt$hash"), which carries its own parameters.
 *
 * A hash takes tens of milliseconds and as much memory as its parameters say: never call this
 * on an event loop (app/hasher.h).  crypto_init() first. */
#ifndef QR_BASE_CRYPTO_PASSWORD_H
#define QR_BASE_CRYPTO_PASSWORD_H

#include "qrsvc/base/str.h"

#define PASSWORD_HASH_MAX 128u /* with its NUL */

/* What a hash costs.  At least 19 MiB and two passes (OWASP Password Storage Cheat Sheet). */
struct password_cost {
	uint32_t mem_kib; /* PASSWORD_KIB_MIN .. PASSWORD_KIB_MAX */
	uint32_t passes;  /* 1 .. 16 */
};
#define PASSWORD_KIB_MIN 19456u
#define PASSWORD_KIB_MAX 1048576u

/* False: no memory for it. */
bool password_hash(
	struct str password, const struct password_cost *cost, char ret_[PASSWORD_HASH_MAX]);
/* False for a wrong password and for a text that is no hash (at once, then). */
bool password_verify(struct str hash, struct str password);
/* The hash was made with less memory or fewer passes than cost: make a new one at the next
 * login.  More is fine.  True also for a text that is no hash. */
bool password_is_weak(struct str hash, const struct password_cost *cost);

#endif
