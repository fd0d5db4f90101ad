/* Owns the storage of growing buffers and the one escaping writer per output context. */
#include "qrsvc/base/sbuf.h"

#include "qrsvc/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void sbuf_init(struct sbuf *b, size_t max)
{
	*b = (struct sbuf){.max = max};
}

void sbuf_release(struct sbuf *b)
{
	free(b->p);
	*b = (struct sbuf){.max = b->max};
}

void sbuf_clear(struct sbuf *b)
{
	b->n = 0;
	b->over = false;
}

char *sbuf_room(struct sbuf *b, size_t n)
{
	size_t need;
	if (b->over || !size_add(b->n, n, &need) || need > b->max) {
		b->over = true;
		return NULL;
	}
	if (need > b->cap || !b->p) {
		size_t cap = b->cap ? b->cap : 256;
		while (cap < need)
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		if (cap > b->max)
			cap = b->max ? b->max : 1;
		b->p = xrealloc(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

void sbuf_add(struct sbuf *b, const void *p, size_t n)
{
	char *to = n ? sbuf_room(b, n) : NULL;
	if (to) {
		memcpy(to, p, n);
		b->n += n;
	}
}

void sbuf_byte(struct sbuf *b, char c)
{
	sbuf_add(b, &c, 1);
}

void sbuf_u64(struct sbuf *b, uint64_t v)
{
	char tmp[20];
	size_t at = sizeof tmp;
	do {
		tmp[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	sbuf_add(b, tmp + at, sizeof tmp - at);
}

void sbuf_fmt(struct sbuf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	/* One byte more for vsnprintf's NUL; it is not counted. */
	char *to = sbuf_room(b, (size_t)n + 1);
	if (!to)
		return;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

const char *sbuf_c(struct sbuf *b)
{
	char *end = sbuf_room(b, 1);
	if (!end)
		return "";
	*end = 0;
	return b->p;
}

char *sbuf_take(struct sbuf *b, size_t *n_ret_)
{
	char *p = b->p;
	if (n_ret_)
		*n_ret_ = b->n;
	*b = (struct sbuf){.max = b->max};
	return p;
}

void sbuf_html(struct sbuf *b, struct str s)
{
	static const char *const ref[256] = {
		['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
		['\''] = "&#39;",
	};
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *r = ref[(unsigned char)s.p[i]];
		if (!r)
			continue;
		sbuf_add(b, s.p + from, i - from);
		sbuf_puts(b, r);
		from = i + 1;
	}
	sbuf_add(b, s.p + from, s.n - from);
}

void sbuf_json(struct sbuf *b, struct str s)
{
	const char *p = s.p, *end = s.p + s.n;
	sbuf_byte(b, '"');
	while (p < end) {
		unsigned char c = (unsigned char)*p;
		const char *was = p;
		if (c == '"' || c == '\\') {
			char two[2] = {'\\', (char)c};
			sbuf_add(b, two, 2);
			p++;
		} else if (c < 0x20) {
			sbuf_fmt(b, "\\u%04x", c);
			p++;
		} else if (c < 0x80) {
			sbuf_byte(b, *p++);
		} else if (str_utf8_next(&p, end) == 0xfffd && p - was == 1) {
			sbuf_puts(b, "\xef\xbf\xbd");
		} else {
			sbuf_add(b, was, (size_t)(p - was));
		}
	}
	sbuf_byte(b, '"');
}

void sbuf_url(struct sbuf *b, struct str s)
{
	static const char unreserved[] = "-._~";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			(c >= 'a' && c <= 'z') || (c && strchr(unreserved, c)))
			sbuf_byte(b, (char)c);
		else
			sbuf_fmt(b, "%%%02X", c);
	}
}

void sbuf_csv(struct sbuf *b, struct str s)
{
	bool formula = s.n && strchr("=+-@\t\r", s.p[0]) && s.p[0];
	bool quote = formula;
	for (size_t i = 0; i < s.n && !quote; i++)
		quote = s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\n' || s.p[i] == '\r';
	if (!quote) {
		sbuf_str(b, s);
		return;
	}
	sbuf_puts(b, formula ? "\"'" : "\"");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			sbuf_byte(b, '"');
		sbuf_byte(b, s.p[i]);
	}
	sbuf_byte(b, '"');
}

void sbuf_log(struct sbuf *b, struct str s)
{
	const char *p = s.p, *end = s.p + s.n;
	while (p < end) {
		const char *was = p;
		uint32_t c = str_utf8_next(&p, end);
		bool bad = (c == 0xfffd && p - was == 1) || c < 0x20 || c == '"' || c == '\\' ||
			   (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
		if (!bad) {
			sbuf_add(b, was, (size_t)(p - was));
			continue;
		}
		for (; was < p; was++)
			sbuf_fmt(b, "\\x%02x", (unsigned char)*was);
	}
}

void sbuf_hex(struct sbuf *b, const void *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *s = p;
	for (size_t i = 0; i < n; i++) {
		sbuf_byte(b, digit[s[i] >> 4]);
		sbuf_byte(b, digit[s[i] & 15]);
	}
}
