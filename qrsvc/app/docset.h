/* docset: published documents as one call of the database returned them.
 *
 * Row 1 is the document that was asked for, the others are what its page needs beside it
 * (statement by statement: stmt.def and sql/api).  The bytes of a document are passed on as
 * they are (`.json` pages); templates read them as parsed JSON, made when first asked for.
 * A docset is immutable but for that, belongs to the cache entry it came with, and stays valid
 * during the render callback only. */
#ifndef QR_APP_DOCSET_H
#define QR_APP_DOCSET_H

#include "qrsvc/base/clock.h"
#include "qrsvc/base/str.h"

struct json;

struct doc {
	struct str kind, key;
	int64_t version;
	int32_t next_change; /* day, or DAY_NONE */
	struct str bytes;    /* the stored JSON text */
};

struct docset {
	const struct doc *doc;
	size_t n; /* 0: no such thing */
	/* Rows of the second statement (page_kind.guess), which runs only if n is 0. */
	const struct str *guess; /* guess_n * guess_cols cells */
	size_t guess_n;
	int guess_cols;
	struct docset_priv *priv;
};

/* Document i parsed; NULL when it is not JSON (logged; cannot happen with documents of ours).
 */
const struct json *docset_json(const struct docset *d, size_t i);
/* The reference document that document i names ("ref"); it has been loaded before the render
 * callback runs.  NULL if the document names none. */
const struct json *docset_reference(const struct docset *d, size_t i);
/* First document of that kind, or -1. */
ptrdiff_t docset_find(const struct docset *d, struct str kind);

#endif
