/* hash: 64-bit hash of bytes for tables and ETags; not for secrets.
 *
 * Multiply and fold, eight bytes at a time.  With a random seed nobody outside can choose keys
 * that collide; with a fixed one every worker gets the same value. */
#ifndef QR_APP_HASH_H
#define QR_APP_HASH_H

#include "qrsvc/base/str.h"

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)a * b;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t hash_bytes(uint64_t seed, struct str s)
{
	/* Seeds may be neighbours (class + 1): they must not cancel out against the first
	 * bytes. */
	uint64_t h = hash_mix(seed ^ 0x9e3779b97f4a7c15u, 0xe7037ed1a0b428dbu), w;
	const char *p = s.p;
	size_t n = s.n;
	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		h = hash_mix(h ^ w, 0xd6e8feb86659fd93u);
	}
	w = 0;
	if (n)
		memcpy(&w, p, n);
	return hash_mix(h ^ w, 0xa0761d6478bd642fu) ^ hash_mix(s.n + 1, h | 1);
}

/* Another function, for pages: four chains at once, so that none waits for a multiplication. */
static inline uint64_t hash_long(uint64_t seed, struct str s)
{
	uint64_t h[4] = {seed ^ 0x9e3779b97f4a7c15u, seed ^ 0xe7037ed1a0b428dbu,
		seed ^ 0x8ebc6af09c88c6e3u, seed ^ 0x589965cc75374cc3u};
	uint64_t w[4];
	for (; s.n >= 32; s.p += 32, s.n -= 32) {
		memcpy(w, s.p, 32);
		for (int i = 0; i < 4; i++)
			h[i] = hash_mix(h[i] ^ w[i], 0xd6e8feb86659fd93u);
	}
	for (int i = 1; i < 4; i++)
		h[0] = hash_mix(h[0] ^ h[i], 0xa0761d6478bd642fu);
	return hash_bytes(h[0], s);
}

#endif
