/* The client of the event loop: order, deadlines, forgetting, a process that dies and its
 * successor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qrsvc/net/ipc.h"
#include "qrsvc/net/loop.h"
#include "qrsvc/photo/client.h"
#include "qrsvc/photo/proto.h"
#include "tests/unit/photo_make.h"

static struct loop *loop;
static pid_t photod; /* 0: none */

static void photod_end(int sig)
{
	if (photod > 0) {
		kill(photod, sig);
		waitpid(photod, NULL, 0);
	}
	photod = 0;
}

/* A photod with this option and the other end of the socket that is returned. */
static int photod_start(const char *option)
{
	char path[300], *argv[] = {path, (char *)(uintptr_t)option, (char[]){"3"}, NULL};
	const char *b = getenv("B");
	posix_spawn_file_actions_t fa;
	int pair[2], moved;

	snprintf(path, sizeof path, "%s/qrsvc-photod", b ? b : "build/release");
	assert_true(ipc_pair(pair));
	moved = fcntl(pair[1], F_DUPFD_CLOEXEC, 20);
	close(pair[1]);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, moved, 3);
	assert_int_equal(posix_spawn(&photod, path, &fa, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&fa);
	close(moved);
	return pair[0];
}

/* What came back for job number arg. */
struct result {
	int calls, order;
	enum rc rc;
	int w;
	char key[32];
};
static int finished;
static bool submitting;

static void done_cb(void *arg, enum rc rc, struct photo *p, const struct err *e)
{
	struct result *r = arg;

	assert_false(submitting);
	r->calls++;
	r->order = ++finished;
	r->rc = rc;
	if (rc == RC_OK)
		r->w = p->v[PHOTO_320].w;
	else
		snprintf(r->key, sizeof r->key, "%s", e->key);
}

static int file_of(int w, int h)
{
	struct str s = make_jpeg(&(struct make_jpeg){.w = w, .h = h});
	int fd = memfd_create("photo", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.p, s.n), s.n);
	free((void *)(uintptr_t)s.p);
	return fd;
}

static struct photo_ticket *submit(struct photo_client *c, int fd, int ms, struct result *r)
{
	struct photo_ticket *t;

	submitting = true;
	t = photo_submit(c, fd, ms, done_cb, r);
	submitting = false;
	assert_non_null(t);
	return t;
}

/* Until n callbacks have come, 20 s at most. */
static void run_until(int n)
{
	int64_t end = loop_now_ms() + 20000;

	while (finished < n && loop_now_ms() < end)
		loop_once(loop, 50);
	assert_int_equal(finished, n);
}

static void test_in_order(void **state)
{
	struct photo_client *c = photo_client_new(loop, photod_start("--fd"));
	struct result r[12] = {0};

	(void)state;
	finished = 0;
	assert_true(photo_client_up(c));
	for (int i = 0; i < 12; i++) {
		int fd = file_of(100 + i, 60);

		submit(c, fd, 15000, &r[i]);
		close(fd); /* may be closed at once */
	}
	assert_int_equal(photo_client_waiting(c), 12);
	run_until(12);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(r[i].rc, RC_OK);
		assert_int_equal(r[i].w, 100 + i);
		assert_int_equal(r[i].order, i + 1);
	}
	assert_int_equal(photo_client_waiting(c), 0);
	photo_client_free(c);
	photod_end(SIGTERM);
}

static void test_forget(void **state)
{
	struct photo_client *c = photo_client_new(loop, photod_start("--fd"));
	struct result r[6] = {0};
	struct photo_ticket *t[6];
	int fd = file_of(200, 100);

	(void)state;
	finished = 0;
	for (int i = 0; i < 6; i++)
		t[i] = submit(c, fd, 15000, &r[i]);
	photo_forget(t[0]); /* sent */
	photo_forget(t[4]); /* waiting */
	photo_forget(NULL);
	run_until(4);
	for (int i = 0; i < 6; i++)
		assert_int_equal(r[i].calls, i != 0 && i != 4);
	close(fd);
	photo_client_free(c);
	photod_end(SIGTERM);
}

/* photod has worked and waits in poll(), where a stop and SIGCONT leave it by restart_syscall.
 */
static void wait_until_idle(struct photo_client *c)
{
	struct result r = {0};
	int fd = file_of(16, 16);

	finished = 0;
	submit(c, fd, 15000, &r);
	close(fd);
	run_until(1);
	assert_int_equal(r.rc, RC_OK);
	finished = 0;
	poll(NULL, 0, 100);
}

/* photod stands still: deadlines hold; when it goes on, what was late is dropped and what came
 * later is right. */
static void test_deadline(void **state)
{
	struct photo_client *c = photo_client_new(loop, photod_start("--fd"));
	struct result r[5] = {0};
	int fd = file_of(200, 100), other = file_of(90, 50);

	(void)state;
	wait_until_idle(c);
	kill(photod, SIGSTOP);
	for (int i = 0; i < 4; i++)
		submit(c, fd, 100, &r[i]);
	submit(c, other, 15000, &r[4]);
	run_until(4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(r[i].rc, RC_TIMEOUT);
		assert_string_equal(r[i].key, "photo.away");
	}
	kill(photod, SIGCONT);
	run_until(5);
	assert_int_equal(r[4].rc, RC_OK);
	assert_int_equal(r[4].w, 90);
	close(fd);
	close(other);
	photo_client_free(c);
	photod_end(SIGTERM);
}

static void test_queue_is_bounded(void **state)
{
	struct photo_client *c = photo_client_new(loop, photod_start("--fd"));
	struct result r[PHOTO_CLIENT_QUEUE + 2] = {0};
	int fd = file_of(80, 40), busy = 0;

	(void)state;
	wait_until_idle(c);
	kill(photod, SIGSTOP);
	for (int i = 0; i < PHOTO_CLIENT_QUEUE + 2; i++)
		submit(c, fd, 15000, &r[i]);
	run_until(2);
	kill(photod, SIGCONT);
	run_until(PHOTO_CLIENT_QUEUE + 2);
	for (int i = 0; i < PHOTO_CLIENT_QUEUE + 2; i++) {
		busy += r[i].rc == RC_BUSY;
		assert_int_equal(r[i].calls, 1);
	}
	assert_int_equal(busy, 2);
	assert_string_equal(r[PHOTO_CLIENT_QUEUE].key, "photo.busy");
	close(fd);
	photo_client_free(c);
	photod_end(SIGTERM);
}

static void test_death_and_successor(void **state)
{
	struct photo_client *c = photo_client_new(loop, photod_start("--fd"));
	struct result r[7] = {0};
	int fd = file_of(2000, 1500);

	(void)state;
	finished = 0;
	for (int i = 0; i < 4; i++)
		submit(c, fd, 15000, &r[i]);
	photod_end(SIGKILL);
	run_until(4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(r[i].calls, 1);
		assert_int_equal(r[i].rc, RC_UNAVAILABLE);
	}
	assert_false(photo_client_up(c));
	submit(c, fd, 15000, &r[4]); /* nobody there: refused, later */
	assert_int_equal(r[4].calls, 0);
	run_until(5);
	assert_int_equal(r[4].rc, RC_UNAVAILABLE);
	photo_client_attach(c, photod_start("--fd"));
	assert_true(photo_client_up(c));
	submit(c, fd, 15000, &r[5]);
	run_until(6);
	assert_int_equal(r[5].rc, RC_OK);
	close(fd);
	photo_client_free(c);
	photod_end(SIGTERM);
}

/* Clients that come later, through the master's control socket; each gets its own answers. */
static void test_join(void **state)
{
	int control = photod_start("--control"), fd = file_of(120, 60), other = file_of(70, 60);
	struct photo_job join = {.magic = PHOTO_MAGIC, .say = PHOTO_SAY_JOIN};
	struct photo_client *c[3];
	struct result r[9] = {0};

	(void)state;
	finished = 0;
	for (int i = 0; i < 3; i++) {
		int pair[2];

		assert_true(ipc_pair(pair));
		assert_true(ipc_send_now(control, &join, sizeof join, &pair[1], 1));
		close(pair[1]);
		c[i] = photo_client_new(loop, pair[0]);
	}
	for (int i = 0; i < 9; i++)
		submit(c[i % 3], i % 3 ? fd : other, 15000, &r[i]);
	photo_client_free(c[2]); /* leaves with its jobs */
	run_until(6);
	for (int i = 0; i < 9; i++) {
		assert_int_equal(r[i].calls, i % 3 != 2);
		if (i % 3 != 2)
			assert_int_equal(r[i].w, i % 3 ? 120 : 70);
	}
	photo_client_free(c[0]);
	photo_client_free(c[1]);
	/* Without control and clients it ends by itself. */
	close(control);
	int status;
	assert_int_equal(waitpid(photod, &status, 0), photod);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	photod = 0;
	close(fd);
	close(other);
}

/* A photod that was taken over: unsealed outputs, wrong numbers, rubbish. */
static void test_rubbish_from_photod(void **state)
{
	struct photo_answer a = {.magic = PHOTO_MAGIC, .say = PHOTO_SAY_ANSWER, .id = 1};
	int fd = file_of(64, 64);

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct photo_client *c;
		struct result r = {0};
		int pair[2], outs[3];
		char job[64];

		assert_true(ipc_pair(pair));
		c = photo_client_new(loop, pair[0]);
		finished = 0;
		submit(c, fd, 15000, &r);
		loop_once(loop, 10);
		assert_true(recv(pair[1], job, sizeof job, 0) > 0);
		for (int i = 0; i < 3; i++) {
			outs[i] = memfd_create("out", MFD_CLOEXEC | MFD_ALLOW_SEALING);
			assert_int_equal(ftruncate(outs[i], 5000), 0);
			a.bytes[i] = 5000;
			a.found.vw[i] = a.found.vh[i] = 10;
		}
		a.found.type = PHOTO_JPEG;
		a.id = kind == 1 ? 77 : 1;
		if (kind == 2)
			assert_true(ipc_send_now(pair[1], "rubbish", 7, NULL, 0));
		else
			assert_true(
				ipc_send_now(pair[1], &a, sizeof a, outs, kind == 3 ? 2 : 3));
		run_until(1);
		/* Not sealed: refused.  The others: the channel cannot be trusted. */
		assert_int_equal(r.rc, kind == 0 ? RC_INTERNAL : RC_UNAVAILABLE);
		assert_int_equal(photo_client_up(c), kind == 0);
		for (int i = 0; i < 3; i++)
			close(outs[i]);
		close(pair[1]);
		photo_client_free(c);
	}
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	photod_end(SIGKILL);
	loop_free(loop);
	return 0;
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_queue_is_bounded),
		cmocka_unit_test(test_death_and_successor),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_rubbish_from_photod),
	};
	return cmocka_run_group_tests_name("photo_client", tests, setup, teardown);
}
