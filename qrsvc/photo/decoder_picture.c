/* Owns the planes of the sizes being made.  Never reads a file; knows no format.  Called by the
 * readers (codec_*.c) row by row and by decoder.c for the rest. */
#include "qrsvc/photo/decoder_picture.h"

#include "qrsvc/photo/decoder.h"

void fit(int w, int h, int long_side, int *ret_w, int *ret_h)
{
	int most = w > h ? w : h;

	*ret_w = w;
	*ret_h = h;
	if (most <= long_side)
		return;
	*ret_w = (int)(((int64_t)w * long_side + most / 2) / most);
	*ret_h = (int)(((int64_t)h * long_side + most / 2) / most);
	if (*ret_w < 1)
		*ret_w = 1;
	if (*ret_h < 1)
		*ret_h = 1;
}

static void raster_init(struct raster *r, int w, int h, int planes)
{
	*r = (struct raster){.w = w, .h = h, .planes = planes};
	for (int i = 0; i < planes; i++) {
		int sub = i ? 2 : 1;

		r->plane[i].w = (w + sub - 1) / sub;
		r->plane[i].h = (h + sub - 1) / sub;
		r->plane[i].stride = (r->plane[i].w + 15) & ~15;
		r->plane[i].p =
			decoder_alloc((size_t)r->plane[i].stride, (size_t)r->plane[i].h);
	}
}

void raster_release(struct raster *r)
{
	for (int i = 0; i < r->planes; i++)
		free(r->plane[i].p);
	*r = (struct raster){0};
}

/* Centres of the outputs on one axis.  step: input luma samples per output luma sample; sub:
 * input luma samples per input sample; d: output luma samples per output sample. */
static void axis(struct scale_axis *a, int n_in, int n_out, double step, double sub, int d,
	double extent, bool flip)
{
	double first = d * step / 2;

	if (flip)
		first = extent - (n_out - 0.5) * d * step;
	scale_axis_init(a, n_in, n_out, d * step / sub, first / sub);
}

void picture_begin(struct picture *p, const struct picture_form *f, int long_side)
{
	/* EXIF orientation as flips of the stored picture, then swapping x and y
	 * (Exif 2.32 4.6.4, tag 0112H). */
	bool flip_x = f->orientation == 2 || f->orientation == 3 || f->orientation == 7 ||
		      f->orientation == 8;
	bool flip_y = f->orientation == 3 || f->orientation == 4 || f->orientation == 6 ||
		      f->orientation == 7;
	int w, h;

	*p = (struct picture){.form = *f, .transpose = f->orientation >= 5};
	fit(f->w, f->h, long_side, &w, &h);
	raster_init(&p->big, w, h, f->planes);
	for (int i = 0; i < f->planes; i++) {
		struct scale_axis x, y;
		int d = i ? 2 : 1;

		axis(&x, f->plane[i].w, p->big.plane[i].w, f->w * f->scale / w,
			f->plane[i].sub_x, d, f->w * f->scale, flip_x);
		axis(&y, f->plane[i].h, p->big.plane[i].h, f->h * f->scale / h,
			f->plane[i].sub_y, d, f->h * f->scale, flip_y);
		scale_init(&p->s[i], &x, &y);
		p->s[i].out = p->big.plane[i].p;
		p->s[i].stride = p->big.plane[i].stride;
		p->s[i].flip_x = flip_x;
		p->s[i].flip_y = flip_y;
	}
}

void picture_begin_rgb(struct picture *p, int w, int h, int orientation, int long_side)
{
	struct picture_form f = {
		.w = w, .h = h, .planes = 3, .scale = 1, .orientation = orientation};

	for (int i = 0; i < 3; i++) {
		f.plane[i].w = w;
		f.plane[i].h = h;
		f.plane[i].sub_x = f.plane[i].sub_y = 1;
	}
	picture_begin(p, &f, long_side);
	for (int i = 0; i < 3; i++)
		p->rgb[i] = decoder_alloc((size_t)w, 1);
}

void picture_row(struct picture *p, int plane, const uint8_t *row)
{
	scale_row(&p->s[plane], row);
}

/* JFIF 1.02: full-range BT.601, 16-bit fixed point. */
static inline void rgb_to_ycc(struct picture *p, int i, int r, int g, int b)
{
	const int half = 1 << 15, mid = 128 << 16;

	p->rgb[0][i] = (uint8_t)((19595 * r + 38470 * g + 7471 * b + half) >> 16);
	p->rgb[1][i] = (uint8_t)((-11059 * r - 21709 * g + 32768 * b + mid + half - 1) >> 16);
	p->rgb[2][i] = (uint8_t)((32768 * r - 27439 * g - 5329 * b + mid + half - 1) >> 16);
}

static void rgb_push(struct picture *p)
{
	for (int i = 0; i < 3; i++)
		scale_row(&p->s[i], p->rgb[i]);
}

void picture_row_rgb(struct picture *p, const uint8_t *row, int step)
{
	for (int i = 0; i < p->form.w; i++, row += step)
		rgb_to_ycc(p, i, row[0], row[1], row[2]);
	rgb_push(p);
}

/* c over white at alpha a, rounded. */
static inline int over_white(int c, int a)
{
	int v = c * a + 255 * (255 - a) + 127;

	return v / 255;
}

void picture_row_rgba(struct picture *p, const uint8_t *row)
{
	for (int i = 0; i < p->form.w; i++, row += 4) {
		int a = row[3];

		if (a == 255)
			rgb_to_ycc(p, i, row[0], row[1], row[2]);
		else
			rgb_to_ycc(p, i, over_white(row[0], a), over_white(row[1], a),
				over_white(row[2], a));
	}
	rgb_push(p);
}

void picture_row_cmyk(struct picture *p, const uint8_t *row, bool inverted)
{
	int x = inverted ? 0 : 255;

	for (int i = 0; i < p->form.w; i++, row += 4) {
		int k = row[3] ^ x;

		rgb_to_ycc(p, i, ((row[0] ^ x) * k + 127) / 255, ((row[1] ^ x) * k + 127) / 255,
			((row[2] ^ x) * k + 127) / 255);
	}
	rgb_push(p);
}

/* Swaps rows and columns, in tiles that stay in the cache. */
static void plane_transpose(
	uint8_t *to, int to_stride, const uint8_t *from, int stride, int w, int h)
{
	enum { TILE = 32 };

	for (int y0 = 0; y0 < h; y0 += TILE)
		for (int x0 = 0; x0 < w; x0 += TILE)
			for (int x = x0; x < w && x < x0 + TILE; x++)
				for (int y = y0; y < h && y < y0 + TILE; y++)
					to[(size_t)x * (size_t)to_stride + (size_t)y] =
						from[(size_t)y * (size_t)stride + (size_t)x];
}

struct raster picture_finish(struct picture *p)
{
	struct raster r;

	for (int i = 0; i < p->form.planes; i++) {
		if (!scale_done(&p->s[i]))
			refuse(PHOTO_WHY_DAMAGED, "rows are missing");
		scale_release(&p->s[i]);
		free(p->rgb[i]);
	}
	if (!p->transpose)
		return p->big;
	raster_init(&r, p->big.h, p->big.w, p->big.planes);
	for (int i = 0; i < r.planes; i++)
		plane_transpose(r.plane[i].p, r.plane[i].stride, p->big.plane[i].p,
			p->big.plane[i].stride, p->big.plane[i].w, p->big.plane[i].h);
	raster_release(&p->big);
	return r;
}

struct raster raster_shrink(const struct raster *r, int long_side)
{
	struct raster small;
	int w, h;

	fit(r->w, r->h, long_side, &w, &h);
	raster_init(&small, w, h, r->planes);
	for (int i = 0; i < r->planes; i++) {
		struct scale s;
		struct scale_axis x, y;
		int d = i ? 2 : 1;

		axis(&x, r->plane[i].w, small.plane[i].w, (double)r->w / w, d, d, r->w, false);
		axis(&y, r->plane[i].h, small.plane[i].h, (double)r->h / h, d, d, r->h, false);
		scale_init(&s, &x, &y);
		s.out = small.plane[i].p;
		s.stride = small.plane[i].stride;
		for (int row = 0; row < r->plane[i].h; row++)
			scale_row(&s, r->plane[i].p + (size_t)row * (size_t)r->plane[i].stride);
		scale_release(&s);
	}
	return small;
}

/* The first and the last but one of n samples that len units from `at` on touch, where `sub`
 * samples of the picture, which has `whole`, are one. */
static void span(int at, int len, int whole, int sub, int n, int *ret_from, int *ret_to)
{
	int from = at * whole / PHOTO_BOX_UNIT,
	    to = ((at + len) * whole + PHOTO_BOX_UNIT - 1) / PHOTO_BOX_UNIT;

	*ret_from = from / sub;
	*ret_to = (to + sub - 1) / sub;
	if (*ret_to > n)
		*ret_to = n;
}

void raster_black(struct raster *r, const struct photo_box *b)
{
	for (int i = 0; i < r->planes; i++) {
		int sub = i ? 2 : 1, x0, x1, y0, y1;

		span(b->x, b->w, r->w, sub, r->plane[i].w, &x0, &x1);
		span(b->y, b->h, r->h, sub, r->plane[i].h, &y0, &y1);
		for (int y = y0; y < y1 && x0 < x1; y++)
			memset(r->plane[i].p + (size_t)y * (size_t)r->plane[i].stride + x0,
				i ? 128 : 0, (size_t)(x1 - x0));
	}
}

uint64_t raster_dhash(const struct raster *r)
{
	uint32_t sum[8][9] = {{0}};
	uint64_t bits = 0;

	/* Means over 9 x 8 cells; compared as sums scaled to the cell's size. */
	for (int cy = 0; cy < 8; cy++)
		for (int cx = 0; cx < 9; cx++) {
			int x0 = r->w * cx / 9, x1 = r->w * (cx + 1) / 9;
			int y0 = r->h * cy / 8, y1 = r->h * (cy + 1) / 8;
			uint32_t n = 0, total = 0;

			if (x1 <= x0)
				x1 = x0 + 1;
			if (y1 <= y0)
				y1 = y0 + 1;
			for (int y = y0; y < y1 && y < r->h; y++)
				for (int x = x0; x < x1 && x < r->w; x++, n++)
					total += r->plane[0].p[y * r->plane[0].stride + x];
			sum[cy][cx] = n ? total * 16 / n : 0;
		}
	for (int cy = 0; cy < 8; cy++)
		for (int cx = 0; cx < 8; cx++)
			bits = bits << 1 | (sum[cy][cx] < sum[cy][cx + 1]);
	return bits;
}
