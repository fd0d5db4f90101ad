/* Owns a job: rows into batches of one sheet, batches through one or more threads, finished
 * sheets out in their order.  Never reads files, never lays out or draws itself.  Called by
 * qrlabels and the jobs process.
 *
 * A batch goes through four steps (batch.c): draw, number the glyphs, compress, write.  A
 * thread takes whatever step of whatever batch is ready; numbering and writing are ready only
 * when it is the batch's turn, so the bytes are the same with any number of threads. */
#include "labels/sheet.h"
#include "labels/code.h"
#include "qrsvc/base/arena.h"

#define BATCH_DATA (64u * 1024u * 1024u)
#define BATCH_OUT (512u * 1024u * 1024u)

static struct batch *batch_new(unsigned cap)
{
	struct batch *b = xcalloc(1, sizeof *b);

	b->cap = cap;
	b->row = xcalloc(cap, sizeof *b->row);
	sbuf_init(&b->data, BATCH_DATA);
	sbuf_init(&b->plain, BATCH_OUT);
	sbuf_init(&b->out, BATCH_OUT);
	page_init(&b->page);
	return b;
}

static void batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	free(b->row);
	sbuf_release(&b->data);
	sbuf_release(&b->plain);
	sbuf_release(&b->out);
	page_release(&b->page);
	free(b);
}

/* An empty batch for the next sheet; waits until one is free. */
static struct batch *take(struct label_job *j)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&j->lock);
	while (j->idle == NULL && j->made == j->most)
		pthread_cond_wait(&j->moved, &j->lock);
	if (j->idle != NULL) {
		b = j->idle;
		j->idle = b->next;
	} else {
		j->made++;
	}
	pthread_mutex_unlock(&j->lock);
	if (b == NULL)
		b = batch_new(j->o.format == LABEL_PDF ? j->positions : SHEET_FILES);
	b->next = NULL;
	b->n = 0;
	b->rc = RC_OK;
	sbuf_clear(&b->data);
	return b;
}

static void submit(struct label_job *j)
{
	struct batch *b = j->open;

	j->open = NULL;
	b->index = j->next_index++;
	b->step = BATCH_DRAW;
	pthread_mutex_lock(&j->lock);
	b->next = j->work;
	j->work = b;
	pthread_cond_broadcast(&j->moved);
	pthread_mutex_unlock(&j->lock);
	while (j->o.jobs <= 1 && (b = sheet_next(j)) != NULL) {
		sheet_step(&j->hand[0], b, j->rc != RC_OK);
		sheet_step_done(j, b);
	}
}

static enum rc failed(struct label_job *j, struct err *e)
{
	pthread_mutex_lock(&j->lock);
	enum rc rc = j->rc;

	if (rc != RC_OK && e != NULL)
		*e = j->err;
	pthread_mutex_unlock(&j->lock);
	return rc;
}

/* ---- positions ---- */

static enum rc plan_positions(struct label_job *j, struct err *e)
{
	const struct label_template *t = j->o.tpl;
	unsigned start = j->o.start ? j->o.start : 1;

	j->positions = t->columns * t->rows;
	j->order = xcalloc(j->positions, sizeof *j->order);
	for (unsigned i = 0; i < j->positions; i++)
		j->order[i] =
			j->o.order == LABEL_BY_ROW ? i : i % t->rows * t->columns + i / t->rows;
	if (start > j->positions)
		return err_set(e, RC_INVALID, "start %u: a sheet of %s has %u positions", start,
			t->name, j->positions);
	for (size_t i = 0; i < j->o.nskip; i++)
		if (j->o.skip[i] < 1 || j->o.skip[i] > j->positions)
			return err_set(e, RC_INVALID, "skip %u: a sheet of %s has %u positions",
				j->o.skip[i], t->name, j->positions);
	while (j->order[j->fill] != start - 1)
		j->fill++;
	j->first = true;
	return RC_OK;
}

static bool skipped(const struct label_job *j, unsigned position)
{
	if (j->first)
		for (size_t i = 0; i < j->o.nskip; i++)
			if (j->o.skip[i] == position + 1)
				return true;
	return false;
}

/* Moves fill to a free position; false at the end of the sheet. */
static bool next_free(struct label_job *j)
{
	while (j->fill < j->positions && skipped(j, j->order[j->fill]))
		j->fill++;
	return j->fill < j->positions;
}

/* ---- the public calls ---- */

static enum rc hand_init(struct hand *h, struct label_job *j, struct err *e)
{
	h->job = j;
	h->layout = layout_new(&j->plan);
	h->glyphs = glyphs_new(j->o.fonts);
	h->raster.glyphs = h->glyphs;
	h->svg = svg_new(j->o.tpl, j->o.fonts);
	h->packer = pdf_packer_new();
	if (j->o.decoder == NULL)
		return RC_OK;
	h->proof = proof_new(&j->plan, j->o.decoder, j->plan.dpi, e);
	return h->proof ? RC_OK : RC_INTERNAL;
}

static void hand_release(struct hand *h)
{
	layout_free(h->layout);
	proof_free(h->proof);
	glyphs_free(h->glyphs);
	raster_release(&h->raster);
	svg_free(h->svg);
	pdf_packer_free(h->packer);
}

static enum rc start(struct label_job *j, struct err *e)
{
	enum rc rc = layout_plan(&j->o, &j->plan, e);

	if (rc == RC_OK)
		rc = plan_positions(j, e);
	j->hand = xcalloc(j->o.jobs, sizeof *j->hand);
	for (unsigned i = 0; i < j->o.jobs && rc == RC_OK; i++)
		rc = hand_init(&j->hand[i], j, e);
	for (unsigned i = 0; i < j->o.jobs && rc == RC_OK && j->o.jobs > 1; i++) {
		j->hand[i].started =
			pthread_create(&j->hand[i].thread, NULL, sheet_work, &j->hand[i]) == 0;
		if (!j->hand[i].started)
			rc = err_set(e, RC_INTERNAL, "no thread can be started");
	}
	return rc;
}

struct label_job *label_job_new(const struct label_options *o, struct err *e)
{
	struct label_job *j = xcalloc(1, sizeof *j);

	j->o = *o;
	j->o.jobs = o->jobs < 1 ? 1 : o->jobs > LABEL_JOBS_MAX ? LABEL_JOBS_MAX : o->jobs;
	/* enough that no thread waits because another is held up by the machine */
	j->most = j->o.jobs > 1 ? j->o.jobs * 4 : 1;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->moved, NULL);
	if (start(j, e) != RC_OK) {
		label_job_free(j);
		return NULL;
	}
	if (o->title.n > 0)
		snprintf(j->title, sizeof j->title, "%.*s", STR_F(o->title));
	else
		snprintf(j->title, sizeof j->title, "%s", o->tpl->title);
	if (o->format == LABEL_PDF)
		j->pdf = pdf_new(o->fonts, str_c(j->title), o->write, o->arg);
	j->report.version = (unsigned)j->plan.qr.version;
	j->report.level = qr_level_letter(j->plan.qr.level);
	j->report.module = (j->plan.module + 500) / 1000;
	j->report.proved = o->decoder != NULL;
	if (j->report.module < LABEL_MODULE_WARN)
		snprintf(j->report.warning, sizeof j->report.warning,
			"modules of %d.%02d mm: a phone must come closer than 25 cm; a larger label "
			"is read from farther away",
			j->report.module / 1000, j->report.module % 1000 / 10);
	return j;
}

/* The first check of a row, before it is taken. */
static enum rc take_code(struct label_job *j, const struct label_row *row, struct err *e)
{
	unsigned long long n = row->number;
	struct str s = row->field[LABEL_CODE];
	struct code code;

	if (!code_parse(s, &code))
		return err_set(e, RC_INVALID,
			"row %llu: code \"%.*s\" is not nine characters of a label code", n,
			(int)(s.n < 40 ? s.n : 40), s.p ? s.p : "");
	if (!code_check(&code))
		return err_set(e, RC_INVALID, "row %llu: code %s has a wrong check character",
			n, code.c);
	if (!seen_add(&j->seen, code.c))
		return err_set(
			e, RC_CONFLICT, "row %llu: code %s is in the batch already", n, code.c);
	return RC_OK;
}

static enum rc put(
	struct batch *b, const struct label_row *row, unsigned position, struct err *e)
{
	struct batch_row *r = &b->row[b->n];

	r->number = row->number;
	r->position = position;
	for (int f = 0; f < LABEL_FIELDS; f++) {
		struct str s = row->field[f];

		if (s.n > LABEL_FIELD_BYTES)
			return err_set(e, RC_INVALID,
				"row %llu: %s: %zu bytes long; at most %d",
				(unsigned long long)row->number,
				label_field_name((enum label_field)f), s.n, LABEL_FIELD_BYTES);
		r->field[f].at = s.p ? (uint32_t)b->data.n : UINT32_MAX;
		r->field[f].n = (uint32_t)s.n;
		if (s.n > 0)
			sbuf_str(&b->data, s);
	}
	b->n++;
	return RC_OK;
}

static enum rc refuse(struct label_job *j, enum rc rc, const struct err *e)
{
	pthread_mutex_lock(&j->lock);
	if (j->rc == RC_OK) {
		j->rc = rc;
		j->err = *e;
	}
	pthread_mutex_unlock(&j->lock);
	return rc;
}

enum rc label_job_row(struct label_job *j, const struct label_row *row, struct err *e)
{
	bool sheets = j->o.format == LABEL_PDF;
	struct err own = {0};
	enum rc rc = failed(j, e);

	if (rc != RC_OK)
		return rc;
	e = e ? e : &own;
	rc = take_code(j, row, e);
	if (rc == RC_OK && !next_free(j)) {
		if (j->report.labels == 0)
			rc = err_set(
				e, RC_INVALID, "every position of the first sheet is skipped");
		j->fill = 0;
		j->first = false;
	}
	if (rc != RC_OK)
		return refuse(j, rc, e);
	if (j->open == NULL) {
		j->open = take(j);
		j->report.sheets++;
	}
	rc = put(j->open, row, j->order[j->fill], e);
	if (rc != RC_OK)
		return refuse(j, rc, e);
	j->report.labels++;
	j->fill++;
	if (sheets ? !next_free(j) : j->open->n == SHEET_FILES) {
		j->fill = sheets ? 0 : j->fill;
		j->first = false;
		submit(j);
	}
	if (!sheets && j->fill == j->positions)
		j->fill = 0;
	return failed(j, e);
}

/* Waits until every batch is written. */
static void drain(struct label_job *j)
{
	pthread_mutex_lock(&j->lock);
	while (j->turn_write != j->next_index)
		pthread_cond_wait(&j->moved, &j->lock);
	pthread_mutex_unlock(&j->lock);
}

enum rc label_job_end(struct label_job *j, struct label_report *ret_, struct err *e)
{
	enum rc rc = failed(j, e);

	if (rc == RC_OK && j->report.labels == 0)
		return err_set(e, RC_INVALID, "there is no row to print");
	if (rc == RC_OK && j->open != NULL)
		submit(j);
	drain(j);
	rc = failed(j, e);
	if (rc == RC_OK && j->pdf != NULL) {
		rc = pdf_end(j->pdf, e);
		j->bytes = pdf_bytes(j->pdf);
	}
	if (rc != RC_OK)
		return rc;
	j->report.bytes = j->bytes;
	j->report.next_position = next_free(j) ? j->order[j->fill] + 1 : 1;
	if (ret_ != NULL)
		*ret_ = j->report;
	return RC_OK;
}

void label_job_free(struct label_job *j)
{
	if (j == NULL)
		return;
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_cond_broadcast(&j->moved);
	pthread_mutex_unlock(&j->lock);
	for (unsigned i = 0; j->hand && i < j->o.jobs; i++)
		if (j->hand[i].started)
			pthread_join(j->hand[i].thread, NULL);
	for (unsigned i = 0; j->hand && i < j->o.jobs; i++)
		hand_release(&j->hand[i]);
	batch_free(j->open);
	while (j->idle != NULL) {
		struct batch *b = j->idle;

		j->idle = b->next;
		batch_free(b);
	}
	pdf_free(j->pdf);
	free(j->seen.slot);
	free(j->order);
	free(j->hand);
	pthread_mutex_destroy(&j->lock);
	pthread_cond_destroy(&j->moved);
	free(j);
}
