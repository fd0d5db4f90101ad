/* Owns the descriptor and the output queue of a connection; never the memory it sends.  Called
 * by http/server.c. */
#include "qrsvc/net/conn.h"

#include "qrsvc/base/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/sockios.h>

#define IOVS 16

static void ready_cb(void *arg, int fd, int what)
{
	struct conn *c = arg;
	(void)fd;
	if (what == LOOP_READ) {
		c->ops->readable_cb(c);
		return;
	}
	if (conn_flush(c) == CONN_BROKEN)
		c->ops->broken_cb(c);
	else
		c->ops->sent_cb(c);
}

static void late_cb(void *arg)
{
	struct conn *c = arg;
	c->ops->deadline_cb(c);
}

void conn_init(struct conn *c, struct loop *l, int fd, const struct conn_ops *ops)
{
	c->ops = ops;
	c->fd = fd;
	c->blocked = c->broken = false;
	c->out = c->out_inline;
	c->out_at = c->out_n = 0;
	c->out_cap = CONN_OUT_INLINE;
	c->queued = c->sent = 0;
	loop_watch_init(&c->watch, l, fd, ready_cb, c);
	loop_deadline_init(&c->deadline, l, late_cb, c);
	loop_watch_set(&c->watch, LOOP_READ);
}

static void forget_output(struct conn *c)
{
	if (c->out != c->out_inline)
		free(c->out);
	c->out = c->out_inline;
	c->out_cap = CONN_OUT_INLINE;
	c->out_at = c->out_n = 0;
}

void conn_release(struct conn *c)
{
	loop_watch_stop(&c->watch);
	loop_deadline_stop(&c->deadline);
	forget_output(c);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

ssize_t conn_read(struct conn *c, void *to, size_t n)
{
	ssize_t got;
	do
		got = recv(c->fd, to, n, 0);
	while (got < 0 && errno == EINTR);
	if (got >= 0)
		return got;
	return errno == EAGAIN || errno == EWOULDBLOCK ? CONN_AGAIN : CONN_ERROR;
}

static void set_watch(struct conn *c, int bit, bool on)
{
	loop_watch_set(&c->watch, on ? c->watch.want | bit : c->watch.want & ~bit);
}

void conn_reading(struct conn *c, bool on)
{
	set_watch(c, LOOP_READ, on);
}

void conn_shutdown(struct conn *c)
{
	shutdown(c->fd, SHUT_WR);
}

void conn_reset(struct conn *c)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static struct conn_out *add_out(struct conn *c)
{
	if (c->out_n == c->out_cap) {
		size_t cap = (size_t)c->out_cap * 2;
		struct conn_out *old = c->out == c->out_inline ? NULL : c->out;
		if (cap > UINT16_MAX)
			abort(); /* the pipeline limit is far below */
		c->out = xrealloc(old, cap * sizeof *c->out);
		if (!old)
			memcpy(c->out, c->out_inline, sizeof c->out_inline);
		c->out_cap = (uint16_t)cap;
	}
	return &c->out[c->out_n++];
}

void conn_put(struct conn *c, const void *p, size_t n)
{
	if (n == 0)
		return;
	*add_out(c) = (struct conn_out){.p = p, .n = n, .fd = -1};
	c->queued += n;
}

void conn_put_file(struct conn *c, int fd, off_t off, size_t n)
{
	if (n == 0)
		return;
	*add_out(c) = (struct conn_out){.n = n, .off = off, .fd = fd};
	c->queued += n;
}

/* Takes n sent bytes off the queue. */
static void advance(struct conn *c, size_t n)
{
	c->sent += n;
	while (n) {
		struct conn_out *o = &c->out[c->out_at];
		size_t part = n < o->n ? n : o->n;
		o->n -= part;
		n -= part;
		if (o->p)
			o->p += part;
		if (o->n == 0)
			c->out_at++;
	}
	if (c->out_at == c->out_n)
		forget_output(c);
}

/* Memory up to the next file range. */
static ssize_t send_memory(struct conn *c)
{
	struct iovec iov[IOVS];
	struct msghdr msg = {.msg_iov = iov};
	size_t i = c->out_at;
	for (; i < c->out_n && c->out[i].p && msg.msg_iovlen < IOVS; i++)
		iov[msg.msg_iovlen++] = (struct iovec){(void *)c->out[i].p, c->out[i].n};
	/* More follows: let the kernel fill the packet. */
	return sendmsg(c->fd, &msg, MSG_NOSIGNAL | (i < c->out_n ? MSG_MORE : 0));
}

static ssize_t send_file(struct conn *c)
{
	struct conn_out *o = &c->out[c->out_at];
	ssize_t sent = sendfile(c->fd, o->fd, &o->off, o->n);
	if (sent == 0) { /* the file was cut while we sent it */
		errno = EIO;
		return -1;
	}
	return sent;
}

enum conn_flushed conn_flush(struct conn *c)
{
	while (!c->broken && c->out_at < c->out_n) {
		ssize_t sent = c->out[c->out_at].p ? send_memory(c) : send_file(c);
		if (sent >= 0) {
			advance(c, (size_t)sent);
			continue; /* after a short write the next one says EAGAIN */
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			c->blocked = true;
			set_watch(c, LOOP_WRITE, true);
			return CONN_BLOCKED;
		}
		c->broken = true;
	}
	if (c->blocked) {
		c->blocked = false;
		set_watch(c, LOOP_WRITE, false);
	}
	return c->broken ? CONN_BROKEN : CONN_SENT;
}

uint64_t conn_acked(const struct conn *c)
{
	int waiting = 0;
	if (ioctl(c->fd, SIOCOUTQ, &waiting) != 0 || waiting < 0)
		return c->sent;
	return c->sent > (uint64_t)waiting ? c->sent - (uint64_t)waiting : 0;
}
