/* Owns the job kind `poster`: the posters of a survey, one page a compound.  What stands on a
 * page is the database's, drawing is qrsvc/notice's.  A step is one page of some 20 ms; so the
 * lease is kept and a SIGTERM is heard between two.  What cannot be drawn is told to whoever
 * asked (job_poster_fail) and not tried again.  Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#include "qrsvc/base/arena.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/notice/poster.h"

#define FILE_MAX (20u * MIB) /* 200 pages of letters */

struct order {
	struct arena arena; /* of a page */
	struct label_fonts *fonts;
	struct poster *poster;
	struct sbuf file;
	int64_t n, at; /* pages, and those that are drawn */
	bool failed;   /* the last word was job_poster_fail */
};

void job_poster_end(struct job *j)
{
	struct order *o = j->state;

	if (!o)
		return;
	poster_free(o->poster);
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
	struct str why = o->file.over ? STR("too large") : str_c(e->detail);
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_TEXT(why)};

	o->failed = true;
	log_event(LOG_NOTICE, "poster.refused", LOG_I("job", j->id), LOG_C("why", e->detail));
	job_call(j, ST_job_poster_fail, p, 3, ended_cb);
}

static void put(struct job *j)
{
	struct order *o = j->state;
	struct err e;

	if (poster_end(o->poster, &e) != RC_OK) {
		refuse(j, &e);
		return;
	}
	struct db_param p[] = {
		DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_BYTES(sbuf_view(&o->file))};

	job_call(j, ST_job_poster_put, p, 3, ended_cb);
}

static void page_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct order *o = j->state;
	const struct json *page = NULL;
	struct err e;

	if (rc != RC_OK) {
		job_stepped(j, rc, false, 0);
		return;
	}
	struct str text = db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;

	arena_reset(&o->arena);
	if (!text.n)
		rc = err_set(&e, RC_NOT_FOUND, "the survey has fewer compounds");
	else
		rc = json_parse(&o->arena, text, LIMIT_DOCUMENT, true, &e, &page);
	if (rc == RC_OK)
		rc = poster_page(o->poster, page, &e);
	if (rc != RC_OK) {
		refuse(j, &e);
		return;
	}
	o->at++;
	job_stepped(j, RC_OK, true, 0);
}

static void ask_page(struct job *j)
{
	struct order *o = j->state;
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_INT(o->at + 1)};

	job_call(j, ST_job_poster_page, p, 3, page_cb);
}

static enum rc prepare(
	struct order *o, const struct config *cfg, struct str lang, struct err *e)
{
	o->fonts = label_fonts_open(str_c(cfg->fonts), e);
	if (!o->fonts)
		return e->rc;
	o->poster = poster_new(&(struct notice_options){.fonts = o->fonts,
				       .base = str_c(cfg->base_url),
				       .trial = cfg->trial,
				       .lang = notice_lang(lang),
				       .write = on_write,
				       .arg = o},
		e);
	return o->poster ? RC_OK : e->rc;
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

void job_poster(struct job *j)
{
	struct order *o = j->state;

	if (o && o->poster) {
		if (o->at < o->n)
			ask_page(j);
		else
			put(j);
		return;
	}
	o = j->state = xcalloc(1, sizeof *o);
	arena_init(&o->arena);
	sbuf_init(&o->file, FILE_MAX);
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j))};
	job_call(j, ST_job_poster, p, 2, order_cb);
}
