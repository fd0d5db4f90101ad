/* parse: the head of a request (RFC 9112 2-6), pure: bytes in, struct out.
 *
 * Strict on purpose (architecture.md 4): only CRLF ends a line; no obs-fold; no control bytes;
 * a framing field (Host, Content-Length, Transfer-Encoding) has at most one space before its
 * value and none after.  What a proxy in front might read differently is refused.
 *
 * Incremental: feed the whole buffer from the head's first byte on each time more arrived; what
 * was parsed is not parsed again.  The buffer may move between calls, its bytes may not change.
 *
 * Refusals, as HTTP status: 400 malformed, 413 is not decided here, 414 target over
 * LIMIT_HTTP_TARGET, 417 unknown expectation, 431 head over LIMIT_HTTP_HEAD or more than
 * LIMIT_HTTP_FIELDS fields, 501 unknown method or transfer coding, 505 other version.  After a
 * refusal the connection must be closed: where the next request begins is not known. */
#ifndef QR_HTTP_PARSE_H
#define QR_HTTP_PARSE_H

#include "qrsvc/http/msg.h"

struct http_parser {
	uint32_t at;   /* start of the first line not yet parsed */
	uint8_t state; /* private */
	uint8_t blank; /* empty lines before the request line */
	bool close, keep;
};

enum http_parsed { HTTP_MORE = 0, HTTP_HEAD_DONE = 1 }; /* anything else: the status */

void http_parser_init(struct http_parser *p);
/* HTTP_MORE, HTTP_HEAD_DONE (*ret_n: bytes of the head with its empty line), or the HTTP status
 * of the refusal (*why: a static text for the log).  r must be the same in each call.  Fills
 * all of r but path, query, peer, client, secure and body.  host is the raw Host value or the
 * authority of an absolute-form target, grammar checked. */
int http_parse(struct http_parser *p, const char *buf, size_t n, struct http_request *r,
	size_t *ret_n, const char **ret_why);

/* Grammar of a Host value: uri-host [":" port], RFC 9110 7.2, RFC 3986 3.2.2; not empty. */
bool http_host_valid(struct str s);
/* RFC 9110 5.6.2; not empty. */
bool http_token(struct str s);

#endif
