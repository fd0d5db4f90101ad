/* Owns the names of metrics.  Reads the shared slots; called by the admin listener. */
#include "qrsvc/metrics.h"

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
	COUNTER(accepted, "qrsvc_connections_total", "Connections accepted."),
	COUNTER(codec_refusals, "qrsvc_malformed_total", "Requests refused by the codec."),
	COUNTER(fd_rests, "qrsvc_out_of_descriptors_total", "Times descriptors ran out."),
	COUNTER(bytes_in, "qrsvc_received_bytes_total", "Bytes received."),
	COUNTER(bytes_out, "qrsvc_sent_bytes_total", "Bytes sent."),
	GAUGE(gauge_open, "qrsvc_connections_open", "Connections open."),
	GAUGE(gauge_idle, "qrsvc_connections_idle", "Of these, idle."),
	GAUGE(gauge_listening, "qrsvc_db_listening", "Workers that hear of changes."),
};

static uint64_t sum(const struct shared *s, size_t offset)
{
	uint64_t n = 0;
	for (int i = 0; i < SHARED_SLOTS; i++) {
		const char *slot = (const char *)&s->slot[i];
		if (atomic_load_explicit(&s->slot[i].pid, memory_order_relaxed))
			n += atomic_load_explicit(
				(const _Atomic uint64_t *)(const void *)(slot + offset),
				memory_order_relaxed);
	}
	return n;
}
#define SUM(field) sum(s, offsetof(struct shared_slot, field))

static void head(struct sbuf *out, const char *name, const char *type, const char *help)
{
	sbuf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static const char *route_name(const struct web_ops *web, size_t i)
{
	return i ? web->routes[i - 1].name : "none";
}

/* Several patterns may lead to pages of one name, which make one series. */
static void requests_of(
	const struct shared *s, const struct web_ops *web, size_t i, struct sbuf *out)
{
	uint64_t n = 0;
	for (size_t k = 0; k <= web->nroutes && k < SHARED_ROUTES; k++) {
		if (strcmp(route_name(web, k), route_name(web, i)) != 0)
			continue;
		if (k < i)
			return;
		n += SUM(requests[k]);
	}
	sbuf_fmt(out, "qrsvc_requests_total{route=\"%s\"} %llu\n", route_name(web, i),
		(unsigned long long)n);
}

static void requests(const struct shared *s, const struct web_ops *web, struct sbuf *out)
{
	head(out, "qrsvc_requests_total", "counter", "Requests by route.");
	for (size_t i = 0; i <= web->nroutes && i < SHARED_ROUTES; i++)
		requests_of(s, web, i, out);
	head(out, "qrsvc_responses_total", "counter",
		"Answers by status class; 0xx: the client left.");
	for (int i = 0; i < 6; i++)
		sbuf_fmt(out, "qrsvc_responses_total{status=\"%dxx\"} %llu\n", i,
			(unsigned long long)SUM(status[i]));
	head(out, "qrsvc_request_seconds", "histogram",
		"From head complete to last byte sent.");
	unsigned long long n = 0;
	for (int i = 0; i < SHARED_BUCKETS; i++) {
		n += SUM(time[i]);
		if (i < SHARED_BUCKETS - 1)
			sbuf_fmt(out, "qrsvc_request_seconds_bucket{le=\"%.6f\"} %llu\n",
				(double)(64u << (2 * i)) / 1e6, n);
	}
	sbuf_fmt(out,
		"qrsvc_request_seconds_bucket{le=\"+Inf\"} %llu\n"
		"qrsvc_request_seconds_count %llu\nqrsvc_request_seconds_sum %.6f\n",
		n, n, (double)SUM(time_us) / 1e6);
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
		{"qrsvc_db_wait_microseconds_total", "counter", "Time calls took.",
			offsetof(struct shared_slot, db_us)},
	};
	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		head(out, rows[r].name, rows[r].type, rows[r].help);
		for (int c = 0; c < DB_CLASSES; c++)
			sbuf_fmt(out, "%s{class=\"%s\"} %llu\n", rows[r].name, classes[c],
				(unsigned long long)sum(
					s, rows[r].offset + (size_t)c * sizeof(uint64_t)));
	}
}

void metrics_write(const struct shared *s, const struct web_ops *web, struct sbuf *out)
{
	int workers = 0;
	for (int i = 0; i < SHARED_SLOTS; i++)
		workers += atomic_load(&s->slot[i].pid) != 0;
	head(out, "qrsvc_workers", "gauge", "Workers running.");
	sbuf_fmt(out, "qrsvc_workers %d\n", workers);
	head(out, "qrsvc_respawns_total", "counter", "Workers started again after a failure.");
	sbuf_fmt(out, "qrsvc_respawns_total %llu\n",
		(unsigned long long)atomic_load(&s->respawns));
	requests(s, web, out);
	for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
		head(out, metrics[i].name, metrics[i].type, metrics[i].help);
		sbuf_fmt(out, "%s %llu\n", metrics[i].name,
			(unsigned long long)sum(s, metrics[i].offset));
	}
	database(s, out);
}
