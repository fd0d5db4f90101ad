/* Owns the job kind `import`: reads a table that an office brought and hands its lines to the
 * database in parts; has it applied or taken back.  What lines mean, who may, and what is done
 * is the database's (sql/api/exchange_*.sql).  The file is read once, in memory of at most
 * three times its bytes.  Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "qrsvc/app/csv.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/base/sbuf.h"

/* Lines of one call: a few hundred, well under a second. */
#define PART_BYTES (96u * KIB)
#define PART_MAX (PART_BYTES + 8 * LIMIT_CSV_ROW)

struct part {
	struct part *next;
	struct str rows; /* [[line,["cell",..]],..] */
};

struct import {
	struct arena arena;
	struct csv_sniffed is;
	struct str heads; /* ["..",..] */
	struct part *parts, **last, *at;
	struct sbuf row;
	int64_t rows;
	bool headed;
};

void job_import_end(struct job *j)
{
	struct import *im = j->state;

	if (!im)
		return;
	sbuf_release(&im->row);
	arena_release(&im->arena);
	free(im);
	j->state = NULL;
}

/* The whole file is no table: said to the office, not tried again. */
static void refuse(struct job *j, const char *why, const struct err *e)
{
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_TEXT(str_c(why)),
		DB_P_TEXT(str_c(e->detail))};

	log_event(LOG_NOTICE, "import.refused", LOG_I("job", j->id), LOG_C("why", why));
	job_call(j, ST_job_import_fail, p, 4, job_last_cb);
}

/* ---- reading ------------------------------------------------------------------------------
 */

static void cells_json(struct sbuf *b, const struct csv_row *row)
{
	sbuf_byte(b, '[');
	for (size_t i = 0; i < row->n; i++) {
		if (i)
			sbuf_byte(b, ',');
		sbuf_json(b, row->cell[i]);
	}
	sbuf_byte(b, ']');
}

static void close_part(struct import *im)
{
	struct part *p;

	if (!im->row.n)
		return;
	sbuf_byte(&im->row, ']');
	p = arena_alloc(&im->arena, sizeof *p);
	p->rows = arena_str(&im->arena, sbuf_view(&im->row));
	*im->last = p;
	im->last = &p->next;
	sbuf_clear(&im->row);
}

static enum rc on_row(void *arg, const struct csv_row *row, struct err *e)
{
	struct import *im = arg;

	if (!im->headed) {
		im->headed = true;
		cells_json(&im->row, row);
		im->heads = arena_str(&im->arena, sbuf_view(&im->row));
		sbuf_clear(&im->row);
		return RC_OK;
	}
	if (++im->rows > LIMIT_IMPORT_ROWS)
		return err_set(e, RC_TOO_LARGE, "%u", LIMIT_IMPORT_ROWS);
	sbuf_fmt(&im->row, "%s[%lld,", im->row.n ? "," : "[", (long long)row->line);
	cells_json(&im->row, row);
	sbuf_byte(&im->row, ']');
	if (im->row.over)
		return err_set(
			e, RC_BAD, "line %lld: a row that is too long", (long long)row->line);
	if (im->row.n > PART_BYTES)
		close_part(im);
	return RC_OK;
}

/* The bytes as a file of memory, since a reader of tables wants to look twice. */
static enum rc read_file(struct import *im, struct str bytes, struct err *e)
{
	char path[32];
	int fd = memfd_create("import", MFD_CLOEXEC);
	struct csv_options opt = {.row_cb = on_row, .arg = im};
	enum rc rc;

	if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n) {
		if (fd >= 0)
			close(fd);
		return err_set(e, RC_INTERNAL, "no memory for the file");
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	rc = csv_sniff(path, &im->is, e);
	opt.encoding = im->is.encoding;
	opt.delimiter = im->is.delimiter;
	if (rc == RC_OK)
		rc = csv_read(path, &opt, e);
	close(fd);
	if (rc == RC_OK && !im->headed)
		return err_set(e, RC_BAD, "the file is empty");
	if (rc == RC_OK)
		close_part(im);
	return rc;
}

static void heads_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct import *im = j->state;
	bool good = rc == RC_OK && db_count(rows) && str_eq(db_cell(rows, 0, 0), STR("t"));

	im->at = im->parts;
	job_stepped(j, rc, good, 0);
}

static void file_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct import *im = j->state;
	struct err e = {.rc = RC_OK};

	if (rc != RC_OK || !db_count(rows)) {
		job_stepped(j, rc, false, 0);
		return;
	}
	rc = read_file(im, db_cell(rows, 0, 0), &e);
	if (rc == RC_TOO_LARGE || rc == RC_BAD) {
		refuse(j, rc == RC_BAD ? "no_table" : "too_many_rows", &e);
		return;
	}
	if (rc != RC_OK) {
		log_event(LOG_ERROR, "import.unread", LOG_C("detail", e.detail));
		job_stepped(j, rc, false, 0);
		return;
	}
	struct str name = im->is.bom ? STR("UTF-8 BOM") : str_c(im->is.name),
		   separator = {&im->is.delimiter, 1};
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_TEXT(name),
		DB_P_TEXT(separator), DB_P_TEXT(im->heads)};

	job_call(j, ST_job_import_heads, p, 5, heads_cb);
}

/* ---- steps --------------------------------------------------------------------------------
 */

static void call(struct job *j, enum stmt_id st, db_done_cb *cb)
{
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j))};

	job_call(j, st, p, 2, cb);
}

static void what_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct str said = rc == RC_OK && db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;

	if (str_find(said, STR("\"do\":\"read\"")) >= 0)
		call(j, ST_job_import_file, file_cb);
	else if (str_find(said, STR("\"do\":\"do\"")) >= 0)
		call(j, ST_job_import_do, job_last_cb);
	else
		job_stepped(j, rc, false, 0); /* somebody else has done it */
}

void job_import(struct job *j)
{
	struct import *im = j->state;

	if (!im) {
		im = j->state = xcalloc(1, sizeof *im);
		arena_init(&im->arena);
		sbuf_init(&im->row, PART_MAX);
		im->last = &im->parts;
		call(j, ST_job_import, what_cb);
	} else if (im->at) {
		struct db_param p[] = {
			DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_TEXT(im->at->rows)};

		im->at = im->at->next;
		job_call(j, ST_job_import_rows, p, 3, job_next_cb);
	} else {
		call(j, ST_job_import_do, job_last_cb);
	}
}
