/* Owns the jobs of one worker that wait for qrsvc-photod.  Never blocks, never calls back
 * inside photo_submit(), never sends a job twice.  Called by app/ and web/ through the worker.
 */
#include "qrsvc/photo/client.h"

#include <fcntl.h>
#include <unistd.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/net/ipc.h"
#include "qrsvc/photo/reply.h"

/* Where a ticket is: waiting for its turn, sent, or finished and waiting for its callback. */
enum where { WAITING, SENT, FINISHED };

struct photo_ticket {
	struct photo_ticket *next;
	struct photo_client *client;
	enum where where;
	bool forgotten; /* sent, but nobody wants the answer */
	int fd;		/* -1 once it is sent */
	uint64_t id;
	int64_t began_us;
	struct photo_boxes boxes;
	photo_done_cb *cb;
	void *arg;
	struct loop_timer timer;
	/* FINISHED */
	struct loop_post post;
	enum rc rc;
	struct err e;
	struct photo photo;
};

struct photo_client {
	struct loop *loop;
	struct ipc *ipc; /* NULL: no photod */
	/* Everything not yet FINISHED in the order of submission: first what was sent. */
	struct photo_ticket *first, **last;
	/* FINISHED ones, so that photo_client_free() finds them. */
	struct photo_ticket *finished;
	size_t waiting, sent;
	uint64_t id;
	struct photo_client_stats stats;
};

static void client_send(struct photo_client *c);

static void ticket_free(struct photo_ticket *t)
{
	loop_timer_stop(&t->timer);
	loop_post_cancel(&t->post);
	if (t->fd >= 0)
		close(t->fd);
	photo_release(&t->photo);
	free(t);
}

static void unlink_from(struct photo_ticket **list, struct photo_ticket *t)
{
	while (*list && *list != t)
		list = &(*list)->next;
	if (*list)
		*list = t->next;
}

/* Out of the queue; counts are right afterwards. */
static void ticket_leave(struct photo_ticket *t)
{
	struct photo_client *c = t->client;

	unlink_from(&c->first, t);
	c->last = &c->first;
	while (*c->last)
		c->last = &(*c->last)->next;
	c->waiting--;
	if (t->where == SENT)
		c->sent--;
}

static void ticket_done_cb(void *arg)
{
	struct photo_ticket *t = arg;

	unlink_from(&t->client->finished, t);
	t->cb(t->arg, t->rc, t->rc == RC_OK ? &t->photo : NULL, &t->e);
	ticket_free(t);
}

/* The callback comes from the loop. */
static void ticket_finish(struct photo_ticket *t, enum rc rc)
{
	struct photo_client *c = t->client;

	loop_timer_stop(&t->timer);
	c->stats.failed += rc == RC_UNAVAILABLE || rc == RC_TIMEOUT || rc == RC_INTERNAL;
	c->stats.us += (uint64_t)(clock_mono_us() - t->began_us);
	t->where = FINISHED;
	t->rc = rc;
	t->next = c->finished;
	c->finished = t;
	loop_post(c->loop, &t->post, ticket_done_cb, t);
}

static void timeout_cb(void *arg)
{
	struct photo_ticket *t = arg;
	struct photo_client *c = t->client;
	struct photo_ticket *ghost;

	if (t->where == SENT) {
		/* photod will still answer it: something must stand in its place. */
		ghost = xcalloc(1, sizeof *ghost);
		*ghost = (struct photo_ticket){.next = t->next,
			.client = c,
			.where = SENT,
			.forgotten = true,
			.fd = -1,
			.id = t->id};
		for (struct photo_ticket **p = &c->first; *p; p = &(*p)->next)
			if (*p == t) {
				*p = ghost;
				break;
			}
		if (c->last == &t->next)
			c->last = &ghost->next;
	} else {
		ticket_leave(t);
	}
	ticket_finish(t, reply_fail(&t->e, RC_TIMEOUT, "the photo was not ready in time"));
}

/* photod is gone: nothing that waits will be answered. */
static void client_lost(struct photo_client *c)
{
	struct photo_ticket *t = c->first, *next;

	if (c->ipc)
		ipc_free(c->ipc);
	c->ipc = NULL;
	c->first = NULL;
	c->last = &c->first;
	c->waiting = c->sent = 0;
	for (; t; t = next) {
		next = t->next;
		if (t->forgotten)
			ticket_free(t);
		else
			ticket_finish(t,
				reply_fail(&t->e, RC_UNAVAILABLE, "the photo process is gone"));
	}
}

static void closed_cb(void *arg, struct ipc *ch)
{
	(void)ch;
	client_lost(arg);
}

static void message_cb(
	void *arg, struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	struct photo_client *c = arg;
	struct photo_ticket *t = c->first;
	struct photo photo = {0};
	struct err e = {0};
	enum rc rc = RC_OK;
	uint64_t id = 0;

	(void)ch;
	if (!reply_parse(data, n, fds, nfds, &id, &rc, &photo, &e) || !t || t->where != SENT ||
		t->id != id) {
		photo_release(&photo);
		client_lost(c);
		return;
	}
	ticket_leave(t);
	t->e = e;
	t->photo = photo;
	if (t->forgotten)
		ticket_free(t);
	else
		ticket_finish(t, rc);
	client_send(c);
}

/* As many as photod takes at once. */
static void client_send(struct photo_client *c)
{
	for (struct photo_ticket *t = c->first; t && c->ipc; t = t->next) {
		struct photo_job job = {.magic = PHOTO_MAGIC,
			.say = PHOTO_SAY_JOB,
			.id = t->id,
			.boxes = t->boxes};

		if (t->where == SENT)
			continue;
		if (c->sent >= PHOTO_WINDOW)
			return;
		if (!ipc_send(c->ipc, &job, sizeof job, &t->fd, 1)) {
			client_lost(c);
			return;
		}
		close(t->fd);
		t->fd = -1;
		t->where = SENT;
		c->sent++;
	}
}

struct photo_client *photo_client_new(struct loop *l, int fd)
{
	struct photo_client *c = xcalloc(1, sizeof *c);

	c->loop = l;
	c->last = &c->first;
	photo_client_attach(c, fd);
	return c;
}

void photo_client_attach(struct photo_client *c, int fd)
{
	client_lost(c);
	if (fd >= 0)
		c->ipc = ipc_new(c->loop, fd, message_cb, closed_cb, c);
}

bool photo_client_linked(const struct photo_client *c)
{
	return c->ipc != NULL;
}

void photo_client_free(struct photo_client *c)
{
	struct photo_ticket *t;

	if (!c)
		return;
	client_lost(c);
	while ((t = c->finished) != NULL) {
		c->finished = t->next;
		ticket_free(t);
	}
	free(c);
}

bool photo_client_up(const struct photo_client *c)
{
	return c->ipc != NULL;
}

size_t photo_client_waiting(const struct photo_client *c)
{
	return c->waiting;
}

void photo_client_stats(const struct photo_client *c, struct photo_client_stats *ret_)
{
	*ret_ = c->stats;
}

struct photo_ticket *photo_submit(
	struct photo_client *c, int in_fd, int deadline_ms, photo_done_cb *cb, void *arg)
{
	return photo_submit_boxes(c, in_fd, NULL, deadline_ms, cb, arg);
}

struct photo_ticket *photo_submit_boxes(struct photo_client *c, int in_fd,
	const struct photo_boxes *boxes, int deadline_ms, photo_done_cb *cb, void *arg)
{
	struct photo_ticket *t = xcalloc(1, sizeof *t);

	t->client = c;
	if (boxes)
		t->boxes = *boxes;
	t->cb = cb;
	t->arg = arg;
	t->id = ++c->id;
	t->fd = -1;
	t->began_us = clock_mono_us();
	c->stats.jobs++;
	loop_timer_init(&t->timer, c->loop, timeout_cb, t);
	if (!c->ipc) {
		ticket_finish(
			t, reply_fail(&t->e, RC_UNAVAILABLE, "there is no photo process"));
		return t;
	}
	if (c->waiting >= PHOTO_CLIENT_QUEUE) {
		ticket_finish(t, reply_fail(&t->e, RC_BUSY, "too many photos wait"));
		return t;
	}
	t->fd = fcntl(in_fd, F_DUPFD_CLOEXEC, 0);
	if (t->fd < 0) {
		ticket_finish(t, reply_fail(&t->e, RC_INTERNAL, "no descriptor for the photo"));
		return t;
	}
	*c->last = t;
	c->last = &t->next;
	c->waiting++;
	loop_timer_set(&t->timer, deadline_ms);
	client_send(c);
	return t;
}

void photo_forget(struct photo_ticket *t)
{
	if (!t)
		return;
	switch (t->where) {
	case WAITING:
		ticket_leave(t);
		ticket_free(t);
		break;
	case SENT:
		t->forgotten = true;
		loop_timer_stop(&t->timer);
		break;
	case FINISHED:
		unlink_from(&t->client->finished, t);
		ticket_free(t);
		break;
	}
}
