/* The photo process from outside, through the blocking client: what it refuses, without harm to
 * anything but the one photo.
 * valgrind: no, libx265, which makes the HEIC of these tests, is not clean; ASan has them */
#include "tests/unit/photo_check.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

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
	static const char text[] =
		"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x01\x03\0\0\0\x25\xdb\x56\xca"
		"\x3f\xff\xff\xfftEXtabcd";
	struct str f = make_jpeg(&(struct make_jpeg){.w = 64, .h = 64});
	char *p = (char *)(uintptr_t)f.p;
	char *big;

	(void)state;
	refuses((struct str){png, sizeof png - 1}, RC_TOO_LARGE, "photo.pixels");
	/* A text chunk that claims 1 GiB is stepped over, not made room for. */
	refuses((struct str){text, sizeof text - 1}, RC_INVALID, "photo.damaged");
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

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
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
	return cmocka_run_group_tests_name("photo_refuses", tests, setup, teardown);
}
