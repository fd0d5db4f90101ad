/* The scaler and what stands on it: sizes, colours, turning, the difference hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/photo/decoder_icc.h"
#include "qrsvc/photo/decoder_picture.h"
#include "qrsvc/photo/photo.h"
#include "tests/unit/photo_make.h"

static uint32_t seed = 1;

static uint8_t any(void)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint8_t)(seed >> 24);
}

static void test_loops_agree(void **state)
{
	static uint8_t rows[9][300 + SCALE_PAD];
	const uint8_t *p[9];
	uint8_t fast[300], plain[300];
	int16_t w[9];

	(void)state;
	for (int round = 0; round < 300; round++) {
		int taps = 1 + round % 9, n = 1 + round, left = 16384;
		struct scale_axis a;

		for (int k = 0; k < taps; k++) {
			p[k] = rows[k];
			w[k] = (int16_t)(k == taps - 1 ? left : (any() - 100) * 20);
			left -= w[k];
			for (int i = 0; i < 300; i++)
				rows[k][i] = round % 3 ? any() : (uint8_t)(any() & 1 ? 255 : 0);
		}
		scale_combine(fast, p, w, taps, n);
		scale_combine_plain(plain, p, w, taps, n);
		assert_memory_equal(fast, plain, (size_t)n);
		scale_axis_init(&a, 300, n, 300.0 / n, 150.0 / n);
		scale_across(fast, rows[0], &a);
		scale_across_plain(plain, rows[0], &a);
		assert_memory_equal(fast, plain, (size_t)n);
		free(a.start);
		free(a.weight);
	}
}

static struct raster through(
	int w, int h, int orientation, int long_side, uint8_t (*rgb)(int x, int y, int c))
{
	struct picture p;
	uint8_t *row = malloc((size_t)w * 3);

	assert_non_null(row);
	picture_begin_rgb(&p, w, h, orientation, long_side);
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++)
			for (int c = 0; c < 3; c++)
				row[3 * x + c] = rgb(x, y, c);
		picture_row_rgb(&p, row, 3);
	}
	free(row);
	return picture_finish(&p);
}

static uint8_t flat(int x, int y, int c)
{
	(void)x;
	(void)y;
	return (uint8_t)(c == 0 ? 200 : c == 1 ? 40 : 90);
}

/* One colour stays that colour in every size: weights add up to one, edges too. */
static void test_flat(void **state)
{
	static const int sizes[][3] = {{64, 48, 64}, {64, 48, 33}, {1, 1, 64}, {1, 900, 320},
		{900, 1, 320}, {5000, 3, 2048}, {641, 479, 320}, {13, 7, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct raster r = through(sizes[i][0], sizes[i][1], 1, sizes[i][2], flat);

		for (int k = 0; k < 3; k++)
			for (int y = 0; y < r.plane[k].h; y++)
				for (int x = 0; x < r.plane[k].w; x++)
					assert_int_equal(
						r.plane[k].p[y * r.plane[k].stride + x],
						k == 0	 ? 94
						: k == 1 ? 126
							 : 204);
		raster_release(&r);
	}
}

static uint8_t ramp(int x, int y, int c)
{
	(void)c;
	return (uint8_t)(x / 4 + y / 8);
}

/* A slope keeps its place: no shift by half a sample. */
static void test_no_shift(void **state)
{
	struct raster r = through(640, 480, 1, 160, ramp);

	(void)state;
	for (int y = 8; y < 112; y++)
		for (int x = 8; x < 152; x++) {
			double want = ((x + 0.5) * 4 - 0.5) / 4 - 0.375 +
				      ((y + 0.5) * 4 - 0.5) / 8 - 0.4375;
			int got = r.plane[0].p[y * r.plane[0].stride + x];

			assert_true(got >= want - 1.2 && got <= want + 1.2);
		}
	raster_release(&r);
}

static uint8_t corners(int x, int y, int c)
{
	return (uint8_t)(x < 31 && y < 20 && c == 0    ? 255
			 : x >= 31 && y < 20 && c == 1 ? 255
			 : x < 31 && y >= 20 && c == 2 ? 255
						       : 0);
}

/* Exif 2.32 4.6.4: where the stored first row and column end up.  Odd sizes on purpose. */
static void test_orientations(void **state)
{
	/* Luma of red, green, blue, black, read at the four upright corners. */
	static const int want[9][4] = {{0}, {76, 150, 29, 0}, {150, 76, 0, 29},
		{0, 29, 150, 76}, {29, 0, 76, 150}, {76, 29, 150, 0}, {29, 76, 0, 150},
		{0, 150, 29, 76}, {150, 0, 76, 29}};

	(void)state;
	for (int o = 1; o <= 8; o++) {
		struct raster r = through(61, 41, o, 2048, corners);
		const uint8_t *p = r.plane[0].p;
		int s = r.plane[0].stride;

		assert_int_equal(r.w, o < 5 ? 61 : 41);
		assert_int_equal(r.h, o < 5 ? 41 : 61);
		assert_int_equal(p[3 * s + 3], want[o][0]);
		assert_int_equal(p[3 * s + r.w - 4], want[o][1]);
		assert_int_equal(p[(r.h - 4) * s + 3], want[o][2]);
		assert_int_equal(p[(r.h - 4) * s + r.w - 4], want[o][3]);
		raster_release(&r);
	}
}

static uint8_t blots(int x, int y, int c)
{
	return (uint8_t)(127 + 60 * ((x * x / 900 + y / 17 + c) % 3 - 1) + x / 12);
}

/* Turning while shrinking gives what turning first would have given (104 x 80: with an even
 * size the chroma samples of both lie in the same places). */
static void test_turn_is_exact(void **state)
{
	struct raster a = through(333, 257, 1, 104, blots),
		      b = through(333, 257, 3, 104, blots);

	(void)state;
	for (int k = 0; k < 3; k++)
		for (int y = 0; y < a.plane[k].h; y++)
			for (int x = 0; x < a.plane[k].w; x++) {
				int u = a.plane[k].p[y * a.plane[k].stride + x];
				int v = b.plane[k]
						.p[(a.plane[k].h - 1 - y) * b.plane[k].stride +
							a.plane[k].w - 1 - x];

				assert_in_range(u - v + 100, 99, 101);
			}
	raster_release(&a);
	raster_release(&b);
}

static void test_fit(void **state)
{
	static const int rows[][5] = {{4000, 3000, 2048, 2048, 1536},
		{3000, 4000, 320, 240, 320}, {100, 50, 320, 100, 50},
		{2048, 2048, 2048, 2048, 2048}, {12000, 1, 320, 320, 1},
		{1, 12000, 2048, 1, 2048}, {4032, 3024, 1280, 1280, 960},
		{2049, 1025, 2048, 2048, 1024}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int w, h;

		fit(rows[i][0], rows[i][1], rows[i][2], &w, &h);
		assert_int_equal(w, rows[i][3]);
		assert_int_equal(h, rows[i][4]);
	}
}

static uint8_t blots_darker(int x, int y, int c)
{
	return (uint8_t)(blots(x, y, c) * 4 / 5);
}

static void test_dhash(void **state)
{
	struct raster a = through(640, 480, 1, 320, blots),
		      b = through(640, 480, 1, 200, blots);
	struct raster c = through(640, 480, 1, 320, blots_darker);
	struct raster d = through(640, 480, 2, 320, blots);

	(void)state;
	assert_true(photo_distance(raster_dhash(&a), raster_dhash(&b)) <= 6); /* size */
	assert_true(photo_distance(raster_dhash(&a), raster_dhash(&c)) <= 6); /* exposure */
	assert_true(photo_distance(raster_dhash(&a), raster_dhash(&d)) > 12); /* mirrored */
	assert_int_equal(photo_distance(0, UINT64_MAX), 64);
	raster_release(&a);
	raster_release(&b);
	raster_release(&c);
	raster_release(&d);
}

static void test_cmyk(void **state)
{
	uint8_t row[8 * 4];
	struct raster r;

	(void)state;
	for (int inverted = 0; inverted < 2; inverted++) {
		struct picture p;

		for (int i = 0; i < 8; i++) {
			uint8_t full = inverted ? 0 : 255, none = (uint8_t)~full;

			memcpy(row + 4 * i, (uint8_t[]){full, none, none, none}, 4);
		}
		picture_begin_rgb(&p, 8, 2, 1, 64);
		picture_row_cmyk(&p, row, inverted);
		picture_row_cmyk(&p, row, inverted);
		r = picture_finish(&p);
		assert_int_equal(r.plane[0].p[0], 179); /* luma of 0, 255, 255 */
		assert_int_equal(r.plane[2].p[0], 0);
		raster_release(&r);
	}
}

static void test_alpha(void **state)
{
	static const uint8_t row[4 * 4] = {
		0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 128, 255, 255, 255, 77};
	struct picture p;
	struct raster r;

	(void)state;
	picture_begin_rgb(&p, 4, 1, 1, 64);
	picture_row_rgba(&p, row);
	r = picture_finish(&p);
	assert_int_equal(r.plane[0].p[0], 255);
	assert_int_equal(r.plane[0].p[1], 0);
	assert_int_equal(r.plane[0].p[2], 127);
	assert_int_equal(r.plane[0].p[3], 255);
	raster_release(&r);
}

static uint8_t muted_red(int x, int y, int c)
{
	(void)x;
	(void)y;
	return (uint8_t)(c == 0 ? 180 : 100);
}

static void test_profile(void **state)
{
	unsigned char b[512];
	struct icc *icc = malloc(sizeof *icc);
	struct raster r = through(16, 16, 1, 16, muted_red);
	size_t n = make_profile(b, make_p3, 2.2);

	(void)state;
	assert_non_null(icc);
	assert_true(icc_parse((struct str){(char *)b, n}, icc));
	icc_to_srgb(icc, &r);
	/* Display P3 (180, 100, 100), gamma 2.2, is sRGB (194, 95, 98) within rounding. */
	assert_in_range(r.plane[0].p[0], 123, 126);
	assert_in_range(r.plane[1].p[0], 111, 114);
	assert_in_range(r.plane[2].p[0], 176, 179);
	raster_release(&r);
	n = make_profile(b, make_srgb, 2.2);
	/* Gamma 2.2 is within a hundredth of the curve of sRGB: nothing to do. */
	assert_false(icc_parse((struct str){(char *)b, n}, icc));
	n = make_profile(b, make_srgb, 1.0);
	assert_true(icc_parse((struct str){(char *)b, n}, icc));
	/* Every truncation, every byte wild: no crash, and no table that is not finite. */
	for (size_t i = 0; i < n; i++) {
		unsigned char *copy = malloc(i + 1);

		assert_non_null(copy);
		make_profile(b, make_p3, 2.2);
		memcpy(copy, b, i + 1);
		(void)icc_parse((struct str){(char *)copy, i}, icc);
		free(copy);
		b[i] ^= 0xff;
		if (icc_parse((struct str){(char *)b, n}, icc))
			for (int k = 0; k < 256; k++)
				assert_true(icc->linear[0][k] <= 8 && icc->linear[0][k] >= -8);
	}
	free(icc);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loops_agree),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_no_shift),
		cmocka_unit_test(test_orientations),
		cmocka_unit_test(test_turn_is_exact),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_dhash),
		cmocka_unit_test(test_cmyk),
		cmocka_unit_test(test_alpha),
		cmocka_unit_test(test_profile),
	};
	return cmocka_run_group_tests_name("photo_scale", tests, NULL, NULL);
}
