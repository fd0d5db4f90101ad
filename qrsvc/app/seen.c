/* Owns the table of announced versions.  Called by cache.c. */
#include "qrsvc/app/seen.h"

#include "qrsvc/base/arena.h"

#include <stdlib.h>

#define SETS 4096u
#define WAYS 8u

struct cell {
	uint64_t key; /* 0: free */
	int64_t version;
};

struct seen {
	struct {
		int64_t floor;
		struct cell cell[WAYS];
	} set[SETS];
};

struct seen *seen_new(void)
{
	return xcalloc(1, sizeof(struct seen));
}

void seen_free(struct seen *s)
{
	free(s);
}

void seen_put(struct seen *s, uint64_t key, int64_t version)
{
	struct cell *c = s->set[key % SETS].cell, *oldest = c;
	for (unsigned i = 0; i < WAYS; i++) {
		if (c[i].key == key) {
			if (c[i].version < version)
				c[i].version = version;
			return;
		}
		if (oldest->key && (!c[i].key || c[i].version < oldest->version))
			oldest = &c[i];
	}
	int64_t *floor = &s->set[key % SETS].floor;
	if (oldest->key && *floor < oldest->version)
		*floor = oldest->version;
	*oldest = (struct cell){key, version};
}

bool seen_newer(const struct seen *s, uint64_t key, int64_t version)
{
	const struct cell *c = s->set[key % SETS].cell;
	for (unsigned i = 0; i < WAYS; i++)
		if (c[i].key == key)
			return c[i].version > version;
	return s->set[key % SETS].floor > version;
}
