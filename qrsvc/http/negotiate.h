/* negotiate: what the client prefers (RFC 9110 12), and whether it has it already (13, 14).
 * Pure.  A malformed field counts as absent, as the RFC allows. */
#ifndef QR_HTTP_NEGOTIATE_H
#define QR_HTTP_NEGOTIATE_H

#include "qrsvc/http/msg.h"

/* Accept-Encoding allows gzip (q > 0).  12.5.3. */
bool http_accepts_gzip(const struct http_request *r);
/* Index of the best of n language tags ("zh-CN", "en"), basic filtering with prefixes both ways
 * (RFC 4647 3.3.1: "zh" takes "zh-CN", "en-GB" takes "en"); fallback if none fits. 12.5.4. */
size_t http_language(
	const struct http_request *r, const struct str *tags, size_t n, size_t fallback);
/* quality 0..1000 of a media type such as "application/json"; 1000 if there is no Accept. */
int http_accepts_type(const struct http_request *r, struct str type);

/* If-None-Match holds "*" or this tag (weak comparison, 13.1.2).  etag with its quotes. */
bool http_etag_listed(const struct http_request *r, struct str etag);

enum http_cond { HTTP_COND_NONE, HTTP_COND_NOT_MODIFIED, HTTP_COND_FAILED };
/* 13.2.2 for GET and HEAD of something that exists: etag STR_NONE or with quotes, modified in
 * seconds since 1970 or INT64_MIN. */
enum http_cond http_condition(const struct http_request *r, struct str etag, int64_t modified);

enum http_range { HTTP_RANGE_WHOLE, HTTP_RANGE_PART, HTTP_RANGE_BAD };
/* Range and If-Range (14.2, 13.1.5) for size bytes; one range only, several give the whole.
 * HTTP_RANGE_BAD: 416. */
enum http_range http_range(const struct http_request *r, uint64_t size, struct str etag,
	int64_t modified, uint64_t *ret_from, uint64_t *ret_n);

/* IMF-fixdate "Sun, 06 Nov 1994 08:49:37 GMT" (5.6.7), exactly 29 bytes and a NUL. */
#define HTTP_DATE_N 29
void http_date_format(int64_t seconds, char out[static HTTP_DATE_N + 1]);
/* IMF-fixdate only (the obsolete forms count as absent). */
bool http_date_parse(struct str s, int64_t *ret_seconds);

#endif
