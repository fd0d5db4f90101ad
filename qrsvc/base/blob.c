/* Owns the storage of reference-counted bytes.  Called by the cache, the codec and the engine.
 */
#include "qrsvc/base/blob.h"

#include "qrsvc/base/arena.h"

#include <assert.h>
#include <stdlib.h>

struct blob *blob_new(size_t n)
{
	size_t total;
	if (!size_add(n, sizeof(struct blob) + 1, &total))
		abort();
	struct blob *b = xmalloc(total);
	b->n = n;
	b->refs = 1;
	b->p[n] = 0;
	return b;
}

struct blob *blob_copy(struct str s)
{
	struct blob *b = blob_new(s.n);
	if (s.n)
		memcpy(b->p, s.p, s.n);
	return b;
}

void blob_unref(struct blob *b)
{
	if (!b)
		return;
	assert(b->refs > 0);
	if (--b->refs == 0)
		free(b);
}
