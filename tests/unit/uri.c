/* URIs, queries and forms. */
#include "qrsvc/http/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena a;

static int setup(void **state)
{
	(void)state;
	arena_init(&a);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static bool split(const char *target, const char *path, const char *query)
{
	struct str p, q;
	if (!uri_split(&a, str_c(target), &p, &q))
		return path == NULL;
	if (!path || !str_eq(p, str_c(path)))
		return false;
	return query ? q.p && str_eq(q, str_c(query)) : !q.p;
}

static void paths(void **state)
{
	(void)state;
	assert_true(split("/", "/", NULL));
	assert_true(split("/?", "/", ""));
	assert_true(split("/a%20b?x=%20", "/a b", "x=%20"));
	assert_true(split("/%41%62", "/Ab", NULL));
	assert_true(split("/%2541", "/%41", NULL));
	assert_true(split("/%E4%BA%BA", "/\xe4\xba\xba", NULL));
	assert_true(split("/a+b", "/a+b", NULL));
	assert_true(split("//", "//", NULL));
	assert_true(split("/...", "/...", NULL));
	assert_true(split("/.a", "/.a", NULL));
	assert_true(split("/a.", "/a.", NULL));
}

static void refused_paths(void **state)
{
	static const char *const bad[] = {"", "a", "?", "*", "/%", "/%4", "/%4g", "/%00",
		"/%1f", "/%7f", "/%5c", "/a\\b", "/%2f", "/%2F", "/.", "/..", "/./", "/../",
		"/a/..", "/a/.", "/%2e", "/%2E%2e/", "/.%2e", "/%c0%80", "/%c1%bf", "/%80",
		"/%ff", "/%ed%bf%bf", "/%f5%80%80%80", "/\xc3\xa9", "/a b", "/a#b", "/?%",
		"/?%zz", "/?#", "/?a b", "/?\"", "/<", "/a|b", "/[", "/\x7f"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (!split(bad[i], NULL, NULL))
			print_error("taken: %s\n", bad[i]);
		assert_true(split(bad[i], NULL, NULL));
	}
	struct str p, q;
	assert_false(uri_split(&a, (struct str){"/a\0b", 4}, &p, &q));
}

/* Every single escape either decodes to its byte or is refused for one of the stated reasons.
 */
static void all_escapes(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char target[8];
		struct str p, q;
		snprintf(target, sizeof target, "/x%%%02x", c);
		bool ok = uri_split(&a, str_c(target), &p, &q);
		bool expected = c >= 0x20 && c < 0x7f && c != '\\' && c != '/';
		assert_int_equal(ok, expected);
		if (ok)
			assert_int_equal((unsigned char)p.p[2], c);
	}
}

static void queries(void **state)
{
	struct str q = STR("a=1&b=&c&&d=x%26y+z&a=2&%61b=%3D");
	(void)state;
	assert_true(str_eq(uri_query(&a, q, STR("a")), STR("1")));
	assert_true(str_eq(uri_query(&a, q, STR("b")), STR("")));
	assert_true(str_eq(uri_query(&a, q, STR("c")), STR("")));
	assert_true(str_eq(uri_query(&a, q, STR("d")), STR("x&y z")));
	assert_true(str_eq(uri_query(&a, q, STR("ab")), STR("=")));
	assert_null(uri_query(&a, q, STR("e")).p);
	assert_null(uri_query(&a, STR_NONE, STR("a")).p);
	assert_null(uri_query(&a, STR("a=1&b=%"), STR("a")).p);
	assert_null(uri_query(&a, STR("a=%00"), STR("a")).p);
	assert_null(uri_query(&a, STR("a=%ff"), STR("a")).p);
	assert_null(uri_query(&a, STR("%c0%af=1"), STR("a")).p);
}

static void decode_once(void **state)
{
	struct str s;
	(void)state;
	assert_true(uri_decode(&a, STR("%2525"), false, &s));
	assert_true(str_eq(s, STR("%25")));
	assert_true(uri_decode(&a, STR("a+b"), true, &s));
	assert_true(str_eq(s, STR("a b")));
	assert_true(uri_decode(&a, STR("plain"), false, &s));
	assert_true(str_eq(s, STR("plain")));
	assert_false(uri_decode(&a, STR("ab%a"), false, &s));
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(all_escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(queries, setup, teardown),
		cmocka_unit_test_setup_teardown(decode_once, setup, teardown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
