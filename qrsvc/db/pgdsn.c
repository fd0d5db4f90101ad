/* Owns nothing: judges a connection string before anybody connects.  Called by pgpool.c. */
#include "qrsvc/db/pgconn.h"

#include <arpa/inet.h>

static bool host_is_ready(struct str h)
{
	char text[64];
	unsigned char addr[16];
	if (!h.n || h.p[0] == '/' || h.p[0] == '@')
		return true;
	if (h.n >= sizeof text)
		return false;
	memcpy(text, h.p, h.n);
	text[h.n] = 0;
	return inet_pton(AF_INET, text, addr) == 1 || inet_pton(AF_INET6, text, addr) == 1;
}

static enum rc check_hosts(const char *hosts, int *ret_hosts, struct err *e)
{
	struct str rest = str_c(hosts);
	int n = 0;
	while (rest.p) {
		struct str h = str_cut(&rest, ',');
		n++;
		if (!host_is_ready(h))
			return err_set(e, RC_INVALID,
				"dsn: host=%.*s would have to be looked up, which the daemon "
				"never does; use hostaddr=ADDRESS or a socket folder",
				STR_F(h));
	}
	*ret_hosts = n > 1 ? n : 1;
	return RC_OK;
}

enum rc pgconn_check_dsn(const char *dsn, int *ret_hosts, struct err *e)
{
	char *why = NULL;
	const char *host = NULL, *hostaddr = NULL, *bad = NULL;
	PQconninfoOption *opt = PQconninfoParse(dsn, &why);
	if (!opt) {
		struct str rest = str_c(why ? why : "cannot be parsed");
		struct str first = str_cut(&rest, '\n');
		enum rc rc = err_set(e, RC_INVALID, "dsn: %.*s", STR_F(first));
		PQfreemem(why);
		return rc;
	}
	for (PQconninfoOption *o = opt; o->keyword; o++) {
		if (!o->val)
			continue;
		if (strcmp(o->keyword, "user") == 0 || strcmp(o->keyword, "password") == 0)
			bad = o->keyword;
		if (strcmp(o->keyword, "host") == 0)
			host = o->val;
		if (strcmp(o->keyword, "hostaddr") == 0)
			hostaddr = o->val;
	}
	enum rc rc;
	if (bad)
		rc = err_set(e, RC_INVALID,
			"dsn: leave out %s; each kind of work has its own role, passwords "
			"belong into PGPASSFILE",
			bad);
	else
		rc = check_hosts(hostaddr ? hostaddr
				 : host	  ? host
					  : getenv("PGHOST"),
			ret_hosts, e);
	PQconninfoFree(opt);
	return rc;
}
