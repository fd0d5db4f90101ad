/* Request heads: what is kept of them; limits; fields and cookies.  Refusals: malformed.c. */
#include "qrsvc/http/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *why;
static size_t head_n;

static int parse(const char *text, struct http_request *r)
{
	struct http_parser p;
	memset(r, 0, sizeof *r);
	http_parser_init(&p);
	return http_parse(&p, text, strlen(text), r, &head_n, &why);
}

static const char browser[] = "GET /0K7M2Q9XH?l=en HTTP/1.1\r\n"
			      "Host: qr.example:8080\r\n"
			      "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
			      "Accept: text/html,*/*;q=0.8\r\n"
			      "ACCEPT-LANGUAGE:zh-CN,zh;q=0.9\r\n"
			      "accept-encoding:  gzip, br \t\r\n"
			      "Cookie: a=1; b=\"two\";c=3\r\n"
			      "X-Other: \r\n"
			      "Cookie: d=4; a=5\r\n"
			      "Connection: keep-alive\r\n\r\n";

static void browser_head(void **state)
{
	struct http_request r;
	(void)state;
	assert_int_equal(parse(browser, &r), HTTP_HEAD_DONE);
	assert_int_equal(head_n, sizeof browser - 1);
	assert_int_equal(r.method, HTTP_GET);
	assert_true(str_eq(r.target, STR("/0K7M2Q9XH?l=en")));
	assert_true(str_eq(r.host, STR("qr.example:8080")));
	assert_int_equal(r.minor, 1);
	assert_true(r.keep_alive);
	assert_int_equal(r.nfields, 9);
	assert_true(str_eq(http_known(&r, HTTP_F_ACCEPT_LANGUAGE), STR("zh-CN,zh;q=0.9")));
	assert_true(str_eq(http_known(&r, HTTP_F_ACCEPT_ENCODING), STR("gzip, br")));
	assert_true(str_eq(http_field(&r, STR("x-other")), STR("")));
	assert_non_null(http_field(&r, STR("x-other")).p);
	assert_null(http_field(&r, STR("x-absent")).p);
	assert_null(http_known(&r, HTTP_F_RANGE).p);
	assert_true(str_eq(http_cookie(&r, STR("a")), STR("1")));
	assert_true(str_eq(http_cookie(&r, STR("b")), STR("two")));
	assert_true(str_eq(http_cookie(&r, STR("c")), STR("3")));
	assert_true(str_eq(http_cookie(&r, STR("d")), STR("4")));
	assert_null(http_cookie(&r, STR("e")).p);
	assert_null(http_cookie(&r, STR("A")).p);
}

/* Every known field is recognised in any case, and nothing that only looks like it. */
static void known_fields(void **state)
{
	static const struct {
		const char *name;
		enum http_known id;
	} known[] = {{"accept", HTTP_F_ACCEPT}, {"accept-encoding", HTTP_F_ACCEPT_ENCODING},
		{"accept-language", HTTP_F_ACCEPT_LANGUAGE},
		{"authorization", HTTP_F_AUTHORIZATION},
		{"content-encoding", HTTP_F_CONTENT_ENCODING},
		{"content-type", HTTP_F_CONTENT_TYPE}, {"cookie", HTTP_F_COOKIE},
		{"idempotency-key", HTTP_F_IDEMPOTENCY_KEY}, {"if-match", HTTP_F_IF_MATCH},
		{"if-modified-since", HTTP_F_IF_MODIFIED_SINCE},
		{"if-none-match", HTTP_F_IF_NONE_MATCH}, {"if-range", HTTP_F_IF_RANGE},
		{"if-unmodified-since", HTTP_F_IF_UNMODIFIED_SINCE}, {"origin", HTTP_F_ORIGIN},
		{"range", HTTP_F_RANGE}, {"referer", HTTP_F_REFERER},
		{"sec-fetch-site", HTTP_F_SEC_FETCH_SITE}, {"sec-purpose", HTTP_F_SEC_PURPOSE},
		{"user-agent", HTTP_F_USER_AGENT}, {"x-forwarded-for", HTTP_F_X_FORWARDED_FOR},
		{"x-forwarded-proto", HTTP_F_X_FORWARDED_PROTO}};
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		struct http_request r;
		char text[200], odd[64];
		snprintf(odd, sizeof odd, "%s", known[i].name);
		for (size_t k = 0; k < strlen(odd); k += 2)
			if (odd[k] >= 'a')
				odd[k] = (char)(odd[k] - 32);
		snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s: v\r\n\r\n", odd);
		assert_int_equal(parse(text, &r), HTTP_HEAD_DONE);
		assert_true(str_eq(http_known(&r, known[i].id), STR("v")));
		odd[0] = odd[0] == '_' ? '-' : '_';
		snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s: v\r\n\r\n", odd);
		assert_int_equal(parse(text, &r), HTTP_HEAD_DONE);
		assert_null(http_known(&r, known[i].id).p);
	}
}

static void repeated_fields(void **state)
{
	struct http_request r;
	struct str v;
	size_t at = 0;
	(void)state;
	assert_int_equal(parse(browser, &r), HTTP_HEAD_DONE);
	assert_true(http_field_next(&r, HTTP_F_COOKIE, &at, &v));
	assert_true(str_eq(v, STR("a=1; b=\"two\";c=3")));
	assert_true(http_field_next(&r, HTTP_F_COOKIE, &at, &v));
	assert_true(str_eq(v, STR("d=4; a=5")));
	assert_false(http_field_next(&r, HTTP_F_COOKIE, &at, &v));
}

static void persistence(void **state)
{
	static const struct {
		const char *text;
		bool keep;
	} c[] = {{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true}, {"GET / HTTP/1.0\r\n\r\n", false},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
			false},
		{"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false}};
	struct http_request r;
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_int_equal(parse(c[i].text, &r), HTTP_HEAD_DONE);
		assert_int_equal(r.keep_alive, c[i].keep);
	}
}

static void framing(void **state)
{
	struct http_request r;
	(void)state;
	assert_int_equal(parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12345\r\n"
			       "Expect: 100-Continue\r\n\r\n",
				 &r),
		HTTP_HEAD_DONE);
	assert_true(r.has_length && !r.chunked && r.expect_continue);
	assert_int_equal(r.content_length, 12345);
	assert_int_equal(parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
			       "9223372036854775807\r\n\r\n",
				 &r),
		HTTP_HEAD_DONE);
	assert_int_equal(r.content_length, INT64_MAX);
	assert_int_equal(
		parse("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", &r),
		HTTP_HEAD_DONE);
	assert_true(r.chunked && !r.has_length);
	assert_int_equal(r.method, HTTP_PUT);
}

/* The head's last bytes decide at its limit, whatever pieces it came in. */
static void head_limit(void **state)
{
	static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
	(void)state;
	for (size_t over = 0; over < 2; over++) {
		size_t n = LIMIT_HTTP_HEAD + over;
		char *text = malloc(n + 1);
		struct http_request r = {0};
		struct http_parser p;
		int rc = HTTP_MORE;
		assert_non_null(text);
		memset(text, 'v', n);
		memcpy(text, start, sizeof start - 1);
		memcpy(text + n - 4, "\r\n\r\n", 4);
		http_parser_init(&p);
		for (size_t have = 1000; rc == HTTP_MORE; have += 1000)
			rc = http_parse(&p, text, have < n ? have : n, &r, &head_n, &why);
		assert_int_equal(rc, over ? 431 : HTTP_HEAD_DONE);
		free(text);
	}
}

/* What is wrong is refused before its line has ended. */
static void early(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} c[] = {{"\x16\x03\x01", 400}, {"G(", 400}, {"GET /\x01", 400}, {" ", 400},
		{"GET  ", 400}, {"GET / HTTP/1.1xx", 400},
		{"GET / HTTP/1.1\r\nHost: a\x01", 400}, {"GET / HTTP/1.1\r\nA b", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\n ", 400}, {"GET / HTTP/1.1\r\nHost: a\rb", 400},
		{"GET / HTTP/1.1\r", HTTP_MORE}, {"GET / HTTP/1.1\r\nHost: a\r", HTTP_MORE},
		{"GET / HTTP/1.1\r\nHost", HTTP_MORE}, {"", HTTP_MORE}, {"\r", HTTP_MORE},
		{"\r\n", HTTP_MORE}};
	struct http_request r;
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		if (parse(c[i].text, &r) != c[i].rc)
			print_error("%s\n", c[i].text);
		assert_int_equal(parse(c[i].text, &r), c[i].rc);
	}
}

static void hosts(void **state)
{
	static const char *const good[] = {"a", "a:1", "a:", "A-b.c_d~e", "192.0.2.1:80",
		"[::1]", "[2001:db8::1]:65535", "[::ffff:192.0.2.1]"};
	static const char *const bad[] = {"", ":", ":80", "a:b", "a:65536", "a:000080", "a b",
		"a,b", "a/", "a?", "a#", "u@a", "[", "[]", "[::1", "[::1]a", "[1.2.3.4]",
		"[v1.x]", "::1", "a%41", "\xc3\xa9"};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(http_host_valid(str_c(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (http_host_valid(str_c(bad[i])))
			print_error("taken: bad[%zu]\n", i);
		assert_false(http_host_valid(str_c(bad[i])));
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(browser_head),
		cmocka_unit_test(known_fields), cmocka_unit_test(repeated_fields),
		cmocka_unit_test(persistence), cmocka_unit_test(framing),
		cmocka_unit_test(head_limit), cmocka_unit_test(early), cmocka_unit_test(hosts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
