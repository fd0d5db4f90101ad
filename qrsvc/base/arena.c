/* Owns the blocks of an arena.  Blocks double up to 64 KiB so that a page needs a few mallocs.
 */
#include "qrsvc/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK 4096u
#define LARGEST_STEP 65536u
#define ALIGN 16u

struct arena_block {
	struct arena_block *next;
	size_t size; /* of data */
	char data[] __attribute__((aligned(ALIGN)));
};

void arena_init(struct arena *a)
{
	*a = (struct arena){0};
}

void arena_release(struct arena *a)
{
	for (struct arena_block *b = a->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
	struct arena_block *b = a->head;
	if (!b)
		return;
	while (b->next) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
	*a = (struct arena){.head = b, .at = b->data, .end = b->data + b->size};
}

void arena_rewind(struct arena *a)
{
	struct arena_block *keep = a->head;
	if (!keep)
		return;
	for (struct arena_block *b = keep->next, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	keep->next = NULL;
	if (keep->size > LARGEST_STEP) { /* made for one large text */
		arena_release(a);
		return;
	}
	*a = (struct arena){.head = keep, .at = keep->data, .end = keep->data + keep->size};
}

static void grow(struct arena *a, size_t n)
{
	size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK, total;
	if (size > LARGEST_STEP)
		size = LARGEST_STEP;
	if (size < n)
		size = n;
	if (!size_add(size, sizeof(struct arena_block), &total))
		abort();
	struct arena_block *b = xmalloc(total);
	b->next = a->head;
	b->size = size;
	a->head = b;
	a->at = b->data;
	a->end = b->data + size;
}

static char *take(struct arena *a, size_t n)
{
	size_t rounded;
	if (!size_add(n, ALIGN - 1, &rounded))
		abort();
	rounded &= ~(size_t)(ALIGN - 1);
	if ((size_t)(a->end - a->at) < rounded || !a->at)
		grow(a, rounded);
	char *p = a->at;
	a->at += rounded;
	a->used += rounded;
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	return memset(take(a, n ? n : 1), 0, n);
}

void *arena_raw(struct arena *a, size_t n)
{
	return take(a, n ? n : 1);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;
	if (!size_mul(n, size, &total))
		abort();
	return arena_alloc(a, total);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = take(a, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	return (struct str){p, s.n};
}

struct str arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	char *p = take(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){p, (size_t)n};
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p)
		abort();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		abort();
	return p;
}

void *xrealloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);
	if (!q)
		abort();
	return q;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	return memcpy(xmalloc(n), s, n);
}
