/* Owns nothing: pure functions over views of bytes.  Called from everywhere. */
#include "qrsvc/base/str.h"

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower((unsigned char)a.p[i]) != lower((unsigned char)b.p[i]))
			return false;
	return true;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, s.n), suffix);
}

ptrdiff_t str_chr(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;
	return hit ? hit - s.p : -1;
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	const char *hit = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return hit ? hit - s.p : -1;
}

struct str str_trim(struct str s, const char *set)
{
	while (s.n && strchr(set, s.p[0]) && s.p[0]) {
		s.p++;
		s.n--;
	}
	while (s.n && strchr(set, s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

struct str str_cut(struct str *s, char c)
{
	struct str part = *s;
	ptrdiff_t at = str_chr(*s, c);
	if (at < 0) {
		*s = STR_NONE;
		return part;
	}
	part.n = (size_t)at;
	s->p += at + 1;
	s->n -= (size_t)at + 1;
	return part;
}

bool str_u64(struct str s, uint64_t *ret_)
{
	uint64_t v = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10u, &v) ||
			__builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*ret_ = v;
	return true;
}

bool str_i64(struct str s, int64_t *ret_)
{
	bool neg = s.n && s.p[0] == '-';
	uint64_t v;
	if (neg)
		s = str_sub(s, 1, s.n);
	if (!str_u64(s, &v) || v > (uint64_t)INT64_MAX)
		return false;
	*ret_ = neg ? -(int64_t)v : (int64_t)v;
	return true;
}

uint32_t str_utf8_next(const char **p, const char *end)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)*p;
	size_t left = (size_t)(end - *p);
	unsigned len = s[0] < 0x80   ? 1
		       : s[0] < 0xc2 ? 0
		       : s[0] < 0xe0 ? 2
		       : s[0] < 0xf0 ? 3
				     : 4;
	if (s[0] > 0xf4 || len == 0 || len > left) {
		*p += 1;
		return 0xfffd;
	}
	uint32_t c = len == 1 ? s[0] : s[0] & (0x7fu >> len);
	for (unsigned i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*p += 1;
			return 0xfffd;
		}
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff) {
		*p += 1;
		return 0xfffd;
	}
	*p += len;
	return c;
}

bool str_utf8(struct str s)
{
	const char *p = s.p, *end = s.p + s.n;
	while (p < end) {
		const char *was = p;
		if ((unsigned char)*p < 0x80) {
			p++;
			continue;
		}
		/* A true U+FFFD is three bytes long; a malformed byte moves p by one. */
		if (str_utf8_next(&p, end) == 0xfffd && p - was == 1)
			return false;
	}
	return true;
}
