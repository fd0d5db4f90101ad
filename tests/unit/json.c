/* Reading JSON: what is taken, what is refused, and getters that never fail loudly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/base/clock.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/sbuf.h"

static struct arena arena;

static enum rc parse(struct str text, const struct json **ret_)
{
	struct err e;
	return json_parse(&arena, text, 1u << 20, false, &e, ret_);
}

static const struct json *must(const char *text)
{
	const struct json *v = NULL;
	if (parse(str_c(text), &v) != RC_OK)
		fail_msg("refused: %s", text);
	return v;
}

static void test_getters(void **state)
{
	(void)state;
	const struct json *v = must("{\"s\":\"\\u4e2d\\ud83d\\ude00\\n\",\"e\":\"\",\"i\":-12,"
				    "\"f\":1.5,\"t\":true,\"n\":null,\"a\":[1,\"x\",null],"
				    "\"o\":{\"k\":{\"d\":\"2028-02-29\","
				    "\"at\":\"2026-11-14T16:40:00+08:00\"}},\"s\":\"second\"}");
	assert_true(str_eq(json_str(v, "s"), STR("中😀\n"))); /* the first of two counts */
	assert_true(json_str(v, "e").p && json_str(v, "e").n == 0);
	assert_null(json_str(v, "i").p);
	assert_null(json_str(v, "none").p);
	assert_null(json_str(NULL, "s").p);
	assert_int_equal(json_int(v, "i", 7), -12);
	assert_int_equal(json_int(v, "f", 7), 7); /* no whole number */
	assert_int_equal(json_int(v, "s", 7), 7);
	assert_true(json_bool(v, "t", false));
	assert_true(json_bool(v, "i", true));
	assert_null(json_get(v, "n"));
	assert_int_equal(json_type(json_get(v, "n")), JSON_ABSENT);
	assert_null(json_get(json_get(v, "a"), "s")); /* an array has no members */
	assert_int_equal(json_count(json_get(v, "a")), 3);
	assert_int_equal(json_count(json_get(v, "s")), 0);
	const struct json *k = json_get(json_get(v, "o"), "k");
	assert_int_equal(json_day(k, "d"), day_from_civil(2028, 2, 29));
	assert_int_equal(json_day(k, "at"), DAY_NONE);
	int64_t us = 5;
	assert_true(json_instant(k, "at", &us));
	assert_true(us == INT64_C(1794645600) * US_PER_S);
	us = 5;
	assert_false(json_instant(k, "d", &us));
	assert_true(us == 5);
	assert_true(json_member(v, STR("o")) == json_get(v, "o"));
	assert_null(json_member(v, STR("O"))); /* keys are compared byte by byte */
	assert_true(json_is_true(json_get(v, "t")));
	assert_true(str_eq(json_number_text(json_get(v, "f")), STR("1.5")));
	assert_null(json_number_text(json_get(v, "t")).p);
}

static void test_each(void **state)
{
	(void)state;
	static const char *const keys[] = {"b", "a", "c"};
	size_t n = 0;
	json_each (m, must("{\"b\":1,\"a\":2,\"c\":3}")) {
		assert_true(str_eq(json_key(m), str_c(n < 3 ? keys[n] : "one too many")));
		n++;
		int64_t i = 0;
		assert_true(json_integer(m, &i));
		assert_int_equal(i, n);
	}
	assert_int_equal(n, 3);
	json_each (m, must("[]"))
		fail_msg("an empty array has an element %p", (const void *)m);
	assert_null(json_key(json_first(must("[1]"))).p);
}

static void test_numbers(void **state)
{
	(void)state;
	int64_t i = 5;
	assert_true(json_integer(must("9007199254740992"), &i));
	assert_true(i == INT64_C(9007199254740992));
	i = 5;
	assert_false(json_integer(must("1e300"), &i));
	assert_false(json_integer(must("-1e300"), &i));
	assert_false(json_integer(must("0.1"), &i));
	assert_true(i == 5);
	assert_true(json_integer(must("1e3"), &i));
	assert_true(i == 1000);
}

static void test_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", " ", "{", "}", "[1,", "[1 2]", "{\"a\"}",
		"{\"a\":}", "{a:1}", "nul", "\"abc", "\"\\x\"", "\"\\ud800\"", "[1]]", "{} {}",
		"1 2", "\"\\u0000\"", "[\"a\\u0000b\"]", "\"\xff\"", "\"\xed\xa0\x80\"",
		"\"\xc0\xaf\"", "'a'", "[1,]", "{\"a\":1,}", "01", "-", "+1", ".5", "1.", "1e",
		"1e+", "0x1", "1.e1", "--1", "-01", "NaN", "Infinity", "truE", "tru", "nulll",
		"\"a\nb\"", "\"a\tb\"", "\"\x01\"", "\"\\ud83d\"", "\"\\ud83dx\"",
		"\"\\ud83d\\u0041\"", "\"\\ude00\"", "\"\\u12g4\"", "\"\\u12\"", "\"\\",
		"\"\\\"", "[\"a\",", "[,1]", "{,}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{1:2}",
		"[1}", "{\"a\":1]", "/**/1", "1 //",
		("\xef\xbb\xbf"
		 "1"),
		"\"a", "[\"", "{\"a\":\"", "\f1"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct json *v = NULL;
		if (parse(str_c(bad[i]), &v) == RC_OK)
			fail_msg("taken: %s", bad[i]);
		assert_null(v);
	}
	const struct json *v = NULL;
	assert_int_equal(parse(STR("[1,\0 2]"), &v), RC_BAD);
	assert_int_equal(parse((struct str){"{\"a\":12345", 6}, &v), RC_BAD); /* cut off */
}

/* Numbers are taken as RFC 8259 6 writes them and kept as they were written. */
static void test_spelling(void **state)
{
	(void)state;
	static const char *const good[] = {"0", "-0", "10", "-10.5", "1e5", "1E+5", "1e-5",
		"0.1", "123456789012345678901234567890"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(str_eq(json_number_text(must(good[i])), str_c(good[i])));
	assert_true(str_eq(json_text(must("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\"")),
		STR("\"\\/\b\f\n\r\té€")));
	assert_true(str_eq(json_text(must(" \n\"\"\t ")), STR("")));
	/* Unescaping in place does not touch its neighbours. */
	const struct json *v = must("[\"\\u0041\\u0042\",\"C\",{\"\\u0064\":\"\\\\\"}]");
	assert_true(str_eq(json_text(json_first(v)), STR("AB")));
	assert_true(str_eq(json_text(json_next(json_first(v))), STR("C")));
	assert_true(str_eq(json_str(json_next(json_next(json_first(v))), "d"), STR("\\")));
}

/* Every prefix of a good text is refused, and none reads behind its end. */
static void test_prefixes(void **state)
{
	(void)state;
	static const char text[] =
		"{\"a\":[1,-2.5e3,true,false,null,\"x\\u00e9\\n\"],\"b\":{}}";
	for (size_t n = 0; n < sizeof text - 1; n++) {
		const struct json *v = NULL;
		char *exact = malloc(n ? n : 1); /* so that ASan sees a step too far */
		memcpy(exact, text, n);
		assert_int_equal(parse((struct str){exact, n}, &v), RC_BAD);
		free(exact);
	}
}

static void test_limits(void **state)
{
	(void)state;
	const struct json *v = NULL;
	struct err e;
	assert_int_equal(json_parse(&arena, STR("[1,2]"), 4, false, &e, &v), RC_TOO_LARGE);
	assert_int_equal(json_parse(&arena, STR("[1,2]"), 5, false, &e, &v), RC_OK);
	for (int deep = 1; deep < 3000; deep += deep < 60 ? 1 : 700) {
		struct sbuf b;
		sbuf_init(&b, 65536);
		for (int i = 0; i < deep; i++)
			sbuf_byte(&b, '[');
		for (int i = 0; i < deep; i++)
			sbuf_byte(&b, ']');
		bool taken = parse(sbuf_view(&b), &v) == RC_OK;
		if (taken != (deep <= JSON_DEPTH))
			fail_msg("%d levels: %s", deep, taken ? "taken" : "refused");
		sbuf_release(&b);
	}
	/* Depth in a later element, and width without depth. */
	assert_int_equal(parse(STR("[1,[2,[3]],{\"a\":[[[[4]]]]},5]"), &v), RC_OK);
	struct sbuf b;
	sbuf_init(&b, 1u << 20);
	sbuf_puts(&b, "[0");
	for (int i = 0; i < 50000; i++)
		sbuf_puts(&b, ",[1]");
	sbuf_byte(&b, ']');
	assert_int_equal(parse(sbuf_view(&b), &v), RC_OK);
	assert_int_equal(json_count(v), 50001);
	sbuf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_getters),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_limits),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	arena_init(&arena);
	int bad = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return bad;
}
