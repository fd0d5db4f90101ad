/* Owns the server: its listeners, its connections, spare buffers and exchanges, the date. Never
 * parses.  Called by the worker. */
#include "qrsvc/http/server.h"

#include "qrsvc/base/clock.h"
#include "qrsvc/base/log.h"
#include "qrsvc/http/connection.h"
#include "qrsvc/http/negotiate.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define ARENA_KEEP (8u * KIB)

/* --- pools ------------------------------------------------------------------------------- */

struct http_buf *http_buf_new(struct http_server *s, uint32_t cap)
{
	struct http_buf *b;
	if (cap == HTTP_BUF_SMALL && s->spare_bufs) {
		b = s->spare_buf[--s->spare_bufs];
	} else {
		b = xmalloc(sizeof *b + cap);
		b->cap = cap;
	}
	b->refs = 1;
	b->n = 0;
	return b;
}

void http_buf_unref(struct http_server *s, struct http_buf *b)
{
	if (!b || --b->refs)
		return;
	if (b->cap == HTTP_BUF_SMALL && s->spare_bufs < HTTP_POOL)
		s->spare_buf[s->spare_bufs++] = b;
	else
		free(b);
}

struct http_exchange *http_exchange_new(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct http_exchange *x;
	if (s->spare_xs) {
		x = s->spare_x[--s->spare_xs];
	} else {
		x = xmalloc(sizeof *x);
		arena_init(&x->arena);
	}
	/* The span array is written before it is read: clearing it would cost more than
	 * parsing.
	 */
	memset(&x->req, 0, offsetof(struct http_request, fields));
	struct arena keep = x->arena;
	memset((char *)x + offsetof(struct http_exchange, policy), 0,
		offsetof(struct http_exchange, prefix) -
			offsetof(struct http_exchange, policy));
	x->arena = keep;
	x->req.method = HTTP_METHODS;
	x->req.peer = x->req.client = c->peer;
	x->req.body.fd = -1;
	x->fd = -1;
	x->conn = c;
	return x;
}

void http_exchange_free(struct http_exchange *x)
{
	struct http_server *s = x->conn->server;
	http_input_free(x->input);
	http_buf_unref(s, x->buf);
	blob_unref(x->blob);
	blob_unref(x->blob2);
	if (x->fd >= 0)
		close(x->fd);
	if (s->spare_xs < HTTP_POOL) {
		if (x->arena.used > ARENA_KEEP)
			arena_release(&x->arena);
		else
			arena_reset(&x->arena);
		s->spare_x[s->spare_xs++] = x;
		return;
	}
	arena_release(&x->arena);
	free(x);
}

const char *http_date_line(struct http_server *s)
{
	int64_t now = loop_now_ms();
	if (now < s->date_until)
		return s->date_line;
	int64_t us = clock_now_us();
	memcpy(s->date_line, "Date: ", 6);
	http_date_format(us / US_PER_S, s->date_line + 6);
	memcpy(s->date_line + 6 + HTTP_DATE_N, "\r\n", 3);
	s->date_until = now + 1000 - us % US_PER_S / 1000;
	return s->date_line;
}

/* --- connections ------------------------------------------------------------------------- */

static void ready_cb(void *arg)
{
	struct http_server *s = arg;
	while (s->ready) {
		struct http_conn *c = s->ready;
		s->ready = c->next_ready;
		c->ready = false;
		http_conn_run(c);
	}
}

void http_conn_soon(struct http_conn *c)
{
	struct http_server *s = c->server;
	if (c->ready)
		return;
	c->ready = true;
	c->next_ready = s->ready;
	s->ready = c;
	loop_post(s->loop, &s->ready_post, ready_cb, s);
}

static void drained_cb(void *arg)
{
	struct http_server *s = arg;
	if (s->ops->drained_cb)
		s->ops->drained_cb(s->arg);
}

void http_conn_forget(struct http_conn *c)
{
	struct http_server *s = c->server;
	assert(!c->x && !c->first);
	if (c->ready) {
		struct http_conn **at = &s->ready;
		while (*at != c)
			at = &(*at)->next_ready;
		*at = c->next_ready;
	}
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	conn_release(&c->io);
	http_buf_unref(s, c->buf);
	s->stats.open--;
	if (s->ops->left_cb)
		s->ops->left_cb(s->arg, &c->peer, c->proxied);
	free(c);
	if (s->draining && !s->conns)
		loop_post(s->loop, &s->drained_post, drained_cb, s);
}

static bool is_proxy(const struct http_server *s, const struct addr *peer)
{
	for (size_t i = 0; i < s->config.ntrusted; i++)
		if (addr_in(peer, &s->config.trusted[i]))
			return true;
	return false;
}

void http_server_adopt(struct http_server *s, int fd, const struct addr *peer)
{
	bool proxied = is_proxy(s, peer);
	if (s->stats.open >= s->config.max_connections ||
		(s->ops->admit_cb && !s->ops->admit_cb(s->arg, peer, proxied))) {
		s->stats.refused++;
		close(fd);
		return;
	}
	struct http_conn *c = xcalloc(1, sizeof *c);
	c->server = s;
	c->peer = *peer;
	c->proxied = proxied;
	c->last = &c->first;
	c->next = s->conns;
	if (c->next)
		c->next->prev = &c->next;
	c->prev = &s->conns;
	s->conns = c;
	s->stats.open++;
	s->stats.accepted++;
	conn_init(&c->io, s->loop, fd, &http_conn_ops);
	conn_deadline(&c->io, s->config.idle_ms);
}

static void accepted_cb(void *arg, int fd, const struct addr *peer)
{
	http_server_adopt(arg, fd, peer);
}

void http_server_listen(struct http_server *s, int fd)
{
	if (s->listeners == HTTP_LISTENERS)
		abort(); /* the configuration has one or two */
	listener_start(&s->listener[s->listeners++], s->loop, fd, accepted_cb, s);
}

/* --- life -------------------------------------------------------------------------------- */

struct http_server *http_server_new(
	struct loop *l, const struct http_config *config, const struct http_ops *ops, void *arg)
{
	struct http_server *s = xcalloc(1, sizeof *s);
	s->loop = l;
	s->config = *config;
	s->ops = ops;
	s->arg = arg;
	s->scratch = xmalloc(HTTP_SCRATCH);
	if (!s->config.max_connections)
		s->config.max_connections = LIMIT_HTTP_CONNECTIONS;
	if (!s->config.idle_ms)
		s->config.idle_ms = LIMIT_MS_IDLE;
	if (!s->config.head_ms)
		s->config.head_ms = LIMIT_MS_HEAD;
	if (!s->config.write_ms)
		s->config.write_ms = LIMIT_MS_WRITE;
	return s;
}

static void stop_listening(struct http_server *s)
{
	while (s->listeners) {
		struct listener *li = &s->listener[--s->listeners];
		s->stats.fd_rests += li->rests;
		listener_stop(li);
	}
}

void http_server_drain(struct http_server *s)
{
	if (s->draining)
		return;
	for (size_t i = 0; i < s->listeners; i++)
		listener_take_waiting(&s->listener[i]);
	s->draining = true;
	stop_listening(s);
	for (struct http_conn *c = s->conns; c; c = c->next)
		if (c->phase == PHASE_IDLE && s->config.idle_ms > DRAIN_REST_MS)
			conn_deadline(&c->io, DRAIN_REST_MS);
	if (!s->conns)
		loop_post(s->loop, &s->drained_post, drained_cb, s);
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	stop_listening(s);
	s->draining = true;
	while (s->conns) {
		struct http_conn *c = s->conns;
		struct http_exchange *x = c->x;
		http_conn_break(c);
		/* Still owed an answer that will not come. */
		if (s->conns == c && c->x == x && x)
			http_exchange_drop(x);
	}
	loop_post_cancel(&s->ready_post);
	loop_post_cancel(&s->drained_post);
	while (s->spare_xs) {
		arena_release(&s->spare_x[--s->spare_xs]->arena);
		free(s->spare_x[s->spare_xs]);
	}
	while (s->spare_bufs)
		free(s->spare_buf[--s->spare_bufs]);
	free(s->scratch);
	free(s);
}

void http_server_stats(const struct http_server *s, struct http_stats *ret_)
{
	*ret_ = s->stats;
	ret_->idle = 0;
	for (const struct http_conn *c = s->conns; c; c = c->next)
		ret_->idle += c->phase == PHASE_IDLE;
	for (size_t i = 0; i < s->listeners; i++)
		ret_->fd_rests += s->listener[i].rests;
}
