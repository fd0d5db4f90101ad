/* Owns the seccomp filters and resource limits; the only door to libseccomp.  Called by
 * photod.c at start and in each child, and by the test that tries to break out. */
#include "qrsvc/photo/decoder_jail.h"

#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/photo/decoder.h"

struct jail {
	struct sock_fprog prog;
};

/* Both processes. */
static const int calls_common[] = {
	SCMP_SYS(pread64),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), /* the kernel's own way back into poll() after SIGCONT */
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), /* glibc, before it starts a thread */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(sched_yield),
};

/* fork, its child's way into its own jail, descriptors that were passed, messages. */
static const int calls_parent[] = {
	SCMP_SYS(clone),
	SCMP_SYS(wait4),
	SCMP_SYS(kill),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(close),
	SCMP_SYS(close_range),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(pipe2),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), /* how glibc spells fstat(fd) */
	SCMP_SYS(memfd_create),
	SCMP_SYS(prctl),
	SCMP_SYS(seccomp),
	SCMP_SYS(prlimit64),
	SCMP_SYS(setrlimit),
	SCMP_SYS(setpriority),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
};

/* What glibc does in a new thread. */
static const int calls_thread[] = {SCMP_SYS(set_robust_list), SCMP_SYS(rseq)};

/* Allocators, stack traces and reports of the sanitizers. */
static const int calls_sanitizer[] = {
	SCMP_SYS(sigaltstack),
	SCMP_SYS(openat),
	SCMP_SYS(open),
	SCMP_SYS(close),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(prctl),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getrlimit),
	SCMP_SYS(prlimit64),
	SCMP_SYS(tgkill),
};

static int allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	int bad = 0;

	for (size_t i = 0; i < n; i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return bad;
}

/* Anonymous memory only, never executable.  (A parent needs no other either: its libraries are
 * loaded.) */
static int allow_memory(scmp_filter_ctx f)
{
	int bad = 0;

	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return bad;
}

static int allow_child(scmp_filter_ctx f)
{
	int bad = 0;

	/* A thread, not a process: libde265 waits for ever when it cannot have its one.  clone3
	 * hides its flags behind a pointer; without it glibc takes clone. */
	bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM));
	bad |= allow(f, calls_thread, sizeof calls_thread / sizeof *calls_thread);
	if (JAIL_SANITIZER)
		return bad | allow(f, calls_sanitizer,
				     sizeof calls_sanitizer / sizeof *calls_sanitizer);
	for (int fd = DECODER_OUT; fd <= DECODER_SAY; fd++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
	/* A library's chatter on standard error goes nowhere. */
	bad |= seccomp_rule_add(
		f, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_LT, DECODER_IN));
	return bad | allow_memory(f);
}

void jail_free(struct jail *j)
{
	if (!j)
		return;
	free(j->prog.filter);
	free(j);
}

/* The filter as the kernel takes it: libseccomp writes it to a descriptor only. */
static struct jail *jail_export(scmp_filter_ctx f)
{
	struct jail *j = NULL;
	int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t n;

	if (fd < 0 || seccomp_export_bpf(f, fd) != 0 || (n = lseek(fd, 0, SEEK_END)) <= 0)
		goto out;
	j = xcalloc(1, sizeof *j);
	j->prog.len = (unsigned short)((size_t)n / sizeof(struct sock_filter));
	j->prog.filter = xmalloc((size_t)n);
	if (pread(fd, j->prog.filter, (size_t)n, 0) != n) {
		jail_free(j);
		j = NULL;
	}
out:
	if (fd >= 0)
		close(fd);
	return j;
}

static struct jail *jail_make(bool child)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	struct jail *j = NULL;
	int bad;

	if (!f)
		return NULL;
	bad = allow(f, calls_common, sizeof calls_common / sizeof *calls_common);
	if (child)
		bad |= allow_child(f);
	else
		bad |= allow(f, calls_parent, sizeof calls_parent / sizeof *calls_parent) |
		       allow_memory(f) |
		       seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (!bad)
		j = jail_export(f);
	seccomp_release(f);
	if (!j)
		log_event(LOG_ERROR, "photod.filter",
			LOG_C("detail", "libseccomp refuses the filter"));
	return j;
}

struct jail *jail_child(void)
{
	return jail_make(true);
}

struct jail *jail_parent(void)
{
	return jail_make(false);
}

bool jail_enter(const struct jail *j)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &j->prog) == 0;
}

bool jail_watch(int pid)
{
	char path[64], line[128];
	struct str rest;
	uint64_t pages = 0;
	size_t n;
	FILE *f;

	if (!JAIL_SANITIZER)
		return true;
	snprintf(path, sizeof path, "/proc/%d/statm", pid);
	f = fopen(path, "re");
	if (!f)
		return true;
	n = fread(line, 1, sizeof line, f);
	fclose(f);
	rest = (struct str){line, n};
	str_cut(&rest, ' '); /* the address space; the second number is what is resident */
	if (!str_u64(str_cut(&rest, ' '), &pages))
		return true;
	return pages * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024) <= JAIL_RESIDENT_KIB;
}

static bool limit(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit old, r = {soft, hard};

	/* What is lower already stays. */
	if (getrlimit((__rlimit_resource_t)what, &old) != 0)
		return false;
	if (old.rlim_max != RLIM_INFINITY && old.rlim_max < hard)
		r.rlim_max = old.rlim_max;
	if (r.rlim_cur > r.rlim_max)
		r.rlim_cur = r.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

bool jail_limits(void)
{
	if (!JAIL_SANITIZER && !limit(RLIMIT_AS, 512 * MIB, 512 * MIB))
		return false;
	return limit(RLIMIT_CPU, PHOTO_CPU_S, PHOTO_CPU_S + 1) &&
	       limit(RLIMIT_FSIZE, PHOTO_OUT_MAX, PHOTO_OUT_MAX) &&
	       limit(RLIMIT_NOFILE, DECODER_SAY + 1, DECODER_SAY + 1) &&
	       limit(RLIMIT_CORE, 0, 0);
}
