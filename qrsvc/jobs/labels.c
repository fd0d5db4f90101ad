/* Owns the job kind `labels`: the PDF of a batch an office has ordered.  Rows, options and
 * order are the database's, drawing is the label library's: the same path as `qrsvc labels
 * pdf`, and the same bytes.  Nothing is stored before every symbol was proved; whatever is
 * wrong with the order itself is told to the office (label_job_fail) and not tried again.
 *
 * A step draws for half a second at most, then says how far it is: the lease is kept and the
 * process hears a SIGTERM.  Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#include "labels/ledger.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/base/sbuf.h"

#define STEP_US 500000
/* 10,000 labels and their fonts are about 8 MB. */
#define FILE_MAX (64u * MIB)

struct sheet {
	struct arena arena; /* of the rows and of what the options point to */
	struct label_fonts *fonts;
	struct label_template *tpl;
	struct label_options options;
	struct label_job *job;
	struct str host[CONFIG_LIST];
	struct sbuf file;
	struct str (*row)[LC_COLUMNS];
	size_t n, at;
	bool failed; /* the last word was label_job_fail */
};

void job_labels_end(struct job *j)
{
	struct sheet *s = j->state;

	if (!s)
		return;
	label_job_free(s->job);
	label_fonts_free(s->fonts);
	label_template_free(s->tpl);
	sbuf_release(&s->file);
	arena_release(&s->arena);
	free(s);
	j->state = NULL;
}

static bool on_write(void *arg, const void *p, size_t n)
{
	struct sheet *s = arg;

	sbuf_add(&s->file, p, n);
	return !s->file.over;
}

/* ---- the end ----------------------------------------------------------------------------- */

static void ended_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct sheet *s = j->state;

	(void)rows;
	job_stepped(j, rc, false, rc == RC_OK && !s->failed ? (int64_t)s->n : 0);
}

static void refuse(struct job *j, const struct err *e)
{
	struct sheet *s = j->state;
	struct db_param p[] = {
		DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_TEXT(str_c(e->detail))};

	s->failed = true;
	log_event(LOG_NOTICE, "labels.refused", LOG_I("job", j->id), LOG_C("why", e->detail));
	job_call(j, ST_job_label_fail, p, 3, ended_cb);
}

static void put_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct err e;

	if (rc == RC_CONFLICT) { /* or the lease was lost; then this is refused too */
		err_set(&e, rc, "a label of the sheet was voided or replaced meanwhile");
		refuse(j, &e);
		return;
	}
	ended_cb(j, rc, rows);
}

/* Whole: the file and the positions it uses, counted from 1 over all sheets. */
static void put(struct job *j)
{
	struct sheet *s = j->state;
	struct label_report report;
	struct err e;
	unsigned at = s->options.start;
	int64_t *used = arena_array(&s->arena, s->n, sizeof *used);

	if (label_job_end(s->job, &report, &e) != RC_OK) {
		refuse(j, &e);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		used[i] = at = ledger_position(&s->options, at + (i > 0));
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)),
		DB_P_BYTES(sbuf_view(&s->file)),
		{.type = DB_INT_ARRAY, .ints = used, .n = s->n}};

	job_call(j, ST_job_label_put, p, 4, put_cb);
}

/* ---- drawing ----------------------------------------------------------------------------- */

static void tell(struct job *j)
{
	struct sheet *s = j->state;
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_INT(s->at)};

	job_call(j, ST_job_label_progress, p, 3, job_next_cb);
}

static void draw(struct job *j)
{
	struct sheet *s = j->state;
	int64_t until = clock_mono_us() + STEP_US;
	struct err e;

	for (; s->at < s->n && clock_mono_us() < until; s->at++) {
		struct label_row row = ledger_row(s->row[s->at], s->at + 1);

		if (label_job_row(s->job, &row, &e) != RC_OK) {
			refuse(j, &e);
			return;
		}
	}
	if (s->at < s->n)
		tell(j);
	else
		put(j);
}

/* ---- the order --------------------------------------------------------------------------- */

static enum rc keep_rows(struct sheet *s, const struct db_rows *rows, struct err *e)
{
	s->n = db_count(rows);
	if (s->n == 0 || s->n > LIMIT_LABELS)
		return err_set(e, RC_INVALID, "the order holds %zu labels", s->n);
	s->row = arena_array(&s->arena, s->n, sizeof *s->row);
	for (size_t i = 0; i < s->n; i++)
		for (int c = 0; c < LC_COLUMNS; c++) {
			struct str cell = db_cell(rows, i, c);

			s->row[i][c] = cell.p ? arena_str(&s->arena, cell) : STR_NONE;
		}
	return RC_OK;
}

static void rows_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct sheet *s = j->state;
	struct err e;

	if (rc != RC_OK) {
		job_stepped(j, rc, false, 0);
		return;
	}
	if (keep_rows(s, rows, &e) == RC_OK)
		s->job = label_job_new(&s->options, &e);
	if (s->job)
		tell(j);
	else
		refuse(j, &e);
}

/* Fonts and template of the order, the addresses of the configuration. */
static enum rc prepare(
	struct sheet *s, const struct config *cfg, struct str text, struct err *e)
{
	const struct json *doc;
	enum rc rc = json_parse(&s->arena, text, LIMIT_DOCUMENT, true, e, &doc);
	int64_t start = rc == RC_OK ? json_int(doc, "start", 1) : 0;
	struct str name = rc == RC_OK ? json_str(doc, "template") : STR_NONE;

	if (rc != RC_OK)
		return rc;
	/* a name, never a path */
	if (!name.n || str_chr(name, '/') >= 0 || str_chr(name, '.') >= 0)
		return err_set(e, RC_INVALID, "there is no such template");
	if (start < 1 || start > LEDGER_POSITION_MAX)
		return err_set(e, RC_INVALID, "there is no such position to begin at");
	s->tpl = label_template_load(arena_str(&s->arena, name).p, NULL, e);
	s->fonts = s->tpl ? label_fonts_open(str_c(cfg->fonts), e) : NULL;
	if (!s->fonts)
		return e->rc;
	for (size_t i = 0; i < cfg->host_n; i++)
		s->host[i] = str_c(cfg->host_list[i]);
	s->options = (struct label_options){.format = LABEL_PDF,
		.tpl = s->tpl,
		.fonts = s->fonts,
		.base = str_c(cfg->base_url),
		.hosts = s->host,
		.nhosts = cfg->host_n,
		.trial = cfg->trial,
		.start = (unsigned)start,
		.decoder = &label_zbar,
		.write = on_write,
		.arg = s};
	return RC_OK;
}

static void order_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct sheet *s = j->state;
	struct err e;

	/* no row, or another process has done it and died before it could say so */
	if (rc != RC_OK || !db_count(rows) ||
		str_find(db_cell(rows, 0, 0), STR("\"state\":\"working\"")) < 0) {
		job_stepped(j, rc, false, 0);
		return;
	}
	if (prepare(s, job_config(j), db_cell(rows, 0, 0), &e) != RC_OK) {
		refuse(j, &e);
		return;
	}
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j))};
	job_call(j, ST_job_label_rows, p, 2, rows_cb);
}

void job_labels(struct job *j)
{
	struct sheet *s = j->state;

	if (s) {
		draw(j);
		return;
	}
	s = j->state = xcalloc(1, sizeof *s);
	arena_init(&s->arena);
	sbuf_init(&s->file, FILE_MAX);
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j))};
	job_call(j, ST_job_label, p, 2, order_cb);
}
