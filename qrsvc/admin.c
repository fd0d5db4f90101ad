/* Owns the admin listener of a worker.  Called by worker.c. */
#include "qrsvc/admin.h"

#include "qrsvc/http/resp.h"
#include "qrsvc/metrics.h"

#define METRICS_MAX (256u * 1024)

struct admin {
	struct app *app;
	const struct shared *shared;
	const bool *ready;
	struct http_server *http;
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

static void metrics(struct admin *ad, struct http_exchange *x)
{
	struct sbuf out;
	sbuf_init(&out, METRICS_MAX);
	app_gauges(ad->app);
	metrics_write(ad->shared, ad->app->web, &out);
	http_reply_text(x, 200, STR("text/plain; version=0.0.4"),
		arena_str(&x->arena, sbuf_view(&out)));
	sbuf_release(&out);
}

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
	ad->http = http_server_new(a->loop,
		&(struct http_config){.max_connections = 64,
			.error_fields = STR("Cache-Control: no-store\r\n")},
		&ops, ad);
	http_server_listen(ad->http, fd);
	return ad;
}

void admin_free(struct admin *ad)
{
	if (ad)
		http_server_free(ad->http);
	free(ad);
}
