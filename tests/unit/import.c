/* qrsvc/cli: reading tables, templates, conditions and profiles; no database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/profile.h"

static char path[] = "/tmp/qrsvc-import-XXXXXX";

static void write_file(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}
#define WRITE(lit) write_file("" lit, sizeof(lit) - 1)

/* --- csv --- */

struct seen {
	struct sbuf text; /* cells as [a][b], rows as line:...; */
	int rows, stop_at;
};

static enum rc on_row(void *arg, const struct csv_row *row, struct err *e)
{
	struct seen *s = arg;

	sbuf_fmt(&s->text, "%lld:", (long long)row->line);
	for (size_t i = 0; i < row->n; i++)
		sbuf_fmt(&s->text, "[%.*s]", STR_F(row->cell[i]));
	sbuf_byte(&s->text, ';');
	return ++s->rows == s->stop_at ? err_set(e, RC_INVALID, "stop") : RC_OK;
}

static enum rc read_csv(const char *encoding, char *ret_text, struct err *e)
{
	struct seen s = {.rows = 0};
	struct csv_options opt = {encoding, ',', NULL, on_row, &s};
	enum rc rc;

	sbuf_init(&s.text, 4096);
	rc = csv_read(path, &opt, e);
	snprintf(ret_text, 4096, "%s", sbuf_c(&s.text));
	sbuf_release(&s.text);
	return rc;
}

static void csv_rows(void **state)
{
	char got[4096];
	struct err e;

	(void)state;
	WRITE("a,b\r\n1,\"x, \"\"y\"\"\"\r\n\r\n2,\"two\nlines\"\n3,\n4, z ");
	assert_int_equal(read_csv("auto", got, &e), RC_OK);
	/* blank lines are no rows; a row begins where its first line does */
	assert_string_equal(
		got, "1:[a][b];2:[1][x, \"y\"];4:[2][two\nlines];6:[3][];7:[4][z];");
}

static void csv_encodings(void **state)
{
	char got[4096];
	struct err e;

	(void)state;
	WRITE("\xef\xbb\xbf"
	      "\xe6\xb0\xb4,b\n"); /* U+6C34 behind a BOM */
	assert_int_equal(read_csv("auto", got, &e), RC_OK);
	assert_string_equal(got, "1:[水][b];");
	WRITE("\xcb\xae,\x95\x34\x9d\x37\n"); /* GB 18030: two bytes, and four beyond the BMP */
	assert_int_equal(read_csv("auto", got, &e), RC_OK);
	assert_memory_equal(got, "1:[水][", 7);
	assert_int_equal(read_csv("utf-8", got, &e), RC_BAD);
	WRITE("a\n\xff\xff\n");
	assert_int_equal(read_csv("auto", got, &e), RC_BAD);
	assert_non_null(strstr(e.detail, "line 2"));
	WRITE("a\n\xcb"); /* half a character at the end */
	assert_int_equal(read_csv("gb18030", got, &e), RC_BAD);
}

/* A character cut in two by the pieces in which the file is read. */
static void csv_long(void **state)
{
	char got[4096], *big = malloc(200000);
	struct err e;
	size_t n = 0;

	(void)state;
	assert_non_null(big);
	while (n < 150000) {
		memcpy(big + n, "\xe6\xb0\xb4\n", 4);
		n += 4;
	}
	write_file(big, n);
	assert_int_equal(read_csv("auto", got, &e), RC_OK);
	memset(big, 'x', 100000);
	write_file(big, 100000);
	assert_int_equal(read_csv("auto", got, &e), RC_BAD);
	assert_non_null(strstr(e.detail, "longer than"));
	free(big);
}

static void csv_refusals(void **state)
{
	char got[4096];
	struct err e;

	(void)state;
	WRITE("a\n\"b");
	assert_int_equal(read_csv("auto", got, &e), RC_BAD);
	assert_non_null(strstr(e.detail, "line 2"));
	WRITE("a\nb\"c\n");
	assert_int_equal(read_csv("auto", got, &e), RC_BAD);
	WRITE("a\nb\0c\n");
	assert_int_equal(read_csv("auto", got, &e), RC_BAD);
	assert_non_null(strstr(e.detail, "NUL"));
	WRITE("a\nb\rc\n");
	assert_int_equal(read_csv("auto", got, &e), RC_BAD);
	assert_non_null(strstr(e.detail, "carriage return"));
	unlink(path);
	assert_int_equal(read_csv("auto", got, &e), RC_IO);
}

/* --- templates and conditions --- */

static const struct str header[] = {STR("A"), STR("B"), STR("WHEN"), STR("LAT"), STR("LON")};
static const struct str cells[] = {
	STR(" x  y "), STR(""), STR("02/29/2016"), STR(""), STR("40.5"), STR("-73.9")};

static struct expr_scope scope_of(struct arena *a)
{
	static const char *const dates[] = {"%m/%d/%Y", NULL};
	static const char *const times[] = {"%Y-%m-%d %H:%M", NULL};
	struct expr_scope s = {.mem = a,
		.header = header,
		.header_n = 5,
		.shift_from = 3,
		.shift = 1,
		.date_formats = dates,
		.time_formats = times,
		.timezone = "Asia/Shanghai"};

	s.used = arena_array(a, 6, sizeof *s.used);
	return s;
}

static void value(struct expr_scope *s, const char *template, const char *want)
{
	struct refusal why = {NULL, ""};
	struct expr *x;
	struct str got;
	struct err e;

	assert_int_equal(expr_compile(s, str_c(template), &x, &e), RC_OK);
	assert_int_equal(expr_bind(x, s, &e), RC_OK);
	assert_true(expr_value(x, s, cells, 6, s->mem, &got, &why));
	if (!want) {
		assert_null(got.p);
		return;
	}
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void template_values(void **state)
{
	struct arena a;
	struct expr_scope s;

	(void)state;
	arena_init(&a);
	s = scope_of(&a);
	value(&s, "word", "word");
	value(&s, "{A}", "x  y");
	value(&s, "{A|squeeze|upper}!", "X Y!");
	value(&s, "{A|alnum}", "XY");
	value(&s, "{B}", NULL);
	value(&s, "No. {B}", NULL);
	value(&s, "{B|or:roof}", "roof");
	value(&s, "{B}{A}", "x  y");
	value(&s, "{{{A}}}", "{x  y}");
	value(&s, "{WHEN|date}", "2016-02-29");
	value(&s, "{LAT}/{LON}", "40.5/-73.9"); /* shifted by one */
	value(&s, "{A+1}", NULL);
	value(&s, "{#3}", "02/29/2016");
	value(&s, "{#99}", NULL);
	value(&s, "{NONE?}", NULL);
	value(&s, "{LAT|pad:6}", "0040.5");
	arena_release(&a);
}

static void refused(
	struct expr_scope *s, const char *template, struct str cell, const char *reason)
{
	struct refusal why = {NULL, ""};
	struct expr *x;
	struct str got;
	struct err e;

	assert_int_equal(expr_compile(s, str_c(template), &x, &e), RC_OK);
	assert_int_equal(expr_bind(x, s, &e), RC_OK);
	assert_false(expr_value(x, s, &cell, 1, s->mem, &got, &why));
	assert_string_equal(why.reason, reason);
}

static void template_refusals(void **state)
{
	struct arena a;
	struct expr_scope s;

	(void)state;
	arena_init(&a);
	s = scope_of(&a);
	refused(&s, "{A|date}", STR("02/30/2015"), "bad_date");
	refused(&s, "{A|date}", STR("2015-02-03"), "bad_date");
	refused(&s, "{A|date}", STR("02/03/2015 x"), "bad_date");
	refused(&s, "{A|datetime}", STR("2015-02-03 25:00"), "bad_time");
	refused(&s, "{A|datetime}", STR("2015-02-03 09:00+8"), "bad_time");
	refused(&s, "{A|number}", STR("1e5"), "bad_number");
	refused(&s, "{A|number}", STR("007"), "bad_number");
	refused(&s, "{A|bool}", STR("maybe"), "unknown_value");
	arena_release(&a);
}

static void template_times(void **state)
{
	struct arena a;
	struct expr_scope s;
	struct refusal why = {NULL, ""};
	struct expr *x;
	struct str cell = STR("2026-05-14 09:20"), zoned = STR("2026-05-14 09:20+05:30"), got;
	struct err e;

	(void)state;
	arena_init(&a);
	s = scope_of(&a);
	assert_int_equal(expr_compile(&s, STR("{A|datetime}"), &x, &e), RC_OK);
	assert_int_equal(expr_bind(x, &s, &e), RC_OK);
	assert_true(expr_value(x, &s, &cell, 1, &a, &got, &why));
	assert_true(str_eq(got, STR("2026-05-14T09:20:00 Asia/Shanghai")));
	assert_true(expr_value(x, &s, &zoned, 1, &a, &got, &why));
	assert_true(str_eq(got, STR("2026-05-14T09:20:00+05:30")));
	arena_release(&a);
}

static void conditions(void **state)
{
	static const struct {
		const char *text;
		bool holds;
	} cases[] = {
		{"{LON} = -73.9", true},
		{"{LON} != -73.9", false},
		{"{B} = \"\"", true},
		{"{A} ~ x*", true},
		{"{A} !~ ?", true},
		{"{WHEN|date} < 2016-03-01", true},
		{"{WHEN|date} > 2016-03-01", false},
		{"{B} < 1", false}, /* what is absent is not small */
		{"{B} = x or {LAT} = 40.5", true},
		{"{B} = x and {LAT} = 40.5 or {A} = y", false},
		{"{B} = \"\" and {LAT} = 40.5 and {A} ~ * or {A} = y", true},
	};
	struct arena a;
	struct expr_scope s;
	struct cond *c;
	struct err e;

	(void)state;
	arena_init(&a);
	s = scope_of(&a);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct refusal why = {NULL, ""};

		assert_int_equal(cond_compile(&s, str_c(cases[i].text), &c, &e), RC_OK);
		assert_int_equal(cond_bind(c, &s, &e), RC_OK);
		assert_int_equal(cond_holds(c, &s, cells, 6, &a, &why), cases[i].holds);
	}
	assert_int_equal(cond_compile(&s, STR("{A} is x"), &c, &e), RC_BAD);
	assert_int_equal(cond_compile(&s, STR("@missing"), &c, &e), RC_BAD);
	assert_int_equal(cond_compile(&s, STR("{A} = x"), &c, &e), RC_OK);
	arena_release(&a);
}

/* --- a whole profile --- */

static void profile_makes_rows(void **state)
{
	static const char text[] =
		"[profile]\nsource = test\n[map word]\n未检出 = not_detected\n* = =\n"
		"[conditions]\nodd = {key} ~ *[13579]\n"
		"[records]\nkey @odd = odd-{key}\nkey = {key}\ntype = test\n"
		"[records.fields]\nworkers = {workers|number}\nnote = {note}\n"
		"[records.parties]\nlab = {lab}\nlab.filing = {filing}\n"
		"[records.results]\nph = {ph|map:word}\ne_coli = {ecoli|map:word}\n"
		"[records.flags]\nlate = {note} = late\n"
		"[records.refuse]\nno_lab = {lab} = \"\"\n";
	static const struct str head[] = {STR("key"), STR("workers"), STR("note"), STR("lab"),
		STR("filing"), STR("ph"), STR("ecoli")};
	static const struct str one[] = {STR("7"), STR("3"), STR("late"), STR("L \"1\""),
		STR("F2"), STR("≤ 7.1"), STR("未检出")};
	struct csv_row row = {one, 7, 2, STR("")};
	struct str v[32];
	struct refusal why;
	struct profile *p;
	struct arena a;
	struct err e;

	(void)state;
	write_file(text, sizeof text - 1);
	arena_init(&a);
	/* named by path: the file has no ".ini", but a slash */
	assert_int_equal(profile_load(path, &p, &e), RC_OK);
	assert_int_equal(profile_bind(p, IMPORT_RECORDS, head, 7, &e), RC_OK);
	assert_true(profile_row(p, IMPORT_RECORDS, &row, &a, v, &why));
	for (size_t i = 0; import_columns[IMPORT_RECORDS][i]; i++) {
		static const struct {
			const char *column, *want;
		} want[] = {
			{"key", "odd-7"},
			{"fields", "{\"workers\":3,\"note\":\"late\"}"},
			{"parties",
				"[{\"role\":\"lab\",\"name\":\"L \\\"1\\\"\",\"filing\":\"F2\"}]"},
			{"results", "[{\"item\":\"ph\",\"op\":\"<=\",\"num\":\"7.1\"},"
				    "{\"item\":\"e_coli\",\"word\":\"not_detected\"}]"},
			{"flags", "[\"late\"]"},
		};

		for (size_t k = 0; k < sizeof want / sizeof *want; k++)
			if (strcmp(want[k].column, import_columns[IMPORT_RECORDS][i]) == 0)
				assert_true(str_eq(v[i], str_c(want[k].want)));
	}
	static const struct str bad[] = {
		STR("8"), STR("3"), STR(""), STR(""), STR(""), STR(""), STR("")};
	row.cell = bad;
	assert_false(profile_row(p, IMPORT_RECORDS, &row, &a, v, &why));
	assert_string_equal(why.reason, "no_lab");
	profile_free(p);
	arena_release(&a);
}

/* --- options of commands --- */

static void options(void **state)
{
	const char *name = NULL;
	bool fast = false;
	const struct cli_opt opts[] = {
		{"name", &name, NULL}, {"fast", NULL, &fast}, {NULL, NULL, NULL}};
	char *good[] = {(char[]){"cmd"}, (char[]){"one"}, (char[]){"--name=x"},
		(char[]){"--fast"}, (char[]){"--"}, (char[]){"--two"}, NULL};
	char *bad[] = {(char[]){"cmd"}, (char[]){"--fast=1"}, NULL};

	(void)state;
	assert_int_equal(cli_options("t", 6, good, opts), 2);
	assert_string_equal(name, "x");
	assert_true(fast);
	assert_string_equal(good[1], "one");
	assert_string_equal(good[2], "--two");
	assert_int_equal(cli_options("t", 2, bad, opts), -1);
}

int main(void)
{
	int fd;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	fd = mkstemp(path);
	if (fd < 0)
		return 1;
	close(fd);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_rows),
		cmocka_unit_test(csv_encodings),
		cmocka_unit_test(csv_long),
		cmocka_unit_test(csv_refusals),
		cmocka_unit_test(template_values),
		cmocka_unit_test(template_refusals),
		cmocka_unit_test(template_times),
		cmocka_unit_test(conditions),
		cmocka_unit_test(profile_makes_rows),
		cmocka_unit_test(options),
	};
	int bad = cmocka_run_group_tests_name("import", tests, NULL, NULL);

	unlink(path);
	return bad;
}
