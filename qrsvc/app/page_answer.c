/* Owns what a cached entry becomes: one page per language and form, its ETag, its compressed
 * twin, and the answer.  Never asks the database.  Called by page.c. */
#include "qrsvc/app/page_answer.h"

#include "qrsvc/app/docs.h"
#include "qrsvc/app/gzip.h"
#include "qrsvc/app/hash.h"
#include "qrsvc/app/scan.h"
#include "qrsvc/base/log.h"
#include "qrsvc/http/negotiate.h"
#include "qrsvc/http/resp.h"

static int rep_index(const struct request *rq)
{
	return (int)rq->lang * 4 + rq->json * 2 + rq->lang_asked;
}

static void set_etag(char out[24], uint64_t h, bool gzip)
{
	snprintf(out, 24, "\"%016llx%s\"", (unsigned long long)h, gzip ? "-z" : "");
}

/* Fills out with the page; RC_OK even for an error page the render function chose. */
static enum rc render(
	struct app *a, struct cache_entry *e, const struct page_kind *kind, struct page *pg)
{
	struct docset *docs = cache_docs_mutable(e);
	sbuf_clear(&a->out);
	arena_rewind(&a->scratch);
	docs_begin(docs, a->refs);
	enum rc rc = kind->render(pg, docs);
	docs_end(docs);
	if (rc != RC_OK) {
		sbuf_clear(&a->out);
		pg->error = rc;
		pg->status = rc_info(rc)->http;
		a->web->error_page(pg);
	}
	if (a->out.over) {
		log_event(LOG_ERROR, "page.too_large", LOG_C("page", kind->name),
			LOG_S("key", pg->key));
		return RC_INTERNAL;
	}
	return pg->status >= 500 ? RC_INTERNAL : RC_OK;
}

static struct str type_of(const struct page_kind *kind, int status, bool json)
{
	return kind->type && status == 200 ? str_c(kind->type) : reply_type(json);
}

/* Renders slot i of an entry; the reference documents must be there (or the database gone). */
static enum rc make_rep(struct app *a, struct cache_entry *e, const struct page_kind *kind,
	struct str key, int i, bool stale, int64_t now_us)
{
	struct cache_rep rep = {.day = app_today(a, now_us), .stale = stale};
	enum lang lang = (enum lang)(i / 4);
	bool json = i & 2;
	struct page pg = {.out = &a->out,
		.arena = &a->scratch,
		.site = &a->site,
		.lang = lang,
		.lang_asked = i & 1,
		.json = json,
		.key = key,
		.kind = kind,
		.today = rep.day,
		.as_of = stale ? cache_as_of(e) : a->day_begin_us,
		.stale = stale,
		.status = 200};
	enum rc rc = render(a, e, kind, &pg);
	if (rc != RC_OK)
		return rc;
	char etag[24];
	struct str body = sbuf_view(&a->out);
	set_etag(etag, hash_long((uint64_t)i, body), false);
	http_ready_init(&rep.ready[0], pg.status, type_of(kind, pg.status, json), STR_NONE,
		a->lines[lang][json], pg.status == 200 ? str_c(etag) : STR_NONE, body);
	cache_rep_set(a->cache, e, i, &rep);
	return RC_OK;
}

/* The compressed twin, made when the first client asks for it. */
static void make_twin(struct app *a, struct cache_entry *e, const struct page_kind *kind, int i)
{
	const struct http_ready *plain = &cache_rep(e, i)->ready[0];
	struct str whole = blob_view(plain->blob),
		   body = str_sub(whole, plain->head_n, whole.n);
	struct str packed = gzip_pack(a->gzip, body);
	struct http_ready twin;
	char etag[24];
	if (!packed.p) {
		cache_rep_twin(a->cache, e, i, NULL);
		return;
	}
	set_etag(etag, hash_long((uint64_t)i, body), true);
	http_ready_init(&twin, plain->status, type_of(kind, plain->status, i & 2),
		STR("Content-Encoding: gzip\r\n"), a->lines[i / 4][(i & 2) != 0],
		plain->status == 200 ? str_c(etag) : STR_NONE, packed);
	cache_rep_twin(a->cache, e, i, &twin);
}

static void answer(struct request *rq, struct cache_entry *e, const struct page_kind *kind,
	int i, char note)
{
	struct app *a = rq->app;
	bool gzip = http_accepts_gzip(rq->http);
	if (gzip && !cache_rep(e, i)->twin_tried &&
		flights_count(a->flights) < APP_BUSY_FLIGHTS)
		make_twin(a, e, kind, i);
	const struct http_ready *r = cache_rep(e, i)->ready;
	if (gzip && r[1].blob)
		r++;
	rq->note.cache = note;
	if (note == 's')
		shared_add(&a->slot->cache_stale, 1);
	if ((rq->route->flags & ROUTE_SCAN) && r->status == 200 && !rq->json &&
		scan_counts(rq->http))
		scans_add(a->scans, app_today(a, rq->now_us), rq->note.key);
	http_reply_ready(rq->x, r);
}

void page_answer(
	struct request *rq, struct cache_entry *e, const struct page_kind *kind, char note)
{
	struct app *a = rq->app;
	int i = rep_index(rq);
	bool stale = note == 's';
	const struct cache_rep *rep = cache_rep(e, i);
	if (!rep || rep->day != app_today(a, rq->now_us) || rep->stale != stale) {
		enum rc rc = make_rep(a, e, kind, rq->note.key, i, stale, rq->now_us);
		if (rc != RC_OK) {
			request_error(rq, rc);
			return;
		}
		if (note == 'h')
			note = 'r';
	}
	answer(rq, e, kind, i, note);
}

bool page_answer_hit(struct request *rq, struct cache_entry *e, const struct page_kind *kind)
{
	struct app *a = rq->app;
	int i = rep_index(rq);
	const struct cache_rep *rep = cache_rep(e, i);
	if (!rep || rep->stale || rep->day != a->today)
		return false;
	shared_add(&a->slot->cache_hits, 1);
	answer(rq, e, kind, i, 'h');
	return true;
}
