/* Owns the preflight: reads the operators of a label back into dots and judges them.  Never
 * repairs.  Called by sheet.c, once a label. */
#include "labels/proof.h"
#include "qrsvc/base/arena.h"
#include <math.h>

#define AROUND 3000 /* um around the code's box that the decoder sees: its neighbours */
#define RECTS 2048
#define DEPTH 8

struct gstate {
	double m[6];	   /* to dots, y down */
	bool fill, stroke; /* black? */
	double line;
};

struct proof {
	const struct layout_plan *plan;
	const struct label_decoder *dec;
	void *ctx;
	struct raster r;
	struct glyphs *glyphs;
	uint8_t *grey;
	size_t capgrey;
	unsigned dpi;
	/* the interpreter */
	struct gstate stack[DEPTH];
	int depth;
	double num[8];
	int nums;
	double rect[RECTS][4]; /* dots: x0 y0 x1 y1 */
	int rects;
	double px0, py0, px1, py1; /* of the open contour */
	bool contour;
};

struct proof *proof_new(const struct layout_plan *plan, const struct label_decoder *dec,
	unsigned dpi, struct err *e)
{
	struct proof *p = xcalloc(1, sizeof *p);

	p->plan = plan;
	p->dec = dec;
	p->dpi = dpi;
	p->glyphs = glyphs_new(plan->fonts);
	p->r.glyphs = p->glyphs;
	p->ctx = dec->open();
	if (p->ctx != NULL)
		return p;
	err_set(e, RC_INTERNAL, "the decoder for the preflight does not start");
	proof_free(p);
	return NULL;
}

void proof_free(struct proof *p)
{
	if (p == NULL)
		return;
	if (p->ctx != NULL)
		p->dec->close(p->ctx);
	glyphs_free(p->glyphs);
	raster_release(&p->r);
	free(p->grey);
	free(p);
}

/* ---- operators back into dots ---- */

static void concat(double m[6], const double a[6])
{
	double r[6] = {a[0] * m[0] + a[1] * m[2], a[0] * m[1] + a[1] * m[3],
		a[2] * m[0] + a[3] * m[2], a[2] * m[1] + a[3] * m[3],
		a[4] * m[0] + a[5] * m[2] + m[4], a[4] * m[1] + a[5] * m[3] + m[5]};

	memcpy(m, r, sizeof r);
}

static void to_dots(const struct gstate *g, double x, double y, double *dx, double *dy)
{
	*dx = g->m[0] * x + g->m[2] * y + g->m[4];
	*dy = g->m[1] * x + g->m[3] * y + g->m[5];
}

static bool add_rect(struct proof *p, double x0, double y0, double x1, double y1)
{
	if (p->rects == RECTS)
		return false;
	double *r = p->rect[p->rects++];

	r[0] = fmin(x0, x1);
	r[1] = fmin(y0, y1);
	r[2] = fmax(x0, x1);
	r[3] = fmax(y0, y1);
	return true;
}

static bool op_re(struct proof *p, const struct gstate *g)
{
	double x0, y0, x1, y1;

	to_dots(g, p->num[0], p->num[1], &x0, &y0);
	to_dots(g, p->num[0] + p->num[2], p->num[1] + p->num[3], &x1, &y1);
	return p->nums == 4 && add_rect(p, x0, y0, x1, y1);
}

/* Contours with round corners count as the rectangle around them. */
static void op_point(struct proof *p, const struct gstate *g, bool first)
{
	for (int i = 0; i + 1 < p->nums; i += 2) {
		double x, y;

		to_dots(g, p->num[i], p->num[i + 1], &x, &y);
		p->px0 = first ? x : fmin(p->px0, x);
		p->py0 = first ? y : fmin(p->py0, y);
		p->px1 = first ? x : fmax(p->px1, x);
		p->py1 = first ? y : fmax(p->py1, y);
		first = false;
	}
	p->contour = true;
}

static bool close_contour(struct proof *p)
{
	bool ok = !p->contour || add_rect(p, p->px0, p->py0, p->px1, p->py1);

	p->contour = false;
	return ok;
}

static void paint(struct proof *p, const struct gstate *g, bool fill, bool stroke)
{
	for (int i = 0; i < p->rects; i++) {
		const double *r = p->rect[i];
		int64_t x0 = lround(r[0]), y0 = lround(r[1]), x1 = lround(r[2]),
			y1 = lround(r[3]);
		double half = fmax(1, g->line * fabs(g->m[0])) / 2;
		int64_t in = lround(half), out = lround(2 * half) - in;

		if (fill)
			raster_fill(&p->r, x0, y0, x1, y1, g->fill);
		if (!stroke)
			continue;
		raster_fill(&p->r, x0 - out, y0 - out, x1 + out, y0 + in, g->stroke);
		raster_fill(&p->r, x0 - out, y1 - in, x1 + out, y1 + out, g->stroke);
		raster_fill(&p->r, x0 - out, y0 - out, x0 + in, y1 + out, g->stroke);
		raster_fill(&p->r, x1 - in, y0 - out, x1 + out, y1 + out, g->stroke);
	}
	p->rects = 0;
}

static bool dark(const struct proof *p)
{
	unsigned c[3];

	for (int i = 0; i < 3; i++)
		c[i] = (unsigned)lround(p->num[p->nums == 3 ? i : 0] * 255);
	return raster_black(c[0] << 16 | c[1] << 8 | c[2]);
}

/* false: an operator that the page writer never uses here. */
static bool operate(struct proof *p, struct str op)
{
	struct gstate *g = &p->stack[p->depth];

	if (str_eq(op, STR("re")))
		return op_re(p, g);
	if (str_eq(op, STR("q"))) {
		if (p->depth + 1 == DEPTH)
			return false;
		p->stack[p->depth + 1] = *g;
		p->depth++;
	} else if (str_eq(op, STR("Q"))) {
		if (p->depth == 0)
			return false;
		p->depth--;
	} else if (str_eq(op, STR("cm"))) {
		concat(g->m, p->num);
		return p->nums == 6;
	} else if (str_eq(op, STR("m"))) {
		op_point(p, g, true);
	} else if (str_eq(op, STR("l")) || str_eq(op, STR("c"))) {
		op_point(p, g, false);
	} else if (str_eq(op, STR("h"))) {
		return close_contour(p);
	} else if (str_eq(op, STR("f")) || str_eq(op, STR("B")) || str_eq(op, STR("S"))) {
		paint(p, g, op.p[0] != 'S', op.p[0] != 'f');
	} else if (str_eq(op, STR("w"))) {
		g->line = p->num[0];
	} else if (str_eq(op, STR("g")) || str_eq(op, STR("rg"))) {
		g->fill = dark(p);
	} else if (str_eq(op, STR("G")) || str_eq(op, STR("RG"))) {
		g->stroke = dark(p);
	} else {
		return false;
	}
	return true;
}

/* Numbers as the page writer makes them: -12.345 */
static bool number(struct str s, double *ret_)
{
	double v = 0, unit = 1;
	bool minus = s.n > 0 && s.p[0] == '-', point = false;

	for (size_t i = minus; i < s.n; i++) {
		if (s.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
		unit = point ? unit * 10 : unit;
	}
	*ret_ = (minus ? -v : v) / unit;
	return s.n > minus;
}

static bool interpret(struct proof *p, struct str ops)
{
	size_t i = 0;

	while (i < ops.n) {
		size_t from = i;

		while (i < ops.n && ops.p[i] != ' ' && ops.p[i] != '\n')
			i++;
		struct str word = str_sub(ops, from, i);

		i++;
		if (word.n == 0)
			continue;
		if (p->nums < 8 && number(word, &p->num[p->nums])) {
			p->nums++;
			continue;
		}
		bool ok = operate(p, word);

		p->nums = 0;
		if (!ok)
			return false;
	}
	return p->depth == 0;
}

/* ---- judging ---- */

static int64_t dots(unsigned dpi, int64_t um)
{
	return (um * dpi + LABEL_UM_PER_INCH / 2) / LABEL_UM_PER_INCH;
}

static bool is_black(const struct raster *r, int64_t x, int64_t y)
{
	if (x < 0 || y < 0 || x >= r->w || y >= r->h)
		return false; /* the paper beside the label is white */
	return r->bits[(size_t)y * r->stride + (size_t)x / 8] >> (7 - x % 8) & 1;
}

/* Is the ring of four modules around the symbol white? */
static bool quiet(const struct proof *p, const struct raster *r)
{
	int64_t m = ((int64_t)p->plan->module * r->dpi + 12700000) / 25400000;
	int64_t x0 = dots(r->dpi, p->plan->qr_x), y0 = dots(r->dpi, p->plan->qr_y);
	int64_t side = m * p->plan->qr.side, ring = m * LABEL_QUIET;

	/* A dot of rounding at the symbol's own edge is not its neighbour's fault. */
	for (int64_t y = y0 - ring; y < y0 + side + ring; y++) {
		for (int64_t x = x0 - ring; x < x0 + side + ring; x++) {
			if (x >= x0 - 1 && x <= x0 + side && y >= y0 - 1 && y <= y0 + side) {
				x = x0 + side;
				continue;
			}
			if (is_black(r, x, y))
				return false;
		}
	}
	return true;
}

/* The symbol with its neighbourhood as grey pixels; of large modules only every n-th dot, since
 * eight to a module are plenty and a decoder's time goes with the area. */
static void crop(struct proof *p, const struct raster *r, unsigned *ret_w, unsigned *ret_h)
{
	const struct tpl_qr *q = &p->plan->tpl->qr;
	int64_t x0 = dots(r->dpi, q->x - AROUND < 0 ? 0 : q->x - AROUND);
	int64_t y0 = dots(r->dpi, q->y - AROUND < 0 ? 0 : q->y - AROUND);
	int64_t x1 = dots(r->dpi, q->x + q->size + AROUND);
	int64_t y1 = dots(r->dpi, q->y + q->size + AROUND);

	x1 = x1 > r->w ? r->w : x1;
	y1 = y1 > r->h ? r->h : y1;
	int64_t m = ((int64_t)p->plan->module * r->dpi + 12700000) / 25400000;
	int64_t step = m >= 16 ? m / 8 : 1;
	size_t w = (size_t)((x1 - x0 + step - 1) / step);
	size_t h = (size_t)((y1 - y0 + step - 1) / step), n = w * h;

	if (n > p->capgrey) {
		free(p->grey);
		p->grey = xmalloc(n);
		p->capgrey = n;
	}
	uint8_t *to = p->grey;

	for (int64_t y = y0; y < y1; y += step)
		for (int64_t x = x0; x < x1; x += step)
			*to++ = is_black(r, x, y) ? 0 : 255;
	*ret_w = (unsigned)w;
	*ret_h = (unsigned)h;
}

enum rc proof_raster(struct proof *p, const struct raster *r, const char *url, struct err *e)
{
	char got[128] = "";
	unsigned w, h;

	if (!quiet(p, r))
		return err_set(e, RC_INVALID,
			"the code has less than %d white modules around it", LABEL_QUIET);
	crop(p, r, &w, &h);
	int n = p->dec->read(p->ctx, p->grey, w, h, got, sizeof got);

	if (n == 0)
		return err_set(e, RC_INVALID, "the code as drawn cannot be read");
	if (n != 1 || strcmp(got, url) != 0)
		return err_set(
			e, RC_INVALID, "the code as drawn reads \"%.100s\", not %s", got, url);
	return RC_OK;
}

/* Draws one run and checks that it stays in its box, but for what letters hang over by. */
static enum rc letters(
	struct proof *p, const struct page *page, const struct page_run *run, struct err *e)
{
	const struct page_box *b = &run->box;
	int64_t slack = dots(p->dpi, run->size / 8) + 1;

	p->r.ink = (struct raster_ink){0};
	raster_run(&p->r, run->font, page->glyph + run->glyph, run->n, run->size, run->x,
		page->label_h - run->y, raster_black(run->colour));
	const struct raster_ink *k = &p->r.ink;

	if (k->x0 == k->x1)
		return RC_OK;
	if (k->x0 < dots(p->dpi, b->x) - slack || k->y0 < dots(p->dpi, b->y) - slack ||
		k->x1 > dots(p->dpi, b->x + b->w) + slack ||
		k->y1 > dots(p->dpi, b->y + b->h) + slack || k->x0 < 0 || k->y0 < 0 ||
		k->x1 > p->r.w || k->y1 > p->r.h)
		return err_set(e, RC_INVALID, "text is drawn outside its box");
	return RC_OK;
}

enum rc proof_page(struct proof *p, const struct page *page, size_t ops_from, uint32_t run_from,
	int32_t x, int32_t y, const char *url, struct err *e)
{
	const struct label_template *t = p->plan->tpl;
	const double s = p->dpi / 25.4;
	enum rc rc = raster_begin(&p->r, t->w, t->h, p->dpi, e);

	if (rc != RC_OK)
		return rc;
	p->stack[0] = (struct gstate){
		.m = {s, 0, 0, -s, -x / 1000.0 * s, (t->page_h - y) / 1000.0 * s},
		.fill = true,
		.stroke = true,
		.line = 1};
	p->depth = p->nums = p->rects = 0;
	p->contour = false;
	if (!interpret(p, str_sub(sbuf_view(&page->ops), ops_from, page->ops.n)))
		return err_set(e, RC_INTERNAL, "the page cannot be read back");
	for (uint32_t i = run_from; i < page->nrun && rc == RC_OK; i++)
		rc = letters(p, page, &page->run[i], e);
	return rc == RC_OK ? proof_raster(p, &p->r, url, e) : rc;
}
