/* Owns the files of forms between their spool file and the database: order, turns, retries.
 * Never decides what a record says, never holds more than UPLOAD_LANES files in memory.  Called
 * by the upload handlers of web/. */
#include "qrsvc/app/upload.h"

#include "qrsvc/app/app.h"
#include "qrsvc/app/staff.h"
#include "qrsvc/app/upload_blob.h"
#include "qrsvc/app/upload_said.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/photo/client.h"

#include <stdlib.h>
#include <unistd.h>

/* Jobs that wait for a turn. */
struct upload_line {
	struct upload_job *first, **last;
};

struct uploads {
	struct app *app;
	struct upload_line members, guests;
	struct upload_job *jobs; /* all of them */
	int lanes, guest_lanes;	 /* taken */
};

/* One request's files.  On the heap: its timer may outlive the request when a worker ends. */
struct upload_job {
	struct upload_job *next, *next_job;
	struct uploads *all;
	struct request *rq;
	struct upload *list;
	size_t n, at;
	uploads_done_cb *cb;
	int tries;
	bool have; /* the photo process has done its part */
	struct photo photo;
	struct photo_ticket *ticket;
	struct db_ticket *db;
	struct blob_fetch *fetch;
	int fd; /* of the blob that was fetched, else -1 */
	struct loop_timer rest;
	struct loop_post post;
};

static void pump(struct uploads *all);
static void try_again(void *arg);

static void line_up(struct upload_job *j)
{
	struct upload_line *line = j->list[j->at].guest ? &j->all->guests : &j->all->members;
	j->next = NULL;
	*line->last = j;
	line->last = &j->next;
}

static void drop_file(struct upload_job *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

/* Once it stands in no list. */
static void job_free(struct upload_job *j)
{
	loop_timer_stop(&j->rest);
	loop_post_cancel(&j->post);
	photo_forget(j->ticket);
	db_forget(j->db);
	blob_fetch_free(j->fetch);
	drop_file(j);
	photo_release(&j->photo);
	free(j);
}

static void job_end(struct upload_job *j)
{
	struct request *rq = j->rq;
	uploads_done_cb *cb = j->cb;
	struct upload_job **at = &j->all->jobs;
	while (*at != j)
		at = &(*at)->next_job;
	*at = j->next_job;
	job_free(j);
	cb(rq);
}

static void leave_lane(struct upload_job *j)
{
	j->all->lanes--;
	j->all->guest_lanes -= j->list[j->at].guest != NULL;
	loop_timer_stop(&j->rest);
	drop_file(j);
	photo_release(&j->photo);
	j->photo = (struct photo){0};
	j->have = false;
	j->tries = 0;
}

/* Not the file's fault, so not worth trying those behind it either. */
static bool is_ours(enum rc rc)
{
	return rc == RC_UNAVAILABLE || rc == RC_UNKNOWN || rc == RC_TIMEOUT || rc == RC_BUSY ||
	       rc == RC_INTERNAL || rc == RC_IO || rc == RC_AUTH;
}

/* The file j->at has its result. */
static void finish(struct upload_job *j, enum rc rc, const char *why)
{
	struct uploads *all = j->all;
	leave_lane(j);
	j->list[j->at].rc = rc;
	j->list[j->at].why = why;
	j->at++;
	if (is_ours(rc))
		for (; j->at < j->n; j->at++) {
			j->list[j->at].rc = rc;
			j->list[j->at].why = why;
		}
	if (j->at < j->n)
		line_up(j);
	else
		job_end(j);
	pump(all);
}

/* Waits and tries the same step again, or gives up. */
static void hiccup(struct upload_job *j, enum rc rc)
{
	if (rc != RC_AUTH && ++j->tries < UPLOAD_TRIES) {
		loop_timer_set(&j->rest, UPLOAD_REST_MS);
		return;
	}
	log_event(LOG_WARNING, "upload.given_up", LOG_S("rc", str_c(rc_info(rc)->name)));
	finish(j, rc, "away");
}

/* ---- into the database ------------------------------------------------------------------- */

/* The photo is stored; that its blob's pieces go can wait for the sweep. */
static void blob_done_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct upload_job *j = arg;
	(void)rc;
	(void)rows;
	j->db = NULL;
	finish(j, RC_OK, NULL);
}

static void blob_done(struct upload_job *j)
{
	const struct app *a = j->all->app;
	const struct db_param p[] = {DB_P_BYTES(staff_session(j->rq)),
		DB_P_BYTES(j->list[j->at].blob),
		DB_P_BYTES(((struct str){
			(const char *)j->photo.v[PHOTO_1280].sha256, SHA256_BYTES}))};
	j->db = db_submit(a->db, ST_staff_blob_done, p, 3, a->opt.write_ms, blob_done_cb, j);
}

static void stored_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct upload_job *j = arg;
	(void)rows;
	j->db = NULL;
	if (is_ours(rc))
		hiccup(j, rc);
	else if (rc == RC_OK && j->list[j->at].blob.p)
		blob_done(j);
	else
		finish(j, rc, rc == RC_OK ? NULL : "refused");
}

static void store(struct upload_job *j, enum stmt_id st, const struct db_param *p, int n)
{
	struct app *a = j->all->app;
	j->db = db_submit(a->db, st, p, n, a->opt.slow_ms, stored_cb, j);
}

/* Without the place it was taken at. */
static void store_guest(struct upload_job *j, struct str taken)
{
	const struct photo *p = &j->photo;
	const struct upload *u = &j->list[j->at];
	const struct upload_guest *g = u->guest;
	const struct db_param params[] = {DB_P_BYTES(g->source), DB_P_TEXT(g->code),
		DB_P_TEXT(g->key), DB_P_TEXT(g->stamp), DB_P_INT(u->pos),
		DB_P_BYTES(((struct str){(const char *)p->v[PHOTO_1280].sha256, SHA256_BYTES})),
		DB_P_INT(p->v[PHOTO_1280].w), DB_P_INT(p->v[PHOTO_1280].h),
		DB_P_BYTES(((struct str){(const char *)p->original_sha256, SHA256_BYTES})),
		DB_P_TEXT(taken), DB_P_INT(p->dhash), DB_P_BYTES(p->v[PHOTO_2048].bytes),
		DB_P_BYTES(p->v[PHOTO_1280].bytes), DB_P_BYTES(p->v[PHOTO_320].bytes)};
	store(j, ST_ticket_photo_put, params, sizeof params / sizeof params[0]);
}

static void store_photo(struct upload_job *j)
{
	const struct photo *p = &j->photo;
	struct upload *u = &j->list[j->at];
	struct arena *a = j->rq->arena;
	struct str lon = STR_NONE, lat = STR_NONE;
	hex_encode(p->v[PHOTO_1280].sha256, SHA256_BYTES, u->sha256);
	hex_encode(p->original_sha256, SHA256_BYTES, u->original);
	u->w = p->w;
	u->h = p->h;
	if (u->guest) {
		store_guest(j, upload_taken_at(a, p->taken));
		return;
	}
	if (p->has_place) {
		lon = arena_fmt(a, "%.6f", p->lon);
		lat = arena_fmt(a, "%.6f", p->lat);
	}
	const struct db_param params[] = {DB_P_BYTES(staff_session(j->rq)),
		DB_P_BYTES(((struct str){(const char *)p->v[PHOTO_1280].sha256, SHA256_BYTES})),
		DB_P_INT(p->v[PHOTO_1280].w), DB_P_INT(p->v[PHOTO_1280].h),
		DB_P_BYTES(((struct str){(const char *)p->original_sha256, SHA256_BYTES})),
		DB_P_TEXT(upload_taken_at(a, p->taken)), DB_P_TEXT(lon), DB_P_TEXT(lat),
		DB_P_INT(p->dhash), DB_P_BYTES(p->v[PHOTO_2048].bytes),
		DB_P_BYTES(p->v[PHOTO_1280].bytes), DB_P_BYTES(p->v[PHOTO_320].bytes)};
	store(j, ST_staff_photo_put, params, sizeof params / sizeof params[0]);
}

/* ---- photos -------------------------------------------------------------------------------
 */

static void blob_dropped_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct upload_job *j = arg;
	const struct upload *u = &j->list[j->at];
	(void)rc;
	(void)rows;
	j->db = NULL;
	finish(j, u->rc, u->why);
}

/* No photo can be made of it, today or tomorrow: its bytes go, the phone is told why.  If that
 * does not get through, the sweep does it. */
static void refuse_photo(struct upload_job *j, enum rc rc, const char *why)
{
	const struct app *a = j->all->app;
	struct upload *u = &j->list[j->at];
	if (!u->blob.p) {
		finish(j, rc, why);
		return;
	}
	u->rc = rc;
	u->why = why;
	const struct db_param p[] = {DB_P_BYTES(staff_session(j->rq)), DB_P_BYTES(u->blob)};
	j->db = db_submit(a->db, ST_staff_blob_drop, p, 2, a->opt.write_ms, blob_dropped_cb, j);
}

/* "photo.damaged" -> "damaged" */
static const char *word_of(const struct err *e)
{
	const char *dot = e && e->key ? strchr(e->key, '.') : NULL;
	return dot ? dot + 1 : "damaged";
}

static void photo_cb(void *arg, enum rc rc, struct photo *p, const struct err *e)
{
	struct upload_job *j = arg;
	j->ticket = NULL;
	if (is_ours(rc)) {
		hiccup(j, rc);
		return;
	}
	if (rc != RC_OK) {
		refuse_photo(j, rc, word_of(e));
		return;
	}
	j->photo = *p;
	*p = (struct photo){0};
	j->have = true;
	store_photo(j);
}

/* ---- blobs ------------------------------------------------------------------------------- */

static void step(struct upload_job *j);

static void fetched_cb(void *arg, enum rc rc, int fd, struct str photo)
{
	struct upload_job *j = arg;
	struct upload *u = &j->list[j->at];
	j->fetch = NULL;
	j->fd = fd;
	if (is_ours(rc)) {
		hiccup(j, rc);
	} else if (rc != RC_OK) {
		finish(j, rc, rc == RC_NOT_FOUND ? "blob" : "refused");
	} else if (photo.n == SHA256_HEX) {
		memcpy(u->sha256, photo.p, SHA256_HEX);
		hex_encode(u->blob.p, SHA256_BYTES, u->original);
		finish(j, RC_OK, NULL);
	} else {
		step(j);
	}
}

/* ---- reports ------------------------------------------------------------------------------
 */

static void store_report(struct upload_job *j)
{
	struct upload *u = &j->list[j->at];
	unsigned char sum[SHA256_BYTES];
	if (u->size > LIMIT_REPORT_BYTES) {
		finish(j, RC_TOO_LARGE, "report_bytes");
		return;
	}
	size_t n = (size_t)u->size;
	char *bytes = xmalloc(n + 1);
	if (u->fd < 0 || pread(u->fd, bytes, n, 0) != (ssize_t)n) {
		free(bytes);
		finish(j, RC_IO, "away");
		return;
	}
	struct str s = {bytes, n};
	if (!upload_is_pdf(s)) {
		free(bytes);
		finish(j, RC_BAD_TYPE, "report_type");
		return;
	}
	sha256(s, sum);
	hex_encode(sum, SHA256_BYTES, u->sha256);
	const struct db_param params[] = {DB_P_BYTES(staff_session(j->rq)),
		DB_P_BYTES(((struct str){(const char *)sum, SHA256_BYTES})), DB_P_BYTES(s)};
	store(j, ST_staff_report_put, params, 3);
	free(bytes);
}

/* ---- turns --------------------------------------------------------------------------------
 */

static void step(struct upload_job *j)
{
	struct app *a = j->all->app;
	const struct upload *u = &j->list[j->at];
	int fd = u->blob.p || u->photo.p ? j->fd : u->fd;
	if (u->report)
		store_report(j);
	else if (j->have)
		store_photo(j);
	else if (u->blob.p && fd < 0)
		j->fetch = blob_fetch_new(a, staff_session(j->rq), u->blob, fetched_cb, j);
	else if (u->photo.p && fd < 0)
		j->fetch = blob_fetch_photo(a, staff_session(j->rq), u->photo, fetched_cb, j);
	else if (fd < 0)
		finish(j, RC_BAD, "empty");
	else
		j->ticket = photo_submit_boxes(
			a->photod, fd, u->boxes, UPLOAD_PHOTO_MS, photo_cb, j);
}

static void try_again(void *arg)
{
	step(arg);
}

static struct upload_job *next_of(struct uploads *all)
{
	bool member = all->members.first;
	struct upload_line *line = member ? &all->members : &all->guests;
	struct upload_job *j = line->first;
	if (!j || (!member && all->guest_lanes >= UPLOAD_GUEST_LANES))
		return NULL;
	line->first = j->next;
	if (!line->first)
		line->last = &line->first;
	return j;
}

static void pump(struct uploads *all)
{
	while (all->lanes < UPLOAD_LANES) {
		struct upload_job *j = next_of(all);
		if (!j)
			return;
		all->lanes++;
		all->guest_lanes += j->list[j->at].guest != NULL;
		step(j);
	}
}

static void begin(void *arg)
{
	struct upload_job *j = arg;
	if (!j->n) {
		job_end(j);
		return;
	}
	line_up(j);
	pump(j->all);
}

static void rested(void *arg)
{
	job_end(arg);
}

static struct upload_job *job_new(struct request *rq, uploads_done_cb *cb, loop_cb *on_rest)
{
	struct uploads *all = rq->app->uploads;
	struct upload_job *j = xcalloc(1, sizeof *j);
	j->all = all;
	j->fd = -1;
	j->rq = rq;
	j->cb = cb;
	j->next_job = all->jobs;
	all->jobs = j;
	loop_timer_init(&j->rest, all->app->loop, on_rest, j);
	return j;
}

void uploads_run(struct request *rq, struct upload *list, size_t n, uploads_done_cb *cb)
{
	struct upload_job *j = job_new(rq, cb, try_again);
	j->list = list;
	j->n = n;
	loop_post(rq->app->loop, &j->post, begin, j);
}

void upload_rest(struct request *rq, uploads_done_cb *cb)
{
	loop_timer_set(&job_new(rq, cb, rested)->rest, UPLOAD_REST_MS);
}

struct uploads *uploads_new(struct app *a)
{
	struct uploads *all = xcalloc(1, sizeof *all);
	all->app = a;
	all->members.last = &all->members.first;
	all->guests.last = &all->guests.first;
	return all;
}

/* What is left belongs to requests that end unanswered with their connections. */
void uploads_free(struct uploads *all)
{
	for (struct upload_job *j = all ? all->jobs : NULL, *next; j; j = next) {
		next = j->next_job;
		job_free(j);
	}
	free(all);
}
