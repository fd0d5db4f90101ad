/* Owns: connecting a command to a database of the right version.  Called by every command that
 * works on data. */
#include "qrsvc/cli/open.h"

static enum rc check_version(struct pgsync *pg, struct err *e)
{
	struct pgsync_rows rows = {0};
	int64_t have;
	enum rc rc;

	rc = pgsync_query(
		pg, "SELECT to_regproc('api.version') IS NOT NULL", NULL, 0, &rows, e);
	if (rc == RC_OK && !str_eq(pgsync_cell(&rows, 0, 0), STR("t")))
		rc = err_set(e, RC_CONFLICT,
			"the database has no tables yet; run `qrsvc migrate --bootstrap`");
	pgsync_rows_release(&rows);
	if (rc != RC_OK)
		return rc;
	rc = pgsync_query(pg, "SELECT api.version()", NULL, 0, &rows, e);
	have = rc == RC_OK ? pgsync_int(&rows, 0, 0) : 0;
	pgsync_rows_release(&rows);
	if (rc == RC_OK && have < CLI_API_MIN)
		rc = err_set(e, RC_CONFLICT,
			"the database speaks version %lld, this program needs %d; run `qrsvc "
			"migrate`",
			(long long)have, CLI_API_MIN);
	if (rc == RC_OK && have > CLI_API_MAX)
		rc = err_set(e, RC_CONFLICT,
			"the database speaks version %lld, this program only up to %d; install "
			"the newer program",
			(long long)have, CLI_API_MAX);
	return rc;
}

enum rc cli_open(
	const struct config *cfg, const char *role, struct pgsync **ret_, struct err *e)
{
	struct pgsync *pg = NULL;
	enum rc rc = pgsync_open(cfg->dsn, role, &pg, e);

	if (rc == RC_OK)
		rc = check_version(pg, e);
	if (rc == RC_OK)
		*ret_ = pg;
	else
		pgsync_free(pg);
	return rc;
}
