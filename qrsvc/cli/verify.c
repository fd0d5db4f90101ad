/* Owns `qrsvc verify`: has everything recomputed that can be, in one snapshot, and names what
 * differs.  Changes nothing; runs as qr_auditor.  Called by an operator, after a restore, by
 * anybody who was given a copy of the database, and by the tests. */
#include "qrsvc/cli/verify.h"

#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/open.h"

#define COMMAND "verify"

/* Facilities, records, photos a call looks at: a second of work, a few megabytes. */
#define PIECE 500
#define PHOTO_PIECE 50
/* Bad rows printed; the rest is counted. */
#define SHOWN 100

void verify_complain(
	struct verify *v, const char *what, struct str key, struct str rev, struct str problem)
{
	char line[200];

	snprintf(line, sizeof line, "%s %.*s%s%.*s: %.*s", what, STR_F(key),
		rev.n ? " rev " : "", STR_F(rev), STR_F(problem));
	if (v->bad == 0)
		memcpy(v->first, line, sizeof line);
	if (v->bad++ < SHOWN)
		puts(line);
}

bool verify_mark(const struct pgsync_rows *rows, int col, struct arena *mem, struct str *ret_)
{
	size_t n = pgsync_count(rows);
	struct str mark = n ? pgsync_cell(rows, n - 1, col) : STR_NONE;

	if (!mark.p)
		return false;
	*ret_ = arena_str(mem, mark);
	return true;
}

static enum rc documents(struct verify *v, const char *kind, struct arena *mem, struct err *e)
{
	struct str after = STR("");
	struct pgsync_rows rows = {0};
	bool more = true;
	enum rc rc = RC_OK;

	while (rc == RC_OK && more) {
		struct pgsync_param p[] = {PG_C(kind), PG_TEXT(after), PG_INT(PIECE)};

		rc = pgsync_query(v->pg,
			"SELECT kind, key, problem, last_key FROM api.verify_documents($1, $2, $3)",
			p, 3, &rows, e);
		for (size_t i = 0; rc == RC_OK && i < pgsync_count(&rows); i++) {
			struct str of = pgsync_cell(&rows, i, 0),
				   problem = pgsync_cell(&rows, i, 2);

			if (problem.p)
				verify_complain(v, arena_fmt(mem, "document %.*s", STR_F(of)).p,
					pgsync_cell(&rows, i, 1), STR_NONE, problem);
		}
		more = rc == RC_OK && verify_mark(&rows, 3, mem, &after);
		pgsync_rows_release(&rows);
		cli_progress_at(&v->progress, v->checked += more ? PIECE : 0);
	}
	return rc;
}

static enum rc records(struct verify *v, struct arena *mem, struct err *e)
{
	struct str after = STR("0");
	struct pgsync_rows rows = {0};
	bool more = true;
	enum rc rc = RC_OK;

	while (rc == RC_OK && more) {
		struct pgsync_param p[] = {PG_TEXT(after), PG_INT(PIECE)};

		rc = pgsync_query(v->pg,
			"SELECT facility, record, rev, problem, last_id FROM api.verify_records($1, $2)",
			p, 2, &rows, e);
		for (size_t i = 0; rc == RC_OK && i < pgsync_count(&rows); i++) {
			struct str record = pgsync_cell(&rows, i, 1),
				   problem = pgsync_cell(&rows, i, 3);

			if (problem.p && record.p)
				verify_complain(
					v, "record", record, pgsync_cell(&rows, i, 2), problem);
			else if (problem.p)
				verify_complain(v, "facility", pgsync_cell(&rows, i, 0),
					STR_NONE, problem);
		}
		more = rc == RC_OK && verify_mark(&rows, 4, mem, &after);
		pgsync_rows_release(&rows);
		cli_progress_at(&v->progress, v->checked += more ? PIECE : 0);
	}
	return rc;
}

/* Photos, report files: by the hash that is their name. */
static enum rc files(
	struct verify *v, const char *what, const char *sql, struct arena *mem, struct err *e)
{
	struct str after = STR("");
	struct pgsync_rows rows = {0};
	bool more = true;
	enum rc rc = RC_OK;

	while (rc == RC_OK && more) {
		struct pgsync_param p[] = {PG_TEXT(after), PG_INT(PHOTO_PIECE)};

		rc = pgsync_query(v->pg, sql, p, 2, &rows, e);
		for (size_t i = 0; rc == RC_OK && i < pgsync_count(&rows); i++) {
			struct str problem = pgsync_cell(&rows, i, 1);

			if (problem.p)
				verify_complain(
					v, what, pgsync_cell(&rows, i, 0), STR_NONE, problem);
		}
		more = rc == RC_OK && verify_mark(&rows, 2, mem, &after);
		pgsync_rows_release(&rows);
		cli_progress_at(&v->progress, v->checked += more ? PHOTO_PIECE : 0);
	}
	return rc;
}

static enum rc everything(struct verify *v, struct err *e)
{
	static const char *const kinds[] = {"reference", "org", "place", "facility", "label"};
	struct arena mem;
	enum rc rc;

	arena_init(&mem);
	cli_progress_init(&v->progress, "verify", 0);
	/* One snapshot: what is published meanwhile is not taken for a fault. */
	rc = pgsync_do(v->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", e);
	for (size_t i = 0; rc == RC_OK && i < sizeof kinds / sizeof kinds[0]; i++)
		rc = documents(v, kinds[i], &mem, e);
	if (rc == RC_OK)
		rc = records(v, &mem, e);
	if (rc == RC_OK)
		rc = files(v, "photo",
			"SELECT sha256, problem, last_sha256 FROM api.verify_photos($1::bytea, $2)",
			&mem, e);
	if (rc == RC_OK)
		rc = files(v, "report",
			"SELECT sha256, problem, last_sha256 FROM api.verify_reports($1::bytea, $2)",
			&mem, e);
	if (rc == RC_OK)
		rc = verify_chain(v, &mem, e);
	cli_progress_end(&v->progress);
	arena_release(&mem);
	return rc;
}

static enum rc totals(struct verify *v, struct err *e)
{
	struct pgsync_rows rows = {0};
	enum rc rc = pgsync_query(v->pg,
		"SELECT facilities, records, photos, labels FROM api.verify_totals()", NULL, 0,
		&rows, e);

	if (rc == RC_OK)
		printf("verified: %lld facilities, %lld records, %lld photos, %lld labels\n"
		       "chain: %lld heads over %lld acts%s\n",
			(long long)pgsync_int(&rows, 0, 0), (long long)pgsync_int(&rows, 0, 1),
			(long long)pgsync_int(&rows, 0, 2), (long long)pgsync_int(&rows, 0, 3),
			(long long)v->signed_heads, (long long)v->acts,
			v->heads ? ", those of the file among them"
			: v->key ? ""
				 : ", their key not compared (--key)");
	pgsync_rows_release(&rows);
	return rc;
}

/* What is gone by law is no fault, and is said. */
static enum rc erased(struct verify *v, struct err *e)
{
	struct pgsync_rows rows = {0};
	enum rc rc = pgsync_query(
		v->pg, "SELECT what, n FROM api.verify_erased()", NULL, 0, &rows, e);

	for (size_t i = 0; rc == RC_OK && i < pgsync_count(&rows); i++)
		printf("erased: %lld of kind %.*s\n", (long long)pgsync_int(&rows, i, 1),
			STR_F(pgsync_cell(&rows, i, 0)));
	pgsync_rows_release(&rows);
	return rc;
}

int cli_verify(int argc, char **argv, const struct config *cfg)
{
	struct verify v = {0};
	const struct cli_opt opts[] = {
		{"heads", &v.heads, NULL}, {"key", &v.key, NULL}, {NULL, NULL, NULL}};
	struct err e;
	enum rc rc;
	int n = cli_options(COMMAND, argc, argv, opts);

	if (n != 0)
		return n < 0 ? CLI_USAGE : cli_usage(COMMAND, "%s is not expected", argv[1]);
	if (v.heads && !v.key)
		return cli_usage(
			COMMAND, "--heads needs --key, or anybody could have signed them");
	rc = cli_open(cfg, "qr_auditor", &v.pg, &e);
	if (rc == RC_OK)
		rc = everything(&v, &e);
	if (rc == RC_OK && v.bad)
		rc = err_set(&e, RC_CONFLICT, "%lld faults, the first: %s", (long long)v.bad,
			v.first);
	if (rc == RC_OK)
		rc = totals(&v, &e);
	if (rc == RC_OK)
		rc = erased(&v, &e);
	pgsync_free(v.pg);
	return rc == RC_OK ? CLI_OK : cli_fail(COMMAND, &e);
}
