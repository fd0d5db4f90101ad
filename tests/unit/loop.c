/* The event loop: timers, coarse deadlines, posts, descriptors, signals. */
#include "qrsvc/net/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct loop *l;
static unsigned calls;
static int64_t called_at;

static void count_cb(void *arg)
{
	(void)arg;
	calls++;
	called_at = loop_now_ms();
}

static void run_for(int ms)
{
	int64_t until = loop_now_ms() + ms;
	while (loop_now_ms() < until)
		loop_once(l, 5);
}

static void timers(void **state)
{
	struct loop_timer t = {0};
	(void)state;
	loop_timer_stop(&t); /* harmless */
	loop_timer_init(&t, l, count_cb, NULL);
	loop_timer_set(&t, 20);
	run_for(60);
	assert_int_equal(calls, 1);
	loop_timer_set(&t, 20);
	loop_timer_set(&t, 200); /* moved */
	run_for(60);
	assert_int_equal(calls, 1);
	loop_timer_stop(&t);
	run_for(250);
	assert_int_equal(calls, 1);
}

/* Never early, at most a tick (and what the machine adds) late. */
static void deadline_times(void **state)
{
	struct loop_deadline d;
	(void)state;
	loop_deadline_init(&d, l, count_cb, NULL);
	for (int ms = 0; ms < 350; ms += 110) {
		int64_t from = loop_now_ms();
		calls = 0;
		loop_deadline_set(&d, ms);
		while (!calls)
			loop_once(l, 5);
		assert_true(called_at - from >= ms);
		assert_true(called_at - from <= ms + 2 * LOOP_TICK_MS + 200);
	}
	loop_deadline_stop(&d);
}

static void deadline_moves(void **state)
{
	struct loop_deadline d;
	(void)state;
	loop_deadline_init(&d, l, count_cb, NULL);
	loop_deadline_set(&d, 100);
	loop_deadline_set(&d, 60000); /* later: found in its old slot and moved */
	run_for(400);
	assert_int_equal(calls, 0);
	loop_deadline_set(&d, 100); /* earlier */
	run_for(400);
	assert_int_equal(calls, 1);
	loop_deadline_set(&d, 100);
	loop_deadline_clear(&d);
	run_for(400);
	assert_int_equal(calls, 1);
	loop_deadline_set(&d, 100);
	loop_deadline_stop(&d);
	run_for(400);
	assert_int_equal(calls, 1);
}

/* Callbacks that stop and free their neighbours, over many slots. */
#define MANY 500
static struct loop_deadline *many[MANY];
static unsigned alive;

static void kill_cb(void *arg)
{
	size_t i = (size_t)(uintptr_t)arg, k = (i * 7 + 3) % MANY;
	calls++;
	loop_deadline_stop(many[i]);
	free(many[i]);
	many[i] = NULL;
	alive--;
	if (many[k]) {
		loop_deadline_stop(many[k]);
		free(many[k]);
		many[k] = NULL;
		alive--;
	}
}

static void deadline_frees(void **state)
{
	(void)state;
	alive = MANY;
	for (size_t i = 0; i < MANY; i++) {
		many[i] = malloc(sizeof *many[i]);
		assert_non_null(many[i]);
		loop_deadline_init(many[i], l, kill_cb, (void *)(uintptr_t)i);
		loop_deadline_set(many[i], (int64_t)(i % 5) * 60);
	}
	run_for(700);
	assert_int_equal(alive, 0);
	assert_true(calls >= MANY / 2 && calls < MANY);
}

static struct loop_post first, second, third;
static char order[16];

static void mark_cb(void *arg)
{
	strncat(order, arg, sizeof order - strlen(order) - 1);
}

static void again_cb(void *arg)
{
	mark_cb(arg);
	loop_post_cancel(&second);
	loop_post(l, &third, mark_cb, "c");
}

static void posts(void **state)
{
	(void)state;
	loop_post(l, &first, again_cb, "a");
	loop_post(l, &second, mark_cb, "b");
	loop_post(l, &second, mark_cb, "b"); /* once */
	assert_string_equal(order, "");
	run_for(20);
	assert_string_equal(order, "ac"); /* b was cancelled by a */
	loop_post(l, &first, mark_cb, "x");
	loop_post(l, &second, mark_cb, "y");
	loop_post(l, &third, mark_cb, "z");
	loop_post_cancel(&first);
	run_for(20);
	assert_string_equal(order, "acyz"); /* in order */
	loop_post_cancel(&third);	    /* harmless */
}

static int ready;
static struct loop_watch watch;

static void fd_cb(void *arg, int fd, int what)
{
	char c;
	(void)arg;
	ready |= what;
	if (what == LOOP_READ && read(fd, &c, 1) == 1)
		loop_watch_set(&watch, 0);
}

static void descriptors(void **state)
{
	int fd[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	loop_watch_init(&watch, l, fd[0], fd_cb, NULL);
	loop_watch_set(&watch, LOOP_READ);
	run_for(20);
	assert_int_equal(ready, 0);
	assert_int_equal(write(fd[1], "xy", 2), 2);
	run_for(20);
	assert_int_equal(ready, LOOP_READ); /* and off again: one byte is left */
	ready = 0;
	loop_watch_set(&watch, LOOP_WRITE);
	loop_once(l, 20);
	assert_int_equal(ready, LOOP_WRITE);
	loop_watch_set(&watch, LOOP_READ | LOOP_WRITE);
	loop_once(l, 20);
	assert_int_equal(ready, LOOP_READ | LOOP_WRITE);
	loop_watch_stop(&watch);
	loop_watch_stop(&watch);
	close(fd[0]);
	close(fd[1]);
}

static void stop_cb(void *arg)
{
	count_cb(arg);
	loop_stop(l);
}

static void signals(void **state)
{
	(void)state;
	loop_signal(l, SIGUSR1, stop_cb, NULL);
	raise(SIGUSR1);
	loop_run(l);
	assert_int_equal(calls, 1);
	loop_signal_stop(l, SIGUSR1);
}

static int setup(void **state)
{
	(void)state;
	l = loop_new();
	calls = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(l);
	return 0;
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers, setup, teardown),
		cmocka_unit_test_setup_teardown(deadline_times, setup, teardown),
		cmocka_unit_test_setup_teardown(deadline_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(deadline_frees, setup, teardown),
		cmocka_unit_test_setup_teardown(posts, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(signals, setup, teardown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
