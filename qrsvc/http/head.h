/* head: what the two halves of the head parser share: parse.c (request line, order) and
 * fields.c (field lines).  Private to http/. */
#ifndef QR_HTTP_HEAD_H
#define QR_HTTP_HEAD_H

#include "qrsvc/http/parse.h"

/* Bits of a byte's classes. */
enum {
	C_TCHAR = 1,  /* RFC 9110 5.6.2 */
	C_TARGET = 2, /* pchar / "/" / "?" / "%": RFC 3986 3.3, 3.4 */
	C_HOST = 4,   /* reg-name without "%": RFC 3986 3.2.2 */
	C_HEX = 8,
};
extern const unsigned char http_class[256];

static inline bool is(char c, unsigned bit)
{
	return http_class[(unsigned char)c] & bit;
}

static inline int refuse(const char **ret_why, int status, const char *why)
{
	*ret_why = why;
	return status;
}

/* One field line that is complete in [line, end) or not: *ret_used = 0 asks for more.  0, or
 * the status of a refusal. */
int http_field_line(struct http_parser *p, const char *buf, const char *line, const char *end,
	struct http_request *r, size_t *ret_used, const char **ret_why);

#endif
