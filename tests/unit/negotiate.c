/* Negotiation, conditions, ranges and HTTP dates. */
#include "qrsvc/http/negotiate.h"

#include "qrsvc/http/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A GET with these field lines. */
static struct http_request *get(const char *lines)
{
	static struct http_request r;
	static char text[4096];
	struct http_parser p;
	const char *why;
	size_t n;
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
	memset(&r, 0, sizeof r);
	http_parser_init(&p);
	assert_int_equal(http_parse(&p, text, strlen(text), &r, &n, &why), HTTP_HEAD_DONE);
	return &r;
}

static void gzip(void **state)
{
	static const struct {
		const char *lines;
		bool yes;
	} c[] = {{"", false}, {"Accept-Encoding: gzip\r\n", true},
		{"Accept-Encoding: GZIP;q=0.1\r\n", true},
		{"Accept-Encoding: gzip;q=0\r\n", false},
		{"Accept-Encoding: gzip; q=0.000\r\n", false},
		{"Accept-Encoding: br\r\n", false}, {"Accept-Encoding: *\r\n", true},
		{"Accept-Encoding: *;q=0\r\n", false},
		{"Accept-Encoding: gzip;q=0, *\r\n", false},
		{"Accept-Encoding: deflate, gzip, br\r\n", true},
		{"Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n", true},
		{"Accept-Encoding: gzip;q=2\r\n", false},
		{"Accept-Encoding: gzip;q=x\r\n", false},
		{"Accept-Encoding: identity\r\n", false}, {"Accept-Encoding:\r\n", false}};
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(http_accepts_gzip(get(c[i].lines)), c[i].yes);
}

static void language(void **state)
{
	static const struct str tags[] = {STR("zh-CN"), STR("en")};
	static const struct {
		const char *lines;
		size_t best;
	} c[] = {{"", 0}, {"Accept-Language: en\r\n", 1}, {"Accept-Language: en-GB\r\n", 1},
		{"Accept-Language: zh\r\n", 0}, {"Accept-Language: zh-TW\r\n", 0},
		{"Accept-Language: zh-Hans-CN\r\n", 0}, {"Accept-Language: fr\r\n", 0},
		{"Accept-Language: en-US,en;q=0.9,zh-CN;q=0.8\r\n", 1},
		{"Accept-Language: zh;q=0.3,en;q=0.4\r\n", 1},
		{"Accept-Language: fr,en\r\n", 1}, {"Accept-Language: zh,en\r\n", 0},
		{"Accept-Language: en,zh\r\n", 1}, {"Accept-Language: en;q=0,zh\r\n", 0},
		{"Accept-Language: *\r\n", 0}, {"Accept-Language: fr, *;q=0.5\r\n", 0},
		{"Accept-Language: EN\r\n", 1}, {"Accept-Language: english\r\n", 0},
		{"Accept-Language: en;q=9\r\n", 0}, {"Accept-Language: ,,;q=1,en\r\n", 1}};
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		if (http_language(get(c[i].lines), tags, 2, 0) != c[i].best)
			print_error("%s", c[i].lines);
		assert_int_equal(http_language(get(c[i].lines), tags, 2, 0), c[i].best);
	}
	static const struct str chinese[] = {STR("en"), STR("zh-TW"), STR("zh-CN")};
	assert_int_equal(http_language(get("Accept-Language: zh-CN\r\n"), chinese, 3, 0), 2);
}

static void types(void **state)
{
	struct str json = STR("application/json");
	(void)state;
	assert_int_equal(http_accepts_type(get(""), json), 1000);
	assert_int_equal(http_accepts_type(get("Accept: text/html\r\n"), json), 0);
	assert_int_equal(
		http_accepts_type(get("Accept: text/html, application/json;q=0.5\r\n"), json),
		500);
	assert_int_equal(http_accepts_type(get("Accept: */*;q=0.1\r\n"), json), 100);
	assert_int_equal(
		http_accepts_type(get("Accept: */*, application/*;q=0.2\r\n"), json), 200);
	assert_int_equal(
		http_accepts_type(get("Accept: application/*, application/json;q=0\r\n"), json),
		0);
}

static void etags(void **state)
{
	static const struct {
		const char *lines;
		bool yes;
	} c[] = {{"", false}, {"If-None-Match: \"a\"\r\n", true},
		{"If-None-Match: W/\"a\"\r\n", true}, {"If-None-Match: \"b\"\r\n", false},
		{"If-None-Match: \"b\", \"a\"\r\n", true},
		{"If-None-Match: \"b\" , W/\"c\",\"a\"\r\n", true},
		{"If-None-Match: *\r\n", true},
		{"If-None-Match: \"b\"\r\nIf-None-Match: \"a\"\r\n", true},
		{"If-None-Match: a\r\n", false}, {"If-None-Match: \"a\r\n", false},
		{"If-None-Match: \"x,\\\"a\\\"\"\r\n", false},
		{"If-None-Match: \"aa\"\r\n", false}, {"If-None-Match: w/\"a\"\r\n", false}};
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		if (http_etag_listed(get(c[i].lines), STR("\"a\"")) != c[i].yes)
			print_error("%s", c[i].lines);
		assert_int_equal(http_etag_listed(get(c[i].lines), STR("\"a\"")), c[i].yes);
	}
	assert_true(http_etag_listed(get("If-None-Match: \"a\"\r\n"), STR("W/\"a\"")));
}

#define T0 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define D0 "Sun, 06 Nov 1994 08:49:37 GMT"
#define D1 "Sun, 06 Nov 1994 08:49:36 GMT"

static void conditions(void **state)
{
	static const struct {
		const char *lines;
		enum http_cond cond;
	} c[] = {{"", HTTP_COND_NONE},
		{"If-Modified-Since: " D0 "\r\n", HTTP_COND_NOT_MODIFIED},
		{"If-Modified-Since: " D1 "\r\n", HTTP_COND_NONE},
		{"If-Modified-Since: yesterday\r\n", HTTP_COND_NONE},
		{"If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", HTTP_COND_NONE},
		{"If-None-Match: \"b\"\r\nIf-Modified-Since: " D0 "\r\n", HTTP_COND_NONE},
		{"If-None-Match: \"a\"\r\nIf-Modified-Since: " D1 "\r\n",
			HTTP_COND_NOT_MODIFIED},
		{"If-Match: \"a\"\r\n", HTTP_COND_NONE},
		{"If-Match: \"b\"\r\n", HTTP_COND_FAILED},
		{"If-Match: W/\"a\"\r\n", HTTP_COND_FAILED},
		{"If-Match: *\r\n", HTTP_COND_NONE},
		{"If-Unmodified-Since: " D0 "\r\n", HTTP_COND_NONE},
		{"If-Unmodified-Since: " D1 "\r\n", HTTP_COND_FAILED},
		{"If-Match: \"a\"\r\nIf-Unmodified-Since: " D1 "\r\n", HTTP_COND_NONE},
		{"If-Match: \"a\"\r\nIf-None-Match: \"a\"\r\n", HTTP_COND_NOT_MODIFIED}};
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		enum http_cond got = http_condition(get(c[i].lines), STR("\"a\""), T0);
		if (got != c[i].cond)
			print_error("%s", c[i].lines);
		assert_int_equal(got, c[i].cond);
	}
	assert_int_equal(
		http_condition(get("If-Modified-Since: " D0 "\r\n"), STR("\"a\""), INT64_MIN),
		HTTP_COND_NONE);
}

static void ranges(void **state)
{
	static const struct {
		const char *lines;
		enum http_range is;
		uint64_t from, n;
	} c[] = {{"", HTTP_RANGE_WHOLE, 0, 0}, {"Range: bytes=0-0\r\n", HTTP_RANGE_PART, 0, 1},
		{"Range: bytes=10-19\r\n", HTTP_RANGE_PART, 10, 10},
		{"Range: bytes=90-\r\n", HTTP_RANGE_PART, 90, 10},
		{"Range: bytes=90-1000\r\n", HTTP_RANGE_PART, 90, 10},
		{"Range: bytes=-5\r\n", HTTP_RANGE_PART, 95, 5},
		{"Range: bytes=-500\r\n", HTTP_RANGE_PART, 0, 100},
		{"Range: BYTES=0-1\r\n", HTTP_RANGE_PART, 0, 2},
		{"Range: bytes=100-\r\n", HTTP_RANGE_BAD, 0, 0},
		{"Range: bytes=-0\r\n", HTTP_RANGE_BAD, 0, 0},
		{"Range: bytes=5-4\r\n", HTTP_RANGE_WHOLE, 0, 0},
		{"Range: bytes=0-1,5-6\r\n", HTTP_RANGE_WHOLE, 0, 0},
		{"Range: lines=0-1\r\n", HTTP_RANGE_WHOLE, 0, 0},
		{"Range: bytes=a-b\r\n", HTTP_RANGE_WHOLE, 0, 0},
		{"Range: bytes=\r\n", HTTP_RANGE_WHOLE, 0, 0},
		{"Range: bytes=99999999999999999999-\r\n", HTTP_RANGE_WHOLE, 0, 0},
		{"Range: bytes=0-1\r\nIf-Range: \"a\"\r\n", HTTP_RANGE_PART, 0, 2},
		{"Range: bytes=0-1\r\nIf-Range: \"b\"\r\n", HTTP_RANGE_WHOLE, 0, 0},
		{"Range: bytes=0-1\r\nIf-Range: W/\"a\"\r\n", HTTP_RANGE_WHOLE, 0, 0},
		{"Range: bytes=0-1\r\nIf-Range: " D0 "\r\n", HTTP_RANGE_PART, 0, 2},
		{"Range: bytes=0-1\r\nIf-Range: " D1 "\r\n", HTTP_RANGE_WHOLE, 0, 0}};
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		uint64_t from = 0, n = 0;
		enum http_range got =
			http_range(get(c[i].lines), 100, STR("\"a\""), T0, &from, &n);
		if (got != c[i].is)
			print_error("%s", c[i].lines);
		assert_int_equal(got, c[i].is);
		assert_int_equal(from, c[i].from);
		assert_int_equal(n, c[i].n);
	}
	uint64_t from, n;
	assert_int_equal(http_range(get("Range: bytes=-1\r\n"), 0, STR("\"a\""), T0, &from, &n),
		HTTP_RANGE_BAD);
}

static void dates(void **state)
{
	char text[HTTP_DATE_N + 1];
	int64_t back;
	(void)state;
	http_date_format(T0, text);
	assert_string_equal(text, D0);
	http_date_format(0, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	for (int64_t t = 0; t < INT64_C(4000000000); t += 86399 * 13) {
		http_date_format(t, text);
		assert_true(http_date_parse(str_c(text), &back));
		assert_int_equal(back, t);
	}
	static const char *const bad[] = {"", "Mon, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
		"Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun,  6 Nov 1994 08:49:37 GMT"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(http_date_parse(str_c(bad[i]), &back));
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(gzip), cmocka_unit_test(language),
		cmocka_unit_test(types), cmocka_unit_test(etags), cmocka_unit_test(conditions),
		cmocka_unit_test(ranges), cmocka_unit_test(dates)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
