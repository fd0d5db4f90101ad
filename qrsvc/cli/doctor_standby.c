/* Owns the check of `qrsvc doctor` for copies of the database that stream: how many, whether
 * commits wait for them, how far they are behind, and what holds when none is left.  Never
 * talks to Patroni or etcd: what it shows is what PostgreSQL does, beside what [operate]
 * without_standby says it should.  Called by doctor.c. */
#include "qrsvc/cli/doctor.h"

#include <time.h>

static const char what[] = "standby";

#define LAG_S 5	     /* a page of a standby may be so old (app/lag.h) */
#define POLL_MS 100L /* the copy is asked so often whether it has what the primary has */

struct standing {
	int64_t n;	   /* stream now */
	bool named;	   /* synchronous_standby_names: commits wait for somebody */
	bool refused;	   /* known to be none of those who are waited for */
	bool local;	   /* ... but those of the role that writes do not */
	int64_t waiting;   /* writes that have waited longer than a page would */
	bool many;	   /* the dsn names several hosts */
	const char *alone; /* [operate] without_standby */
	char wal[24];	   /* what the primary has */
};

/* Who streams in which way is hidden from all but pg_monitor, that somebody does is not. */
static bool ask_primary(struct doctor *d, struct standing *s)
{
	struct pgsync_rows rows = {0};

	if (!doctor_ask(d, what,
		    "SELECT count(*) FILTER (WHERE coalesce(state, 'streaming') = 'streaming'),"
		    " current_setting('synchronous_standby_names') <> '',"
		    " coalesce(bool_and(sync_state IN ('async', 'potential')), false),"
		    " pg_current_wal_flush_lsn() FROM pg_stat_replication",
		    &rows))
		return false;
	s->n = pgsync_int(&rows, 0, 0);
	s->named = str_eq(pgsync_cell(&rows, 0, 1), STR("t"));
	s->refused = str_eq(pgsync_cell(&rows, 0, 2), STR("t"));
	snprintf(s->wal, sizeof s->wal, "%.*s", STR_F(pgsync_cell(&rows, 0, 3)));
	pgsync_rows_release(&rows);
	return true;
}

/* As the role that writes: its own setting, and its own sessions, which it may see.  That it
 * cannot log in is said under "settings". */
static void ask_writer(struct doctor *d, struct standing *s)
{
	struct pgsync *pg = NULL;
	struct pgsync_rows rows = {0};
	struct err e;

	if (pgsync_open(d->cfg->dsn, "qr_rw", &pg, &e) == RC_OK &&
		pgsync_query(pg,
			"SELECT current_setting('synchronous_commit') IN ('off', 'local'),"
			" (SELECT count(*) FROM pg_stat_activity WHERE usename = 'qr_rw'"
			"  AND wait_event = 'SyncRep'"
			"  AND clock_timestamp() - query_start > interval '5 s')",
			NULL, 0, &rows, &e) == RC_OK) {
		s->local = str_eq(pgsync_cell(&rows, 0, 0), STR("t"));
		s->waiting = pgsync_int(&rows, 0, 1);
	}
	pgsync_rows_release(&rows);
	pgsync_free(pg);
}

/* As pages do: has a standby what the primary had when we asked, within LAG_S?  RC_OK,
 * RC_TIMEOUT: not by then, *ret_missing bytes are; RC_UNAVAILABLE: it takes no readers. */
static enum rc behind(
	struct doctor *d, const struct standing *s, int64_t *ret_missing, struct err *e)
{
	const struct pgsync_param wal = PG_C(s->wal);
	const struct timespec pause = {0, POLL_MS * 1000 * 1000};
	struct pgsync *pg = NULL;
	struct pgsync_rows rows = {0};
	enum rc rc = pgsync_open_standby(d->cfg->dsn, "qr_ro", &pg, e);

	for (int left = (int)(LAG_S * 1000 / POLL_MS); rc == RC_OK; left--) {
		rc = pgsync_query(pg,
			"SELECT greatest($1::pg_lsn - pg_last_wal_replay_lsn(), 0)::bigint",
			&wal, 1, &rows, e);
		*ret_missing = rc == RC_OK ? pgsync_int(&rows, 0, 0) : 0;
		pgsync_rows_release(&rows);
		if (rc != RC_OK || *ret_missing == 0)
			break;
		if (left == 0)
			rc = RC_TIMEOUT;
		else
			nanosleep(&pause, NULL);
	}
	pgsync_free(pg);
	return rc;
}

/* Nobody streams. */
static void alone(struct doctor *d, const struct standing *s)
{
	bool stop = str_eq(str_c(s->alone), STR("stop"));

	if (s->named)
		doctor_say(d, DOCTOR_FAIL, what,
			"bring one back (`patronictl list`); to go on without: Patroni's "
			"synchronous_mode_strict: false, or synchronous_standby_names = ''",
			"none streams, and commits wait for one: nothing can be saved%s",
			stop ? " (without_standby = stop)" : "");
	else if (stop)
		doctor_say(d, DOCTOR_FAIL, what,
			"bring one back (`patronictl list`), set Patroni's "
			"synchronous_mode_strict: true",
			"none streams, and the primary goes on alone, which [operate] "
			"without_standby = stop forbids");
	else if (s->many || s->alone[0])
		doctor_say(d, DOCTOR_WARN, what,
			"bring one back (`patronictl list`): until then each record is held once",
			"none streams: the primary goes on alone%s",
			s->alone[0] ? ", as [operate] without_standby says" : "");
	else
		doctor_say(d, DOCTOR_OK, what, "", "none, and none is expected");
}

/* Somebody streams, and is not what it should be: said, and true. */
static bool lame(struct doctor *d, const struct standing *s)
{
	int64_t missing = 0;
	struct err e;
	enum rc rc = s->many ? behind(d, s, &missing, &e) : RC_OK;

	if (s->waiting || (s->named && s->refused))
		doctor_say(d, DOCTOR_FAIL, what,
			"compare synchronous_standby_names with pg_stat_replication; bring "
			"back the one it names (`patronictl list`)",
			"%lld streams, but commits wait for another (%lld writes now)",
			(long long)s->n, (long long)s->waiting);
	else if (rc == RC_TIMEOUT)
		doctor_say(d, DOCTOR_WARN, what,
			"look at its load, disk and network, and whether replay is paused "
			"(pg_wal_replay_resume())",
			"lags: %lld KiB are missing after %d s; pages are read from the primary",
			(long long)(missing + 1023) / 1024, LAG_S);
	else if (rc != RC_OK)
		doctor_say(d, DOCTOR_WARN, what,
			"let qr_ro log in there: hot_standby, pg_hba.conf, [database] dsn",
			"%lld streams, but takes no readers: %s", (long long)s->n, e.detail);
	else if (s->many || s->alone[0]) {
		if (s->named && !s->local)
			return false;
		doctor_say(d, DOCTOR_WARN, what,
			"set Patroni's synchronous_mode: true (or synchronous_standby_names), "
			"and synchronous_commit on for qr_rw",
			"%lld streams, but commits do not wait for it: a failover may lose "
			"what was acknowledged",
			(long long)s->n);
	} else
		return false;
	return true;
}

void doctor_standby(struct doctor *d)
{
	struct standing s = {.alone = d->cfg->without_standby};

	/* the line "database" says that the primary has to be asked */
	if (d->standby || !ask_primary(d, &s))
		return;
	ask_writer(d, &s);
	s.many = pgsync_hosts(d->cfg->dsn) > 1;
	if (s.n == 0)
		alone(d, &s);
	else if (lame(d, &s))
		;
	else if (s.many && !s.alone[0])
		doctor_say(d, DOCTOR_WARN, what,
			"write what you chose in Patroni into [operate] without_standby: go-on "
			"(synchronous_mode) or stop (synchronous_mode_strict)",
			"%lld streams, commits wait for it; not said what holds with none left",
			(long long)s.n);
	else
		doctor_say(d, DOCTOR_OK, what, "", "%lld streams, commits %s%s", (long long)s.n,
			s.named && !s.local ? "wait for it" : "do not wait for it",
			!s.alone[0] ? "; none is expected"
			: str_eq(str_c(s.alone), STR("stop"))
				? "; with none left writes stop"
				: "; with none left the primary goes on");
}
