/* Owns SVG files.  Never lays out.  Called by sheet.c through the sink. */
#include "labels/image.h"
#include "labels/outline.h"
#include "labels/page.h"
#include "qrsvc/base/arena.h"

struct svg {
	const struct label_template *t;
	const struct label_fonts *fonts;
	struct sbuf *out;
};

struct svg *svg_new(const struct label_template *t, const struct label_fonts *fonts)
{
	struct svg *s = xcalloc(1, sizeof *s);

	s->t = t;
	s->fonts = fonts;
	return s;
}

void svg_free(struct svg *s)
{
	free(s);
}

void svg_begin(struct svg *s, struct sbuf *out)
{
	s->out = out;
	sbuf_puts(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"");
	put_mm(out, s->t->w);
	sbuf_puts(out, "mm\" height=\"");
	put_mm(out, s->t->h);
	sbuf_fmt(out,
		"mm\" viewBox=\"0 0 %d %d\" role=\"img\"><path fill=\"#fff\" d=\"M0,0h%dv%dh-%dz\"/>\n",
		s->t->w, s->t->h, s->t->w, s->t->h, s->t->w);
}

static void on_box(void *arg, const struct tpl_box *b)
{
	struct svg *s = arg;
	int32_t in = b->stroke >= 0 ? b->line / 2 : 0;

	sbuf_fmt(s->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"", b->x + in,
		b->y + in, b->w - 2 * in, b->h - 2 * in);
	if (b->radius > in)
		sbuf_fmt(s->out, " rx=\"%d\"", b->radius - in);
	if (b->fill >= 0)
		sbuf_fmt(s->out, " fill=\"#%06x\"", (unsigned)b->fill);
	else
		sbuf_puts(s->out, " fill=\"none\"");
	if (b->stroke >= 0)
		sbuf_fmt(s->out, " stroke=\"#%06x\" stroke-width=\"%d\"", (unsigned)b->stroke,
			b->line);
	sbuf_puts(s->out, "/>\n");
}

static void on_qr(void *arg, const struct qr *q, int32_t x, int32_t y, int32_t module)
{
	struct svg *s = arg;

	sbuf_fmt(s->out,
		"<path transform=\"translate(%d %d) scale(%d.%03d)\" shape-rendering=\"crispEdges\" "
		"d=\"",
		x, y, module / 1000, module % 1000);
	for (int r = 0; r < q->side; r++) {
		const uint8_t *m = q->m + r * q->side;

		for (int c = 0, to; c < q->side; c = to) {
			for (to = c + 1; to < q->side && m[to] == m[c];)
				to++;
			if (m[c])
				sbuf_fmt(s->out, "M%d,%dh%dv1h-%dz", c, r, to - c, to - c);
		}
	}
	sbuf_puts(s->out, "\"/>\n");
}

static void on_text(
	void *arg, const struct tpl_text *x, const struct fitted *f, const struct fit_box *b)
{
	struct svg *s = arg;

	for (int i = 0; i < f->nlines; i++) {
		const struct fit_line *l = &f->line[i];
		int64_t pen = 0;
		int32_t em = f->size;

		/* One group a line, in dme. */
		sbuf_fmt(s->out,
			"<g fill=\"#%06x\" transform=\"translate(%d %d) scale(%d.%04d)\">\n",
			x->colour, l->x + b->x, l->y + b->y, em / FONT_EM, em % FONT_EM);
		for (uint32_t k = l->run0; k < l->run0 + l->runs; k++) {
			const struct run *r = &f->s.r[k];

			for (uint32_t g = r->glyph; g < r->glyph + r->n; g++) {
				const struct glyph *gl = &f->s.g[g];

				sbuf_fmt(s->out, "<path transform=\"translate(%lld %d)\" d=\"",
					(long long)pen + gl->dx, -gl->dy);
				outline_svg(&s->fonts->all[r->font], gl->gid, s->out);
				sbuf_puts(s->out, "\"/>\n");
				pen += gl->adv;
			}
		}
		sbuf_puts(s->out, "</g>\n");
	}
}

struct sink svg_sink(struct svg *s)
{
	return (struct sink){s, on_box, on_qr, on_text};
}

void svg_end(struct svg *s, const char *title)
{
	sbuf_puts(s->out, "<title>");
	sbuf_html(s->out, str_c(title));
	sbuf_puts(s->out, "</title></svg>\n");
}
