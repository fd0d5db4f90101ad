/* Owns the job kind `export`: a table that somebody ordered, written page by page into a file
 * and stored in pieces.  Which rows and columns is the database's, how a cell is written is
 * app/sheet.h's.  Bounded: one page of rows, one piece of the file.  Called by queue.c through
 * job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#include <stdlib.h>
#include <unistd.h>

#include "qrsvc/app/sheet.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"

#define PAGE_MAX (8u * MIB) /* a page is a few hundred rows */
#define PIECE MIB

struct export
{
	struct arena arena; /* of one step */
	struct sheet *sheet;
	bool zh;
	char after[80];
	int64_t rows, size, at;
	int fd; /* the finished file, or -1 */
	int piece;
};

void job_export_end(struct job *j)
{
	struct export *x = j->state;

	if (!x)
		return;
	sheet_free(x->sheet);
	if (x->fd >= 0)
		close(x->fd);
	arena_release(&x->arena);
	free(x);
	j->state = NULL;
}

/* why NULL: it is whole. */
static void finish(struct job *j, const char *why)
{
	const struct export *x = j->state;
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_INT(x->rows),
		DB_P_TEXT(why ? str_c(why) : STR_NONE)};

	job_call(j, ST_job_export_end, p, 4, job_last_cb);
}

/* What will be no better another time is told to who ordered it; the rest is tried again. */
static void broken(struct job *j, const struct err *e)
{
	log_event(
		LOG_WARNING, "export.broken", LOG_I("job", j->id), LOG_C("detail", e->detail));
	if (e->rc == RC_TOO_LARGE)
		finish(j, "too_large");
	else
		job_stepped(j, e->rc, false, 0);
}

/* ---- the finished file --------------------------------------------------------------------
 */

static void store_piece(struct job *j)
{
	struct export *x = j->state;
	char *bytes = arena_raw(&x->arena, PIECE);
	ssize_t n = pread(x->fd, bytes, PIECE, x->at);

	if (n < 0) {
		job_stepped(j, RC_IO, false, 0);
		return;
	}
	if (n == 0) {
		finish(j, NULL);
		return;
	}
	x->at += n;
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_INT(++x->piece),
		DB_P_INT(x->rows), DB_P_BYTES(((struct str){bytes, (size_t)n}))};

	job_call(j, ST_job_export_piece, p, 5, job_next_cb);
}

/* A table that was cut off looks whole without this line. */
static enum rc last_line(struct export *x, struct err *e)
{
	struct sheet_cell end = {
		.text = arena_fmt(&x->arena, x->zh ? "完，共%lld行" : "complete, %lld rows",
			(long long)x->rows)};
	enum rc rc = sheet_row(x->sheet, &end, 1, e);

	if (rc == RC_OK)
		rc = sheet_end(x->sheet, &x->fd, &x->size, e);
	if (rc == RC_OK && x->size > (int64_t)LIMIT_EXPORT_BYTES)
		rc = err_set(e, RC_TOO_LARGE, "%lld bytes", (long long)x->size);
	return rc;
}

/* ---- rows ---------------------------------------------------------------------------------
 */

static enum rc write_row(struct export *x, const struct json *row, struct err *e)
{
	struct sheet_cell cell[SHEET_COLUMNS];
	size_t n = 0;

	json_each (c, row) {
		if (n == SHEET_COLUMNS)
			break;
		cell[n].number = json_type(c) == JSON_NUMBER;
		cell[n++].text = json_type(c) == JSON_NUMBER   ? json_number_text(c)
				 : json_type(c) == JSON_STRING ? json_text(c)
				 : json_type(c) == JSON_BOOL
					 ? str_c(json_is_true(c) ? "true" : "false")
					 : STR_NONE;
	}
	return sheet_row(x->sheet, cell, n, e);
}

static void rows_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct export *x = j->state;
	const struct json *doc = NULL;
	struct err e = {.rc = RC_OK};
	int64_t n = 0;

	if (rc == RC_OK && db_count(rows))
		rc = json_parse(&x->arena, db_cell(rows, 0, 0), PAGE_MAX, false, &e, &doc);
	if (rc != RC_OK) {
		job_stepped(j, rc, false, 0);
		return;
	}
	json_each (row, json_get(doc, "rows")) {
		rc = write_row(x, row, &e);
		if (rc != RC_OK)
			break;
		n++;
	}
	x->rows += n;
	struct str after = json_str(doc, "after");

	snprintf(x->after, sizeof x->after, "%.*s", STR_F(after));
	if (rc == RC_OK && !after.n)
		rc = last_line(x, &e);
	if (rc != RC_OK)
		broken(j, &e);
	else
		job_stepped(j, RC_OK, true, n);
}

static void ask_rows(struct job *j)
{
	const struct export *x = j->state;
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)),
		DB_P_TEXT(x->after[0] ? str_c(x->after) : STR_NONE), DB_P_INT(x->rows)};

	job_call(j, ST_job_export_rows, p, 4, rows_cb);
}

/* ---- the order ----------------------------------------------------------------------------
 */

static enum rc begin(struct job *j, const struct json *doc, struct err *e)
{
	struct export *x = j->state;
	const char *state = job_config(j)->state;
	enum sheet_format format;
	enum rc rc;

	if (!sheet_format_of(json_str(doc, "format"), &format))
		return err_set(e, RC_INTERNAL, "no such format");
	x->zh = str_eq(json_str(doc, "lang"), STR("zh-CN"));
	rc = sheet_new(format, state[0] ? state : "/tmp", json_str(doc, "what"), &x->sheet, e);
	if (rc == RC_OK)
		rc = write_row(x, json_get(doc, "heads"), e);
	return rc;
}

static void order_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct export *x = j->state;
	const struct json *doc = NULL;
	struct err e = {.rc = RC_OK};

	if (rc == RC_OK && db_count(rows))
		rc = json_parse(
			&x->arena, db_cell(rows, 0, 0), LIMIT_DOCUMENT, false, &e, &doc);
	if (rc != RC_OK || !str_eq(json_str(doc, "do"), STR("make"))) {
		job_stepped(j, rc, false, 0);
		return;
	}
	if (begin(j, doc, &e) == RC_OK)
		job_stepped(j, RC_OK, true, 0);
	else
		broken(j, &e);
}

void job_export(struct job *j)
{
	struct export *x = j->state;

	if (x) {
		arena_reset(&x->arena);
		if (x->fd >= 0)
			store_piece(j);
		else
			ask_rows(j);
		return;
	}
	x = j->state = xcalloc(1, sizeof *x);
	arena_init(&x->arena);
	x->fd = -1;
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j))};

	job_call(j, ST_job_export, p, 2, order_cb);
}
