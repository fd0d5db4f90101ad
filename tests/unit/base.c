/* Strings, buffers, arena, clock: what everything else stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/base/str.h"

static void test_numbers(void **state)
{
	(void)state;
	uint64_t u = 7;
	int64_t i = 7;
	assert_true(str_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_u64(STR("18446744073709551616"), &u));
	assert_true(u == UINT64_MAX); /* untouched on failure */
	assert_false(str_u64(STR(""), &u));
	assert_false(str_u64(STR("+1"), &u));
	assert_false(str_u64(STR(" 1"), &u));
	assert_true(str_i64(STR("-9223372036854775807"), &i));
	assert_true(i == -INT64_MAX);
	assert_false(str_i64(STR("-"), &i));
	assert_false(str_i64(STR("--1"), &i));
}

static void test_views(void **state)
{
	(void)state;
	struct str s = STR("a,b,,c");
	const char *want[] = {"a", "b", "", "c"};
	size_t n = 0;
	while (s.p) {
		assert_in_range(n, 0, 3);
		assert_true(str_eq(str_cut(&s, ','), str_c(want[n++])));
	}
	assert_int_equal(n, 4);
	assert_true(str_ieq(STR("Content-LENGTH"), STR("content-length")));
	assert_false(str_ieq(STR("\xc3\x84"), STR("\xc3\xa4"))); /* ASCII only */
	assert_true(str_eq(str_trim(STR(" \tx y "), " \t"), STR("x y")));
	assert_int_equal(str_find(STR("abcabd"), STR("abd")), 3);
	assert_int_equal(str_find(STR("abc"), STR("abd")), -1);
}

static void test_utf8(void **state)
{
	(void)state;
	assert_true(str_utf8(STR("")));
	assert_true(str_utf8(STR("水箱 \xf0\xa0\xae\xb7 \xef\xbf\xbd")));
	const char *bad[] = {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80",
		"\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe6\xb0", "\xff"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(str_utf8(str_c(bad[i])));
}

static void test_ceiling(void **state)
{
	(void)state;
	struct sbuf b;
	sbuf_init(&b, 8);
	sbuf_puts(&b, "12345678");
	assert_false(b.over);
	sbuf_byte(&b, '9');
	assert_true(b.over);
	sbuf_byte(&b, 'x');
	assert_true(str_eq(sbuf_view(&b), STR("12345678")));
	sbuf_release(&b);
}

static void escapes(void (*write)(struct sbuf *, struct str), struct str in, struct str want)
{
	struct sbuf b;
	sbuf_init(&b, 4096);
	write(&b, in);
	if (!str_eq(sbuf_view(&b), want))
		fail_msg("got %.*s, want %.*s", STR_F(sbuf_view(&b)), STR_F(want));
	sbuf_release(&b);
}

static void test_escapes(void **state)
{
	(void)state;
	escapes(sbuf_html, STR("<a href=\"x\">'&'"),
		STR("&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;"));
	escapes(sbuf_json, STR("\"\\\n\x01水\xff"),
		STR("\"\\\"\\\\\\u000a\\u0001水\xef\xbf\xbd\""));
	escapes(sbuf_url, STR("a b/水?"), STR("a%20b%2F%E6%B0%B4%3F"));
	escapes(sbuf_csv, STR("=1+1"), STR("\"'=1+1\""));
	escapes(sbuf_csv, STR("a\"b"), STR("\"a\"\"b\""));
	escapes(sbuf_csv, STR("plain 水"), STR("plain 水"));
	escapes(sbuf_csv, STR("\tx"), STR("\"'\tx\""));
	escapes(sbuf_log, STR("a\nb\"\x1b\xe2\x80\xa8"),
		STR("a\\x0ab\\x22\\x1b\\xe2\\x80\\xa8"));
}

static void test_arena(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a);
	char *keep[64];
	for (int i = 0; i < 64; i++) {
		struct str s = arena_fmt(&a, "%0*d", 1 + i * 97, i);
		keep[i] = (char *)s.p;
		assert_int_equal(s.n, 1 + i * 97);
		assert_int_equal((uintptr_t)s.p % 16, 0);
	}
	assert_memory_equal(keep[0], "0", 2);
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc(&a, 100000));
	arena_release(&a);
}

static void test_civil(void **state)
{
	(void)state;
	/* every day of 0001..9999 there and back, weekdays in step */
	int weekday = day_weekday(day_from_civil(1, 1, 1));
	for (int32_t d = day_from_civil(1, 1, 1); d <= day_from_civil(9999, 12, 31); d++) {
		struct civil c = day_to_civil(d);
		if (day_from_civil(c.year, c.month, c.day) != d ||
			!day_valid(c.year, c.month, c.day) || day_weekday(d) != weekday)
			fail_msg("day %d", d);
		weekday = weekday % 7 + 1;
	}
	assert_int_equal(day_from_civil(1970, 1, 1), 0);
	assert_int_equal(day_weekday(day_from_civil(2026, 11, 22)), 7);
	assert_false(day_valid(2027, 2, 29));
	assert_false(day_valid(1900, 2, 29));
	assert_true(day_valid(2000, 2, 29));
}

static void test_months(void **state)
{
	(void)state;
	/* as PostgreSQL: select date '2026-08-31' + interval '6 months' */
	assert_int_equal(
		day_add_months(day_from_civil(2026, 8, 31), 6), day_from_civil(2027, 2, 28));
	assert_int_equal(
		day_add_months(day_from_civil(2027, 8, 31), 6), day_from_civil(2028, 2, 29));
	assert_int_equal(
		day_add_months(day_from_civil(2026, 5, 14), 6), day_from_civil(2026, 11, 14));
	assert_int_equal(
		day_add_months(day_from_civil(2026, 1, 31), -2), day_from_civil(2025, 11, 30));
	assert_int_equal(
		day_add_months(day_from_civil(2028, 2, 29), 12), day_from_civil(2029, 2, 28));
}

static void test_zones(void **state)
{
	(void)state;
	int64_t us;
	assert_true(clock_parse(STR("2026-11-22T23:30:00+08:00"), &us));
	assert_true(clock_zone("Asia/Shanghai"));
	assert_int_equal(clock_day(us), day_from_civil(2026, 11, 22));
	assert_true(clock_zone("America/New_York"));
	assert_int_equal(clock_day(us), day_from_civil(2026, 11, 22));
	assert_int_equal(clock_civil(us).hour, 10);
	assert_true(clock_zone("Asia/Tokyo"));
	assert_int_equal(clock_day(us), day_from_civil(2026, 11, 23));
	/* a day of 25 hours: the clocks of New York go back on 2026-11-01 */
	assert_true(clock_zone("America/New_York"));
	int32_t d = day_from_civil(2026, 11, 1);
	assert_true(clock_day_start(d + 1) - clock_day_start(d) == 25 * 3600 * US_PER_S);
	assert_false(clock_zone("../../etc/passwd"));
	assert_false(clock_zone("Nowhere/City"));
	assert_true(clock_zone("UTC"));
}

static void test_parse(void **state)
{
	(void)state;
	int64_t us;
	int32_t d;
	assert_true(clock_parse(STR("1970-01-01T00:00:01.5Z"), &us));
	assert_true(us == 1500000);
	assert_true(clock_parse(STR("2026-02-28T12:00:00.123456-05:00"), &us));
	const char *bad[] = {"2026-02-29T00:00:00Z", "2026-02-28 00:00:00Z",
		"2026-02-28T24:00:00Z", "2026-02-28T00:00:00", "2026-02-28T00:00:00+8",
		"2026-02-28T00:00:00+08:00x"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(clock_parse(str_c(bad[i]), &us));
	assert_false(day_parse(STR("2026-2-28"), &d));
	assert_false(day_parse(STR("2026-13-01"), &d));
	assert_false(day_parse(STR("0000-01-01"), &d));
}

static void test_set(void **state)
{
	(void)state;
	int64_t us;
	assert_true(clock_parse(STR("2028-02-29T23:59:59Z"), &us));
	clock_set(us);
	int64_t now = clock_now_us();
	assert_true(now >= us && now < us + 10 * US_PER_S);
	clock_real();
	assert_true(clock_now_us() < us || clock_now_us() > us + 10 * US_PER_S);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_civil),
		cmocka_unit_test(test_months),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_set),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
