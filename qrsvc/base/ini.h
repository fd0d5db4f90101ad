/* ini: the door to inih.  Reads files of `[section]` and `key = value` lines.
 *
 * `#` and `;` begin a comment line, " ;" a comment behind a value; a line that begins with a
 * blank goes on with the value above it (joined by one blank).  Keys and values have no blanks
 * around them.  A value is at most INI_VALUE bytes, a physical line at most INI_LINE. */
#ifndef QR_BASE_INI_H
#define QR_BASE_INI_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

#define INI_LINE 190u /* inih's own bound is 200 with its line end */
#define INI_VALUE 4096u

struct ini_entry {
	const char *section, *key; /* "" before the first section */
	struct str value;	   /* ends in NUL */
	int line;		   /* of the key */
};

/* Anything but RC_OK ends the reading and becomes ini_read's result. */
typedef enum rc ini_entry_cb(void *arg, const struct ini_entry *entry, struct err *e);

/* Every entry in the order of the file.  RC_IO: no such file; RC_BAD: "FILE:LINE: ...", a line
 * that is neither section, entry nor comment, a key without value mark, bytes that are no
 * UTF-8. */
enum rc ini_read(const char *path, ini_entry_cb *cb, void *arg, struct err *e);
/* The same from memory; `name` stands for the path in errors. */
enum rc ini_read_str(
	struct str text, const char *name, ini_entry_cb *cb, void *arg, struct err *e);

#endif
