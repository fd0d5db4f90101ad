/* Owns the numbers of glyphs (CIDs, by first use) and the operators that show them.  Never
 * chooses places.  Called by sheet.c through pdf_resolve, in the order of the pages. */
#include "labels/pdf.h"
#include "qrsvc/base/arena.h"

/* State of the text object that is open. */
struct pen {
	int font;
	int32_t size, x, y, rise;
	uint32_t colour;
};

static void font_room(struct pdf_font *f)
{
	if (f->cid == NULL) {
		f->cid = xcalloc(65536, sizeof *f->cid);
		f->n = 1;
	}
	if (f->n < f->cap)
		return;
	f->cap = f->cap * 2 + 256;
	f->gid = xrealloc(f->gid, f->cap * sizeof *f->gid);
	f->width = xrealloc(f->width, f->cap * sizeof *f->width);
	f->text = xrealloc(f->text, f->cap * sizeof *f->text);
	f->len = xrealloc(f->len, f->cap * sizeof *f->len);
}

/* The next CID of a font. */
static uint16_t add_cid(struct pdf_font *f, uint32_t gid, int32_t width)
{
	font_room(f);
	f->gid[f->n] = gid;
	f->width[f->n] = width;
	f->text[f->n] = UINT32_MAX;
	return (uint16_t)f->n++;
}

static void set_text(struct pdf_font *f, uint16_t cid, const uint32_t *ch, uint32_t n)
{
	if (f->nch + n > f->capch) {
		f->capch = f->capch * 2 + 1024;
		f->ch = xrealloc(f->ch, f->capch * sizeof *f->ch);
	}
	f->text[cid] = f->nch;
	f->len[cid] = (uint8_t)n;
	memcpy(f->ch + f->nch, ch, n * sizeof *ch);
	f->nch += n;
}

static uint16_t number(struct pdf *d, int font, const struct glyph *g, const uint32_t *ch)
{
	struct pdf_font *f = &d->font[font];
	uint16_t cid;

	font_room(f);
	cid = f->cid[g->gid & 0xffff];
	if (cid == 0) {
		cid = add_cid(f, g->gid,
			hb_font_get_glyph_h_advance(d->fonts->all[font].font, g->gid));
		f->cid[g->gid & 0xffff] = cid;
	}
	if (f->text[cid] == UINT32_MAX && g->lone && g->len < 16)
		set_text(f, cid, ch + g->at, g->len);
	return cid;
}

/* A CID that shows nothing, takes no room and means one character. */
static uint16_t blank(struct pdf *d, int font, uint32_t ch)
{
	struct pdf_font *f = &d->font[font];

	font_room(f);
	for (uint32_t i = 1; i < f->n; i++)
		if (f->gid[i] == d->fonts->all[font].space && f->width[i] == 0 &&
			f->text[i] != UINT32_MAX && f->ch[f->text[i]] == ch)
			return (uint16_t)i;
	uint16_t cid = add_cid(f, d->fonts->all[font].space, 0);

	set_text(f, cid, &ch, 1);
	return cid;
}

/* Readers turn what runs from the right around glyph by glyph, and so would swap the letters of
 * a ligature.  Each of its further letters therefore gets a blank before it, and the ligature
 * itself stands for the first alone. */
static bool turned(const struct pdf *d, int font, const struct glyph *g, const uint32_t *ch)
{
	const struct font *f = &d->fonts->all[font];

	return g->lone && g->len > 1 && !f->cff && f->space != 0 && ch[g->at] >= 0x590 &&
	       ch[g->at] <= 0x8ff;
}

/* Does the font's table say what this glyph stands for here? */
static bool says(
	const struct pdf_font *f, uint16_t cid, const struct glyph *g, const uint32_t *ch)
{
	return g->lone && f->text[cid] != UINT32_MAX && f->len[cid] == g->len &&
	       memcmp(f->ch + f->text[cid], ch + g->at, g->len * sizeof *ch) == 0;
}

static void put_span(struct sbuf *b, const uint32_t *ch, uint32_t n)
{
	sbuf_puts(b, "/Span<</ActualText<FEFF");
	for (uint32_t i = 0; i < n; i++) {
		if (ch[i] > 0xffff)
			sbuf_fmt(b, "%04X%04X", 0xd800 + ((ch[i] - 0x10000) >> 10),
				0xdc00 + ((ch[i] - 0x10000) & 0x3ff));
		else
			sbuf_fmt(b, "%04X", ch[i]);
	}
	sbuf_puts(b, ">>>BDC\n");
}

static void put_cid_byte(struct sbuf *b, unsigned c)
{
	if (c == '(' || c == ')' || c == '\\') {
		sbuf_byte(b, '\\');
		sbuf_byte(b, (char)c);
	} else if (c == '\r') { /* a bare one would be read as a line end */
		sbuf_puts(b, "\\r");
	} else {
		sbuf_byte(b, (char)c);
	}
}

/* The array of strings and corrections that is being written. */
struct show {
	struct sbuf *b;
	bool array, string; /* an open [ and an open ( */
};

static void show_close(struct show *s)
{
	if (s->string)
		sbuf_byte(s->b, ')');
	if (s->array)
		sbuf_puts(s->b, "]TJ\n");
	s->array = s->string = false;
}

static void show_move(struct show *s, int64_t dme)
{
	if (!s->array)
		sbuf_byte(s->b, '[');
	if (s->string)
		sbuf_byte(s->b, ')');
	s->array = true;
	s->string = false;
	/* Thousandths of an em to the left. */
	int64_t v = -dme;

	sbuf_fmt(s->b, v % 10 ? "%s%lld.%lld" : "%s%lld", v < 0 ? "-" : "",
		(long long)(v < 0 ? -v : v) / 10, (long long)(v < 0 ? -v : v) % 10);
}

static void show_glyph(struct show *s, unsigned cid)
{
	if (!s->array)
		sbuf_byte(s->b, '[');
	if (!s->string)
		sbuf_byte(s->b, '(');
	s->array = s->string = true;
	put_cid_byte(s->b, cid >> 8);
	put_cid_byte(s->b, cid & 255);
}

static void put_glyphs(struct pdf *d, const struct page *p, const struct page_run *r,
	struct pen *pen, struct sbuf *b)
{
	const struct glyph *g = p->glyph + r->glyph;
	struct pdf_font *f = &d->font[r->font];
	struct show s = {b, false, false};
	int64_t want = 0, is = 0; /* dme from the start of the run */
	bool span = false;

	for (uint32_t i = 0; i < r->n; i++) {
		struct glyph one = g[i];

		if (g[i].len > 0 && span) { /* a cluster ends */
			show_close(&s);
			sbuf_puts(b, "EMC\n");
			span = false;
		}
		if (turned(d, r->font, &one, p->ch))
			for (; one.len > 1; one.len--)
				show_glyph(&s, blank(d, r->font, p->ch[one.at + one.len - 1]));
		uint16_t cid = number(d, r->font, &one, p->ch);
		int32_t rise = (int32_t)((int64_t)g[i].dy * r->size / FONT_EM);

		if (one.len > 0 && !says(f, cid, &one, p->ch)) {
			show_close(&s);
			put_span(b, p->ch + g[i].at, g[i].len);
			span = true;
		}
		if (rise != pen->rise) {
			show_close(&s);
			put_mm(b, rise);
			sbuf_puts(b, " Ts\n");
			pen->rise = rise;
		}
		if (want + g[i].dx != is)
			show_move(&s, want + g[i].dx - is);
		show_glyph(&s, cid);
		is = want + g[i].dx + f->width[cid];
		want += g[i].adv;
	}
	show_close(&s);
	if (span)
		sbuf_puts(b, "EMC\n");
}

static void put_colour(struct sbuf *b, uint32_t c)
{
	unsigned v[3] = {c >> 16 & 255, c >> 8 & 255, c & 255};
	bool grey = v[0] == v[1] && v[1] == v[2];

	for (int i = 0; i < (grey ? 1 : 3); i++) {
		put_mm(b, (v[i] * 1000 + 127) / 255);
		sbuf_byte(b, ' ');
	}
	sbuf_puts(b, grey ? "g\n" : "rg\n");
}

static void put_run(struct pdf *d, const struct page *p, const struct page_run *r,
	struct pen *pen, struct sbuf *b)
{
	if (r->opens) {
		sbuf_puts(b, "BT\n");
		*pen = (struct pen){.font = -1};
	}
	if (r->colour != pen->colour)
		put_colour(b, r->colour);
	if (r->font != pen->font || r->size != pen->size) {
		sbuf_fmt(b, "/F%d ", r->font);
		put_mm(b, r->size);
		sbuf_puts(b, " Tf\n");
	}
	put_mm(b, r->x - pen->x);
	sbuf_byte(b, ' ');
	put_mm(b, r->y - pen->y);
	sbuf_puts(b, " Td\n");
	pen->font = r->font;
	pen->size = r->size;
	pen->colour = r->colour;
	pen->x = r->x;
	pen->y = r->y;
	put_glyphs(d, p, r, pen, b);
	if (r->closes)
		sbuf_puts(b, "ET\n");
}

void pdf_resolve(struct pdf *d, const struct page *p, struct sbuf *out)
{
	struct pen pen = {.font = -1};
	size_t at = 0;

	for (uint32_t i = 0; i < p->nrun; i++) {
		sbuf_add(out, p->ops.p + at, p->run[i].at - at);
		at = p->run[i].at;
		put_run(d, p, &p->run[i], &pen, out);
	}
	sbuf_add(out, p->ops.p + at, p->ops.n - at);
}
