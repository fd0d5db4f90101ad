/* rows: label rows from CSV or TSV (RFC 4180, UTF-8, with or without BOM); the door to libcsv.
 *
 * The first record names the columns (label_field_of); one must be "code".  A column nobody
 * knows is refused, since a misspelt one would print nothing.  A comma, semicolon or tab in the
 * first line decides the separator.  Rows are numbered as a spreadsheet shows them: the first
 * after the heading is 2. */
#ifndef QR_LABELS_ROWS_H
#define QR_LABELS_ROWS_H

#include "labels/label.h"

/* Return anything but RC_OK (with *e set) to stop. */
typedef enum rc rows_cb(void *arg, const struct label_row *row, struct err *e);

enum rc rows_read(FILE *in, const char *name, rows_cb *cb, void *arg, struct err *e);

#endif
