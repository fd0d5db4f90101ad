/* Owns the way of a published photo to a reader: an open file, one that is asked for again, or
 * the database.  Never decodes a photo.  Called by the route of photos and by worker.c
 * (notices). */
#include "qrsvc/app/photocache.h"

#include "qrsvc/app/app.h"
#include "qrsvc/app/lag.h"
#include "qrsvc/app/photofiles.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/http/resp.h"

#include <fcntl.h>

struct photo_waiter {
	struct photo_waiter *next;
	struct request *rq;
};

struct photo_flight {
	struct photo_flight *next;
	struct photocache *cache;
	struct photo_name name;
	bool kept; /* its file is there; asked is only whether it is still published */
	struct photo_waiter *first;
};

struct photocache {
	struct app *app;
	struct photofiles files;
	struct photo_flight *flights;
	size_t nflights;
};

/* ---- names ------------------------------------------------------------------------------- */

static bool parse_name(const struct request *rq, struct photo_name *ret_)
{
	static const int widths[] = {320, 1280, 2048};
	uint64_t w;
	struct str sha = rq->arg[0];
	for (size_t i = 0; i < sha.n; i++)
		if (sha.p[i] >= 'A' && sha.p[i] <= 'F')
			return false; /* one address for one photo */
	if (!hex_decode(sha, ret_->sha, SHA256_BYTES) || !str_u64(rq->arg[1], &w) ||
		rq->arg[1].p[0] == '0')
		return false;
	for (size_t i = 0; i < 3; i++)
		if ((int)w == widths[i] && w < 10000) {
			ret_->width = (int)w;
			return true;
		}
	return false;
}

static void etag_of(const struct photo_name *n, char out[48])
{
	char hex[SHA256_HEX + 1];
	hex_encode(n->sha, 12, hex);
	snprintf(out, 48, "\"%.24s-%d\"", hex, n->width);
}

/* ---- answers ----------------------------------------------------------------------------- */

static void answer_file(struct request *rq, const struct photo_name *name, struct photo_file *f)
{
	char etag[48];
	etag_of(name, etag);
	int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0) {
		request_error(rq, RC_BUSY);
		return;
	}
	http_reply(rq->x, &(struct http_reply){.status = 200,
				  .type = STR("image/jpeg"),
				  .lines = rq->app->lines_photo,
				  .etag = arena_str(rq->arena, str_c(etag)),
				  .ranges = true,
				  .file = true,
				  .fd = fd,
				  .n = f->size});
}

static void answer_bytes(struct request *rq, const struct photo_name *name, struct blob *b)
{
	char etag[48];
	etag_of(name, etag);
	http_reply(rq->x, &(struct http_reply){.status = 200,
				  .type = STR("image/jpeg"),
				  .lines = rq->app->lines_photo,
				  .etag = arena_str(rq->arena, str_c(etag)),
				  .ranges = true,
				  .blob = b});
}

/* rc RC_OK with bytes: to be kept and sent; without: its file is open. */
static void land(struct photo_flight *f, enum rc rc, struct str bytes)
{
	struct photocache *p = f->cache;
	struct photo_file *file = NULL;
	struct blob *blob = NULL;
	if (rc == RC_OK && p->files.folder >= 0) {
		if (bytes.n)
			photofiles_store(&p->files, &f->name, bytes);
		file = photofiles_open(&p->files, &f->name);
	}
	if (rc == RC_OK && !file)
		blob = blob_copy(bytes);
	for (struct photo_waiter *w = f->first, *next; w; w = next) {
		next = w->next;
		if (file)
			answer_file(w->rq, &f->name, file);
		else if (blob)
			answer_bytes(w->rq, &f->name, blob);
		else
			request_error(w->rq, rc);
	}
	blob_unref(blob);
	free(f);
}

static void fly(struct photo_flight *f);

static void flight_end(struct photo_flight *f)
{
	struct photo_flight **at = &f->cache->flights;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->cache->nflights--;
}

/* Without the database a file serves: nothing was taken back meanwhile that we could know of.
 */
static void there_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct photo_flight *f = arg;
	if (rc == RC_OK && !str_eq(db_cell(rows, 0, 0), STR("t"))) {
		photofiles_forget(&f->cache->files, &f->name);
		rc = RC_NOT_FOUND;
	} else if (photofiles_open(&f->cache->files, &f->name)) {
		rc = RC_OK;
	} else if (rc == RC_OK) { /* damaged, or swept a moment ago */
		f->kept = false;
		shared_add(&f->cache->app->slot->photo_misses, 1);
		fly(f);
		return;
	}
	flight_end(f);
	land(f, rc, STR_NONE);
}

static void photo_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct photo_flight *f = arg;
	struct str bytes = STR_NONE;
	unsigned char hash[SHA256_BYTES];
	flight_end(f);
	if (rc == RC_OK)
		bytes = db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;
	if (rc == RC_OK && !bytes.n)
		rc = RC_NOT_FOUND;
	/* A photo's name is the hash of its 1280 variant. */
	if (rc == RC_OK && f->name.width == 1280) {
		sha256(bytes, hash);
		if (memcmp(hash, f->name.sha, SHA256_BYTES) != 0) {
			log_event(LOG_ERROR, "photo.bad_bytes");
			rc = RC_INTERNAL;
		}
	}
	land(f, rc, bytes);
}

static void fly(struct photo_flight *f)
{
	struct app *a = f->cache->app;
	struct db_param params[] = {
		DB_P_BYTES(((struct str){(const char *)f->name.sha, SHA256_BYTES})),
		DB_P_INT(f->name.width)};
	/* a standby may not know yet that it was taken back */
	bool primary = cache_wants_primary(a->cache, clock_now_us()) || lag_behind(a->lag);
	if (f->kept && primary)
		db_submit_primary(
			a->db, ST_photo_there, params, 1, a->opt.read_ms, there_cb, f);
	else if (f->kept)
		db_submit(a->db, ST_photo_there, params, 1, a->opt.read_ms, there_cb, f);
	else
		db_submit(a->db, ST_photo_get, params, 2, a->opt.slow_ms, photo_cb, f);
}

static void fetch(struct photocache *p, struct request *rq, const struct photo_name *name)
{
	struct photo_flight *f = p->flights;
	struct photo_waiter *w = arena_alloc(rq->arena, sizeof *w);
	w->rq = rq;
	while (f && !photo_name_same(&f->name, name))
		f = f->next;
	if (f) {
		w->next = f->first;
		f->first = w;
		return;
	}
	if (p->nflights >= PHOTO_FLIGHTS) {
		request_error(rq, RC_BUSY);
		return;
	}
	f = xcalloc(1, sizeof *f);
	*f = (struct photo_flight){.next = p->flights,
		.cache = p,
		.name = *name,
		.kept = photofiles_have(&p->files, name),
		.first = w};
	p->flights = f;
	p->nflights++;
	fly(f);
}

void request_photo(struct request *rq)
{
	struct photocache *p = rq->app->photos;
	struct photo_name name = {0};
	rq->note.key = str_sub(rq->arg[0], 0, rq->arg[0].n < 16 ? rq->arg[0].n : 16);
	if (!parse_name(rq, &name)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	struct photo_file *f = photofiles_find(&p->files, &name);
	bool kept = f || photofiles_have(&p->files, &name);
	rq->note.cache = kept ? 'h' : 'm';
	shared_add(kept ? &p->app->slot->photo_hits : &p->app->slot->photo_misses, 1);
	if (f)
		answer_file(rq, &name, f);
	else
		fetch(p, rq, &name);
}

void photocache_taken_back(struct photocache *p, struct str hex)
{
	static const int widths[] = {320, 1280, 2048};
	struct photo_name name;
	if (!hex_decode(hex, name.sha, SHA256_BYTES))
		return;
	for (size_t i = 0; i < 3; i++) {
		name.width = widths[i];
		photofiles_forget(&p->files, &name);
	}
}

void photocache_doubt(struct photocache *p)
{
	photofiles_close(&p->files);
}

/* ---- life -------------------------------------------------------------------------------- */

struct photocache *photocache_new(struct app *a)
{
	struct photocache *p = xcalloc(1, sizeof *p);
	p->app = a;
	photofiles_init(&p->files, a->opt.state, a->opt.photo_bytes, a->slot);
	return p;
}

void photocache_free(struct photocache *p)
{
	if (!p)
		return;
	while (p->flights) {
		struct photo_flight *f = p->flights;
		p->flights = f->next;
		free(f);
	}
	photofiles_release(&p->files);
	free(p);
}
