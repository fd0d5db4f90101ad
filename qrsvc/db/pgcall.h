/* pgcall: what goes into a call and what comes out: parameters as libpq wants them, rows,
 * SQLSTATEs.  For pgpool.c. */
#ifndef QR_DB_PGCALL_H
#define QR_DB_PGCALL_H

#include "qrsvc/db/pgconn.h"
#include "qrsvc/db/pgpool.h"

struct db_rows {
	const PGresult *res;
};

/* Bytes pgcall_set() needs for copies of these parameters. */
size_t pgcall_size(const struct db_param *params, int n);
/* Fills a zeroed call; n must be the statement's. */
void pgcall_set(
	struct pgcall *c, enum stmt_id id, const struct db_param *params, int n, char *room);

/* QRnnn carries an HTTP status (architecture.md 5), the rest by class (PostgreSQL 15, appendix
 * A); never RC_OK. */
enum rc pgcall_rc(const char *sqlstate);
/* The statement was not executed and may be sent again: a neighbour in its batch failed, or it
 * must be prepared anew (the server forgot it, or its result type changed). */
bool pgcall_untried(const PGresult *res);

#endif
