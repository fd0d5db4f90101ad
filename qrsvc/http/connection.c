/* Owns what a connection is doing: its phase, its read buffer, its deadlines and the order of
 * its answers.  Never builds an answer of its owner's.  Called by net/conn and resp.c.
 *
 * Every event ends in http_conn_run(), which does all that can be done and leaves the
 * connection in one phase with one deadline.  The owner is called from nowhere else. */
#include "qrsvc/http/connection.h"

#include "qrsvc/base/clock.h"

#include <stdlib.h>

#define LINGER_MS 2000
#define LINGER_BYTES (16u * MIB)

static struct http_conn *of(struct conn *io)
{
	return (struct http_conn *)(void *)io;
}

/* --- ends -------------------------------------------------------------------------------- */

/* Reports x and gives its memory back.  It is in no list any more. */
static void finish(struct http_conn *c, struct http_exchange *x, bool broken)
{
	struct http_server *s = c->server;
	uint64_t sent = conn_sent(&c->io);
	struct http_done d = {.status = x->status, .broken = broken, .why = x->why};
	if (x->status && sent > x->starts_at)
		d.bytes = (sent < x->ends_at ? sent : x->ends_at) - x->starts_at;
	s->stats.exchanges++;
	s->stats.bytes_out += d.bytes;
	s->stats.codec_refusals += x->why != NULL;
	if (s->ops->done_cb) {
		if (x->began_us)
			d.us = clock_mono_us() - x->began_us;
		s->ops->done_cb(s->arg, x, &d);
	}
	http_exchange_free(x);
}

static void finish_sent(struct http_conn *c, bool broken)
{
	while (c->first && (broken || c->first->ends_at <= conn_sent(&c->io))) {
		struct http_exchange *x = c->first;
		c->first = x->next;
		if (!c->first)
			c->last = &c->first;
		finish(c, x, broken && x->ends_at > conn_sent(&c->io));
	}
}

/* Has the owner been given x, so that an answer is due? */
static bool owed(const struct http_conn *c)
{
	return c->x && (c->phase == PHASE_PENDING || c->phase == PHASE_HELD);
}

void http_conn_break(struct http_conn *c)
{
	struct http_server *s = c->server;
	bool due = owed(c);
	struct http_exchange *x = c->x;
	finish_sent(c, true);
	if (!x) {
		http_conn_forget(c);
		return;
	}
	if (!due) {
		c->x = NULL;
		finish(c, x, true);
		http_conn_forget(c);
		return;
	}
	c->phase = PHASE_DEAD;
	x->gone = true;
	conn_release(&c->io);
	if (s->ops->gone_cb)
		s->ops->gone_cb(s->arg, x); /* may answer at once: http_conn_soon forgets c */
}

void http_exchange_drop(struct http_exchange *x)
{
	struct http_conn *c = x->conn;
	if (c->x == x) /* the owner did not answer in gone_cb */
		c->x = NULL;
	finish(c, x, true);
	http_conn_forget(c);
}

/* All answers are out and no more will come. */
static void close_after_last(struct http_conn *c)
{
	/* Closing with unread input would reset the connection and take the answer with it. */
	bool unread = c->lossy || (c->buf && c->at < c->buf->n);
	if (c->end || !unread) {
		http_conn_forget(c);
		return;
	}
	conn_shutdown(&c->io);
	c->phase = PHASE_LINGER;
	http_buf_unref(c->server, c->buf);
	c->buf = NULL;
	conn_reading(&c->io, true);
	conn_deadline(&c->io, LINGER_MS);
}

/* --- heads ------------------------------------------------------------------------------- */

/* Room for at least one more byte of a head. */
static void make_room(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct http_buf *b = c->buf;
	if (!b) {
		c->buf = http_buf_new(s, HTTP_BUF_SMALL);
		c->at = 0;
		return;
	}
	if (b->n < b->cap)
		return;
	uint32_t have = b->n - c->at;
	if (b->refs == 1 && c->at > 0) {
		memmove(b->p, b->p + c->at, have);
	} else {
		/* A whole head and the first bytes behind it fit; the parser refuses more. */
		uint32_t cap =
			have < HTTP_BUF_SMALL / 2 ? HTTP_BUF_SMALL : LIMIT_HTTP_HEAD + KIB;
		c->buf = http_buf_new(s, cap);
		memcpy(c->buf->p, b->p + c->at, have);
		http_buf_unref(s, b);
	}
	c->buf->n = have;
	c->at = 0;
}

/* Parses one head from the buffer.  False: more bytes are needed. */
static bool parse_head(struct http_conn *c)
{
	struct http_buf *b = c->buf;
	struct http_exchange *x = c->x;
	const char *why;
	size_t n;
	if (!x) {
		x = c->x = http_exchange_new(c);
		http_parser_init(&c->parser);
		c->phase = PHASE_HEAD;
		c->head_timed = false;
	}
	int rc = http_parse(&c->parser, b->p + c->at, b->n - c->at, &x->req, &n, &why);
	if (rc == HTTP_MORE) {
		if (!c->head_timed)
			conn_deadline(&c->io, c->server->config.head_ms);
		c->head_timed = true;
		return false;
	}
	x->buf = b;
	b->refs++;
	if (rc != HTTP_HEAD_DONE) {
		http_refuse(x, rc, why);
		return true;
	}
	c->at += (uint32_t)n;
	http_route(c, x);
	return true;
}

/* --- run --------------------------------------------------------------------------------- */

static void parse_some(struct http_conn *c)
{
	unsigned answered = 0;
	while ((c->phase == PHASE_IDLE || c->phase == PHASE_HEAD) && c->buf &&
		c->at < c->buf->n && !c->io.blocked) {
		if (!parse_head(c))
			return;
		/* Others wait too: the rest of a long pipeline comes after them. */
		if (++answered == LIMIT_HTTP_PIPELINE) {
			http_conn_soon(c);
			return;
		}
	}
}

/* Reading on or off: off when the buffer is full of what cannot be looked at yet, or the end
 * has come. */
static void set_reading(struct http_conn *c)
{
	bool busy = c->phase == PHASE_PENDING || c->phase == PHASE_HELD ||
		    c->phase == PHASE_CLOSING || c->io.blocked;
	bool full = c->buf && c->buf->n - c->at >= LIMIT_HTTP_HEAD;
	bool on = !c->end && !(busy && full) && c->phase != PHASE_CLOSING;
	if (on == c->paused) {
		conn_reading(&c->io, on);
		c->paused = !on;
	}
}

/* Nothing is buffered, nothing is due. */
static void rest(struct http_conn *c)
{
	struct http_server *s = c->server;
	if (c->end) {
		http_conn_forget(c);
		return;
	}
	http_buf_unref(s, c->buf);
	c->buf = NULL;
	c->at = 0;
	c->lagging = false;
	conn_deadline(&c->io, s->draining ? DRAIN_REST_MS : s->config.idle_ms);
	if (c->paused)
		set_reading(c);
}

void http_conn_run(struct http_conn *c)
{
	if (c->running)
		return;
	c->running = true;
	if (c->phase == PHASE_HELD && c->x->resumed) {
		c->phase = PHASE_PENDING;
		http_start_body(c);
	}
	parse_some(c);
	if (c->phase == PHASE_DEAD) {
		if (!c->x) {
			finish_sent(c, true);
			http_conn_forget(c);
			return;
		}
		if (c->x->resumed) { /* nobody sends the body any more */
			http_exchange_drop(c->x);
			return;
		}
		c->running = false;
		return;
	}
	enum conn_flushed out = conn_flush(&c->io);
	c->running = false;
	if (out == CONN_BROKEN) {
		http_conn_break(c);
		return;
	}
	finish_sent(c, false);
	if (out == CONN_BLOCKED) {
		http_watch_writing(c);
		set_reading(c);
		return;
	}
	if (c->writing)
		http_resume_deadline(c);
	if (c->phase == PHASE_CLOSING)
		close_after_last(c);
	else if (c->phase == PHASE_IDLE && !c->ready && (!c->buf || c->at == c->buf->n))
		rest(c);
	else if ((c->phase == PHASE_HEAD || c->phase == PHASE_BODY) && c->end)
		http_conn_break(c);
	else if (c->phase != PHASE_LINGER)
		set_reading(c);
}

/* --- events ------------------------------------------------------------------------------ */

static void lost(struct http_conn *c, ssize_t got)
{
	struct http_server *s = c->server;
	if (got == CONN_ERROR || c->phase == PHASE_IDLE || c->phase == PHASE_HEAD ||
		c->phase == PHASE_BODY || c->phase == PHASE_LINGER) {
		/* An answer that is on its way out may still be read by who has only closed
		 * its sending side. */
		if (got == CONN_END && c->first && c->phase != PHASE_BODY) {
			c->end = true;
			set_reading(c);
			return;
		}
		http_conn_break(c);
		return;
	}
	c->end = true;
	set_reading(c);
	if (owed(c) && s->ops->gone_cb)
		s->ops->gone_cb(s->arg, c->x);
}

static void read_away(struct http_conn *c)
{
	ssize_t got = conn_read(&c->io, c->server->scratch, HTTP_SCRATCH);
	if (got == CONN_AGAIN)
		return;
	if (got > 0) {
		c->lingered += (uint64_t)got;
		if (c->lingered < LINGER_BYTES)
			return;
	}
	http_conn_forget(c);
}

/* What was read beyond the body stays for the next request. */
static void keep_rest(struct http_conn *c, const char *p, size_t n)
{
	if (c->buf && c->buf->refs > 1) {
		http_buf_unref(c->server, c->buf);
		c->buf = NULL;
	}
	if (c->buf && c->buf->cap < n) {
		http_buf_unref(c->server, c->buf);
		c->buf = NULL;
	}
	if (!c->buf)
		c->buf = http_buf_new(
			c->server, n > HTTP_BUF_SMALL ? HTTP_SCRATCH : HTTP_BUF_SMALL);
	memcpy(c->buf->p, p, n);
	c->buf->n = (uint32_t)n;
	c->at = 0;
}

static void read_body(struct http_conn *c)
{
	struct http_server *s = c->server;
	uint64_t left = http_input_left(c->x->input);
	size_t want = HTTP_SCRATCH;
	if (left && left < want)
		want = (size_t)left;
	else if (!left)
		want = LIMIT_HTTP_HEAD; /* chunked: what comes behind it must fit a buffer */
	ssize_t got = conn_read(&c->io, s->scratch, want);
	if (got == CONN_AGAIN)
		return;
	if (got <= 0) {
		lost(c, got);
		return;
	}
	s->stats.bytes_in += (uint64_t)got;
	c->running = true;
	size_t used = http_feed_body(c, s->scratch, (size_t)got);
	if (used < (size_t)got)
		keep_rest(c, s->scratch + used, (size_t)got - used);
	c->running = false;
	http_conn_run(c);
}

static void readable_cb(struct conn *io)
{
	struct http_conn *c = of(io);
	struct http_server *s = c->server;
	if (c->phase == PHASE_BODY) {
		read_body(c);
		return;
	}
	if (c->phase == PHASE_LINGER) {
		read_away(c);
		return;
	}
	make_room(c);
	if (c->buf->n == c->buf->cap) { /* cannot be: set_reading stops before */
		conn_reading(io, false);
		c->paused = true;
		return;
	}
	ssize_t got = conn_read(io, c->buf->p + c->buf->n, c->buf->cap - c->buf->n);
	if (got == CONN_AGAIN) {
		if (c->phase == PHASE_IDLE && c->at == c->buf->n)
			http_conn_run(c);
		return;
	}
	if (got <= 0) {
		lost(c, got);
		return;
	}
	s->stats.bytes_in += (uint64_t)got;
	c->buf->n += (uint32_t)got;
	http_conn_run(c);
}

static void sent_cb(struct conn *io)
{
	http_conn_run(of(io));
}

static void broken_cb(struct conn *io)
{
	http_conn_break(of(io));
}

const struct conn_ops http_conn_ops = {readable_cb, sent_cb, broken_cb, http_deadline_cb};
