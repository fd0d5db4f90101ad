/* Owns how things are put on a page of a notice.  Never knows what they mean.  Called by
 * notice.c and parts.c. */
#include "qrsvc/notice/pen.h"

#include "qrsvc/base/arena.h"

#define POINT 35278 /* a tenth of a point in thousandths of um */
#define ROOM 200000 /* of a text that is measured */
#define SLACK 20    /* um: roundings between measuring and drawing */

void pen_init(struct pen *p, const struct label_fonts *fonts)
{
	*p = (struct pen){.fonts = fonts};
	p->sheet = (struct label_template){.page_w = PAGE_W,
		.page_h = PAGE_H,
		.w = PAGE_W,
		.h = PAGE_H,
		.columns = 1,
		.rows = 1};
	p->text = text_new(fonts);
	page_init(&p->page);
	arena_init(&p->arena);
}

void pen_release(struct pen *p)
{
	page_release(&p->page);
	fitted_release(&p->fit);
	text_free(p->text);
	arena_release(&p->arena);
}

void pen_page(struct pen *p)
{
	arena_reset(&p->arena);
	p->rc = RC_OK;
	p->scale = 1000;
	p->draw = true;
	page_begin(&p->page, &p->sheet, &(struct label_profile){0});
}

int32_t pen_len(const struct pen *p, int32_t um)
{
	return (int32_t)((int64_t)um * p->scale / 1000);
}

/* ---- letters ----------------------------------------------------------------------------- */

static bool printable(struct pen *p, struct str one, bool bold)
{
	struct err e;

	return text_load(p->text, one, bold, &e) == RC_OK;
}

/* What cannot be printed as 〓, the mark printers set for a letter they lack. */
static struct str cleaned(struct pen *p, struct str s, bool bold)
{
	const char *at = s.p, *end = s.p + s.n;
	struct sbuf b;

	sbuf_init(&b, LABEL_FIELD_BYTES);
	while (at < end) {
		const char *from = at;

		str_utf8_next(&at, end);
		struct str one = {from, (size_t)(at - from)};

		if (b.n + 3 + one.n > LABEL_FIELD_BYTES)
			break;
		if (printable(p, one, bold))
			sbuf_str(&b, one);
		else
			sbuf_puts(&b, "〓");
	}
	struct str out = arena_str(&p->arena, sbuf_view(&b));

	sbuf_release(&b);
	return out;
}

/* No more bytes than a text may have, on whole characters. */
static struct str shortened(struct str s)
{
	if (s.n <= LABEL_FIELD_BYTES - 8)
		return s;
	s.n = LABEL_FIELD_BYTES - 8;
	while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	return s;
}

/* Fits s; false: there is nothing to show. */
static bool fit(struct pen *p, struct str s, const struct words *w, struct fit_box *b)
{
	int32_t size = (int32_t)((int64_t)w->tenths * POINT / 1000 * p->scale / 1000);

	*b = (struct fit_box){.w = w->w,
		.h = w->h ? w->h : ROOM,
		.size = size,
		.min = size * 3 / 4,
		.lines = w->lines ? w->lines : 1,
		.bold = w->bold,
		.align = w->align,
		.valign = w->h ? w->valign : FIT_TOP};
	if (p->rc != RC_OK || s.n == 0)
		return false;
	s = shortened(s);
	p->rc = fit_text(p->text, s, b, &p->fit, &p->err);
	if (p->rc ==
		RC_INVALID) { /* letters; or a word wider than its box, which a cut cures */
		s = cleaned(p, s, w->bold);
		p->rc = fit_text(p->text, s, b, &p->fit, &p->err);
	}
	return p->rc == RC_OK && p->fit.nlines > 0;
}

static int32_t used(const struct pen *p)
{
	const struct fitted *f = &p->fit;
	int64_t below = (int64_t)p->text->descent * f->size / FONT_EM;

	return f->line[f->nlines - 1].y + (int32_t)below + SLACK;
}

int32_t pen_height(struct pen *p, struct str s, const struct words *w)
{
	struct words free_ = *w;
	struct fit_box b;

	free_.h = 0;
	return fit(p, s, &free_, &b) ? used(p) : 0;
}

int32_t pen_text(struct pen *p, struct str s, const struct words *w)
{
	struct tpl_text x = {.colour = w->colour};
	struct sink to = page_sink(&p->page);
	struct fit_box b;

	if (!fit(p, s, w, &b))
		return 0;
	if (p->draw) {
		b.x = w->x;
		b.y = w->y;
		x.box = b;
		page_whole(&p->page, &p->sheet);
		to.text(to.arg, &x, &p->fit, &b);
		page_label_end(&p->page);
	}
	return used(p);
}

/* ---- the rest ------------------------------------------------------------------------------
 */

void pen_box(struct pen *p, int32_t x, int32_t y, int32_t w, int32_t h, int64_t fill,
	int64_t stroke, int32_t line)
{
	struct tpl_box b = {
		.x = x, .y = y, .w = w, .h = h, .line = line, .fill = fill, .stroke = stroke};
	struct sink to = page_sink(&p->page);

	if (!p->draw || p->rc != RC_OK)
		return;
	page_whole(&p->page, &p->sheet);
	to.box(to.arg, &b);
	page_label_end(&p->page);
}

void pen_rule(struct pen *p, int32_t x, int32_t y, int32_t w, int32_t thick, uint32_t colour)
{
	pen_box(p, x, y, w, thick, colour, -1, 0);
}

void pen_picture(struct pen *p, uint32_t number, const struct pdf_jpeg *j, int32_t x, int32_t y,
	int32_t w, int32_t h)
{
	struct sbuf *b = &p->page.ops;
	int32_t pw = w, ph = (int32_t)((int64_t)w * j->h / j->w);

	if (!p->draw || p->rc != RC_OK)
		return;
	if (ph > h) {
		ph = h;
		pw = (int32_t)((int64_t)h * j->w / j->h);
	}
	sbuf_puts(b, "q ");
	put_mm(b, pw > 0 ? pw : 1);
	sbuf_puts(b, " 0 0 ");
	put_mm(b, ph > 0 ? ph : 1);
	sbuf_byte(b, ' ');
	put_mm(b, x + (w - pw) / 2);
	sbuf_byte(b, ' ');
	put_mm(b, PAGE_H - (y + (h - ph) / 2 + ph));
	sbuf_fmt(b, " cm /I%u Do Q\n", number);
}

void pen_symbol(struct pen *p, const char *text, int32_t x, int32_t y, int32_t side)
{
	struct sink to = page_sink(&p->page);
	struct qr_plan plan;
	struct qr q;
	int version = 2;

	if (p->rc != RC_OK || !p->draw)
		return;
	do {
		version++;
		p->rc = qr_plan(strlen(text), version, &plan, &p->err);
	} while (p->rc != RC_OK && version < QR_VERSION_MAX);
	if (p->rc == RC_OK)
		p->rc = qr_encode(&plan, text, &q, &p->err);
	if (p->rc != RC_OK)
		return;
	int32_t module = (int32_t)((int64_t)side * 1000 / (q.side + 2 * LABEL_QUIET));
	int32_t quiet = (int32_t)((int64_t)module * LABEL_QUIET / 1000);

	pen_box(p, x, y, side, side, WHITE, -1, 0);
	page_whole(&p->page, &p->sheet);
	to.qr(to.arg, &q, x + quiet, y + quiet, module);
	page_label_end(&p->page);
}
