/* ledger: from what the ledger says of labels (the columns of api.label_list()) to rows of a
 * sheet, and back to the positions used.
 *
 * Shared by `qrsvc labels` and by the jobs process, so that both make the same bytes of the
 * same labels.  Knows no database: cells are views of whoever asked it. */
#ifndef QR_LABELS_LEDGER_H
#define QR_LABELS_LEDGER_H

#include "labels/label.h"

/* One row of what api.label_list() returns, by column. */
enum ledger_column {
	LC_CODE,
	LC_STATE,
	LC_NAME,
	LC_PLACE,
	LC_ADDRESS,
	LC_BUILDING,
	LC_SPOT,
	LC_ORG,
	LC_PHONE,
	LC_FACILITY,
	LC_PLACE_CODE,
	LC_BATCH,
	LC_COLUMNS
};

#define LEDGER_SKIP 64		  /* most positions of the first sheet that are passed over */
#define LEDGER_POSITION_MAX 10000 /* of the first sheet, from 1 */
#define LEDGER_TEMPLATE "a4-24"	  /* when none is named */

/* The row a sheet prints; number counts from 1. */
struct label_row ledger_row(const struct str cell[LC_COLUMNS], uint64_t number);

/* "" or NULL: 1.  RC_BAD: no position. */
enum rc ledger_start(const char *text, unsigned *ret_, struct err *e);
/* "3,7": positions from 1, with commas, into skip[LEDGER_SKIP].  NULL, "": none. */
enum rc ledger_skip(const char *text, unsigned skip[LEDGER_SKIP], size_t *ret_n, struct err *e);
/* The first position from `at` on that is not passed over. */
unsigned ledger_position(const struct label_options *o, unsigned at);

#endif
