/* Owns dots: filling, letters, codes.  Never decodes, never encodes a file.  Called by image.c
 * and proof.c. */
#include "labels/raster.h"
#include "labels/outline.h"
#include "qrsvc/base/arena.h"

#define SLOTS 2048    /* glyph pictures kept; power of two */
#define KEEP_DOTS 200 /* larger letters are drawn anew: posters have few */

struct glyphs {
	const struct label_fonts *fonts;
	struct outline outline;
	struct picture slot[SLOTS];
	struct picture big;
};

struct glyphs *glyphs_new(const struct label_fonts *fonts)
{
	struct glyphs *g = xcalloc(1, sizeof *g);

	g->fonts = fonts;
	return g;
}

void glyphs_free(struct glyphs *g)
{
	if (g == NULL)
		return;
	for (int i = 0; i < SLOTS; i++)
		free(g->slot[i].bits);
	free(g->big.bits);
	outline_release(&g->outline);
	free(g);
}

/* size: dots per em, in 64ths */
static const struct picture *picture(struct glyphs *g, int font, uint32_t gid, uint32_t size)
{
	uint64_t key = ((uint64_t)size << 24 | gid << 6 | (unsigned)font) + 1;
	struct picture *p = &g->slot[key * 0x9e3779b97f4a7c15u >> 53];

	if (size > 64 * KEEP_DOTS)
		p = &g->big;
	if (p->key == key)
		return p;
	outline_draw(&g->outline, &g->fonts->all[font], gid, (float)size / 64, p);
	p->key = key;
	return p;
}

enum rc raster_begin(struct raster *r, int32_t w, int32_t h, unsigned dpi, struct err *e)
{
	int64_t pw = ((int64_t)w * dpi + LABEL_UM_PER_INCH / 2) / LABEL_UM_PER_INCH;
	int64_t ph = ((int64_t)h * dpi + LABEL_UM_PER_INCH / 2) / LABEL_UM_PER_INCH;

	if (pw > RASTER_SIDE || ph > RASTER_SIDE)
		return err_set(e, RC_TOO_LARGE, "%lld x %lld dots; a side may have %d",
			(long long)pw, (long long)ph, RASTER_SIDE);
	r->w = (unsigned)pw;
	r->h = (unsigned)ph;
	r->dpi = dpi;
	r->stride = (r->w + 7) / 8;
	size_t n = (size_t)r->stride * r->h;

	if (n > r->cap) {
		free(r->bits);
		r->bits = xmalloc(n);
		r->cap = n;
	}
	memset(r->bits, 0, n);
	return RC_OK;
}

void raster_release(struct raster *r)
{
	free(r->bits);
	r->bits = NULL;
	r->cap = 0;
}

static void fill_row(uint8_t *row, size_t x0, size_t x1, bool black)
{
	size_t a = x0 / 8, b = x1 / 8;
	uint8_t first = (uint8_t)(0xff >> x0 % 8), last = (uint8_t) ~(0xff >> x1 % 8);

	if (a == b) {
		first &= last;
		row[a] = (uint8_t)(black ? row[a] | first : row[a] & ~first);
		return;
	}
	row[a] = (uint8_t)(black ? row[a] | first : row[a] & ~first);
	memset(row + a + 1, black ? 0xff : 0, b - a - 1);
	if (last)
		row[b] = (uint8_t)(black ? row[b] | last : row[b] & ~last);
}

void raster_fill(struct raster *r, int64_t x0, int64_t y0, int64_t x1, int64_t y1, bool black)
{
	x0 = x0 < 0 ? 0 : x0;
	y0 = y0 < 0 ? 0 : y0;
	x1 = x1 > r->w ? r->w : x1;
	y1 = y1 > r->h ? r->h : y1;
	for (int64_t y = y0; y < y1 && x0 < x1; y++)
		fill_row(r->bits + (size_t)y * r->stride, (size_t)x0, (size_t)x1, black);
}

bool raster_black(uint32_t c)
{
	/* Rec. 601 luma, in thousandths of full white */
	return (c >> 16 & 255) * 299 + (c >> 8 & 255) * 587 + (c & 255) * 114 < 128 * 1000;
}

static int64_t dots(const struct raster *r, int64_t um)
{
	int64_t v = um * r->dpi;

	return (v + (v < 0 ? -1 : 1) * LABEL_UM_PER_INCH / 2) / LABEL_UM_PER_INCH;
}

static void blit(struct raster *r, const struct picture *p, int64_t x, int64_t y, bool black)
{
	for (unsigned row = 0; row < p->h; row++) {
		int64_t to = y + row;
		const uint8_t *s = p->bits + (size_t)row * p->stride;

		if (to < 0 || to >= r->h)
			continue;
		uint8_t *d = r->bits + (size_t)to * r->stride;

		for (unsigned k = 0; k < (p->w + 7u) / 8; k++) {
			int64_t at = x + k * 8;
			unsigned shift = (unsigned)(at & 7);

			if (s[k] == 0 || at < 0 || at + 8 > r->w)
				continue;
			unsigned v = (unsigned)s[k] << (8 - shift);

			if (black) {
				d[at / 8] |= (uint8_t)(v >> 8);
				if (v & 255)
					d[at / 8 + 1] |= (uint8_t)v;
			} else {
				d[at / 8] &= (uint8_t) ~(v >> 8);
				if (v & 255)
					d[at / 8 + 1] &= (uint8_t)~v;
			}
		}
	}
}

static void grow_ink(struct raster *r, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
	struct raster_ink *k = &r->ink;

	if (k->x1 == k->x0) {
		*k = (struct raster_ink){x0, y0, x1, y1};
		return;
	}
	k->x0 = x0 < k->x0 ? x0 : k->x0;
	k->y0 = y0 < k->y0 ? y0 : k->y0;
	k->x1 = x1 > k->x1 ? x1 : k->x1;
	k->y1 = y1 > k->y1 ? y1 : k->y1;
}

void raster_run(struct raster *r, int font, const struct glyph *g, uint32_t n, int32_t size,
	int32_t x, int32_t y, bool black)
{
	uint32_t em = (uint32_t)((int64_t)size * r->dpi * 64 / LABEL_UM_PER_INCH);
	int64_t pen = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct picture *p = picture(r->glyphs, font, g[i].gid, em);
		int64_t gx = x + (pen + g[i].dx) * size / FONT_EM;
		int64_t gy = y - (int64_t)g[i].dy * size / FONT_EM;

		pen += g[i].adv;
		int64_t px0 = dots(r, gx) + p->left, py0 = dots(r, gy) - p->top;

		blit(r, p, px0, py0, black);
		if (p->w > 0)
			grow_ink(r, px0, py0, px0 + p->w, py0 + p->h);
	}
}

static void on_box(void *arg, const struct tpl_box *b)
{
	struct raster *r = arg;
	int64_t x0 = dots(r, b->x), y0 = dots(r, b->y), x1 = dots(r, b->x + b->w),
		y1 = dots(r, b->y + b->h), line = dots(r, b->line);

	line = line < 1 ? 1 : line;
	if (b->fill >= 0)
		raster_fill(r, x0, y0, x1, y1, raster_black((uint32_t)b->fill));
	if (b->stroke >= 0) {
		bool black = raster_black((uint32_t)b->stroke);

		raster_fill(r, x0, y0, x1, y0 + line, black);
		raster_fill(r, x0, y1 - line, x1, y1, black);
		raster_fill(r, x0, y0, x0 + line, y1, black);
		raster_fill(r, x1 - line, y0, x1, y1, black);
	}
}

static void on_qr(void *arg, const struct qr *q, int32_t x, int32_t y, int32_t module)
{
	struct raster *r = arg;
	/* Whole dots by the plan; rounded only against the nanometres lost there. */
	int64_t m = ((int64_t)module * r->dpi + 12700000) / 25400000;
	int64_t x0 = dots(r, x), y0 = dots(r, y);

	for (int row = 0; row < q->side; row++) {
		const uint8_t *line = q->m + row * q->side;

		for (int c = 0, to; c < q->side; c = to) {
			for (to = c + 1; to < q->side && line[to] == line[c];)
				to++;
			if (line[c])
				raster_fill(r, x0 + c * m, y0 + row * m, x0 + to * m,
					y0 + (row + 1) * m, true);
		}
	}
}

static void on_text(
	void *arg, const struct tpl_text *x, const struct fitted *f, const struct fit_box *b)
{
	struct raster *r = arg;

	for (int i = 0; i < f->nlines; i++) {
		const struct fit_line *l = &f->line[i];
		int64_t pen = 0;

		for (uint32_t k = l->run0; k < l->run0 + l->runs; k++) {
			const struct run *run = &f->s.r[k];

			raster_run(r, run->font, f->s.g + run->glyph, run->n, f->size,
				l->x + b->x + (int32_t)(pen * f->size / FONT_EM), l->y + b->y,
				raster_black(x->colour));
			pen += run->width;
		}
	}
}

struct sink raster_sink(struct raster *r)
{
	return (struct sink){r, on_box, on_qr, on_text};
}
