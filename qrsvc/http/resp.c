/* Owns how answers look on the wire; never the connection's life.  Called by the owner of the
 * server (through resp.h) and by connection.c for refusals. */
#include "qrsvc/http/resp.h"

#include "qrsvc/http/connection.h"
#include "qrsvc/http/negotiate.h"
#include "qrsvc/http/parse.h"
#include "qrsvc/http/route.h"

#include <assert.h>
#include <stdio.h>

/* RFC 9110 15, and 428, 429, 431 (RFC 6585). */
static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{304, "Not Modified"},
	{404, "Not Found"},
	{206, "Partial Content"},
	{201, "Created"},
	{202, "Accepted"},
	{204, "No Content"},
	{301, "Moved Permanently"},
	{302, "Found"},
	{303, "See Other"},
	{307, "Temporary Redirect"},
	{308, "Permanent Redirect"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{411, "Length Required"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{416, "Range Not Satisfiable"},
	{417, "Expectation Failed"},
	{421, "Misdirected Request"},
	{422, "Unprocessable Content"},
	{428, "Precondition Required"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{505, "HTTP Version Not Supported"},
	{507, "Insufficient Storage"},
};

const char *http_reason(int status)
{
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

/* --- fields ------------------------------------------------------------------------------ */

static char *lines_room(struct http_exchange *x, size_t n)
{
	if (x->lines_cap - x->lines_n < n) {
		size_t cap = (size_t)x->lines_cap * 2 + n + 256;
		char *p = arena_alloc(&x->arena, cap);
		if (x->lines_n)
			memcpy(p, x->lines, x->lines_n);
		x->lines = p;
		x->lines_cap = (uint32_t)cap;
	}
	return x->lines + x->lines_n;
}

void http_header_lines(struct http_exchange *x, struct str lines)
{
	if (lines.n == 0)
		return;
	assert(!x->answered);
	memcpy(lines_room(x, lines.n), lines.p, lines.n);
	x->lines_n += (uint32_t)lines.n;
}

static void header(struct http_exchange *x, struct str name, struct str value)
{
	size_t n = name.n + value.n + 4;
	char *p = lines_room(x, n);
	memcpy(p, name.p, name.n);
	memcpy(p + name.n, ": ", 2);
	if (value.n)
		memcpy(p + name.n + 2, value.p, value.n);
	memcpy(p + n - 2, "\r\n", 2);
	x->lines_n += (uint32_t)n;
}

bool http_header(struct http_exchange *x, struct str name, struct str value)
{
	assert(http_token(name) && !x->answered);
	for (size_t i = 0; i < value.n; i++)
		if (((unsigned char)value.p[i] < 0x20 && value.p[i] != '\t') ||
			value.p[i] == 0x7f)
			return false;
	header(x, name, value);
	return true;
}

static void header_number(struct http_exchange *x, struct str name, uint64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%llu", (unsigned long long)v);
	header(x, name, (struct str){text, (size_t)n});
}

/* --- status line, Date, Connection ------------------------------------------------------- */

static char *append(char *to, const char *p, size_t n)
{
	memcpy(to, p, n);
	return to + n;
}

/* Content the client announced and we have not read to its end. */
static bool unread_content(const struct http_exchange *x)
{
	if (!x->req.chunked && x->req.content_length == 0)
		return false;
	return !x->input || x->conn->phase == PHASE_BODY;
}

static size_t build_prefix(struct http_exchange *x, int status, bool keep)
{
	struct http_server *s = x->conn->server;
	char *to = x->prefix;
	if (status == 200) {
		to = append(to, "HTTP/1.1 200 OK\r\n", 17);
	} else {
		const char *reason = http_reason(status);
		to = append(to, "HTTP/1.1 ", 9);
		*to++ = (char)('0' + status / 100 % 10);
		*to++ = (char)('0' + status / 10 % 10);
		*to++ = (char)('0' + status % 10);
		*to++ = ' ';
		to = append(to, reason, strlen(reason));
		to = append(to, "\r\n", 2);
	}
	to = append(to, http_date_line(s), HTTP_DATE_LINE);
	if (!keep)
		to = append(to, "Connection: close\r\n", 19);
	else if (x->req.minor == 0)
		to = append(to, "Connection: keep-alive\r\n", 24);
	assert((size_t)(to - x->prefix) <= sizeof x->prefix);
	return (size_t)(to - x->prefix);
}

/* Queues the status line.  False: nobody is there to read the answer. */
static bool begin(struct http_exchange *x, int status)
{
	struct http_conn *c = x->conn;
	assert(!x->answered && c->x == x && status >= 200 && status <= 599);
	x->answered = true;
	x->status = status;
	x->starts_at = conn_queued(&c->io);
	if (c->phase == PHASE_DEAD)
		return false;
	bool unread = unread_content(x);
	bool keep = x->req.keep_alive && !c->server->draining && !unread && !x->why;
	c->lossy |= unread || x->why;
	c->phase = keep ? PHASE_IDLE : PHASE_CLOSING;
	conn_put(&c->io, x->prefix, build_prefix(x, status, keep));
	conn_put(&c->io, x->lines, x->lines_n);
	return true;
}

/* Everything of the answer is queued. */
static void end(struct http_exchange *x)
{
	struct http_conn *c = x->conn;
	x->ends_at = c->phase == PHASE_DEAD ? UINT64_MAX : conn_queued(&c->io);
	x->next = NULL;
	*c->last = x;
	c->last = &x->next;
	c->x = NULL;
	if (!c->running)
		http_conn_soon(c);
}

static bool bodiless(const struct http_exchange *x, int status)
{
	return x->req.method == HTTP_HEAD || status == 204 || status == 304;
}

/* --- general answers --------------------------------------------------------------------- */

static uint64_t content_size(const struct http_reply *r)
{
	return r->file ? r->n : r->blob ? r->blob->n : r->text.n;
}

static void content_range(struct http_exchange *x, uint64_t from, uint64_t n, uint64_t size)
{
	char text[80];
	int len = n ? snprintf(text, sizeof text, "bytes %llu-%llu/%llu",
			      (unsigned long long)from, (unsigned long long)(from + n - 1),
			      (unsigned long long)size)
		    : snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
	header(x, STR("Content-Range"), (struct str){text, (size_t)len});
}

/* What is left of a 200 after conditions and ranges: the status, and which bytes. */
static int select_part(struct http_exchange *x, const struct http_reply *r, uint64_t *ret_from,
	uint64_t *ret_n)
{
	int64_t modified = r->modified ? r->modified : INT64_MIN;
	uint64_t size = *ret_n;
	switch (http_condition(&x->req, r->etag, modified)) {
	case HTTP_COND_NOT_MODIFIED:
		return 304;
	case HTTP_COND_FAILED:
		*ret_n = 0;
		return 412;
	default:
		break;
	}
	if (!r->ranges)
		return 200;
	header(x, STR("Accept-Ranges"), STR("bytes"));
	switch (http_range(&x->req, size, r->etag, modified, ret_from, ret_n)) {
	case HTTP_RANGE_PART:
		content_range(x, *ret_from, *ret_n, size);
		return 206;
	case HTTP_RANGE_BAD:
		*ret_n = 0;
		content_range(x, 0, 0, size);
		return 416;
	default:
		return 200;
	}
}

static void put_fields(
	struct http_exchange *x, const struct http_reply *r, int status, uint64_t n)
{
	if (r->etag.p)
		header(x, STR("ETag"), r->etag);
	if (r->modified) {
		char date[HTTP_DATE_N + 1];
		http_date_format(r->modified, date);
		header(x, STR("Last-Modified"), (struct str){date, HTTP_DATE_N});
	}
	if (status != 304 && status != 204) {
		if (r->type.p && (n || status < 400))
			header(x, STR("Content-Type"), r->type);
		header_number(x, STR("Content-Length"), n);
	}
	http_header_lines(x, r->lines);
	http_header_lines(x, STR("\r\n"));
}

static void put_content(
	struct http_exchange *x, const struct http_reply *r, uint64_t from, uint64_t n)
{
	struct conn *io = &x->conn->io;
	if (r->file)
		conn_put_file(io, r->fd, (off_t)(r->from + from), (size_t)n);
	else if (r->blob)
		conn_put(io, r->blob->p + from, (size_t)n);
	else
		conn_put(io, r->text.p + from, (size_t)n);
}

void http_reply(struct http_exchange *x, const struct http_reply *r)
{
	int status = r->status ? r->status : 200;
	uint64_t from = 0, n = content_size(r);
	bool get = x->req.method == HTTP_GET || x->req.method == HTTP_HEAD;
	if (r->file)
		x->fd = r->fd;
	if (r->blob)
		x->blob = blob_ref(r->blob);
	if (status == 200 && get && (r->etag.p || r->modified))
		status = select_part(x, r, &from, &n);
	put_fields(x, r, status, n);
	if (begin(x, status) && !bodiless(x, status))
		put_content(x, r, from, n);
	end(x);
}

void http_reply_text(struct http_exchange *x, int status, struct str type, struct str text)
{
	http_reply(x, &(struct http_reply){.status = status, .type = type, .text = text});
}

void http_reply_empty(struct http_exchange *x, int status)
{
	http_reply(x, &(struct http_reply){.status = status});
}

void http_reply_allow(struct http_exchange *x, unsigned methods)
{
	char allow[HTTP_ALLOW_N];
	header(x, STR("Allow"), http_allow(methods, allow));
	if (x->req.method == HTTP_OPTIONS)
		http_reply_empty(x, 204);
	else
		http_reply_text(
			x, 405, STR("text/plain; charset=utf-8"), STR("Method Not Allowed\n"));
}

void http_refuse(struct http_exchange *x, int status, const char *why)
{
	x->why = why;
	x->lines_n = 0;
	if (status == 503) /* RFC 9110 10.2.3: no room for the content, or the like */
		header(x, STR("Retry-After"), STR("5"));
	struct str text = arena_fmt(&x->arena, "%d %s\n", status, http_reason(status));
	http_reply(x, &(struct http_reply){.status = status,
			      .type = STR("text/plain; charset=utf-8"),
			      .lines = x->conn->server->config.error_fields,
			      .text = text});
}

/* --- ready answers ----------------------------------------------------------------------- */

char *http_ready_init_room(struct http_ready *ret_, int status, struct str type,
	struct str only, struct str shared, struct str etag, size_t content_n)
{
	char length[64], *p;
	bool content = status != 204 && status != 304;
	int length_n =
		content ? snprintf(length, sizeof length, "Content-Length: %zu\r\n", content_n)
			: 0;
	size_t type_n = content && type.p ? type.n + 16 : 0;
	size_t etag_n = etag.p ? etag.n + 8 : 0;
	size_t own = type_n + (size_t)length_n + only.n;
	size_t head_n = own + shared.n + etag_n + 2;
	if (!content)
		content_n = 0;
	*ret_ = (struct http_ready){.blob = blob_new(head_n + content_n),
		.shared_at = (uint32_t)own,
		.head_n = (uint32_t)head_n,
		.status = (uint16_t)status};
	p = ret_->blob->p;
	if (type_n) {
		p = append(p, "Content-Type: ", 14);
		p = append(p, type.p, type.n);
		p = append(p, "\r\n", 2);
	}
	p = append(p, length, (size_t)length_n);
	if (only.n)
		p = append(p, only.p, only.n);
	if (shared.n)
		p = append(p, shared.p, shared.n);
	if (etag_n) {
		p = append(p, "ETag: ", 6);
		ret_->etag = (struct str){p, etag.n};
		p = append(p, etag.p, etag.n);
		p = append(p, "\r\n", 2);
	}
	return append(p, "\r\n", 2);
}

void http_ready_init(struct http_ready *ret_, int status, struct str type, struct str only,
	struct str shared, struct str etag, struct str content)
{
	char *to = http_ready_init_room(ret_, status, type, only, shared, etag, content.n);
	if (content.n && status != 204 && status != 304)
		memcpy(to, content.p, content.n);
}

void http_ready_release(struct http_ready *r)
{
	blob_unref(r->blob);
	*r = (struct http_ready){0};
}

void http_reply_ready(struct http_exchange *x, const struct http_ready *r)
{
	int status = r->status;
	bool get = x->req.method == HTTP_GET || x->req.method == HTTP_HEAD;
	if (get && status == 200 && r->etag.p && http_etag_listed(&x->req, r->etag))
		status = 304;
	x->blob = blob_ref(r->blob);
	if (begin(x, status)) {
		size_t from = status == 304 ? r->shared_at : 0;
		size_t to = bodiless(x, status) ? r->head_n : r->blob->n;
		conn_put(&x->conn->io, r->blob->p + from, to - from);
	}
	end(x);
}

void http_reply_blobs(struct http_exchange *x, int status, struct blob *head, struct blob *body)
{
	x->blob = blob_ref(head);
	if (body)
		x->blob2 = blob_ref(body);
	if (begin(x, status)) {
		conn_put(&x->conn->io, head->p, head->n);
		if (body && !bodiless(x, status))
			conn_put(&x->conn->io, body->p, body->n);
	}
	end(x);
}
