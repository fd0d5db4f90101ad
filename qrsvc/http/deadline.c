/* Owns what passing time does to a connection: deadlines and minimum rates (security.md 5).
 * Never reads or writes.  Called by connection.c and, as time passes, by net/conn. */
#include "qrsvc/http/connection.h"

/* Watches the progress of output that does not fit into the socket. */
void http_watch_writing(struct http_conn *c)
{
	if (c->writing)
		return;
	c->writing = true;
	c->window_from = conn_acked(&c->io);
	conn_deadline(&c->io, c->server->config.write_ms);
}

/* The output is out: the phase has its deadline again. */
void http_resume_deadline(struct http_conn *c)
{
	c->writing = false;
	conn_no_deadline(&c->io);
	if (c->phase == PHASE_BODY)
		http_body_window(c);
	else if (c->phase == PHASE_HEAD)
		conn_deadline(&c->io, c->server->config.head_ms);
}

/* The client reads, or sends its body, slower than the least rate: true. */
static bool too_slow(struct http_conn *c, uint64_t now, int64_t ms)
{
	bool slow = now - c->window_from < HTTP_BODY_RATE * (uint64_t)ms / 1000;
	c->window_from = now;
	return slow;
}

/* An idle client may still be reading what the kernel holds.  It gets one more idle time; if it
 * is then slower than the least rate, closing would leave that memory to it for as long as it
 * likes: reset. */
static void idle_too_long(struct http_conn *c)
{
	int64_t ms = c->server->draining ? DRAIN_REST_MS : c->server->config.idle_ms;
	uint64_t acked = conn_acked(&c->io);
	if (acked < conn_sent(&c->io) && !c->lagging) {
		c->lagging = true;
		c->window_from = acked;
		conn_deadline(&c->io, ms);
		return;
	}
	if (acked < conn_sent(&c->io) && too_slow(c, acked, ms))
		conn_reset(&c->io);
	http_conn_break(c);
}

void http_deadline_cb(struct conn *io)
{
	struct http_conn *c = (struct http_conn *)(void *)io;
	if (c->io.blocked) {
		if (too_slow(c, conn_acked(io), c->server->config.write_ms))
			http_conn_break(c);
		else
			conn_deadline(io, c->server->config.write_ms);
		return;
	}
	switch ((enum http_phase)c->phase) {
	case PHASE_HEAD:
		http_refuse(c->x, 408, "head deadline");
		return;
	case PHASE_BODY:
		if (loop_now_ms() >= c->body_until ||
			too_slow(c, c->received, http_window_ms(c)))
			http_refuse(c->x, 408, "body deadline");
		else
			http_body_window(c);
		return;
	case PHASE_IDLE:
		idle_too_long(c);
		return;
	case PHASE_LINGER:
		http_conn_break(c);
		return;
	default:
		return;
	}
}
