/* Owns the codes a batch has had, so that none is printed twice: five bytes a code, so that
 * memory hardly grows with the batch.  Called by sheet.c. */
#include "labels/seen.h"
#include "qrsvc/base/arena.h"

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static uint64_t seen_mix(uint64_t v)
{
	v *= 0x9e3779b97f4a7c15u;
	return v ^ v >> 29;
}

static uint64_t seen_get(const struct seen *s, size_t i)
{
	uint64_t v = 0;

	memcpy(&v, s->slot + i * 5, 5);
	return v;
}

/* Puts v (40 bits, not 0) into the table; false if it was there. */
static bool seen_put(struct seen *s, uint64_t v)
{
	size_t i = seen_mix(v) % s->cap;

	for (; seen_get(s, i) != 0; i = (i + 1) % s->cap)
		if (seen_get(s, i) == v)
			return false;
	memcpy(s->slot + i * 5, &v, 5);
	s->n++;
	return true;
}

bool seen_add(struct seen *s, const char code[9])
{
	uint64_t v = 0;

	/* The eight letters decide; five bits each. */
	for (int i = 0; i < 8; i++)
		v = v << 5 | (uint64_t)(strchr(letters, code[i]) - letters);
	if (v == 0) {
		bool first = !s->zero;

		s->zero = true;
		return first;
	}
	if (s->n + s->n / 4 >= s->cap) {
		struct seen old = *s;

		s->cap = old.cap + old.cap / 2 + 1024;
		s->slot = xcalloc(s->cap, 5);
		s->n = 0;
		for (size_t i = 0; i < old.cap; i++)
			if (seen_get(&old, i) != 0)
				seen_put(s, seen_get(&old, i));
		free(old.slot);
	}
	return seen_put(s, v);
}
