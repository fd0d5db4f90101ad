/* Owns the public listener of a worker: finds the route of a request, checks its limits, hands
 * it to its handler, counts and logs it.  Knows no page.  Called by worker.c. */
#include "qrsvc/serve.h"

#include "qrsvc/access.h"
#include "qrsvc/app/hash.h"
#include "qrsvc/app/peers.h"
#include "qrsvc/app/staff.h"
#include "qrsvc/app/upload.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/http/negotiate.h"
#include "qrsvc/http/resp.h"
#include "qrsvc/http/route.h"

/* A route with the pattern it was found by. */
struct bound {
	const struct route *route;
	bool json;
};

struct serve {
	struct app *app;
	struct http_server *http;
	struct router *router;
	struct http_route *routes;
	struct bound *bound;
	struct str hosts[CONFIG_LIST];
	struct addr_net trusted[CONFIG_LIST];
	struct str language[LANG_COUNT];
	struct access_log *log;
	struct peers *peers;
	loop_cb *drained;
	void *drained_arg;
	uint64_t id_seed, ids;
};

static const struct route no_route = {.name = "none", .class = CLASS_PAGE};

/* ---- requests ---------------------------------------------------------------------------- */

static struct request *request_new(struct serve *s, struct http_exchange *x)
{
	struct request *rq = arena_alloc(&x->arena, sizeof *rq);
	rq->app = s->app;
	rq->x = x;
	rq->http = &x->req;
	rq->route = &no_route;
	rq->site = &s->app->site;
	rq->arena = &x->arena;
	rq->post = x->req.method == HTTP_POST || x->req.method == HTTP_PATCH;
	rq->now_us = clock_now_us();
	rq->id = hash_mix(s->id_seed + ++s->ids, 0x9e3779b97f4a7c15u);
	struct str asked = x->req.query.n ? request_query(rq, STR("lang")) : STR_NONE;
	rq->lang_asked = asked.p && lang_parse(asked, &rq->lang);
	if (!rq->lang_asked)
		rq->lang = (enum lang)http_language(
			&x->req, s->language, LANG_COUNT, (size_t)s->app->site.lang);
	x->user = rq;
	return rq;
}

static bool within_limits(struct serve *s, struct request *rq)
{
	if (limiter_take(&s->app->limiter, &rq->http->client, rq->route->class,
		    app_today(s->app, rq->now_us), rq->x->began_us, &rq->retry_s))
		return true;
	shared_add(&s->app->slot->limited, 1);
	request_error(rq, RC_RATE);
	return false;
}

static void no_such_route(struct serve *s, struct request *rq, unsigned allowed)
{
	if (!within_limits(s, rq))
		return;
	if (!allowed) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	http_header_lines(rq->x, s->app->lines_refusal);
	http_reply_allow(rq->x, allowed);
}

/* Head known, nothing of the body read. */
static void route_cb(void *arg, struct http_exchange *x)
{
	struct serve *s = arg;
	struct request *rq = request_new(s, x);
	struct http_match m;
	if (!router_match(s->router, x->req.method, x->req.path, &m)) {
		no_such_route(s, rq, m.allowed);
		return;
	}
	const struct bound *b = m.route->data;
	rq->route = b->route;
	rq->json = b->json;
	for (size_t i = 0; i < m.n && i < REQUEST_ARGS; i++)
		rq->arg[i] = m.param[i];
	rq->api = staff_wants_json(rq);
	rq->json = rq->json || rq->api;
	if (!within_limits(s, rq))
		return;
	if (b->route->body_max && rq->post) {
		x->policy.kind = b->route->flags & (ROUTE_SPOOL | ROUTE_PATCH) ? HTTP_BODY_SPOOL
									       : HTTP_BODY_FORM;
		x->policy.limit = b->route->body_max;
	}
	if (staff_head(rq) && rq->post && b->route->before)
		b->route->before(rq);
}

static void complete_cb(void *arg, struct http_exchange *x)
{
	struct request *rq = x->user;
	(void)arg;
	if (staff_form(rq))
		rq->route->handler(rq);
}

static size_t route_index(const struct request *rq)
{
	if (!rq || rq->route == &no_route)
		return 0;
	size_t i = (size_t)(rq->route - web_ops.routes) + 1;
	return i < SHARED_ROUTES ? i : 0;
}

static void done_cb(void *arg, struct http_exchange *x, const struct http_done *d)
{
	struct serve *s = arg;
	struct shared_slot *st = s->app->slot;
	struct request *rq = x->user;
	int status = d->status / 100, bucket = 0;
	enum route_class class = rq ? rq->route->class : CLASS_PAGE;
	while (bucket < SHARED_BUCKETS - 1 && d->us > SHARED_BUCKET_US(bucket))
		bucket++;
	shared_add(&st->requests[route_index(rq)]
				[status >= 0 && status < SHARED_STATUS ? status : 5],
		1);
	shared_add(&st->time[class][bucket], 1);
	shared_add(&st->time_us[class], d->us > 0 ? (uint64_t)d->us : 0);
	if (rq && rq->guest)
		upload_guest_leave(rq);
	if (s->log)
		access_line(s->log, x, rq, d);
}

static bool admit_cb(void *arg, const struct addr *peer, bool proxied)
{
	struct serve *s = arg;
	return proxied || peer->kind == ADDR_LOCAL || peers_enter(s->peers, peer);
}

static void left_cb(void *arg, const struct addr *peer, bool proxied)
{
	struct serve *s = arg;
	if (!proxied && peer->kind != ADDR_LOCAL)
		peers_leave(s->peers, peer);
}

/* ---- routes ------------------------------------------------------------------------------ */

static void add_route(struct serve *s, size_t *n, const struct route *r, bool json)
{
	struct str pattern = str_c(r->pattern);
	if (json)
		pattern = arena_fmt(&s->app->memory, "%s.json", r->pattern);
	s->bound[*n] = (struct bound){r, json};
	s->routes[*n] = (struct http_route){.pattern = pattern.p, .data = &s->bound[*n]};
	if (r->flags & ROUTE_GET)
		s->routes[*n].methods |= 1u << HTTP_GET;
	if (r->flags & ROUTE_POST)
		s->routes[*n].methods |= 1u << HTTP_POST;
	if (r->flags & ROUTE_PATCH)
		s->routes[*n].methods |= 1u << HTTP_PATCH;
	++*n;
}

static void build_routes(struct serve *s)
{
	size_t n = 0;
	s->bound = xcalloc(web_ops.nroutes * 2, sizeof *s->bound);
	s->routes = xcalloc(web_ops.nroutes * 2, sizeof *s->routes);
	for (size_t i = 0; i < web_ops.nroutes; i++) {
		add_route(s, &n, &web_ops.routes[i], false);
		if (web_ops.routes[i].flags & ROUTE_JSON)
			add_route(s, &n, &web_ops.routes[i], true);
	}
	s->router = router_new(s->routes, n);
}

/* ---- life -------------------------------------------------------------------------------- */

static void drained_cb(void *arg)
{
	struct serve *s = arg;
	s->drained(s->drained_arg);
}

static enum rc make_http(struct serve *s, const struct config *c, struct err *e)
{
	static const struct http_ops ops = {.route_cb = route_cb,
		.request_cb = complete_cb,
		.done_cb = done_cb,
		.admit_cb = admit_cb,
		.left_cb = left_cb,
		.drained_cb = drained_cb};
	for (size_t i = 0; i < c->host_n; i++)
		s->hosts[i] = str_c(c->host_list[i]);
	for (size_t i = 0; i < c->proxy_n; i++)
		if (!addr_net_parse(str_c(c->proxy_list[i]), &s->trusted[i]))
			return err_set(e, RC_INVALID, "trusted_proxy: %s is no address",
				c->proxy_list[i]);
	struct http_config http = {.hosts = s->hosts,
		.nhosts = c->host_n,
		.trusted = s->trusted,
		.ntrusted = c->proxy_n,
		.spool = c->state[0] ? c->state : "/tmp",
		.error_fields = s->app->lines_refusal,
		.max_connections = (size_t)c->connections,
		.idle_ms = c->idle_ms};
	s->http = http_server_new(s->app->loop, &http, &ops, s);
	return RC_OK;
}

enum rc serve_new(struct app *app, const struct config *cfg, const char *role,
	struct serve **ret_, struct err *e)
{
	struct serve *s = xcalloc(1, sizeof *s);
	s->app = app;
	crypto_random(&s->id_seed, sizeof s->id_seed);
	for (int l = 0; l < LANG_COUNT; l++)
		s->language[l] = str_c(lang_tag(l));
	s->peers = peers_new((size_t)cfg->connections, (unsigned)cfg->connections_per_address);
	build_routes(s);
	if (cfg->access_log)
		s->log = access_new(app->loop, role);
	enum rc rc = make_http(s, cfg, e);
	if (rc != RC_OK)
		serve_free(s);
	else
		*ret_ = s;
	return rc;
}

void serve_free(struct serve *s)
{
	if (!s)
		return;
	if (s->http)
		http_server_free(s->http);
	access_free(s->log);
	peers_free(s->peers);
	router_free(s->router);
	free(s->routes);
	free(s->bound);
	free(s);
}

void serve_listen(struct serve *s, int fd)
{
	http_server_listen(s->http, fd);
}

void serve_drain(struct serve *s, loop_cb *done, void *arg)
{
	s->drained = done;
	s->drained_arg = arg;
	http_server_drain(s->http);
}

void serve_gauges(struct serve *s)
{
	struct http_stats st;
	struct shared_slot *slot = s->app->slot;
	http_server_stats(s->http, &st);
	shared_set(&slot->accepted, st.accepted);
	shared_set(&slot->codec_refusals, st.codec_refusals);
	shared_set(&slot->bytes_in, st.bytes_in);
	shared_set(&slot->bytes_out, st.bytes_out);
	shared_set(&slot->fd_rests, st.fd_rests);
	shared_set(&slot->gauge_open, st.open);
	shared_set(&slot->gauge_idle, st.idle);
}
