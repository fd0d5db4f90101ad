/* The EXIF reader: what it finds, and that it finds nothing outside of its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/photo/decoder_exif.h"

/* A block made by hand, in either byte order. */
struct block {
	unsigned char p[512];
	size_t n;
	bool big;
};

static void put(struct block *b, size_t at, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		b->p[at + (size_t)(b->big ? bytes - 1 - i : i)] = (unsigned char)(v >> 8 * i);
}

static void entry(struct block *b, size_t ifd, int at, unsigned tag, unsigned type,
	uint32_t count, uint32_t value, int bytes)
{
	size_t e = ifd + 2 + 12 * (size_t)at;

	put(b, ifd, (uint32_t)at + 1, 2);
	put(b, e, tag, 2);
	put(b, e + 2, type, 2);
	put(b, e + 4, count, 4);
	put(b, e + 8, value, bytes);
}

static void degrees(struct block *b, size_t at, uint32_t d, uint32_t m, uint32_t s100)
{
	uint32_t v[] = {d, 1, m, 1, s100, 100};

	for (size_t i = 0; i < 6; i++)
		put(b, at + 4 * i, v[i], 4);
}

static void make(struct block *b, bool big, unsigned orientation)
{
	*b = (struct block){.n = 400, .big = big};
	memcpy(b->p, big ? "MM" : "II", 2);
	put(b, 2, 42, 2);
	put(b, 4, 8, 4);
	entry(b, 8, 0, 0x0112, 3, 1, orientation, 2);
	entry(b, 8, 1, 0x8769, 4, 1, 100, 4);
	entry(b, 8, 2, 0x8825, 4, 1, 200, 4);
	entry(b, 100, 0, 0x9003, 2, 20, 150, 4);
	entry(b, 100, 1, 0x9011, 2, 7, 180, 4);
	memcpy(b->p + 150, "2026:11:14 09:20:07", 20);
	memcpy(b->p + 180, "+08:00", 7);
	entry(b, 200, 0, 1, 2, 2, 0, 4);
	b->p[210] = 'S';
	entry(b, 200, 1, 2, 5, 3, 300, 4);
	entry(b, 200, 2, 3, 2, 2, 0, 4);
	b->p[234] = 'W';
	entry(b, 200, 3, 4, 5, 3, 340, 4);
	degrees(b, 300, 31, 15, 3600);
	degrees(b, 340, 121, 30, 0);
}

static struct exif read(const struct block *b)
{
	/* Its own heap block of exactly that size, so that ASan sees a byte too far. */
	char *p = malloc(b->n ? b->n : 1);
	struct exif e;

	assert_non_null(p);
	memcpy(p, b->p, b->n);
	exif_read((struct str){p, b->n}, &e);
	free(p);
	return e;
}

static void test_both_orders(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct block b;
		struct exif e;

		make(&b, big, 6);
		e = read(&b);
		assert_int_equal(e.orientation, 6);
		assert_string_equal(e.taken, "2026-11-14T09:20:07+08:00");
		assert_true(e.has_place);
		assert_true(e.lat < -31.2599 && e.lat > -31.2601);
		assert_true(e.lon == -121.5);
	}
}

static void test_prefix(void **state)
{
	struct block b, p;

	(void)state;
	make(&b, true, 8);
	memcpy(p.p, "Exif\0\0", 6);
	memcpy(p.p + 6, b.p, b.n);
	p.n = b.n + 6;
	assert_int_equal(read(&p).orientation, 8);
}

static void test_orientation_range(void **state)
{
	struct block b;

	(void)state;
	for (unsigned o = 0; o < 12; o++) {
		make(&b, false, o);
		assert_int_equal(read(&b).orientation, o >= 1 && o <= 8 ? o : 1);
	}
	make(&b, false, 6);
	put(&b, 12, 4, 2); /* a LONG is not what the tag says */
	assert_int_equal(read(&b).orientation, 1);
}

static void time_is(const char *text, const char *want)
{
	struct block b;

	make(&b, false, 1);
	memcpy(b.p + 150, text, 20);
	put(&b, 100 + 2 + 12, 0x9990, 2); /* no offset */
	assert_string_equal(read(&b).taken, want);
}

static void test_times(void **state)
{
	(void)state;
	time_is("2024:02:29 23:59:59", "2024-02-29T23:59:59");
	time_is("2023:02:29 23:59:59", "");
	time_is("0000:00:00 00:00:00", "");
	time_is("    :  :     :  :  ", "");
	time_is("2026:11:14 24:00:00", "");
	time_is("2026:11:14T09:20:07", "");
	time_is("2026:11:14 09-20-07", "");
	time_is("2026:1114: 09:20:07", "");
	time_is("1969:12:31 00:00:00", "");
}

static void test_fallback_time(void **state)
{
	struct block b;

	(void)state;
	make(&b, false, 1);
	put(&b, 102, 0x9004, 2); /* digitized */
	put(&b, 114, 0x9012, 2);
	assert_string_equal(read(&b).taken, "2026-11-14T09:20:07+08:00");
	memcpy(b.p + 180, "+15:00", 7);
	assert_string_equal(read(&b).taken, "2026-11-14T09:20:07");
}

static void test_places(void **state)
{
	struct block b;

	(void)state;
	make(&b, false, 1);
	degrees(&b, 300, 0, 0, 0);
	degrees(&b, 340, 0, 0, 0);
	assert_false(read(&b).has_place); /* no fix */
	make(&b, false, 1);
	degrees(&b, 300, 91, 0, 0);
	assert_false(read(&b).has_place);
	make(&b, false, 1);
	degrees(&b, 340, 180, 0, 1);
	assert_false(read(&b).has_place);
	make(&b, false, 1);
	put(&b, 304, 0, 4); /* 31 / 0 degrees */
	assert_false(read(&b).has_place);
	make(&b, false, 1);
	put(&b, 202 + 12, 0x77, 2); /* latitude missing */
	assert_false(read(&b).has_place);
	assert_true(read(&b).lat == 0);
}

static void test_truncated(void **state)
{
	struct block b;

	(void)state;
	for (size_t n = 0; n < 400; n++) {
		make(&b, n & 1, 6);
		b.n = n;
		assert_in_range(read(&b).orientation, 1, 8);
	}
}

/* Wild offsets and counts: every field in turn set to extremes. */
static void test_wild(void **state)
{
	static const uint32_t wild[] = {
		0, 1, 7, 8, 100, 399, 400, 401, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
	struct block b;

	(void)state;
	for (size_t at = 0; at + 4 <= 400; at++)
		for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
			make(&b, at & 1, 6);
			put(&b, at, wild[i], 4);
			(void)read(&b);
		}
}

static void test_self_reference(void **state)
{
	struct block b;

	(void)state;
	make(&b, false, 3);
	entry(&b, 8, 1, 0x8769, 4, 1, 8, 4); /* the Exif IFD is IFD0 itself */
	entry(&b, 8, 2, 0x8825, 4, 1, 8, 4);
	assert_int_equal(read(&b).orientation, 3);
}

static void test_not_exif(void **state)
{
	struct exif e;

	(void)state;
	exif_read(STR_NONE, &e);
	assert_int_equal(e.orientation, 1);
	assert_string_equal(e.taken, "");
	exif_read(STR("II*"), &e);
	assert_int_equal(e.orientation, 1);
	exif_read(STR("II+\0\x08\0\0\0\xff\xff\x12\x01"), &e);
	assert_int_equal(e.orientation, 1);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_orders),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_orientation_range),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_fallback_time),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_wild),
		cmocka_unit_test(test_self_reference),
		cmocka_unit_test(test_not_exif),
	};
	return cmocka_run_group_tests_name("photo_exif", tests, NULL, NULL);
}
