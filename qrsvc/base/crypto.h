/* crypto: the door to libsodium.  Hashes, random bytes, comparison in constant time, and the
 * two spellings of bytes (hex, base64url).  No other file includes sodium.h.
 *
 * crypto_init() once per process, before anything else here; it aborts when the system has no
 * source of random bytes (nothing can be done safely then). */
#ifndef QR_BASE_CRYPTO_H
#define QR_BASE_CRYPTO_H

#include "qrsvc/base/sbuf.h"
#include "qrsvc/base/str.h"

#define SHA256_BYTES 32u
#define SHA256_HEX 64u /* characters, without a NUL */

void crypto_init(void);

/* SHA-256 (FIPS 180-4) of one piece. */
void sha256(struct str s, unsigned char ret_[SHA256_BYTES]);

/* SHA-256 of a stream: init, update any number of times, final once. */
struct sha256_ctx {
	_Alignas(16) unsigned char state[128]; /* holds crypto_hash_sha256_state */
};
void sha256_init(struct sha256_ctx *c);
void sha256_update(struct sha256_ctx *c, struct str s);
void sha256_final(struct sha256_ctx *c, unsigned char ret_[SHA256_BYTES]);

/* SHA-256 of one piece as 64 lower-case digits and a NUL. */
void sha256_hex(struct str s, char ret_[SHA256_HEX + 1]);

/* HMAC-SHA-256 (RFC 2104), key of any length. */
void hmac_sha256(struct str key, struct str s, unsigned char ret_[SHA256_BYTES]);

/* Unpredictable bytes. */
void crypto_random(void *p, size_t n);
/* Uniform in 0 .. bound - 1 (bound > 0), without modulo bias. */
uint32_t crypto_uniform(uint32_t bound);
/* A version 4 UUID (RFC 9562 5.4), 36 characters and a NUL. */
void crypto_uuid(char ret_[37]);

/* Equal content, in a time that depends only on the lengths. */
bool crypto_equal(struct str a, struct str b);
/* Overwrites a secret; not optimised away. */
void crypto_wipe(void *p, size_t n);

/* Lower-case hex; ret_ holds 2 * n + 1 bytes. */
void hex_encode(const void *p, size_t n, char *ret_);
/* Either case, an even number of digits and exactly n bytes; false leaves ret_ undefined. */
bool hex_decode(struct str s, void *ret_, size_t n);

/* base64url without padding (RFC 4648 5), appended to b. */
void base64url_encode(const void *p, size_t n, struct sbuf *b);
/* Exactly n bytes; false if malformed or of another length. */
bool base64url_decode(struct str s, void *ret_, size_t n);

#endif
