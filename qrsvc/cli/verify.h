/* verify: what the parts of `qrsvc verify` share. */
#ifndef QR_CLI_VERIFY_H
#define QR_CLI_VERIFY_H

#include "qrsvc/base/arena.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/db/pgsync.h"

struct verify {
	struct pgsync *pg;
	const char *heads, *key; /* --heads, --key; NULL: not said */
	struct cli_progress progress;
	int64_t checked, bad;
	int64_t signed_heads, acts; /* looked at; acts the newest of them signs */
	char first[200];
};

/* One fault: a line on standard output, the first of them kept for the end. */
void verify_complain(
	struct verify *v, const char *what, struct str key, struct str rev, struct str problem);
/* One row of a piece; arg is the walk's. */
typedef void verify_row(struct verify *v, void *arg, struct arena *mem,
	const struct pgsync_rows *rows, size_t i);
/* Calls an api.verify_* function piece by piece until its mark says that there is no more.  sql
 * has $1, the mark to go on after (from: the first, "" or "0"), and $2, how many it looks at;
 * the last row of a piece carries nothing but the next mark. */
struct verify_walk {
	const char *sql, *from;
	int mark; /* its column */
	int piece;
	verify_row *row;
	void *arg;
};
/* A verify_row for rows of key and problem; arg: the word for what it is. */
verify_row verify_plain;
enum rc verify_pieces(
	struct verify *v, const struct verify_walk *w, struct arena *mem, struct err *e);

/* verify_chain.c: acts, heads with their signatures, and the heads somebody kept elsewhere. */
enum rc verify_chain(struct verify *v, struct arena *mem, struct err *e);

#endif
