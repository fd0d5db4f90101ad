/* Owns nothing: thin, checked calls into libsodium.  Never keeps a secret and never logs.
 * Called by everything that hashes, draws random bytes or compares tokens. */
#include "qrsvc/base/crypto.h"

#include <sodium.h>

#include "qrsvc/base/log.h"
#include "qrsvc/base/sha256_cpu.h"

_Static_assert(SHA256_BYTES == crypto_hash_sha256_BYTES, "SHA-256 is 32 bytes");
_Static_assert(sizeof(struct sha256_ctx) >= sizeof(crypto_hash_sha256_state),
	"room for libsodium's state");

void crypto_init(void)
{
	if (sodium_init() < 0) {
		log_event(
			LOG_ERROR, "crypto.init", LOG_C("detail", "no source of random bytes"));
		abort();
	}
}

static const unsigned char *bytes(struct str s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

/* Asked once: under a hypervisor the question costs a trip out of the machine. */
static bool by_cpu(void)
{
	static int known;

	if (!known)
		known = sha256_cpu_has() ? 1 : 2;
	return known == 1;
}

void sha256(struct str s, unsigned char ret_[SHA256_BYTES])
{
	struct sha256_ctx c;

	sha256_init(&c);
	sha256_update(&c, s);
	sha256_final(&c, ret_);
}

void sha256_init(struct sha256_ctx *c)
{
	crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)c->state);
}

/* Whole blocks go to the processor's instructions when it has them; beginning, rest and padding
 * stay libsodium's, whose state (a public struct: words and a count of bits) both share. */
void sha256_update(struct sha256_ctx *c, struct str s)
{
	crypto_hash_sha256_state *st = (crypto_hash_sha256_state *)(void *)c->state;
	const unsigned char *p = bytes(s);
	size_t n = s.n, held = (size_t)(st->count >> 3) & 63;

	if (n >= 128 && by_cpu()) {
		size_t head = held ? 64 - held : 0, blocks = (n - head) / 64;

		crypto_hash_sha256_update(st, p, head);
		sha256_cpu_blocks(st->state, p + head, blocks);
		st->count += (uint64_t)blocks * 512;
		p += head + blocks * 64;
		n -= head + blocks * 64;
	}
	crypto_hash_sha256_update(st, p, n);
}

void sha256_final(struct sha256_ctx *c, unsigned char ret_[SHA256_BYTES])
{
	crypto_hash_sha256_final((crypto_hash_sha256_state *)(void *)c->state, ret_);
}

void sha256_hex(struct str s, char ret_[SHA256_HEX + 1])
{
	unsigned char h[SHA256_BYTES];

	sha256(s, h);
	hex_encode(h, sizeof h, ret_);
}

void hmac_sha256(struct str key, struct str s, unsigned char ret_[SHA256_BYTES])
{
	crypto_auth_hmacsha256_state st;

	crypto_auth_hmacsha256_init(&st, bytes(key), key.n);
	crypto_auth_hmacsha256_update(&st, bytes(s), s.n);
	crypto_auth_hmacsha256_final(&st, ret_);
	crypto_wipe(&st, sizeof st);
}

void crypto_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}

uint32_t crypto_uniform(uint32_t bound)
{
	return randombytes_uniform(bound);
}

void crypto_uuid(char ret_[37])
{
	unsigned char b[16];
	char hex[33];

	randombytes_buf(b, sizeof b);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* variant of RFC 9562 4.1 */
	hex_encode(b, sizeof b, hex);
	snprintf(ret_, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		hex + 20);
}

bool crypto_equal(struct str a, struct str b)
{
	return a.n == b.n && sodium_memcmp(bytes(a), bytes(b), a.n) == 0;
}

void crypto_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

void hex_encode(const void *p, size_t n, char *ret_)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++) {
		ret_[2 * i] = digit[b[i] >> 4];
		ret_[2 * i + 1] = digit[b[i] & 15];
	}
	ret_[2 * n] = 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(struct str s, void *ret_, size_t n)
{
	unsigned char *out = ret_;

	if (s.n % 2 || s.n / 2 != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_value(s.p[2 * i]), lo = hex_value(s.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

void base64url_encode(const void *p, size_t n, struct sbuf *b)
{
	const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	size_t len = sodium_base64_encoded_len(n, variant); /* with its NUL */
	char *at = sbuf_room(b, len);

	if (!at)
		return;
	sodium_bin2base64(at, len, p, n, variant);
	b->n += len - 1;
}

bool base64url_decode(struct str s, void *ret_, size_t n)
{
	size_t got = 0;

	/* Four characters carry three bytes; more would not fit, so it is not asked. */
	if (s.n > n / 3 * 4 + 4)
		return false;
	return sodium_base642bin(ret_, n, s.p ? s.p : "", s.n, NULL, &got, NULL,
		       sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
	       got == n;
}
