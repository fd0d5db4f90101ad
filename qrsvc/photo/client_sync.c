/* Owns one qrsvc-photod and the socket to it, for commands.  Blocks; never used in an event
 * loop.  Called by cli/. */
#include "qrsvc/photo/client_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/net/ipc.h"
#include "qrsvc/photo/reply.h"

/* Where the child finds its socket. */
#define CHILD_FD 3
/* photod answers after PHOTO_WALL_MS at the latest, a moment more for hashing. */
#define ANSWER_MS (PHOTO_WALL_MS + 5000)

static void sync_kill(struct photo_sync *ps)
{
	if (ps->fd >= 0)
		close(ps->fd);
	ps->fd = -1;
	if (ps->pid > 0) {
		kill(ps->pid, SIGKILL);
		while (waitpid(ps->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	ps->pid = 0;
}

static enum rc sync_spawn(struct photo_sync *ps, struct err *e)
{
	char *argv[] = {ps->path, (char[]){"--fd"}, (char[]){"3"}, NULL};
	char *envp[] = {NULL};
	posix_spawn_file_actions_t fa;
	int pair[2], moved, bad;

	if (access(ps->path, X_OK) != 0) {
		err_set(e, RC_UNAVAILABLE, "cannot run %s: %s", ps->path, strerror(errno));
		if (e)
			e->key = "photo.away";
		return RC_UNAVAILABLE;
	}
	if (!ipc_pair(pair))
		return reply_fail(e, RC_UNAVAILABLE, "no sockets for the photo process");
	/* Away from CHILD_FD: dup2 onto itself would leave it close-on-exec. */
	moved = fcntl(pair[1], F_DUPFD_CLOEXEC, 16);
	close(pair[1]);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, moved, CHILD_FD);
	bad = moved < 0 ? errno : posix_spawn(&ps->pid, ps->path, &fa, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&fa);
	if (moved >= 0)
		close(moved);
	if (bad) {
		close(pair[0]);
		ps->pid = 0;
		err_set(e, RC_UNAVAILABLE, "cannot run %s: %s", ps->path, strerror(bad));
		if (e)
			e->key = "photo.away";
		return RC_UNAVAILABLE;
	}
	fcntl(pair[0], F_SETFL, fcntl(pair[0], F_GETFL) & ~O_NONBLOCK);
	ps->fd = pair[0];
	return RC_OK;
}

enum rc photo_sync_start(struct photo_sync *ps, const char *path, struct err *e)
{
	*ps = (struct photo_sync){.path = xstrdup(path), .fd = -1};
	if (sync_spawn(ps, e) == RC_OK)
		return RC_OK;
	photo_sync_stop(ps);
	return RC_UNAVAILABLE;
}

void photo_sync_stop(struct photo_sync *ps)
{
	/* The closed socket ends an idle photod by itself, but not a wedged one. */
	sync_kill(ps);
	free(ps->path);
	ps->path = NULL;
}

/* One question and its answer.  False: the photo process is gone or talks rubbish, or its time
 * is up (*ret_late). */
static bool sync_ask(struct photo_sync *ps, int in_fd, const struct photo_boxes *boxes,
	enum rc *ret_rc, struct photo *ret_, struct err *e, bool *ret_late)
{
	struct photo_job job = {.magic = PHOTO_MAGIC, .say = PHOTO_SAY_JOB, .id = ++ps->id};
	struct pollfd p = {.fd = ps->fd, .events = POLLIN};
	struct photo_answer a;
	int64_t end = clock_mono_us() + ANSWER_MS * INT64_C(1000);
	int fds[IPC_FDS], ready;
	size_t nfds = 0;
	uint64_t id = 0;
	ssize_t n;

	if (boxes)
		job.boxes = *boxes;
	if (!ipc_send_now(ps->fd, &job, sizeof job, &in_fd, 1))
		return false;
	do {
		int64_t left = (end - clock_mono_us()) / 1000;

		ready = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0) {
		*ret_late = true;
		return false;
	}
	n = ipc_recv_now(ps->fd, &a, sizeof a, fds, &nfds);
	if (n <= 0)
		return false;
	if (!reply_parse(&a, (size_t)n, fds, nfds, &id, ret_rc, ret_, e))
		return false;
	if (id == job.id)
		return true;
	if (*ret_rc == RC_OK)
		photo_release(ret_);
	return false;
}

enum rc photo_sync_fd(struct photo_sync *ps, int in_fd, struct photo *ret_, struct err *e)
{
	return photo_sync_boxes(ps, in_fd, NULL, ret_, e);
}

enum rc photo_sync_boxes(struct photo_sync *ps, int in_fd, const struct photo_boxes *boxes,
	struct photo *ret_, struct err *e)
{
	enum rc rc = RC_OK;
	bool late = false;

	for (int attempt = 0; attempt < 2 && !late; attempt++) {
		if (ps->fd < 0 && sync_spawn(ps, e) != RC_OK)
			return RC_UNAVAILABLE;
		if (sync_ask(ps, in_fd, boxes, &rc, ret_, e, &late))
			return rc;
		sync_kill(ps);
	}
	return late ? reply_fail(e, RC_TIMEOUT, "the photo process did not answer in time")
		    : reply_fail(e, RC_UNAVAILABLE, "the photo process ended twice");
}

enum rc photo_sync_bytes(
	struct photo_sync *ps, struct str bytes, struct photo *ret_, struct err *e)
{
	int fd;
	enum rc rc;

	if (bytes.n > LIMIT_PHOTO_BYTES) {
		err_set(e, RC_TOO_LARGE, "the photo is over %u MiB", LIMIT_PHOTO_BYTES / MIB);
		if (e)
			e->key = "photo.bytes";
		return RC_TOO_LARGE;
	}
	fd = memfd_create("photo", MFD_CLOEXEC);
	if (fd < 0)
		return reply_fail(e, RC_INTERNAL, "no memory for the photo");
	for (size_t at = 0; at < bytes.n;) {
		ssize_t n = write(fd, bytes.p + at, bytes.n - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return reply_fail(e, RC_INTERNAL, "no memory for the photo");
		}
		at += (size_t)n;
	}
	rc = photo_sync_fd(ps, fd, ret_, e);
	close(fd);
	return rc;
}

bool photo_default_path(char *ret_, size_t n)
{
	static const char name[] = "qrsvc-photod";
	ssize_t got = readlink("/proc/self/exe", ret_, n);
	size_t at;

	if (got <= 0 || (size_t)got >= n)
		return false;
	for (at = (size_t)got; at > 0 && ret_[at - 1] != '/'; at--)
		;
	if (at + sizeof name > n)
		return false;
	memcpy(ret_ + at, name, sizeof name);
	return true;
}
