/* The form of a record: questions from the database's document, defaults, what was typed, what
 * is wrong, and the body that is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/base/clock.h"
#include "qrsvc/web/form.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct arena arena;

static const char doc_text[] =
	"{\"ref\":3,\"id\":\"7d444840-9dc0-4d1b-b0f5-1b7a6a0f0f01\",\"facility\":{\"code\":"
	"\"0K7M2Q9XH\",\"kind\":\"roof_tank\",\"place\":\"P\"},\"type\":\"clean\",\"roles\":["
	"{\"role\":\"cleaner\",\"required\":true,\"parties\":[{\"id\":7,\"name\":\"A\"},"
	"{\"id\":9,\"name\":\"B\"}]},{\"role\":\"lab\",\"required\":false,\"parties\":[{\"id\":4,"
	"\"name\":\"L\"}]}],\"slots\":[{\"slot\":\"before\",\"required\":true},{\"slot\":\"lid\","
	"\"required\":false}],\"photos_min\":2,\"fields\":[{\"field\":\"workers\",\"type\":"
	"\"integer\",\"required\":true},{\"field\":\"amount\",\"type\":\"text\"},{\"field\":"
	"\"done\",\"type\":\"boolean\"},{\"field\":\"on\",\"type\":\"date\"},{\"field\":\"dose\","
	"\"type\":\"number\"}],\"items\":[{\"item\":\"ph\",\"limit\":{\"op\":\"range\"}},{\"item\":"
	"\"e_coli\",\"limit\":{\"op\":\"word\",\"word\":\"not_detected\"}}],\"item_words\":["
	"\"not_detected\",\"detected\"]}";
static const char ref_text[] =
	"{\"kinds\":{\"roof_tank\":{\"types\":{\"clean\":{\"name\":{\"en\":\"Cleaning\"}}}}},"
	"\"words\":{\"not_detected\":{\"zh-CN\":\"未检出\",\"en\":\"not detected\"}}}";

static const struct json *parse(const char *text)
{
	const struct json *v = NULL;
	struct err e;
	if (json_parse(&arena, str_c(text), 1u << 20, false, &e, &v) != RC_OK)
		fail_msg("%s: %s", e.detail, text);
	return v;
}

static struct form made(void)
{
	struct form f;
	assert_true(form_make(&f, &arena, parse(doc_text), parse(ref_text)));
	return f;
}

static struct form_input *input(struct form *f, const char *name)
{
	struct form_input *in = form_find(f, str_c(name));
	if (!in)
		fail_msg("no input %s", name);
	return in;
}

static struct str body(const struct form *f)
{
	struct sbuf b;
	sbuf_init(&b, 1u << 20);
	form_body(f, &b);
	struct str s = arena_str(&arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static int64_t instant(const char *text)
{
	int64_t us = 0;
	assert_true(clock_parse(str_c(text), &us));
	return us;
}

#define TEXT(name_, value_)                                        \
	{                                                          \
		.name = STR(name_), .value = STR(value_), .fd = -1 \
	}
#define FILE_OF(name_, bytes)                                                          \
	{                                                                              \
		.name = STR(name_), .filename = {"a.jpg", 5}, .fd = 5, .size = (bytes) \
	}
#define NO_FILE(name_)                                            \
	{                                                         \
		.name = STR(name_), .filename = {"", 0}, .fd = -1 \
	}

static void test_questions(void **state)
{
	(void)state;
	struct form f = made();
	assert_int_equal(f.n, 2 + 2 + 5 + 2 + 2 + 1);
	assert_int_equal(input(&f, "fields-workers")->is, FORM_INTEGER);
	assert_true(input(&f, "fields-workers")->required);
	assert_int_equal(input(&f, "results-ph")->is, FORM_RESULT);
	assert_int_equal(input(&f, "results-e_coli")->is, FORM_WORD);
	assert_int_equal(input(&f, "photos-before")->is, FORM_PHOTO);
	assert_null(form_find(&f, STR("report"))); /* of tests only */
	assert_null(form_find(&f, STR("reason"))); /* of later revisions only */
	assert_int_equal(f.photos_min, 2);
	assert_true(str_eq(f.id, STR("7d444840-9dc0-4d1b-b0f5-1b7a6a0f0f01")));
	struct form none;
	assert_false(form_make(&none, &arena, parse("{\"facility\":{}}"), NULL));
	assert_false(form_make(&none, &arena, NULL, NULL));
	/* Without the words of a kind it still works. */
	assert_true(form_make(&none, &arena, parse(doc_text), NULL));
}

static void test_defaults(void **state)
{
	(void)state;
	struct form f = made();
	form_defaults(&f, instant("2026-11-22T09:33:20+08:00"));
	assert_true(str_eq(input(&f, "to")->value, STR("2026-11-22T09:30")));
	assert_true(str_eq(input(&f, "from")->value, STR("2026-11-22T08:30")));
	assert_true(str_eq(input(&f, "party-cleaner")->value, STR("7")));
	assert_null(input(&f, "party-lab")->value.p);
	assert_int_equal(input(&f, "party-lab")->is, FORM_FIRM);
	/* A firm of the list is known by its id, another one by its name. */
	input(&f, "party-lab")->value = STR("L");
	assert_non_null(strstr(body(&f).p, "{\"role\":\"lab\",\"party\":4}"));
	input(&f, "party-lab")->value = STR("\"N\"");
	assert_non_null(strstr(body(&f).p, "{\"role\":\"lab\",\"name\":\"\\\"N\\\"\"}"));
	form_stored(&f, parse("{\"parties\":[{\"role\":\"lab\",\"party\":4}]}"));
	assert_true(str_eq(input(&f, "party-lab")->value, STR("L")));
	form_stored(&f, parse("{\"parties\":[{\"role\":\"lab\",\"name\":\"M\"}]}"));
	assert_true(str_eq(input(&f, "party-lab")->value, STR("M")));
}

static void test_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *typed, *op, *num;
	} good[] = {{"7.6", "", "7.6"}, {"<0.05", "<", "0.05"}, {"＜ ０．０５", "<", "0.05"},
		{"≤5", "<=", "5"}, {"≥5", ">=", "5"}, {"=5", "", "5"}, {"-1", "", "-1"},
		{"> 2", ">", "2"}, {"0。5", "", "0.5"},
		{"123456789012.123456789", "", "123456789012.123456789"}};
	static const char *const bad[] = {"", "<", "a", "1.", ".5", "1,5", "1e3", "--1", "<<1",
		"1234567890123", "1.1234567890", "5 mg", "0x1", "≤≤1", "\xef\xbc", "1\xef"};
	struct str op, num;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		if (!form_number(&arena, str_c(good[i].typed), &op, &num))
			fail_msg("refused: %s", good[i].typed);
		assert_true(str_eq(op, str_c(good[i].op)));
		assert_true(str_eq(num, str_c(good[i].num)));
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (form_number(&arena, str_c(bad[i]), &op, &num))
			fail_msg("taken: %s", bad[i]);
}

static void test_words_and_times(void **state)
{
	(void)state;
	struct form f = made();
	int64_t us;
	assert_true(str_eq(form_word(&f, STR("未检出")), STR("not_detected")));
	assert_true(str_eq(form_word(&f, STR("Not Detected")), STR("not_detected")));
	assert_true(str_eq(form_word(&f, STR("detected")), STR("detected")));
	assert_null(form_word(&f, STR("none")).p); /* not a word of these items */
	assert_true(form_time(STR("2026-11-22T09:30"), &us));
	assert_true(us == instant("2026-11-22T09:30:00+08:00"));
	assert_true(form_time(STR("2026-11-22T09:30:15"), &us));
	assert_true(str_eq(form_time_text(&arena, us), STR("2026-11-22T09:30")));
	static const char *const bad[] = {"", "2026-11-22", "2026-02-30T09:30",
		"2026-11-22T24:00", "2026-11-22T09:60", "2026-11-22T9:300", "22/11/2026 09:30",
		"2026-11-22T09-30"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (form_time(str_c(bad[i]), &us))
			fail_msg("taken: %s", bad[i]);
}

/* Hours of a day on which the clock goes forward. */
static void test_clock_change(void **state)
{
	(void)state;
	int64_t us;
	assert_true(clock_zone("America/New_York"));
	assert_true(form_time(STR("2026-03-08T09:30"), &us));
	assert_true(us == instant("2026-03-08T09:30:00-04:00"));
	assert_true(form_time(STR("2026-11-01T23:30"), &us));
	assert_true(us == instant("2026-11-01T23:30:00-05:00"));
	assert_true(clock_zone("Asia/Shanghai"));
}

static const struct http_part typed[] = {TEXT("key", "7d444840-9dc0-4d1b-b0f5-1b7a6a0f0f99"),
	TEXT("from", "2026-11-22T08:00"), TEXT("to", "2026-11-22T09:00"),
	TEXT("party-cleaner", "9"), TEXT("fields-workers", " 2 "), TEXT("fields-done", "no"),
	TEXT("fields-amount", "50 mL \"x\"<y>"), TEXT("fields-on", "2026-11-20"),
	TEXT("fields-dose", "1.5"), TEXT("results-ph", "＜7.6"),
	TEXT("results-e_coli", "not_detected"), TEXT("kept-before", HASH),
	FILE_OF("photos-lid", 1000), NO_FILE("photos-before"), TEXT("note", "门锁坏了")};

static void test_typed_body(void **state)
{
	(void)state;
	struct form f = made();
	form_typed(&f, typed, sizeof typed / sizeof typed[0]);
	assert_true(form_check(&f, instant("2026-11-22T09:30:00+08:00")));
	assert_true(str_eq(f.id, STR("7d444840-9dc0-4d1b-b0f5-1b7a6a0f0f99")));
	assert_null(input(&f, "photos-before")->file);
	assert_non_null(input(&f, "photos-lid")->file);
	input(&f, "photos-lid")->value = STR(HASH);
	struct str want = STR(
		"{\"facility\":\"0K7M2Q9XH\",\"type\":\"clean\",\"submit\":true,\"rev\":0,"
		"\"from\":\"2026-11-22T08:00\",\"to\":\"2026-11-22T09:00\",\"parties\":[{\"role\":"
		"\"cleaner\",\"party\":9}],\"fields\":{\"workers\":\"2\",\"amount\":\"50 mL "
		"\\\"x\\\"<y>\",\"done\":false,\"on\":\"2026-11-20\",\"dose\":\"1.5\"},\"results\":"
		"[{\"item\":\"ph\",\"op\":\"<\",\"num\":\"7.6\"},{\"item\":\"e_coli\",\"word\":"
		"\"not_detected\"}],\"photos\":[{\"slot\":\"before\",\"sha256\":\"" HASH "\"},{"
		"\"slot\":\"lid\",\"sha256\":\"" HASH "\"}],\"note\":\"门锁坏了\"}");
	struct str got = body(&f);
	if (!str_eq(got, want))
		fail_msg("%.*s", STR_F(got));
	/* It is JSON that says the same when it is read back into a form. */
	struct form again = made();
	form_stored(&again, parse(got.p));
	again.id = f.id;
	assert_true(str_eq(body(&again), want));
}

static void test_mistakes(void **state)
{
	(void)state;
	const int64_t now = instant("2026-11-22T09:30:00+08:00");
	struct form f = made();
	form_typed(&f, NULL, 0);
	assert_false(form_check(&f, now));
	assert_string_equal(input(&f, "to")->why, "missing");
	assert_string_equal(input(&f, "party-cleaner")->why, "missing");
	assert_string_equal(input(&f, "photos-before")->why, "missing");
	assert_null(input(&f, "photos-lid")->why);
	assert_string_equal(f.why, "too_few");
	static const struct http_part wrong[] = {TEXT("from", "2026-11-22T10:00"),
		TEXT("to", "2026-11-22T09:00"), TEXT("fields-workers", "two"),
		TEXT("fields-on", "20.11."), TEXT("fields-dose", "<1"),
		TEXT("results-ph", "good"), TEXT("kept-before", "../../etc/passwd")};
	f = made();
	form_typed(&f, wrong, sizeof wrong / sizeof wrong[0]);
	assert_false(form_check(&f, now));
	assert_string_equal(input(&f, "from")->why, "in_future");
	assert_null(input(&f, "to")->why);
	assert_string_equal(input(&f, "fields-workers")->why, "bad_value");
	assert_string_equal(input(&f, "fields-on")->why, "bad_value");
	assert_string_equal(input(&f, "fields-dose")->why, "bad_value");
	assert_string_equal(input(&f, "results-ph")->why, "bad_value");
	assert_null(input(&f, "photos-before")->value.p); /* not a hash */
	static const struct http_part order[] = {
		TEXT("from", "2026-11-22T09:01"), TEXT("to", "2026-11-22T09:00")};
	f = made();
	form_typed(&f, order, 2);
	form_check(&f, now);
	assert_string_equal(input(&f, "to")->why, "end_before_start");
}

static void test_long_texts(void **state)
{
	(void)state;
	char text[3 * FORM_NOTE_MAX + 4];
	struct form f = made();
	for (int i = 0; i <= FORM_NOTE_MAX; i++)
		memcpy(text + 3 * i, "水", 3);
	struct http_part part = {.name = STR("note"), .value = {text, 3 * FORM_NOTE_MAX}};
	form_typed(&f, &part, 1);
	form_check(&f, 0);
	assert_null(input(&f, "note")->why);
	part.value.n += 3;
	form_typed(&f, &part, 1);
	form_check(&f, 0);
	assert_string_equal(input(&f, "note")->why, "too_long");
}

static void test_draft_and_revision(void **state)
{
	(void)state;
	static const struct http_part draft[] = {TEXT("do", "draft")};
	struct form f = made();
	form_typed(&f, draft, 1);
	assert_true(form_check(&f, 0)); /* nothing is required of a draft */
	assert_non_null(strstr(body(&f).p, "\"submit\":false"));
	static const struct http_part later[] = {TEXT("do", "draft"), TEXT("rev", "2")};
	f = made();
	form_typed(&f, later, 2);
	assert_false(form_check(&f, 0));
	assert_string_equal(input(&f, "reason")->why, "missing");
	assert_non_null(strstr(body(&f).p, "\"rev\":2"));
}

static void test_photos_dropped_and_counted(void **state)
{
	(void)state;
	static const struct http_part drop[] = {
		TEXT("kept-before", HASH), TEXT("drop-before", "1")};
	struct form f = made();
	form_typed(&f, drop, 2);
	assert_null(input(&f, "photos-before")->value.p);
	form_typed(&f, drop, 1);
	assert_int_equal(input(&f, "photos-before")->value.n, 64);
}

static void test_refused(void **state)
{
	(void)state;
	struct form f = made();
	form_refused(
		&f, parse("[{\"field\":\"to\",\"why\":\"in_future\"},{\"field\":"
			  "\"results:ph\",\"why\":\"bad_value\"},{\"field\":\"photos\",\"why\":"
			  "\"too_few\",\"min\":3},{\"field\":\"party:cleaner\",\"why\":"
			  "\"filing_expired\",\"name\":\"A\"},{\"field\":\"facility\",\"why\":"
			  "\"unknown\"}]"));
	assert_string_equal(input(&f, "to")->why, "in_future");
	assert_string_equal(input(&f, "results-ph")->why, "bad_value");
	assert_string_equal(f.why, "too_few");
	assert_true(str_eq(json_str(input(&f, "party-cleaner")->said, "name"), STR("A")));
	assert_string_equal(input(&f, "from")->why, "unknown"); /* has no input of its own */
	assert_true(form_has_errors(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_questions),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words_and_times), cmocka_unit_test(test_clock_change),
		cmocka_unit_test(test_typed_body), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_long_texts), cmocka_unit_test(test_draft_and_revision),
		cmocka_unit_test(test_photos_dropped_and_counted),
		cmocka_unit_test(test_refused)};
	if (!clock_zone("Asia/Shanghai"))
		return 99;
	arena_init(&arena);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
