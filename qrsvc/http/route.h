/* route: which route a path belongs to.  Pure; the table is compiled once at start.
 *
 * Pattern: segments of literals and {names}: "/", "/f/{facility}/history", "/{code}.json",
 * "/p/{sha}-{width}.jpg".  A name takes one or more bytes of one segment, up to the first
 * occurrence of the literal behind it (the last one, at the end of the segment).  Where several
 * patterns match, the one with more literal bytes wins; between equals the first. */
#ifndef QR_HTTP_ROUTE_H
#define QR_HTTP_ROUTE_H

#include "qrsvc/http/msg.h"

#define ROUTE_PARAMS 4u	  /* names in a pattern */
#define ROUTE_SEGMENTS 8u /* segments in a path; longer paths match nothing */

struct http_route {
	unsigned methods;    /* bits 1u << enum http_method; HTTP_GET implies HTTP_HEAD */
	const char *pattern; /* static */
	const void *data;    /* the table owner's */
};

struct http_match {
	const struct http_route *route; /* NULL: none for this method */
	unsigned allowed; /* methods of all matching routes: 405 if route is NULL and
			     this is not 0, 404 if it is 0 */
	size_t n;
	struct str param[ROUTE_PARAMS]; /* views of the path, in the pattern's order */
};

struct router;
/* The routes must outlive it.  A malformed pattern aborts: it is our own text. */
struct router *router_new(const struct http_route *routes, size_t n)
	__attribute__((returns_nonnull));
void router_free(struct router *r);
/* True if route is set. */
bool router_match(const struct router *r, enum http_method method, struct str path,
	struct http_match *ret_);
/* "GET, HEAD, POST" (and always OPTIONS) for the Allow field. */
#define HTTP_ALLOW_N 64
struct str http_allow(unsigned methods, char out[static HTTP_ALLOW_N]);

#endif
