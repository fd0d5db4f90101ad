/* sha256_cpu: the SHA-256 compression function by the processor's own instructions.
 *
 * libsodium hashes 130 to 250 MB/s, these instructions 1.5 GB/s: on a photo of 4 MB the
 * difference is a quarter of what decoding and scaling it costs.  Only base/crypto.c calls
 * this; tests hold it against libsodium. */
#ifndef QR_BASE_SHA256_CPU_H
#define QR_BASE_SHA256_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if this processor has the instructions (x86-64 with SHA extensions). */
bool sha256_cpu_has(void);
/* FIPS 180-4 6.2.2 for n blocks of 64 bytes.  Only if sha256_cpu_has(). */
void sha256_cpu_blocks(uint32_t state[8], const unsigned char *p, size_t n);

#endif
