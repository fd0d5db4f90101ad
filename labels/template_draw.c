/* Owns the ASCII drawing of a template.  Called by `qrlabels templates`. */
#include "labels/template.h"

#define DRAW_W 60
#define DRAW_H 40

struct canvas {
	char c[DRAW_H + 1][DRAW_W + 1];
	int w, h;
	double sx, sy; /* characters per um */
};

static int clamp(int v, int high)
{
	return v < 0 ? 0 : v > high ? high : v;
}

static void put(struct canvas *k, int x, int y, char c)
{
	if (x >= 0 && y >= 0 && x < k->w && y < k->h)
		k->c[y][x] = c;
}

static void box(struct canvas *k, int x0, int y0, int x1, int y1)
{
	for (int x = x0; x <= x1; x++) {
		put(k, x, y0, '-');
		put(k, x, y1, '-');
	}
	for (int y = y0; y <= y1; y++) {
		put(k, x0, y, '|');
		put(k, x1, y, '|');
	}
	put(k, x0, y0, '+');
	put(k, x1, y0, '+');
	put(k, x0, y1, '+');
	put(k, x1, y1, '+');
}

static void label(struct canvas *k, const struct label_template *t, unsigned position)
{
	int32_t lx, ly;
	char n[12];

	template_at(t, position, &lx, &ly);
	int x0 = (int)(lx * k->sx), y0 = (int)(ly * k->sy);
	int x1 = clamp((int)((lx + t->w) * k->sx) - 1, k->w - 1);
	int y1 = clamp((int)((ly + t->h) * k->sy) - 1, k->h - 1);

	box(k, x0, y0, x1, y1);
	/* The code's corner of the label. */
	int qx0 = (int)((lx + t->qr.x) * k->sx) + 1, qy0 = (int)((ly + t->qr.y) * k->sy) + 1;
	int qx1 = (int)((lx + t->qr.x + t->qr.size) * k->sx) - 1;
	int qy1 = (int)((ly + t->qr.y + t->qr.size) * k->sy) - 1;

	for (int y = qy0; y <= qy1 && y < y1; y++)
		for (int x = qx0; x <= qx1 && x < x1; x++)
			put(k, x, y, '#');
	int len = snprintf(n, sizeof n, "%u", position + 1);

	for (int i = 0; i < len && x1 - len + i > x0; i++)
		put(k, x1 - len + i, y1 - (y1 - y0 > 1), n[i]);
}

void label_template_draw(const struct label_template *t, FILE *out)
{
	struct canvas k;
	int32_t pw = t->page_w, ph = t->page_h;

	/* Characters are about twice as high as wide. */
	k.w = DRAW_W;
	k.h = (int)((int64_t)DRAW_W * ph / pw / 2);
	if (k.h > DRAW_H) {
		k.w = (int)((int64_t)k.w * DRAW_H / k.h);
		k.h = DRAW_H;
	}
	k.w = clamp(k.w - 8, DRAW_W) + 8;
	k.h = clamp(k.h - 4, DRAW_H) + 4;
	k.sx = (double)k.w / pw;
	k.sy = (double)k.h / ph;
	for (int y = 0; y < k.h; y++) {
		memset(k.c[y], ' ', (size_t)k.w);
		k.c[y][k.w] = '\0';
	}
	for (unsigned i = 0; i < t->columns * t->rows; i++)
		label(&k, t, i);
	for (int x = 0; x < k.w + 2; x++)
		fputc(x == 0 || x == k.w + 1 ? '.' : '_', out);
	fputc('\n', out);
	for (int y = 0; y < k.h; y++)
		fprintf(out, ":%s:\n", k.c[y]);
	for (int x = 0; x < k.w + 2; x++)
		fputc(x == 0 || x == k.w + 1 ? '\'' : '_', out);
	fputc('\n', out);
}
