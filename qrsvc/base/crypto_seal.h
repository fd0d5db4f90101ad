/* crypto_seal: short secrets that are stored elsewhere, sealed by a key of this host:
 * XSalsa20-Poly1305 (libsodium's secretbox) with a random nonce in front.
 *
 * What is sealed is filled up to SEAL_PLAIN bytes, so that its length says nothing.
 * crypto_init() first. */
#ifndef QR_BASE_CRYPTO_SEAL_H
#define QR_BASE_CRYPTO_SEAL_H

#include "qrsvc/base/str.h"

#define SEAL_KEY 32u
#define SEAL_PLAIN 64u /* the longest text, and what all are filled up to */
#define SEAL_BYTES (24u + 16u + SEAL_PLAIN) /* nonce, tag, text */

struct seal_key {
	unsigned char b[SEAL_KEY];
};

void seal_key_new(struct seal_key *ret_);
/* False: text is longer than SEAL_PLAIN or holds a NUL. */
bool seal_text(const struct seal_key *k, struct str text, unsigned char ret_[SEAL_BYTES]);
/* *ret_n bytes into ret_; false: sealed by another key, or changed since. */
bool seal_open(
	const struct seal_key *k, struct str sealed, char ret_[SEAL_PLAIN], size_t *ret_n);

#endif
