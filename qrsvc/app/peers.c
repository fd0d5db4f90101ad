/* Owns the table of connected addresses: open addressing, deletion by shifting back (Knuth,
 * The Art of Computer Programming 3, 6.4 R).  Called by worker.c. */
#include "qrsvc/app/peers.h"

#include "qrsvc/app/hash.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"

#include <stdlib.h>

struct cell {
	struct addr addr;
	unsigned n; /* 0: free */
};

struct peers {
	struct cell *cell;
	size_t size; /* a power of two, at least twice the most addresses */
	size_t used;
	unsigned each;
	uint64_t seed;
};

struct peers *peers_new(size_t max, unsigned each)
{
	struct peers *p = xcalloc(1, sizeof *p);
	for (p->size = 64; p->size < max * 2;)
		p->size *= 2;
	p->cell = xcalloc(p->size, sizeof *p->cell);
	p->each = each;
	crypto_random(&p->seed, sizeof p->seed);
	return p;
}

void peers_free(struct peers *p)
{
	if (p)
		free(p->cell);
	free(p);
}

static size_t home(const struct peers *p, const struct addr *a)
{
	struct str s = {(const char *)a->b, sizeof a->b};
	return hash_bytes(p->seed + (uint64_t)a->kind, s) & (p->size - 1);
}

static struct cell *find(struct peers *p, const struct addr *a)
{
	size_t i = home(p, a);
	while (p->cell[i].n && !addr_eq(&p->cell[i].addr, a))
		i = (i + 1) & (p->size - 1);
	return &p->cell[i];
}

bool peers_enter(struct peers *p, const struct addr *a)
{
	if (!p->each)
		return true;
	struct cell *c = find(p, a);
	if (c->n >= p->each || (!c->n && p->used >= p->size / 2))
		return false;
	if (!c->n) {
		c->addr = *a;
		p->used++;
	}
	c->n++;
	return true;
}

void peers_leave(struct peers *p, const struct addr *a)
{
	if (!p->each)
		return;
	struct cell *c = find(p, a);
	if (!c->n || --c->n)
		return;
	p->used--;
	size_t hole = (size_t)(c - p->cell), mask = p->size - 1;
	for (size_t i = (hole + 1) & mask; p->cell[i].n; i = (i + 1) & mask) {
		size_t from = home(p, &p->cell[i].addr);
		/* May it move to the hole? Only if its home does not lie behind the hole. */
		if (((i - from) & mask) < ((i - hole) & mask))
			continue;
		p->cell[hole] = p->cell[i];
		p->cell[i].n = 0;
		hole = i;
	}
}

size_t peers_count(const struct peers *p)
{
	return p->used;
}
