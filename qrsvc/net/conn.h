/* conn: one stream connection on the loop: reading, and writing without copies.
 *
 * The owner (http/server.c) embeds it, reads from readable_cb and queues output.  The queue
 * holds views only: queued memory and descriptors must stay valid until conn_sent() has passed
 * the position that conn_queued() had after the put, or the connection was released.
 *
 * A write is tried when conn_flush() is called; the loop is asked to watch for room only after
 * EAGAIN.  Idle cost: this struct, no buffers. */
#ifndef QR_NET_CONN_H
#define QR_NET_CONN_H

#include "qrsvc/net/loop.h"

#include <sys/types.h>

struct conn;

struct conn_ops {
	/* Bytes or the end of the stream wait. */
	void (*readable_cb)(struct conn *c);
	/* Blocked output moved on (perhaps all of it went out). */
	void (*sent_cb)(struct conn *c);
	/* The peer is gone: a blocked write failed. */
	void (*broken_cb)(struct conn *c);
	/* The deadline set by conn_deadline() passed. */
	void (*deadline_cb)(struct conn *c);
};

struct conn_out {
	const char *p; /* NULL: a file range */
	size_t n;
	off_t off;
	int fd;
};

#define CONN_OUT_INLINE 4

struct conn {
	const struct conn_ops *ops;
	struct loop_watch watch;
	struct loop_deadline deadline;
	int fd;
	bool blocked, broken;
	uint16_t out_at, out_n, out_cap;
	struct conn_out *out;
	struct conn_out out_inline[CONN_OUT_INLINE];
	uint64_t queued, sent; /* bytes in all */
};

/* Takes over fd (non-blocking).  Starts reading. */
void conn_init(struct conn *c, struct loop *l, int fd, const struct conn_ops *ops);
/* Closes and forgets the output. */
void conn_release(struct conn *c);

enum { CONN_END = 0, CONN_AGAIN = -1, CONN_ERROR = -2 };
/* Bytes read, or one of these. */
ssize_t conn_read(struct conn *c, void *to, size_t n);
/* No more output: the peer sees the end, and what it still sends can be read away. */
void conn_shutdown(struct conn *c);
/* Closing will reset: what the peer has not yet taken is thrown away with the kernel's memory.
 */
void conn_reset(struct conn *c);
/* Whether readable_cb is wanted (true after conn_init). */
void conn_reading(struct conn *c, bool on);

/* Queue. */
void conn_put(struct conn *c, const void *p, size_t n);
void conn_put_file(struct conn *c, int fd, off_t off, size_t n);
enum conn_flushed { CONN_SENT, CONN_BLOCKED, CONN_BROKEN };
/* Sends as much as the kernel takes.  CONN_BLOCKED: sent_cb or broken_cb follows. */
enum conn_flushed conn_flush(struct conn *c);
static inline uint64_t conn_queued(const struct conn *c)
{
	return c->queued;
}
static inline uint64_t conn_sent(const struct conn *c)
{
	return c->sent;
}
/* Bytes the peer has acknowledged, for minimum rates (SIOCOUTQ; a system call). */
uint64_t conn_acked(const struct conn *c);

static inline void conn_deadline(struct conn *c, int64_t ms)
{
	loop_deadline_set(&c->deadline, ms);
}
static inline void conn_no_deadline(struct conn *c)
{
	loop_deadline_clear(&c->deadline);
}

#endif
