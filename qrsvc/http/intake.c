/* Owns the way of a request from its head to its owner: host, target, forwarded address, route,
 * content.  Never reads a descriptor.  Called by connection.c with what was read. */
#include "qrsvc/base/clock.h"
#include "qrsvc/http/connection.h"
#include "qrsvc/http/uri.h"

#define WINDOW_MS 10000
#define HOST_LONGEST 255u /* RFC 1035 2.3.4, with a port */

static bool host_known(const struct http_server *s, struct str host)
{
	if (s->config.nhosts == 0)
		return true;
	for (size_t i = 0; i < s->config.nhosts; i++)
		if (str_ieq(host, s->config.hosts[i]))
			return true;
	/* ":80" and ":443" are what a host without a port means behind a TLS front. */
	ptrdiff_t colon = str_chr(host, ':');
	if (colon < 0 || host.p[0] == '[')
		return false;
	struct str port = str_sub(host, (size_t)colon + 1, host.n);
	if (port.n && !str_eq(port, STR("80")) && !str_eq(port, STR("443")))
		return false;
	for (size_t i = 0; i < s->config.nhosts; i++)
		if (str_ieq(str_sub(host, 0, (size_t)colon), s->config.hosts[i]))
			return true;
	return false;
}

/* The rightmost address that is not one of our proxies is the client. */
static void forwarded(const struct http_server *s, struct http_request *r)
{
	struct str line = STR_NONE, v;
	size_t at = 0;
	while (http_field_next(r, HTTP_F_X_FORWARDED_FOR, &at, &v))
		line = v;
	while (line.n) {
		size_t from = line.n;
		while (from && line.p[from - 1] != ',')
			from--;
		struct addr a;
		if (!addr_parse(str_trim(str_sub(line, from, line.n), " \t"), &a))
			break;
		r->client = a;
		bool ours = false;
		for (size_t i = 0; i < s->config.ntrusted && !ours; i++)
			ours = addr_in(&a, &s->config.trusted[i]);
		if (!ours || from == 0)
			break;
		line.n = from - 1;
	}
	r->secure = str_ieq(http_known(r, HTTP_F_X_FORWARDED_PROTO), STR("https"));
}

/* What the head alone does not tell: 0 or a status. */
static int check_request(struct http_conn *c, struct http_request *r, const char **ret_why)
{
	struct http_server *s = c->server;
	if (r->asterisk) {
		r->path = r->target;
	} else if (r->target.n == 0 || r->target.p[0] == '?') {
		/* absolute-form with an empty path (RFC 9110 4.2.3) */
		struct str query;
		r->query = r->target.n ? str_sub(r->target, 1, r->target.n) : STR_NONE;
		if (r->target.n && !uri_split(&c->x->arena,
					   arena_fmt(&c->x->arena, "/%.*s", STR_F(r->target)),
					   &r->path, &query)) {
			*ret_why = "target";
			return 400;
		}
		r->path = STR("/");
	} else if (!uri_split(&c->x->arena, r->target, &r->path, &r->query)) {
		*ret_why = "target";
		return 400;
	}
	if (!r->host.p && s->config.nhosts)
		r->host = s->config.hosts[0]; /* HTTP/1.0 */
	else if (r->host.n > HOST_LONGEST || !host_known(s, r->host)) {
		*ret_why = "host";
		return 421;
	}
	if (c->proxied)
		forwarded(s, r);
	return 0;
}

int64_t http_window_ms(const struct http_conn *c)
{
	return c->x->policy.window_ms ? c->x->policy.window_ms : WINDOW_MS;
}

/* The next moment to look at the body's rate: the end of its window, or of its time. */
void http_body_window(struct http_conn *c)
{
	int64_t left = c->body_until - loop_now_ms(), window = http_window_ms(c);
	c->window_from = c->received;
	conn_deadline(&c->io, left < window ? left : window);
}

static void hand_over(struct http_conn *c)
{
	struct http_server *s = c->server;
	c->phase = PHASE_PENDING;
	conn_no_deadline(&c->io);
	s->ops->request_cb(s->arg, c->x);
}

/* Feeds n bytes; how many belonged to the body.  May answer or hand over. */
size_t http_feed_body(struct http_conn *c, const char *p, size_t n)
{
	size_t used;
	int rc = http_input_feed(c->x->input, p, n, &used);
	c->received += used;
	if (rc == HTTP_INPUT_DONE)
		hand_over(c);
	else if (rc != HTTP_INPUT_MORE)
		http_refuse(c->x, rc, "body");
	return used;
}

void http_start_body(struct http_conn *c)
{
	struct http_exchange *x = c->x;
	const struct http_policy *policy = &x->policy;
	bool content = x->req.chunked || x->req.content_length > 0;
	int status = 0;
	if (policy->need_content && !x->req.chunked && !x->req.has_length)
		status = 411;
	else if (content && policy->kind == HTTP_BODY_NONE)
		status = 413;
	else if (policy->kind != HTTP_BODY_NONE && (content || policy->kind != HTTP_BODY_FORM))
		status = http_input_start(x, c->server->config.spool, &x->input);
	if (status) {
		http_refuse(x, status, "content");
		return;
	}
	if (!x->input) {
		hand_over(c);
		return;
	}
	c->phase = PHASE_BODY;
	c->received = 0;
	c->body_until = loop_now_ms() + (policy->total_ms ? policy->total_ms : LIMIT_MS_BODY);
	http_body_window(c);
	size_t have = c->buf ? c->buf->n - c->at : 0;
	if (content && have == 0 && x->req.expect_continue) {
		static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
		conn_put(&c->io, go_on, sizeof go_on - 1);
	}
	if (have || !content)
		c->at += (uint32_t)http_feed_body(c, c->buf ? c->buf->p + c->at : NULL, have);
}

void http_route(struct http_conn *c, struct http_exchange *x)
{
	struct http_server *s = c->server;
	const char *why = NULL;
	conn_no_deadline(&c->io);
	x->began_us = clock_mono_us();
	int status = check_request(c, &x->req, &why);
	if (status) {
		http_refuse(x, status, why);
		return;
	}
	c->phase = PHASE_PENDING;
	s->ops->route_cb(s->arg, x);
	if (c->x == x && c->phase == PHASE_PENDING)
		http_start_body(c);
}

void http_hold(struct http_exchange *x)
{
	x->conn->phase = PHASE_HELD;
}

void http_resume(struct http_exchange *x)
{
	x->resumed = true;
	http_conn_soon(x->conn);
}
