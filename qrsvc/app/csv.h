/* csv: a table in a file, read row by row in constant memory.
 *
 * UTF-8 with or without BOM, GB18030, or UTF-16 with the BOM of little-endian as spreadsheets
 * save it (iconv), found by looking at the whole file once before the first row: what begins
 * with FF FE is UTF-16, else a file that is well-formed UTF-8 is UTF-8, anything else must be
 * well-formed GB18030.  RFC 4180 with LF or CRLF; a stray quote is an error of the file, not of
 * a row. libcsv splits; the bytes of each row are kept so that a refused row can be copied out
 * as it was. */
#ifndef QR_APP_CSV_H
#define QR_APP_CSV_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

/* A row of a table, valid during the callback. */
struct csv_row {
	const struct str *cell; /* UTF-8; an empty cell is {p, 0} */
	size_t n;
	int64_t line;	/* 1-based line of the file on which the row begins */
	struct str raw; /* the row as it stands in the file, in UTF-8, without its line end */
};

/* Anything but RC_OK ends the reading and becomes csv_read's result. */
typedef enum rc csv_row_cb(void *arg, const struct csv_row *row, struct err *e);

struct csv_options {
	const char *encoding; /* "auto", "utf-8", "gb18030", "utf-16" */
	char delimiter;
	/* After each piece of the file: how far it is, in bytes of the file. */
	void (*progress_cb)(void *arg, int64_t done, int64_t total);
	csv_row_cb *row_cb;
	void *arg;
};

/* Bounds: a row is a line of a table, not a document. */
#define LIMIT_CSV_CELLS 512u
#define LIMIT_CSV_ROW (64u * 1024u)

/* Every row, the header included.  RC_BAD with the line: malformed CSV, a NUL byte, bytes that
 * are no character, a row over its bounds.  RC_IO: no such file. */
enum rc csv_read(const char *path, const struct csv_options *opt, struct err *e);

/* What a file is, by looking at it: encoding is one that csv_options takes, name what it is
 * called
 * ("UTF-8", "GB18030", "UTF-16"); bom: it begins with a mark of UTF-8; delimiter: of comma,
 * semicolon and tab the one that stands most often outside quotes in its first line, comma when
 * none does.  RC_BAD: no such encoding; RC_IO. */
struct csv_sniffed {
	const char *encoding, *name;
	bool bom;
	char delimiter;
};
enum rc csv_sniff(const char *path, struct csv_sniffed *ret_, struct err *e);

#endif
