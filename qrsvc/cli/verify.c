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

enum rc verify_pieces(
	struct verify *v, const struct verify_walk *w, struct arena *mem, struct err *e)
{
	struct str after = str_c(w->from);
	bool more = true;
	enum rc rc = RC_OK;

	while (rc == RC_OK && more) {
		struct pgsync_param p[] = {PG_TEXT(after), PG_INT(w->piece)};
		struct pgsync_rows rows = {0};

		rc = pgsync_query(v->pg, w->sql, p, 2, &rows, e);
		size_t n = rc == RC_OK ? pgsync_count(&rows) : 0;
		for (size_t i = 0; i < n; i++)
			w->row(v, w->arg, mem, &rows, i);
		struct str mark = n ? pgsync_cell(&rows, n - 1, w->mark) : STR_NONE;
		more = mark.p != NULL;
		if (more)
			after = arena_str(mem, mark);
		pgsync_rows_release(&rows);
		cli_progress_at(&v->progress, v->checked += more ? w->piece : 0);
	}
	return rc;
}

/* key, problem: of what the walk says it looks at. */
void verify_plain(struct verify *v, void *arg, struct arena *mem,
	const struct pgsync_rows *rows, size_t i)
{
	struct str problem = pgsync_cell(rows, i, 1);

	(void)mem;
	if (problem.p)
		verify_complain(v, arg, pgsync_cell(rows, i, 0), STR_NONE, problem);
}

static void document(struct verify *v, void *arg, struct arena *mem,
	const struct pgsync_rows *rows, size_t i)
{
	struct str problem = pgsync_cell(rows, i, 2);

	(void)arg;
	if (problem.p)
		verify_complain(v,
			arena_fmt(mem, "document %.*s", STR_F(pgsync_cell(rows, i, 0))).p,
			pgsync_cell(rows, i, 1), STR_NONE, problem);
}

static void record(struct verify *v, void *arg, struct arena *mem,
	const struct pgsync_rows *rows, size_t i)
{
	struct str id = pgsync_cell(rows, i, 1), problem = pgsync_cell(rows, i, 3);

	(void)arg;
	(void)mem;
	if (problem.p && id.p)
		verify_complain(v, "record", id, pgsync_cell(rows, i, 2), problem);
	else if (problem.p)
		verify_complain(v, "facility", pgsync_cell(rows, i, 0), STR_NONE, problem);
}

static enum rc everything(struct verify *v, struct err *e)
{
#define DOCUMENTS(kind)                                                                \
	{                                                                              \
		"SELECT kind, key, problem, last_key FROM api.verify_documents('" kind \
		"', $1, $2)",                                                          \
			"", 3, PIECE, document, NULL                                   \
	}
	static char photo[] = "photo", report[] = "report";
	static const struct verify_walk walks[] = {DOCUMENTS("reference"), DOCUMENTS("org"),
		DOCUMENTS("place"), DOCUMENTS("facility"), DOCUMENTS("label"),
		{"SELECT facility, record, rev, problem, last_id FROM api.verify_records($1, $2)",
			"0", 4, PIECE, record, NULL},
		{"SELECT sha256, problem, last_sha256 FROM api.verify_photos($1::bytea, $2)",
			"", 2, PHOTO_PIECE, verify_plain, photo},
		{"SELECT sha256, problem, last_sha256 FROM api.verify_reports($1::bytea, $2)",
			"", 2, PHOTO_PIECE, verify_plain, report}};
	struct arena mem;
	enum rc rc;

	arena_init(&mem);
	cli_progress_init(&v->progress, "verify", 0);
	/* One snapshot: what is published meanwhile is not taken for a fault. */
	rc = pgsync_do(v->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", e);
	for (size_t i = 0; rc == RC_OK && i < sizeof walks / sizeof walks[0]; i++)
		rc = verify_pieces(v, &walks[i], &mem, e);
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
