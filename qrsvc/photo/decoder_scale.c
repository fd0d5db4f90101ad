/* Owns the weights and the few rows a scaler holds.  Never sees a file, a colour or more than
 * one plane.  Called by decoder_picture.c. */
#include "qrsvc/photo/decoder_scale.h"

#include <math.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "qrsvc/photo/decoder.h"

#define ONE 16384 /* 1.0 in a weight */

/* Keys 1981 with a = -0.5; support 2. */
static double kernel(double x)
{
	x = fabs(x);
	if (x < 1)
		return (1.5 * x - 2.5) * x * x + 1;
	if (x < 2)
		return ((-0.5 * x + 2.5) * x - 4) * x + 2;
	return 0;
}

/* Weights of one output as integers whose sum is ONE: what rounding leaves over goes to the
 * largest. */
static void weights_round(const double *w, int n, double sum, int16_t *ret_)
{
	int left = ONE, most = 0;

	for (int k = 0; k < n; k++) {
		ret_[k] = (int16_t)lrint(w[k] / sum * ONE);
		left -= ret_[k];
		if (ret_[k] > ret_[most])
			most = k;
	}
	ret_[most] = (int16_t)(ret_[most] + left);
}

void scale_axis_init(struct scale_axis *a, int n_in, int n_out, double step, double first)
{
	double stretch = step > 1 ? step : 1;
	/* An open interval 4 * stretch wide holds at most so many sample centres. */
	int wide = (int)ceil(4 * stretch);
	double *w;

	*a = (struct scale_axis){.n_in = n_in, .n_out = n_out};
	a->copy = n_in == n_out && fabs(step - 1) < 1e-9 && fabs(first - 0.5) < 1e-9;
	a->reach = wide < n_in ? wide : n_in;
	a->taps = (a->reach + 7) & ~7;
	a->start = decoder_alloc((size_t)n_out, sizeof *a->start);
	a->weight = decoder_alloc((size_t)n_out, (size_t)a->taps * sizeof *a->weight);
	w = decoder_alloc((size_t)a->reach, sizeof *w);
	for (int i = 0; i < n_out; i++) {
		double centre = first + i * step, sum = 0;
		int from = (int)ceil(centre - 2 * stretch - 0.5);
		int start = from < 0 ? 0 : from;

		if (start > n_in - a->reach)
			start = n_in - a->reach;
		memset(w, 0, (size_t)a->reach * sizeof *w);
		for (int k = from; k < from + wide; k++) {
			double v = kernel((k + 0.5 - centre) / stretch);
			int at = k < 0 ? 0 : k >= n_in ? n_in - 1 : k; /* edges repeat */

			at -= start;
			if (v == 0)
				continue;
			at = at < 0 ? 0 : at >= a->reach ? a->reach - 1 : at;
			w[at] += v;
			sum += v;
		}
		a->start[i] = start;
		weights_round(w, a->reach, sum, a->weight + (size_t)i * (size_t)a->taps);
	}
	free(w);
}

void scale_init(struct scale *s, const struct scale_axis *x, const struct scale_axis *y)
{
	*s = (struct scale){.x = *x, .y = *y};
	s->ring = decoder_alloc((size_t)y->reach, sizeof *s->ring);
	for (int i = 0; i < y->reach; i++)
		s->ring[i] = decoder_alloc((size_t)x->n_in + SCALE_PAD, 1);
	s->rows = decoder_alloc((size_t)y->reach, sizeof *s->rows);
	s->mid = decoder_alloc((size_t)x->n_in + SCALE_PAD, 1);
}

void scale_release(struct scale *s)
{
	for (int i = 0; i < s->y.reach; i++)
		free(s->ring[i]);
	free(s->ring);
	free(s->rows);
	free(s->mid);
	free(s->x.start);
	free(s->x.weight);
	free(s->y.start);
	free(s->y.weight);
	*s = (struct scale){0};
}

static uint8_t clamp(int32_t v)
{
	v = (v + ONE / 2) >> 14;
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

void scale_combine_plain(
	uint8_t *out, const uint8_t *const *rows, const int16_t *weight, int taps, int n)
{
	for (int i = 0; i < n; i++) {
		int32_t sum = 0;

		for (int k = 0; k < taps; k++)
			sum += weight[k] * rows[k][i];
		out[i] = clamp(sum);
	}
}

void scale_across_plain(uint8_t *out, const uint8_t *in, const struct scale_axis *a)
{
	for (int i = 0; i < a->n_out; i++) {
		const int16_t *w = a->weight + (size_t)i * (size_t)a->taps;
		const uint8_t *p = in + a->start[i];
		int32_t sum = 0;

		for (int k = 0; k < a->taps; k++)
			sum += w[k] * p[k];
		out[i] = clamp(sum);
	}
}

#ifdef __SSE2__
/* Two rows at a time: their samples side by side, multiplied and added in one instruction. */
static inline void madd2(__m128i acc[4], __m128i a, __m128i b, __m128i w)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i lo = _mm_unpacklo_epi8(a, b), hi = _mm_unpackhi_epi8(a, b);

	acc[0] = _mm_add_epi32(acc[0], _mm_madd_epi16(_mm_unpacklo_epi8(lo, zero), w));
	acc[1] = _mm_add_epi32(acc[1], _mm_madd_epi16(_mm_unpackhi_epi8(lo, zero), w));
	acc[2] = _mm_add_epi32(acc[2], _mm_madd_epi16(_mm_unpacklo_epi8(hi, zero), w));
	acc[3] = _mm_add_epi32(acc[3], _mm_madd_epi16(_mm_unpackhi_epi8(hi, zero), w));
}

void scale_combine(
	uint8_t *out, const uint8_t *const *rows, const int16_t *weight, int taps, int n)
{
	const __m128i half = _mm_set1_epi32(ONE / 2);
	int i = 0;

	for (; i + 16 <= n; i += 16) {
		__m128i acc[4] = {half, half, half, half};

		for (int k = 0; k < taps; k += 2) {
			int second = k + 1 < taps;
			__m128i a = _mm_loadu_si128((const __m128i *)(rows[k] + i));
			__m128i b = _mm_loadu_si128((const __m128i *)(rows[k + second] + i));
			uint32_t w1 = second ? (uint16_t)weight[k + 1] : 0;

			madd2(acc, a, b,
				_mm_set1_epi32((int32_t)(w1 << 16 | (uint16_t)weight[k])));
		}
		for (int j = 0; j < 4; j++)
			acc[j] = _mm_srai_epi32(acc[j], 14);
		_mm_storeu_si128(
			(__m128i *)(out + i), _mm_packus_epi16(_mm_packs_epi32(acc[0], acc[1]),
						      _mm_packs_epi32(acc[2], acc[3])));
	}
	for (; i < n; i++) {
		int32_t sum = 0;

		for (int k = 0; k < taps; k++)
			sum += weight[k] * rows[k][i];
		out[i] = clamp(sum);
	}
}

/* The products of one output, four sums that are still to be added up. */
static inline __m128i across1(const uint8_t *p, const int16_t *w, int taps)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i acc = zero;

	for (int k = 0; k < taps; k += 8) {
		__m128i v = _mm_loadl_epi64((const __m128i *)(p + k));

		acc = _mm_add_epi32(acc, _mm_madd_epi16(_mm_unpacklo_epi8(v, zero),
						 _mm_loadu_si128((const __m128i *)(w + k))));
	}
	return acc;
}

void scale_across(uint8_t *out, const uint8_t *in, const struct scale_axis *a)
{
	const __m128i half = _mm_set1_epi32(ONE / 2);
	const int16_t *w = a->weight;
	const int32_t *from = a->start;
	int taps = a->taps, i = 0;

	for (; i + 4 <= a->n_out; i += 4, w += 4 * taps) {
		__m128i s0 = across1(in + from[i], w, taps);
		__m128i s1 = across1(in + from[i + 1], w + taps, taps);
		__m128i s2 = across1(in + from[i + 2], w + 2 * taps, taps);
		__m128i s3 = across1(in + from[i + 3], w + 3 * taps, taps);
		int32_t four;

		/* Four by four sums, turned and added. */
		s0 = _mm_add_epi32(_mm_unpacklo_epi32(s0, s1), _mm_unpackhi_epi32(s0, s1));
		s2 = _mm_add_epi32(_mm_unpacklo_epi32(s2, s3), _mm_unpackhi_epi32(s2, s3));
		s0 = _mm_add_epi32(_mm_unpacklo_epi64(s0, s2), _mm_unpackhi_epi64(s0, s2));
		s0 = _mm_srai_epi32(_mm_add_epi32(s0, half), 14);
		s0 = _mm_packs_epi32(s0, s0);
		four = _mm_cvtsi128_si32(_mm_packus_epi16(s0, s0));
		memcpy(out + i, &four, 4);
	}
	for (; i < a->n_out; i++, w += taps) {
		int32_t sum = 0;

		for (int k = 0; k < taps; k++)
			sum += w[k] * in[from[i] + k];
		out[i] = clamp(sum);
	}
}
#else
void scale_combine(
	uint8_t *out, const uint8_t *const *rows, const int16_t *weight, int taps, int n)
{
	scale_combine_plain(out, rows, weight, taps, n);
}

void scale_across(uint8_t *out, const uint8_t *in, const struct scale_axis *a)
{
	scale_across_plain(out, in, a);
}
#endif

static void flip(uint8_t *row, int n)
{
	for (int i = 0, j = n - 1; i < j; i++, j--) {
		uint8_t t = row[i];

		row[i] = row[j];
		row[j] = t;
	}
}

/* Output row rows_out, from the rows in the ring. */
static void scale_emit(struct scale *s)
{
	int line = s->flip_y ? s->y.n_out - 1 - s->rows_out : s->rows_out;
	uint8_t *out = s->out + (size_t)line * (size_t)s->stride;
	const int16_t *weight = s->y.weight + (size_t)s->rows_out * (size_t)s->y.taps;
	int start = s->y.start[s->rows_out], reach = s->y.reach;
	uint8_t *mid = s->x.copy ? out : s->mid;

	if (s->y.copy) {
		uint8_t *row = s->ring[s->rows_out % reach];

		if (s->x.copy)
			memcpy(out, row, (size_t)s->x.n_in);
		else
			scale_across(out, row, &s->x);
	} else {
		for (int k = 0; k < reach; k++)
			s->rows[k] = s->ring[(start + k) % reach];
		scale_combine(mid, s->rows, weight, reach, s->x.n_in);
		if (!s->x.copy)
			scale_across(out, mid, &s->x);
	}
	if (s->flip_x)
		flip(out, s->x.n_out);
	s->rows_out++;
}

void scale_row(struct scale *s, const uint8_t *row)
{
	if (s->rows_in >= s->y.n_in)
		return;
	memcpy(s->ring[s->rows_in % s->y.reach], row, (size_t)s->x.n_in);
	s->rows_in++;
	while (s->rows_out < s->y.n_out &&
		(s->y.copy ? s->rows_out + 1 : s->y.start[s->rows_out] + s->y.reach) <=
			s->rows_in)
		scale_emit(s);
}
