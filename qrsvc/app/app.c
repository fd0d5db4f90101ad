/* Owns the root of a worker: makes and releases what requests share, keeps the local day.
 * Called by worker.c. */
#include "qrsvc/app/app.h"

#include "qrsvc/app/docs.h"
#include "qrsvc/app/gzip.h"
#include "qrsvc/app/lag.h"
#include "qrsvc/app/photocache.h"
#include "qrsvc/app/scan.h"
#include "qrsvc/app/upload.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/photo/client.h"

void app_init(struct app *a, struct loop *l, const struct app_options *opt,
	const struct site *site, const struct web_ops *web, struct shared *shared,
	struct shared_slot *slot, const struct limit_rate *rates)
{
	*a = (struct app){.loop = l, .opt = *opt, .site = *site, .web = web, .slot = slot};
	a->cache = cache_new(opt->cache_bytes);
	a->refs = refs_new();
	a->gzip = gzip_new(APP_GZIP_LEVEL);
	a->flights = flights_new();
	a->scans = scans_new(a);
	a->lag = lag_new(a);
	a->photos = photocache_new(a);
	a->uploads = uploads_new(a);
	a->https = str_starts(site->base_url, STR("https://"));
	limiter_init(&a->limiter, shared, rates);
	sbuf_init(&a->out, LIMIT_PAGE);
	arena_init(&a->scratch);
	arena_init(&a->memory);
	reply_lines_init(a);
}

void app_release(struct app *a)
{
	scans_free(a->scans);
	lag_free(a->lag);
	photocache_free(a->photos);
	uploads_free(a->uploads);
	flights_free(a->flights);
	cache_free(a->cache);
	refs_free(a->refs);
	gzip_free(a->gzip);
	sbuf_release(&a->out);
	arena_release(&a->scratch);
	arena_release(&a->memory);
}

int32_t app_today(struct app *a, int64_t now_us)
{
	if (now_us < a->day_begin_us || now_us >= a->day_end_us) {
		a->today = clock_day(now_us);
		a->day_begin_us = clock_day_start(a->today);
		a->day_end_us = clock_day_start(a->today + 1);
	}
	return a->today;
}

static void db_gauges(struct app *a)
{
	struct shared_slot *s = a->slot;
	for (int c = 0; c < DB_CLASSES; c++) {
		struct pgpool_stats st;
		pgpool_stats(a->db, c, &st);
		shared_set(&s->db_calls[c], st.calls);
		shared_set(&s->db_errors[c], st.errors);
		shared_set(&s->db_timeouts[c], st.timeouts);
		shared_set(&s->db_us[c], st.us);
		shared_set(&s->db_lost[c], st.lost);
		shared_set(&s->db_refused[c], st.refused);
		shared_set(&s->gauge_db_up[c], (uint64_t)st.up);
		shared_set(&s->gauge_db_waiting[c], (uint64_t)st.waiting);
		shared_set(&s->gauge_db_in_flight[c], (uint64_t)st.in_flight);
	}
	shared_set(&s->gauge_listening, pgpool_listening(a->db));
	shared_set(&s->gauge_lagging, lag_behind(a->lag));
}

static void photod_gauges(struct app *a)
{
	struct shared_slot *s = a->slot;
	struct photo_client_stats st;
	photo_client_stats(a->photod, &st);
	shared_set(&s->photod_jobs, st.jobs);
	shared_set(&s->photod_failed, st.failed);
	shared_set(&s->photod_us, st.us);
	shared_set(&s->gauge_photod_up, photo_client_up(a->photod));
	shared_set(&s->gauge_photod_waiting, photo_client_waiting(a->photod));
}

void app_gauges(struct app *a)
{
	struct shared_slot *s = a->slot;
	struct cache_stats st;
	cache_stats(a->cache, clock_now_us(), &st);
	shared_set(&s->cache_evicted, st.evicted);
	shared_set(&s->cache_expired, st.expired);
	shared_set(&s->cache_refetched, st.refetched);
	shared_set(&s->gauge_cache_bytes, st.bytes);
	shared_set(&s->gauge_cache_entries, st.entries);
	shared_set(&s->gauge_cache_negative, st.negative);
	shared_set(&s->gauge_cache_oldest_s,
		st.oldest_us > 0 ? (uint64_t)(st.oldest_us / US_PER_S) : 0);
	if (a->db)
		db_gauges(a);
	if (a->photod)
		photod_gauges(a);
}
