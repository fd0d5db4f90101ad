/* raster: a label as black and white dots.
 *
 * Rows of packed bits, most significant first, 1 = black, each row on whole bytes.  Modules of
 * a code are whole dots; text is drawn from outlines without hinting.  Colours darker than half
 * are black. */
#ifndef QR_LABELS_RASTER_H
#define QR_LABELS_RASTER_H

#include "labels/layout.h"

#define RASTER_SIDE 30000 /* dots */

/* What letters have covered, in dots, also outside the area; empty if x0 == x1. */
struct raster_ink {
	int64_t x0, y0, x1, y1;
};

struct raster {
	unsigned w, h, stride, dpi;
	uint8_t *bits;
	size_t cap;
	struct raster_ink ink; /* of raster_run, until the caller empties it */
	struct glyphs *glyphs; /* borrowed */
};

/* Glyph pictures of one thread. */
struct glyphs;
struct glyphs *glyphs_new(const struct label_fonts *fonts);
void glyphs_free(struct glyphs *g);

/* A white area of w h um; storage is reused. */
enum rc raster_begin(struct raster *r, int32_t w, int32_t h, unsigned dpi, struct err *e);
void raster_release(struct raster *r);
/* Dots x0..x1, y0..y1 (exclusive); clipped. */
void raster_fill(struct raster *r, int64_t x0, int64_t y0, int64_t x1, int64_t y1, bool black);
/* Draws a run of glyphs; pen in um from the top left. */
void raster_run(struct raster *r, int font, const struct glyph *g, uint32_t n, int32_t size,
	int32_t x, int32_t y, bool black);
struct sink raster_sink(struct raster *r);
bool raster_black(uint32_t colour);

#endif
