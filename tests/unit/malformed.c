/* The table of malformed requests against the pure parsers: as a whole, cut at every byte, and
 * byte by byte.  tests/http/malformed.t sends the same table over a socket. */
#include "tests/http/table.h"

#include "qrsvc/base/arena.h"
#include "qrsvc/http/body.h"
#include "qrsvc/http/parse.h"
#include "qrsvc/http/uri.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TABLE "tests/http/malformed.txt"

/* Content behind the head, fed in pieces of `step` bytes. */
static int run_chunked(struct str s, size_t step)
{
	struct http_chunked c;
	http_chunked_init(&c);
	for (size_t from = 0; from < s.n;) {
		size_t n = s.n - from < step ? s.n - from : step, at = 0;
		struct str data;
		enum http_chunk rc;
		while ((rc = http_chunked_next(&c, s.p + from, n, &at, &data)) == CHUNK_DATA)
			assert_true(data.n <= n);
		if (rc == CHUNK_BAD)
			return 400;
		if (rc == CHUNK_END)
			return 0;
		from += n;
	}
	return -1; /* not complete */
}

/* What stages h, u and c make of a request that arrives first as `first` bytes, then in pieces
 * of `step`: a status, 0 taken, -1 incomplete. */
static int run(struct str s, size_t first, size_t step)
{
	struct http_parser p;
	struct http_request r = {0};
	struct arena a;
	struct str path, query;
	const char *why;
	size_t head_n = 0;
	int rc = HTTP_MORE;
	http_parser_init(&p);
	for (size_t have = first; rc == HTTP_MORE; have += step) {
		/* A buffer of exactly the right size, at a new place each time: a read behind
		 * its end or a view that was not moved is seen by the sanitizer. */
		size_t n = have < s.n ? have : s.n;
		char *copy = malloc(n ? n : 1);
		assert_non_null(copy);
		memcpy(copy, s.p, n);
		rc = http_parse(&p, copy, n, &r, &head_n, &why);
		if (rc == HTTP_HEAD_DONE) {
			arena_init(&a);
			bool ok = r.target.n == 0 || r.target.p[0] != '/' ||
				  uri_split(&a, r.target, &path, &query);
			if (!ok)
				rc = 400;
			arena_release(&a);
		}
		free(copy);
		if (n == s.n)
			break;
	}
	if (rc == HTTP_MORE)
		return -1;
	if (rc != HTTP_HEAD_DONE)
		return rc;
	return r.chunked ? run_chunked(str_sub(s, head_n, s.n), step) : 0;
}

static void check(const struct table_case *c, size_t first, size_t step)
{
	int expected = c->taken ? 0 : c->status, got = run(c->bytes, first, step);
	if (got != expected)
		print_error("%.*s: first %zu step %zu: got %d, expected %d\n", STR_F(c->what),
			first, step, got, expected);
	assert_int_equal(got, expected);
}

static void whole(void **state)
{
	char *file = table_load(TABLE);
	struct str rest = str_c(file);
	struct table_case c;
	unsigned n = 0;
	(void)state;
	while (table_next(&rest, &c)) {
		if (c.stage != 's')
			check(&c, c.bytes.n, 1);
		n += !c.taken;
		free((char *)c.bytes.p);
	}
	free(file);
	assert_true(n >= 150);
}

static void cut_anywhere(void **state)
{
	char *file = table_load(TABLE);
	struct str rest = str_c(file);
	struct table_case c;
	(void)state;
	while (table_next(&rest, &c)) {
		if (c.stage != 's' && c.bytes.n < 400)
			for (size_t at = 0; at < c.bytes.n; at++)
				check(&c, at, c.bytes.n);
		free((char *)c.bytes.p);
	}
	free(file);
}

static void byte_by_byte(void **state)
{
	char *file = table_load(TABLE);
	struct str rest = str_c(file);
	struct table_case c;
	(void)state;
	while (table_next(&rest, &c)) {
		if (c.stage != 's' && c.bytes.n < 1000)
			check(&c, 1, 1);
		else if (c.stage != 's')
			check(&c, 1, 1021);
		free((char *)c.bytes.p);
	}
	free(file);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(whole),
		cmocka_unit_test(cut_anywhere), cmocka_unit_test(byte_by_byte)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
