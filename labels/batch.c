/* Owns the four steps of one sheet: draw, number, pack, write.  Never waits, never locks.
 * Called by sheet.c from whichever thread has the batch. */
#include "labels/code.h"
#include "labels/sheet.h"
#include "qrsvc/base/arena.h"

#define NOTE_ROOM 4000 /* um of margin a note needs */

static struct label_row unpack(const struct batch *b, unsigned i)
{
	const struct batch_row *r = &b->row[i];
	struct label_row row = {.number = r->number};

	for (int f = 0; f < LABEL_FIELDS; f++)
		if (r->field[f].at != UINT32_MAX)
			row.field[f] = (struct str){b->data.p + r->field[f].at, r->field[f].n};
	return row;
}

/* A failure that no call below has given a row to. */
static enum rc name_row(struct batch *b, const struct label_row *row, enum rc rc)
{
	char detail[sizeof b->err.detail];

	if (rc == RC_OK)
		return rc;
	memcpy(detail, b->err.detail, sizeof detail);
	return err_set(
		&b->err, rc, "row %llu: %.280s", (unsigned long long)row->number, detail);
}

/* "trial" in the margin of the sheet, where there is one. */
static enum rc trial_note(struct hand *h, struct batch *b)
{
	const struct label_template *t = h->job->o.tpl;
	int32_t foot = t->top + (int32_t)(t->rows - 1) * t->pitch_y + t->h;
	struct sink to = page_sink(&b->page);
	struct fit_box box = {.x = 5000,
		.w = t->page_w - 10000,
		.h = 3500,
		.size = 2800,
		.min = 2000,
		.lines = 1,
		.bold = true,
		.align = FIT_CENTER,
		.valign = FIT_MIDDLE};

	if (t->top >= NOTE_ROOM)
		box.y = (t->top - box.h) / 2;
	else if (t->page_h - foot >= NOTE_ROOM)
		box.y = foot + (t->page_h - foot - box.h) / 2;
	else
		return RC_OK; /* the labels themselves say it beside the host */
	page_whole(&b->page, t);
	enum rc rc = layout_note(
		h->layout, &box, "试用 · TRIAL · 不得张贴 · not for posting", &to, &b->err);
	page_label_end(&b->page);
	return rc;
}

static enum rc draw_page(struct hand *h, struct batch *b)
{
	struct label_job *j = h->job;
	const struct label_template *t = j->o.tpl;
	struct sink to = page_sink(&b->page);
	enum rc rc = RC_OK;

	page_begin(&b->page, t, &j->o.profile);
	if (j->o.crop)
		page_crop(&b->page, t);
	if (j->o.trial)
		rc = trial_note(h, b);
	for (unsigned i = 0; i < b->n && rc == RC_OK; i++) {
		struct label_row row = unpack(b, i);
		size_t ops = b->page.ops.n;
		uint32_t run = b->page.nrun;
		char url[CODE_URL_MAX];
		int32_t x, y;

		template_at(t, b->row[i].position, &x, &y);
		page_label(&b->page, t, x, y);
		rc = layout_row(h->layout, &row, &to, url, &b->err);
		page_label_end(&b->page);
		if (rc == RC_OK && h->proof != NULL)
			rc = name_row(b, &row,
				proof_page(h->proof, &b->page, ops, run, x, y, url, &b->err));
	}
	if (rc == RC_OK && b->page.ops.over)
		rc = err_set(&b->err, RC_TOO_LARGE, "a sheet is too large");
	return rc;
}

static enum rc draw_file(struct hand *h, struct batch *b, const struct label_row *row)
{
	struct label_job *j = h->job;
	const struct label_template *t = j->o.tpl;
	char url[CODE_URL_MAX];
	enum rc rc = RC_OK;

	if (j->o.format != LABEL_SVG || h->proof != NULL) {
		struct sink to = raster_sink(&h->raster);

		rc = raster_begin(&h->raster, t->w, t->h, j->plan.dpi, &b->err);
		rc = name_row(b, row, rc);
		if (rc == RC_OK)
			rc = layout_row(h->layout, row, &to, url, &b->err);
		if (rc == RC_OK && h->proof != NULL)
			rc = name_row(b, row, proof_raster(h->proof, &h->raster, url, &b->err));
	}
	if (rc != RC_OK)
		return rc;
	if (j->o.format == LABEL_PNG)
		return name_row(b, row, image_png(&h->raster, &b->out, &b->err));
	if (j->o.format == LABEL_ZPL) {
		image_zpl(&h->raster, &b->out);
		return RC_OK;
	}
	struct sink to = svg_sink(h->svg);

	svg_begin(h->svg, &b->out);
	rc = layout_row(h->layout, row, &to, url, &b->err);
	svg_end(h->svg, url);
	return rc;
}

static enum rc draw_files(struct hand *h, struct batch *b)
{
	const char *tail = h->job->o.format == LABEL_PNG ? "png" : "svg";
	enum rc rc = RC_OK;

	sbuf_clear(&b->out);
	for (unsigned i = 0; i < b->n && rc == RC_OK; i++) {
		struct label_row row = unpack(b, i);
		struct code code = {{0}};

		code_parse(row.field[LABEL_CODE], &code); /* checked when it was taken */
		snprintf(b->file[i].name, sizeof b->file[i].name, "%s.%s", code.c, tail);
		b->file[i].from = b->out.n;
		rc = draw_file(h, b, &row);
	}
	if (rc == RC_OK && b->out.over)
		rc = err_set(&b->err, RC_TOO_LARGE, "the labels are too large");
	return rc;
}

void batch_draw(struct hand *h, struct batch *b)
{
	b->err = (struct err){0};
	b->rc = h->job->o.format == LABEL_PDF ? draw_page(h, b) : draw_files(h, b);
}

void batch_number(struct label_job *j, struct batch *b)
{
	if (b->rc != RC_OK || j->o.format != LABEL_PDF)
		return;
	sbuf_clear(&b->plain);
	pdf_resolve(j->pdf, &b->page, &b->plain);
}

void batch_pack(struct hand *h, struct batch *b)
{
	if (b->rc != RC_OK || h->job->o.format != LABEL_PDF)
		return;
	sbuf_clear(&b->out);
	pdf_pack(h->packer, sbuf_view(&b->plain), &b->out);
	if (b->plain.over || b->out.over)
		b->rc = err_set(&b->err, RC_TOO_LARGE, "a sheet is too large");
}

static enum rc write_files(struct label_job *j, struct batch *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		size_t from = b->file[i].from,
		       to = i + 1 < b->n ? b->file[i + 1].from : b->out.n;

		if (j->o.format != LABEL_ZPL && j->o.file != NULL &&
			!j->o.file(j->o.arg, b->file[i].name))
			return err_set(&b->err, RC_IO, "%s cannot be written", b->file[i].name);
		if (!j->o.write(j->o.arg, b->out.p + from, to - from))
			return err_set(&b->err, RC_IO, "the output cannot be written");
		j->bytes += to - from;
	}
	return RC_OK;
}

void batch_write(struct label_job *j, struct batch *b)
{
	if (b->rc != RC_OK)
		return;
	if (j->o.format == LABEL_PDF)
		b->rc = pdf_page(j->pdf, sbuf_view(&b->out), j->o.tpl->page_w, j->o.tpl->page_h,
			&b->err);
	else
		b->rc = write_files(j, b);
	j->labels += b->n;
	if (b->rc == RC_OK && j->o.progress != NULL)
		j->o.progress(j->o.arg, j->labels);
}
