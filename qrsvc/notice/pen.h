/* pen: texts, boxes and pictures on a page of a notice, measured or drawn.
 *
 * Every part of a page is laid out by the same code twice: with pen.draw false it only says how
 * high it is, with true it draws.  Lengths are um from the top left corner of the page, y down;
 * sizes of letters are points times pen.scale, thousandths. */
#ifndef QR_NOTICE_PEN_H
#define QR_NOTICE_PEN_H

#include "labels/label.h"
#include "labels/pdf.h"
#include "qrsvc/base/arena.h"

#define PAGE_W 210000
#define PAGE_H 297000

enum {
	INK = 0x1a1a1a,
	GREY = 0x5c6670,
	LINE = 0xb8c0c8,
	SHADE = 0xf1f4f6,
	ACCENT = 0x0b4f6c,
	RED = 0xa31515,
	GREEN = 0x14603a,
	TINT = 0xe9f3ee,
	WHITE = 0xffffff
};

struct pen {
	const struct label_fonts *fonts;
	struct label_template sheet; /* the page's size, for page.h */
	struct page page;
	struct text *text;
	struct fitted fit;
	struct arena arena; /* of this page */
	bool draw;
	int scale;
	enum rc rc; /* the first failure; nothing is done after it */
	struct err err;
};

void pen_init(struct pen *p, const struct label_fonts *fonts);
void pen_release(struct pen *p);
/* A new page: what was said for the one before is gone. */
void pen_page(struct pen *p);

/* A length that shrinks with the page. */
int32_t pen_len(const struct pen *p, int32_t um);

struct words {
	int32_t x, y, w, h; /* h 0: as high as it needs */
	int tenths;	    /* size, tenths of a point */
	int lines;	    /* at most; 0: 1 */
	bool bold;
	enum fit_align align;
	enum fit_valign valign;
	uint32_t colour;
};
/* Puts s into a box; returns the height it takes.  Set smaller by a quarter at most, then cut.
 */
int32_t pen_text(struct pen *p, struct str s, const struct words *w);
/* The same without drawing. */
int32_t pen_height(struct pen *p, struct str s, const struct words *w);
/* fill, stroke: 0xrrggbb or -1. */
void pen_box(struct pen *p, int32_t x, int32_t y, int32_t w, int32_t h, int64_t fill,
	int64_t stroke, int32_t line);
void pen_rule(struct pen *p, int32_t x, int32_t y, int32_t w, int32_t thick, uint32_t colour);
/* The picture of that number into the middle of a box, as large as it fits. */
void pen_picture(struct pen *p, uint32_t number, const struct pdf_jpeg *j, int32_t x, int32_t y,
	int32_t w, int32_t h);
/* A symbol with its quiet zone; text: characters of the alphanumeric mode. */
void pen_symbol(struct pen *p, const char *text, int32_t x, int32_t y, int32_t side);

#endif
