/* table: reads tests/http/malformed.txt (its head explains the format). */
#ifndef QR_TESTS_HTTP_TABLE_H
#define QR_TESTS_HTTP_TABLE_H

#include "qrsvc/base/sbuf.h"

#include <assert.h>

struct table_case {
	int status;	 /* expected */
	bool taken;	 /* "+": the request is taken */
	char stage;	 /* h u c s */
	struct str what; /* section and description */
	struct str bytes;
};

static inline int table_hex(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Length of "{text*N}" at s, with *ret_text and *ret_times; 0: a plain brace. */
static inline size_t table_repeat(struct str s, struct str *ret_text, uint64_t *ret_times)
{
	size_t depth = 0, end = 0, star;
	for (end = 0; end < s.n; end++) {
		depth += s.p[end] == '{';
		if (s.p[end] == '}' && --depth == 0)
			break;
	}
	for (star = end; star > 1 && s.p[star] != '*'; star--)
		;
	if (end == s.n || s.p[star] != '*' || !str_u64(str_sub(s, star + 1, end), ret_times))
		return 0;
	*ret_text = str_sub(s, 1, star);
	return end + 1;
}

static inline void table_expand(struct sbuf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		struct str rest = str_sub(s, i, s.n), text;
		uint64_t times;
		size_t n;
		if (rest.n >= 2 && rest.p[0] == '$' && rest.p[1] == 'H') {
			sbuf_puts(b, "Host: localhost:8080\r\n");
			i++;
		} else if (rest.n >= 2 && rest.p[0] == '$' && rest.p[1] == 'E') {
			sbuf_puts(b, "\r\n");
			i++;
		} else if (rest.p[0] == '\\' && rest.p[1] == 'x') {
			sbuf_byte(b, (char)(table_hex(rest.p[2]) << 4 | table_hex(rest.p[3])));
			i += 3;
		} else if (rest.p[0] == '\\') {
			static const char from[] = "rnt0\\", to[] = "\r\n\t\0\\";
			sbuf_byte(b, to[strchr(from, rest.p[1]) - from]);
			i++;
		} else if (rest.p[0] == '{' && (n = table_repeat(rest, &text, &times)) > 0) {
			while (times--)
				table_expand(b, text);
			i += n - 1;
		} else {
			sbuf_byte(b, rest.p[0]);
		}
	}
}

static inline struct str table_column(struct str *line)
{
	ptrdiff_t at = str_find(*line, STR(" | "));
	assert(at >= 0);
	struct str column = str_sub(*line, 0, (size_t)at);
	*line = str_sub(*line, (size_t)at + 3, line->n);
	return column;
}

/* The next case of a file's content; the caller gives bytes.p back with free(). */
static inline bool table_next(struct str *file, struct table_case *ret_)
{
	while (file->p) {
		struct str line = str_cut(file, '\n');
		uint64_t status = 0;
		struct sbuf b;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		struct str expected = table_column(&line);
		struct table_case c = {.taken = expected.p[0] == '+'};
		str_u64(str_sub(expected, c.taken, (size_t)c.taken + 3), &status);
		c.status = (int)status;
		c.stage = table_column(&line).p[0];
		c.what = line;
		table_column(&line);
		table_column(&line);
		c.what.n = (size_t)(line.p - c.what.p) - 3;
		sbuf_init(&b, 4u << 20);
		table_expand(&b, line);
		c.bytes.p = sbuf_take(&b, &c.bytes.n);
		*ret_ = c;
		return true;
	}
	return false;
}

/* The whole file, ending in NUL; free() it. */
static inline char *table_load(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct sbuf b;
	char buf[4096];
	size_t n;
	assert(f);
	sbuf_init(&b, 4u << 20);
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		sbuf_add(&b, buf, n);
	fclose(f);
	sbuf_c(&b);
	return sbuf_take(&b, NULL);
}

#endif
