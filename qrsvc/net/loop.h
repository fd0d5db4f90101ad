/* loop: the event loop of a process; the only door to libevent_core.
 *
 * Everything here belongs to one thread.  Callbacks run one after another from loop_run(); a
 * callback may start, stop and free any of these objects, its own included.
 *
 * Two kinds of time limits:
 *   loop_timer     exact to a millisecond, costs a heap operation: retries, housekeeping
 *   loop_deadline  coarse (LOOP_TICK_MS late at most, never early), costs a store: one or more
 *                  a connection, moved at every request
 * Times are milliseconds of a clock that never jumps. */
#ifndef QR_NET_LOOP_H
#define QR_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOP_TICK_MS 100

struct loop;

struct loop *loop_new(void) __attribute__((returns_nonnull));
/* All watches, timers, deadlines and signals must have been stopped. */
void loop_free(struct loop *l);
/* Returns after loop_stop(), or when nothing is left that could happen. */
void loop_run(struct loop *l);
/* Ends loop_run() after the callback that is running. */
void loop_stop(struct loop *l);
/* Runs what is ready now, waiting at most max_ms for the first; for tests. */
void loop_once(struct loop *l, int max_ms);
/* Milliseconds since some moment in the past; 4 ms coarse, 5 ns to read. */
int64_t loop_now_ms(void);

/* Descriptors.  Level-triggered: the callback comes back as long as the descriptor is ready. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
typedef void loop_fd_cb(void *arg, int fd, int what);
struct loop_watch { /* storage of the caller, opaque */
	struct loop *loop;
	loop_fd_cb *cb;
	void *arg;
	int fd, want;
	_Alignas(8) char ev[2][128];
};
void loop_watch_init(struct loop_watch *w, struct loop *l, int fd, loop_fd_cb *cb, void *arg);
/* what: LOOP_READ, LOOP_WRITE, both, or 0 for none.  Cheap if nothing changes. */
void loop_watch_set(struct loop_watch *w, int what);
/* Must come before close(fd).  Harmless on a zeroed or stopped watch. */
void loop_watch_stop(struct loop_watch *w);

/* Exact timers, one shot. */
typedef void loop_cb(void *arg);
struct loop_timer { /* opaque */
	struct loop *loop;
	loop_cb *cb;
	void *arg;
	_Alignas(8) char ev[128];
};
void loop_timer_init(struct loop_timer *t, struct loop *l, loop_cb *cb, void *arg);
/* (Re)starts it. */
void loop_timer_set(struct loop_timer *t, int64_t ms);
/* Harmless on a zeroed or stopped timer. */
void loop_timer_stop(struct loop_timer *t);

/* Coarse deadlines: one shot. */
struct loop_deadline {			    /* opaque */
	struct loop_deadline *next, **prev; /* in a slot of the wheel, which may be too early */
	struct loop *loop;
	loop_cb *cb;
	void *arg;
	int64_t at; /* INT64_MAX: none */
	int64_t slot_at;
};
void loop_deadline_init(struct loop_deadline *d, struct loop *l, loop_cb *cb, void *arg);
void loop_deadline_set(struct loop_deadline *d, int64_t ms);
/* No call until the next set; stays linked, which costs nothing. */
static inline void loop_deadline_clear(struct loop_deadline *d)
{
	d->at = INT64_MAX;
}
/* Before its storage goes away.  Harmless on a zeroed one. */
void loop_deadline_stop(struct loop_deadline *d);

/* Runs cb soon, from the loop, never inside this call; for "a callback is never called inside
 * the submit".  Posting twice before it ran is once. */
struct loop_post {
	struct loop_post *next, **prev;
	loop_cb *cb;
	void *arg;
};
void loop_post(struct loop *l, struct loop_post *p, loop_cb *cb, void *arg);
/* Harmless on a zeroed one or one that has run. */
void loop_post_cancel(struct loop_post *p);

/* Signals: cb in the loop, not in the handler.  One a number, at most 8. */
void loop_signal(struct loop *l, int signo, loop_cb *cb, void *arg);
void loop_signal_stop(struct loop *l, int signo);

#endif
