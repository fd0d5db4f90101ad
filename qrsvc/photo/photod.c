/* Owns qrsvc-photod: its clients and whose turn it is.  Never looks at a photo (decoder_job.c
 * forks a child for each), never opens a file or a socket.  Started by the master, or by a
 * command through client_sync.c.  The conversation is described in proto.h. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qrsvc/base/clock.h"
#include "qrsvc/base/log.h"
#include "qrsvc/photo/codec.h"
#include "qrsvc/photo/decoder_job.h"

struct waiting {
	uint64_t id;
	int fd; /* input */
	struct photo_boxes boxes;
};

struct client {
	int fd; /* -1: free place */
	int n;	/* jobs waiting here, beside the one that runs */
	struct waiting queue[PHOTO_WINDOW];
};

struct photod {
	int control; /* -1: none */
	int wall_ms, turn;
	struct jail *jail;
	struct job job;		   /* the one that runs */
	uint64_t job_id;	   /* the client's number for it */
	struct client *job_client; /* NULL: he has left */
	struct client clients[PHOTOD_CLIENTS];
};

static void client_close(struct photod *d, struct client *c)
{
	for (int i = 0; i < c->n; i++)
		close(c->queue[i].fd);
	c->n = 0;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	/* A photo nobody waits for is not worth its time. */
	if (d->job.pid > 0 && d->job_client == c) {
		d->job_client = NULL;
		job_kill(&d->job, false);
	}
}

static bool client_add(struct photod *d, int fd)
{
	for (int i = 0; i < PHOTOD_CLIENTS; i++)
		if (d->clients[i].fd < 0) {
			d->clients[i] = (struct client){.fd = fd};
			return true;
		}
	return false;
}

/* One message and at most one descriptor.  1: got it; 0: nothing now; -1: end or rubbish. */
static int take(int sock, uint32_t say, struct photo_job *ret_job, int *ret_fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = {ret_job, sizeof *ret_job};
	struct msghdr m = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control};
	ssize_t n = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int got = 0;

	*ret_fd = -1;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++, got++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (got)
				close(fd);
			else
				*ret_fd = fd;
		}
	}
	if (n == sizeof *ret_job && got == 1 && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
		ret_job->magic == PHOTO_MAGIC && ret_job->say == say)
		return 1;
	if (*ret_fd >= 0)
		close(*ret_fd);
	if (n > 0)
		log_event(LOG_WARNING, "photod.rubbish", LOG_I("bytes", n), LOG_I("fds", got));
	return -1;
}

static void client_read(struct photod *d, struct client *c)
{
	struct photo_job job;
	int fd, got = take(c->fd, PHOTO_SAY_JOB, &job, &fd);

	if (got < 0)
		client_close(d, c);
	if (got == 1)
		c->queue[c->n++] = (struct waiting){job.id, fd, job.boxes};
}

static void control_read(struct photod *d)
{
	struct photo_job job;
	int fd, got = take(d->control, PHOTO_SAY_JOIN, &job, &fd);

	if (got < 0) {
		close(d->control);
		d->control = -1;
	}
	if (got == 1 && !client_add(d, fd)) {
		log_event(LOG_WARNING, "photod.clients", LOG_I("most", PHOTOD_CLIENTS));
		close(fd);
	}
}

/* An answer that does not go out at once goes to a client that no longer reads: he is gone. */
static void answer(
	struct photod *d, struct client *c, struct photo_answer *a, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(PHOTO_SIZES_N * sizeof(int))];
	} control = {0};
	struct iovec iov = {a, sizeof *a};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	a->magic = PHOTO_MAGIC;
	a->say = PHOTO_SAY_ANSWER;
	if (c->fd < 0)
		return;
	if (nfds) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, nfds * sizeof(int));
	}
	if (sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof *a)
		client_close(d, c);
}

/* Turns: the next client after the last one that has a job. */
static struct client *next_client(struct photod *d)
{
	for (int i = 1; i <= PHOTOD_CLIENTS; i++) {
		int at = (d->turn + i) % PHOTOD_CLIENTS;

		if (d->clients[at].fd >= 0 && d->clients[at].n > 0) {
			d->turn = at;
			return &d->clients[at];
		}
	}
	return NULL;
}

static void start_next(struct photod *d)
{
	struct client *c;
	struct photo_answer a;

	while (d->job.pid == 0 && (c = next_client(d)) != NULL) {
		const struct waiting next = c->queue[0];

		d->job_id = next.id;
		d->job_client = c;
		memmove(c->queue, c->queue + 1, (size_t)--c->n * sizeof *c->queue);
		if (job_start(&d->job, next.fd, &next.boxes, d->jail, d->wall_ms, &a))
			return;
		a.id = d->job_id;
		answer(d, c, &a, NULL, 0);
	}
}

static void finish(struct photod *d)
{
	struct photo_answer a;

	job_finish(&d->job, &a);
	a.id = d->job_id;
	d->job.pid = 0;
	if (d->job_client)
		answer(d, d->job_client, &a, d->job.out,
			a.found.why == PHOTO_WHY_OK ? PHOTO_SIZES_N : 0);
	job_clear(&d->job);
}

/* Milliseconds until the running child is late, -1 without one; kills it when it is. */
static int watch_clock(struct photod *d)
{
	int64_t left;

	if (d->job.pid == 0)
		return -1;
	left = (d->job.deadline_us - clock_mono_us()) / 1000;
	if (left <= 0) {
		job_kill(&d->job, true);
		return 1000;
	}
	return jail_watch(d->job.pid) ? (int)left + 1 : (job_kill(&d->job, false), 1000);
}

/* One round of waiting.  False: nobody is left. */
static bool serve(struct photod *d)
{
	struct pollfd p[PHOTOD_CLIENTS + 2];
	struct client *of[PHOTOD_CLIENTS];
	int timeout = watch_clock(d), n = 2;

	p[0] = (struct pollfd){.fd = d->control, .events = POLLIN};
	p[1] = (struct pollfd){.fd = d->job.pid ? d->job.say : -1, .events = POLLIN};
	for (int i = 0; i < PHOTOD_CLIENTS; i++)
		if (d->clients[i].fd >= 0) {
			struct client *c = &d->clients[i];
			bool room = c->n < PHOTO_WINDOW;

			of[n - 2] = c;
			p[n++] = (struct pollfd){.fd = c->fd, .events = room ? POLLIN : 0};
		}
	if (n == 2 && d->control < 0)
		return false;
	if (JAIL_SANITIZER && timeout > 50)
		timeout = 50; /* to look at its memory */
	if (poll(p, (nfds_t)n, timeout) < 0)
		return errno == EINTR;
	if (p[1].revents)
		finish(d);
	for (int i = 2; i < n; i++) {
		if (of[i - 2]->fd != p[i].fd || !p[i].revents)
			continue;
		if (p[i].revents & POLLIN)
			client_read(d, of[i - 2]);
		else
			client_close(d, of[i - 2]);
	}
	if (p[0].revents)
		control_read(d);
	start_next(d);
	return true;
}

static bool option_number(const char *text, int most, int *ret_)
{
	uint64_t v;

	if (!text || !str_u64(str_c(text), &v) || v > (uint64_t)most)
		return false;
	*ret_ = (int)v;
	return true;
}

static bool socket_valid(int fd)
{
	int type;
	socklen_t n = sizeof type;

	return fd > 2 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       type == SOCK_SEQPACKET && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool options(struct photod *d, int argc, char **argv)
{
	int v;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!option_number(argv[i + 1], 1 << 20, &v))
			return false;
		if (strcmp(argv[i], "--wall-ms") == 0 && v > 0 && v <= PHOTO_WALL_MS)
			d->wall_ms = v;
		else if (strcmp(argv[i], "--control") == 0 && d->control < 0 && socket_valid(v))
			d->control = v;
		else if (strcmp(argv[i], "--fd") != 0 || !socket_valid(v) || !client_add(d, v))
			return false;
	}
	return argc % 2 == 1 && (argc > 1);
}

/* A command run by root starts it as root: the photo needs none of that. */
static bool drop_root(void)
{
	const uid_t nobody = 65534;

	if (geteuid() != 0)
		return true;
	return setgroups(0, NULL) == 0 && setresgid(nobody, nobody, nobody) == 0 &&
	       setresuid(nobody, nobody, nobody) == 0;
}

static void ended(int signo)
{
	(void)signo;
	_exit(0);
}

/* What has to happen while the process may still do things. */
static bool prepare(struct photod *d)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct jail *mine;
	bool ok;

	/* Ctrl-C is for the master, who then closes the sockets. */
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, ended);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return false;
	mallopt(M_ARENA_MAX, 1); /* address space is limited: one heap for all threads */
	crypto_init();
	codec_heif_start();
	d->jail = jail_child();
	mine = jail_parent();
	ok = d->jail && mine && drop_root() && (JAIL_SANITIZER || jail_enter(mine));
	jail_free(mine);
	return ok;
}

int main(int argc, char **argv)
{
	static struct photod d = {.control = -1, .wall_ms = PHOTO_WALL_MS};

	log_role("photod");
	job_init(&d.job);
	for (int i = 0; i < PHOTOD_CLIENTS; i++)
		d.clients[i].fd = -1;
	if (!options(&d, argc, argv)) {
		fputs("usage: qrsvc-photod [--fd N]... [--control N] [--wall-ms N]\n"
		      "  is started by qrsvc with sockets; see qrsvc/photo/proto.h\n",
			stderr);
		return 2;
	}
	if (!prepare(&d)) {
		log_event(LOG_ERROR, "photod.start", LOG_C("detail", "cannot enter its jail"));
		return 1;
	}
	while (serve(&d))
		;
	jail_free(d.jail);
	return 0;
}
