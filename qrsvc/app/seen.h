/* seen: the last version announced of each document, in bounded memory.  For cache.c.
 *
 * Sets of eight cells.  When a set is full the oldest announcement leaves and raises the set's
 * floor: of a document that is not listed, anything below the floor may be old.  So the table
 * never says "new enough" wrongly; it may say "perhaps old" of a document that is not, which
 * costs one read from the primary. */
#ifndef QR_APP_SEEN_H
#define QR_APP_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct seen;
struct seen *seen_new(void);
void seen_free(struct seen *s);
/* key: hash of (kind, key) of the document. */
void seen_put(struct seen *s, uint64_t key, int64_t version);
/* True if something newer than `version` may have been announced. */
bool seen_newer(const struct seen *s, uint64_t key, int64_t version);

#endif
