/* sheet: a table as a file for spreadsheets, row by row, in bounded memory.
 *
 * CSV after RFC 4180 with CRLF, in UTF-8 with or without its mark; a cell that a spreadsheet
 * would run as a formula gets a leading apostrophe (sbuf_csv, security.md 14).  XLSX (ECMA-376)
 * by libxlsxwriter in its constant-memory mode: text is always written as text, so nothing in
 * it is ever run, and needs no apostrophe.  NULL is an empty cell.  The file lies unnamed in a
 * folder (O_TMPFILE); XLSX needs names there while it is made, which are gone afterwards.
 *
 * Blocks on the disk: for the jobs process and tools, never for a worker. */
#ifndef QR_APP_SHEET_H
#define QR_APP_SHEET_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

enum sheet_format { SHEET_CSV, SHEET_CSV_BOM, SHEET_XLSX };
/* "csv", "csv-bom", "xlsx"; false: none of them. */
bool sheet_format_of(struct str name, enum sheet_format *ret_);

struct sheet_cell {
	struct str text; /* UTF-8; STR_NONE or empty: an empty cell */
	bool number;	 /* text is a JSON number: a number in XLSX too */
};

/* Bounds of XLSX: rows of a sheet, characters of a cell (what is longer is cut). */
#define SHEET_ROWS 1048576
#define SHEET_COLUMNS 512
#define SHEET_CELL 32767

struct sheet;

/* name: of the sheet in XLSX, at most 31 characters.  The first row is that of headings. */
enum rc sheet_new(enum sheet_format format, const char *folder, struct str name,
	struct sheet **ret_, struct err *e);
/* RC_TOO_LARGE: more rows than a sheet may have, or more columns; RC_IO: no room. */
enum rc sheet_row(struct sheet *s, const struct sheet_cell *cell, size_t n, struct err *e);
/* The whole file, at its beginning; the descriptor is the caller's. */
enum rc sheet_end(struct sheet *s, int *ret_fd, int64_t *ret_size, struct err *e);
/* NULL is fine; whatever was made is gone unless sheet_end() gave it away. */
void sheet_free(struct sheet *s);

#endif
