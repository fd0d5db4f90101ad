/* Owns the arrangement auto-1: where code and texts go on a label that says no more than its
 * size.  Fixed for ever: a better one gets another number (template.h).  Called by
 * template_check.c. */
#include "labels/template.h"

#define QR_LARGEST 51000 /* um: 1.38 mm modules; more only takes room from the text */
#define GAP 500		 /* beside the quiet zone, which is white already */
#define PT(n) ((int32_t)((n)*352.7777778 + 0.5))

struct column {
	struct label_template *t;
	int32_t x, y, w, bottom;
	enum fit_align align;
};

static int32_t clamp(int32_t v, int32_t low, int32_t high)
{
	return v < low ? low : v > high ? high : v;
}

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static struct tpl_text *add(struct column *c, const char *id, const char *content, int32_t y,
	int32_t h, int32_t size, int lines)
{
	struct tpl_text *x = &c->t->text[c->t->texts++];
	char why[8];

	memset(x, 0, sizeof *x);
	snprintf(x->id, sizeof x->id, "%s", id);
	template_content(x, content, why, sizeof why);
	x->box = (struct fit_box){.x = c->x,
		.y = y,
		.w = c->w,
		.h = h,
		.size = size,
		.lines = lines,
		.align = c->align,
		.valign = FIT_TOP};
	x->box.min = clamp(size * 2 / 3, PT(4.5), size);
	return x;
}

/* From the bottom up: what to do, the code in clear, whose address it is. */
static void foot(struct column *c, int32_t big)
{
	int32_t small = clamp(big * 62 / 100, PT(4.5), PT(9));
	int32_t code = clamp(least(c->w * 10 / 70, big * 125 / 100), PT(5), PT(20));
	int32_t line = small * 125 / 100;

	c->bottom -= line;
	add(c, "host", "{host}", c->bottom, line, small, 1);
	c->bottom -= code * 125 / 100;
	add(c, "code", "{code}", c->bottom, code * 125 / 100, code, 1)->box.bold = true;
	if (c->bottom - line - c->y < big * 65 / 10)
		return;
	c->bottom -= line;
	add(c, "hint", "扫码看清洗记录 Scan", c->bottom, line, small, 1);
}

/* From the top down: texts that move up when what stands above them is short. */
static void body(struct column *c, int32_t big)
{
	static const struct {
		const char *id, *content;
		int lines;
	} rest[] = {{"place", "{place}", 2}, {"line2", "{line2}", 1}, {"line3", "{line3}", 1},
		{"line4", "{line4}", 1}, {"spot", "{spot}", 1}};
	int32_t size = clamp(big * 78 / 100, PT(5), PT(14));
	int32_t room = c->bottom - c->y;
	int32_t used = least(big * 240 / 100 + 2, room * 2 / 3);

	used = used < big * 120 / 100 + 2 ? least(big * 120 / 100 + 2, room) : used;
	add(c, "name", "{line1}", c->y, used, big, 2)->box.bold = true;
	if (room - used < size * 110 / 100)
		return;
	for (int i = 0; i < 5; i++)
		add(c, rest[i].id, rest[i].content, c->y + used, room - used, size,
			rest[i].lines)
			->flow = true;
}

void template_auto(struct label_template *t)
{
	int32_t m = t->margin < 1500 ? 1500 : t->margin;
	int32_t w = t->w - 2 * m, h = t->h - 2 * m, big;
	struct column c = {.t = t};

	if ((int64_t)w * 100 >= (int64_t)h * 125) { /* code at the left, text beside it */
		t->qr.size = least(least(h, w / 2), QR_LARGEST);
		t->qr.x = m;
		t->qr.y = m + (h - t->qr.size) / 2;
		c.x = m + t->qr.size + GAP;
		c.y = m;
		c.w = t->w - m - c.x;
		big = clamp(least(c.w * 11 / 100, h / 9), PT(5.5), PT(16));
		c.align = FIT_START;
	} else { /* code on top, text below */
		t->qr.size = least(least(w, h * 62 / 100), QR_LARGEST);
		t->qr.x = m + (w - t->qr.size) / 2;
		t->qr.y = m;
		c.x = m;
		c.y = m + t->qr.size;
		c.w = w;
		big = clamp(least(c.w * 8 / 100, (h - t->qr.size) / 6), PT(5.5), PT(16));
		c.align = FIT_CENTER;
	}
	c.bottom = t->h - m;
	foot(&c, big);
	body(&c, big);
}
