/* msg: an HTTP request as a struct.  Filled by http/parse.c (head) and http/body.c (content).
 *
 * Views point into the connection's read buffer or the exchange's arena and are valid until the
 * exchange has been answered.  Everything is as the client sent it unless said otherwise. */
#ifndef QR_HTTP_MSG_H
#define QR_HTTP_MSG_H

#include "qrsvc/base/limits.h"
#include "qrsvc/base/str.h"
#include "qrsvc/net/addr.h"

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHODS /* how many; also "none yet" in a request that was refused early */
};
/* "GET" ..; "-" for HTTP_METHODS. */
const char *http_method_name(enum http_method m);

/* Fields the parser recognises, so that looking them up costs nothing. */
enum http_known {
	HTTP_F_OTHER,
	HTTP_F_ACCEPT,
	HTTP_F_ACCEPT_ENCODING,
	HTTP_F_ACCEPT_LANGUAGE,
	HTTP_F_AUTHORIZATION,
	HTTP_F_CONNECTION,
	HTTP_F_CONTENT_ENCODING,
	HTTP_F_CONTENT_LENGTH,
	HTTP_F_CONTENT_TYPE,
	HTTP_F_COOKIE,
	HTTP_F_EXPECT,
	HTTP_F_HOST,
	HTTP_F_IDEMPOTENCY_KEY,
	HTTP_F_IF_MATCH,
	HTTP_F_IF_MODIFIED_SINCE,
	HTTP_F_IF_NONE_MATCH,
	HTTP_F_IF_RANGE,
	HTTP_F_IF_UNMODIFIED_SINCE,
	HTTP_F_ORIGIN,
	HTTP_F_RANGE,
	HTTP_F_REFERER,
	HTTP_F_SEC_FETCH_SITE,
	HTTP_F_SEC_PURPOSE,
	HTTP_F_TRANSFER_ENCODING,
	HTTP_F_USER_AGENT,
	HTTP_F_X_FORWARDED_FOR,
	HTTP_F_X_FORWARDED_PROTO,
	HTTP_F_COUNT
};

/* One field line, as offsets into the head. */
struct http_span {
	uint16_t name, name_n, value, value_n;
	uint8_t id; /* enum http_known */
};

/* A field of a submitted form, or one file of it. */
struct http_part {
	struct str name;     /* UTF-8, checked */
	struct str value;    /* the content; for a file that was spooled: STR_NONE */
	struct str filename; /* STR_NONE: not a file; never to be used as a path */
	struct str type;     /* Content-Type of the part, may be STR_NONE */
	int fd;		     /* spooled file, at offset 0, closed after the exchange; or -1 */
	uint64_t size;
};

struct http_body {
	struct str bytes; /* HTTP_BODY_MEMORY */
	int fd;	       /* HTTP_BODY_SPOOL: an unnamed file, closed after the exchange; or -1 */
	uint64_t size; /* bytes of content, after chunked decoding */
	struct http_part *parts; /* HTTP_BODY_FORM */
	size_t nparts;
};

struct http_request {
	const char *head; /* start of the head; spans count from here */
	enum http_method method;
	uint8_t minor;	 /* HTTP/1.minor */
	bool absolute;	 /* absolute-form: authority overrides Host */
	bool asterisk;	 /* OPTIONS * */
	bool keep_alive; /* after this exchange (RFC 9112 9.3) */
	bool has_length, chunked, expect_continue;
	bool secure; /* https at the TLS front (X-Forwarded-Proto of a trusted proxy) */
	uint16_t nfields;
	uint16_t known[HTTP_F_COUNT]; /* 1 + index of the first such field, 0: none */
	uint64_t content_length;
	struct str method_text, target;
	struct str host;    /* as sent, with port; checked against the configured hosts */
	struct str path;    /* percent-decoded once; begins with '/', no dot segments, UTF-8 */
	struct str query;   /* after '?', as sent; STR_NONE if there is no '?' */
	struct addr peer;   /* who connected */
	struct addr client; /* behind trusted proxies: whom they speak for */
	struct http_body body;
	struct http_span fields[LIMIT_HTTP_FIELDS];
};

static inline struct str http_field_name(const struct http_request *r, size_t i)
{
	return (struct str){r->head + r->fields[i].name, r->fields[i].name_n};
}
static inline struct str http_field_value(const struct http_request *r, size_t i)
{
	return (struct str){r->head + r->fields[i].value, r->fields[i].value_n};
}
/* Value of the first such field; STR_NONE if there is none. */
static inline struct str http_known(const struct http_request *r, enum http_known id)
{
	return r->known[id] ? http_field_value(r, r->known[id] - 1u) : STR_NONE;
}
/* By any name, ASCII case ignored: the first one, or STR_NONE. */
struct str http_field(const struct http_request *r, struct str name);
/* The next field of that kind from index *at on (start with 0); false when there are no more.
 * For fields that may come in several lines (RFC 9110 5.3). */
bool http_field_next(
	const struct http_request *r, enum http_known id, size_t *at, struct str *ret_value);
/* Value of a cookie (RFC 6265 4.2.1); STR_NONE.  The first of several wins. */
struct str http_cookie(const struct http_request *r, struct str name);

#endif
