/* The table of states: precedence, days, and the days on which answers change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/app/state.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/sbuf.h"

static struct arena arena;

static const struct json *parse(const char *text)
{
	const struct json *v = NULL;
	assert_int_equal(json_parse(&arena, str_c(text), 65536, false, NULL, &v), RC_OK);
	return v;
}

static int32_t date(const char *s)
{
	int32_t day;
	assert_true(day_parse(str_c(s), &day));
	return day;
}

#define CLEAN(last, due) "{\"type\":\"clean\"," last "\"due\":\"" due "\",\"soon_days\":30}"
#define LAST "\"last\":\"2026-05-12\","
#define DUTY CLEAN(LAST, "2026-11-12")

static const struct {
	const char *doc, *day, *want;
	int days; /* 99999: none */
} table[] = {
	/* one duty, from long before to after its due date */
	{"{\"duties\":[" DUTY "]}", "2026-10-12", "on_time", 31},
	{"{\"duties\":[" DUTY "]}", "2026-10-13", "due_soon", 30},
	{"{\"duties\":[" DUTY "]}", "2026-11-11", "due_soon", 1},
	{"{\"duties\":[" DUTY "]}", "2026-11-12", "due_soon", 0},
	{"{\"duties\":[" DUTY "]}", "2026-11-13", "overdue", -1},
	/* precedence */
	{"{\"status\":\"retired\",\"failed\":{\"date\":\"2026-01-01\"},\"duties\":[" DUTY "]}",
		"2026-12-01", "retired", 99999},
	{"{\"status\":\"suspended\",\"failed\":{\"date\":\"2026-01-01\"},\"duties\":[" DUTY
	 "]}",
		"2026-12-01", "suspended", 99999},
	{"{\"status\":\"in_service\",\"failed\":{\"date\":\"2026-01-01\"},\"duties\":"
	 "[" DUTY "]}",
		"2026-12-01", "failed", -19},
	{"{\"failed\":{\"date\":\"2026-01-01\"},\"duties\":[]}", "2026-12-01", "failed", 99999},
	/* never done */
	{"{\"duties\":[]}", "2026-12-01", "no_record", 99999},
	{"{}", "2026-12-01", "no_record", 99999},
	{"{\"duties\":[" CLEAN("", "2026-11-12") "]}", "2026-12-01", "no_record", -19},
	{"{\"duties\":[" CLEAN("", "2026-12-12") "]}", "2026-12-01", "no_record", 11},
	/* the second duty was never done either, and is past due: still no record */
	{"{\"duties\":[" CLEAN("", "2027-01-01") "," CLEAN("", "2026-11-12") "]}", "2026-12-01",
		"no_record", -19},
	/* the second was done once and is late: overdue, though the first has no record
	 */
	{"{\"duties\":[" CLEAN("", "2027-01-01") "," DUTY "]}", "2026-12-01", "overdue", -19},
	/* the main duty is fine, the second was never done and is late */
	{"{\"duties\":[" CLEAN(LAST, "2027-05-12") "," CLEAN("", "2026-11-12") "]}",
		"2026-12-01", "overdue", -19},
	/* what is late decides, even if an uncounted one was due before it */
	{"{\"duties\":[" CLEAN("", "2026-01-01") "," DUTY "]}", "2026-12-01", "overdue", -19},
	/* the second duty is due soon */
	{"{\"duties\":[" CLEAN(LAST, "2027-05-12") "," CLEAN(LAST, "2026-12-12") "]}",
		"2026-12-01", "due_soon", 11},
	/* done, but no rule says when again */
	{"{\"duties\":[{\"type\":\"clean\",\"last\":\"2026-01-01\"}]}", "2026-12-01", "on_time",
		99999},
	/* soon_days is data: 0 means only the day itself */
	{"{\"duties\":[{\"last\":\"2026-01-01\",\"due\":\"2026-12-02\",\"soon_days\":0}]}",
		"2026-12-01", "on_time", 1},
	{"{\"duties\":[{\"last\":\"2026-01-01\",\"due\":\"2026-12-01\",\"soon_days\":0}]}",
		"2026-12-01", "due_soon", 0},
	/* leap day and year's end */
	{"{\"duties\":[" CLEAN(LAST, "2028-02-28") "]}", "2028-02-29", "overdue", -1},
	{"{\"duties\":[" CLEAN(LAST, "2027-02-28") "]}", "2027-03-01", "overdue", -1},
	{"{\"duties\":[" CLEAN(LAST, "2028-02-29") "]}", "2028-02-29", "due_soon", 0},
	{"{\"duties\":[" CLEAN(LAST, "2026-12-31") "]}", "2027-01-01", "overdue", -1},
	/* what is malformed counts as absent */
	{"{\"duties\":[{\"last\":\"2026-13-01\",\"due\":5}]}", "2026-12-01", "no_record",
		99999},
	{"{\"duties\":7,\"status\":3,\"failed\":null}", "2026-12-01", "no_record", 99999},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct fstate_info s;
		state_of(parse(table[i].doc), date(table[i].day), &s);
		if (strcmp(fstate_name(s.state), table[i].want) != 0)
			fail_msg("row %zu: %s, not %s", i, fstate_name(s.state), table[i].want);
		if (s.has_days != (table[i].days != 99999) ||
			(s.has_days && s.days != table[i].days))
			fail_msg("row %zu: days %d %d", i, s.has_days, s.days);
	}
}

static void test_duties(void **state)
{
	(void)state;
	struct fstate_info s;
	state_of(parse("{\"failed\":{\"record\":\"x\",\"date\":\"2026-10-01\"},"
		       "\"status_since\":\"2026-02-03\",\"duties\":["
		       "{\"type\":\"clean\",\"last\":\"2026-05-12\",\"due\":\"2026-11-12\","
		       "\"soon_days\":30,\"rule\":\"sh-clean\",\"months\":6,\"basis\":\"B\"},"
		       "{\"type\":\"test\",\"last\":\"2026-08-01\",\"due\":\"2026-11-01\","
		       "\"soon_days\":15,\"days\":91}]}"),
		date("2026-11-02"), &s);
	assert_int_equal(s.nduties, 2);
	assert_true(str_eq(s.duty[0].rule, STR("sh-clean")));
	assert_true(str_eq(s.duty[0].base, STR("record")));
	assert_int_equal(s.duty[0].on, s.duty[0].last);
	assert_int_equal(s.duty[0].within, -1);
	assert_true(str_eq(s.duty[0].basis, STR("B")));
	assert_int_equal(s.duty[0].months, 6);
	assert_int_equal(s.duty[0].days, 10);
	assert_true(s.duty[0].soon && !s.duty[0].overdue);
	assert_int_equal(s.duty[1].every_days, 91);
	assert_true(s.duty[1].overdue && !s.duty[1].soon);
	assert_int_equal(s.deciding, 1);
	assert_int_equal(s.failed_on, date("2026-10-01"));
	assert_int_equal(s.status_since, date("2026-02-03"));
}

/* More duties than there is room for are left out, not written past the end. */
static void test_many_duties(void **state)
{
	(void)state;
	struct sbuf b;
	struct fstate_info s;
	sbuf_init(&b, 65536);
	sbuf_puts(&b, "{\"duties\":[" DUTY);
	for (int i = 0; i < 40; i++)
		sbuf_puts(&b, "," DUTY);
	sbuf_puts(&b, "]}");
	state_of(parse(sbuf_c(&b)), date("2026-12-01"), &s);
	assert_int_equal(s.nduties, STATE_DUTIES);
	sbuf_release(&b);
}

static void test_next_change(void **state)
{
	(void)state;
	const struct json *f = parse("{\"duties\":[" DUTY "]}");
	assert_int_equal(state_next_change(f, date("2026-09-01")), date("2026-10-13"));
	assert_int_equal(state_next_change(f, date("2026-10-13")), date("2026-11-13"));
	assert_int_equal(state_next_change(f, date("2026-11-13")), DAY_NONE);
	f = parse("{\"status\":\"retired\",\"duties\":[" DUTY "]}");
	assert_int_equal(state_next_change(f, date("2026-09-01")), DAY_NONE);
	/* It names every change: a walk day by day finds none in between. */
	f = parse("{\"duties\":[" DUTY "," CLEAN(LAST, "2026-10-20") "]}");
	int32_t day = date("2026-06-01"), next = state_next_change(f, day);
	for (; day < date("2027-03-01"); day++) {
		struct fstate_info a, b;
		state_of(f, day, &a);
		state_of(f, day + 1, &b);
		if (a.state != b.state) {
			assert_int_equal(day + 1, next);
			next = state_next_change(f, day + 1);
		}
	}
}

/* Midnight belongs to the deployment's zone: the same instant is another day elsewhere. */
static void test_zones(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *instant, *want;
	} rows[] = {
		{"Asia/Shanghai", "2026-11-12T15:59:59Z", "due_soon"},
		{"Asia/Shanghai", "2026-11-12T16:00:00Z", "overdue"},
		{"America/New_York", "2026-11-12T16:00:00Z", "due_soon"},
		{"America/New_York", "2026-11-13T04:59:59Z", "due_soon"},
		{"America/New_York", "2026-11-13T05:00:00Z", "overdue"},
		{"UTC", "2026-11-12T23:59:59Z", "due_soon"},
		{"Pacific/Kiritimati", "2026-11-12T10:00:00Z", "overdue"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t us;
		struct fstate_info s;
		assert_true(clock_zone(rows[i].zone));
		assert_true(clock_parse(str_c(rows[i].instant), &us));
		state_of(parse("{\"duties\":[" DUTY "]}"), clock_day(us), &s);
		if (strcmp(fstate_name(s.state), rows[i].want) != 0)
			fail_msg("row %zu: %s", i, fstate_name(s.state));
	}
	clock_zone("UTC");
}

/* What a due date is counted from, and what it would be without. */
static void test_why(void **state)
{
	(void)state;
	struct fstate_info s;
	state_of(
		parse("{\"duties\":[{\"last\":\"2026-05-12\",\"due\":\"2026-11-25\",\"work_days\":9,"
		      "\"why\":{\"base\":\"event\",\"on\":\"2026-11-20\",\"work_days\":3,"
		      "\"regular\":\"2027-01-02\",\"what\":\"heat\",\"basis\":\"B\"}},"
		      "{\"due\":\"2026-11-20\",\"why\":{\"base\":\"failed\",\"on\":\"2026-11-20\","
		      "\"days\":0,\"provisional\":true}}]}"),
		date("2026-11-22"), &s);
	assert_int_equal(s.nduties, 2);
	assert_true(str_eq(s.duty[0].base, STR("event")));
	assert_true(str_eq(s.duty[0].what, STR("heat")));
	assert_true(str_eq(s.duty[0].ground, STR("B")));
	assert_int_equal(s.duty[0].on, date("2026-11-20"));
	assert_int_equal(s.duty[0].regular, date("2027-01-02"));
	assert_int_equal(s.duty[0].every_work_days, 9);
	assert_int_equal(s.duty[0].within, -1);
	assert_int_equal(s.duty[0].within_work, 3);
	assert_false(s.duty[0].provisional);
	assert_int_equal(s.duty[1].within, 0);
	assert_int_equal(s.duty[1].regular, DAY_NONE);
	assert_true(s.duty[1].provisional);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_duties),
		cmocka_unit_test(test_many_duties),
		cmocka_unit_test(test_next_change),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_why),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	arena_init(&arena);
	int bad = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return bad;
}
