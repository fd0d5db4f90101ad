/* What handlers make of addresses and of what is typed: label numbers, guesses, the form,
 * routes, error pages, plain text files, and the hash of the style in the policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/web_checks.h"

static void test_labels(void **state)
{
	(void)state;
	struct got g = harness_get(web_label, harness_name("void"), STR_NONE, zh);
	HAS(g, "这张标签已作废");
	HAS(g, "旧标签破损");
	HAS(g, "/f/YMEBNPSDW");
	g = harness_get(web_label, harness_name("replaced"), STR_NONE, en);
	HAS(g, "This label was replaced");
	HAS(g, "E39 5F7 88M");
	g = harness_get(web_label, harness_name("blank"), STR_NONE, en);
	HAS(g, "not in use yet");
	/* One character misread: the right label is offered, as a link and in JSON. */
	struct str right = harness_name("on_time");
	struct str misread = arena_str(&harness_arena, right);
	((char *)(uintptr_t)misread.p)[1] = 'B'; /* E395F788M: 3 looks like B */
	g = harness_get(web_label, misread, STR_NONE, zh);
	assert_int_equal(g.status, 404);
	g = harness_get(web_label, STR("E39SF788M"), STR_NONE, zh);
	assert_int_equal(g.status, 404);
	HAS(g, "您要找的是不是");
	HAS(g, "href=\"/E395F788M\"");
	g = harness_get(web_label, STR("E39SF788M"), STR_NONE,
		(struct harness_want){.lang = LANG_ZH, .json = true});
	HAS(g, "\"guesses\":[\"E395F788M\"]");
	/* As typed: small letters, blanks, O and 0. */
	g = harness_get(web_label, STR("e39-5f7 88m"), STR_NONE, zh);
	assert_int_equal(g.status, 200);
	/* Nothing like a number. */
	harness_get(web_label, STR("wp-login.php"), STR_NONE, zh);
	assert_int_equal(asked.error, RC_NOT_FOUND);
	assert_null(asked.kind);
}

static void test_lookup(void **state)
{
	(void)state;
	asked.query_no = STR(" e39 5f7 88m ");
	harness_get(web_lookup, STR_NONE, STR_NONE, zh);
	assert_true(str_eq(asked.location, STR("/E395F788M")));
	asked.query_no = STR("e39 5f7 88m");
	harness_get(web_lookup, STR_NONE, STR_NONE,
		(struct harness_want){.lang = LANG_EN, .lang_asked = true});
	assert_true(str_eq(asked.location, STR("/E395F788M?lang=en")));
	asked.query_no = STR("<b>12");
	struct got g = harness_get(web_lookup, STR_NONE, STR_NONE, zh);
	assert_false(asked.location.p);
	HAS(g, "“&lt;b&gt;12”");
	HAS(g, "value=\"&lt;b&gt;12\"");
	asked.query_no = STR("//evil.example");
	harness_get(web_lookup, STR_NONE, STR_NONE, zh);
	assert_false(asked.location.p && asked.location.p[1] == '/');
	asked.query_no = STR_NONE;
	g = harness_get(web_lookup, STR_NONE, STR_NONE, en);
	HAS(g, "9 digits and letters");
}

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		enum rc rc;
		int http;
		const char *text;
	} rows[] = {
		{RC_NOT_FOUND, 404, "There is no such page"},
		{RC_RATE, 429, "Too many requests"},
		{RC_INTERNAL, 500, "Something went wrong"},
		{RC_UNAVAILABLE, 503, "Not available at the moment"},
		{RC_TIMEOUT, 503, "Not available at the moment"},
		{RC_BAD, 400, "The request is incomplete"},
		{RC_TOO_LARGE, 413, "The request is incomplete"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sbuf out;
		sbuf_init(&out, 1u << 20);
		struct page pg = harness_page(&out, &en);
		pg.error = rows[i].rc;
		pg.request_id = 0xabc;
		web_ops.error_page(&pg);
		struct got g = {pg.status, sbuf_view(&out)};
		assert_int_equal(g.status, rows[i].http);
		HAS(g, rows[i].text);
		/* The id that is in the log, where it helps. */
		if (rows[i].http >= 500)
			HAS(g, "0000000000000abc");
		else
			HAS_NOT(g, "0000000000000abc");
		sbuf_release(&out);
	}
	struct sbuf out;
	sbuf_init(&out, 1u << 20);
	struct page pg = harness_page(&out, &zh);
	pg.status = 405;
	web_ops.error_page(&pg);
	assert_int_equal(pg.status, 405);
	HAS(((struct got){405, sbuf_view(&out)}), "只能查看");
	sbuf_release(&out);
}

static void test_plain_text(void **state)
{
	(void)state;
	harness_get(web_robots, STR_NONE, STR_NONE, en);
	assert_true(
		str_eq(asked.text, STR("User-agent: *\nDisallow: /q\nDisallow: /staff/\n")));
	harness_get(web_security_txt, STR_NONE, STR_NONE, en);
	assert_true(str_eq(asked.text,
		STR("Contact: mailto:security@example.gov.cn\n"
		    "Expires: 2027-05-01T00:00:00Z\nPreferred-Languages: zh, en\n"
		    "Canonical: https://qr.example.gov.cn/.well-known/security.txt\n")));
}

static void test_routes(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(web_ops.init(&harness_site, &e), RC_OK);
	for (size_t i = 0; i < web_ops.nroutes; i++) {
		assert_non_null(web_ops.routes[i].handler);
		assert_true(web_ops.routes[i].flags & (ROUTE_GET | ROUTE_POST));
	}
	/* Addresses are checked before the database is asked. */
	harness_get(web_facility, STR("E395F788X"), STR_NONE, zh);
	assert_int_equal(asked.error, RC_NOT_FOUND);
	harness_get(web_history, harness_name("f-many"), STR("0"), zh);
	assert_int_equal(asked.error, RC_NOT_FOUND);
	harness_get(web_history, harness_name("f-many"), STR("1x"), zh);
	assert_int_equal(asked.error, RC_NOT_FOUND);
	harness_get(web_record, STR("fc521b5c-f5bb-5306-bc0e-9a124e9b196z"), STR_NONE, zh);
	assert_int_equal(asked.error, RC_NOT_FOUND);
	harness_get(web_record, STR("FC521B5C-F5BB-5306-BC0E-9A124E9B1968"), STR_NONE, zh);
	assert_int_equal(asked.error, RC_OK);
	harness_get(web_place, STR("x"), STR_NONE, zh);
	assert_int_equal(asked.error, RC_NOT_FOUND);
}

/* The hash in the policy is that of the bytes between the tags. */
static void test_style_hash(void **state)
{
	(void)state;
	struct got g = harness_get(web_label, harness_name("on_time"), STR_NONE, zh);
	ptrdiff_t from = str_find(g.body, STR("<style>")),
		  to = str_find(g.body, STR("</style>"));
	unsigned char raw[SHA256_BYTES];
	struct sbuf b;
	sbuf_init(&b, 256);
	sha256(str_sub(g.body, (size_t)from + 7, (size_t)to), raw);
	base64url_encode(raw, sizeof raw, &b);
	char want[64];
	snprintf(want, sizeof want, "'sha256-%s='", sbuf_c(&b));
	for (char *p = want; *p; p++)
		*p = *p == '_' ? '/' : *p;
	for (char *p = want + 8; *p; p++)
		*p = *p == '-' ? '+' : *p;
	assert_non_null(strstr(web_ops.style_src, want));
	sbuf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_plain_text),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_style_hash),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	harness_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
