/* Owns `qrsvc doctor`: the order of the checks, how a line looks, the exit status.  Never
 * changes anything.  Runs in qrsvc-jobs, which links the fonts; called by an operator, a timer,
 * tests. */
#include "qrsvc/cli/doctor.h"

#include "qrsvc/cli/cli.h"

#include <limits.h>
#include <stdarg.h>

#define COMMAND "doctor"

void doctor_say(struct doctor *d, enum doctor_mark mark, const char *what, const char *mend,
	const char *fmt, ...)
{
	static const char *const words[] = {"ok", "warn", "fail"};
	va_list ap;

	d->said[mark]++;
	if (mark == DOCTOR_OK && d->quiet)
		return;
	printf("%-4s  %-12s ", words[mark], what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("%s%s\n", mend[0] ? "; do: " : "", mend);
}

enum doctor_mark doctor_least(int64_t value, int64_t warn, int64_t fail)
{
	return value < fail ? DOCTOR_FAIL : value < warn ? DOCTOR_WARN : DOCTOR_OK;
}

bool doctor_ask(
	struct doctor *d, const char *what, const char *sql, struct pgsync_rows *ret_rows)
{
	struct err e;

	if (pgsync_query(d->pg, sql, NULL, 0, ret_rows, &e) != RC_OK)
		doctor_say(d, DOCTOR_FAIL, what, "mend what the database says", "%s", e.detail);
	else if (pgsync_count(ret_rows) > 0)
		return true;
	else
		doctor_say(d, DOCTOR_FAIL, what, "run `qrsvc migrate`", "no answer");
	pgsync_rows_release(ret_rows);
	return false;
}

int cli_doctor(int argc, char **argv, const struct config *cfg)
{
	static void (*const host[])(struct doctor *) = {doctor_address, doctor_certificate,
		doctor_domain, doctor_disk, doctor_fonts, doctor_photod, doctor_hasher,
		doctor_open};
	static void (*const database[])(struct doctor *) = {doctor_settings, doctor_schema,
		doctor_roles, doctor_grants, doctor_connections, doctor_clock, doctor_chain,
		doctor_standby, doctor_data_disk, doctor_backup, doctor_service};
	struct doctor d = {.cfg = cfg};
	const struct cli_opt opts[] = {
		{"sql", &d.sql, NULL}, {"quiet", NULL, &d.quiet}, {NULL, NULL, NULL}};
	char found[PATH_MAX];
	int n = cli_options(COMMAND, argc, argv, opts);

	if (n != 0)
		return n < 0 ? CLI_USAGE : cli_usage(COMMAND, "%s is not expected", argv[1]);
	if (!d.sql && cli_data_dir("sql", found, sizeof found))
		d.sql = found;
	/* a page of lines is seen as it grows, also through a pipe */
	setvbuf(stdout, NULL, _IOLBF, 0);
	arena_init(&d.mem);
	for (size_t i = 0; i < sizeof host / sizeof host[0]; i++)
		host[i](&d);
	for (size_t i = 0; d.pg && i < sizeof database / sizeof database[0]; i++)
		database[i](&d);
	printf("%d ok, %d to look at, %d broken\n", d.said[DOCTOR_OK], d.said[DOCTOR_WARN],
		d.said[DOCTOR_FAIL]);
	pgsync_free(d.pg);
	arena_release(&d.mem);
	return d.said[DOCTOR_FAIL] ? 2 : d.said[DOCTOR_WARN] ? 1 : 0;
}
