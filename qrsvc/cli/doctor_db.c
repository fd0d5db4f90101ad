/* Owns the checks of `qrsvc doctor` that ask the database: settings, schema, connections,
 * clock, backup.  Called by doctor.c. */
#include "qrsvc/cli/doctor.h"

#include "qrsvc/base/clock.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/open.h"

#include <stdlib.h>

void doctor_open(struct doctor *d)
{
	static const char what[] = "database";
	struct pgsync_rows rows = {0};
	struct err e;
	enum rc rc = cli_open(d->cfg, "qr_migrate", &d->pg, &e);

	if (rc == RC_OK)
		rc = pgsync_do(d->pg, "SET ROLE qr_owner", &e);
	/* nobody waits for us, and we wait for nobody */
	if (rc == RC_OK)
		rc = pgsync_do(d->pg, "SET lock_timeout = '2s'", &e);
	if (rc == RC_OK)
		rc = pgsync_do(d->pg, "SET statement_timeout = '20s'", &e);
	if (rc != RC_OK) {
		pgsync_free(d->pg);
		d->pg = NULL;
		doctor_say(d, DOCTOR_FAIL, what,
			rc == RC_CONFLICT ? "what it says"
					  : "start PostgreSQL, mend [database] dsn "
					    "or pg_hba.conf and pg_ident.conf",
			"%s", e.detail);
		return;
	}
	if (!doctor_ask(d, what,
		    "SELECT pg_is_in_recovery(), current_setting('server_version')", &rows))
		return;
	d->standby = str_eq(pgsync_cell(&rows, 0, 0), STR("t"));
	doctor_say(d, DOCTOR_OK, what, "", "PostgreSQL %.*s%s", STR_F(pgsync_cell(&rows, 0, 1)),
		d->standby ? ", a standby: ask the primary too" : "");
	pgsync_rows_release(&rows);
}

/* ---- settings -----------------------------------------------------------------------------
 */

/* Debian 12 has 15; what is newer was not tried. */
#define VERSION_TRIED 15

enum doctor_mark doctor_version(int64_t number)
{
	int64_t major = number / 10000;

	return major < VERSION_TRIED   ? DOCTOR_FAIL
	       : major > VERSION_TRIED ? DOCTOR_WARN
				       : DOCTOR_OK;
}

/* A power cut, a torn page, a rotten disk: each of these settings is what holds then. */
static const struct setting {
	const char *name, *mend;
} settings[] = {
	{"data_checksums",
		"stop PostgreSQL, run `pg_checksums --enable` (pg_checksums(1)), start it"},
	{"fsync",
		"set it on in postgresql.conf and reload: without it a power cut loses records"},
	{"full_page_writes",
		"set it on in postgresql.conf and reload: a torn page is lost without"},
};

/* As the role that writes sees it: a setting of the role or the database would win. */
static void synchronous_commit(struct doctor *d)
{
	static const char what[] = "settings";
	struct pgsync *pg = NULL;
	struct pgsync_rows rows = {0};
	struct err e;
	enum rc rc = pgsync_open(d->cfg->dsn, "qr_rw", &pg, &e);

	if (rc == RC_OK)
		rc = pgsync_query(
			pg, "SELECT current_setting('synchronous_commit')", NULL, 0, &rows, &e);
	struct str v = rc == RC_OK ? pgsync_cell(&rows, 0, 0) : STR_NONE;

	if (rc != RC_OK)
		doctor_say(d, DOCTOR_FAIL, what,
			"let qr_rw log in (pg_hba.conf, pg_ident.conf)", "%s", e.detail);
	else if (str_eq(v, STR("off")))
		doctor_say(d, DOCTOR_FAIL, what,
			"set it on in postgresql.conf (and for role qr_rw, if it was set there)",
			"synchronous_commit is off: what was acknowledged may be lost");
	else
		doctor_say(d, DOCTOR_OK, what, "", "synchronous_commit is %.*s", STR_F(v));
	pgsync_rows_release(&rows);
	pgsync_free(pg);
}

void doctor_settings(struct doctor *d)
{
	static const char what[] = "settings";
	struct pgsync_rows rows = {0};

	if (!doctor_ask(d, what,
		    "SELECT current_setting('server_version_num'), current_setting('data_checksums'),"
		    " current_setting('fsync'), current_setting('full_page_writes')",
		    &rows))
		return;
	enum doctor_mark mark = doctor_version(pgsync_int(&rows, 0, 0));

	if (mark)
		doctor_say(d, mark, what, "use PostgreSQL 15, as in Debian 12",
			"version %lld was not tried",
			(long long)(pgsync_int(&rows, 0, 0) / 10000));
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		bool on = str_eq(pgsync_cell(&rows, 0, (int)i + 1), STR("on"));

		doctor_say(d, on ? DOCTOR_OK : DOCTOR_FAIL, what, on ? "" : settings[i].mend,
			"%s is %s", settings[i].name, on ? "on" : "off");
	}
	pgsync_rows_release(&rows);
	synchronous_commit(d);
}

void doctor_schema(struct doctor *d)
{
	static const char what[] = "schema";
	struct err e;
	int n = 0;

	if (!d->sql)
		doctor_say(d, DOCTOR_WARN, what, "install the package whole, or name --sql DIR",
			"the program's SQL files are not there to compare");
	else if (cli_migrations(d->pg, d->sql, &n, &e) != RC_OK)
		doctor_say(d, DOCTOR_FAIL, what, "run `qrsvc migrate` after a backup", "%s",
			e.detail);
	else
		doctor_say(d, DOCTOR_OK, what, "", "%d migrations, all applied", n);
}

/* ---- connections --------------------------------------------------------------------------
 */

/* Those of one host at a reload, when workers of before and after run together: each class of
 * a worker, its LISTEN, with several hosts one for reads no standby may answer, and the jobs
 * process. */
static int64_t wanted(const struct config *c)
{
	return 2 * c->workers *
		       (c->ro_connections + c->rw_connections + c->slow_connections + 1 +
			       (pgsync_hosts(c->dsn) > 1)) +
	       2;
}

void doctor_connections(struct doctor *d)
{
	static const char what[] = "connections";
	struct pgsync_rows rows = {0};

	/* what others do is hidden from us (backend_type, too), but not that they are there */
	if (!doctor_ask(d, what,
		    "SELECT current_setting('max_connections')::int"
		    " - current_setting('superuser_reserved_connections')::int AS most,"
		    " (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL AND usename IS NOT NULL),"
		    " (SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'qr\\_%')",
		    &rows))
		return;
	int64_t most = pgsync_int(&rows, 0, 0), used = pgsync_int(&rows, 0, 1);
	int64_t left = most - used, want = wanted(d->cfg);
	/* ours are counted among those used: half of what is wanted may already be there */
	int64_t more = want - pgsync_int(&rows, 0, 2);

	pgsync_rows_release(&rows);
	if (left <= 0 || most < want)
		doctor_say(d, DOCTOR_FAIL, what,
			"raise max_connections, or lower [server] workers",
			"%lld of %lld free, a reload of this host needs %lld in all",
			(long long)left, (long long)most, (long long)want);
	else if (left < more)
		doctor_say(d, DOCTOR_WARN, what,
			"raise max_connections, or find who holds them (pg_stat_activity)",
			"%lld of %lld free, a reload would want %lld", (long long)left,
			(long long)most, (long long)more);
	else
		doctor_say(d, DOCTOR_OK, what, "", "%lld of %lld free", (long long)left,
			(long long)most);
}

/* ---- clock --------------------------------------------------------------------------------
 */

#define CLOCK_WARN_S 2
#define CLOCK_FAIL_S 60

void doctor_clock(struct doctor *d)
{
	static const char what[] = "clock",
			  ntp[] = "let both hosts keep time (chrony, timesyncd)";
	struct pgsync_rows rows = {0};
	struct timespec a, b;

	/* the machine's clock, not the one [server] clock may have set */
	clock_gettime(CLOCK_REALTIME, &a);
	if (!doctor_ask(d, what,
		    "SELECT extract(epoch FROM clock_timestamp())::bigint,"
		    " (SELECT timezone FROM core.site)",
		    &rows))
		return;
	clock_gettime(CLOCK_REALTIME, &b);
	int64_t theirs = pgsync_int(&rows, 0, 0);
	struct str zone = pgsync_cell(&rows, 0, 1);
	int64_t off = theirs < a.tv_sec	  ? a.tv_sec - theirs
		      : theirs > b.tv_sec ? theirs - b.tv_sec
					  : 0;

	if (d->cfg->clock[0])
		doctor_say(d, DOCTOR_FAIL, what, "remove [server] clock: it is for tests",
			"set to %s", d->cfg->clock);
	else if (!str_eq(zone, str_c(d->cfg->timezone)))
		doctor_say(d, DOCTOR_FAIL, what, "make them one, then `qrsvc migrate`",
			"days begin in %s here, in %.*s in the database", d->cfg->timezone,
			STR_F(zone));
	else if (off > CLOCK_WARN_S)
		doctor_say(d, off > CLOCK_FAIL_S ? DOCTOR_FAIL : DOCTOR_WARN, what, ntp,
			"%lld s away from the database's", (long long)off);
	else
		doctor_say(d, DOCTOR_OK, what, "", "as the database's; days begin in %s",
			d->cfg->timezone);
	pgsync_rows_release(&rows);
}

/* ---- backup -------------------------------------------------------------------------------
 */

/* A base is made each night: one that is late, and two. */
#define BASE_WARN_S (26 * 3600)
#define BASE_FAIL_S (50 * 3600)
#define DRILL_WARN_S (100 * 86400) /* a drill every quarter */

/* Seconds since the line "WORD TIME" of the state file; -1: there is none. */
static int64_t since(struct str text, struct str word)
{
	int64_t at;

	while (text.p) {
		struct str line = str_cut(&text, '\n');

		if (str_eq(str_cut(&line, ' '), word) && line.p &&
			clock_parse(str_cut(&line, ' '), &at))
			return (clock_now_us() - at) / US_PER_S;
	}
	return -1;
}

static void base(struct doctor *d)
{
	static const char what[] = "backup", mend[] = "look at the log of qrsvc-backup.service";
	char *text = NULL;
	struct err e;
	size_t n;

	if (!d->cfg->backup_state[0]) {
		doctor_say(d, DOCTOR_WARN, what,
			"set up deploy/backup (docs/operate.md), name its STATE in [operate] "
			"backup_state",
			"not known whether there is any");
		return;
	}
	if (cli_read_file(d->cfg->backup_state, 4096, &text, &n, &e) != RC_OK) {
		doctor_say(d, DOCTOR_FAIL, what, mend, "%s", e.detail);
		return;
	}
	int64_t age = since((struct str){text, n}, STR("base"));
	int64_t drill = since((struct str){text, n}, STR("drill"));

	free(text);
	if (age < 0)
		doctor_say(d, DOCTOR_FAIL, what, mend, "none was ever finished");
	else if (age > BASE_WARN_S)
		doctor_say(d, age > BASE_FAIL_S ? DOCTOR_FAIL : DOCTOR_WARN, what, mend,
			"the last one is %lld h old", (long long)(age / 3600));
	else
		doctor_say(d, DOCTOR_OK, what, "", "%lld h old", (long long)(age / 3600));
	if (drill < 0 || drill > DRILL_WARN_S)
		doctor_say(d, DOCTOR_WARN, "drill", "run deploy/restore-drill",
			drill < 0 ? "it was never tried to restore one"
				  : "the last restore was tried long ago");
	else
		doctor_say(d, DOCTOR_OK, "drill", "", "restored %lld days ago",
			(long long)(drill / 86400));
}

void doctor_backup(struct doctor *d)
{
	static const char what[] = "archive";
	struct pgsync_rows rows = {0};

	base(d);
	if (!doctor_ask(d, what,
		    "SELECT current_setting('archive_mode'),"
		    " coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),"
		    " extract(epoch FROM clock_timestamp() - last_archived_time)::bigint,"
		    " last_failed_wal FROM pg_stat_archiver",
		    &rows))
		return;
	if (str_eq(pgsync_cell(&rows, 0, 0), STR("off")))
		doctor_say(d, DOCTOR_WARN, what,
			"set archive_mode and archive_command (deploy/backup)",
			"off: all since the last base would be lost with the disk");
	else if (str_eq(pgsync_cell(&rows, 0, 1), STR("t")))
		doctor_say(d, DOCTOR_FAIL, what,
			"read PostgreSQL's log; the disk fills until it works",
			"%.*s could not be archived", STR_F(pgsync_cell(&rows, 0, 3)));
	else if (pgsync_cell(&rows, 0, 2).p)
		doctor_say(d, DOCTOR_OK, what, "", "last WAL %lld min ago",
			(long long)(pgsync_int(&rows, 0, 2) / 60));
	else
		doctor_say(d, DOCTOR_OK, what, "", "on, nothing to archive yet");
	pgsync_rows_release(&rows);
}
