/* Boxes: black in every size, all of what they touch and nothing else; boxes that are none are
 * refused.
 * valgrind: no, libx265, which makes the HEIC of these tests, is not clean; ASan has them */
#include "tests/unit/photo_check.h"

#include <sys/mman.h>
#include <unistd.h>

#include "qrsvc/photo/decoder_picture.h"

/* Box edges of the smaller sizes are mixed with what is beside them: not looked at. */
#define EDGE 10

static enum rc run(
	struct str file, const struct photo_boxes *boxes, struct photo *ph, struct err *e)
{
	int fd = memfd_create("photo", MFD_CLOEXEC);
	enum rc rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, file.p, file.n), file.n);
	rc = photo_sync_boxes(&ps, fd, boxes, ph, e);
	close(fd);
	return rc;
}

/* 1: inside of a box, 0: outside of all, -1: so near an edge that it may be either. */
static int where(const struct photo_boxes *boxes, int x, int y, int w, int h)
{
	int found = 0;

	for (uint32_t i = 0; i < boxes->n; i++) {
		const struct photo_box *b = &boxes->box[i];
		int x0 = b->x * w / 1000, x1 = (b->x + b->w) * w / 1000;
		int y0 = b->y * h / 1000, y1 = (b->y + b->h) * h / 1000;

		if (x < x0 - EDGE || x > x1 + EDGE || y < y0 - EDGE || y > y1 + EDGE)
			continue;
		/* The picture's own edge is none of the box. */
		if ((x >= x0 + EDGE || !b->x) && (x < x1 - EDGE || b->x + b->w == 1000) &&
			(y >= y0 + EDGE || !b->y) && (y < y1 - EDGE || b->y + b->h == 1000))
			return 1;
		found = -1;
	}
	return found;
}

/* Every pixel of a size against the same photo without boxes. */
static void compare(const struct photo_variant *with, const struct photo_variant *plain,
	const struct photo_boxes *boxes)
{
	int w, h, w0, h0, inside = 0, outside = 0;
	uint8_t *a = decode(with->bytes, &w, &h), *b = decode(plain->bytes, &w0, &h0);

	assert_int_equal(w, w0);
	assert_int_equal(h, h0);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			const uint8_t *p = a + ((size_t)y * (size_t)w + (size_t)x) * 3,
				      *q = b + ((size_t)y * (size_t)w + (size_t)x) * 3;
			int is = where(boxes, x, y, w, h);

			inside += is == 1;
			outside += is == 0;
			if (is == 1 ? !near(p, 0, 0, 0, 16)
				    : is == 0 && !near(p, q[0], q[1], q[2], 40))
				fail_msg("%d,%d of %dx%d: %d %d %d, without boxes %d %d %d", x,
					y, w, h, p[0], p[1], p[2], q[0], q[1], q[2]);
		}
	assert_true(inside > w * h / 100);
	assert_true(outside > w * h / 10);
	free(a);
	free(b);
	only_pixels(with->bytes);
}

static void boxed(struct str file, const struct photo_boxes *boxes)
{
	struct photo with, plain;
	struct err e = {0};

	assert_int_equal(run(file, boxes, &with, &e), RC_OK);
	assert_int_equal(run(file, NULL, &plain, &e), RC_OK);
	for (int i = 0; i < PHOTO_SIZES; i++) {
		compare(&with.v[i], &plain.v[i], boxes);
		assert_memory_not_equal(
			with.v[i].sha256, plain.v[i].sha256, sizeof with.v[i].sha256);
	}
	assert_memory_equal(
		with.original_sha256, plain.original_sha256, sizeof with.original_sha256);
	photo_release(&with);
	photo_release(&plain);
	drop(file);
}

static const struct photo_boxes two = {
	.n = 2, .box = {{125, 166, 250, 168}, {875, 833, 125, 167}}};

static void test_sizes(void **state)
{
	(void)state;
	boxed(make_jpeg(&(struct make_jpeg){.w = 2600, .h = 1301}), &two);
	boxed(make_jpeg(&(struct make_jpeg){.w = 1301, .h = 2600, .progressive = true}), &two);
	boxed(make_jpeg(&(struct make_jpeg){.w = 301, .h = 203, .kind = MAKE_444}), &two);
}

static void test_kinds(void **state)
{
	struct str heic = make_heic(400, 304);

	(void)state;
	boxed(make_jpeg(&(struct make_jpeg){.w = 700, .h = 500, .kind = MAKE_GRAY}), &two);
	boxed(make_jpeg(&(struct make_jpeg){.w = 700, .h = 500, .kind = MAKE_CMYK}), &two);
	boxed(make_png(401, 303, PNG_COLOR_TYPE_RGBA, 8, false), &two);
	boxed(make_webp(400, 300, false), &two);
	if (heic.p)
		boxed(heic, &two);
}

/* A box lies in the picture as it is seen: all eight ways of turning, and a profile, which
 * moves colours, but not this one. */
static void test_upright(void **state)
{
	unsigned char b[512];
	struct str icc = {(char *)b, make_profile(b, make_p3, 2.2)};

	(void)state;
	for (int o = 1; o <= 8; o++)
		boxed(make_jpeg(&(struct make_jpeg){.w = 640, .h = 400, .app1 = exif_block(o)}),
			&two);
	boxed(make_jpeg(&(struct make_jpeg){.w = 640, .h = 400, .icc = icc}), &two);
}

/* As many as there may be; the whole picture. */
static void test_most(void **state)
{
	struct photo_boxes many = {.n = PHOTO_BOXES};
	struct photo_boxes whole = {.n = 1, .box = {{0, 0, 1000, 1000}}};
	struct str file = make_jpeg(&(struct make_jpeg){.w = 1200, .h = 900});
	struct photo ph;
	int w, h;

	(void)state;
	for (int i = 0; i < PHOTO_BOXES; i++)
		many.box[i] = (struct photo_box){
			(uint16_t)(i % 6 * 166), (uint16_t)(i / 6 * 250), 80, 120};
	boxed(make_jpeg(&(struct make_jpeg){.w = 1200, .h = 900}), &many);
	assert_int_equal(run(file, &whole, &ph, NULL), RC_OK);
	for (int i = 0; i < PHOTO_SIZES; i++) {
		uint8_t *rgb = decode(ph.v[i].bytes, &w, &h);

		for (int k = 0; k < w * h; k++)
			assert_true(near(rgb + 3 * (size_t)k, 0, 0, 0, 1));
		free(rgb);
	}
	assert_true(ph.dhash == 0);
	photo_release(&ph);
	drop(file);
}

/* Whatever a box touches is covered, to the sample; what it does not stays. */
static void test_exact(void **state)
{
	uint8_t y[7 * 16], u[4 * 16], v[4 * 16];
	struct raster r = {.w = 13, .h = 7, .planes = 3};

	(void)state;
	memset(y, 200, sizeof y);
	memset(u, 90, sizeof u);
	memset(v, 30, sizeof v);
	r.plane[0].p = y;
	r.plane[1].p = u;
	r.plane[2].p = v;
	for (int i = 0; i < 3; i++) {
		r.plane[i].w = i ? 7 : 13;
		r.plane[i].h = i ? 4 : 7;
		r.plane[i].stride = 16;
	}
	/* x 3.25 to 6.5, y 2.1 to 4.2: pixels 3..6 and 2..4, chroma 1..3 and 1..2 */
	raster_black(&r, &(struct photo_box){250, 300, 250, 300});
	for (int i = 0; i < 7; i++)
		for (int k = 0; k < 16; k++)
			assert_int_equal(
				y[i * 16 + k], i >= 2 && i <= 4 && k >= 3 && k <= 6 ? 0 : 200);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 16; k++) {
			bool in = i >= 1 && i <= 2 && k >= 1 && k <= 3;

			assert_int_equal(u[i * 16 + k], in ? 128 : 90);
			assert_int_equal(v[i * 16 + k], in ? 128 : 30);
		}
	/* Up to the corner, and no further. */
	raster_black(&r, &(struct photo_box){999, 999, 1, 1});
	assert_int_equal(y[6 * 16 + 12], 0);
	assert_int_equal(y[6 * 16 + 13], 200);
	assert_int_equal(u[3 * 16 + 6], 128);
	assert_int_equal(u[3 * 16 + 7], 90);
}

static void test_refused(void **state)
{
	static const struct photo_boxes bad[] = {
		{.n = 1, .box = {{900, 0, 101, 10}}},
		{.n = 1, .box = {{0, 1000, 10, 1}}},
		{.n = 1, .box = {{0, 0, 0, 10}}},
		{.n = 1, .box = {{0, 0, 10, 0}}},
		{.n = 1, .box = {{65535, 0, 2, 10}}},
		{.n = 2, .box = {{0, 0, 10, 10}, {0, 65535, 10, 65535}}},
		{.n = PHOTO_BOXES + 1},
		{.n = UINT32_MAX},
	};
	struct str file = make_jpeg(&(struct make_jpeg){.w = 320, .h = 240});
	struct photo ph;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = {0};

		assert_false(photo_boxes_valid(&bad[i]));
		assert_int_equal(run(file, &bad[i], &ph, &e), RC_BAD);
		assert_string_equal(e.key, "photo.boxes");
	}
	/* The process is well, and no boxes are no mistake. */
	assert_int_equal(run(file, &(struct photo_boxes){0}, &ph, NULL), RC_OK);
	looks_right(&ph, "0123", 14);
	photo_release(&ph);
	drop(file);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_upright),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests_name("photo_boxes", tests, setup, teardown);
}
