/* Owns the way of a cached page: cache, one flight to the database for all who wait, and who is
 * answered then (page_answer.c).  Knows no kind of page by name.  Called through request_page()
 * by handlers.
 *
 * A flight goes DOCS (the statement), then GUESS if there was no row and the kind asks for it,
 * then REF once for each reference document that is not loaded yet; then everybody who joined
 * is answered from the new cache entry. */
#include "qrsvc/app/page_answer.h"

#include "qrsvc/app/docs.h"
#include "qrsvc/app/hash.h"
#include "qrsvc/app/lag.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"

#define BUCKETS 1024u
#define MAX_REFS_A_PAGE 8 /* a place with facilities of several ages */

struct waiter { /* in the arena of its request */
	struct waiter *next;
	struct request *rq;
};

struct flight {
	struct flight *next, **prev; /* bucket */
	struct app *app;
	const struct page_kind *kind;
	struct page_args args; /* copies in arena */
	uint64_t hash;
	struct waiter *first, **last;
	uint64_t gen;
	bool primary;
	bool fallback; /* the primary is gone: a replica's answer, shown with "data as of" */
	uint8_t tries, refs;
	int64_t ref; /* version being read */
	struct arena arena;
};

struct flights {
	struct flight *bucket[BUCKETS];
	size_t n;
};

struct flights *flights_new(void)
{
	return xcalloc(1, sizeof(struct flights));
}

size_t flights_count(const struct flights *fs)
{
	return fs->n;
}

/* ---- flights ----------------------------------------------------------------------------- */

static struct flight *flight_find(
	struct flights *fs, uint64_t hash, const struct page_kind *kind, struct str key)
{
	struct flight *f = fs->bucket[hash % BUCKETS];
	while (f && (f->hash != hash || f->kind != kind || !str_eq(f->args.key, key)))
		f = f->next;
	return f;
}

static struct db_param *copy_params(struct arena *a, const struct db_param *p, int n)
{
	struct db_param *copy = arena_array(a, (size_t)n, sizeof *copy);
	for (int i = 0; i < n; i++) {
		copy[i] = p[i];
		if (p[i].s.p)
			copy[i].s = arena_str(a, p[i].s);
		if (p[i].list) {
			struct str *list = arena_array(a, p[i].n, sizeof *list);
			for (size_t k = 0; k < p[i].n; k++)
				list[k] = arena_str(a, p[i].list[k]);
			copy[i].list = list;
		}
		if (p[i].ints) {
			int64_t *ints = arena_array(a, p[i].n, sizeof *ints);
			memcpy(ints, p[i].ints, p[i].n * sizeof *ints);
			copy[i].ints = ints;
		}
	}
	return copy;
}

static struct flight *flight_new(struct app *a, uint64_t hash, const struct page_kind *kind,
	const struct page_args *args)
{
	struct flight *f = xcalloc(1, sizeof *f);
	f->app = a;
	f->kind = kind;
	f->hash = hash;
	f->last = &f->first;
	arena_init(&f->arena);
	f->args = (struct page_args){.key = arena_str(&f->arena, args->key),
		.params = copy_params(&f->arena, args->params, args->n),
		.n = args->n,
		.guess_params = copy_params(&f->arena, args->guess_params, args->guess_n),
		.guess_n = args->guess_n};
	struct flight **at = &a->flights->bucket[hash % BUCKETS];
	f->next = *at;
	f->prev = at;
	if (*at)
		(*at)->prev = &f->next;
	*at = f;
	a->flights->n++;
	return f;
}

static void flight_free(struct flight *f)
{
	*f->prev = f->next;
	if (f->next)
		f->next->prev = f->prev;
	f->app->flights->n--;
	arena_release(&f->arena);
	free(f);
}

void flights_free(struct flights *fs)
{
	for (size_t i = 0; fs && i < BUCKETS; i++)
		for (struct flight *f = fs->bucket[i], *next; f; f = next) {
			next = f->next;
			flight_free(f);
		}
	free(fs);
}

/* Answers everybody, last of all frees the flight: a new request for the same page that comes
 * while they are answered must not join it. */
static void land(struct flight *f, enum rc rc, bool stale)
{
	struct app *a = f->app;
	struct waiter *w = f->first;
	f->hash = ~f->hash; /* not found any more */
	for (bool joined = false; w; joined = true) {
		struct waiter *next = w->next;
		/* Looked up each time: rendering one answer may have pushed the entry out. */
		struct cache_entry *e = rc == RC_OK || stale
						? cache_find(a->cache, f->kind, f->args.key)
						: NULL;
		if (e)
			page_answer(w->rq, e, f->kind, stale ? 's' : joined ? 'j' : 'm');
		else
			request_error(w->rq, rc == RC_OK ? RC_BUSY : rc);
		w = next;
	}
	flight_free(f);
}

static void submit_docs(struct flight *f);

static void failed(struct flight *f, enum rc rc)
{
	bool gone = rc == RC_UNAVAILABLE || rc == RC_TIMEOUT || rc == RC_BUSY;
	if (gone && f->primary && !f->fallback && pgpool_has_replicas(f->app->db)) {
		f->fallback = true;
		f->primary = false;
		f->tries = APP_FLIGHT_TRIES; /* whatever it says: nobody else is there */
		submit_docs(f);
		return;
	}
	land(f, rc, gone && cache_find(f->app->cache, f->kind, f->args.key) != NULL);
}

static struct db_ticket *submit(
	struct flight *f, enum stmt_id st, const struct db_param *p, int n, db_done_cb *cb)
{
	struct app *a = f->app;
	return f->primary ? db_submit_primary(a->db, st, p, n, a->opt.read_ms, cb, f)
			  : db_submit(a->db, st, p, n, a->opt.read_ms, cb, f);
}

static void ref_cb(void *arg, enum rc rc, const struct db_rows *rows);

/* The entry is there, or NULL: what it refers to is next, or the answer. */
static void filled(struct flight *f, struct cache_entry *e)
{
	int64_t missing = e ? docs_missing_ref(cache_docs(e), f->app->refs) : 0;
	char version[24];
	if (!missing || f->refs++ == MAX_REFS_A_PAGE) {
		land(f, e ? RC_OK : RC_BUSY, f->fallback);
		return;
	}
	snprintf(version, sizeof version, "%lld", (long long)missing);
	struct db_param p[] = {DB_P_TEXT(STR("reference")), DB_P_TEXT(str_c(version))};
	f->ref = missing;
	submit(f, ST_public_document, p, 2, ref_cb);
}

static void ref_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct flight *f = arg;
	if (rc == RC_OK && db_count(rows) == 0)
		rc = RC_INTERNAL;
	if (rc == RC_OK)
		rc = refs_put(f->app->refs, f->ref, db_cell(rows, 0, 4));
	if (rc != RC_OK) {
		log_event(LOG_WARNING, "reference.not_loaded", LOG_I("version", f->ref),
			LOG_C("rc", rc_info(rc)->name));
		failed(f, rc == RC_BAD ? RC_INTERNAL : rc);
		return;
	}
	struct cache_entry *e = cache_find(f->app->cache, f->kind, f->args.key);
	if (!e && f->tries < APP_FLIGHT_TRIES)
		submit_docs(f); /* others have pushed it out meanwhile */
	else
		filled(f, e);
}

/* What a replica says without its primary is at most as new as the last thing heard of that,
 * and no newer than what it had received by then. */
static int64_t heard_us(const struct app *a)
{
	int64_t now = clock_now_us(), complete = lag_complete_us(a->lag);
	int64_t heard = a->unheard_us && a->unheard_us < now ? a->unheard_us : now;
	return complete && complete < heard ? complete : heard;
}

static void fill(struct flight *f, const struct db_rows *rows, const struct db_rows *guess)
{
	struct cache_entry *e;
	struct cache_fill fill = {.kind = f->kind,
		.key = f->args.key,
		.rows = rows,
		.guess_rows = guess,
		.primary = f->primary || !pgpool_has_replicas(f->app->db),
		.begun_gen = f->gen,
		.now_us = f->fallback ? heard_us(f->app) : clock_now_us(),
		.last_try = f->tries >= APP_FLIGHT_TRIES};
	enum rc rc = cache_put(f->app->cache, &fill, &e);
	if (rc == RC_OK) {
		filled(f, e);
	} else if (rc == RC_CONFLICT) {
		f->primary = true;
		submit_docs(f);
	} else {
		log_event(LOG_ERROR, "page.rows_malformed", LOG_C("page", f->kind->name));
		failed(f, rc);
	}
}

static void guess_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct flight *f = arg;
	/* A page without guesses is still the right answer. */
	fill(f, NULL, rc == RC_OK ? rows : NULL);
}

static void docs_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct flight *f = arg;
	if (rc == RC_NOT_FOUND)
		fill(f, NULL, NULL);
	else if (rc != RC_OK)
		failed(f, rc);
	else if (db_count(rows) == 0 && f->kind->guess != ST_NONE && f->args.guess_n > 0)
		submit(f, f->kind->guess, f->args.guess_params, f->args.guess_n, guess_cb);
	else
		fill(f, rows, NULL);
}

static void submit_docs(struct flight *f)
{
	f->tries++;
	f->gen = cache_gen(f->app->cache);
	submit(f, f->kind->stmt, f->args.params, f->args.n, docs_cb);
}

static void take_off(struct request *rq, const struct page_kind *kind,
	const struct page_args *args, uint64_t hash)
{
	struct app *a = rq->app;
	struct flight *f = flight_find(a->flights, hash, kind, args->key);
	struct waiter *w = arena_alloc(rq->arena, sizeof *w);
	bool first = !f;
	w->rq = rq;
	if (first && a->flights->n >= APP_FLIGHTS) {
		request_error(rq, RC_BUSY);
		return;
	}
	if (first)
		f = flight_new(a, hash, kind, args);
	shared_add(first ? &a->slot->cache_misses : &a->slot->cache_joins, 1);
	*f->last = w;
	f->last = &w->next;
	if (first) {
		f->primary = cache_wants_primary(a->cache, rq->now_us) || lag_behind(a->lag);
		/* Nobody says what a replica misses: whatever it answers may be old. */
		if (!f->primary && pgpool_has_replicas(a->db) && !pgpool_listening(a->db)) {
			f->fallback = true;
			f->tries = APP_FLIGHT_TRIES;
		}
		submit_docs(f);
	}
}

/* Pages without data are entries without documents. */
static struct cache_entry *without_data(struct app *a, const struct page_kind *kind,
	const struct page_args *args, int64_t now_us)
{
	struct cache_entry *e = NULL;
	struct cache_fill fill = {.kind = kind,
		.key = args->key,
		.primary = true,
		.begun_gen = cache_gen(a->cache),
		.now_us = now_us};
	cache_put(a->cache, &fill, &e);
	return e;
}

void request_page(
	struct request *rq, const struct page_kind *kind, const struct page_args *args)
{
	struct app *a = rq->app;
	rq->note.key = arena_str(rq->arena, args->key);
	struct cache_entry *e = cache_find(a->cache, kind, args->key);
	if (!e && kind->stmt == ST_NONE)
		e = without_data(a, kind, args, rq->now_us);
	if (e && cache_fresh(a->cache, e, app_today(a, rq->now_us), rq->now_us)) {
		if (page_answer_hit(rq, e, kind))
			return;
		if (!docs_missing_ref(cache_docs(e), a->refs)) {
			shared_add(&a->slot->cache_remade, 1);
			page_answer(rq, e, kind, 'h');
			return;
		}
	}
	uint64_t hash = hash_bytes((uint64_t)(uintptr_t)kind, args->key);
	take_off(rq, kind, args, hash);
}
