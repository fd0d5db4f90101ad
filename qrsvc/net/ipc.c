/* Owns one end of a packet channel and what waits to be sent on it.  Knows nothing about the
 * messages.  Called by the master, the workers and photo/client. */
#include "qrsvc/net/ipc.h"

#include "qrsvc/base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ipc_out {
	struct ipc_out *next;
	int fds[IPC_FDS];
	size_t nfds, n;
	char data[];
};

struct ipc {
	struct loop *loop;
	struct loop_watch watch;
	ipc_message_cb *message_cb;
	ipc_closed_cb *closed_cb;
	void *arg;
	int fd;
	bool dead;
	bool reading, freed; /* ipc_free during read_ready: its end gives the memory back */
	struct ipc_out *first, **last;
	size_t waiting;
};

union fd_room {
	char buf[CMSG_SPACE(sizeof(int) * IPC_FDS)];
	struct cmsghdr align;
};

bool ipc_pair(int ret_[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_) == 0;
}

bool ipc_send_now(int fd, const void *data, size_t n, const int *fds, size_t nfds)
{
	union fd_room room;
	struct iovec iov = {(void *)data, n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	if (n == 0 || n > IPC_MAX || nfds > IPC_FDS) {
		errno = EMSGSIZE;
		return false;
	}
	if (nfds) {
		memset(&room, 0, sizeof room);
		msg.msg_control = room.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(cm), fds, sizeof(int) * nfds);
	}
	ssize_t sent;
	do
		sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

/* Descriptors of a received message; closes what there is no room for. */
static size_t take_fds(struct msghdr *msg, int *fds)
{
	size_t nfds = 0;
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm; cm = CMSG_NXTHDR(msg, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int got;
			memcpy(&got, CMSG_DATA(cm) + i * sizeof got, sizeof got);
			if (nfds < IPC_FDS)
				fds[nfds++] = got;
			else
				close(got);
		}
	}
	return nfds;
}

ssize_t ipc_recv_now(int fd, void *data, size_t cap, int *fds, size_t *ret_nfds)
{
	union fd_room room;
	struct iovec iov = {data, cap};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = room.buf,
		.msg_controllen = sizeof room.buf};
	ssize_t got;
	do
		got = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	*ret_nfds = 0;
	if (got < 0)
		return -1;
	size_t nfds = take_fds(&msg, fds);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		while (nfds)
			close(fds[--nfds]);
		errno = EMSGSIZE;
		return -1;
	}
	*ret_nfds = nfds;
	return got;
}

static void drop_first(struct ipc *ch)
{
	struct ipc_out *o = ch->first;
	ch->first = o->next;
	if (!ch->first)
		ch->last = &ch->first;
	ch->waiting--;
	for (size_t i = 0; i < o->nfds; i++)
		close(o->fds[i]);
	free(o);
}

static void die(struct ipc *ch)
{
	if (ch->dead)
		return;
	ch->dead = true;
	loop_watch_set(&ch->watch, 0);
	while (ch->first)
		drop_first(ch);
	ch->closed_cb(ch->arg, ch);
}

static void write_ready(struct ipc *ch)
{
	while (ch->first) {
		struct ipc_out *o = ch->first;
		if (!ipc_send_now(ch->fd, o->data, o->n, o->fds, o->nfds)) {
			if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
				die(ch);
			return;
		}
		drop_first(ch);
	}
	loop_watch_set(&ch->watch, LOOP_READ);
}

/* Several packets a wake-up, but not for ever. */
static void read_ready(struct ipc *ch)
{
	static char data[IPC_MAX];
	int fds[IPC_FDS];
	size_t nfds;
	ch->reading = true;
	for (int i = 0; i < 16 && !ch->freed && !ch->dead; i++) {
		ssize_t got = ipc_recv_now(ch->fd, data, sizeof data, fds, &nfds);
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (got <= 0) {
			for (size_t k = 0; k < nfds; k++)
				close(fds[k]);
			die(ch);
			break;
		}
		ch->message_cb(ch->arg, ch, data, (size_t)got, fds, nfds);
	}
	ch->reading = false;
	if (ch->freed)
		free(ch);
}

static void ready_cb(void *arg, int fd, int what)
{
	struct ipc *ch = arg;
	(void)fd;
	if (what == LOOP_READ)
		read_ready(ch);
	else
		write_ready(ch);
}

struct ipc *ipc_new(
	struct loop *l, int fd, ipc_message_cb *message_cb, ipc_closed_cb *closed_cb, void *arg)
{
	struct ipc *ch = xcalloc(1, sizeof *ch);
	ch->loop = l;
	ch->fd = fd;
	ch->message_cb = message_cb;
	ch->closed_cb = closed_cb;
	ch->arg = arg;
	ch->last = &ch->first;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	loop_watch_init(&ch->watch, l, fd, ready_cb, ch);
	loop_watch_set(&ch->watch, LOOP_READ);
	return ch;
}

void ipc_free(struct ipc *ch)
{
	if (!ch)
		return;
	loop_watch_stop(&ch->watch);
	while (ch->first)
		drop_first(ch);
	close(ch->fd);
	ch->freed = true;
	if (!ch->reading)
		free(ch);
}

static bool queue(struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	if (ch->waiting >= IPC_QUEUE)
		return false;
	struct ipc_out *o = xmalloc(sizeof *o + n);
	o->next = NULL;
	o->n = n;
	o->nfds = 0;
	memcpy(o->data, data, n);
	for (; o->nfds < nfds; o->nfds++) {
		o->fds[o->nfds] = fcntl(fds[o->nfds], F_DUPFD_CLOEXEC, 0);
		if (o->fds[o->nfds] >= 0)
			continue;
		while (o->nfds)
			close(o->fds[--o->nfds]);
		free(o);
		return false;
	}
	*ch->last = o;
	ch->last = &o->next;
	ch->waiting++;
	loop_watch_set(&ch->watch, LOOP_READ | LOOP_WRITE);
	return true;
}

bool ipc_send(struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	if (ch->dead || n == 0 || n > IPC_MAX || nfds > IPC_FDS)
		return false;
	if (ch->first)
		return queue(ch, data, n, fds, nfds);
	if (ipc_send_now(ch->fd, data, n, fds, nfds))
		return true;
	/* A broken channel is reported by the loop, not inside this call: the read side sees
	 * it. */
	if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
		return false;
	return queue(ch, data, n, fds, nfds);
}

size_t ipc_waiting(const struct ipc *ch)
{
	return ch->waiting;
}
