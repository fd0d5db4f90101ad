/* arena: memory of one request (or one command), given back all at once.
 *
 * Pointers into an arena never outlive it.  Allocation never returns NULL: what a caller may
 * ask for is bounded by limits.h before it asks, so a failing malloc is true exhaustion and
 * aborts (the master restarts the worker; architecture.md 9.6). */
#ifndef QR_BASE_ARENA_H
#define QR_BASE_ARENA_H

#include "qrsvc/base/str.h"

struct arena_block;

struct arena {
	struct arena_block *head; /* newest block first */
	char *at, *end;		  /* free part of the newest block */
	size_t used;		  /* bytes handed out, for limits and metrics */
};

void arena_init(struct arena *a);
/* Gives every block back. */
void arena_release(struct arena *a);
/* Empties it but keeps its first block, for keep-alive connections. */
void arena_reset(struct arena *a);
/* Empties it but keeps its newest block, which is its largest: for one arena that serves one
 * page after the other. */
void arena_rewind(struct arena *a);
/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));
/* The same with whatever bytes were there: for what is written at once and whole. */
void *arena_raw(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));
/* n times size, checked for overflow (overflow aborts: it is our own arithmetic). */
void *arena_array(struct arena *a, size_t n, size_t size)
	__attribute__((malloc, returns_nonnull));
/* A copy that also ends in NUL (not counted in n). */
struct str arena_str(struct arena *a, struct str s);
/* printf into the arena. */
struct str arena_fmt(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* malloc, realloc for what outlives a request: abort when memory is exhausted. */
void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));

#endif
