/* pgconn: one connection to PostgreSQL on the loop, for pgpool.c and notify.c only.
 *
 * Connects in the background, again and again with growing pauses until freed; sends calls in
 * pipeline mode; hands their results back in order.  Each call is followed by its own Sync, so
 * that it is a transaction of its own; on a connection for reads (`batches`) calls share one
 * Sync: those of one turn of the loop, and those that come while the batch before is not
 * answered. That saves the server a transaction and both sides a system call and a wake-up
 * each.  A call that fails there takes the ones behind it along: they come back as
 * PGRES_PIPELINE_ABORTED, not executed, and may be sent again.  It keeps no queue: whoever
 * calls pgconn_send() does.  A listening connection sends no calls: it says LISTEN, passes
 * notices on, and asks for a sign of life every PGCONN_BEAT_MS. */
#ifndef QR_DB_PGCONN_H
#define QR_DB_PGCONN_H

#include "qrsvc/base/err.h"
#include "qrsvc/db/stmt.h"
#include "qrsvc/net/loop.h"

#include <libpq-fe.h>

#define PGCONN_PARAMS 14    /* most parameters of a statement: a photo with its sizes */
#define PGCONN_BEAT_MS 2000 /* a cut link is noticed within two of these */
#define PGCONN_REST_MIN 100 /* pause after the first failed attempt, then doubled */
#define PGCONN_REST_MAX                                                       \
	2000 /* recovery within 5 s of the database's return (security.md 31) \
	      */

/* A statement with its parameters; storage of the caller, which must outlive it. */
struct pgcall {
	struct pgcall *next;
	enum stmt_id id;
	int n;
	const char *values[PGCONN_PARAMS];
	int lengths[PGCONN_PARAMS];
	int formats[PGCONN_PARAMS];
	int64_t sent_us;
	bool prepares; /* a Prepare went out before it and is not answered yet */
};

enum pgconn_state { PGCONN_REST, PGCONN_CONNECTING, PGCONN_UP };

struct pgconn;
struct pgconn_ops {
	void (*up_cb)(struct pgconn *c);
	/* The connection is lost, or an attempt failed; it tries again by itself. */
	void (*down_cb)(struct pgconn *c);
	/* Result of the oldest call: TUPLES_OK or an error, PIPELINE_ABORTED (batches only)
	 * if a neighbour's error kept it from being executed; NULL: the connection was lost
	 * (called before down_cb).  The call is no longer known here; res is freed after the
	 * call. */
	void (*answer_cb)(struct pgconn *c, struct pgcall *call, const PGresult *res);
	void (*notice_cb)(struct pgconn *c, const char *payload);
};

struct pgconn_target {
	const char *dsn;
	const char *role;
	const char *attrs;  /* target_session_attrs, or NULL to leave it */
	const char *listen; /* channel, or NULL */
	bool batches;	    /* only for calls that write nothing and set nothing */
	int connect_ms;
};

struct pgconn {
	const struct pgconn_ops *ops;
	void *arg; /* of the owner */
	int tag;   /* likewise */
	struct pgconn_target to;
	struct loop *loop;
	enum pgconn_state state;
	PGconn *pq;
	struct loop_watch watch;
	struct loop_timer timer; /* connect deadline, pause, or heartbeat */
	struct loop_post post;
	struct pgcall *first, **last;
	PGresult *kept; /* result of the oldest call, until it is complete */
	bool heard;	/* a result has come since the last NULL (libpq's end of a command) */
	int in_flight;
	struct pgcall *gathered; /* the first one that waits for the next batch */
	int syncs;		 /* sent and not answered */
	int failures;		 /* attempts since it was last up */
	int64_t heard_us;	 /* when bytes last came in */
	bool beat_open;		 /* a sign of life is awaited */
	bool broken; /* libpq could not take a call: given up at the end of the turn */
	bool renew;  /* to be replaced once idle: its prepared statements are stale */
	bool prepared[ST_COUNT];
	uint64_t connects, lost;
	int64_t logged_us;
};

/* Starts connecting (from the loop, not inside the call).  Strings of *to outlive it. */
void pgconn_init(struct pgconn *c, struct loop *l, const struct pgconn_target *to,
	const struct pgconn_ops *ops, void *arg);
/* Calls in flight are answered with NULL. */
void pgconn_release(struct pgconn *c);
/* State must be PGCONN_UP.  If the connection breaks, down_cb follows from the loop. */
void pgconn_send(struct pgconn *c, struct pgcall *call);
/* Closes it and begins anew: it does not answer any more. */
void pgconn_abandon(struct pgconn *c, const char *why);
/* Replaces it as soon as nothing is in flight. */
void pgconn_renew(struct pgconn *c);

/* RC_OK, or RC_INVALID: the string names a user, a password or a host that would have to be
 * looked up.  *ret_hosts: how many hosts it names. */
enum rc pgconn_check_dsn(const char *dsn, int *ret_hosts, struct err *e);

#endif
