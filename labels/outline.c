/* Owns the way from a glyph's curves to dots or to SVG path data.  Called by raster.c, svg.c.
 */
#include "labels/outline.h"
#include "qrsvc/base/arena.h"
#include <math.h>

#define DOTS_MAX 8000 /* a side of one glyph */

struct crossing {
	float x;
	int dir;
};

void outline_release(struct outline *o)
{
	free(o->x);
	free(o->y);
	free(o->stop);
	free(o->cross);
	*o = (struct outline){0};
}

static void add_point(struct outline *o, float x, float y)
{
	if (o->n == o->cap) {
		o->cap = o->cap * 2 + 256;
		o->x = xrealloc(o->x, o->cap * sizeof *o->x);
		o->y = xrealloc(o->y, o->cap * sizeof *o->y);
	}
	o->x[o->n] = x * o->px;
	o->y[o->n++] = -y * o->px;
}

static void end_contour(struct outline *o)
{
	if (o->n == (o->contours ? o->stop[o->contours - 1] : 0))
		return;
	if (o->contours == o->capc) {
		o->capc = o->capc * 2 + 16;
		o->stop = xrealloc(o->stop, o->capc * sizeof *o->stop);
	}
	o->stop[o->contours++] = o->n;
}

static void on_move(
	hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, float x, float y, void *user)
{
	(void)fn, (void)st, (void)user;
	end_contour(arg);
	add_point(arg, x, y);
}

static void on_line(
	hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, float x, float y, void *user)
{
	(void)fn, (void)st, (void)user;
	add_point(arg, x, y);
}

/* Pieces a curve is cut into: so many that none strays visibly from it. */
static int pieces(const struct outline *o, float dx, float dy)
{
	float len = (fabsf(dx) + fabsf(dy)) * o->px;
	int n = 2 + (int)sqrtf(len);

	return n > 32 ? 32 : n;
}

static void on_quad(hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, float cx, float cy,
	float x, float y, void *user)
{
	const float x0 = st->current_x, y0 = st->current_y;
	int n = pieces(arg, x - x0, y - y0);

	(void)fn, (void)user;
	for (int i = 1; i <= n; i++) {
		float t = (float)i / (float)n, u = 1 - t;

		add_point(arg, u * u * x0 + 2 * u * t * cx + t * t * x,
			u * u * y0 + 2 * u * t * cy + t * t * y);
	}
}

static void on_cubic(hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, float ax, float ay,
	float bx, float by, float x, float y, void *user)
{
	const float x0 = st->current_x, y0 = st->current_y;
	int n = pieces(arg, x - x0, y - y0);

	(void)fn, (void)user;
	for (int i = 1; i <= n; i++) {
		float t = (float)i / (float)n, u = 1 - t;

		add_point(arg,
			u * u * u * x0 + 3 * u * u * t * ax + 3 * u * t * t * bx +
				t * t * t * x,
			u * u * u * y0 + 3 * u * u * t * ay + 3 * u * t * t * by +
				t * t * t * y);
	}
}

static void on_close(hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, void *user)
{
	(void)fn, (void)st, (void)user;
	end_contour(arg);
}

static hb_draw_funcs_t *funcs(hb_draw_move_to_func_t move, hb_draw_line_to_func_t line,
	hb_draw_quadratic_to_func_t quad, hb_draw_cubic_to_func_t cubic,
	hb_draw_close_path_func_t shut)
{
	hb_draw_funcs_t *d = hb_draw_funcs_create();

	hb_draw_funcs_set_move_to_func(d, move, NULL, NULL);
	hb_draw_funcs_set_line_to_func(d, line, NULL, NULL);
	hb_draw_funcs_set_quadratic_to_func(d, quad, NULL, NULL);
	hb_draw_funcs_set_cubic_to_func(d, cubic, NULL, NULL);
	hb_draw_funcs_set_close_path_func(d, shut, NULL, NULL);
	return d;
}

static void bounds(const struct outline *o, struct picture *p)
{
	float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;

	for (uint32_t i = 0; i < o->n; i++) {
		x0 = fminf(x0, o->x[i]);
		x1 = fmaxf(x1, o->x[i]);
		y0 = fminf(y0, o->y[i]);
		y1 = fmaxf(y1, o->y[i]);
	}
	p->w = p->h = 0;
	if (o->n == 0 || x1 - x0 > DOTS_MAX || y1 - y0 > DOTS_MAX)
		return;
	p->left = (int32_t)floorf(x0);
	p->top = -(int32_t)floorf(y0);
	p->w = (uint32_t)((int32_t)ceilf(x1) - p->left);
	p->h = (uint32_t)((int32_t)ceilf(y1) + p->top);
}

static int by_x(const void *a, const void *b)
{
	float d = ((const struct crossing *)a)->x - ((const struct crossing *)b)->x;

	return d < 0 ? -1 : d > 0;
}

/* Where the row's middle line crosses the contours. */
static uint32_t cross_row(struct outline *o, float y)
{
	uint32_t n = 0, from = 0;

	for (uint32_t c = 0; c < o->contours; from = o->stop[c++]) {
		for (uint32_t i = from; i < o->stop[c]; i++) {
			uint32_t k = i + 1 < o->stop[c] ? i + 1 : from;

			if ((o->y[i] <= y) == (o->y[k] <= y))
				continue;
			if (n == o->capx) {
				o->capx = o->capx * 2 + 64;
				o->cross = xrealloc(o->cross, o->capx * sizeof *o->cross);
			}
			o->cross[n].x = o->x[i] + (y - o->y[i]) * (o->x[k] - o->x[i]) /
							  (o->y[k] - o->y[i]);
			o->cross[n++].dir = o->y[i] <= y ? 1 : -1;
		}
	}
	if (n < 24) { /* almost always: no call per comparison */
		for (uint32_t i = 1; i < n; i++)
			for (uint32_t k = i; k > 0 && o->cross[k].x < o->cross[k - 1].x; k--) {
				struct crossing t = o->cross[k];

				o->cross[k] = o->cross[k - 1];
				o->cross[k - 1] = t;
			}
	} else {
		qsort(o->cross, n, sizeof *o->cross, by_x);
	}
	return n;
}

static void fill(struct outline *o, struct picture *p)
{
	for (uint32_t row = 0; row < p->h; row++) {
		uint8_t *line = p->bits + (size_t)row * p->stride;
		uint32_t n = cross_row(o, (float)((int32_t)row - p->top) + 0.5f);
		int wind = 0;

		for (uint32_t i = 0; i + 1 < n; i++) {
			wind += o->cross[i].dir;
			if (wind == 0)
				continue;
			int32_t a = (int32_t)ceilf(o->cross[i].x - 0.5f) - p->left;
			int32_t b = (int32_t)ceilf(o->cross[i + 1].x - 0.5f) - p->left;

			for (a = a < 0 ? 0 : a; a < b && a < (int32_t)p->w; a++)
				line[a >> 3] |= (uint8_t)(0x80 >> (a & 7));
		}
	}
}

void outline_draw(
	struct outline *o, const struct font *f, uint32_t gid, float size, struct picture *ret_)
{
	hb_draw_funcs_t *d = funcs(on_move, on_line, on_quad, on_cubic, on_close);
	struct picture *p = ret_;

	o->n = o->contours = 0;
	o->px = size / FONT_EM;
	hb_font_get_glyph_shape(f->font, gid, d, o);
	end_contour(o);
	hb_draw_funcs_destroy(d);
	bounds(o, p);
	p->stride = (p->w + 7) / 8;
	size_t n = (size_t)p->stride * p->h;

	if (n > p->cap) {
		free(p->bits);
		p->bits = xmalloc(n);
		p->cap = n;
	}
	if (n == 0)
		return;
	memset(p->bits, 0, n);
	fill(o, p);
}

/* ---- SVG ---- */

static void put_point(struct sbuf *b, const char *op, float x, float y)
{
	sbuf_fmt(b, "%s%ld,%ld", op, lroundf(x), lroundf(-y));
}

static void svg_move(
	hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, float x, float y, void *user)
{
	(void)fn, (void)st, (void)user;
	put_point(arg, "M", x, y);
}

static void svg_line(
	hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, float x, float y, void *user)
{
	(void)fn, (void)st, (void)user;
	put_point(arg, "L", x, y);
}

static void svg_quad(hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, float cx, float cy,
	float x, float y, void *user)
{
	(void)fn, (void)st, (void)user;
	put_point(arg, "Q", cx, cy);
	put_point(arg, " ", x, y);
}

static void svg_cubic(hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, float ax, float ay,
	float bx, float by, float x, float y, void *user)
{
	(void)fn, (void)st, (void)user;
	put_point(arg, "C", ax, ay);
	put_point(arg, " ", bx, by);
	put_point(arg, " ", x, y);
}

static void svg_close(hb_draw_funcs_t *fn, void *arg, hb_draw_state_t *st, void *user)
{
	(void)fn, (void)st, (void)user;
	sbuf_puts(arg, "Z");
}

void outline_svg(const struct font *f, uint32_t gid, struct sbuf *b)
{
	hb_draw_funcs_t *d = funcs(svg_move, svg_line, svg_quad, svg_cubic, svg_close);

	hb_font_get_glyph_shape(f->font, gid, d, b);
	hb_draw_funcs_destroy(d);
}
