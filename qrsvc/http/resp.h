/* resp: answering an exchange, exactly once.
 *
 * Added here and never by the owner: status line, Date, Content-Length, Connection,
 * Accept-Ranges. HEAD gets the fields of GET without content; 204 and 304 never have content
 * (RFC 9110 6.4.1). No Server field.  Field lines given as text must be whole: "Name:
 * value\r\n". */
#ifndef QR_HTTP_RESP_H
#define QR_HTTP_RESP_H

#include "qrsvc/http/server.h"

/* One more field of the answer to come; several of a name are sent as several (Set-Cookie).
 * name is ours; a value with control bytes is left out and reported by false. */
bool http_header(struct http_exchange *x, struct str name, struct str value);
/* Whole lines, checked by whoever made them. */
void http_header_lines(struct http_exchange *x, struct str lines);

struct http_reply {
	int status;	  /* 0: 200 */
	struct str type;  /* Content-Type; STR_NONE: none */
	struct str lines; /* field lines besides those of http_header */
	/* Validators: with status 200 and GET or HEAD, conditional requests are answered from
	 * them: 304, 412.  etag with its quotes; modified in seconds since 1970, 0: none. */
	struct str etag;
	int64_t modified;
	bool ranges; /* answer Range with 206 or 416 (needs etag or modified for If-Range) */
	/* The content, one of these. */
	struct str text;   /* in the exchange's arena, or static */
	struct blob *blob; /* a reference is taken */
	bool file;	   /* fd, from, n: a range of a file; fd is closed afterwards */
	int fd;
	uint64_t from, n;
};
void http_reply(struct http_exchange *x, const struct http_reply *r);
/* Short forms; text as in struct http_reply. */
void http_reply_text(struct http_exchange *x, int status, struct str type, struct str text);
void http_reply_empty(struct http_exchange *x, int status);
/* 405 with Allow (RFC 9110 15.5.6); 204 with Allow for OPTIONS. */
void http_reply_allow(struct http_exchange *x, unsigned methods);

/* A ready answer, made once and sent many times: the hot path.  Holds every byte but the status
 * line, Date and Connection; HEAD, If-None-Match (304) and pipelining cost nothing more. */
struct http_ready {
	struct blob *blob; /* [content fields][shared fields]CRLF[content] */
	uint32_t shared_at, head_n;
	uint16_t status;
	struct str etag; /* view of the blob; STR_NONE: never 304 */
};
/* shared: lines sent with 200 and 304 alike (Cache-Control, Vary, ETag is added, security
 * fields).  Content-Type, Content-Length and `only` lines (Content-Encoding) go with the
 * content alone.  etag with quotes or STR_NONE. */
void http_ready_init(struct http_ready *ret_, int status, struct str type, struct str only,
	struct str shared, struct str etag, struct str content);
/* The same without a copy of content: returns where the caller must write `content_n` bytes. */
char *http_ready_init_room(struct http_ready *ret_, int status, struct str type,
	struct str only, struct str shared, struct str etag, size_t content_n);
void http_ready_release(struct http_ready *r);
/* Takes a reference to the blob; r itself need not outlive the call.  Fields added by
 * http_header (Server-Timing, Set-Cookie) are sent too. */
void http_reply_ready(struct http_exchange *x, const struct http_ready *r);

/* The same in two blobs: head = field lines with Content-Length and the empty line, body = the
 * content or NULL (304, 204).  References are taken. */
void http_reply_blobs(
	struct http_exchange *x, int status, struct blob *head, struct blob *body);

/* "OK", "Not Found", ...; "" if unknown. */
const char *http_reason(int status);

#endif
