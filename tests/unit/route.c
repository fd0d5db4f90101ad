/* Routes. */
#include "qrsvc/http/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GET (1u << HTTP_GET)
#define POST (1u << HTTP_POST)

static const struct http_route table[] = {{GET, "/", "root"}, {GET, "/{code}", "label"},
	{GET, "/{code}.json", "label.json"}, {GET, "/robots.txt", "robots"},
	{GET | POST, "/staff/login", "login"}, {POST, "/report", "report"},
	{GET, "/f/{facility}", "facility"}, {GET, "/f/{facility}.json", "facility.json"},
	{GET, "/f/{facility}/history", "history"}, {GET, "/p/{sha}-{width}.jpg", "photo"},
	{POST, "/f/{facility}", "facility post"}};

static struct router *router;
static struct http_match m;

static const char *match(enum http_method method, const char *path)
{
	return router_match(router, method, str_c(path), &m) ? m.route->data : "";
}

static void literals(void **state)
{
	(void)state;
	assert_string_equal(match(HTTP_GET, "/"), "root");
	assert_string_equal(match(HTTP_HEAD, "/"), "root");
	assert_string_equal(match(HTTP_GET, "/robots.txt"), "robots");
	assert_string_equal(match(HTTP_POST, "/staff/login"), "login");
	assert_string_equal(match(HTTP_GET, "/staff/login/"), "");
	assert_string_equal(match(HTTP_GET, "/staff/nothing"), "");
	assert_int_equal(m.allowed, 0);
	assert_string_equal(match(HTTP_GET, ""), "");
	assert_string_equal(match(HTTP_GET, "x"), "");
	assert_string_equal(match(HTTP_GET, "//"), "");
	assert_string_equal(match(HTTP_GET, "/a/b/c/d/e/f/g/h/i/j"), "");
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(match(HTTP_GET, "/0K7M2Q9XH"), "label");
	assert_true(m.n == 1 && str_eq(m.param[0], STR("0K7M2Q9XH")));
	assert_string_equal(match(HTTP_GET, "/0K7M2Q9XH.json"), "label.json");
	assert_true(m.n == 1 && str_eq(m.param[0], STR("0K7M2Q9XH")));
	assert_string_equal(match(HTTP_GET, "/.json"), "label");
	assert_string_equal(match(HTTP_GET, "/f/X1"), "facility");
	assert_string_equal(match(HTTP_POST, "/f/X1"), "facility post");
	assert_string_equal(match(HTTP_GET, "/f/"), "");
	assert_string_equal(match(HTTP_GET, "/f/X1/history"), "history");
	assert_true(m.n == 1 && str_eq(m.param[0], STR("X1")));
	assert_string_equal(match(HTTP_GET, "/p/abc-320.jpg"), "photo");
	assert_true(
		m.n == 2 && str_eq(m.param[0], STR("abc")) && str_eq(m.param[1], STR("320")));
	assert_string_equal(match(HTTP_GET, "/p/a-b-c.jpg"), "photo");
	assert_true(str_eq(m.param[0], STR("a")) && str_eq(m.param[1], STR("b-c")));
	assert_string_equal(match(HTTP_GET, "/p/-320.jpg"), "");
	assert_string_equal(match(HTTP_GET, "/p/abc-.jpg"), "");
	assert_string_equal(match(HTTP_GET, "/p/abc-320.png"), "");
}

static void methods(void **state)
{
	char allow[HTTP_ALLOW_N];
	(void)state;
	assert_string_equal(match(HTTP_DELETE, "/f/X1"), "");
	assert_true(str_eq(http_allow(m.allowed, allow), STR("GET, HEAD, POST, OPTIONS")));
	/* A special path does not fall through to a general one. */
	assert_string_equal(match(HTTP_GET, "/report"), "");
	assert_int_equal(m.allowed, POST);
	assert_string_equal(match(HTTP_POST, "/robots.txt"), "");
	assert_int_equal(m.allowed, GET | 1u << HTTP_HEAD);
	assert_string_equal(match(HTTP_METHODS, "/"), "");
	assert_int_equal(m.allowed, GET | 1u << HTTP_HEAD);
	assert_true(str_eq(http_allow((1u << HTTP_METHODS) - 1, allow),
		STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")));
}

static int setup(void **state)
{
	(void)state;
	router = router_new(table, sizeof table / sizeof table[0]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	router_free(router);
	return 0;
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals), cmocka_unit_test(names), cmocka_unit_test(methods)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
