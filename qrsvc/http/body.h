/* body: the content of a request: by length or chunked (RFC 9112 6, 7), into memory or an
 * unnamed file, within the limit the route has set.
 *
 * Pure but for the spool file. */
#ifndef QR_HTTP_BODY_H
#define QR_HTTP_BODY_H

#include "qrsvc/base/limits.h"
#include "qrsvc/base/str.h"

/* Chunked decoding.  Extensions and trailers are checked, limited and dropped. */
struct http_chunked {
	uint64_t left; /* of the chunk */
	uint32_t line; /* bytes of the current line */
	uint32_t trailers;
	uint8_t state;
	uint8_t digits;
};
void http_chunked_init(struct http_chunked *c);
enum http_chunk { CHUNK_MORE, CHUNK_DATA, CHUNK_END, CHUNK_BAD };
/* Consumes from *at on.  CHUNK_DATA: *ret_data is content (a view of buf); call again.
 * CHUNK_END: the body is complete, *at behind it.  CHUNK_MORE: all consumed. */
enum http_chunk http_chunked_next(
	struct http_chunked *c, const char *buf, size_t n, size_t *at, struct str *ret_data);

/* A new unnamed file (O_TMPFILE, mode 0600) in folder; -1 with errno. */
int http_spool_open(const char *folder);
/* All of s, at the end of the file; false with errno (ENOSPC, ...). */
bool http_spool_write(int fd, struct str s);

#endif
