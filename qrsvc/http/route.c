/* Owns the compiled route table.  Called by the worker for every request. */
#include "qrsvc/http/route.h"

#include "qrsvc/base/arena.h"

#include <stdlib.h>

/* A segment: literal [name literal]... */
#define SEG_NAMES 3u
struct segment {
	struct str lit[SEG_NAMES + 1]; /* before, between and after the names */
	unsigned names;
};

struct compiled {
	const struct http_route *route;
	unsigned methods;
	size_t nseg, literal; /* bytes of literals: the more, the earlier it is tried */
	struct segment seg[ROUTE_SEGMENTS];
};

struct router {
	struct compiled *all;		 /* by number of segments, then specificity */
	size_t from[ROUTE_SEGMENTS + 2]; /* where those with i segments begin */
};

static bool compile_segment(struct str s, struct compiled *c, unsigned *params)
{
	struct segment *seg = &c->seg[c->nseg++];
	*seg = (struct segment){0};
	for (;;) {
		ptrdiff_t open = str_chr(s, '{');
		struct str lit = open < 0 ? s : str_sub(s, 0, (size_t)open);
		if (seg->names && open >= 0 && lit.n == 0)
			return false; /* two names with nothing between */
		seg->lit[seg->names] = lit;
		c->literal += lit.n;
		if (open < 0)
			return true;
		ptrdiff_t close = str_chr(s, '}');
		if (close < open || seg->names == SEG_NAMES || ++*params > ROUTE_PARAMS)
			return false;
		seg->names++;
		s = str_sub(s, (size_t)close + 1, s.n);
	}
}

static bool compile(const struct http_route *route, struct compiled *ret_)
{
	struct compiled c = {.route = route, .methods = route->methods};
	struct str rest = str_c(route->pattern);
	unsigned params = 0;
	if (c.methods & 1u << HTTP_GET)
		c.methods |= 1u << HTTP_HEAD;
	if (rest.n == 0 || rest.p[0] != '/')
		return false;
	rest = str_sub(rest, 1, rest.n);
	while (rest.p) {
		if (c.nseg == ROUTE_SEGMENTS ||
			!compile_segment(str_cut(&rest, '/'), &c, &params))
			return false;
	}
	*ret_ = c;
	return true;
}

static int order(const void *a, const void *b)
{
	const struct compiled *x = a, *y = b;
	if (x->nseg != y->nseg)
		return x->nseg < y->nseg ? -1 : 1;
	if (x->literal != y->literal)
		return x->literal > y->literal ? -1 : 1;
	return x->route < y->route ? -1 : 1;
}

struct router *router_new(const struct http_route *routes, size_t n)
{
	struct router *r = xcalloc(1, sizeof *r);
	r->all = xcalloc(n, sizeof *r->all);
	for (size_t i = 0; i < n; i++)
		if (!compile(&routes[i], &r->all[i]))
			abort();
	qsort(r->all, n, sizeof *r->all, order);
	for (size_t seg = 0, i = 0; seg < ROUTE_SEGMENTS + 2; seg++) {
		while (i < n && r->all[i].nseg < seg)
			i++;
		r->from[seg] = i;
	}
	return r;
}

void router_free(struct router *r)
{
	if (!r)
		return;
	free(r->all);
	free(r);
}

static bool match_segment(const struct segment *seg, struct str s, struct http_match *m)
{
	if (!str_starts(s, seg->lit[0]))
		return false;
	if (seg->names == 0)
		return s.n == seg->lit[0].n;
	s = str_sub(s, seg->lit[0].n, s.n);
	for (unsigned i = 1; i < seg->names; i++) {
		ptrdiff_t at = str_find(s, seg->lit[i]);
		if (at <= 0)
			return false;
		m->param[m->n++] = str_sub(s, 0, (size_t)at);
		s = str_sub(s, (size_t)at + seg->lit[i].n, s.n);
	}
	struct str last = seg->lit[seg->names];
	if (s.n <= last.n || !str_ends(s, last))
		return false;
	m->param[m->n++] = str_sub(s, 0, s.n - last.n);
	return true;
}

static bool match_path(const struct compiled *c, const struct str *segs, struct http_match *m)
{
	m->n = 0;
	for (size_t i = 0; i < c->nseg; i++)
		if (!match_segment(&c->seg[i], segs[i], m))
			return false;
	return true;
}

bool router_match(const struct router *r, enum http_method method, struct str path,
	struct http_match *ret_)
{
	struct str segs[ROUTE_SEGMENTS] = {0}, rest;
	size_t n = 0, literal = 0;
	*ret_ = (struct http_match){0};
	if (path.n == 0 || path.p[0] != '/')
		return false;
	rest = str_sub(path, 1, path.n);
	while (rest.p) {
		if (n == ROUTE_SEGMENTS)
			return false;
		segs[n++] = str_cut(&rest, '/');
	}
	unsigned bit = method < HTTP_METHODS ? 1u << method : 0;
	for (size_t i = r->from[n]; i < r->from[n + 1]; i++) {
		const struct compiled *c = &r->all[i];
		/* What a special pattern matched is not for a general one: /login stays 405. */
		if (ret_->allowed && c->literal < literal)
			break;
		if (!match_path(c, segs, ret_))
			continue;
		literal = c->literal;
		ret_->allowed |= c->methods;
		if (c->methods & bit) {
			ret_->route = c->route;
			return true;
		}
	}
	ret_->n = 0;
	return false;
}

struct str http_allow(unsigned methods, char out[static HTTP_ALLOW_N])
{
	size_t n = 0;
	methods |= 1u << HTTP_OPTIONS;
	for (unsigned m = 0; m < HTTP_METHODS; m++) {
		if (!(methods & 1u << m))
			continue;
		const char *name = http_method_name((enum http_method)m);
		size_t len = strlen(name);
		if (n) {
			memcpy(out + n, ", ", 2);
			n += 2;
		}
		memcpy(out + n, name, len);
		n += len;
	}
	return (struct str){out, n};
}
