/* Owns the life of a worker: start, readiness, notices of the database, drain, end.
 * Knows no page and no statement but api.version().  Started by main.c for `--worker`. */
#include "qrsvc/worker.h"

#include "qrsvc/admin.h"
#include "qrsvc/app/photocache.h"
#include "qrsvc/app/app.h"
#include "qrsvc/app/hasher.h"
#include "qrsvc/app/keyfile.h"
#include "qrsvc/app/lag.h"
#include "qrsvc/app/scan.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/cli/open.h"
#include "qrsvc/net/ipc.h"
#include "qrsvc/photo/client.h"
#include "qrsvc/serve.h"

#include <signal.h>
#include <unistd.h>

#define TICK_MS 1000
#define FLUSH_MS 2000	  /* for the last scan counts, when draining */
#define PIPELINE_DEPTH 16 /* architecture.md 5 */
#define QUEUE 512	  /* calls of one class that wait: about a second of misses */
#define CONNECT_MS 3000

struct worker {
	const struct config *cfg;
	const struct worker_fds *fds;
	struct loop *loop;
	struct app app;
	struct site site;
	struct seal_key contact;
	struct shared *shared;
	struct serve *serve;
	struct admin *admin;
	struct ipc *control;
	bool photod_linked, hasher_linked; /* at the last tick */
	struct loop_timer tick, limit;
	struct db_ticket *version;
	bool ready, accepting, draining, flushing;
	int status; /* exit */
};

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
	serve_drain(w->serve, drained_cb, w);
}

static void term_cb(void *arg)
{
	drain(arg);
}

static void control_message_cb(
	void *arg, struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	struct worker *w = arg;
	char say = n == 1 ? *(const char *)data : 0;
	(void)ch;
	if (say == WORKER_PHOTOD && nfds == 1)
		photo_client_attach(w->app.photod, fds[0]);
	else if (say == WORKER_HASHER && nfds == 1)
		hasher_attach(w->app.hasher, fds[0]);
	else
		for (size_t i = 0; i < nfds; i++)
			close(fds[i]);
	if (say == WORKER_DRAIN)
		drain(w);
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
		serve_listen(w->serve, w->fds->listen[i]);
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

/* A helper's socket that broke while the helper lives (out of buffers, a damaged message) is
 * asked for anew; one tick is left to a helper that is being started. */
static void ask_links(struct worker *w)
{
	bool photod = photo_client_linked(w->app.photod), hasher = hasher_linked(w->app.hasher);
	if (w->control && !photod && !w->photod_linked)
		ipc_send(w->control, &(char){WORKER_PHOTOD}, 1, NULL, 0);
	if (w->control && !hasher && !w->hasher_linked)
		ipc_send(w->control, &(char){WORKER_HASHER}, 1, NULL, 0);
	w->photod_linked = photod;
	w->hasher_linked = hasher;
}

static void tick_cb(void *arg)
{
	struct worker *w = arg;
	ask_links(w);
	atomic_store_explicit(&w->app.slot->beat_ms, loop_now_ms(), memory_order_relaxed);
	lag_tick(w->app.lag, (int)w->cfg->ro_connections);
	app_gauges(&w->app);
	serve_gauges(w->serve);
	if (!w->draining)
		ask_version(w);
	loop_timer_set(&w->tick, TICK_MS);
}

/* ---- notices ----------------------------------------------------------------------------- */

static void changed_cb(void *arg, struct str kind, struct str key, int64_t version)
{
	struct worker *w = arg;
	if (str_eq(kind, STR("photo")))
		photocache_taken_back(w->app.photos, key);
	else
		cache_changed(w->app.cache, kind, key, version);
}

static void all_changed_cb(void *arg)
{
	struct worker *w = arg;
	cache_all_changed(w->app.cache, clock_now_us());
	photocache_doubt(w->app.photos);
}

static void listening_cb(void *arg, bool on)
{
	struct worker *w = arg;
	cache_trust(w->app.cache, on);
	if (on || !w->app.unheard_us)
		w->app.unheard_us = on ? 0 : clock_now_us();
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
}

/* Before anything listens: a key that is named and cannot be had is a mistake to be told. */
static enum rc read_contact(struct worker *w, struct err *e)
{
	const char *path = w->cfg->contact_key;
	if (!path[0])
		return RC_OK;
	w->app.opt.contact = &w->contact;
	return keyfile_contact(path, &w->contact, e);
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
	struct password_cost cost = {(uint32_t)(c->hash_mem / KIB), (uint32_t)c->hash_passes};
	w->app.photod = photo_client_new(w->loop, -1);
	w->app.hasher = hasher_new(w->loop, &cost);
	enum rc rc = web_ops.init ? web_ops.init(&w->site, e) : RC_OK;
	if (rc == RC_OK)
		rc = read_contact(w, e);
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

static void release(struct worker *w)
{
	loop_timer_stop(&w->tick);
	loop_timer_stop(&w->limit);
	db_forget(w->version);
	/* Flights call back into requests of the server: the pool goes first. */
	pgpool_free(w->app.db);
	w->app.db = NULL;
	photo_client_free(w->app.photod);
	hasher_free(w->app.hasher);
	serve_free(w->serve);
	admin_free(w->admin);
	app_release(&w->app);
	if (w->control)
		ipc_free(w->control);
	loop_signal_stop(w->loop, SIGTERM);
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
	w.loop = loop_new();
	make_site(&w);
	enum rc rc = make_app(&w, &e);
	if (rc == RC_OK)
		rc = serve_new(&w.app, cfg, role, &w.serve, &e);
	if (rc != RC_OK) {
		log_event(LOG_ERROR, "worker.cannot_start", LOG_C("detail", e.detail));
		return 2;
	}
	if (fds->admin >= 0)
		w.admin = admin_new(&w.app, w.shared, &w.ready, fds->admin);
	if (fds->control >= 0)
		w.control = ipc_new(
			w.loop, fds->control, control_message_cb, control_closed_cb, &w);
	loop_signal(w.loop, SIGTERM, term_cb, &w);
	loop_timer_init(&w.tick, w.loop, tick_cb, &w);
	w.photod_linked = w.hasher_linked = true; /* on their way */
	tick_cb(&w);
	if (!fds->wait)
		accept_now(&w);
	loop_run(w.loop);
	release(&w);
	return w.status;
}
