/* Owns a compressor and its output buffer.  Called by app/page.c, once per cached page. */
#include "qrsvc/app/gzip.h"

#include "qrsvc/base/arena.h"

#include <libdeflate.h>
#include <stdlib.h>

struct gzip {
	struct libdeflate_compressor *c;
	char *out;
	size_t cap;
};

struct gzip *gzip_new(int level)
{
	struct gzip *g = xcalloc(1, sizeof *g);
	g->c = libdeflate_alloc_compressor(level);
	if (!g->c)
		abort();
	return g;
}

void gzip_free(struct gzip *g)
{
	if (!g)
		return;
	libdeflate_free_compressor(g->c);
	free(g->out);
	free(g);
}

struct str gzip_pack(struct gzip *g, struct str s)
{
	if (g->cap < s.n) {
		free(g->out);
		g->out = xmalloc(s.n);
		g->cap = s.n;
	}
	/* One byte less than the content: what is not smaller does not fit. */
	size_t n = s.n ? libdeflate_gzip_compress(g->c, s.p, s.n, g->out, s.n - 1) : 0;
	return n ? (struct str){g->out, n} : STR_NONE;
}
