/* Jobs: positions, batches, threads, refusals, broken writers, preflight, printers.
 * valgrind: no, libzbar 0.23.92 copies overlapping bytes; ASan covers our side. */
#include "labels/code.h"
#include "labels/label.h"
#include "labels/template.h"
#include "qrsvc/base/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct label_fonts *fonts;
static struct label_template *sheet24;

struct sink_ {
	struct sbuf b;
	uint64_t room; /* bytes until the disk is full */
	int files;
	char last[64];
	uint64_t progress;
};

static int setup(void **state)
{
	struct err e = {0};

	(void)state;
	fonts = label_fonts_open(STR_NONE, &e);
	sheet24 = label_template_load("a4-24", "labels/templates", &e);
	if (fonts == NULL || sheet24 == NULL) {
		print_message("# %s\n", e.detail);
		return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	label_template_free(sheet24);
	label_fonts_free(fonts);
	return 0;
}

static bool on_write(void *arg, const void *p, size_t n)
{
	struct sink_ *s = arg;

	if (s->room < n)
		return false;
	s->room -= n;
	sbuf_add(&s->b, p, n);
	return true;
}

static bool on_file(void *arg, const char *name)
{
	struct sink_ *s = arg;

	s->files++;
	snprintf(s->last, sizeof s->last, "%s", name);
	return true;
}

static void on_progress(void *arg, uint64_t labels)
{
	struct sink_ *s = arg;

	assert_true(labels > s->progress);
	s->progress = labels;
}

static void sink_init(struct sink_ *s)
{
	*s = (struct sink_){.room = UINT64_MAX};
	sbuf_init(&s->b, 1u << 28);
}

static struct label_options options(struct sink_ *s)
{
	return (struct label_options){.tpl = sheet24,
		.fonts = fonts,
		.base = STR("https://qr.example.gov.cn"),
		.write = on_write,
		.file = on_file,
		.progress = on_progress,
		.arg = s,
		.dpi = 300};
}

/* The n-th issued code of a fixed sequence. */
static struct code nth(unsigned n)
{
	struct code c;
	uint64_t v = (uint64_t)n * 1000003 * 40503;

	for (;; v++) {
		unsigned char r[CODE_RANDOM] = {(unsigned char)(v >> 32),
			(unsigned char)(v >> 24), (unsigned char)(v >> 16),
			(unsigned char)(v >> 8), (unsigned char)v};

		if (code_make(r, &c))
			return c;
	}
}

static enum rc put(struct label_job *j, unsigned n, const char *name, struct err *e)
{
	struct code c = nth(n);
	struct label_row row = {.number = n + 1};

	row.field[LABEL_CODE] = str_c(c.c);
	row.field[LABEL_LINE1] = str_c(name);
	row.field[LABEL_PLACE] = STR("广灵四路128弄");
	return label_job_row(j, &row, e);
}

static enum rc run(
	const struct label_options *o, unsigned rows, struct label_report *ret_, struct err *e)
{
	struct label_job *j = label_job_new(o, e);
	enum rc rc = j ? RC_OK : e->rc;
	char name[64];

	for (unsigned i = 0; i < rows && rc == RC_OK; i++) {
		snprintf(name, sizeof name, "锦苑小区%u号楼水箱", i);
		rc = put(j, i, name, e);
	}
	if (rc == RC_OK)
		rc = label_job_end(j, ret_, e);
	label_job_free(j);
	return rc;
}

static void positions(void **state)
{
	static const struct {
		unsigned start, skip[3], nskip, rows;
		enum label_order order;
		unsigned sheets, next;
	} t[] = {{0, {0}, 0, 24, LABEL_BY_ROW, 1, 1}, {0, {0}, 0, 25, LABEL_BY_ROW, 2, 2},
		{0, {0}, 0, 1, LABEL_BY_ROW, 1, 2}, {24, {0}, 0, 1, LABEL_BY_ROW, 1, 1},
		{20, {21, 22}, 2, 3, LABEL_BY_ROW, 1, 1}, {1, {2}, 1, 1, LABEL_BY_ROW, 1, 3},
		{1, {2}, 1, 24, LABEL_BY_ROW, 2, 2}, {0, {0}, 0, 1, LABEL_BY_COLUMN, 1, 4},
		{0, {0}, 0, 8, LABEL_BY_COLUMN, 1, 2}, {22, {0}, 0, 1, LABEL_BY_COLUMN, 1, 2},
		{24, {24}, 1, 1, LABEL_BY_ROW, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct label_report r = {0};
		struct err e = {0};
		struct sink_ s;

		sink_init(&s);
		struct label_options o = options(&s);

		o.start = t[i].start;
		o.skip = t[i].skip;
		o.nskip = t[i].nskip;
		o.order = t[i].order;
		enum rc rc = run(&o, t[i].rows, &r, &e);

		assert_int_equal(rc, t[i].sheets ? RC_OK : RC_INVALID);
		if (rc == RC_OK) {
			assert_int_equal(r.sheets, t[i].sheets);
			assert_int_equal(r.next_position, t[i].next);
			assert_int_equal(r.labels, t[i].rows);
			assert_int_equal(r.bytes, s.b.n);
			assert_int_equal(s.progress, t[i].rows);
		}
		sbuf_release(&s.b);
	}
}

static void refuse(struct label_options o, unsigned rows, const char *why)
{
	struct err e = {0};
	struct label_report r;

	assert_int_not_equal(run(&o, rows, &r, &e), RC_OK);
	if (strstr(e.detail, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.detail, why);
}

static void refusals(void **state)
{
	struct sink_ s;

	(void)state;
	sink_init(&s);
	struct label_options o = options(&s);

	refuse(o, 0, "no row");
	o.start = 25;
	refuse(o, 1, "has 24 positions");
	o.start = 0;
	o.skip = (const unsigned[]){25};
	o.nskip = 1;
	refuse(o, 1, "skip 25");
	o.nskip = 0;
	o.base = STR("https://localhost");
	refuse(o, 1, "--trial");
	o = options(&s);
	s.room = 0;
	refuse(o, 30, "cannot be written");
	s.room = 20000;
	o.jobs = 3;
	refuse(o, 500, "cannot be written");
	sbuf_release(&s.b);
}

/* One bad row anywhere fails the batch and is named. */
static void named_rows(void **state)
{
	static const struct {
		const char *code, *name, *why;
	} t[] = {{NULL, "bad \x01 byte", "row 41: line1: holds U+0001"},
		{NULL, "\xf0\x9f\xab\xa0", "row 41: line1: no font"},
		{"0K7M2Q9XK", "x", "row 41: code 0K7M2Q9XK has a wrong check"},
		{"hello", "x", "row 41: code \"hello\" is not nine"},
		{"", "x", "row 41: code \"\" is not nine"}};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		for (unsigned jobs = 1; jobs <= 4; jobs++) {
			struct err e = {0};
			struct sink_ s;

			sink_init(&s);
			struct label_options o = options(&s);

			o.jobs = jobs;
			struct label_job *j = label_job_new(&o, &e);
			enum rc rc = RC_OK;

			for (unsigned n = 0; n < 100 && rc == RC_OK; n++) {
				struct label_row row = {.number = 41};

				row.field[LABEL_CODE] =
					str_c(t[i].code ? t[i].code : nth(40).c);
				row.field[LABEL_LINE1] = str_c(t[i].name);
				rc = n == 40 ? label_job_row(j, &row, &e)
					     : put(j, n, "水箱", &e);
			}
			if (rc == RC_OK)
				rc = label_job_end(j, NULL, &e);
			label_job_free(j);
			assert_int_equal(rc, RC_INVALID);
			if (strncmp(e.detail, t[i].why, strlen(t[i].why)) != 0)
				fail_msg("\"%s\" does not say \"%s\"", e.detail, t[i].why);
			sbuf_release(&s.b);
		}
	}
}

static void twice_the_same(void **state)
{
	struct err e = {0};
	struct sink_ s;

	(void)state;
	sink_init(&s);
	struct label_options o = options(&s);
	struct label_job *j = label_job_new(&o, &e);

	assert_int_equal(put(j, 7, "水箱", &e), RC_OK);
	assert_int_equal(put(j, 7, "水箱", &e), RC_CONFLICT);
	assert_non_null(strstr(e.detail, "row 8: code"));
	assert_int_equal(put(j, 9, "水箱", &e), RC_CONFLICT); /* stays failed */
	assert_int_equal(label_job_end(j, NULL, &e), RC_CONFLICT);
	label_job_free(j);
	sbuf_release(&s.b);
}

/* Same input, same bytes: twice, and with 1 to 5 threads; all four formats. */
static void same_bytes(void **state)
{
	(void)state;
	for (int f = LABEL_PDF; f <= LABEL_ZPL; f++) {
		struct sbuf first = {0};

		for (unsigned jobs = 1; jobs <= 5; jobs++) {
			struct label_report r;
			struct err e = {0};
			struct sink_ s;

			sink_init(&s);
			struct label_options o = options(&s);

			o.jobs = jobs;
			o.format = (enum label_format)f;
			if (run(&o, 150, &r, &e) != RC_OK)
				fail_msg("%s", e.detail);
			assert_int_equal(r.bytes, s.b.n);
			if (f == LABEL_PNG || f == LABEL_SVG)
				assert_int_equal(s.files, 150);
			if (jobs == 1) {
				first = s.b;
				continue;
			}
			assert_int_equal(s.b.n, first.n);
			assert_memory_equal(s.b.p, first.p, first.n);
			sbuf_release(&s.b);
		}
		sbuf_release(&first);
	}
}

static void proved(void **state)
{
	(void)state;
	for (int f = LABEL_PDF; f <= LABEL_ZPL; f++) {
		struct label_report r = {0};
		struct err e = {0};
		struct sink_ s;

		sink_init(&s);
		struct label_options o = options(&s);

		o.format = (enum label_format)f;
		o.decoder = &label_zbar;
		if (run(&o, 30, &r, &e) != RC_OK)
			fail_msg("%s", e.detail);
		assert_true(r.proved);
		assert_int_equal(r.version, 3);
		assert_int_equal(r.level, 'H');
		sbuf_release(&s.b);
	}
}

/* A decoder that finds nothing, another text, or two symbols. */
static int lie;
static void *lie_open(void)
{
	return lie == 3 ? NULL : &lie;
}
static int lie_read(
	void *ctx, const uint8_t *grey, unsigned w, unsigned h, char *ret_, size_t room)
{
	(void)ctx;
	assert_non_null(memchr(grey, 0, (size_t)w * h)); /* something is drawn */
	snprintf(ret_, room, "HTTPS://GAMBLING.EXAMPLE/1");
	return lie;
}
static void lie_close(void *ctx)
{
	(void)ctx;
}

static void preflight_stops(void **state)
{
	static const struct label_decoder liar = {lie_open, lie_read, lie_close};
	struct sink_ s;

	(void)state;
	sink_init(&s);
	struct label_options o = options(&s);

	o.decoder = &liar;
	for (int f = LABEL_PDF; f <= LABEL_ZPL; f++) {
		o.format = (enum label_format)f;
		lie = 0;
		refuse(o, 3, "row 1: the code as drawn cannot be read");
		lie = 1;
		refuse(o, 3, "row 1: the code as drawn reads \"HTTPS://GAMBLING.EXAMPLE/1\"");
		lie = 2;
		refuse(o, 3, "row 1: the code as drawn reads");
	}
	lie = 3;
	refuse(o, 3, "does not start");
	sbuf_release(&s.b);
}

/* A template that puts letters or a box into the quiet zone, or a box over the code. */
static void preflight_sees(void **state)
{
	static const struct {
		const char *ini, *why;
	} t[] = {
		{"[text a]\ncontent = WWWWWWWWWWWW\nx = 2\ny = 3\nwidth = 60\nheight = 8\nsize = 16\n",
			"white modules around it"},
		{"[box a]\nx = 2\ny = 0\nwidth = 3\nheight = 60\nfill = #000000\n",
			"white modules around it"},
		{"[box a]\nx = 20\ny = 20\nwidth = 18\nheight = 18\nfill = #000000\n",
			"cannot be read"},
		{"[box a]\nx = 7\ny = 7\nwidth = 14\nheight = 14\nfill = #ffffff\n", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char ini[1000];
		struct label_template tpl;
		struct err e = {0};
		struct sink_ s;

		snprintf(ini, sizeof ini,
			"[template]\nname = x\n[label]\nwidth = 90\nheight = 60\nmargin = 2\n"
			"[qr]\nx = 3\ny = 3\nsize = 50\n%s",
			t[i].ini);
		assert_int_equal(template_parse(str_c(ini), "x", &tpl, &e), RC_OK);
		sink_init(&s);
		struct label_options o = options(&s);

		o.tpl = &tpl;
		o.decoder = &label_zbar;
		if (t[i].why != NULL) {
			refuse(o, 1, t[i].why);
		} else {
			assert_int_equal(run(&o, 1, NULL, &e), RC_OK);
		}
		sbuf_release(&s.b);
	}
}

static void trial(void **state)
{
	struct label_report r = {0};
	struct err e = {0};
	struct sink_ s;

	(void)state;
	sink_init(&s);
	struct label_options o = options(&s);

	o.base = STR("http://192.168.1.20:8080");
	o.trial = true;
	assert_int_equal(run(&o, 5, &r, &e), RC_OK);
	s.progress = 0; /* a long host needs version 4, on trial sheets only */
	o.base = STR("https://a-very-long-host-name-for-a-trial-only.example.gov.cn");
	assert_int_equal(run(&o, 5, &r, &e), RC_OK);
	assert_int_equal(r.version, 4);
	o.trial = false;
	refuse(o, 5, "too long");
	sbuf_release(&s.b);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(positions),
		cmocka_unit_test(refusals), cmocka_unit_test(named_rows),
		cmocka_unit_test(twice_the_same), cmocka_unit_test(same_bytes),
		cmocka_unit_test(proved), cmocka_unit_test(preflight_stops),
		cmocka_unit_test(preflight_sees), cmocka_unit_test(trial)};

	return cmocka_run_group_tests_name("label jobs", tests, setup, teardown);
}
