/* Owns nothing: the pure parser of request heads.  Never allocates, never reads a descriptor.
 * Called by http/server.c, the unit table and the fuzzer. */
#include "qrsvc/http/head.h"

enum { AT_REQUEST_LINE, AT_FIELDS, AT_END };

#define METHOD_MAX 32u /* longer than any registered method */

#define ALNUM (C_TCHAR | C_TARGET | C_HOST)
#define HEXL (ALNUM | C_HEX)
const unsigned char http_class[256] = {
	['0' ... '9'] = HEXL,
	['a' ... 'f'] = HEXL,
	['A' ... 'F'] = HEXL,
	['g' ... 'z'] = ALNUM,
	['G' ... 'Z'] = ALNUM,
	['-'] = ALNUM,
	['.'] = ALNUM,
	['_'] = ALNUM,
	['~'] = ALNUM,
	['!'] = ALNUM,
	['$'] = ALNUM,
	['&'] = ALNUM,
	['\''] = ALNUM,
	['*'] = ALNUM,
	['+'] = ALNUM,
	['('] = C_TARGET | C_HOST,
	[')'] = C_TARGET | C_HOST,
	[','] = C_TARGET | C_HOST,
	[';'] = C_TARGET | C_HOST,
	['='] = C_TARGET | C_HOST,
	[':'] = C_TARGET,
	['@'] = C_TARGET,
	['/'] = C_TARGET,
	['?'] = C_TARGET,
	['%'] = C_TARGET | C_TCHAR,
	['#'] = C_TCHAR,
	['^'] = C_TCHAR,
	['`'] = C_TCHAR,
	['|'] = C_TCHAR,
};

bool http_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is(s.p[i], C_TCHAR))
			return false;
	return s.n > 0;
}

void http_parser_init(struct http_parser *p)
{
	*p = (struct http_parser){0};
}

/* --- request line ------------------------------------------------------------------------ */

static enum http_method method_of(struct str s)
{
	switch (s.n) {
	case 3:
		if (memcmp(s.p, "GET", 3) == 0)
			return HTTP_GET;
		return memcmp(s.p, "PUT", 3) == 0 ? HTTP_PUT : HTTP_METHODS;
	case 4:
		if (memcmp(s.p, "HEAD", 4) == 0)
			return HTTP_HEAD;
		return memcmp(s.p, "POST", 4) == 0 ? HTTP_POST : HTTP_METHODS;
	case 5:
		return memcmp(s.p, "PATCH", 5) == 0 ? HTTP_PATCH : HTTP_METHODS;
	case 6:
		return memcmp(s.p, "DELETE", 6) == 0 ? HTTP_DELETE : HTTP_METHODS;
	case 7:
		return memcmp(s.p, "OPTIONS", 7) == 0 ? HTTP_OPTIONS : HTTP_METHODS;
	default:
		return HTTP_METHODS;
	}
}

/* absolute-form, RFC 9112 3.2.2: "http://" authority path-abempty [ "?" query ]. */
static int absolute_form(struct http_request *r, const char **ret_why)
{
	struct str t = r->target;
	size_t scheme = 0;
	if (t.n > 7 && str_ieq(str_sub(t, 0, 7), STR("http://")))
		scheme = 7;
	else if (t.n > 8 && str_ieq(str_sub(t, 0, 8), STR("https://")))
		scheme = 8;
	if (!scheme)
		return refuse(ret_why, 400, "target is not origin-form");
	size_t end = scheme;
	while (end < t.n && t.p[end] != '/' && t.p[end] != '?')
		end++;
	struct str authority = str_sub(t, scheme, end);
	if (!http_host_valid(authority))
		return refuse(ret_why, 400, "authority of the target");
	r->absolute = true;
	r->host = authority;
	r->target = str_sub(t, end, t.n);
	return 0;
}

static int check_target(struct http_request *r, const char **ret_why)
{
	struct str t = r->target;
	if (t.p[0] == '/')
		return 0;
	if (r->method == HTTP_OPTIONS && str_eq(t, STR("*"))) {
		r->asterisk = true;
		return 0;
	}
	/* authority-form belongs to CONNECT, which we do not have. */
	if (str_eq(r->method_text, STR("CONNECT")))
		return refuse(ret_why, 501, "method CONNECT");
	return absolute_form(r, ret_why);
}

static int check_version(struct str v, struct http_request *r, const char **ret_why)
{
	/* HTTP-version = "HTTP/" DIGIT "." DIGIT, case-sensitive (RFC 9112 2.3). */
	if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || v.p[6] != '.' || v.p[5] < '0' ||
		v.p[5] > '9' || v.p[7] < '0' || v.p[7] > '9')
		return refuse(ret_why, 400, "malformed HTTP version");
	if (v.p[5] != '1' || v.p[7] > '1')
		return refuse(ret_why, 505, "HTTP version");
	r->minor = (uint8_t)(v.p[7] - '0');
	return 0;
}

/* What is already wrong with a request line whose end has not come yet. */
static int early_request_line(const char *line, size_t n, const char **ret_why)
{
	size_t m = 0;
	while (m < n && is(line[m], C_TCHAR))
		m++;
	if (m < n && (line[m] != ' ' || m == 0))
		return refuse(ret_why, 400, "malformed method");
	if (m > METHOD_MAX)
		return refuse(ret_why, 400, "method too long");
	if (m == n)
		return 0;
	size_t t = m + 1;
	while (t < n && is(line[t], C_TARGET))
		t++;
	if (t - m - 1 > LIMIT_HTTP_TARGET)
		return refuse(ret_why, 414, "target too long");
	if (t < n && line[t] != ' ')
		return refuse(ret_why, 400, "byte not allowed in a target");
	if (t < n && t == m + 1)
		return refuse(ret_why, 400, "two spaces in the request line");
	/* " HTTP/1.1\r" */
	if (n - t > 10)
		return refuse(ret_why, 400, "malformed HTTP version");
	return 0;
}

/* 0: parsed, *ret_used set; HTTP_MORE is signalled by *ret_used = 0. */
static int request_line(struct http_parser *p, const char *line, const char *end,
	struct http_request *r, size_t *ret_used, const char **ret_why)
{
	*ret_used = 0;
	/* A server should ignore at least one empty line (RFC 9112 2.2): one. */
	if (line < end && *line == '\r' && !p->blank) {
		if (end - line < 2)
			return 0;
		if (line[1] != '\n')
			return refuse(ret_why, 400, "bare CR");
		p->blank = 1;
		*ret_used = 2;
		return 0;
	}
	const char *at = line;
	while (at < end && is(*at, C_TCHAR))
		at++;
	const char *target = at < end ? at + 1 : end;
	const char *stop = target;
	while (stop < end && is(*stop, C_TARGET))
		stop++;
	/* method SP target SP "HTTP/1.1" CR LF */
	if (end - stop < 11) {
		/* Short of a whole line, or broken: if there is an LF it is broken. */
		if (!memchr(line, '\n', (size_t)(end - line)))
			return early_request_line(line, (size_t)(end - line), ret_why);
	}
	if (at == line || at == end || *at != ' ')
		return refuse(ret_why, 400, "malformed method");
	if (at - line > (ptrdiff_t)METHOD_MAX)
		return refuse(ret_why, 400, "method too long");
	if ((size_t)(stop - target) > LIMIT_HTTP_TARGET)
		return refuse(ret_why, 414, "target too long");
	if (end - stop < 11 || *stop != ' ' || stop == target)
		return refuse(ret_why, 400, "malformed request line");
	if (stop[9] != '\r' || stop[10] != '\n')
		return refuse(ret_why, 400, "malformed HTTP version");
	r->method_text = (struct str){line, (size_t)(at - line)};
	r->method = method_of(r->method_text);
	r->target = (struct str){target, (size_t)(stop - target)};
	int status = check_version((struct str){stop + 1, 8}, r, ret_why);
	if (!status)
		status = check_target(r, ret_why);
	if (!status && r->method == HTTP_METHODS)
		status = refuse(ret_why, 501, "method not known");
	p->state = AT_FIELDS;
	*ret_used = (size_t)(stop + 11 - line);
	return status;
}

/* The empty line has come: what only the whole head can tell. */
static int finish(const struct http_parser *p, struct http_request *r, const char **ret_why)
{
	if (r->minor == 1 && !r->known[HTTP_F_HOST])
		return refuse(ret_why, 400, "no Host"); /* RFC 9112 3.2 */
	if (r->chunked && r->has_length)
		return refuse(ret_why, 400, "Content-Length beside Transfer-Encoding");
	if (r->chunked && r->minor == 0)
		return refuse(ret_why, 400, "Transfer-Encoding in HTTP/1.0");
	r->keep_alive = p->close ? false : r->minor == 1 || p->keep;
	return 0;
}

/* Views made in an earlier call follow the buffer. */
static void rebase(struct http_request *r, const char *buf)
{
	ptrdiff_t moved = buf - r->head;
	if (r->head && moved) {
		if (r->method_text.p)
			r->method_text.p += moved;
		if (r->target.p)
			r->target.p += moved;
		if (r->host.p)
			r->host.p += moved;
	}
	r->head = buf;
}

int http_parse(struct http_parser *p, const char *buf, size_t n, struct http_request *r,
	size_t *ret_n, const char **ret_why)
{
	const char *end = buf + (n < LIMIT_HTTP_HEAD ? n : LIMIT_HTTP_HEAD);
	size_t used = 1;
	int status;
	*ret_why = NULL;
	rebase(r, buf);
	while (p->state == AT_REQUEST_LINE && used) {
		const char *line = buf + p->at;
		if (line == end)
			return HTTP_MORE;
		status = request_line(p, line, end, r, &used, ret_why);
		if (status)
			return status;
		p->at += (uint32_t)used;
	}
	while (used) {
		const char *line = buf + p->at;
		if (line == end)
			break;
		if (*line == '\r') {
			if (end - line < 2)
				break;
			if (line[1] != '\n')
				return refuse(ret_why, 400, "bare CR");
			*ret_n = p->at + 2u;
			p->state = AT_END;
			status = finish(p, r, ret_why);
			return status ? status : HTTP_HEAD_DONE;
		}
		status = http_field_line(p, buf, line, end, r, &used, ret_why);
		if (status)
			return status;
		p->at += (uint32_t)used;
	}
	if (n >= LIMIT_HTTP_HEAD)
		return refuse(ret_why, 431, "head too long");
	return HTTP_MORE;
}
