/* uri: targets, queries, form bodies, hosts.  Pure; decoded text goes to the arena.
 *
 * Percent-encoding is decoded exactly once (security.md 9). */
#ifndef QR_HTTP_URI_H
#define QR_HTTP_URI_H

#include "qrsvc/base/arena.h"

/* Splits an origin-form target ("/a%20b?x=1") at '?' and decodes the path.  False (400): not
 * beginning with '/', bytes RFC 3986 3.3/3.4 does not allow, a broken escape, and after
 * decoding: control bytes, backslash, an encoded '/', malformed or overlong UTF-8, a segment
 * "." or "..".  A path without '%' is a view of the target. */
bool uri_split(struct arena *a, struct str target, struct str *ret_path, struct str *ret_query);
/* RFC 3986 2.1: %XX once; '+' as space if plus.  False: broken escape.  Without anything to
 * decode, returns s itself. */
bool uri_decode(struct arena *a, struct str s, bool plus, struct str *ret_);

/* application/x-www-form-urlencoded, also the form of our queries: walks "a=1&b=2".  Names and
 * values are decoded and must be UTF-8 without NUL. */
enum uri_pair { URI_PAIR, URI_END, URI_BAD };
enum uri_pair uri_pair_next(
	struct arena *a, struct str *rest, struct str *ret_name, struct str *ret_value);
/* First value of that name; STR_NONE if absent or the query is malformed. */
struct str uri_query(struct arena *a, struct str query, struct str name);

#endif
