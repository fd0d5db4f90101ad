/* The photo process from outside, through the blocking client: every kind of file it takes, and
 * every kind it refuses without harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qrsvc/base/limits.h"
#include "qrsvc/photo/client_sync.h"
#include "tests/unit/photo_make.h"

static struct photo_sync ps;

static const char *photod(void)
{
	static char path[300];
	const char *b = getenv("B");

	snprintf(path, sizeof path, "%s/qrsvc-photod", b ? b : "build/release");
	return path;
}

static void drop(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

/* Decodes one of ours to RGB. */
static uint8_t *decode(struct str jpeg, int *ret_w, int *ret_h)
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
static void only_pixels(struct str j)
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

static bool near(const uint8_t *p, int r, int g, int b, int most)
{
	return abs(p[0] - r) <= most && abs(p[1] - g) <= most && abs(p[2] - b) <= most;
}

/* All three sizes show red, green / blue, white as `order` says (index of each corner's
 * colour), and carry nothing else. */
static void looks_right(const struct photo *ph, const char *order, int most)
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

static void refuses(struct str file, enum rc want, const char *key)
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

/* EXIF with one SHORT, orientation o, big-endian. */
static struct str exif_block(int o)
{
	static char b[] =
		"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\0\0\0";

	b[25] = (char)o;
	return (struct str){b, sizeof b - 1};
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

static void test_wrong_types(void **state)
{
	static const char *const texts[] = {"hello", "<!doctype html><script>alert(1)</script>",
		"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
		"GIF89a\1\0\1\0\0\0\0;", "BM\x46", "%PDF-1.7\n", "PK\3\4", "\xff\xd8",
		"RIFF....WAVE", "#!/bin/sh\nid\n"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		refuses(str_c(texts[i]), RC_BAD_TYPE, "photo.type");
	refuses(STR("\0\0\0\x18"
		    "ftypavif\0\0\0\0avifmif1"),
		RC_BAD_TYPE, "photo.type");
	/* A brand that says HEIC, an item that says AV1. */
	refuses(STR("\0\0\0\x18"
		    "ftypheic\0\0\0\0mif1heic\0\0\0\x0e"
		    "metahvc1av"
		    "\0\0\0\x10metahvc1av01"),
		RC_INVALID, "photo.damaged");
	refuses(STR("\0\0\0\x18"
		    "ftypheic\0\0\0\0mif1heic\0\0\0\x10"
		    "metahvc1av01"),
		RC_BAD_TYPE, "photo.type");
	refuses(STR(""), RC_BAD, "photo.empty");
}

static void test_polyglots(void **state)
{
	static const char head[] = "\xff\xd8\xff\xfe\0\x20<script>alert(document.domain)";
	struct make_jpeg m = {.w = 200, .h = 100};
	struct str file = make_jpeg(&m);
	struct sbuf b;
	struct photo ph;

	(void)state;
	/* Starts like a JPEG, is HTML. */
	refuses((struct str){head, sizeof head - 1}, RC_INVALID, "photo.damaged");
	/* A good photo with a page behind it and one in a comment: a photo, and no page. */
	sbuf_init(&b, MIB);
	sbuf_add(&b, file.p, 2);
	sbuf_add(&b, "\xff\xfe\0\x1b<script>alert(1)</script>", 29);
	sbuf_add(&b, file.p + 2, file.n - 2);
	sbuf_puts(&b, "<html><script>alert(2)</script>");
	assert_int_equal(photo_sync_bytes(&ps, sbuf_view(&b), &ph, NULL), RC_OK);
	looks_right(&ph, "0123", 14);
	for (int i = 0; i < PHOTO_SIZES; i++)
		assert_true(str_find(ph.v[i].bytes, STR("script")) < 0);
	photo_release(&ph);
	sbuf_release(&b);
	drop(file);
}

static void test_exif_only(void **state)
{
	struct sbuf b;
	struct str x = exif_block(6);

	(void)state;
	sbuf_init(&b, MIB);
	sbuf_add(&b, "\xff\xd8\xff\xe1\0", 5);
	sbuf_byte(&b, (char)(x.n + 2));
	sbuf_str(&b, x);
	sbuf_add(&b, "\xff\xd9", 2);
	refuses(sbuf_view(&b), RC_INVALID, "photo.damaged");
	sbuf_release(&b);
}

/* Only the header is there, and it is enough to say no. */
static void test_bombs(void **state)
{
	static const char png[] =
		"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30\x08\x02\0"
		"\0\0\0\0\0\0\0\0\0\0\0";
	struct str f = make_jpeg(&(struct make_jpeg){.w = 64, .h = 64});
	char *p = (char *)(uintptr_t)f.p;
	char *big;

	(void)state;
	refuses((struct str){png, sizeof png - 1}, RC_TOO_LARGE, "photo.pixels");
	for (size_t i = 2; i + 9 < f.n; i++)
		if ((unsigned char)p[i] == 0xff && (unsigned char)p[i + 1] == 0xc0) {
			memcpy(p + i + 5, "\xff\xdc\xff\xdc", 4); /* 65500 x 65500 */
			refuses(f, RC_TOO_LARGE, "photo.pixels");
			memcpy(p + i + 5, "\x1f\x40\x1f\x40", 4); /* 8000 x 8000 = 64 Mpx */
			refuses(f, RC_TOO_LARGE, "photo.pixels");
			memcpy(p + i + 5, "\0\x10\x2e\xe1", 4); /* 12001 wide */
			refuses(f, RC_TOO_LARGE, "photo.pixels");
			memcpy(p + i + 5, "\0\0\0\x10", 4);
			refuses(f, RC_INVALID, "photo.damaged");
			break;
		}
	drop(f);
	big = xcalloc(1, LIMIT_PHOTO_BYTES + 1);
	refuses((struct str){big, LIMIT_PHOTO_BYTES + 1}, RC_TOO_LARGE, "photo.bytes");
	free(big);
}

/* The first scan of a progressive file again and again: each costs a pass over the picture. */
static void test_endless_scans(void **state)
{
	struct str f = make_jpeg(&(struct make_jpeg){.w = 800, .h = 600, .progressive = true});
	const unsigned char *p = (const unsigned char *)f.p;
	size_t from = 0, to;
	struct sbuf b;

	(void)state;
	while (p[from] != 0xff || p[from + 1] != 0xda)
		from++;
	for (to = from + 2; p[to] != 0xff || p[to + 1] == 0; to++)
		;
	sbuf_init(&b, 16 * MIB);
	sbuf_add(&b, f.p, to);
	for (int i = 0; i < 200; i++)
		sbuf_add(&b, f.p + from, to - from);
	sbuf_add(&b, f.p + to, f.n - to);
	refuses(sbuf_view(&b), RC_INVALID, "photo.costly");
	sbuf_release(&b);
	drop(f);
}

/* A cut file is never half a photo. */
static void cut_everywhere(struct str f, int steps)
{
	for (int i = 1; i < steps; i++) {
		size_t n = (f.n - 32) * (size_t)i / (size_t)steps;
		struct photo ph;
		struct err e = {0};
		enum rc rc = photo_sync_bytes(&ps, str_sub(f, 0, n), &ph, &e);

		if (rc == RC_OK)
			print_error("cut at %zu of %zu was taken\n", n, f.n);
		assert_true(rc == RC_INVALID || rc == RC_BAD_TYPE || rc == RC_BAD);
	}
	drop(f);
}

static void test_truncated(void **state)
{
	struct str heic = make_heic(320, 240);

	(void)state;
	cut_everywhere(make_jpeg(&(struct make_jpeg){.w = 640, .h = 480}), 60);
	cut_everywhere(
		make_jpeg(&(struct make_jpeg){.w = 640, .h = 480, .progressive = true}), 60);
	cut_everywhere(make_png(320, 240, PNG_COLOR_TYPE_RGB, 8, false), 40);
	cut_everywhere(make_png(320, 240, PNG_COLOR_TYPE_RGBA, 8, true), 20);
	cut_everywhere(make_webp(320, 240, false), 30);
	cut_everywhere(make_webp(320, 240, true), 20);
	if (heic.p)
		cut_everywhere(heic, 20);
}

/* Flipped bits: taken or refused, the process that answers stays the same one. */
static void flip_bits(struct str f, int rounds, uint32_t seed)
{
	char *copy = xmalloc(f.n);
	pid_t pid = ps.pid;

	for (int i = 0; i < rounds; i++) {
		struct photo ph;
		struct err e = {0};
		enum rc rc;

		memcpy(copy, f.p, f.n);
		for (int k = 0; k < 1 + i % 4; k++) {
			seed = seed * 1664525u + 1013904223u;
			copy[(seed >> 8) % (i % 2	       ? f.n
						   : f.n < 700 ? f.n
							       : 700)] ^=
				(char)(1 << (seed >> 5 & 7));
		}
		rc = photo_sync_bytes(&ps, (struct str){copy, f.n}, &ph, &e);
		if (rc == RC_OK)
			photo_release(&ph);
		else if (rc != RC_INVALID && rc != RC_BAD_TYPE && rc != RC_TOO_LARGE)
			fail_msg("%s: %s", rc_info(rc)->name, e.detail);
	}
	assert_int_equal(ps.pid, pid);
	free(copy);
	drop(f);
}

static void test_flipped_bits(void **state)
{
	struct str heic = make_heic(128, 96);

	(void)state;
	flip_bits(make_jpeg(&(struct make_jpeg){.w = 160, .h = 120, .app1 = exif_block(6)}),
		150, 1);
	flip_bits(make_jpeg(&(struct make_jpeg){.w = 160, .h = 120, .progressive = true}), 100,
		2);
	flip_bits(make_png(160, 120, PNG_COLOR_TYPE_RGBA, 8, true), 80, 3);
	flip_bits(make_webp(160, 120, false), 80, 4);
	flip_bits(make_webp(160, 120, true), 60, 5);
	flip_bits(make_webp_animation(160, 120), 60, 6);
	if (heic.p)
		flip_bits(heic, 60, 7);
}

/* The process dies: the next photo starts another. */
static void test_process_dies(void **state)
{
	struct str f = make_jpeg(&(struct make_jpeg){.w = 64, .h = 64});
	pid_t pid = ps.pid;
	struct photo ph;

	(void)state;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(photo_sync_bytes(&ps, f, &ph, NULL), RC_OK);
	assert_int_not_equal(ps.pid, pid);
	photo_release(&ph);
	drop(f);
}

static void test_bad_descriptors(void **state)
{
	struct photo ph;
	struct err e = {0};
	int p[2], fd;

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(photo_sync_fd(&ps, p[0], &ph, &e), RC_INTERNAL);
	assert_string_equal(e.key, "photo.away");
	close(p[0]);
	close(p[1]);
	fd = open("/dev/null", O_RDONLY);
	assert_int_equal(photo_sync_fd(&ps, fd, &ph, &e), RC_INTERNAL);
	close(fd);
}

static void test_no_program(void **state)
{
	struct photo_sync other;
	struct err e = {0};

	(void)state;
	assert_int_equal(
		photo_sync_start(&other, "/nonexistent/qrsvc-photod", &e), RC_UNAVAILABLE);
	assert_non_null(strstr(e.detail, "/nonexistent/qrsvc-photod"));
	/* One that ends at once instead of answering. */
	assert_int_equal(photo_sync_start(&other, "/bin/true", &e), RC_OK);
	struct photo ph;
	assert_int_equal(photo_sync_bytes(&other, STR("x"), &ph, &e), RC_UNAVAILABLE);
	photo_sync_stop(&other);
}

/* The encoder that makes the HEIC test pictures keeps some memory. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libx265\n";
}

static int setup(void **state)
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

static int teardown(void **state)
{
	(void)state;
	photo_sync_stop(&ps);
	return 0;
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
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_polyglots),
		cmocka_unit_test(test_exif_only),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_endless_scans),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_process_dies),
		cmocka_unit_test(test_bad_descriptors),
		cmocka_unit_test(test_no_program),
	};
	return cmocka_run_group_tests_name("photo_convert", tests, setup, teardown);
}
