/* Owns the names of metrics.  Reads the shared slots; called by the admin listener. */
#include "qrsvc/metrics.h"

#include <assert.h>

struct metric {
	const char *name, *type, *help;
	size_t offset;
};

#define COUNTER(field, name, help)                                         \
	{                                                                  \
		name, "counter", help, offsetof(struct shared_slot, field) \
	}
#define GAUGE(field, name, help)                                         \
	{                                                                \
		name, "gauge", help, offsetof(struct shared_slot, field) \
	}

static const struct metric metrics[] = {
	COUNTER(limited, "qrsvc_limited_total", "Requests refused by a rate limit."),
	COUNTER(scans, "qrsvc_scans_total", "Scans counted."),
	COUNTER(scans_lost, "qrsvc_scans_lost_total", "Scans that could not be written."),
	COUNTER(cache_hits, "qrsvc_cache_hits_total", "Pages answered as they lay there."),
	COUNTER(cache_misses, "qrsvc_cache_misses_total", "Pages read from the database."),
	COUNTER(cache_joins, "qrsvc_cache_joins_total",
		"Requests that waited for such a read."),
	COUNTER(cache_remade, "qrsvc_cache_remade_total",
		"Pages rendered from kept documents (new day, other language)."),
	COUNTER(cache_stale, "qrsvc_cache_stale_total",
		"Pages answered with \"data as of\" because the database was gone."),
	COUNTER(cache_evicted, "qrsvc_cache_evicted_total", "Entries pushed out by others."),
	COUNTER(cache_expired, "qrsvc_cache_expired_total", "Entries whose documents changed."),
	COUNTER(cache_refetched, "qrsvc_cache_refetched_total",
		"Reads repeated because something newer had been announced."),
	GAUGE(gauge_cache_bytes, "qrsvc_cache_bytes", "Memory of all page caches."),
	GAUGE(gauge_cache_entries, "qrsvc_cache_entries", "Entries of all page caches."),
	GAUGE(gauge_cache_negative, "qrsvc_cache_negative_entries", "Unknown keys kept."),
	GAUGE(gauge_cache_oldest_s, "qrsvc_cache_oldest_seconds",
		"Age of the entries that leave next, summed over workers."),
	COUNTER(photo_hits, "qrsvc_photo_hits_total", "Photos served from files."),
	COUNTER(photo_misses, "qrsvc_photo_misses_total", "Photos read from the database."),
	COUNTER(photo_bad, "qrsvc_photo_bad_files_total", "Files whose hash was wrong."),
	COUNTER(photo_evicted, "qrsvc_photo_evicted_total", "Files deleted for space."),
	COUNTER(photod_jobs, "qrsvc_photo_jobs_total", "Photos given to the photo process."),
	COUNTER(photod_failed, "qrsvc_photo_jobs_failed_total",
		"Photos it could not take: gone, too late, broken."),
	GAUGE(gauge_photod_up, "qrsvc_photo_process_up", "Workers that have a photo process."),
	GAUGE(gauge_photod_waiting, "qrsvc_photo_jobs_waiting", "Photos under way."),
	COUNTER(accepted, "qrsvc_connections_total", "Connections accepted."),
	COUNTER(codec_refusals, "qrsvc_malformed_total", "Requests refused by the codec."),
	COUNTER(fd_rests, "qrsvc_out_of_descriptors_total", "Times descriptors ran out."),
	COUNTER(bytes_in, "qrsvc_received_bytes_total", "Bytes received."),
	COUNTER(bytes_out, "qrsvc_sent_bytes_total", "Bytes sent."),
	GAUGE(gauge_open, "qrsvc_connections_open", "Connections open."),
	GAUGE(gauge_idle, "qrsvc_connections_idle", "Of these, idle."),
	GAUGE(gauge_listening, "qrsvc_db_listening", "Workers that hear of changes."),
	GAUGE(gauge_lagging, "qrsvc_db_standby_lags",
		"Workers that read from the primary because the standby is 5 s behind."),
};

static uint64_t load(const struct shared_slot *slot, size_t offset)
{
	return atomic_load_explicit(
		(const _Atomic uint64_t *)(const void *)((const char *)slot + offset),
		memory_order_relaxed);
}

static uint64_t sum(const struct shared *s, size_t offset)
{
	uint64_t n = load(&s->past, offset);
	for (int i = 0; i < SHARED_SLOTS; i++)
		if (atomic_load_explicit(&s->slot[i].pid, memory_order_relaxed))
			n += load(&s->slot[i], offset);
	return n;
}
#define SUM(field) sum(s, offsetof(struct shared_slot, field))

void metrics_head(struct sbuf *out, const char *name, const char *type, const char *help)
{
	sbuf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static const char *route_name(const struct web_ops *web, size_t i)
{
	return i ? web->routes[i - 1].name : "none";
}

/* Several patterns may lead to pages of one name, which make one series.  Only what happened is
 * written: most of the pairs never do. */
static void requests_of(
	const struct shared *s, const struct web_ops *web, size_t i, struct sbuf *out)
{
	uint64_t n[SHARED_STATUS] = {0};
	for (size_t k = 0; k <= web->nroutes; k++) {
		if (strcmp(route_name(web, k), route_name(web, i)) != 0)
			continue;
		if (k < i)
			return;
		for (int c = 0; c < SHARED_STATUS; c++)
			n[c] += SUM(requests[k][c]);
	}
	for (int c = 0; c < SHARED_STATUS; c++)
		if (n[c] || c == 2)
			sbuf_fmt(out,
				"qrsvc_requests_total{route=\"%s\",status=\"%dxx\"} %llu\n",
				route_name(web, i), c, (unsigned long long)n[c]);
}

static void times(const struct shared *s, int class, struct sbuf *out)
{
	static const char *const names[CLASS_COUNT] = {[CLASS_PAGE] = "page",
		[CLASS_PHOTO] = "photo",
		[CLASS_STATIC] = "static",
		[CLASS_FORM] = "form",
		[CLASS_STAFF] = "staff"};
	unsigned long long n = 0;
	for (int i = 0; i < SHARED_BUCKETS - 1; i++) {
		n += SUM(time[class][i]);
		sbuf_fmt(out, "qrsvc_request_seconds_bucket{class=\"%s\",le=\"%.6f\"} %llu\n",
			names[class], (double)SHARED_BUCKET_US(i) / 1e6, n);
	}
	n += SUM(time[class][SHARED_BUCKETS - 1]);
	sbuf_fmt(out,
		"qrsvc_request_seconds_bucket{class=\"%s\",le=\"+Inf\"} %llu\n"
		"qrsvc_request_seconds_sum{class=\"%s\"} %.6f\n"
		"qrsvc_request_seconds_count{class=\"%s\"} %llu\n",
		names[class], n, names[class], (double)SUM(time_us[class]) / 1e6, names[class],
		n);
}

static void requests(const struct shared *s, const struct web_ops *web, struct sbuf *out)
{
	assert(web->nroutes < SHARED_ROUTES);
	metrics_head(out, "qrsvc_requests_total", "counter",
		"Requests by route and class of the answer; 0xx: the client left.");
	for (size_t i = 0; i <= web->nroutes; i++)
		requests_of(s, web, i, out);
	metrics_head(out, "qrsvc_request_seconds", "histogram",
		"From head complete to last byte sent, by class of the route.");
	for (int c = 0; c < CLASS_COUNT; c++)
		times(s, c, out);
}

static void database(const struct shared *s, struct sbuf *out)
{
	static const char *const classes[DB_CLASSES] = {"ro", "rw", "slow"};
	static const struct {
		const char *name, *type, *help;
		size_t offset;
	} rows[] = {
		{"qrsvc_db_calls_total", "counter", "Calls.",
			offsetof(struct shared_slot, db_calls)},
		{"qrsvc_db_errors_total", "counter", "Calls that raised an error.",
			offsetof(struct shared_slot, db_errors)},
		{"qrsvc_db_timeouts_total", "counter", "Calls past their deadline.",
			offsetof(struct shared_slot, db_timeouts)},
		{"qrsvc_db_lost_total", "counter", "Connections lost.",
			offsetof(struct shared_slot, db_lost)},
		{"qrsvc_db_connections", "gauge", "Connections usable.",
			offsetof(struct shared_slot, gauge_db_up)},
		{"qrsvc_db_refused_total", "counter", "Calls refused: too many waited.",
			offsetof(struct shared_slot, db_refused)},
		{"qrsvc_db_waiting", "gauge", "Calls that wait for a connection.",
			offsetof(struct shared_slot, gauge_db_waiting)},
		{"qrsvc_db_in_flight", "gauge", "Calls sent and not answered.",
			offsetof(struct shared_slot, gauge_db_in_flight)},
	};
	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		metrics_head(out, rows[r].name, rows[r].type, rows[r].help);
		for (int c = 0; c < DB_CLASSES; c++)
			sbuf_fmt(out, "%s{class=\"%s\"} %llu\n", rows[r].name, classes[c],
				(unsigned long long)sum(
					s, rows[r].offset + (size_t)c * sizeof(uint64_t)));
	}
	metrics_head(out, "qrsvc_db_seconds_total", "counter", "Time calls took.");
	for (int c = 0; c < DB_CLASSES; c++)
		sbuf_fmt(out, "qrsvc_db_seconds_total{class=\"%s\"} %.6f\n", classes[c],
			(double)SUM(db_us[c]) / 1e6);
}

static void photos(const struct shared *s, struct sbuf *out)
{
	metrics_head(out, "qrsvc_photo_job_seconds_total", "counter",
		"Time photos took from coming to the result, waiting included.");
	sbuf_fmt(out, "qrsvc_photo_job_seconds_total %.6f\n", (double)SUM(photod_us) / 1e6);
}

void metrics_write(const struct shared *s, const struct web_ops *web, struct sbuf *out)
{
	int workers = 0;
	for (int i = 0; i < SHARED_SLOTS; i++)
		workers += atomic_load(&s->slot[i].pid) != 0;
	metrics_head(out, "qrsvc_workers", "gauge", "Workers running.");
	sbuf_fmt(out, "qrsvc_workers %d\n", workers);
	metrics_head(out, "qrsvc_respawns_total", "counter",
		"Workers started again after a failure.");
	sbuf_fmt(out, "qrsvc_respawns_total %llu\n",
		(unsigned long long)atomic_load(&s->respawns));
	requests(s, web, out);
	for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
		metrics_head(out, metrics[i].name, metrics[i].type, metrics[i].help);
		sbuf_fmt(out, "%s %llu\n", metrics[i].name,
			(unsigned long long)sum(s, metrics[i].offset));
	}
	database(s, out);
	photos(s, out);
}
