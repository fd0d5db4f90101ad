/* photo_check: what the tests of the photo process share: starting it, decoding what it made,
 * and what every finished photo must look like. */
#ifndef TESTS_UNIT_PHOTO_CHECK_H
#define TESTS_UNIT_PHOTO_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>

#include "qrsvc/base/limits.h"
#include "qrsvc/photo/client_sync.h"
#include "tests/unit/photo_make.h"

static struct photo_sync ps;

static inline const char *photod(void)
{
	static char path[300];
	const char *b = getenv("B");

	snprintf(path, sizeof path, "%s/qrsvc-photod", b ? b : "build/release");
	return path;
}

static inline void drop(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

/* Decodes one of ours to RGB. */
static inline uint8_t *decode(struct str jpeg, int *ret_w, int *ret_h)
{
	struct jpeg_decompress_struct d;
	struct jpeg_error_mgr err;
	uint8_t *rgb, *row;

	d.err = jpeg_std_error(&err);
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, (const unsigned char *)jpeg.p, jpeg.n);
	jpeg_read_header(&d, TRUE);
	d.out_color_space = JCS_RGB;
	jpeg_start_decompress(&d);
	*ret_w = (int)d.output_width;
	*ret_h = (int)d.output_height;
	rgb = xmalloc((size_t)d.output_width * d.output_height * 3);
	while (d.output_scanline < d.output_height) {
		row = rgb + (size_t)d.output_scanline * d.output_width * 3;
		jpeg_read_scanlines(&d, &row, 1);
	}
	assert_int_equal(err.num_warnings, 0);
	jpeg_finish_decompress(&d);
	jpeg_destroy_decompress(&d);
	return rgb;
}

/* Markers of one of ours: JFIF, tables, frame, scan, and nothing that could carry a word. */
static inline void only_pixels(struct str j)
{
	const unsigned char *p = (const unsigned char *)j.p;
	size_t at = 2;

	assert_true(j.n > 100 && p[0] == 0xff && p[1] == 0xd8);
	while (p[at + 1] != 0xda) {
		unsigned m = p[at + 1];

		assert_int_equal(p[at], 0xff);
		assert_true(m == 0xe0 || m == 0xdb || m == 0xc0 || m == 0xc4);
		if (m == 0xe0)
			assert_int_equal(p[at + 2] << 8 | p[at + 3], 16); /* no thumbnail */
		at += 2 + (size_t)(p[at + 2] << 8 | p[at + 3]);
		assert_true(at + 4 < j.n);
	}
	assert_true(p[j.n - 2] == 0xff && p[j.n - 1] == 0xd9);
}

static inline bool near(const uint8_t *p, int r, int g, int b, int most)
{
	return abs(p[0] - r) <= most && abs(p[1] - g) <= most && abs(p[2] - b) <= most;
}

/* All three sizes show red, green / blue, white as `order` says (index of each corner's
 * colour), and carry nothing else. */
static inline void looks_right(const struct photo *ph, const char *order, int most)
{
	static const int c[4][3] = {
		{220, 30, 30}, {30, 200, 30}, {30, 30, 220}, {240, 240, 240}};

	for (int i = 0; i < PHOTO_SIZES; i++) {
		int w, h;
		uint8_t *rgb = decode(ph->v[i].bytes, &w, &h);
		unsigned char sha[SHA256_BYTES];

		assert_int_equal(w, ph->v[i].w);
		assert_int_equal(h, ph->v[i].h);
		assert_true(w <= photo_widths[i] && h <= photo_widths[i]);
		for (int k = 0; k < 4; k++) {
			int x = k & 1 ? w * 3 / 4 : w / 4, y = k & 2 ? h * 3 / 4 : h / 4;
			const int *want = c[order[k] - '0'];
			const uint8_t *got = rgb + ((size_t)y * (size_t)w + (size_t)x) * 3;

			if (!near(got, want[0], want[1], want[2], most))
				print_error("size %d corner %d: %d %d %d\n", i, k, got[0],
					got[1], got[2]);
			assert_true(near(got, want[0], want[1], want[2], most));
		}
		free(rgb);
		only_pixels(ph->v[i].bytes);
		sha256(ph->v[i].bytes, sha);
		assert_memory_equal(sha, ph->v[i].sha256, sizeof sha);
	}
}

static inline void refuses(struct str file, enum rc want, const char *key)
{
	struct photo ph;
	struct err e = {0};
	enum rc rc = photo_sync_bytes(&ps, file, &ph, &e);

	if (rc != want)
		print_error("wanted %s, got %s: %s\n", rc_info(want)->name, rc_info(rc)->name,
			e.detail);
	assert_int_equal(rc, want);
	assert_string_equal(e.key, key);
	assert_true(e.detail[0] != 0);
}

/* EXIF with one SHORT, orientation o, big-endian. */
static inline struct str exif_block(int o)
{
	static char b[] =
		"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\0\0\0";

	b[25] = (char)o;
	return (struct str){b, sizeof b - 1};
}

/* The encoder that makes the HEIC test pictures keeps some memory. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libx265\n";
}

static inline int setup(void **state)
{
	struct err e = {0};

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	crypto_init();
	if (photo_sync_start(&ps, photod(), &e) == RC_OK)
		return 0;
	print_error("%s\n", e.detail);
	return -1;
}

static inline int teardown(void **state)
{
	(void)state;
	photo_sync_stop(&ps);
	return 0;
}

#endif
