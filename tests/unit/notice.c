/* Notices for the board: pages of tests/data/notice in every language; photos; the same bytes;
 * what is refused.  With NOTICE_OUT=FOLDER it leaves the files there, for
 * tests/labels/notice.t.
 * valgrind: late, it shapes with the fonts of the world: three minutes. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "labels/pdf.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/notice/notice.h"
#include <stdio.h>
#include <stdlib.h>

#define BASE "https://QR.EXAMPLE.GOV.CN"

static const char *const pages[] = {"clean", "test", "fail", "long", "plain", "much"};
#define PAGES (sizeof pages / sizeof *pages)
static const char *const langs[] = {"zh-CN", "en", "both"};

static struct label_fonts *fonts;
static struct arena mem;

static struct str slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *p = arena_alloc(&mem, 1 << 20);
	size_t n;

	assert_non_null(f);
	n = fread(p, 1, 1 << 20, f);
	assert_true(n < 1 << 20);
	fclose(f);
	return (struct str){p, n};
}

static const struct json *page_of(const char *name)
{
	char path[128];
	const struct json *j;

	snprintf(path, sizeof path, "tests/data/notice/%s.json", name);
	assert_int_equal(json_parse(&mem, slurp(path), 1 << 20, false, NULL, &j), RC_OK);
	return j;
}

static bool keep(void *arg, const void *p, size_t n)
{
	sbuf_add(arg, p, n);
	return true;
}

static bool full(void *arg, const void *p, size_t n)
{
	int *left = arg;

	(void)p;
	*left -= (int)n;
	return *left >= 0;
}

static struct paper_options options(struct sbuf *out, const char *lang)
{
	return (struct paper_options){.fonts = fonts,
		.base = STR(BASE),
		.lang = paper_lang(str_c(lang)),
		.title = STR("公示单"),
		.write = keep,
		.arg = out};
}

/* The pages as one file. */
static void make(struct sbuf *out, const char *lang, const char *const *names, size_t n)
{
	struct paper_options o = options(out, lang);
	struct str photo = slurp("tests/data/docs/photo.jpg");
	struct str jpeg[NOTICE_PHOTOS] = {photo, photo};
	struct err e;
	struct paper *of = paper_new(&o, &e);

	assert_non_null(of);
	for (size_t i = 0; i < n; i++)
		if (notice_page(of, page_of(names[i]), jpeg, &e) != RC_OK)
			fail_msg("%s, %s: %s", names[i], lang, e.detail);
	assert_int_equal(paper_end(of, &e), RC_OK);
	paper_free(of);
	assert_false(out->over);
}

static int count(const struct sbuf *b, const char *what)
{
	struct str rest = sbuf_view(b), w = str_c(what);
	ptrdiff_t at;
	int n = 0;

	for (; (at = str_find(rest, w)) >= 0; n++)
		rest = str_sub(rest, (size_t)at + w.n, rest.n);
	return n;
}

static void leave(const struct sbuf *b, const char *name, const char *lang)
{
	const char *dir = getenv("NOTICE_OUT");
	char path[256];
	FILE *f;

	if (dir == NULL)
		return;
	snprintf(path, sizeof path, "%s/%s-%s.pdf", dir, name, lang);
	f = fopen(path, "wb");
	assert_non_null(f);
	fwrite(b->p, 1, b->n, f);
	fclose(f);
}

static void test_pages(void **state)
{
	struct sbuf a, b;

	(void)state;
	sbuf_init(&a, 16 << 20);
	sbuf_init(&b, 16 << 20);
	for (size_t l = 0; l < 3; l++)
		for (size_t i = 0; i < PAGES; i++) {
			sbuf_clear(&a);
			sbuf_clear(&b);
			make(&a, langs[l], &pages[i], 1);
			make(&b, langs[l], &pages[i], 1);
			assert_true(str_starts(sbuf_view(&a), STR("%PDF-1.5")));
			assert_true(str_eq(sbuf_view(&a), sbuf_view(&b)));
			assert_int_equal(count(&a, "/Type/Page/"), 1);
			leave(&a, pages[i], langs[l]);
		}
	sbuf_release(&a);
	sbuf_release(&b);
}

static void test_many(void **state)
{
	struct sbuf a;

	(void)state;
	sbuf_init(&a, 16 << 20);
	make(&a, "both", pages, PAGES);
	assert_int_equal(count(&a, "/Type/Page/"), PAGES);
	/* clean 2, fail 1, long and much 2 each */
	assert_int_equal(count(&a, "/DCTDecode"), 7);
	leave(&a, "all", "both");
	sbuf_release(&a);
}

static void test_photos(void **state)
{
	struct str sha[NOTICE_PHOTOS], gone[NOTICE_PHOTOS] = {STR_NONE, STR("no jpeg")};
	const struct json *page = page_of("clean"), *j;
	struct sbuf a;
	struct err e;

	(void)state;
	assert_int_equal(notice_photos(page, sha), 2);
	assert_int_equal(sha[0].p[0], 'a');
	assert_int_equal(sha[1].p[0], 'b');
	assert_int_equal(notice_photos(page_of("fail"), sha), 1);
	assert_int_equal(notice_photos(page_of("test"), sha), 0);
	/* after, during, lid: no pair, so the first and the last */
	assert_int_equal(
		json_parse(&mem,
			STR("{\"record\":{\"photos\":[{\"slot\":\"after\",\"sha256\":\"1\"},"
			    "{\"slot\":\"during\",\"sha256\":\"2\"},{\"slot\":\"lid\","
			    "\"sha256\":\"3\"}]}}"),
			1 << 20, false, NULL, &j),
		RC_OK);
	assert_int_equal(notice_photos(j, sha), 2);
	assert_int_equal(sha[0].p[0], '1');
	assert_int_equal(sha[1].p[0], '3');
	/* a photo that was taken back leaves its place empty */
	sbuf_init(&a, 16 << 20);
	struct paper_options o = options(&a, "zh-CN");
	struct paper *n = paper_new(&o, &e);

	assert_int_equal(notice_page(n, page, gone, &e), RC_OK);
	assert_int_equal(paper_end(n, &e), RC_OK);
	assert_int_equal(count(&a, "/DCTDecode"), 0);
	leave(&a, "gone", "zh-CN");
	paper_free(n);
	sbuf_release(&a);
}

static void test_jpeg(void **state)
{
	struct str photo = slurp("tests/data/docs/photo.jpg");
	struct pdf_jpeg j;

	(void)state;
	assert_true(pdf_jpeg(photo, &j));
	assert_int_equal(j.components, 3);
	assert_true(j.w > 0 && j.h > 0);
	for (size_t n = 0; n < photo.n && n < 700;
		n++) /* cut anywhere: no read behind the end */
		pdf_jpeg((struct str){photo.p, n}, &j);
	assert_false(pdf_jpeg(STR_NONE, &j));
	assert_false(pdf_jpeg(STR("\x89PNG\r\n\x1a\n"), &j));
	/* four components (CMYK), twelve bits, no size */
	assert_false(
		pdf_jpeg(STR("\xff\xd8\xff\xc0\x00\x14\x08\x00\x10\x00\x10\x04\x01\x11\x00\x02"
			     "\x11\x00\x03\x11\x00\x04\x11\x00"),
			&j));
	assert_false(pdf_jpeg(
		STR("\xff\xd8\xff\xc0\x00\x0b\x0c\x00\x10\x00\x10\x01\x01\x11\x00"), &j));
	assert_false(pdf_jpeg(
		STR("\xff\xd8\xff\xc0\x00\x0b\x08\x00\x00\x00\x10\x01\x01\x11\x00"), &j));
	assert_true(pdf_jpeg(
		STR("\xff\xd8\xff\xff\xc2\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00"), &j));
	assert_int_equal(j.w, 32);
	assert_int_equal(j.h, 16);
}

static void test_refused(void **state)
{
	struct str none[NOTICE_PHOTOS] = {STR_NONE, STR_NONE};
	const struct json *j;
	struct sbuf a;
	struct err e;

	(void)state;
	sbuf_init(&a, 16 << 20);
	struct paper_options o = options(&a, "zh-CN");

	o.base = STR("http://192.168.1.2");
	assert_null(paper_new(&o, &e));
	assert_int_equal(e.rc, RC_INVALID);
	o.trial = true; /* then it says so on the page */
	struct paper *n = paper_new(&o, &e);

	assert_non_null(n);
	assert_int_equal(paper_end(n, &e), RC_INVALID);
	assert_int_equal(notice_page(n, page_of("clean"), none, &e), RC_OK);
	paper_free(n);
	o = options(&a, "zh-CN");
	n = paper_new(&o, &e);
	assert_int_equal(json_parse(&mem, STR("{\"record\":{}}"), 100, false, NULL, &j), RC_OK);
	assert_int_equal(notice_page(n, j, none, &e), RC_INVALID);
	assert_int_equal(
		json_parse(&mem,
			STR("{\"record\":{},\"facility\":{\"code\":\"x\"},\"kind\":{}}"), 100,
			false, NULL, &j),
		RC_OK);
	assert_int_equal(notice_page(n, j, none, &e), RC_INVALID);
	assert_non_null(strstr(e.detail, "page 1"));
	paper_free(n);
	int room = 3000;

	o.write = full;
	o.arg = &room;
	n = paper_new(&o, &e);
	enum rc rc = notice_page(n, page_of("clean"), none, &e);

	assert_int_equal(rc == RC_OK ? paper_end(n, &e) : rc, RC_IO);
	paper_free(n);
	sbuf_release(&a);
}

static void test_lang(void **state)
{
	(void)state;
	assert_int_equal(paper_lang(STR("both")), PAPER_BOTH);
	assert_int_equal(paper_lang(STR("en")), PAPER_EN);
	assert_int_equal(paper_lang(STR("zh-CN")), PAPER_ZH);
	assert_int_equal(paper_lang(STR_NONE), PAPER_ZH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages),
		cmocka_unit_test(test_many), cmocka_unit_test(test_photos),
		cmocka_unit_test(test_jpeg), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lang)};
	struct err e;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	clock_zone("Asia/Shanghai");
	arena_init(&mem);
	fonts = label_fonts_open(STR_NONE, &e);
	if (fonts == NULL)
		return 1;
	int bad = cmocka_run_group_tests(tests, NULL, NULL);

	label_fonts_free(fonts);
	arena_release(&mem);
	return bad;
}
