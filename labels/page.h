/* page: what is drawn on one sheet, not yet knowing the numbers of its glyphs.
 *
 * Made by any thread; finished in the order of the sheets by pdf_page (pdf.h), which numbers
 * glyphs by first use, so that the bytes do not depend on threads. */
#ifndef QR_LABELS_PAGE_H
#define QR_LABELS_PAGE_H

#include "labels/layout.h"
#include "qrsvc/base/sbuf.h"

struct page_box {
	int32_t x, y, w, h; /* um, from the label's top left corner */
};

/* One run of glyphs, to be written at `at` of ops. */
struct page_run {
	size_t at;
	uint8_t font;
	bool opens, closes; /* first and last of its label: BT, ET */
	uint32_t colour;
	int32_t size, x, y; /* um; y upwards from the label's foot */
	uint32_t glyph, n;
	struct page_box box; /* the letters must stay in */
};

struct page {
	struct sbuf ops;
	struct page_run *run;
	struct glyph *glyph;
	uint32_t *ch;
	uint32_t nrun, nglyph, nch, caprun, capglyph, capch;
	int32_t label_h; /* of the label being drawn */
	uint32_t colour; /* last one set */
	bool open;	 /* this label has a run already */
};

void page_init(struct page *p);
void page_release(struct page *p);
/* An empty page of the template, its axes in mm, corrected for the printer. */
void page_begin(struct page *p, const struct label_template *t, const struct label_profile *pr);
/* Between the two, a sink with arg = p draws one label; x y: its top left corner on the page.
 */
void page_label(struct page *p, const struct label_template *t, int32_t x, int32_t y);
/* As page_label for something that lies on the whole page. */
void page_whole(struct page *p, const struct label_template *t);
void page_label_end(struct page *p);
struct sink page_sink(struct page *p);
/* Marks in the margins for every cut of the grid; never on a label. */
void page_crop(struct page *p, const struct label_template *t);
/* Outline and line in page coordinates, for calibration; width in um. */
void page_line(struct page *p, const struct label_template *t, int32_t x0, int32_t y0,
	int32_t x1, int32_t y1, int32_t width);
void page_outline(struct page *p, const struct label_template *t, int32_t x, int32_t y,
	int32_t w, int32_t h, int32_t r, int32_t width);

/* um as mm: "12.7", "-0.025". */
void put_mm(struct sbuf *b, int64_t um);

#endif
