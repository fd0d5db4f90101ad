/* Owns the worker a static copy is read from: started for it alone, reached by a socket nobody
 * else has, gone with it.  Called by mirror.c. */
#include <sys/socket.h>
#include <sys/un.h>

#include "qrsvc/cli/mirror.h"

#include "qrsvc/app/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Numbers of its descriptors there. */
enum { FD_LISTEN = 3, FD_CONTROL, FD_SHARED };

#define ANSWER_S 60 /* a page; the first one waits until the database was seen */
#define HEAD_MAX 16384u

/* No limits, no log; it says itself which database and which key. */
static char **environment(void)
{
	static const char *const more[] = {"QRSVC_LIMITS_PAGE=0", "QRSVC_LIMITS_PHOTO=0",
		"QRSVC_LIMITS_STATIC=0", "QRSVC_SERVER_ACCESS_LOG=off"};
	size_t n = 0, k = 0;
	while (environ[n])
		n++;
	char **env = xcalloc(n + 5, sizeof *env);
	for (size_t i = 0; i < n; i++)
		if (!str_starts(str_c(environ[i]), STR("QRSVC_LIMITS_")) &&
			!str_starts(str_c(environ[i]), STR("QRSVC_SERVER_ACCESS_LOG=")))
			env[k++] = environ[i];
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		env[k++] = (char *)(uintptr_t)more[i];
	return env;
}

static int run(const struct config *cfg, const int fds[3])
{
	char path[PATH_MAX], config[PATH_MAX], option[] = "--config";
	char *argv[16] = {path, (char[]){"--worker"}, (char[]){"--wait"}, (char[]){"--slot"},
		(char[]){"0"}, (char[]){"--listen"}, (char[]){"3"}, (char[]){"--control"},
		(char[]){"4"}, (char[]){"--shared"}, (char[]){"5"}};
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	posix_spawn_file_actions_t fa;
	pid_t pid = -1;
	if (n <= 0)
		return -1;
	path[n] = 0;
	if (cfg->path[0]) {
		snprintf(config, sizeof config, "%s", cfg->path);
		argv[11] = option;
		argv[12] = config;
	}
	posix_spawn_file_actions_init(&fa);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&fa, fds[i], FD_LISTEN + i);
	char **env = environment();
	int bad = posix_spawn(&pid, path, &fa, NULL, argv, env);
	free(env);
	posix_spawn_file_actions_destroy(&fa);
	errno = bad;
	return bad ? -1 : pid;
}

/* Away from the numbers they get there: dup2 onto itself would leave it close-on-exec. */
static int away(int fd)
{
	int far = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 16) : -1;
	if (fd >= 0)
		close(fd);
	return far;
}

enum rc mirror_worker_start(struct mirror_worker *w, const struct config *cfg, struct err *e)
{
	struct sockaddr_un *at = xcalloc(1, sizeof *at);
	struct shared *shared;
	socklen_t n = sizeof *at;
	int control[2] = {-1, -1};
	at->sun_family = AF_UNIX;
	*w = (struct mirror_worker){
		.at = at, .pid = -1, .control = -1, .fd = -1, .host = str_c(cfg->host)};
	/* A name the kernel chooses: no file, nobody else. */
	int fds[3] = {away(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), -1,
		away(shared_create(&shared))};
	if (fds[0] >= 0 && bind(fds[0], (struct sockaddr *)at, sizeof at->sun_family) == 0 &&
		listen(fds[0], 8) == 0 && getsockname(fds[0], (struct sockaddr *)at, &n) == 0 &&
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0) {
		w->at_n = n;
		w->control = control[0];
		fds[1] = away(control[1]);
		if (fds[1] >= 0 && fds[2] >= 0)
			w->pid = run(cfg, fds);
	}
	int bad = errno;
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (w->pid > 0)
		return RC_OK;
	mirror_worker_stop(w);
	return err_set(e, RC_INTERNAL, "cannot start a worker: %s", strerror(bad));
}

static void hang_up(struct mirror_worker *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void mirror_worker_stop(struct mirror_worker *w)
{
	hang_up(w);
	if (w->control >= 0)
		close(w->control);
	if (w->pid > 0) {
		kill(w->pid, SIGTERM);
		while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(w->at);
	*w = (struct mirror_worker){.pid = -1, .control = -1, .fd = -1};
}

/* ---- one request ------------------------------------------------------------------------- */

static bool dial(struct mirror_worker *w)
{
	struct timeval wait = {.tv_sec = ANSWER_S};
	w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return w->fd >= 0 &&
	       setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
	       connect(w->fd, (struct sockaddr *)w->at, w->at_n) == 0;
}

static bool ask(struct mirror_worker *w, const char *path)
{
	char text[MIRROR_PATH + 600];
	/* a prefetch: not counted as a scan */
	int n = snprintf(text, sizeof text,
		"GET %s HTTP/1.1\r\nHost: %.*s\r\nSec-Purpose: prefetch\r\nPurpose: prefetch\r\n\r\n",
		path, STR_F(w->host));
	return n > 0 && (size_t)n < sizeof text &&
	       send(w->fd, text, (size_t)n, MSG_NOSIGNAL) == n;
}

static int64_t content_length(struct str head)
{
	int64_t n = -1;
	ptrdiff_t at = str_find(head, STR("\r\nContent-Length: "));
	if (at >= 0) {
		struct str rest = str_sub(head, (size_t)at + 18, head.n);
		if (!str_i64(str_cut(&rest, '\r'), &n))
			n = -1;
	}
	return n;
}

static bool hear(struct mirror_worker *w, int *ret_status, struct sbuf *body)
{
	char head[HEAD_MAX];
	size_t n = 0;
	ptrdiff_t end = -1;
	while (end < 0 && n < sizeof head) {
		ssize_t got = recv(w->fd, head + n, sizeof head - n, 0);
		if (got <= 0)
			return false;
		n += (size_t)got;
		end = str_find((struct str){head, n}, STR("\r\n\r\n"));
	}
	if (end < 0 || n < 12)
		return false;
	int64_t length = content_length((struct str){head, (size_t)end + 2}), status = 0;
	size_t from = (size_t)end + 4;
	if (length < 0 || !str_i64((struct str){head + 9, 3}, &status))
		return false;
	sbuf_add(body, head + from, n - from);
	while ((int64_t)body->n < length) {
		size_t want =
			(size_t)length - body->n < 65536 ? (size_t)length - body->n : 65536;
		char piece[65536];
		ssize_t got = recv(w->fd, piece, want, 0);
		if (got <= 0 || body->over)
			return false;
		sbuf_add(body, piece, (size_t)got);
	}
	*ret_status = (int)status;
	return true;
}

enum rc mirror_get(struct mirror_worker *w, const char *path, int *ret_status,
	struct sbuf *body, struct err *e)
{
	/* An idle connection may have been closed meanwhile; a new one tells the truth. */
	for (int try = 0; try < 2; try++) {
		bool old = w->fd >= 0;
		sbuf_clear(body);
		if ((old || dial(w)) && ask(w, path) && hear(w, ret_status, body))
			return RC_OK;
		hang_up(w);
		if (!old)
			break;
	}
	return err_set(e, RC_UNAVAILABLE,
		"the worker gives no answer for %s: is the database there? See its lines above",
		path);
}
