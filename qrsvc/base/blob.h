/* blob: immutable, reference-counted bytes (architecture.md 9.2), for what is cached or sent.
 *
 * Filled once by whoever made it, before anybody else holds it; after that nobody writes.  The
 * count is not atomic: one process, one thread.  Size: bounded by the maker (LIMIT_PAGE). */
#ifndef QR_BASE_BLOB_H
#define QR_BASE_BLOB_H

#include "qrsvc/base/str.h"

struct blob {
	size_t n;
	uint32_t refs;
	char p[]; /* also ends in NUL, not counted in n */
};

/* n bytes, not zeroed, one reference. */
struct blob *blob_new(size_t n) __attribute__((returns_nonnull));
struct blob *blob_copy(struct str s) __attribute__((returns_nonnull));
/* Returns b, for `x->blob = blob_ref(b)`. */
static inline struct blob *blob_ref(struct blob *b)
{
	b->refs++;
	return b;
}
/* NULL is allowed; the last one frees. */
void blob_unref(struct blob *b);
static inline struct str blob_view(const struct blob *b)
{
	return (struct str){b->p, b->n};
}

#endif
