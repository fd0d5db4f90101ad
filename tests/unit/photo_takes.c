/* The photo process from outside, through the blocking client: every kind of file it takes.
 * valgrind: no, libx265, which makes the HEIC of these tests, is not clean; ASan has them */
#include "tests/unit/photo_check.h"

static void takes(struct str file, const char *type, int w, int h, int most)
{
	struct photo ph;
	struct err e = {0};
	unsigned char sha[SHA256_BYTES];
	enum rc rc = photo_sync_bytes(&ps, file, &ph, &e);

	if (rc != RC_OK)
		print_error("%s: %s\n", type, e.detail);
	assert_int_equal(rc, RC_OK);
	assert_string_equal(ph.type, type);
	assert_int_equal(ph.w, w);
	assert_int_equal(ph.h, h);
	assert_int_equal(ph.original_bytes, file.n);
	sha256(file, sha);
	assert_memory_equal(sha, ph.original_sha256, sizeof sha);
	looks_right(&ph, "0123", most);
	assert_string_equal(ph.taken, "");
	assert_false(ph.has_place);
	photo_release(&ph);
	drop(file);
}

static void test_jpeg_kinds(void **state)
{
	(void)state;
	for (int kind = MAKE_420; kind <= MAKE_CMYK; kind++) {
		if (kind == MAKE_GRAY)
			continue;
		for (int size = 0; size < 3; size++) {
			static const int sizes[3][2] = {{301, 203}, {1500, 1000}, {2600, 1301}};
			struct make_jpeg m = {.w = sizes[size][0],
				.h = sizes[size][1],
				.kind = kind,
				.progressive = size == 1,
				.restart = size == 2 ? 8 : 0};

			takes(make_jpeg(&m), "image/jpeg", m.w, m.h, 14);
		}
	}
	/* Large enough that the inverse DCT halves it. */
	takes(make_jpeg(&(struct make_jpeg){.w = 4601, .h = 3001}), "image/jpeg", 4601, 3001,
		14);
	takes(make_jpeg(&(struct make_jpeg){.w = 4601, .h = 301, .kind = MAKE_422}),
		"image/jpeg", 4601, 301, 14);
	takes(make_jpeg(&(struct make_jpeg){.w = 320, .h = 200, .arithmetic = true}),
		"image/jpeg", 320, 200, 14);
}

static void test_gray(void **state)
{
	struct make_jpeg m = {.w = 700, .h = 500, .kind = MAKE_GRAY};
	struct str file = make_jpeg(&m);
	struct photo ph;
	int w, h;
	uint8_t *rgb;

	(void)state;
	assert_int_equal(photo_sync_bytes(&ps, file, &ph, NULL), RC_OK);
	rgb = decode(ph.v[PHOTO_320].bytes, &w, &h);
	assert_true(near(rgb + (h / 4 * w + w / 4) * 3, 87, 87, 87, 8));
	only_pixels(ph.v[PHOTO_320].bytes);
	free(rgb);
	photo_release(&ph);
	drop(file);
}

static void test_png_kinds(void **state)
{
	(void)state;
	takes(make_png(301, 203, PNG_COLOR_TYPE_RGB, 8, false), "image/png", 301, 203, 12);
	takes(make_png(301, 203, PNG_COLOR_TYPE_RGB, 16, false), "image/png", 301, 203, 12);
	takes(make_png(301, 203, PNG_COLOR_TYPE_RGBA, 8, true), "image/png", 301, 203, 12);
	takes(make_png(2301, 203, PNG_COLOR_TYPE_RGBA, 16, false), "image/png", 2301, 203, 12);
	takes(make_png(301, 2203, PNG_COLOR_TYPE_PALETTE, 8, true), "image/png", 301, 2203, 12);
}

/* What is transparent becomes white, not black. */
static void test_alpha(void **state)
{
	struct str file = make_png(320, 200, PNG_COLOR_TYPE_RGBA, 8, false);
	struct photo ph;
	int w, h;
	uint8_t *rgb;

	(void)state;
	assert_int_equal(photo_sync_bytes(&ps, file, &ph, NULL), RC_OK);
	rgb = decode(ph.v[PHOTO_320].bytes, &w, &h);
	assert_true(near(rgb + (50 * w + 10) * 3, 255, 255, 255, 4));
	free(rgb);
	photo_release(&ph);
	drop(file);
}

static void test_webp_kinds(void **state)
{
	struct str file = make_webp_animation(300, 200);
	struct photo ph;
	int w, h;
	uint8_t *rgb;

	(void)state;
	takes(make_webp(301, 203, false), "image/webp", 301, 203, 14);
	takes(make_webp(2501, 203, true), "image/webp", 2501, 203, 14);
	assert_int_equal(photo_sync_bytes(&ps, file, &ph, NULL), RC_OK);
	assert_int_equal(ph.w, 340);
	assert_int_equal(ph.h, 220);
	rgb = decode(ph.v[PHOTO_2048].bytes, &w, &h);
	assert_true(near(rgb + (4 * w + 330) * 3, 255, 255, 255, 4)); /* canvas */
	assert_true(near(rgb + (60 * w + 95) * 3, 220, 30, 30, 14));
	free(rgb);
	photo_release(&ph);
	drop(file);
}

static void test_heic(void **state)
{
	struct str file = make_heic(640, 480);

	(void)state;
	if (!file.p)
		skip();
	takes(file, "image/heic", 640, 480, 14);
}

/* The stored picture is always the same; Exif 2.32 4.6.4 says how it is to be seen. */
static void test_orientations(void **state)
{
	static const char *const want[9] = {
		"", "0123", "1032", "3210", "2301", "0213", "2031", "3120", "1302"};

	(void)state;
	for (int o = 1; o <= 8; o++)
		for (int large = 0; large < 2; large++) {
			struct make_jpeg m = {.w = large ? 2400 : 401,
				.h = large ? 1800 : 301,
				.app1 = exif_block(o)};
			struct str file = make_jpeg(&m);
			struct photo ph;

			assert_int_equal(photo_sync_bytes(&ps, file, &ph, NULL), RC_OK);
			assert_int_equal(ph.w, o < 5 ? m.w : m.h);
			assert_int_equal(ph.h, o < 5 ? m.h : m.w);
			assert_int_equal(ph.v[PHOTO_320].w, o < 5 ? 320 : 240);
			looks_right(&ph, want[o], 14);
			photo_release(&ph);
			drop(file);
		}
}

static void test_sizes(void **state)
{
	struct make_jpeg m = {.w = 4032, .h = 3024};
	struct str file = make_jpeg(&m), small;
	struct photo ph;

	(void)state;
	assert_int_equal(photo_sync_bytes(&ps, file, &ph, NULL), RC_OK);
	assert_int_equal(ph.v[PHOTO_2048].w, 2048);
	assert_int_equal(ph.v[PHOTO_2048].h, 1536);
	assert_int_equal(ph.v[PHOTO_1280].w, 1280);
	assert_int_equal(ph.v[PHOTO_320].h, 240);
	assert_true(ph.max_rss_kib > 1000 && ph.cpu_us > 0);
	if (!getenv("ASAN_OPTIONS") && strstr(photod(), "san") == NULL)
		assert_true(ph.max_rss_kib < 32 * 1024);
	photo_release(&ph);
	drop(file);
	m = (struct make_jpeg){.w = 1, .h = 1};
	small = make_jpeg(&m);
	assert_int_equal(photo_sync_bytes(&ps, small, &ph, NULL), RC_OK);
	assert_int_equal(ph.v[PHOTO_2048].w, 1); /* never enlarged */
	photo_release(&ph);
	drop(small);
}

static void test_same_bytes(void **state)
{
	struct make_jpeg m = {.w = 1801, .h = 1203};
	struct str file = make_jpeg(&m);
	struct photo a, b;

	(void)state;
	assert_int_equal(photo_sync_bytes(&ps, file, &a, NULL), RC_OK);
	assert_int_equal(photo_sync_bytes(&ps, file, &b, NULL), RC_OK);
	for (int i = 0; i < PHOTO_SIZES; i++)
		assert_true(str_eq(a.v[i].bytes, b.v[i].bytes));
	assert_true(a.dhash == b.dhash);
	photo_release(&a);
	photo_release(&b);
	drop(file);
}

/* Colours of a wider space come out as sRGB: the vector of photo_scale.c, through the files. */
static void test_profiles(void **state)
{
	static const uint8_t colour[3] = {180, 100, 100};
	unsigned char b[512];
	struct str icc = {(char *)b, make_profile(b, make_p3, 2.2)};
	struct make_jpeg m = {.w = 400, .h = 300, .icc = icc, .flat = colour};

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct str file =
			kind ? make_png_with(400, 300, colour, icc, STR_NONE) : make_jpeg(&m);
		struct photo ph;
		int w, h;
		uint8_t *rgb;

		assert_true(str_find(file, kind ? STR("iCCP") : STR("ICC_PROFILE")) > 0);
		assert_int_equal(photo_sync_bytes(&ps, file, &ph, NULL), RC_OK);
		rgb = decode(ph.v[PHOTO_1280].bytes, &w, &h);
		assert_true(near(rgb + 3 * 5000, 194, 95, 98, 3));
		only_pixels(ph.v[PHOTO_1280].bytes);
		free(rgb);
		photo_release(&ph);
		drop(file);
	}
}

/* EXIF in a PNG (its eXIf chunk) turns it too. */
static void test_png_exif(void **state)
{
	static const uint8_t colour[3] = {180, 100, 100};
	struct str x = exif_block(6);
	struct str file = make_png_with(300, 200, colour, STR_NONE, str_sub(x, 6, x.n));
	struct photo ph;

	(void)state;
	assert_int_equal(photo_sync_bytes(&ps, file, &ph, NULL), RC_OK);
	assert_int_equal(ph.w, 200);
	assert_int_equal(ph.h, 300);
	assert_int_equal(ph.v[PHOTO_2048].h, 300);
	photo_release(&ph);
	drop(file);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jpeg_kinds),
		cmocka_unit_test(test_gray),
		cmocka_unit_test(test_png_kinds),
		cmocka_unit_test(test_alpha),
		cmocka_unit_test(test_webp_kinds),
		cmocka_unit_test(test_heic),
		cmocka_unit_test(test_orientations),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_png_exif),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_same_bytes),
	};
	return cmocka_run_group_tests_name("photo_takes", tests, setup, teardown);
}
