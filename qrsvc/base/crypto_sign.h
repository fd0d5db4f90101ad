/* crypto_sign: signatures, Ed25519 (RFC 8032).
 *
 * One key signs the heads of the chain (jobs/sign.c); anybody who has its public half checks
 * them (`qrsvc verify --heads`).  The secret half is a seed of 32 bytes and lives in one file
 * that neither PostgreSQL nor a worker can read.  crypto_init() first. */
#ifndef QR_BASE_CRYPTO_SIGN_H
#define QR_BASE_CRYPTO_SIGN_H

#include "qrsvc/base/str.h"

#define SIGN_SEED 32u
#define SIGN_PUBLIC 32u
#define SIGN_BYTES 64u

struct sign_key {
	unsigned char public[SIGN_PUBLIC];
	unsigned char secret[64]; /* as libsodium keeps it: seed and public half */
};

/* A new key from the system's random bytes. */
void sign_key_new(struct sign_key *ret_);
/* The key of a seed; the same seed gives the same key. */
void sign_key_of(const unsigned char seed[SIGN_SEED], struct sign_key *ret_);
void sign_key_seed(const struct sign_key *k, unsigned char ret_[SIGN_SEED]);
/* Overwrites it. */
void sign_key_wipe(struct sign_key *k);

/* The same text and key give the same signature. */
void sign_text(const struct sign_key *k, struct str text, unsigned char ret_[SIGN_BYTES]);
bool sign_check(const unsigned char public[SIGN_PUBLIC], struct str text,
	const unsigned char signature[SIGN_BYTES]);

#endif
