/* app/hasher with the process it speaks to: right, wrong, nobody's, renewed; its queue, its
 * deadline, its death. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qrsvc/app/hasher.h"
#include "qrsvc/app/hasher_proto.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/hasherd.h"
#include "qrsvc/net/ipc.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct password_cost cost = {PASSWORD_KIB_MIN, 1};

struct world {
	struct loop *loop;
	struct hasher *hasher;
	pid_t pid;
	int control;
};

/* What a call came to. */
struct said {
	int n;
	enum rc rc;
	char hash[PASSWORD_HASH_MAX];
};

static void done_cb(void *arg, enum rc rc, struct str hash)
{
	struct said *s = arg;
	s->n++;
	s->rc = rc;
	snprintf(s->hash, sizeof s->hash, "%.*s", STR_F(hash));
}

static void start_process(struct world *w)
{
	int pair[2];
	assert_true(ipc_pair(pair));
	w->pid = fork();
	if (w->pid == 0) {
		close(pair[0]);
		_exit(hasherd_run(pair[1]));
	}
	assert_true(w->pid > 0);
	close(pair[1]);
	w->control = pair[0];
}

/* What the master does for each worker. */
static int join(struct world *w)
{
	const struct hash_job j = {.magic = HASH_MAGIC, .say = HASH_SAY_JOIN};
	int pair[2];
	assert_true(ipc_pair(pair));
	assert_true(ipc_send_now(w->control, &j, sizeof j, &pair[0], 1));
	close(pair[0]);
	return pair[1];
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);
	w->loop = loop_new();
	w->hasher = hasher_new(w->loop, &cost);
	start_process(w);
	hasher_attach(w->hasher, join(w));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int status;
	hasher_free(w->hasher);
	close(w->control);
	if (w->pid > 0 && waitpid(w->pid, &status, 0) == w->pid && !WIFEXITED(status))
		return 1; /* it ends by itself when nobody is left */
	loop_free(w->loop);
	free(w);
	return 0;
}

static void wait_for(struct world *w, const struct said *s, int n)
{
	for (int i = 0; s->n < n && i < 400; i++)
		loop_once(w->loop, 50);
	assert_int_equal(s->n, n);
}

static void right_and_wrong(void **state)
{
	struct world *w = *state;
	struct said made = {0}, s = {0};
	const struct password_cost strong = {PASSWORD_KIB_MIN + 1024, 1};
	hasher_make(w->hasher, STR("seven crates"), 20000, done_cb, &made);
	assert_int_equal(made.n, 0); /* never inside the call */
	wait_for(w, &made, 1);
	assert_int_equal(made.rc, RC_OK);
	hasher_verify(w->hasher, str_c(made.hash), STR("seven crates"), 20000, done_cb, &s);
	wait_for(w, &s, 1);
	assert_int_equal(s.rc, RC_OK);
	assert_string_equal(s.hash, ""); /* as strong as wanted */
	hasher_verify(w->hasher, str_c(made.hash), STR("seven crate"), 20000, done_cb, &s);
	wait_for(w, &s, 2);
	assert_int_equal(s.rc, RC_AUTH);
	hasher_verify(w->hasher, STR_NONE, STR("seven crates"), 20000, done_cb, &s);
	wait_for(w, &s, 3);
	assert_int_equal(s.rc, RC_AUTH); /* an account nobody has */
	char long_one[PASSWORD_BYTES + 1];
	memset(long_one, 'x', sizeof long_one);
	hasher_verify(w->hasher, STR_NONE, (struct str){long_one, sizeof long_one}, 20000,
		done_cb, &s);
	wait_for(w, &s, 4);
	assert_int_equal(s.rc, RC_AUTH);

	struct hasher *other = hasher_new(w->loop, &strong);
	hasher_attach(other, join(w));
	hasher_verify(other, str_c(made.hash), STR("seven crates"), 20000, done_cb, &s);
	wait_for(w, &s, 5);
	assert_int_equal(s.rc, RC_OK);
	assert_non_null(strstr(s.hash, "m=20480")); /* renewed */
	assert_true(password_verify(str_c(s.hash), STR("seven crates")));
	hasher_free(other);
}

static void queue_and_deadline(void **state)
{
	struct world *w = *state;
	struct said s[HASHER_QUEUE + 2] = {{0}};
	struct hasher_ticket *t[HASHER_QUEUE + 2];
	for (int i = 0; i < HASHER_QUEUE + 2; i++)
		t[i] = hasher_make(
			w->hasher, STR("seven crates"), i == 5 ? 1 : 60000, done_cb, &s[i]);
	hasher_forget(t[7]);
	wait_for(w, &s[HASHER_QUEUE + 1], 1);
	assert_int_equal(s[HASHER_QUEUE + 1].rc, RC_BUSY);
	assert_int_equal(s[HASHER_QUEUE].rc, RC_BUSY);
	for (int i = 0; i < HASHER_QUEUE; i++)
		if (i != 7)
			wait_for(w, &s[i], 1);
	assert_int_equal(s[5].rc, RC_TIMEOUT);
	assert_int_equal(s[6].rc, RC_OK);
	assert_int_equal(s[7].n, 0);
	assert_int_equal(s[HASHER_QUEUE - 1].rc, RC_OK);
}

static void death(void **state)
{
	struct world *w = *state;
	struct said a = {0}, b = {0};
	int status;
	hasher_make(w->hasher, STR("seven crates"), 20000, done_cb, &a);
	kill(w->pid, SIGKILL);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	wait_for(w, &a, 1);
	assert_true(a.rc == RC_UNAVAILABLE || a.rc == RC_OK);
	for (int i = 0; hasher_up(w->hasher) && i < 100; i++)
		loop_once(w->loop, 20);
	hasher_make(w->hasher, STR("seven crates"), 20000, done_cb, &b);
	wait_for(w, &b, 1);
	assert_int_equal(b.rc, RC_UNAVAILABLE); /* at once, not after its deadline */
	close(w->control);
	start_process(w);
	hasher_attach(w->hasher, join(w));
	hasher_make(w->hasher, STR("seven crates"), 20000, done_cb, &b);
	wait_for(w, &b, 2);
	assert_int_equal(b.rc, RC_OK);
}

/* Somebody who talks rubbish loses his socket, nobody else's. */
static void rubbish(void **state)
{
	struct world *w = *state;
	struct said s = {0};
	char byte;
	struct hash_job j = {
		.magic = HASH_MAGIC, .say = HASH_SAY_MAKE, .mem_kib = 1, .passes = 1};
	int bad[3] = {join(w), join(w), join(w)};
	assert_true(ipc_send_now(bad[0], "x", 1, NULL, 0));
	assert_true(ipc_send_now(bad[1], &j, sizeof j, NULL, 0)); /* too cheap */
	j.mem_kib = PASSWORD_KIB_MIN;
	j.password_n = PASSWORD_BYTES + 1;
	assert_true(ipc_send_now(bad[2], &j, sizeof j, NULL, 0));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(read(bad[i], &byte, 1), 0);
		close(bad[i]);
	}
	hasher_make(w->hasher, STR("seven crates"), 20000, done_cb, &s);
	wait_for(w, &s, 1);
	assert_int_equal(s.rc, RC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(right_and_wrong, setup, teardown),
		cmocka_unit_test_setup_teardown(queue_and_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(death, setup, teardown),
		cmocka_unit_test_setup_teardown(rubbish, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	crypto_init();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
