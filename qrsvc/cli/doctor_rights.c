/* Owns the checks of `qrsvc doctor` that compare rights: what roles are, and who may call what,
 * against roles.sql and zz_grants.sql of this program.  The latter is run for comparison in a
 * transaction that is always rolled back.  Called by doctor.c. */
#include "qrsvc/cli/doctor.h"

#include "qrsvc/cli/cli.h"

#include <stdlib.h>

/* ---- roles --------------------------------------------------------------------------------
 */

/* What roles.sql makes of each: may it log in, does it only read, the timeout that frees the
 * connection beside it. */
#define ROLES_SQL                                                                          \
	"WITH want (name, login, reads, timeout) AS (VALUES"                               \
	" ('qr_owner', false, false, NULL), ('qr_staff', false, false, NULL),"             \
	" ('qr_migrate', true, false, NULL), ('qr_ro', true, true, '2s'),"                 \
	" ('qr_rw', true, false, '5s'), ('qr_slow', true, false, '60s'),"                  \
	" ('qr_listen', true, true, '2s'), ('qr_auditor', true, true, '15min')),"          \
	" have AS (SELECT w.*, r.oid, r.rolcanlogin, r.rolsuper OR r.rolcreatedb OR"       \
	"  r.rolcreaterole OR r.rolreplication OR r.rolbypassrls AS strong,"               \
	"  coalesce((SELECT s.setconfig FROM pg_db_role_setting s WHERE s.setrole = r.oid" \
	"   AND s.setdatabase = 0), '{}') AS conf FROM want w LEFT JOIN pg_roles r"        \
	"  ON r.rolname = w.name)"                                                         \
	" SELECT name, CASE WHEN oid IS NULL THEN 'is missing'"                            \
	"  WHEN strong THEN 'may do what only an administrator may'"                       \
	"  WHEN rolcanlogin <> login THEN CASE WHEN login THEN 'cannot log in'"            \
	"   ELSE 'can log in' END"                                                         \
	"  WHEN reads AND NOT 'default_transaction_read_only=on' = ANY (conf)"             \
	"   THEN 'may write'"                                                              \
	"  WHEN timeout IS NOT NULL AND NOT 'statement_timeout=' || timeout = ANY (conf)"  \
	"   THEN 'has another statement_timeout than ' || timeout END"                     \
	" FROM have"                                                                       \
	" UNION ALL SELECT 'PUBLIC', 'may connect to the database' FROM pg_database d,"    \
	"  aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x"                    \
	"  WHERE d.datname = current_database() AND x.grantee = 0"                         \
	"  AND x.privilege_type = 'CONNECT'"

static bool can_log_in(struct doctor *d, const char *role, struct err *e)
{
	struct pgsync *pg = NULL;
	enum rc rc = pgsync_open(d->cfg->dsn, role, &pg, e);

	pgsync_free(pg);
	return rc == RC_OK;
}

void doctor_roles(struct doctor *d)
{
	static const char what[] = "roles",
			  again[] = "run `qrsvc migrate --roles` as a superuser";
	static const char *const ours[] = {
		"qr_ro", "qr_rw", "qr_slow", "qr_listen", "qr_auditor"};
	struct pgsync_rows rows = {0};
	struct err e;
	int bad = 0;

	if (!doctor_ask(d, what, ROLES_SQL, &rows))
		return;
	for (size_t i = 0; i < pgsync_count(&rows); i++) {
		struct str why = pgsync_cell(&rows, i, 1);

		if (why.p && ++bad)
			doctor_say(d, DOCTOR_FAIL, what, again, "%.*s %.*s",
				STR_F(pgsync_cell(&rows, i, 0)), STR_F(why));
	}
	pgsync_rows_release(&rows);
	for (size_t i = 0; !bad && i < sizeof ours / sizeof ours[0]; i++)
		if (!can_log_in(d, ours[i], &e) && ++bad)
			doctor_say(d, DOCTOR_FAIL, what,
				"let this user be that role (pg_hba.conf, pg_ident.conf)", "%s",
				e.detail);
	if (!bad)
		doctor_say(d, DOCTOR_OK, what, "", "all eight as they should be");
}

/* ---- grants -------------------------------------------------------------------------------
 */

/* Who may do what with functions and schemas, one row each.  Used twice: before and after. */
#define RIGHTS                                                                            \
	"SELECT format('%s (of %s) for %s', p.oid::regprocedure, p.proowner::regrole,"    \
	" CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END) AS said" \
	" FROM pg_catalog.pg_proc p, LATERAL aclexplode(coalesce(p.proacl,"               \
	"  acldefault('f', p.proowner))) x WHERE p.pronamespace IN"                       \
	" ('api'::regnamespace, 'core'::regnamespace, 'auth'::regnamespace)"              \
	" UNION ALL SELECT format('schema %s: %s for %s', n.nspname, x.privilege_type,"   \
	" CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END)"         \
	" FROM pg_catalog.pg_namespace n, LATERAL aclexplode(n.nspacl) x"                 \
	" WHERE n.nspname IN ('api', 'core', 'auth', 'crypt')"

/* What zz_grants.sql does not speak of: strangers, tables in other hands, no row security. */
#define STRANGERS                                                                           \
	"SELECT format('%s on %s for %s', x.privilege_type, c.oid::regclass,"               \
	" CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END)"           \
	" FROM pg_catalog.pg_class c, LATERAL aclexplode(c.relacl) x"                       \
	" WHERE c.relnamespace IN ('core'::regnamespace, 'auth'::regnamespace)"             \
	" AND x.grantee NOT IN ('qr_owner'::regrole, 'qr_staff'::regrole)"                  \
	" UNION ALL SELECT format('row security of %s is off', c.oid::regclass)"            \
	" FROM pg_catalog.pg_class c WHERE c.relnamespace IN ('core'::regnamespace,"        \
	" 'auth'::regnamespace) AND c.relkind IN ('r', 'p')"                                \
	" AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"                             \
	" UNION ALL SELECT format('%s for %s', p.oid::regprocedure, x.grantee::regrole)"    \
	" FROM pg_catalog.pg_proc p, LATERAL aclexplode(p.proacl) x"                        \
	" WHERE p.pronamespace IN ('api'::regnamespace, 'core'::regnamespace,"              \
	" 'auth'::regnamespace) AND x.grantee <> 0 AND x.grantee::regrole::text NOT IN"     \
	" ('qr_owner', 'qr_staff', 'qr_migrate', 'qr_ro', 'qr_rw', 'qr_slow', 'qr_listen'," \
	" 'qr_auditor')"

#define SHOWN 5

/* Rows of one text each are faults of a kind; their number. */
static int64_t complain(struct doctor *d, const char *kind, const char *mend, const char *sql)
{
	struct pgsync_rows rows = {0};
	struct err e;

	if (pgsync_query(d->pg, sql, NULL, 0, &rows, &e) != RC_OK) {
		doctor_say(d, DOCTOR_FAIL, "grants", "mend what the database says", "%s",
			e.detail);
		return 1;
	}
	size_t n = pgsync_count(&rows);

	for (size_t i = 0; i < n && i < SHOWN; i++)
		doctor_say(d, DOCTOR_FAIL, "grants", mend, "%s: %.*s", kind,
			STR_F(pgsync_cell(&rows, i, 0)));
	if (n > SHOWN)
		doctor_say(d, DOCTOR_FAIL, "grants", mend, "%s: %zu more", kind, n - SHOWN);
	pgsync_rows_release(&rows);
	return (int64_t)n;
}

static enum rc compare(struct doctor *d, const char *script, int64_t *bad, struct err *e)
{
	static const char again[] = "run `qrsvc migrate`";
	enum rc rc = pgsync_do(
		d->pg, "CREATE TEMPORARY TABLE doctor_before ON COMMIT DROP AS " RIGHTS, e);

	if (rc == RC_OK)
		rc = pgsync_script(d->pg, "zz_grants.sql", script, e);
	if (rc == RC_OK)
		rc = pgsync_do(d->pg,
			"CREATE TEMPORARY TABLE doctor_after ON COMMIT DROP AS " RIGHTS, e);
	if (rc != RC_OK)
		return rc;
	*bad += complain(d, "given, but not by this program", again,
		"SELECT said FROM doctor_before EXCEPT SELECT said FROM doctor_after ORDER BY 1");
	*bad += complain(d, "missing", again,
		"SELECT said FROM doctor_after EXCEPT SELECT said FROM doctor_before ORDER BY 1");
	return RC_OK;
}

void doctor_grants(struct doctor *d)
{
	static const char what[] = "grants";
	int64_t bad =
		complain(d, "in wrong hands", "REVOKE it; find out who gave it", STRANGERS);
	char *script = NULL;
	struct err e;
	size_t n;
	enum rc rc;

	if (d->standby) {
		doctor_say(d, DOCTOR_OK, what, "", "a standby has those of its primary");
		return;
	}
	if (!d->sql) {
		doctor_say(d, DOCTOR_WARN, what, "install the package whole, or name --sql DIR",
			"the program's list is not there to compare");
		return;
	}
	const char *path = arena_fmt(&d->mem, "%s/api/zz_grants.sql", d->sql).p;

	rc = cli_read_file(path, 1024 * 1024, &script, &n, &e);
	if (rc == RC_OK)
		rc = pgsync_do(d->pg, "BEGIN", &e);
	if (rc == RC_OK)
		rc = compare(d, script, &bad, &e);
	(void)pgsync_do(d->pg, "ROLLBACK", NULL);
	free(script);
	if (rc != RC_OK)
		doctor_say(d, DOCTOR_FAIL, what, "run `qrsvc migrate`", "%s", e.detail);
	else if (!bad)
		doctor_say(
			d, DOCTOR_OK, what, "", "as this program gives them, to nobody else");
}
