/* Owns `qrsvc calendar`: loads the announcement of a year's off days and days worked instead,
 * which are data.  What it moves is built again by jobs; without a file it says what is loaded.
 * A file is a table of day, works ("off" or "work") and name; api.calendar_put() judges it. */
#include "qrsvc/app/csv.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/open.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#define COMMAND "calendar"

static enum rc row(void *arg, const struct csv_row *r, struct err *e)
{
	struct sbuf *b = arg;
	int32_t day;

	if (r->line == 1 && r->n > 1 && str_eq(r->cell[0], STR("day")) &&
		str_eq(r->cell[1], STR("works")))
		return RC_OK;
	if (r->n < 2 || !day_parse(r->cell[0], &day) ||
		(!str_eq(r->cell[1], STR("work")) && !str_eq(r->cell[1], STR("off"))))
		return err_set(
			e, RC_BAD, "line %lld: a row is DAY,off|work,NAME", (long long)r->line);
	sbuf_puts(b, b->n > 1 ? ",{\"day\":" : "{\"day\":");
	sbuf_json(b, r->cell[0]);
	sbuf_puts(b, str_eq(r->cell[1], STR("work")) ? ",\"works\":true" : ",\"works\":false");
	if (r->n > 2 && r->cell[2].n) {
		sbuf_puts(b, ",\"name\":");
		sbuf_json(b, r->cell[2]);
	}
	sbuf_byte(b, '}');
	return RC_OK;
}

static enum rc list(struct pgsync *pg, struct err *e)
{
	struct pgsync_rows rows = {0};
	enum rc rc = pgsync_query(pg,
		"SELECT calendar, year::text, off::text, worked::text, basis FROM "
		"api.calendar_list()",
		NULL, 0, &rows, e);

	for (size_t i = 0; rc == RC_OK && i < pgsync_count(&rows); i++)
		printf("%.*s %.*s: %.*s days off, %.*s worked instead; %.*s\n",
			STR_F(pgsync_cell(&rows, i, 0)), STR_F(pgsync_cell(&rows, i, 1)),
			STR_F(pgsync_cell(&rows, i, 2)), STR_F(pgsync_cell(&rows, i, 3)),
			STR_F(pgsync_cell(&rows, i, 4)));
	pgsync_rows_release(&rows);
	return rc;
}

static enum rc load(
	struct pgsync *pg, const char *path, struct pgsync_param v[6], struct err *e)
{
	struct pgsync_rows rows = {0};
	struct sbuf b;
	struct csv_options opt = {
		.encoding = "auto", .delimiter = ',', .row_cb = row, .arg = &b};

	sbuf_init(&b, LIMIT_DOCUMENT);
	sbuf_byte(&b, '[');
	enum rc rc = csv_read(path, &opt, e);
	sbuf_byte(&b, ']');
	if (rc == RC_OK && b.over)
		rc = err_set(e, RC_BAD, "%s is no table of days", path);
	v[5] = PG_TEXT(sbuf_view(&b));
	if (rc == RC_OK)
		rc = pgsync_query(
			pg, "SELECT api.calendar_put($1, $2, $3, $4, $5, $6)", v, 6, &rows, e);
	if (rc == RC_OK)
		printf("%.*s\n", STR_F(pgsync_cell(&rows, 0, 0)));
	pgsync_rows_release(&rows);
	sbuf_release(&b);
	return rc;
}

int cli_calendar(int argc, char **argv, const struct config *cfg)
{
	/* cppcheck-suppress getpwuidCalled ; one thread, read at once */
	const struct passwd *pw = getpwuid(getuid());
	const char *year = NULL, *basis = NULL, *source = "", *calendar = "cn";
	const char *who = pw ? pw->pw_name : "unknown";
	const struct cli_opt opts[] = {{"year", &year, NULL}, {"basis", &basis, NULL},
		{"source", &source, NULL}, {"calendar", &calendar, NULL}, {"who", &who, NULL},
		{NULL, NULL, NULL}};
	struct pgsync *pg = NULL;
	struct err e;
	int64_t n = 0;
	int args = cli_options(COMMAND, argc, argv, opts);

	if (args < 0)
		return CLI_USAGE;
	if (args > 1)
		return cli_usage(COMMAND, "one file at a time");
	if (args == 1 && (!year || !str_i64(str_c(year), &n) || n < 1990 || n > 2200))
		return cli_usage(COMMAND, "--year says which year it is of");
	if (args == 1 && (!basis || !*basis))
		return cli_usage(COMMAND, "--basis says which announcement it is");
	enum rc rc = cli_open(cfg, "qr_migrate", &pg, &e);
	if (rc == RC_OK && args == 0)
		rc = list(pg, &e);
	else if (rc == RC_OK) {
		struct pgsync_param v[6] = {
			PG_C(who), PG_C(calendar), PG_C(year), PG_C(basis), PG_C(source)};
		rc = load(pg, argv[1], v, &e);
	}
	pgsync_free(pg);
	return rc == RC_OK ? CLI_OK : cli_fail(COMMAND, &e);
}
