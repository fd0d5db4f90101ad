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
/* The last row of a piece carries only the mark to go on from; NULL ends. */
bool verify_mark(const struct pgsync_rows *rows, int col, struct arena *mem, struct str *ret_);

/* verify_chain.c: acts, heads with their signatures, and the heads somebody kept elsewhere. */
enum rc verify_chain(struct verify *v, struct arena *mem, struct err *e);

#endif
