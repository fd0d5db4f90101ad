/* decoder_picture: from rows as a file has them to the finished planes of each size.
 *
 * Works on planes of full-range BT.601 Y Cb Cr, as JPEG has them (JFIF 1.02), because most
 * photos arrive and all leave that way.  A reader gives rows top to bottom, per plane or as
 * RGB; they are filtered down to the largest size at once, so the full picture is never in
 * memory. Chroma is kept at half the width and height, its samples centred between the luma
 * samples (JFIF 1.02), also after turning pictures of odd size. */
#ifndef QR_PHOTO_DECODER_PICTURE_H
#define QR_PHOTO_DECODER_PICTURE_H

#include "qrsvc/base/str.h"
#include "qrsvc/photo/box.h"
#include "qrsvc/photo/decoder_scale.h"

/* A finished picture: planes == 1 (gray) or 3 (4:2:0).  Rows are padded with their last sample
 * to a whole JPEG block. */
struct raster {
	int w, h, planes;
	struct {
		uint8_t *p;
		int w, h, stride;
	} plane[3];
};

/* How the reader's planes lie. */
struct picture_form {
	int w, h;     /* of the picture as the file states it */
	int planes;   /* 1 or 3 */
	double scale; /* rows that will come are scale times as large (DCT scaling), <= 1 */
	struct {
		int w, h;	     /* samples that will come */
		double sub_x, sub_y; /* luma samples (of those that come) per sample */
	} plane[3];
	int orientation; /* EXIF 1..8 */
};

struct picture {
	struct picture_form form;
	struct scale s[3];
	struct raster big; /* as stored; turned upright by picture_finish() */
	bool transpose;
	uint8_t *rgb[3]; /* rows of planes made from an RGB row */
};

/* long_side: of the largest size. */
void picture_begin(struct picture *p, const struct picture_form *f, int long_side);
/* As picture_begin() for rows of RGB, w x h. */
void picture_begin_rgb(struct picture *p, int w, int h, int orientation, int long_side);
/* The next row of one plane. */
void picture_row(struct picture *p, int plane, const uint8_t *row);
/* The next row as RGB, `step` bytes from pixel to pixel (3, or 4 with a byte to be skipped). */
void picture_row_rgb(struct picture *p, const uint8_t *row, int step);
/* The same with alpha (RGBA, not premultiplied), laid over white. */
void picture_row_rgba(struct picture *p, const uint8_t *row);
/* The same, CMYK with 255 = no ink (Adobe) or, not inverted, 255 = full ink. */
void picture_row_cmyk(struct picture *p, const uint8_t *row, bool inverted);
/* The largest size, upright.  Refuses when rows are missing. */
struct raster picture_finish(struct picture *p);

/* A smaller copy, long side at most long_side; never enlarged. */
struct raster raster_shrink(const struct raster *r, int long_side);
void raster_release(struct raster *r);
/* Paints a valid box black, whole samples of each plane: what it touches, it covers. */
void raster_black(struct raster *r, const struct photo_box *b);
/* Difference hash of the luma plane: is each of 8 x 8 cells darker than its right neighbour. */
uint64_t raster_dhash(const struct raster *r);
/* Fitted into long_side x long_side. */
void fit(int w, int h, int long_side, int *ret_w, int *ret_h);

#endif
