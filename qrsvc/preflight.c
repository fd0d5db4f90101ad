/* Owns the checks before a start or a reload that need the file system or the database; changes
 * nothing.  Runs as a process of its own (`qrsvc --preflight`), started by master.c. */
#include "qrsvc/base/err.h"
#include "qrsvc/cli/open.h"
#include "qrsvc/db/pgconn.h"
#include "qrsvc/master.h"
#include "qrsvc/net/addr.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rc check_files(const struct config *c, struct err *e)
{
	struct stat st;
	if (c->state[0] && (stat(c->state, &st) != 0 || !S_ISDIR(st.st_mode)))
		return err_set(e, RC_INVALID,
			"state: there is no folder %s; make it, owned by the service's user",
			c->state);
	if (c->state[0] && access(c->state, W_OK | X_OK) != 0)
		return err_set(e, RC_INVALID,
			"state: %s: %s; it must belong to the service's user", c->state,
			strerror(errno));
	if (c->photod[0] && access(c->photod, X_OK) != 0)
		return err_set(e, RC_INVALID, "photod: %s: %s", c->photod, strerror(errno));
	if (c->fonts[0] && access(c->fonts, R_OK | X_OK) != 0)
		return err_set(e, RC_INVALID, "fonts: %s: %s", c->fonts, strerror(errno));
	return RC_OK;
}

static enum rc check_proxies(const struct config *c, struct err *e)
{
	struct addr_net net;
	for (size_t i = 0; i < c->proxy_n; i++)
		if (!addr_net_parse(str_c(c->proxy_list[i]), &net))
			return err_set(e, RC_INVALID,
				"trusted_proxy: %s is neither an address, nor ADDRESS/BITS, nor unix",
				c->proxy_list[i]);
	return RC_OK;
}

int master_preflight(const struct config *c)
{
	struct err e;
	int hosts;
	struct pgsync *pg = NULL;
	enum rc rc = check_files(c, &e);
	if (rc == RC_OK)
		rc = check_proxies(c, &e);
	if (rc == RC_OK)
		rc = pgconn_check_dsn(c->dsn, &hosts, &e);
	bool config_bad = rc != RC_OK;
	if (rc == RC_OK)
		rc = cli_open(c, "qr_ro", &pg, &e);
	if (rc == RC_OK)
		pgsync_free(pg);
	if (rc != RC_OK)
		fprintf(stderr, "qrsvc: %s%s\n", e.detail,
			strstr(e.detail, "role \"qr_") ? " (a new cluster: run `qrsvc migrate "
							 "--bootstrap` first)"
						       : "");
	return rc == RC_OK ? 0 : config_bad ? 2 : 1;
}
