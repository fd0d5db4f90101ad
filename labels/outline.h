/* outline: the outline of a glyph as straight pieces and curves, and as black dots.
 *
 * Outlines come from HarfBuzz, so that any thread may ask; dots are filled by the non-zero
 * winding rule, a dot being black if its middle lies inside. */
#ifndef QR_LABELS_OUTLINE_H
#define QR_LABELS_OUTLINE_H

#include "labels/font.h"
#include "qrsvc/base/sbuf.h"

/* A glyph's dots relative to its origin: column left + i, row i - top (rows downwards). */
struct picture {
	uint64_t key; /* for the owner's cache; 0 = empty */
	int32_t left, top;
	uint32_t w, h, stride;
	uint8_t *bits; /* most significant first */
	size_t cap;
};

/* Scratch of one thread. */
struct outline {
	float *x, *y;	/* points of all contours */
	uint32_t *stop; /* where each contour ends */
	uint32_t n, cap, contours, capc;
	struct crossing *cross;
	uint32_t capx;
	float px; /* dots per dme */
};

void outline_release(struct outline *o);
/* size: height of the em in dots. */
void outline_draw(struct outline *o, const struct font *f, uint32_t gid, float size,
	struct picture *ret_);
/* Path data of SVG, in dme, y downwards ("M0,-10L..."). */
void outline_svg(const struct font *f, uint32_t gid, struct sbuf *b);

#endif
