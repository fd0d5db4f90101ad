/* The packet channel: messages, descriptors, queueing, ends. */
#include "qrsvc/net/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct loop *l;
static struct ipc *here, *there;
static int ends[2];
static unsigned got, closed, fds_got;
static char last[64];
static bool free_on_message;

static void message_cb(
	void *arg, struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	(void)arg;
	got++;
	snprintf(last, sizeof last, "%.*s", n < 60 ? (int)n : 60, (const char *)data);
	for (size_t i = 0; i < nfds; i++) {
		fds_got++;
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		close(fds[i]);
	}
	if (free_on_message) {
		assert_ptr_equal(ch, there);
		ipc_free(ch);
		there = NULL;
	}
}

static void closed_cb(void *arg, struct ipc *ch)
{
	(void)arg;
	(void)ch;
	closed++;
}

static void run_for(int ms)
{
	int64_t until = loop_now_ms() + ms;
	while (loop_now_ms() < until)
		loop_once(l, 5);
}

static int setup(void **state)
{
	(void)state;
	l = loop_new();
	assert_true(ipc_pair(ends));
	here = ipc_new(l, ends[0], message_cb, closed_cb, NULL);
	there = ipc_new(l, ends[1], message_cb, closed_cb, NULL);
	got = closed = fds_got = 0;
	free_on_message = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ipc_free(here);
	ipc_free(there);
	loop_free(l);
	return 0;
}

static void messages(void **state)
{
	char *big = calloc(1, IPC_MAX + 1);
	(void)state;
	assert_non_null(big);
	assert_true(ipc_send(here, "one", 3, NULL, 0));
	assert_true(ipc_send(here, "two", 3, NULL, 0));
	assert_int_equal(got, 0);
	run_for(20);
	assert_int_equal(got, 2);
	assert_string_equal(last, "two");
	assert_true(ipc_send(here, big, IPC_MAX, NULL, 0));
	assert_false(ipc_send(here, big, IPC_MAX + 1, NULL, 0));
	assert_false(ipc_send(here, big, 0, NULL, 0));
	run_for(20);
	assert_int_equal(got, 3);
	free(big);
}

static void descriptors(void **state)
{
	int fds[IPC_FDS + 1];
	(void)state;
	for (size_t i = 0; i <= IPC_FDS; i++)
		fds[i] = ends[0];
	assert_true(ipc_send(here, "fd", 2, fds, IPC_FDS));
	assert_false(ipc_send(here, "fd", 2, fds, IPC_FDS + 1));
	run_for(20);
	assert_int_equal(got, 1);
	assert_int_equal(fds_got, IPC_FDS);
}

/* More than the socket takes waits, keeps its descriptors and comes in order; then it is full.
 */
static void queueing(void **state)
{
	char text[60000];
	unsigned sent = 0;
	int null = open("/dev/null", O_RDONLY);
	(void)state;
	memset(text, 'x', sizeof text);
	for (;; sent++) {
		int n = snprintf(text, 20, "%u ", sent);
		text[n] = 'x';
		if (!ipc_send(here, text, sizeof text, &null, 1))
			break;
	}
	close(null);
	assert_int_equal(ipc_waiting(here), IPC_QUEUE);
	assert_true(sent > IPC_QUEUE);
	for (int i = 0; i < 100 && got < sent; i++)
		run_for(100);
	assert_int_equal(got, sent);
	assert_int_equal(fds_got, sent);
	assert_int_equal(strtoul(last, NULL, 10), sent - 1);
	assert_int_equal(ipc_waiting(here), 0);
}

static void end(void **state)
{
	(void)state;
	ipc_free(there);
	there = NULL;
	run_for(20);
	assert_int_equal(closed, 1);
	assert_false(ipc_send(here, "x", 1, NULL, 0));
}

static void free_inside(void **state)
{
	(void)state;
	free_on_message = true;
	assert_true(ipc_send(here, "x", 1, NULL, 0));
	assert_true(ipc_send(here, "y", 1, NULL, 0));
	run_for(20);
	assert_int_equal(got, 1);
}

/* The other side breaks the rules: too many descriptors, a packet too long. */
static void rules(void **state)
{
	int pair[2], fds[IPC_FDS];
	char small[4];
	size_t nfds;
	(void)state;
	assert_true(ipc_pair(pair));
	for (size_t i = 0; i < IPC_FDS; i++)
		fds[i] = pair[0];
	assert_true(ipc_send_now(pair[0], "abcde", 5, fds, 2));
	assert_int_equal(ipc_recv_now(pair[1], small, sizeof small, fds, &nfds), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(nfds, 0);
	assert_true(ipc_send_now(pair[0], "abc", 3, (int[]){pair[0]}, 1));
	assert_int_equal(ipc_recv_now(pair[1], small, sizeof small, fds, &nfds), 3);
	assert_int_equal(nfds, 1);
	close(fds[0]);
	close(pair[0]);
	assert_int_equal(ipc_recv_now(pair[1], small, sizeof small, fds, &nfds), 0);
	assert_false(ipc_send_now(pair[1], "x", 1, NULL, 0));
	close(pair[1]);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(queueing, setup, teardown),
		cmocka_unit_test_setup_teardown(end, setup, teardown),
		cmocka_unit_test_setup_teardown(free_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(rules, setup, teardown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
