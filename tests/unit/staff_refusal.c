/* What a script of our pages is told when it is refused: JSON that parses whatever the database
 * said, with words for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/web/staff.h"

static struct arena arena;
static struct sbuf out;

/* The answer to a refusal with this DETAIL (or none), parsed. */
static const struct json *said(enum rc rc, enum lang lang, const char *detail)
{
	struct err e;
	struct staff_answer ans = {.rc = rc};
	const struct json *v = NULL;
	struct page pg = {
		.out = &out, .arena = &arena, .lang = lang, .error = rc, .request_id = 0xabc};
	if (detail) {
		ans.said = str_c(detail);
		assert_int_equal(
			json_parse(&arena, ans.said, 1u << 16, false, &e, &ans.detail), RC_OK);
	}
	sbuf_clear(&out);
	web_refusal(&pg, &ans);
	assert_int_equal(pg.status, rc_info(rc)->http);
	if (json_parse(&arena, sbuf_view(&out), 1u << 16, false, &e, &v) != RC_OK)
		fail_msg("%s: %.*s", e.detail, STR_F(sbuf_view(&out)));
	return v;
}

static void test_plain(void **state)
{
	(void)state;
	for (int rc = RC_BAD; rc < RC_COUNT; rc++) {
		const struct json *zh = said((enum rc)rc, LANG_ZH, NULL);
		struct str text = arena_str(&arena, json_str(zh, "text"));
		const struct json *en = said((enum rc)rc, LANG_EN, NULL);
		assert_true(text.n && json_str(en, "text").n);
		assert_false(str_eq(text, json_str(en, "text")));
		assert_true(str_eq(json_str(en, "error"), str_c(rc_info((enum rc)rc)->name)));
		assert_true(str_eq(json_str(en, "id"), STR("0000000000000abc")));
	}
}

static void test_object(void **state)
{
	(void)state;
	const struct json *v = said(
		RC_CONFLICT, LANG_EN, " {\"why\" : \"offset\", \"offset\":5,\"length\":9 }\n");
	assert_int_equal(json_int(v, "offset", 0), 5);
	assert_int_equal(json_int(v, "length", 0), 9);
	assert_true(str_eq(json_str(v, "why"), STR("offset")));
	assert_true(str_eq(json_str(v, "text"), STR("It goes on from another place")));
	v = said(RC_CONFLICT, LANG_EN,
		"{\"why\":\"other_body\",\"stored\":{\"note\":\"\\\"}{\"},\"sent\":{\"note\":null}}");
	assert_true(str_eq(json_str(json_get(v, "stored"), "note"), STR("\"}{")));
	assert_int_equal(json_type(json_get(v, "sent")), JSON_OBJECT);
	/* A why that has no words of its own gets those of the status; nothing to say, nothing.
	 */
	v = said(RC_FORBIDDEN, LANG_EN, "{\"why\":\"scope\"}");
	assert_true(str_eq(json_str(v, "text"), STR("This account may not do that")));
	v = said(RC_CONFLICT, LANG_EN, "{}");
	assert_int_equal(json_count(v), 3);
}

static void test_list(void **state)
{
	(void)state;
	const struct json *v = said(RC_INVALID, LANG_EN,
		"[{\"field\":\"blob\",\"why\":\"hash\"},{\"field\":\"to\",\"why\":\"in_future\"},"
		"{\"field\":\"photos-\\\"x\",\"why\":\"type\",\"text\":\"Lid: no \\\"picture\\\"\"}]");
	const struct json *e = json_first(json_get(v, "errors"));
	assert_int_equal(json_count(json_get(v, "errors")), 3);
	assert_true(str_starts(json_str(v, "text"), STR("What arrived is not the photo")));
	assert_true(str_starts(json_str(e, "text"), STR("What arrived is not the photo")));
	e = json_next(e);
	assert_true(str_eq(json_str(e, "text"), STR("This lies in the future")));
	e = json_next(e);
	assert_true(str_eq(json_str(e, "field"), STR("photos-\"x")));
	assert_true(str_eq(json_str(e, "text"), STR("Lid: no \"picture\"")));
	v = said(RC_INVALID, LANG_EN, "[]");
	assert_int_equal(json_count(json_get(v, "errors")), 0);
	/* Neither a list nor members: words alone. */
	assert_int_equal(json_count(said(RC_INVALID, LANG_EN, "\"text\"")), 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain),
		cmocka_unit_test(test_object), cmocka_unit_test(test_list)};
	arena_init(&arena);
	sbuf_init(&out, 1u << 16);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	sbuf_release(&out);
	arena_release(&arena);
	return rc;
}
