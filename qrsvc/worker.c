/* Owns the life of a worker and the glue between http/, app/ and web/: routing, limits, log.
 * Knows no page and no statement but api.version().  Started by main.c for `--worker`. */
#include "qrsvc/worker.h"

#include "qrsvc/access.h"
#include "qrsvc/admin.h"
#include "qrsvc/app/app.h"
#include "qrsvc/app/hash.h"
#include "qrsvc/app/peers.h"
#include "qrsvc/app/scan.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/log.h"
#include "qrsvc/cli/open.h"
#include "qrsvc/http/negotiate.h"
#include "qrsvc/http/resp.h"
#include "qrsvc/http/route.h"
#include "qrsvc/net/ipc.h"

#include <signal.h>
#include <unistd.h>

#define TICK_MS 1000
#define FLUSH_MS 2000	  /* for the last scan counts, when draining */
#define PIPELINE_DEPTH 16 /* architecture.md 5 */
#define QUEUE 512	  /* calls of one class that wait: about a second of misses */
#define CONNECT_MS 3000

/* A route with the pattern it was found by. */
struct bound {
	const struct route *route;
	bool json;
	uint8_t index; /* of counters; 0: none */
};

struct worker {
	const struct config *cfg;
	const struct worker_fds *fds;
	struct loop *loop;
	struct app app;
	struct site site;
	struct shared *shared;
	struct http_server *http;
	struct admin *admin;
	struct router *router;
	struct http_route *routes;
	struct bound *bound;
	struct str hosts[CONFIG_LIST];
	struct addr_net trusted[CONFIG_LIST];
	struct str language[LANG_COUNT];
	struct access_log *log;
	struct peers *peers;
	struct ipc *control;
	struct loop_timer tick, limit;
	struct db_ticket *version;
	uint64_t id_seed, ids;
	bool ready, accepting, draining, flushing;
	int status; /* exit */
};

static const struct route no_route = {.name = "none", .class = CLASS_PAGE};

/* ---- requests ---------------------------------------------------------------------------- */

static struct request *request_new(struct worker *w, struct http_exchange *x)
{
	struct request *rq = arena_alloc(&x->arena, sizeof *rq);
	rq->app = &w->app;
	rq->x = x;
	rq->http = &x->req;
	rq->route = &no_route;
	rq->site = &w->site;
	rq->arena = &x->arena;
	rq->post = x->req.method == HTTP_POST;
	rq->now_us = clock_now_us();
	rq->id = hash_mix(w->id_seed + ++w->ids, 0x9e3779b97f4a7c15u);
	struct str asked = x->req.query.n ? request_query(rq, STR("lang")) : STR_NONE;
	rq->lang_asked = asked.p && lang_parse(asked, &rq->lang);
	if (!rq->lang_asked)
		rq->lang = (enum lang)http_language(
			&x->req, w->language, LANG_COUNT, (size_t)w->site.lang);
	x->user = rq;
	return rq;
}

static bool within_limits(struct worker *w, struct request *rq)
{
	if (limiter_take(&w->app.limiter, &rq->http->client, rq->route->class,
		    app_today(&w->app, rq->now_us), rq->x->began_us, &rq->retry_s))
		return true;
	shared_add(&w->app.slot->limited, 1);
	request_error(rq, RC_RATE);
	return false;
}

static void no_such_route(struct worker *w, struct request *rq, unsigned allowed)
{
	if (!within_limits(w, rq))
		return;
	if (!allowed) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	http_header_lines(rq->x, w->app.lines_refusal);
	http_reply_allow(rq->x, allowed);
}

/* Head known, nothing of the body read. */
static void route_cb(void *arg, struct http_exchange *x)
{
	struct worker *w = arg;
	struct request *rq = request_new(w, x);
	struct http_match m;
	if (!router_match(w->router, x->req.method, x->req.path, &m)) {
		no_such_route(w, rq, m.allowed);
		return;
	}
	const struct bound *b = m.route->data;
	rq->route = b->route;
	rq->json = b->json;
	for (size_t i = 0; i < m.n && i < REQUEST_ARGS; i++)
		rq->arg[i] = m.param[i];
	if (!within_limits(w, rq))
		return;
	if (b->route->body_max && rq->post) {
		x->policy.kind =
			b->route->flags & ROUTE_SPOOL ? HTTP_BODY_SPOOL : HTTP_BODY_FORM;
		x->policy.limit = b->route->body_max;
	}
}

static void complete_cb(void *arg, struct http_exchange *x)
{
	struct request *rq = x->user;
	(void)arg;
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
	struct worker *w = arg;
	struct shared_slot *s = w->app.slot;
	const struct request *rq = x->user;
	int class = d->status / 100, bucket = 0;
	for (int64_t us = d->us; us > 64 && bucket < SHARED_BUCKETS - 1; us >>= 2)
		bucket++;
	shared_add(&s->requests[route_index(rq)], 1);
	shared_add(&s->status[class >= 0 && class < 6 ? class : 5], 1);
	shared_add(&s->time[bucket], 1);
	shared_add(&s->time_us, d->us > 0 ? (uint64_t)d->us : 0);
	if (w->log)
		access_line(w->log, x, rq, d);
}

static bool admit_cb(void *arg, const struct addr *peer, bool proxied)
{
	struct worker *w = arg;
	return proxied || peer->kind == ADDR_LOCAL || peers_enter(w->peers, peer);
}

static void left_cb(void *arg, const struct addr *peer, bool proxied)
{
	struct worker *w = arg;
	if (!proxied && peer->kind != ADDR_LOCAL)
		peers_leave(w->peers, peer);
}

/* ---- routes ------------------------------------------------------------------------------ */

static void add_route(
	struct worker *w, size_t *n, const struct route *r, bool json, size_t index)
{
	struct str pattern = str_c(r->pattern);
	if (json)
		pattern = arena_fmt(&w->app.memory, "%s.json", r->pattern);
	w->bound[*n] = (struct bound){r, json, (uint8_t)index};
	w->routes[*n] = (struct http_route){.pattern = pattern.p, .data = &w->bound[*n]};
	if (r->flags & ROUTE_GET)
		w->routes[*n].methods |= 1u << HTTP_GET;
	if (r->flags & ROUTE_POST)
		w->routes[*n].methods |= 1u << HTTP_POST;
	++*n;
}

static void build_routes(struct worker *w)
{
	size_t n = 0;
	w->bound = xcalloc(web_ops.nroutes * 2, sizeof *w->bound);
	w->routes = xcalloc(web_ops.nroutes * 2, sizeof *w->routes);
	for (size_t i = 0; i < web_ops.nroutes; i++) {
		add_route(w, &n, &web_ops.routes[i], false, i + 1);
		if (web_ops.routes[i].flags & ROUTE_JSON)
			add_route(w, &n, &web_ops.routes[i], true, i + 1);
	}
	w->router = router_new(w->routes, n);
}

/* ---- the way down ------------------------------------------------------------------------ */

static void stop(void *arg)
{
	struct worker *w = arg;
	loop_stop(w->loop);
}

/* The last scan counts go out before the process does. */
static void flush_then_stop(void *arg)
{
	struct worker *w = arg;
	if (scans_flush(w->app.scans) && pgpool_up(w->app.db, DB_RW)) {
		loop_timer_init(&w->tick, w->loop, flush_then_stop, w);
		loop_timer_set(&w->tick, 20);
		return;
	}
	loop_stop(w->loop);
}

static void drained_cb(void *arg)
{
	struct worker *w = arg;
	if (w->flushing)
		return;
	w->flushing = true;
	loop_timer_stop(&w->limit);
	loop_timer_init(&w->limit, w->loop, stop, w);
	loop_timer_set(&w->limit, FLUSH_MS);
	loop_timer_stop(&w->tick);
	flush_then_stop(w);
}

static void drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = true;
	w->ready = false;
	if (!w->accepting) {
		for (size_t i = 0; i < w->fds->nlisten; i++)
			close(w->fds->listen[i]);
		loop_stop(w->loop);
		return;
	}
	loop_timer_init(&w->limit, w->loop, drained_cb, w);
	loop_timer_set(&w->limit, WORKER_DRAIN_MS - FLUSH_MS);
	http_server_drain(w->http);
}

static void term_cb(void *arg)
{
	drain(arg);
}

static void control_message_cb(
	void *arg, struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	(void)ch, (void)fds, (void)nfds;
	if (n == 1 && *(const char *)data == WORKER_DRAIN)
		drain(arg);
}

/* The master is gone: nobody would start us again, so make room for its successor. */
static void control_closed_cb(void *arg, struct ipc *ch)
{
	struct worker *w = arg;
	ipc_free(ch);
	w->control = NULL;
	drain(w);
}

/* ---- the way up -------------------------------------------------------------------------- */

static void accept_now(struct worker *w)
{
	if (w->accepting || w->draining)
		return;
	w->accepting = true;
	for (size_t i = 0; i < w->fds->nlisten; i++)
		http_server_listen(w->http, w->fds->listen[i]);
}

static void ask_version(struct worker *w);

static void version_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct worker *w = arg;
	int64_t v = 0;
	w->version = NULL;
	if (rc != RC_OK || db_count(rows) != 1 || !str_i64(db_cell(rows, 0, 0), &v))
		return; /* the tick asks again */
	if (v < CLI_API_MIN || v > CLI_API_MAX) {
		log_event(LOG_ERROR, "db.wrong_version", LOG_I("has", v),
			LOG_I("needs_min", CLI_API_MIN), LOG_I("needs_max", CLI_API_MAX));
		w->status = 2;
		w->ready = false;
		drain(w);
		return;
	}
	if (w->ready)
		return;
	w->ready = true;
	accept_now(w);
	if (w->control)
		ipc_send(w->control, &(char){WORKER_READY}, 1, NULL, 0);
}

static void ask_version(struct worker *w)
{
	if (!w->version && !w->ready)
		w->version = db_submit(
			w->app.db, ST_version, NULL, 0, w->app.opt.read_ms, version_cb, w);
}

static void tick_cb(void *arg)
{
	struct worker *w = arg;
	atomic_store_explicit(&w->app.slot->beat_ms, loop_now_ms(), memory_order_relaxed);
	app_gauges(&w->app);
	if (w->http) {
		struct http_stats st;
		struct shared_slot *s = w->app.slot;
		http_server_stats(w->http, &st);
		shared_set(&s->accepted, st.accepted);
		shared_set(&s->codec_refusals, st.codec_refusals);
		shared_set(&s->bytes_in, st.bytes_in);
		shared_set(&s->bytes_out, st.bytes_out);
		shared_set(&s->fd_rests, st.fd_rests);
		shared_set(&s->gauge_open, st.open);
		shared_set(&s->gauge_idle, st.idle);
	}
	if (!w->draining)
		ask_version(w);
	loop_timer_set(&w->tick, TICK_MS);
}

/* ---- notices ----------------------------------------------------------------------------- */

static void changed_cb(void *arg, struct str kind, struct str key, int64_t version)
{
	struct worker *w = arg;
	cache_changed(w->app.cache, kind, key, version);
}

static void all_changed_cb(void *arg)
{
	struct worker *w = arg;
	cache_all_changed(w->app.cache, clock_now_us());
}

static void listening_cb(void *arg, bool on)
{
	struct worker *w = arg;
	cache_trust(w->app.cache, on);
	/* A database that comes back may have been migrated meanwhile. */
	if (on && w->ready && !w->version && !w->draining)
		w->version = db_submit(
			w->app.db, ST_version, NULL, 0, w->app.opt.read_ms, version_cb, w);
}

/* ---- start ------------------------------------------------------------------------------- */

static void make_site(struct worker *w)
{
	const struct config *c = w->cfg;
	w->site = (struct site){.base_url = str_c(c->base_url),
		.host = str_c(c->host),
		.name = str_c(c->name),
		.name_en = str_c(c->name_en),
		.hotline = str_c(c->hotline),
		.contact = str_c(c->contact),
		.security_contact = str_c(c->security_contact),
		.timezone = str_c(c->timezone),
		.map_url = str_c(c->map_url)};
	lang_parse(str_c(c->language), &w->site.lang);
	for (int l = 0; l < LANG_COUNT; l++)
		w->language[l] = str_c(lang_tag(l));
}

static enum rc make_app(struct worker *w, struct err *e)
{
	static const struct pgpool_ops db_ops = {changed_cb, all_changed_cb, listening_cb};
	const struct config *c = w->cfg;
	struct app_options opt = {.state = c->state,
		.cache_bytes = (size_t)c->cache_bytes,
		.photo_bytes = c->photo_bytes,
		.read_ms = (int)c->read_ms,
		.write_ms = (int)c->write_ms,
		.slow_ms = (int)c->slow_ms};
	const struct config_rate *rates[CLASS_COUNT] = {[CLASS_PAGE] = &c->rate_page,
		[CLASS_PHOTO] = &c->rate_photo,
		[CLASS_STATIC] = &c->rate_static,
		[CLASS_FORM] = &c->rate_form,
		[CLASS_STAFF] = &c->rate_staff};
	struct limit_rate limits[CLASS_COUNT];
	for (int i = 0; i < CLASS_COUNT; i++)
		limits[i] = (struct limit_rate){rates[i]->per_minute, rates[i]->burst};
	app_init(&w->app, w->loop, &opt, &w->site, &web_ops, w->shared,
		&w->shared->slot[w->fds->slot], limits);
	enum rc rc = web_ops.init ? web_ops.init(&w->site, e) : RC_OK;
	struct pgpool_options db = {.dsn = c->dsn,
		.connections = {(int)c->ro_connections, (int)c->rw_connections,
			(int)c->slow_connections},
		.depth = PIPELINE_DEPTH,
		.queue = QUEUE,
		.connect_ms = CONNECT_MS};
	if (rc == RC_OK)
		rc = pgpool_new(w->loop, &db, &db_ops, w, &w->app.db, e);
	return rc;
}

static enum rc make_http(struct worker *w, struct err *e)
{
	static const struct http_ops ops = {.route_cb = route_cb,
		.request_cb = complete_cb,
		.done_cb = done_cb,
		.admit_cb = admit_cb,
		.left_cb = left_cb,
		.drained_cb = drained_cb};
	const struct config *c = w->cfg;
	for (size_t i = 0; i < c->host_n; i++)
		w->hosts[i] = str_c(c->host_list[i]);
	for (size_t i = 0; i < c->proxy_n; i++)
		if (!addr_net_parse(str_c(c->proxy_list[i]), &w->trusted[i]))
			return err_set(e, RC_INVALID, "trusted_proxy: %s is no address",
				c->proxy_list[i]);
	struct http_config http = {.hosts = w->hosts,
		.nhosts = c->host_n,
		.trusted = w->trusted,
		.ntrusted = c->proxy_n,
		.spool = c->state[0] ? c->state : "/tmp",
		.error_fields = w->app.lines_refusal,
		.max_connections = (size_t)c->connections,
		.idle_ms = c->idle_ms};
	w->peers = peers_new((size_t)c->connections, (unsigned)c->connections_per_address);
	w->http = http_server_new(w->loop, &http, &ops, w);
	return RC_OK;
}

static void release(struct worker *w)
{
	loop_timer_stop(&w->tick);
	loop_timer_stop(&w->limit);
	db_forget(w->version);
	/* Flights call back into requests of the server: the pool goes first. */
	pgpool_free(w->app.db);
	w->app.db = NULL;
	if (w->http)
		http_server_free(w->http);
	admin_free(w->admin);
	access_free(w->log);
	peers_free(w->peers);
	app_release(&w->app);
	if (w->control)
		ipc_free(w->control);
	loop_signal_stop(w->loop, SIGTERM);
	if (w->router)
		router_free(w->router);
	free(w->routes);
	free(w->bound);
	loop_free(w->loop);
}

int worker_run(const struct config *cfg, const struct worker_fds *fds)
{
	static char role[24]; /* log_role() keeps it */
	static struct worker w;
	struct err e;
	w = (struct worker){.cfg = cfg, .fds = fds};
	snprintf(role, sizeof role, "worker[%d]", fds->slot);
	log_role(role);
	signal(SIGINT, SIG_IGN); /* of a terminal: the master decides */
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	w.shared = shared_map(fds->shared);
	if (!w.shared || fds->slot < 0 || fds->slot >= SHARED_SLOTS) {
		log_event(LOG_ERROR, "worker.bad_mapping");
		return 1;
	}
	crypto_random(&w.id_seed, sizeof w.id_seed);
	w.loop = loop_new();
	make_site(&w);
	enum rc rc = make_app(&w, &e);
	if (rc == RC_OK)
		rc = make_http(&w, &e);
	if (rc != RC_OK) {
		log_event(LOG_ERROR, "worker.cannot_start", LOG_C("detail", e.detail));
		return 2;
	}
	build_routes(&w);
	if (cfg->access_log)
		w.log = access_new(w.loop, role);
	if (fds->admin >= 0)
		w.admin = admin_new(&w.app, w.shared, &w.ready, fds->admin);
	if (fds->control >= 0)
		w.control = ipc_new(
			w.loop, fds->control, control_message_cb, control_closed_cb, &w);
	loop_signal(w.loop, SIGTERM, term_cb, &w);
	loop_timer_init(&w.tick, w.loop, tick_cb, &w);
	tick_cb(&w);
	if (!fds->wait)
		accept_now(&w);
	loop_run(w.loop);
	release(&w);
	return w.status;
}
