/* pgpool: the database as the event loop sees it.
 *
 * A few connections per class of work, each in libpq's pipeline mode: one call is one prepared
 * statement followed by one Sync, hence one transaction that fails alone (architecture.md 5).
 * Nothing here blocks: connecting, sending, receiving and name lookup (refused: hosts are
 * sockets or addresses) all happen through file descriptor events of the loop.
 *
 * Results of a call, as the rc of its callback:
 *   RC_OK           rows may be empty
 *   RC_UNAVAILABLE  no connection; nothing was sent, or a read failed twice
 *   RC_BUSY         the queue of its class is full (limits.h), refused at once
 *   RC_TIMEOUT      the deadline passed; a read.  The connection is closed when it is wedged
 *   RC_UNKNOWN      a write was sent and its answer never came: it may have been done
 *   RC_NOT_FOUND, RC_CONFLICT, RC_INVALID, ...  the function raised SQLSTATE QRnnn, nnn = HTTP
 *                   status; the server's text goes to the log only (security.md 43)
 *   RC_INTERNAL     any other SQL error; logged with its SQLSTATE
 *
 * Ownership: parameters are copied at submit.  Rows are valid during the callback only; they
 * are NULL for all but RC_OK and QRnnn, which has no rows but may have a DETAIL. Every accepted
 * call calls back exactly once, later, never inside submit, unless it was forgotten. */
#ifndef QR_DB_PGPOOL_H
#define QR_DB_PGPOOL_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"
#include "qrsvc/db/stmt.h"

struct loop;
struct pgpool;
struct db_ticket;
struct db_rows;

struct db_param {
	enum {
		DB_NULL,
		DB_TEXT,       /* s; STR_NONE is NULL.  Must not hold a NUL byte */
		DB_BYTES,      /* s as bytea, binary */
		DB_INT,	       /* i as an int4, int8 or bool written out */
		DB_TEXT_ARRAY, /* list[0..n) as text[] */
		DB_INT_ARRAY   /* ints[0..n) as int4[] or int8[] */
	} type;
	struct str s;
	int64_t i;
	const struct str *list;
	const int64_t *ints;
	size_t n;
};

#define DB_P_TEXT(v)                      \
	{                                 \
		.type = DB_TEXT, .s = (v) \
	}
#define DB_P_BYTES(v)                      \
	{                                  \
		.type = DB_BYTES, .s = (v) \
	}
#define DB_P_INT(v)                               \
	{                                         \
		.type = DB_INT, .i = (int64_t)(v) \
	}

typedef void db_done_cb(void *arg, enum rc rc, const struct db_rows *rows);

/* Never NULL: a call that is refused (RC_BUSY, RC_UNAVAILABLE) is called back from the loop
 * like any other.  n must be the statement's nparams.  deadline_ms counts from now, waiting for
 * a connection included. */
struct db_ticket *db_submit(struct pgpool *p, enum stmt_id st, const struct db_param *params,
	int n, int deadline_ms, db_done_cb *cb, void *arg);
/* The same, but never answered by a replica: after one's own write, or when what was read is
 * older than what has been announced. */
struct db_ticket *db_submit_primary(struct pgpool *p, enum stmt_id st,
	const struct db_param *params, int n, int deadline_ms, db_done_cb *cb, void *arg);
/* The callback will not be called; the statement may still run.  NULL is allowed. */
void db_forget(struct db_ticket *t);

/* Rows.  row < db_count, col < db_columns. */
size_t db_count(const struct db_rows *r);
int db_columns(const struct db_rows *r);
/* STR_NONE = NULL.  Text, or bytes for STMT_BIN. */
struct str db_cell(const struct db_rows *r, size_t row, int col);
/* DETAIL of a refusal QRnnn (JSON, see sql/STAFF.md); r is then what the callback got with an
 * rc that is not RC_OK.  STR_NONE if there is none, or r is NULL. */
struct str db_detail(const struct db_rows *r);

struct pgpool_options {
	const char *dsn;	     /* libpq connection string without user */
	int connections[DB_CLASSES]; /* each 0..16; a call of a class with 0 aborts */
	int depth;		     /* calls in flight on one connection, 1..64 */
	int queue;		     /* calls waiting per class before RC_BUSY */
	int connect_ms; /* deadline of one attempt to connect, for each host of the dsn */
};

/* Notices of the database (notify.h) and of its health. */
struct pgpool_ops {
	/* One document changed: kind, key, version.  Views valid during the call. */
	void (*changed)(void *arg, struct str kind, struct str key, int64_t version);
	/* Anything may have changed: bulk work, or the LISTEN connection was lost and is back.
	 */
	void (*all_changed)(void *arg);
	/* LISTEN is lost (false): from now on nothing cached is known to be fresh; or back. */
	void (*listening)(void *arg, bool on);
};

/* ops NULL: no LISTEN.  Checks the string (hosts must be sockets or numeric addresses, no user,
 * no password in it: RC_INVALID) and starts connecting in the background.  opt is copied. */
enum rc pgpool_new(struct loop *l, const struct pgpool_options *opt,
	const struct pgpool_ops *ops, void *arg, struct pgpool **ret_, struct err *e);
/* Calls in flight are answered RC_UNAVAILABLE (writes that were sent: RC_UNKNOWN). */
void pgpool_free(struct pgpool *p);

/* True while at least one connection of the class is usable. */
bool pgpool_up(const struct pgpool *p, enum db_class c);
/* Reads may come from a replica (several hosts). */
bool pgpool_has_replicas(const struct pgpool *p);
bool pgpool_listening(const struct pgpool *p);

struct pgpool_stats {
	uint64_t calls, errors, timeouts, retries, refused, unknown, connects, lost;
	uint64_t us; /* sum of time from submit to callback */
	int up, waiting, in_flight;
};
void pgpool_stats(const struct pgpool *p, enum db_class c, struct pgpool_stats *ret_);

#endif
