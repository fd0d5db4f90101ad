/* qrsvc/app/lag.h: until when a copy holds everything, from where the primary was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qrsvc/app/lag.h"

static void nothing_known(void **state)
{
	(void)state;
	struct lag_ring r = {0};
	assert_int_equal(lag_ring_complete(&r, 100, 0), 0);
	assert_int_equal(lag_ring_complete(&r, 100, 7), 7);
}

/* The newest moment at which the primary was no further. */
static void between_samples(void **state)
{
	(void)state;
	struct lag_ring r = {0};
	lag_ring_put(&r, 1000, 50);
	lag_ring_put(&r, 2000, 50);
	lag_ring_put(&r, 3000, 80);
	assert_int_equal(lag_ring_complete(&r, 50, 0), 2000);
	assert_int_equal(lag_ring_complete(&r, 79, 0), 2000);
	assert_int_equal(lag_ring_complete(&r, 80, 0), 3000);
	assert_int_equal(lag_ring_complete(&r, 1000, 0), 3000);
	/* nothing was written for long: it is not old for that */
	assert_int_equal(lag_ring_complete(&r, 80, 5), 3000);
}

/* Before the oldest one only the copy's own word counts, and only where it is older. */
static void before_samples(void **state)
{
	(void)state;
	struct lag_ring r = {0};
	lag_ring_put(&r, 1000, 50);
	lag_ring_put(&r, 2000, 60);
	assert_int_equal(lag_ring_complete(&r, 49, 400), 400);
	assert_int_equal(lag_ring_complete(&r, 49, 1500), 999);
	assert_int_equal(lag_ring_complete(&r, 49, 0), 999);
}

static void bounded(void **state)
{
	(void)state;
	struct lag_ring r = {0};
	for (int i = 1; i <= 3 * LAG_SAMPLES; i++)
		lag_ring_put(&r, i * 1000, i);
	assert_int_equal(r.n, LAG_SAMPLES);
	assert_int_equal(lag_ring_complete(&r, 3 * LAG_SAMPLES, 0), 3000 * LAG_SAMPLES);
	assert_int_equal(
		lag_ring_complete(&r, 2 * LAG_SAMPLES + 1, 0), (2 * LAG_SAMPLES + 1) * 1000);
	assert_int_equal(lag_ring_complete(&r, 2 * LAG_SAMPLES, 9), 9);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(between_samples),
		cmocka_unit_test(before_samples),
		cmocka_unit_test(bounded),
	};
	return cmocka_run_group_tests_name("lag", tests, NULL, NULL);
}
