/* pgsync: a blocking connection to PostgreSQL for command-line tools.
 *
 * The daemon never uses it: a worker speaks through pgpool.  One connection, one statement at a
 * time, the calling process waits.  Values travel as parameters or as COPY rows, never inside
 * the text of a statement (security.md 30); the only texts sent whole are the project's own SQL
 * files (pgsync_script).
 *
 * Errors are one line in struct err: the server's message, its SQLSTATE and, for a script, the
 * line.  rc follows the SQLSTATE: QR4xx and QR5xx as HTTP status, class 08 and 57P0x
 * RC_UNAVAILABLE, 42501 RC_FORBIDDEN, everything else RC_INTERNAL. */
#ifndef QR_DB_PGSYNC_H
#define QR_DB_PGSYNC_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/base/str.h"

struct pgsync;

/* Most parameters of one statement; the longest api.* function takes fewer. */
#define PGSYNC_PARAMS 24

/* Called for each NOTICE and WARNING of the server. */
typedef void pgsync_notice_cb(void *arg, struct str severity, struct str message);

struct pgsync_param {
	enum { PG_P_TEXT, PG_P_INT, PG_P_BYTES, PG_P_NULL } is;
	struct str s; /* PG_P_TEXT (STR_NONE is NULL), PG_P_BYTES */
	int64_t i;    /* PG_P_INT */
};
#define PG_TEXT(v) ((struct pgsync_param){PG_P_TEXT, (v), 0})
#define PG_C(v) ((struct pgsync_param){PG_P_TEXT, str_c(v), 0})
#define PG_INT(v) ((struct pgsync_param){PG_P_INT, STR_NONE, (int64_t)(v)})
#define PG_BYTES(v) ((struct pgsync_param){PG_P_BYTES, (v), 0})
#define PG_NULL ((struct pgsync_param){PG_P_NULL, STR_NONE, 0})

/* Rows of one answer, owned by the caller: pgsync_rows_release(). Zeroed = empty. */
struct pgsync_rows {
	void *res; /* PGresult, never seen outside db/ */
};

/* Connects with the words of `dsn` (conninfo or URI), then user=`role` unless NULL; 10 s at
 * most.  An empty dsn leaves it to the PG* environment. */
enum rc pgsync_open(const char *dsn, const char *role, struct pgsync **ret_, struct err *e);
/* The first host of the dsn that is a standby and takes readers; RC_UNAVAILABLE: none does. */
enum rc pgsync_open_standby(
	const char *dsn, const char *role, struct pgsync **ret_, struct err *e);
/* How many hosts the dsn names, at least 1. */
int pgsync_hosts(const char *dsn);
void pgsync_free(struct pgsync *pg); /* NULL is fine; an open transaction is rolled back */
void pgsync_on_notice(struct pgsync *pg, pgsync_notice_cb *cb, void *arg);

/* One statement with n parameters ($1...).  rows may be NULL when none are wanted. */
enum rc pgsync_query(struct pgsync *pg, const char *sql, const struct pgsync_param *params,
	int n, struct pgsync_rows *ret_rows, struct err *e);
/* Without parameters and rows: BEGIN, COMMIT, SET ... */
enum rc pgsync_do(struct pgsync *pg, const char *sql, struct err *e);
/* Several statements of one file, sent as they are; `name` and the line stand in the error. */
enum rc pgsync_script(struct pgsync *pg, const char *name, const char *sql, struct err *e);

size_t pgsync_count(const struct pgsync_rows *rows);
/* STR_NONE for NULL; valid until the rows are released.  bytea comes as its hex text. */
struct str pgsync_cell(const struct pgsync_rows *rows, size_t row, int col);
int64_t pgsync_int(const struct pgsync_rows *rows, size_t row, int col); /* 0 for NULL */
void pgsync_rows_release(struct pgsync_rows *rows);

/* Rows one at a time, for answers that do not fit into memory (libpq single-row mode). */
typedef enum rc pgsync_row_cb(void *arg, const struct pgsync_rows *one, struct err *e);
enum rc pgsync_each(struct pgsync *pg, const char *sql, const struct pgsync_param *params,
	int n, pgsync_row_cb *cb, void *arg, struct err *e);

/* COPY ... FROM STDIN in the text format.  Between begin and end only put and abort. */
enum rc pgsync_copy_begin(struct pgsync *pg, const char *sql, struct err *e);
enum rc pgsync_copy_put(struct pgsync *pg, struct str bytes, struct err *e);
enum rc pgsync_copy_end(struct pgsync *pg, struct err *e);
void pgsync_copy_abort(struct pgsync *pg, const char *why);
/* One field of the text format appended to b: escaped, \N for STR_NONE. */
void pgsync_copy_field(struct sbuf *b, struct str s, bool last);

#endif
