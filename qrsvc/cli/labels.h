/* labels: what the subcommands of `qrsvc labels` share. */
#ifndef QR_CLI_LABELS_H
#define QR_CLI_LABELS_H

#include "qrsvc/base/arena.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/config.h"
#include "qrsvc/db/pgsync.h"

/* Everything a subcommand may be told; NULL, false: not said. */
struct labels_args {
	const struct config *cfg;
	struct pgsync *pg;
	const char *who; /* who stands in the ledger */
	const char *org, *place, *facility, *kind, *state, *spot, *reason, *count;
	const char *template, *printer, *profile, *start, *skip;
	bool damaged, unprinted, trial, by_column, crop;
	char **operand; /* codes, or the file and codes */
	int n;
};

/* The labels the options name (codes: those of the operands from `first` on, each checked). */
enum rc labels_select(
	const struct labels_args *a, int first, struct pgsync_rows *ret_, struct err *e);
/* Codes of operands from `first` on as an array for PostgreSQL; STR_NONE if there are none. */
enum rc labels_codes(const struct labels_args *a, int first, struct arena *mem,
	struct str *ret_, struct err *e);

/* operand[0]: the file (PDF) or folder (PNG).  Makes it, proves every symbol, writes the
 * ledger's line, and only then lets the file appear under its name. */
enum rc labels_print(const struct labels_args *a, bool png, struct err *e);

#endif
