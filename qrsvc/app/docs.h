/* docs: storage behind a docset, and the reference documents it speaks of.  For cache.c and
 * page.c; render functions see app/docset.h. */
#ifndef QR_APP_DOCS_H
#define QR_APP_DOCS_H

#include "qrsvc/app/docset.h"
#include "qrsvc/db/pgpool.h"

/* Most reference versions kept parsed: one is current, a few linger in old documents. */
#define REFS_MAX 16

struct refs;
struct refs *refs_new(void);
void refs_free(struct refs *r);
/* Takes a copy of a reference document. RC_BAD if it is not JSON. */
enum rc refs_put(struct refs *r, int64_t version, struct str bytes);
bool refs_have(struct refs *r, int64_t version);
/* Parsed; NULL if it is not there.  Valid until the next refs_put(). */
const struct json *refs_json(struct refs *r, int64_t version);

/* Copies rows (columns kind, key, version, next_change, doc) into one allocation; guess may be
 * NULL.  RC_INTERNAL: the columns are not those. */
enum rc docs_new(const struct db_rows *rows, const struct db_rows *guess, struct docset **ret_);
void docs_free(struct docset *d);
size_t docs_bytes(const struct docset *d);
/* The reference version document i names, 0 if none. */
int64_t docs_ref(const struct docset *d, size_t i);
/* First version that is named and not in r; 0: all there. */
int64_t docs_missing_ref(const struct docset *d, struct refs *r);

/* Around a render call: parsed trees live in between. */
void docs_begin(struct docset *d, struct refs *r);
void docs_end(struct docset *d);

#endif
