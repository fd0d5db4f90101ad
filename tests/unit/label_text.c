/* Text in boxes: every script of the target places, line breaks, shrinking, the ellipsis, and
 * what is refused. */
#include "labels/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct label_fonts *fonts;
static struct text *text;
static struct fitted fit_;
static struct err e;

#define PT(n) ((int32_t)((n)*352.7778))

static int setup(void **state)
{
	(void)state;
	fonts = label_fonts_open(STR_NONE, &e);
	if (fonts == NULL) {
		print_message("# %s\n", e.detail);
		return -1;
	}
	text = text_new(fonts);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fitted_release(&fit_);
	text_free(text);
	label_fonts_free(fonts);
	return 0;
}

static struct fit_box box(int32_t w_mm, int32_t h_mm, int lines)
{
	return (struct fit_box){.w = w_mm * 1000,
		.h = h_mm * 1000,
		.size = PT(9),
		.min = PT(6),
		.lines = lines};
}

/* Where a line's letters are cut off on the right, in um. */
static int64_t width(int line)
{
	return (int64_t)fit_.line[line].width * fit_.size / FONT_EM;
}

static void must_fit(const char *s, const struct fit_box *b)
{
	enum rc rc = fit_text(text, str_c(s), b, &fit_, &e);

	if (rc != RC_OK)
		fail_msg("%s: %s", s, e.detail);
	assert_in_range(fit_.nlines, 1, b->lines);
	for (int i = 0; i < fit_.nlines; i++) {
		assert_true(width(i) <= b->w);
		assert_true(fit_.line[i].x >= 0 && fit_.line[i].x + width(i) <= b->w);
		assert_true(fit_.line[i].y <= b->h);
	}
}

/* The hard strings of labels.md: each must stay inside 40 x 9 mm. */
static void hard_strings(void **state)
{
	static const char *const all[] = {
		("上海市虹口区凉城新村街道广灵四路第一百二十八弄锦苑小区东区七号楼屋顶生活水箱及地下室"
		 "水泵房联合清洗公示点位编号甲零一"),
		"Donaudampfschifffahrtselektrizitaetenhauptbetriebswerksbau",
		"\xf0\xa0\xae\xb7\xe9\x87\x8e\xe5\xae\xb6", /* U+20BB7 */
		"\xe3\x99\x8d\xe6\xb2\xb3\xe8\xb7\xaf",	    /* U+364D */
		"\xf0\xaa\x9a\xa5\xe5\xba\x99",		    /* U+2A6A5 */
		"ལྷ་ས་གྲོང་ཁྱེར།", "ᠥᠪᠦᠷ ᠮᠣᠩᠭᠣᠯ", "ئۈرۈمچى شەھىرى، غەربىي شىمال يولى", "ꆈꌠꉙ ꀊꃀ",
		"Gvangjsih Bouxcuengh Swcigih", "《金色家园》（二期）“东苑”——8、9号楼。"};
	struct fit_box b = box(40, 9, 2);

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		must_fit(all[i], &b);
}

static const char *family(uint32_t run)
{
	return fonts->all[fit_.s.r[run].font].family;
}

static void right_font(void **state)
{
	struct fit_box b = box(60, 9, 1);

	(void)state;
	must_fit("ئۈرۈمچى", &b);
	assert_string_equal(family(0), "Noto Sans Arabic");
	must_fit("ལྷ་ས", &b);
	assert_string_equal(family(0), "Noto Serif Tibetan");
	must_fit("水箱 8", &b);
	assert_string_equal(family(0), "Noto Sans CJK SC");
	must_fit("\xf0\xab\xa0\x9b", &b); /* U+2B81B: only in Hanazono */
	assert_string_equal(family(0), "HanaMinB");
}

static void as_it_is(void **state)
{
	struct fit_box b = box(60, 9, 2);

	(void)state;
	must_fit("021联和滨江大厦", &b);
	assert_int_equal(fit_.size, PT(9));
	assert_int_equal(fit_.nlines, 1);
	assert_false(fit_.cut);
	/* White space is one space, none at the ends. */
	must_fit("  A \t\r\n B  ", &b);
	assert_int_equal(fit_.s.nch, 3);
	assert_int_equal(fit_text(text, STR(" \n "), &b, &fit_, &e), RC_OK);
	assert_int_equal(fit_.nlines, 0);
	assert_int_equal(fit_text(text, STR(""), &b, &fit_, &e), RC_OK);
	assert_int_equal(fit_.nlines, 0);
}

static void shrinks(void **state)
{
	struct fit_box b = box(30, 5, 1);

	(void)state;
	must_fit("广灵四路128弄锦苑小区", &b);
	assert_true(fit_.size < PT(9) && fit_.size >= PT(6));
	assert_false(fit_.cut);
}

/* The hidden rest must not be in the file: neither its glyphs nor its characters. */
static void ellipsis(void **state)
{
	struct fit_box b = box(20, 4, 1);
	char s[600] = "甲";

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(s + 3 + 3 * i, i < 99 ? "水" : "乙", 4);
	must_fit(s, &b);
	assert_true(fit_.cut);
	assert_int_equal(fit_.size, PT(6));
	assert_int_equal(fit_.s.ch[fit_.s.nch - 1], TEXT_ELLIPSIS);
	assert_true(fit_.s.nch < 15);
	assert_true(fit_.s.ng == fit_.s.nch);
	for (uint32_t i = 0; i < fit_.s.nch; i++)
		assert_true(fit_.s.ch[i] != 0x4e59);
	/* The paragraph itself is whole again. */
	assert_int_equal(text->ch[text->n - 1], 0x4e59);
	/* Right to left: the ellipsis stands at the left end. */
	must_fit("ئۈرۈمچى شەھىرى غەربىي شىمال يولى ئۈرۈمچى شەھىرى غەربىي شىمال يولى", &b);
	assert_true(fit_.cut);
	assert_int_equal(
		fit_.s.ch[fit_.s.g[fit_.s.r[fit_.line[0].run0].glyph].at], TEXT_ELLIPSIS);
}

/* First character of a line, in reading order. */
static uint32_t first_of(int line)
{
	uint32_t at = UINT32_MAX;

	for (uint32_t r = fit_.line[line].run0; r < fit_.line[line].run0 + fit_.line[line].runs;
		r++)
		for (uint32_t g = 0; g < fit_.s.r[r].n; g++)
			if (fit_.s.g[fit_.s.r[r].glyph + g].at < at)
				at = fit_.s.g[fit_.s.r[r].glyph + g].at;
	return fit_.s.ch[at];
}

static void chinese_breaks(void **state)
{
	static const uint32_t never_first[] = {0xff0c, 0x3002, 0x3001, 0xff09, 0x300b, 0x201d};
	const char *s = "一二三四五，六七八九。十（甲乙丙）丁戊、己庚《辛壬》癸子丑寅卯辰";

	(void)state;
	for (int w = 14; w < 60; w++) {
		struct fit_box b = box(w, 40, 8);

		must_fit(s, &b);
		for (int i = 0; i < fit_.nlines; i++)
			for (size_t k = 0; k < sizeof never_first / sizeof *never_first; k++)
				assert_true(first_of(i) != never_first[k]);
	}
}

/* Two lines of about the same length, not one full and one character. */
static void evened_out(void **state)
{
	struct fit_box b = box(32, 12, 3);

	(void)state;
	b.min = b.size;
	must_fit("上海市虹口区凉城新村街道", &b);
	assert_int_equal(fit_.nlines, 2);
	assert_true(width(1) * 10 >= width(0) * 8);
}

static void direction(void **state)
{
	struct fit_box b = box(60, 9, 1);
	uint32_t first, last;

	(void)state;
	must_fit("ئۈرۈمچى 25 نومۇر", &b);
	assert_true(text->rtl);
	/* At the right edge, last glyph on paper = first character of the text. */
	assert_in_range(fit_.line[0].x + width(0), 59990, 60000);
	last = fit_.s.r[fit_.s.nr - 1].glyph + fit_.s.r[fit_.s.nr - 1].n - 1;
	assert_int_equal(fit_.s.g[last].at, 0);
	/* The number keeps its own direction. */
	for (uint32_t r = 0; r < fit_.s.nr; r++) {
		first = fit_.s.r[r].glyph;
		if (fit_.s.ch[fit_.s.g[first].at] == '2')
			assert_int_equal(fit_.s.ch[fit_.s.g[first + 1].at], '5');
	}
	must_fit("水箱 ئۈرۈمچى", &b);
	assert_false(text->rtl);
	assert_int_equal(fit_.line[0].x, 0);
}

static void refused(const char *s, size_t n, const char *why)
{
	struct fit_box b = box(60, 20, 4);

	memset(&e, 0, sizeof e);
	if (fit_text(text, (struct str){s, n}, &b, &fit_, &e) != RC_INVALID)
		fail_msg("not refused: %s", why);
	if (strstr(e.detail, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.detail, why);
}

static void refusals(void **state)
{
	char longer[LABEL_FIELD_BYTES + 2];

	(void)state;
	refused("a\x01z", 3, "control character");
	refused("a\0z", 3, "control character");
	refused("a\x7f", 2, "control character");
	refused("a\xc2\x85z", 4, "control character");
	refused("\xe2\x80\xaegnp.exe", 10, "reading direction");
	refused("\xe2\x81\xa6x", 4, "reading direction");
	refused("\xef\xbf\xbdx", 4, "damaged");
	refused("\xff\xfe", 2, "not UTF-8");
	refused("\xed\xa0\x80", 3, "not UTF-8");
	refused("\xf0\x9f\xab\xa0", 4, "no font of the list can draw U+1FAE0");
	refused("\xf3\xa0\x81\x81", 4, "tag");
	refused("\xef\xbf\xbe", 3, "not a character");
	memset(longer, 'x', sizeof longer);
	refused(longer, sizeof longer, "bytes long");
	/* More marks on a letter than any script has. */
	char zalgo[64] = "a";

	for (int i = 0; i < 12; i++)
		memcpy(zalgo + 1 + 2 * i, "\xcc\x81", 3);
	refused(zalgo, strlen(zalgo), "marks");
}

/* As long as a field may be: cut, not refused, and quick. */
static void very_long(void **state)
{
	char s[LABEL_FIELD_BYTES];
	struct fit_box b = box(40, 9, 2);

	(void)state;
	memset(s, 'W', sizeof s);
	assert_int_equal(fit_text(text, (struct str){s, sizeof s}, &b, &fit_, &e), RC_OK);
	assert_true(fit_.cut);
	assert_true(width(0) <= b.w && width(1) <= b.w);
	/* One letter wider than its box. */
	b = box(4, 9, 2);
	enum rc rc = fit_text(text, STR("\xe2\xb8\xbb"), &b, &fit_, &e);

	assert_int_equal(rc, RC_INVALID);
	assert_non_null(strstr(e.detail, "does not fit"));
}

static void alignment(void **state)
{
	struct fit_box b = box(50, 20, 1);

	(void)state;
	b.align = FIT_CENTER;
	b.valign = FIT_MIDDLE;
	must_fit("水箱", &b);
	assert_in_range(fit_.line[0].x, (b.w - width(0)) / 2 - 2, (b.w - width(0)) / 2 + 2);
	int32_t middle = fit_.line[0].y;

	b.valign = FIT_TOP;
	must_fit("水箱", &b);
	assert_true(fit_.line[0].y < middle);
	b.valign = FIT_BOTTOM;
	b.align = FIT_END;
	must_fit("水箱", &b);
	assert_true(fit_.line[0].y > middle);
	assert_in_range(fit_.line[0].x + width(0), 49990, 50000);
}

static void font_lists(void **state)
{
	struct err why = {0};
	struct label_fonts *f = label_fonts_open(STR("Noto Sans CJK SC, No Such Family"), &why);

	(void)state;
	assert_null(f);
	assert_non_null(strstr(why.detail, "No Such Family"));
	assert_null(label_fonts_open(STR(" , "), &why));
	f = label_fonts_open(STR("Noto Sans"), &why);
	assert_non_null(f);
	assert_int_equal(font_for(f, false, 'A', FONT_NONE), 0);
	assert_int_equal(font_for(f, true, 0x6c34, FONT_NONE), FONT_NONE);
	label_fonts_free(f);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(hard_strings),
		cmocka_unit_test(right_font), cmocka_unit_test(as_it_is),
		cmocka_unit_test(shrinks), cmocka_unit_test(ellipsis),
		cmocka_unit_test(chinese_breaks), cmocka_unit_test(evened_out),
		cmocka_unit_test(direction), cmocka_unit_test(refusals),
		cmocka_unit_test(very_long), cmocka_unit_test(alignment),
		cmocka_unit_test(font_lists)};

	return cmocka_run_group_tests_name("text on labels", tests, setup, teardown);
}
