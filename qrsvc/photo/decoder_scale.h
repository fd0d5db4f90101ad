/* decoder_scale: makes one plane of samples smaller while its rows arrive.
 *
 * Separable polyphase filter, Catmull-Rom (Keys 1981, a = -0.5) stretched by the ratio when it
 * shrinks; rows are combined first, so that the costly sideways step runs on output rows only.
 * 14-bit integer weights that add up to exactly 1: the same bytes on every machine.  Holds as
 * many input rows as the filter is high (8 at 2:1), never the picture. */
#ifndef QR_PHOTO_DECODER_SCALE_H
#define QR_PHOTO_DECODER_SCALE_H

#include <stdbool.h>
#include <stdint.h>

#define SCALE_PAD 32 /* bytes that may be read behind a row */

/* Where output samples lie in the input: the centre of output i is at first + i * step, in
 * input samples, the left edge of the first one being 0. */
struct scale_axis {
	int n_in, n_out;
	int taps;	/* weights per output, a multiple of 8, zeros at the end */
	int reach;	/* how many of them may be other than zero */
	int32_t *start; /* first input of each output */
	int16_t *weight;
	bool copy; /* output i is input i: nothing to compute */
};

struct scale {
	struct scale_axis x, y;
	uint8_t **ring;	      /* the last y.reach input rows */
	const uint8_t **rows; /* those of one output row, in order */
	uint8_t *mid;	      /* one combined row, before it is made narrower */
	int rows_in, rows_out;
	/* Output: row i goes to line i, or to line n_out - 1 - i when flipped. */
	uint8_t *out;
	int stride;
	bool flip_x, flip_y;
};

/* Takes over what the axes own; the caller then sets out, stride and flips.  With a flip, step
 * and first of the axis describe output n_out - 1 - i. */
void scale_init(struct scale *s, const struct scale_axis *x, const struct scale_axis *y);
void scale_axis_init(struct scale_axis *a, int n_in, int n_out, double step, double first);
/* The next input row: x.n_in samples.  Rows beyond y.n_in are ignored. */
void scale_row(struct scale *s, const uint8_t *row);
/* True when every output row is made. */
static inline bool scale_done(const struct scale *s)
{
	return s->rows_out == s->y.n_out;
}
void scale_release(struct scale *s);

/* The two inner loops, and the same in plain C: tests hold one against the other.
 * out[i] = clamp(sum of weight[k] * rows[k][i]). */
void scale_combine(uint8_t *out, const uint8_t *const *rows, const int16_t *weight, int taps,
	int n) __attribute__((nonnull));
void scale_combine_plain(
	uint8_t *out, const uint8_t *const *rows, const int16_t *weight, int taps, int n);
/* out[i] = clamp(sum of weight[i * taps + k] * in[start[i] + k]); in has SCALE_PAD bytes more.
 */
void scale_across(uint8_t *out, const uint8_t *in, const struct scale_axis *a);
void scale_across_plain(uint8_t *out, const uint8_t *in, const struct scale_axis *a);

#endif
