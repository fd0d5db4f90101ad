/* The jail is real: a process in it that tries to leave is killed; what a decoder needs works.
 * In a sanitizer build the profile is wider by design, so only what holds there is tried.
 * valgrind: no, it does not know seccomp(2) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qrsvc/base/limits.h"
#include "qrsvc/photo/decoder.h"
#include "qrsvc/photo/decoder_jail.h"

/* Runs fn in a child that has entered the jail; its wait status. */
static int jailed(const struct jail *j, int (*fn)(void), bool limits)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if ((limits && !jail_limits()) || !jail_enter(j))
			_exit(99);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int try_open(void)
{
	return (int)syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0 ? 1 : 2;
}

static int try_old_open(void)
{
	return (int)syscall(SYS_open, "/etc/passwd", O_RDONLY) >= 0 ? 1 : 2;
}

static int try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 1 : 2;
}

static int try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 1 : 2;
}

static int try_exec(void)
{
	char *argv[] = {(char[]){"true"}, NULL};

	execv("/bin/true", argv);
	return 2;
}

static int try_fork(void)
{
	return fork() == 0 ? 0 : 2;
}

static int try_kill(void)
{
	return kill(getppid(), 0);
}

static int try_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 2 : 1;
}

static int try_make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? 1 : 2;
}

static int try_map_file(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, DECODER_IN, 0) != MAP_FAILED ? 1 : 2;
}

static int try_write_input(void)
{
	return write(DECODER_IN, "x", 1) == 1 ? 1 : 2;
}

static int try_unlink(void)
{
	return (int)syscall(SYS_unlink, "/nonexistent");
}

static int try_ptrace(void)
{
	return (int)syscall(SYS_ptrace, 0, 0, 0, 0);
}

static int try_bpf(void)
{
	return (int)syscall(SYS_bpf, 0, 0, 0);
}

static int try_dup(void)
{
	return dup(0);
}

struct attempt {
	const char *name;
	int (*fn)(void);
	bool in_sanitizer; /* killed there too */
	bool parent;	   /* killed by the parent's filter too */
};

static const struct attempt attempts[] = {
	{"open", try_old_open, false, true},
	{"openat", try_open, false, true},
	{"inet socket", try_socket, true, true},
	{"unix socket", try_unix, true, true},
	{"exec", try_exec, true, true},
	{"fork", try_fork, true, false},
	{"kill", try_kill, true, false},
	{"executable memory", try_code, false, true},
	{"memory made executable", try_make_code, false, true},
	{"mapped file", try_map_file, false, true},
	{"write to the input", try_write_input, false, false},
	{"unlink", try_unlink, true, true},
	{"ptrace", try_ptrace, true, true},
	{"bpf", try_bpf, true, true},
	{"dup", try_dup, true, true},
};

static void all_killed(const struct jail *j, bool parent)
{
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		const struct attempt *a = &attempts[i];
		int status;

		if ((JAIL_SANITIZER && !a->in_sanitizer) || (parent && !a->parent))
			continue;
		status = jailed(j, a->fn, false);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			print_error("%s: status %#x\n", a->name, (unsigned)status);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

static void test_child_cannot_leave(void **state)
{
	struct jail *j = jail_child();

	(void)state;
	assert_non_null(j);
	all_killed(j, false);
	jail_free(j);
}

static void test_parent_cannot_leave(void **state)
{
	struct jail *j = jail_parent();

	(void)state;
	assert_non_null(j);
	if (!JAIL_SANITIZER) /* there is no filter in the parent there */
		all_killed(j, true);
	jail_free(j);
}

static void *in_thread(void *arg)
{
	*(int *)arg = 7;
	return NULL;
}

/* What a decoder does: memory, its input, its outputs, a thread, the clock. */
static int work(void)
{
	char b[4];
	pthread_t t;
	int done = 0;
	void *p;

	if (pread(DECODER_IN, b, 4, 0) != 4)
		return 1;
	for (int fd = DECODER_OUT; fd <= DECODER_SAY; fd++)
		if (write(fd, b, 4) != 4)
			return 2;
	p = malloc(40 * MIB);
	if (!p)
		return 3;
	memset(p, 1, 40 * MIB);
	free(p);
	if (pthread_create(&t, NULL, in_thread, &done) != 0)
		return 4;
	pthread_join(t, NULL);
	if (!JAIL_SANITIZER && (write(2, "chatter\n", 8) != -1 || errno != EBADF))
		return 5;
	return done == 7 ? 0 : 6;
}

static void test_work_is_possible(void **state)
{
	struct jail *j = jail_child();
	int status;

	(void)state;
	assert_non_null(j);
	status = jailed(j, work, true);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	jail_free(j);
}

static int too_much_memory(void)
{
	return malloc(600 * MIB) ? 1 : 0;
}

static int too_large_file(void)
{
	static char b[MIB];

	for (int i = 0; i < 20; i++)
		if (write(DECODER_OUT, b, sizeof b) < 0)
			return 1;
	return 0; /* not reached: SIGXFSZ */
}

static int spin(void)
{
	volatile unsigned i = 1;

	while (i)
		i |= 1;
	return 0;
}

static void test_limits(void **state)
{
	struct jail *j = jail_child();
	int status;

	(void)state;
	assert_non_null(j);
	if (!JAIL_SANITIZER) {
		status = jailed(j, too_much_memory, true);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	status = jailed(j, too_large_file, true);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
	jail_free(j);
}

/* The 10 s of processor time, made 1 s by a limit that was lower already. */
static void test_cpu_limit(void **state)
{
	struct jail *j = jail_child();
	struct rlimit low;
	int status;

	(void)state;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		low = (struct rlimit){1, 1};
		setrlimit(RLIMIT_CPU, &low);
		if (!jail_limits() || !jail_enter(j))
			_exit(99);
		_exit(spin());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_true(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
	jail_free(j);
}

/* The descriptors where a child has them: files that vanish at the end. */
static int setup(void **state)
{
	(void)state;
	for (int fd = DECODER_IN; fd <= DECODER_SAY; fd++) {
		int m = memfd_create("test", 0);

		if (m < 0 || (m != fd && (dup2(m, fd) < 0 || close(m) != 0)))
			return -1;
	}
	return write(DECODER_IN, "1234567", 7) == 7 ? 0 : -1;
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child_cannot_leave),
		cmocka_unit_test(test_parent_cannot_leave),
		cmocka_unit_test(test_work_is_possible),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cpu_limit),
	};
	return cmocka_run_group_tests_name("photo_jail", tests, setup, NULL);
}
