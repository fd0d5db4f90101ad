/* Owns the drawing operators of a sheet, except the strings of glyphs.  Never writes a file.
 * Called by sheet.c and calibrate.c. */
#include "labels/page.h"
#include "qrsvc/base/arena.h"

#define PAGE_MAX (64u * 1024u * 1024u) /* 500 labels of 2 kB are 1 MB */

void page_init(struct page *p)
{
	*p = (struct page){0};
	sbuf_init(&p->ops, PAGE_MAX);
}

void page_release(struct page *p)
{
	sbuf_release(&p->ops);
	free(p->run);
	free(p->glyph);
	free(p->ch);
}

/* A number with up to `places` decimals, without trailing zeros; v counts the last place. */
static void put_number(struct sbuf *b, int64_t v, int places)
{
	char t[32];
	size_t n = sizeof t;
	uint64_t u = v < 0 ? (uint64_t)-v : (uint64_t)v;
	bool digits = false;

	for (int i = 0; i < places; i++, u /= 10) {
		digits = digits || u % 10 != 0;
		if (digits)
			t[--n] = (char)('0' + u % 10);
	}
	if (digits)
		t[--n] = '.';
	if (u > 0 || !digits)
		do
			t[--n] = (char)('0' + u % 10);
		while (u /= 10);
	if (v < 0)
		t[--n] = '-';
	sbuf_add(b, t + n, sizeof t - n);
}

void put_mm(struct sbuf *b, int64_t um)
{
	put_number(b, um, 3);
}

static void put_pair(struct sbuf *b, int64_t x, int64_t y)
{
	put_mm(b, x);
	sbuf_byte(b, ' ');
	put_mm(b, y);
	sbuf_byte(b, ' ');
}

void page_begin(struct page *p, const struct label_template *t, const struct label_profile *pr)
{
	const double mm = 72.0 / 25.4;
	double sx = pr->scale_x ? pr->scale_x / 1e6 : 1,
	       sy = pr->scale_y ? pr->scale_y / 1e6 : 1;

	sbuf_clear(&p->ops);
	p->nrun = p->nglyph = p->nch = 0;
	p->colour = 0;
	p->open = false;
	/* Scaled about the top left corner, where the paper is held. */
	sbuf_fmt(&p->ops, "%.7f 0 0 %.7f %.4f %.4f cm\n", mm * sx, mm * sy, mm * pr->dx / 1000,
		mm * (t->page_h / 1000.0 * (1 - sy) - pr->dy / 1000.0));
}

void page_label(struct page *p, const struct label_template *t, int32_t x, int32_t y)
{
	p->label_h = t->h;
	p->open = false;
	sbuf_puts(&p->ops, "q 1 0 0 1 ");
	put_pair(&p->ops, x, t->page_h - y - t->h);
	sbuf_puts(&p->ops, "cm\n");
}

void page_whole(struct page *p, const struct label_template *t)
{
	p->label_h = t->page_h;
	p->open = false;
	sbuf_puts(&p->ops, "q\n");
}

void page_label_end(struct page *p)
{
	if (p->open)
		p->run[p->nrun - 1].closes = true;
	p->colour = 0;
	sbuf_puts(&p->ops, "Q\n");
}

static void put_colour(struct sbuf *b, uint32_t c, bool stroke)
{
	unsigned r = c >> 16 & 255, g = c >> 8 & 255, l = c & 255;

	if (r == g && g == l) {
		put_mm(b, (r * 1000 + 127) / 255);
		sbuf_puts(b, stroke ? " G\n" : " g\n");
		return;
	}
	put_pair(b, (r * 1000 + 127) / 255, (g * 1000 + 127) / 255);
	put_mm(b, (l * 1000 + 127) / 255);
	sbuf_puts(b, stroke ? " RG\n" : " rg\n");
}

/* A rectangle with round corners as a path; x y its lower left corner. */
static void put_round(struct sbuf *b, int32_t x, int32_t y, int32_t w, int32_t h, int32_t r)
{
	const int32_t k = (int32_t)((int64_t)r * 5523 / 10000); /* quarter circle as a curve */
	const int32_t x1 = x + w, y1 = y + h;
	const int32_t c[4][6] = {
		{x1 - r + k, y, x1, y + r - k, x1, y + r},
		{x1, y1 - r + k, x1 - r + k, y1, x1 - r, y1},
		{x + r - k, y1, x, y1 - r + k, x, y1 - r},
		{x, y + r - k, x + r - k, y, x + r, y},
	};
	const int32_t l[4][2] = {{x1 - r, y}, {x1, y1 - r}, {x + r, y1}, {x, y + r}};

	put_pair(b, x + r, y);
	sbuf_puts(b, "m\n");
	for (int i = 0; i < 4; i++) {
		put_pair(b, l[i][0], l[i][1]);
		sbuf_puts(b, "l ");
		for (int n = 0; n < 6; n += 2)
			put_pair(b, c[i][n], c[i][n + 1]);
		sbuf_puts(b, "c\n");
	}
	sbuf_puts(b, "h\n");
}

static void put_rect(struct sbuf *b, int32_t x, int32_t y, int32_t w, int32_t h, int32_t r)
{
	if (r > 0) {
		put_round(b, x, y, w, h, r);
		return;
	}
	put_pair(b, x, y);
	put_pair(b, w, h);
	sbuf_puts(b, "re\n");
}

static void on_box(void *arg, const struct tpl_box *x)
{
	struct page *p = arg;
	struct sbuf *b = &p->ops;
	/* The line lies inside the box. */
	int32_t in = x->stroke >= 0 ? x->line / 2 : 0;

	sbuf_puts(b, "q\n");
	if (x->fill >= 0)
		put_colour(b, (uint32_t)x->fill, false);
	if (x->stroke >= 0) {
		put_colour(b, (uint32_t)x->stroke, true);
		put_mm(b, x->line);
		sbuf_puts(b, " w\n");
	}
	put_rect(b, x->x + in, p->label_h - x->y - x->h + in, x->w - 2 * in, x->h - 2 * in,
		x->radius > in ? x->radius - in : 0);
	sbuf_puts(b, x->fill >= 0 && x->stroke >= 0 ? "B Q\n"
		     : x->stroke >= 0		    ? "S Q\n"
						    : "f Q\n");
}

/* "12 " without a call per byte: a sheet has thousands. */
static char *put_small(char *at, int v)
{
	if (v >= 10)
		*at++ = (char)('0' + v / 10);
	*at++ = (char)('0' + v % 10);
	*at++ = ' ';
	return at;
}

/* Bit c of row r is module c; the rows beside the symbol are empty. */
static void row_bits(const struct qr *q, uint64_t bits[QR_SIDE_MAX + 2])
{
	bits[0] = bits[q->side + 1] = 0;
	for (int r = 0; r < q->side; r++) {
		const uint8_t *m = q->m + r * q->side;
		uint64_t b = 0;

		for (int c = 0; c < q->side; c++)
			b |= (uint64_t)m[c] << c;
		bits[r + 1] = b;
	}
}

/* Runs of dark modules as one path in whole modules (one fill, so no seams between rows); a run
 * that stands again in the next row only grows.  Measured: a sixth fewer bytes. */
static char *put_modules(char *at, const struct qr *q)
{
	uint64_t bits[QR_SIDE_MAX + 2];

	row_bits(q, bits);
	for (int r = 0; r < q->side; r++) {
		for (uint64_t rest = bits[r + 1]; rest != 0;) {
			int c = __builtin_ctzll(rest), w = __builtin_ctzll(~(rest >> c)), h = 1;
			uint64_t run = ((UINT64_C(1) << w) - 1) << c;
			uint64_t wide = run | run << 1 | run >> 1;

			rest &= ~run;
			if ((bits[r] & wide) == run)
				continue;
			while ((bits[r + 1 + h] & wide) == run)
				h++;
			at = put_small(at, c);
			at = put_small(at, r);
			at = put_small(at, w);
			at = put_small(at, h);
			memcpy(at, "re\n", 3);
			at += 3;
		}
	}
	return at;
}

static void on_qr(void *arg, const struct qr *q, int32_t x, int32_t y, int32_t module)
{
	struct page *p = arg;
	struct sbuf *b = &p->ops;

	sbuf_puts(b, "q ");
	put_number(b, module, 6);
	sbuf_puts(b, " 0 0 -");
	put_number(b, module, 6);
	sbuf_byte(b, ' ');
	put_pair(b, x, p->label_h - y);
	sbuf_puts(b, "cm\n");
	/* At most every second module of a row begins a run, of 15 bytes. */
	char *at = sbuf_room(b, (size_t)q->side * ((size_t)q->side / 2 + 1) * 15);

	if (at != NULL)
		b->n += (size_t)(put_modules(at, q) - at);
	sbuf_puts(b, "f Q\n");
}

static void *grow(void *p, uint32_t *cap, uint32_t need, size_t size)
{
	if (need <= *cap)
		return p;
	*cap = need + need / 2 + 64;
	return xrealloc(p, *cap * size);
}

static void add_run(struct page *p, const struct fitted *f, const struct run *r,
	const struct page_run *like)
{
	const struct glyph *g = f->s.g + r->glyph;

	p->run = grow(p->run, &p->caprun, p->nrun + 1, sizeof *p->run);
	p->glyph = grow(p->glyph, &p->capglyph, p->nglyph + r->n, sizeof *p->glyph);
	p->run[p->nrun] = *like;
	p->run[p->nrun].glyph = p->nglyph;
	p->run[p->nrun].n = r->n;
	p->run[p->nrun].font = r->font;
	p->run[p->nrun].opens = !p->open;
	p->nrun++;
	p->open = true;
	memcpy(p->glyph + p->nglyph, g, r->n * sizeof *g);
	for (uint32_t i = 0; i < r->n; i++)
		p->glyph[p->nglyph + i].at += p->nch;
	p->nglyph += r->n;
}

static struct page_box b_at(const struct fit_box *b)
{
	return (struct page_box){b->x, b->y, b->w, b->h};
}

static void on_text(
	void *arg, const struct tpl_text *x, const struct fitted *f, const struct fit_box *b)
{
	struct page *p = arg;

	for (int i = 0; i < f->nlines; i++) {
		const struct fit_line *l = &f->line[i];
		int64_t pen = 0;

		for (uint32_t k = l->run0; k < l->run0 + l->runs; k++) {
			struct page_run like = {.at = p->ops.n,
				.colour = x->colour,
				.size = f->size,
				.x = l->x + b->x + (int32_t)(pen * f->size / FONT_EM),
				.y = p->label_h - l->y - b->y,
				.box = b_at(b)};

			add_run(p, f, &f->s.r[k], &like);
			pen += f->s.r[k].width;
		}
	}
	p->ch = grow(p->ch, &p->capch, p->nch + f->s.nch, sizeof *p->ch);
	memcpy(p->ch + p->nch, f->s.ch, f->s.nch * sizeof *p->ch);
	p->nch += f->s.nch;
}

struct sink page_sink(struct page *p)
{
	return (struct sink){p, on_box, on_qr, on_text};
}

void page_line(struct page *p, const struct label_template *t, int32_t x0, int32_t y0,
	int32_t x1, int32_t y1, int32_t width)
{
	put_mm(&p->ops, width);
	sbuf_puts(&p->ops, " w ");
	put_pair(&p->ops, x0, t->page_h - y0);
	sbuf_puts(&p->ops, "m ");
	put_pair(&p->ops, x1, t->page_h - y1);
	sbuf_puts(&p->ops, "l S\n");
}

void page_outline(struct page *p, const struct label_template *t, int32_t x, int32_t y,
	int32_t w, int32_t h, int32_t r, int32_t width)
{
	put_mm(&p->ops, width);
	sbuf_puts(&p->ops, " w ");
	put_rect(&p->ops, x, t->page_h - y - h, w, h, r);
	sbuf_puts(&p->ops, "S\n");
}

/* One edge of the grid: a mark before and a mark behind it. */
static void crop_edge(struct page *p, const struct label_template *t, bool vertical, int32_t at,
	int32_t low, int32_t high)
{
	const int32_t away = 1000, len = 4000, thin = 100;

	for (int side = 0; side < 2; side++) {
		int32_t a = side ? high + away : low - away, b = side ? a + len : a - len;

		if (vertical)
			page_line(p, t, at, a, at, b, thin);
		else
			page_line(p, t, a, at, b, at, thin);
	}
}

void page_crop(struct page *p, const struct label_template *t)
{
	int32_t right = t->left + (int32_t)(t->columns - 1) * t->pitch_x + t->w;
	int32_t foot = t->top + (int32_t)(t->rows - 1) * t->pitch_y + t->h;

	for (unsigned i = 0; i < t->columns; i++) {
		int32_t x = t->left + (int32_t)i * t->pitch_x;

		crop_edge(p, t, true, x, t->top, foot);
		crop_edge(p, t, true, x + t->w, t->top, foot);
	}
	for (unsigned i = 0; i < t->rows; i++) {
		int32_t y = t->top + (int32_t)i * t->pitch_y;

		crop_edge(p, t, false, y, t->left, right);
		crop_edge(p, t, false, y + t->h, t->left, right);
	}
}
