/* Owns what libfiu does not bring along: accept4() that fails on demand, and a clock that
 * jumps. Loaded by LD_PRELOAD into the daemon (and, for the clock, into PostgreSQL);
 * tests/chaos says when.  Never changes CLOCK_MONOTONIC: when somebody sets the clock of a
 * machine, that one does not move either.
 *
 * CHAOS_CLOCK names a file of 8 bytes, the microseconds the clock is off (native order); what
 * is written into it holds at once for every process that has loaded this. */
#include <errno.h>
#include <fcntl.h>
#include <fiu.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *off_us;

__attribute__((constructor)) static void chaos_begin(void)
{
	const char *path = getenv("CHAOS_CLOCK");
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *p = mmap(NULL, sizeof *off_us, PROT_READ, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		off_us = p;
	syscall(SYS_close, fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);
	if (rc || !off_us || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
		return rc;
	int64_t us = t->tv_sec * 1000000LL + t->tv_nsec / 1000 + *off_us;
	t->tv_sec = us / 1000000;
	t->tv_nsec = us % 1000000 * 1000;
	return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec t;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int accept4(int fd, struct sockaddr *addr, socklen_t *n, int flags)
{
	if (fiu_fail("posix/io/net/accept4")) {
		errno = (int)(intptr_t)fiu_failinfo();
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, addr, n, flags);
}
