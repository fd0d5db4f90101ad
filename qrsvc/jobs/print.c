/* Owns the job kinds `notice` and `poster`: the file of pages an office has ordered, or a
 * visitor has asked for.  What stands on a page is the database's, drawing is qrsvc/notice's.
 * A step is one page: its words, its photos, then the drawing of some 20 ms; so the lease is
 * kept and a SIGTERM is heard between two pages.  What cannot be drawn is told to whoever asked
 * and not tried again.  Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/notice/notice.h"
#include "qrsvc/notice/poster.h"

#define FILE_MAX (40u * MIB) /* 60 notices with two photos of 300 kB; 200 posters are less */
#define PHOTO_WIDTH 1280     /* 380 dots an inch in half a page */

/* What differs.  All statements begin with the job's number and who has leased it. */
struct printed {
	const char *refused;	      /* of the log */
	const char *title, *title_en; /* of the file */
	enum stmt_id order;	      /* state, language, number of pages */
	enum stmt_id page;	      /* and its number from 1: JSON, NULL if it is no more */
	enum stmt_id put;	      /* and the file */
	enum stmt_id fail;	      /* and why */
	const char *gone;	      /* a page is no more */
	size_t (*photos)(const struct json *page, struct str ret_[NOTICE_PHOTOS]);
	enum rc (*draw)(struct paper *p, const struct json *page,
		const struct str jpeg[NOTICE_PHOTOS], struct err *e);
};

static size_t no_photos(const struct json *page, struct str ret_[NOTICE_PHOTOS])
{
	(void)page;
	(void)ret_;
	return 0;
}

static enum rc draw_poster(struct paper *p, const struct json *page,
	const struct str jpeg[NOTICE_PHOTOS], struct err *e)
{
	(void)jpeg;
	return poster_page(p, page, e);
}

static const struct printed notices = {
	.refused = "notice.refused",
	.title = "公示单",
	.title_en = "Public notice",
	.order = ST_job_notice,
	.page = ST_job_notice_page,
	.put = ST_job_notice_put,
	.fail = ST_job_notice_fail,
	.gone = "a record is not published any more",
	.photos = notice_photos,
	.draw = notice_page,
};

static const struct printed posters = {
	.refused = "poster.refused",
	.title = "居民调查",
	.title_en = "Residents' survey",
	.order = ST_job_poster,
	.page = ST_job_poster_page,
	.put = ST_job_poster_put,
	.fail = ST_job_poster_fail,
	.gone = "the survey has fewer compounds",
	.photos = no_photos,
	.draw = draw_poster,
};

struct order {
	const struct printed *of;
	struct arena arena; /* of a page */
	struct label_fonts *fonts;
	struct paper *paper;
	struct sbuf file;
	const struct json *page;
	struct str photo[NOTICE_PHOTOS], jpeg[NOTICE_PHOTOS];
	size_t photos, have; /* of this page */
	int64_t n, at;	     /* pages, and those that are drawn */
	bool failed;	     /* the last word was of->fail */
};

void job_print_end(struct job *j)
{
	struct order *o = j->state;

	if (!o)
		return;
	paper_free(o->paper);
	label_fonts_free(o->fonts);
	sbuf_release(&o->file);
	arena_release(&o->arena);
	free(o);
	j->state = NULL;
}

static bool on_write(void *arg, const void *p, size_t n)
{
	struct order *o = arg;

	sbuf_add(&o->file, p, n);
	return !o->file.over;
}

/* ---- the end ----------------------------------------------------------------------------- */

static void ended_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct order *o = j->state;

	(void)rows;
	job_stepped(j, rc, false, rc == RC_OK && !o->failed ? o->n : 0);
}

static void refuse(struct job *j, const struct err *e)
{
	struct order *o = j->state;
	struct db_param p[] = {
		DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_TEXT(str_c(e->detail))};

	if (o->file.over)
		p[2] = (struct db_param)DB_P_TEXT(STR("too large: choose fewer"));
	o->failed = true;
	log_event(LOG_NOTICE, o->of->refused, LOG_I("job", j->id), LOG_C("why", e->detail));
	job_call(j, o->of->fail, p, 3, ended_cb);
}

static void put(struct job *j)
{
	struct order *o = j->state;
	struct err e;

	if (paper_end(o->paper, &e) != RC_OK) {
		refuse(j, &e);
		return;
	}
	struct db_param p[] = {
		DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_BYTES(sbuf_view(&o->file))};

	job_call(j, o->of->put, p, 3, ended_cb);
}

/* ---- a page ------------------------------------------------------------------------------ */

static void draw(struct job *j)
{
	struct order *o = j->state;
	struct err e;

	if (o->of->draw(o->paper, o->page, o->jpeg, &e) != RC_OK) {
		refuse(j, &e);
		return;
	}
	o->at++;
	o->page = NULL;
	job_stepped(j, RC_OK, true, 0);
}

static void next_photo(struct job *j);

static void photo_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct order *o = j->state;

	if (rc != RC_OK) {
		job_stepped(j, rc, false, 0);
		return;
	}
	struct str bytes = db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;

	/* NULL: it was taken back meanwhile; the page says so in its place */
	o->jpeg[o->have++] = bytes.n ? arena_str(&o->arena, bytes) : STR_NONE;
	next_photo(j);
}

static void next_photo(struct job *j)
{
	struct order *o = j->state;
	unsigned char hash[SHA256_BYTES];

	while (o->have < o->photos && !hex_decode(o->photo[o->have], hash, sizeof hash))
		o->jpeg[o->have++] = STR_NONE;
	if (o->have == o->photos) {
		draw(j);
		return;
	}
	struct db_param p[] = {DB_P_BYTES(((struct str){(const char *)hash, sizeof hash})),
		DB_P_INT(PHOTO_WIDTH)};

	job_call(j, ST_photo_get, p, 2, photo_cb);
}

static void page_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct order *o = j->state;
	struct err e;

	if (rc != RC_OK) {
		job_stepped(j, rc, false, 0);
		return;
	}
	struct str text = db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;

	arena_reset(&o->arena);
	if (!text.n)
		rc = err_set(&e, RC_NOT_FOUND, "%s", o->of->gone);
	else
		rc = json_parse(&o->arena, text, LIMIT_DOCUMENT, true, &e, &o->page);
	if (rc != RC_OK) {
		refuse(j, &e);
		return;
	}
	o->have = 0;
	o->photos = o->of->photos(o->page, o->photo);
	next_photo(j);
}

static void ask_page(struct job *j)
{
	struct order *o = j->state;
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_INT(o->at + 1)};

	job_call(j, o->of->page, p, 3, page_cb);
}

/* ---- the order --------------------------------------------------------------------------- */

static enum rc prepare(
	struct order *o, const struct config *cfg, struct str lang, struct err *e)
{
	o->fonts = label_fonts_open(str_c(cfg->fonts), e);
	if (!o->fonts)
		return e->rc;
	enum paper_lang of = paper_lang(lang);

	o->paper = paper_new(
		&(struct paper_options){.fonts = o->fonts,
			.base = str_c(cfg->base_url),
			.trial = cfg->trial,
			.lang = of,
			.title = str_c(of == PAPER_EN ? o->of->title_en : o->of->title),
			.write = on_write,
			.arg = o},
		e);
	return o->paper ? RC_OK : e->rc;
}

static void order_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct order *o = j->state;
	struct err e;

	/* no row: swept; or another process has made it and died before it could say so */
	if (rc != RC_OK || !db_count(rows) || !str_eq(db_cell(rows, 0, 0), STR("working"))) {
		job_stepped(j, rc, false, 0);
		return;
	}
	str_i64(db_cell(rows, 0, 2), &o->n);
	if (prepare(o, job_config(j), db_cell(rows, 0, 1), &e) != RC_OK)
		refuse(j, &e);
	else
		ask_page(j);
}

static void step(struct job *j, const struct printed *of)
{
	struct order *o = j->state;

	if (o && o->paper) {
		if (o->at < o->n)
			ask_page(j);
		else
			put(j);
		return;
	}
	o = j->state = xcalloc(1, sizeof *o);
	o->of = of;
	arena_init(&o->arena);
	sbuf_init(&o->file, FILE_MAX);
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j))};
	job_call(j, of->order, p, 2, order_cb);
}

void job_notice(struct job *j)
{
	step(j, &notices);
}

void job_poster(struct job *j)
{
	step(j, &posters);
}
