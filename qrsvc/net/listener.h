/* listener: accepts from a listening socket that several processes may share.
 *
 * libevent 2.1 cannot set EPOLLEXCLUSIVE, so each wake-up takes at most LISTEN_BATCH
 * connections and leaves the rest to the other workers.  When descriptors run out (EMFILE,
 * ENFILE, ENOBUFS, ENOMEM) it rests LISTEN_REST_MS instead of spinning (security.md 6). */
#ifndef QR_NET_LISTENER_H
#define QR_NET_LISTENER_H

#include "qrsvc/net/addr.h"
#include "qrsvc/net/loop.h"

#define LISTEN_BATCH 4
#define LISTEN_REST_MS 200
#define LISTEN_WAITING 1024 /* most connections taken at once before a stop */

/* A connected descriptor (non-blocking, close-on-exec), which the callback now owns. */
typedef void listener_cb(void *arg, int fd, const struct addr *peer);

struct listener {
	struct loop_watch watch;
	struct loop_timer rest;
	listener_cb *cb;
	void *arg;
	int fd;
	uint64_t rests; /* times it ran out of descriptors */
	int64_t logged;
};

/* Takes over fd (bound and listening; made non-blocking and, for TCP, TCP_NODELAY here). */
void listener_start(struct listener *li, struct loop *l, int fd, listener_cb *cb, void *arg);
/* Accepts what waits in the queue, before a stop: those clients are connected as far as they
 * know, and closing the socket would reset them. */
void listener_take_waiting(struct listener *li);
/* Closes this process's copy.  Harmless when stopped. */
void listener_stop(struct listener *li);

/* "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses), "unix:/path" (mode 0660; an old
 * socket nobody listens on is replaced).  Port 0 takes a free one.  Returns a listening
 * descriptor or -1 with one line in why that says what to do. */
int listener_open(const char *where, char why[static 200]);
/* The port a TCP socket is bound to, 0 for a unix socket. */
int listener_port(int fd);

#endif
