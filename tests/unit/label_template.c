/* Templates: the shipped ones, the errors of a bad one, the drawing, the address rules. */
#include "labels/layout.h"
#include "labels/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define DIR_ "labels/templates"

static const char good[] = "[template]\nname = mine\nkind = sheet\n"
			   "[page]\nwidth = 210\nheight = 297\n"
			   "[grid]\ncolumns = 2\nrows = 2\nleft = 10\ntop = 10\n"
			   "[label]\nwidth = 90\nheight = 60\nmargin = 2\n";

static void load_one(void *arg, const char *name)
{
	struct err e = {0};
	struct label_template *t = label_template_load(name, DIR_, &e);

	if (t == NULL) {
		fail_msg("%s: %s", name, e.detail);
		return;
	}
	assert_string_equal(t->name, name);
	assert_true(t->source[0] != '\0');
	assert_true(t->title[0] != '\0');
	/* Not one fits a code of less than a third of a millimetre. */
	struct layout_plan p;
	struct label_options o = {.tpl = t, .base = STR("https://qr.example.gov.cn")};

	if (layout_plan(&o, &p, &e) != RC_OK)
		fail_msg("%s: %s", name, e.detail);
	assert_true(p.qr_x - LABEL_QUIET * p.module / 1000 >= 0);
	*(int *)arg += 1;
	label_template_free(t);
}

static void shipped(void **state)
{
	int n = 0;

	(void)state;
	assert_true(label_template_each(DIR_, load_one, &n));
	assert_true(n >= 34); /* 30 stocks beside sticker, poster, plate, rolls */
}

/* Geometry that everybody can look up. */
static void known_stock(void **state)
{
	struct label_template *t = label_template_load("avery-l7160", DIR_, NULL);
	int32_t x, y;

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->columns * t->rows, 21);
	assert_int_equal(t->w, 63500);
	assert_int_equal(t->h, 38100);
	template_at(t, 20, &x, &y);
	assert_int_equal(x, 7210 + 2 * 66040);
	assert_int_equal(y, 15150 + 6 * 38100);
	label_template_free(t);
}

static void bad(const char *tail, const char *why)
{
	char ini[2000];
	struct label_template t;
	struct err e = {0};

	snprintf(ini, sizeof ini, "%s%s", good, tail);
	if (template_parse(str_c(ini), "x.ini", &t, &e) == RC_OK)
		fail_msg("taken: %s", tail);
	if (strstr(e.detail, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.detail, why);
}

static void mistakes(void **state)
{
	(void)state;
	bad("", "no [qr]");
	bad("[fields]\nlayout = auto-2\n", "x.ini:17: [fields] knows only");
	bad("[qr]\nx = 5\ny = 5\nsiez = 30\n", "x.ini:19: [qr] knows no key \"siez\"");
	bad("[qr]\nx = 5mm\n", "x.ini:17: x = 5mm: not a length");
	bad("[qr]\nx = 1.2345\n", "not a length");
	bad("[qr]\nx = -1\n", "out of range");
	bad("[qr]\nx = 99999\n", "out of range");
	bad("[qr]\nx = 70\ny = 5\nsize = 30\n", "[qr] has no size, or lies outside");
	bad("nonsense\n", "x.ini:16");
	bad("[wrong]\na = 1\n", "unknown section [wrong]");
	bad("[label]\nwidth = 120\n", "do not fit on [page]");
	bad("[grid]\npitch_x = 50\n", "overlap");
	bad("[label]\nmargin = 0.5\n", "at least 1.5 mm");
	bad("[label]\nmargin = 29\n", "leaves no room");
	bad("[label]\nradius = 40\n", "radius");
	bad("[grid]\nrows = 0\n", "a number from 1 to 100");
	bad("[template]\ndpi = 50\n", "a number from 150");
	bad("[template]\nname = Bad Name\n", "small letters");
	bad("[template]\nkind = banner\n", "not one of the words");
#define QR "[qr]\nx = 2\ny = 2\nsize = 40\n"
	bad(QR "[text a]\ncontent = {nmae}\n", "unknown placeholder {nmae}");
	bad(QR "[text a]\ncontent = {line1\n", "unknown placeholder");
	bad(QR "[text a]\ncontent = x\nx = 50\ny = 5\nwidth = 20\nheight = 5\n", "has no size");
	bad(QR "[text a]\ncontent = x\nx = 50\ny = 5\nwidth = 20\nheight = 5\nsize = 9\nmin = 10\n",
		"min is larger");
	bad(QR "[text a]\ncontent = x\nx = 50\ny = 5\nwidth = 50\nheight = 5\nsize = 9\n",
		"outside the label");
	bad(QR "[text a]\ncontent = x\nx = 50\ny = 5\nwidth = 20\nheight = 2\nsize = 9\n",
		"no room for a line");
	bad(QR "[text a]\nsize = 9\n", "no content");
	bad(QR "[text a]\ncolour = #12345\n", "a colour like");
	bad(QR "[text a]\ncolour = none\n", "needs a colour");
	bad(QR "[text a]\nsize = 2\n", "font size from 3");
	bad(QR "[box b]\nx = 1\ny = 1\nwidth = 5\nheight = 5\nstroke = #000000\n",
		"no line width");
	bad(QR "[box b]\nx = 1\ny = 1\nwidth = 5\nheight = 5\nradius = 3\n", "radius");
	bad(QR "[fields]\nlayout = auto-1\n", "cannot stand beside");
	struct label_template t;
	struct err e = {0};

	assert_int_equal(
		template_parse(STR("[label]\nwidth = 50\nheight = 50\n"), "y.ini", &t, &e),
		RC_INVALID);
	assert_non_null(strstr(e.detail, "no name"));
	assert_int_equal(template_parse((struct str){"a\0b", 3}, "y.ini", &t, &e), RC_BAD);
	assert_null(label_template_load("no-such-stock", DIR_, &e));
	assert_non_null(strstr(e.detail, "no template \"no-such-stock\""));
}

static void slurp(FILE *f, char *ret_, size_t room)
{
	rewind(f);
	size_t n = fread(ret_, 1, room - 1, f);

	ret_[n] = '\0';
	fclose(f);
}

/* What --show prints is a template that says the same. */
static void printed(void **state)
{
	static const char *const names[] = {"a4-24", "stairwell-a4-8", "poster-a4", "plate-120",
		"roll-60x80", "avery-5160"};
	static char text[65536];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct label_template *t = label_template_load(names[i], DIR_, NULL), again;
		struct err e = {0};
		FILE *f = tmpfile();

		label_template_print(t, f);
		slurp(f, text, sizeof text);
		if (template_parse(str_c(text), "again", &again, &e) != RC_OK)
			fail_msg("%s: %s", names[i], e.detail);
		assert_int_equal(again.texts, t->texts);
		assert_int_equal(again.boxes, t->boxes);
		assert_memory_equal(&again.qr, &t->qr, sizeof t->qr);
		for (int k = 0; k < t->texts; k++) {
			assert_string_equal(again.text[k].content, t->text[k].content);
			assert_memory_equal(
				&again.text[k].box, &t->text[k].box, sizeof t->text[k].box);
			assert_int_equal(again.text[k].flow, t->text[k].flow);
			assert_int_equal(again.text[k].colour, t->text[k].colour);
		}
		label_template_free(t);
	}
}

static void drawn(void **state)
{
	struct label_template *t = label_template_load("a4-24", DIR_, NULL);
	static char text[65536];
	FILE *f = tmpfile();

	(void)state;
	label_template_draw(t, f);
	slurp(f, text, sizeof text);
	assert_non_null(strstr(text, "24|"));
	assert_non_null(strstr(text, "##"));
	label_template_free(t);
}

static void address(const char *base, bool trial, const char *why)
{
	struct err e = {0};
	enum rc rc = label_base_check(str_c(base), trial, NULL, 0, &e);

	if (why == NULL) {
		if (rc != RC_OK)
			fail_msg("%s: %s", base, e.detail);
		return;
	}
	if (rc == RC_OK)
		fail_msg("%s was taken", base);
	if (strstr(e.detail, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.detail, why);
}

static void addresses(void **state)
{
	static const char *const near_[] = {"https://localhost", "https://127.0.0.1:8080",
		"http://192.168.1.20", "https://10.0.0.8", "https://172.20.1.1",
		"https://100.64.0.1", "https://169.254.0.1", "https://nas", "https://qr.local",
		"https://qr.corp", "https://QR.Home.ARPA", "https://114.114.114.114",
		"http://qr.example.gov.cn"};

	(void)state;
	for (size_t i = 0; i < sizeof near_ / sizeof *near_; i++) {
		address(near_[i], false, "base address");
		address(near_[i], true, NULL);
	}
	address("https://qr.example.gov.cn", false, NULL);
	address("HTTPS://QR.EXAMPLE.GOV.CN/", false, NULL);
	address("https://172.32.1.1", false, "bare number");
	address("", true, "is wanted");
	address("qr.example.gov.cn", true, "is wanted");
	address("ftp://qr.example.gov.cn", true, "is wanted");
	address("https://qr.example.gov.cn/x", true, "is wanted");
	address("https://a@qr.example.gov.cn", true, "is wanted");
	address("https://qr.example.gov.cn?x", true, "is wanted");
	address("https://qr.example.gov.cn:0", true, "is wanted");
	address("https://qr.example.gov.cn:99999", true, "is wanted");
	address("https://", true, "is wanted");
	address("https://.cn", true, "is wanted");
	/* 61 characters in all fit version 3 at level M: a host of 43. */
	address("https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.cn", false, NULL);
	address("https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.cn", false, "too long");
	address("https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.cn", true, NULL);
	const struct str hosts[] = {STR("qr.example.gov.cn"), STR("old.example.gov.cn")};
	struct err e = {0};

	assert_int_equal(
		label_base_check(STR("https://OLD.example.gov.cn"), false, hosts, 2, &e),
		RC_OK);
	assert_int_equal(label_base_check(STR("https://qr.example.com"), false, hosts, 2, &e),
		RC_INVALID);
	assert_non_null(strstr(e.detail, "configured hosts"));
}

/* ISO/IEC 18004 table 7: the highest level that holds it. */
static void levels(void **state)
{
	struct qr_plan p;

	(void)state;
	for (size_t n = 1; n <= 35; n++)
		assert_true(
			qr_plan(n, 3, &p, NULL) == RC_OK && qr_level_letter(p.level) == 'H');
	assert_true(qr_plan(36, 3, &p, NULL) == RC_OK && qr_level_letter(p.level) == 'Q');
	assert_true(qr_plan(47, 3, &p, NULL) == RC_OK && qr_level_letter(p.level) == 'Q');
	assert_true(qr_plan(61, 3, &p, NULL) == RC_OK && qr_level_letter(p.level) == 'M');
	assert_int_equal(qr_plan(62, 3, &p, NULL), RC_TOO_LARGE);
	/* libqrencode agrees: it keeps the version at every limit, and fails one beyond. */
	static const size_t limit[] = {35, 47, 61, 38, 29};
	static const int version[] = {3, 3, 3, 2, 2};
	struct err e = {0};
	struct qr q;

	for (size_t i = 0; i < 5; i++) {
		char text[100] = "";

		memset(text, 'A', limit[i]);
		assert_int_equal(qr_plan(limit[i], version[i], &p, NULL), RC_OK);
		assert_int_equal(qr_encode(&p, text, &q, &e), RC_OK);
		assert_int_equal(q.side, 17 + 4 * version[i]);
		text[limit[i]] = 'A';
		assert_int_not_equal(qr_encode(&p, text, &q, &e), RC_OK);
	}
}

static void module_sizes(void **state)
{
	struct label_template *t = label_template_load("a4-24", DIR_, NULL);
	struct label_options o = {.tpl = t, .base = STR("https://qr.example.gov.cn")};
	struct layout_plan p;
	struct err e = {0};

	(void)state;
	for (unsigned dpi = 200; dpi <= 1200; dpi += 100) {
		o.dpi = dpi;
		assert_int_equal(layout_plan(&o, &p, &e), RC_OK);
		/* A whole number of dots, to a nanometre. */
		int64_t dots = ((int64_t)p.module * dpi + 12700000) / 25400000;

		assert_in_range(p.module * (int64_t)dpi - dots * 25400000 + dpi, 0, 2 * dpi);
		assert_true((int64_t)p.module * (p.qr.side + 8) <= (int64_t)t->qr.size * 1000);
	}
	o.dpi = 600;
	t->qr.size = 17000; /* too little room for version 3: larger modules of version 2 */
	o.base = STR("https://qr.sh.gov.cn");
	assert_int_equal(layout_plan(&o, &p, &e), RC_OK);
	assert_int_equal(p.qr.version, 2);
	t->qr.size = 10000;
	assert_int_equal(layout_plan(&o, &p, &e), RC_INVALID);
	assert_non_null(strstr(e.detail, "below 0.33 mm"));
	label_template_free(t);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(shipped),
		cmocka_unit_test(known_stock), cmocka_unit_test(mistakes),
		cmocka_unit_test(printed), cmocka_unit_test(drawn), cmocka_unit_test(addresses),
		cmocka_unit_test(levels), cmocka_unit_test(module_sizes)};

	return cmocka_run_group_tests_name("label templates", tests, NULL, NULL);
}
