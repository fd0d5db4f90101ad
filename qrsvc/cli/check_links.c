/* Owns `qrsvc check-links`: asks every host that answers for printed codes (base_url and
 * [server] hosts) for a sample of them, as a phone would, and says which do not open.  Runs
 * curl(1), which knows TLS and proxies as this machine is set up; changes nothing. */
#include "qrsvc/base/arena.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/fetch.h"
#include "qrsvc/cli/open.h"

#define COMMAND "check-links"
#define SAMPLE 20
#define ANSWER_MAX (256u * 1024) /* a label's JSON with its facility */

/* A name without port is asked as the labels say; with a port it is a trial's own listener. */
static const char *origin(const struct config *cfg, const char *host, struct arena *mem)
{
	bool port = host[0] == '[' ? strstr(host, "]:") != NULL : strchr(host, ':') != NULL;

	if (strcmp(host, cfg->host) == 0)
		port = !cfg->https;
	return arena_fmt(mem, "%s://%s", cfg->https && !port ? "https" : "http", host).p;
}

static enum rc check_host(const struct config *cfg, const char *host,
	const struct pgsync_rows *codes, int64_t *bad, struct err *e)
{
	size_t n = pgsync_count(codes), good = 0;
	struct arena mem;
	struct sbuf body;
	enum rc rc = RC_OK;

	arena_init(&mem);
	sbuf_init(&body, ANSWER_MAX);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct str code = pgsync_cell(codes, i, 0);
		const char *url =
			arena_fmt(&mem, "%s/%.*s.json", origin(cfg, host, &mem), STR_F(code)).p;
		struct str own = arena_fmt(&mem, "\"code\":\"%.*s\"", STR_F(code));
		int status;

		rc = fetch_get(url, NULL, &body, &status, e);
		if (rc != RC_OK)
			break;
		/* An answer that does not name the code is somebody else's page. */
		if (status == 200 && str_find(sbuf_view(&body), own) >= 0)
			good++;
		else
			printf("%s: %s\n", url,
				status == 0	? "no answer"
				: status == 200 ? "answers, but is not this service"
						: arena_fmt(&mem, "status %d", status).p);
	}
	if (rc == RC_OK)
		printf("%s: %zu of %zu codes open\n", host, good, n);
	*bad += (int64_t)(n - good);
	sbuf_release(&body);
	arena_release(&mem);
	return rc;
}

int cli_check_links(int argc, char **argv, const struct config *cfg)
{
	const char *sample = NULL;
	const struct cli_opt opts[] = {{"sample", &sample, NULL}, {NULL, NULL, NULL}};
	struct pgsync *pg = NULL;
	struct pgsync_rows codes = {0};
	int64_t n = SAMPLE, bad = 0;
	struct err e;
	enum rc rc;
	int operands = cli_options(COMMAND, argc, argv, opts);

	if (operands != 0)
		return operands < 0 ? CLI_USAGE
				    : cli_usage(COMMAND, "%s is not expected", argv[1]);
	if (sample && (!str_i64(str_c(sample), &n) || n < 1 || n > 10000))
		return cli_usage(COMMAND, "--sample %s is not between 1 and 10000", sample);
	rc = cli_open(cfg, "qr_migrate", &pg, &e);
	if (rc == RC_OK) {
		struct pgsync_param v[] = {PG_INT(n)};

		rc = pgsync_query(pg,
			"SELECT code FROM api.label_list(NULL, '{active}', NULL, NULL, NULL, NULL, NULL)"
			" ORDER BY random() LIMIT $1",
			v, 1, &codes, &e);
	}
	pgsync_free(pg);
	if (rc == RC_OK && pgsync_count(&codes) == 0)
		rc = err_set(&e, RC_NOT_FOUND, "there is no active label to ask for");
	for (size_t i = 0; rc == RC_OK && i < cfg->host_n; i++)
		rc = check_host(cfg, cfg->host_list[i], &codes, &bad, &e);
	if (rc == RC_OK && bad)
		rc = err_set(&e, RC_UNAVAILABLE, "%lld links do not open", (long long)bad);
	pgsync_rows_release(&codes);
	return rc == RC_OK ? CLI_OK : cli_fail(COMMAND, &e);
}
