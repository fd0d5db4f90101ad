/* Owns the admin listener of a worker.  Called by worker.c. */
#include "qrsvc/admin.h"

#include "qrsvc/http/resp.h"
#include "qrsvc/metrics.h"

#define METRICS_MAX (256u * 1024)
#define FACTS_MAX (32u * 1024)
#define FACTS_MS 10000	   /* several may scrape: the database is asked once for all of them */
#define FACTS_WAIT_MS 2000 /* then they are told without it */
#define WAITING_MAX 64	   /* connections of this listener */

struct admin {
	struct app *app;
	const struct shared *shared;
	const bool *ready;
	struct http_server *http;
	struct sbuf facts; /* numbers of the database as text, empty: none */
	int64_t facts_at;  /* loop_now_ms() */
	struct db_ticket *asked;
	struct http_exchange *waiting[WAITING_MAX];
	size_t waiting_n;
};

static void ready(struct admin *ad, struct http_exchange *x)
{
	struct pgpool *db = ad->app->db;
	const char *why = NULL;
	if (!*ad->ready)
		why = "not ready: starting or draining\n";
	else if (!pgpool_up(db, DB_RO))
		why = "not ready: no database for pages\n";
	else if (!pgpool_listening(db))
		why = "not ready: does not hear of changes\n";
	http_reply_text(
		x, why ? 503 : 200, STR("text/plain"), why ? str_c(why) : STR("ready\n"));
}

/* ---- metrics ----------------------------------------------------------------------------- */

static void metrics_answer(struct admin *ad, struct http_exchange *x)
{
	struct sbuf out;
	sbuf_init(&out, METRICS_MAX);
	app_gauges(ad->app);
	metrics_write(ad->shared, ad->app->web, &out);
	metrics_head(&out, "qrsvc_facts_up", "gauge",
		"1: the numbers of the database below are not older than 10 s.");
	sbuf_fmt(&out, "qrsvc_facts_up %d\n", ad->facts.n > 0);
	sbuf_str(&out, sbuf_view(&ad->facts));
	http_reply_text(x, 200, STR("text/plain; version=0.0.4"),
		arena_str(&x->arena, sbuf_view(&out)));
	sbuf_release(&out);
}

/* Old numbers are worse than none: an alert would go on about what is long over. */
static void facts_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct admin *ad = arg;
	ad->asked = NULL;
	sbuf_clear(&ad->facts);
	if (rc == RC_OK) {
		metrics_facts(rows, &ad->facts);
		ad->facts_at = loop_now_ms();
	}
	size_t n = ad->waiting_n;
	ad->waiting_n = 0;
	for (size_t i = 0; i < n; i++)
		metrics_answer(ad, ad->waiting[i]);
}

static void metrics(struct admin *ad, struct http_exchange *x)
{
	bool fresh = ad->facts.n && loop_now_ms() - ad->facts_at < FACTS_MS;
	if (fresh || !ad->app->db || ad->waiting_n == WAITING_MAX) {
		metrics_answer(ad, x);
		return;
	}
	ad->waiting[ad->waiting_n++] = x;
	if (!ad->asked)
		ad->asked = db_submit(
			ad->app->db, ST_service_facts, NULL, 0, FACTS_WAIT_MS, facts_cb, ad);
}

/* ---- requests ---------------------------------------------------------------------------- */

static void complete_cb(void *arg, struct http_exchange *x)
{
	struct admin *ad = arg;
	struct str path = x->req.path;
	if (x->req.method != HTTP_GET && x->req.method != HTTP_HEAD)
		http_reply_allow(x, 1u << HTTP_GET);
	else if (str_eq(path, STR("/healthz")))
		http_reply_text(x, 200, STR("text/plain"), STR("alive\n"));
	else if (str_eq(path, STR("/readyz")))
		ready(ad, x);
	else if (str_eq(path, STR("/metrics")))
		metrics(ad, x);
	else
		http_reply_text(
			x, 404, STR("text/plain"), STR("/healthz, /readyz or /metrics\n"));
}

static void route_cb(void *arg, struct http_exchange *x)
{
	(void)arg, (void)x; /* no body is taken: x->policy stays zero */
}

struct admin *admin_new(struct app *a, const struct shared *s, const bool *ready_flag, int fd)
{
	static const struct http_ops ops = {.route_cb = route_cb, .request_cb = complete_cb};
	struct admin *ad = xcalloc(1, sizeof *ad);
	*ad = (struct admin){.app = a, .shared = s, .ready = ready_flag};
	sbuf_init(&ad->facts, FACTS_MAX);
	ad->http = http_server_new(a->loop,
		&(struct http_config){.max_connections = WAITING_MAX,
			.error_fields = STR("Cache-Control: no-store\r\n")},
		&ops, ad);
	http_server_listen(ad->http, fd);
	return ad;
}

void admin_free(struct admin *ad)
{
	if (!ad)
		return;
	http_server_free(ad->http);
	sbuf_release(&ad->facts);
	free(ad);
}
