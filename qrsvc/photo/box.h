/* photo/box: what a person wants blackened in a photo.
 *
 * Rectangles in thousandths of the width and height of the picture as it is seen (turned
 * upright), so that they fit every size of it.  They are painted solid black on the largest
 * picture before the others are made of it: nothing of what was there is left in any of them,
 * as it would be with a blur. */
#ifndef QR_PHOTO_BOX_H
#define QR_PHOTO_BOX_H

#include <stdbool.h>
#include <stdint.h>

#define PHOTO_BOXES 24 /* any choice of cells in a grid of 8 x 6 (web/staff_redact.c) */
#define PHOTO_BOX_UNIT 1000

struct photo_box {
	uint16_t x, y, w, h; /* left, top, width, height */
};

struct photo_boxes {
	uint32_t n; /* 0: the picture stays as it is */
	struct photo_box box[PHOTO_BOXES];
};

/* Not too many; none empty or beyond the picture. */
static inline bool photo_boxes_valid(const struct photo_boxes *b)
{
	if (b->n > PHOTO_BOXES)
		return false;
	for (uint32_t i = 0; i < b->n; i++)
		if (!b->box[i].w || !b->box[i].h ||
			b->box[i].x + b->box[i].w > PHOTO_BOX_UNIT ||
			b->box[i].y + b->box[i].h > PHOTO_BOX_UNIT)
			return false;
	return true;
}

#endif
