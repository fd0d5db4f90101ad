/* Owns `qrsvc import`: one file, one transaction.  Reads rows through a profile, stages them by
 * COPY, lets api.import_* decide, and commits all of it or nothing.  Never judges a value: that
 * is SQL's.  Called by an operator, the demo and the tests. */
#include "qrsvc/cli/import.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qrsvc/base/crypto.h"
#include "qrsvc/cli/open.h"

#define COMMAND "import"

static const struct {
	const char *copy, *run;
} steps[IMPORT_KINDS] = {
	{"COPY pg_temp.stage_facility (line, key, code, kind, org, name, place_key, place_code,"
	 " place_name, place_address, building, serves, params, status, status_since,"
	 " status_reason, since, manager_name, manager_phone, manager_from, unmanaged, lon, lat)"
	 " FROM STDIN",
		"SELECT line, reason, detail FROM api.import_facilities($1, $2, $3)"},
	{"COPY pg_temp.stage_record (line, key, facility_source, facility_key, facility_code, type,"
	 " performed_from, performed_to, performed_on, received_at, published_at, parties,"
	 " fields, results, flags) FROM STDIN",
		"SELECT line, reason, detail FROM api.import_records($1, $2, $3)"},
	{"COPY pg_temp.stage_photo (line, record_source, record_key, record_id, slot, sha256, taken)"
	 " FROM STDIN",
		"SELECT line, reason, detail FROM api.import_photos($1, $3) WHERE $2 <> ''"},
};

static void on_progress(void *arg, int64_t done, int64_t total)
{
	struct import *im = arg;

	im->progress.total = total;
	cli_progress_at(&im->progress, done);
}

static enum rc stage_row(
	struct import *im, int64_t line, const struct str *values, struct err *e)
{
	sbuf_clear(&im->line);
	sbuf_fmt(&im->line, "%lld\t", (long long)line);
	for (size_t i = 0; import_columns[im->kind][i]; i++)
		pgsync_copy_field(&im->line, values[i], !import_columns[im->kind][i + 1]);
	if (im->line.over)
		return err_set(e, RC_TOO_LARGE, "line %lld: the row is too large to be stored",
			(long long)line);
	if (!im->spool)
		return pgsync_copy_put(im->pg, sbuf_view(&im->line), e);
	if (fwrite(im->line.p, 1, im->line.n, im->spool) != im->line.n)
		return err_set(e, RC_IO, "no room for a temporary file: %s", strerror(errno));
	return RC_OK;
}

static enum rc on_row(void *arg, const struct csv_row *row, struct err *e)
{
	struct import *im = arg;
	struct str values[IMPORT_COLUMNS];
	struct refusal why;
	enum rc rc = RC_OK;

	if (!im->bound) {
		bool header = im->profile->has_header;

		im->bound = true;
		rc = profile_bind(im->profile, im->kind, header ? row->cell : NULL,
			header ? row->n : 0, e);
		if (rc != RC_OK || header)
			return rc;
	}
	im->rows++;
	if (!profile_row(im->profile, im->kind, row, &im->row, values, &why)) {
		rejects_own(&im->rejects, row->line, why.reason, why.detail);
	} else {
		if (im->photos)
			rc = import_photos_row(im, values, &why, e);
		if (rc == RC_OK && why.reason)
			rejects_own(&im->rejects, row->line, why.reason, why.detail);
		else if (rc == RC_OK)
			rc = stage_row(im, row->line, values, e);
	}
	arena_reset(&im->row);
	return rc;
}

static enum rc copy_spool(struct import *im, struct err *e)
{
	char buf[64 * 1024];
	enum rc rc = pgsync_copy_begin(im->pg, steps[im->kind].copy, e);
	size_t n;

	rewind(im->spool);
	while (rc == RC_OK && (n = fread(buf, 1, sizeof buf, im->spool)) > 0)
		rc = pgsync_copy_put(im->pg, (struct str){buf, n}, e);
	return rc == RC_OK ? pgsync_copy_end(im->pg, e) : rc;
}

static struct csv_options reading(struct import *im)
{
	return (struct csv_options){
		im->profile->encoding, im->profile->delimiter, on_progress, on_row, im};
}

static enum rc stage(struct import *im, struct err *e)
{
	struct csv_options opt = reading(im);
	enum rc rc = RC_OK;

	if (!im->spool)
		rc = pgsync_copy_begin(im->pg, steps[im->kind].copy, e);
	if (rc != RC_OK)
		return rc;
	cli_progress_init(&im->progress, import_kind_names[im->kind], 0);
	rc = csv_read(im->table, &opt, e);
	cli_progress_end(&im->progress);
	if (rc == RC_OK && !im->bound)
		rc = err_set(e, RC_BAD, "the file is empty");
	if (rc != RC_OK) {
		struct err inner = *e;

		if (!im->spool)
			pgsync_copy_abort(im->pg, "the file cannot be read");
		if (inner.rc == RC_BAD || inner.rc == RC_NOT_FOUND)
			err_set(e, rc, "%s: %s", im->file, inner.detail);
		return rc;
	}
	return im->spool ? copy_spool(im, e) : pgsync_copy_end(im->pg, e);
}

static enum rc hash_file(const char *path, unsigned char ret_[SHA256_BYTES], struct err *e)
{
	FILE *f = fopen(path, "re");
	struct sha256_ctx c;
	char buf[64 * 1024];
	size_t n;

	if (!f)
		return err_set(e, RC_IO, "cannot open %s: %s", path, strerror(errno));
	sha256_init(&c);
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		sha256_update(&c, (struct str){buf, n});
	n = (size_t)ferror(f);
	fclose(f);
	sha256_final(&c, ret_);
	return n ? err_set(e, RC_IO, "cannot read %s", path) : RC_OK;
}

static enum rc begin(struct import *im, struct err *e)
{
	unsigned char hash[SHA256_BYTES];
	const char *name = strrchr(im->file, '/') ? strrchr(im->file, '/') + 1 : im->file;
	struct pgsync_param v[] = {PG_C(import_kind_names[im->kind]), PG_C(im->source),
		PG_C(name), PG_BYTES(((struct str){(char *)hash, sizeof hash}))};
	struct pgsync_rows rows = {0};
	enum rc rc = hash_file(im->table, hash, e);

	if (rc == RC_OK)
		rc = pgsync_do(im->pg, "BEGIN", e);
	if (rc == RC_OK)
		rc = pgsync_query(
			im->pg, "SELECT api.import_begin($1, $2, $3, $4)", v, 4, &rows, e);
	if (rc == RC_OK)
		im->batch = pgsync_int(&rows, 0, 0);
	pgsync_rows_release(&rows);
	return rc;
}

static enum rc on_refused(void *arg, const struct pgsync_rows *one, struct err *e)
{
	struct import *im = arg;

	(void)e;
	rejects_server(&im->rejects, pgsync_int(one, 0, 0), pgsync_cell(one, 0, 1),
		pgsync_cell(one, 0, 2));
	return RC_OK;
}

/* Lets the database judge what is staged; *ret_applied: it took the rows that are good. */
static enum rc judge(
	struct import *im, bool *ret_applied, struct pgsync_rows *report, struct err *e)
{
	const char *change = im->profile->keep && im->kind == IMPORT_FACILITIES ? "keep"
			     : im->revise					? "revise"
										: "refuse";
	struct pgsync_param v[] = {
		PG_INT(im->batch), PG_C(change), PG_C(im->skip_bad ? "true" : "false")};
	enum rc rc = pgsync_each(im->pg, steps[im->kind].run, v, 3, on_refused, im, e);

	if (rc == RC_OK)
		rc = pgsync_query(im->pg,
			"SELECT rows, created, changed, unchanged, refused, applied"
			" FROM api.import_report($1)",
			v, 1, report, e);
	if (rc == RC_OK)
		*ret_applied = str_eq(pgsync_cell(report, 0, 5), STR("t")) &&
			       (im->skip_bad || im->rejects.n == 0);
	return rc;
}

static void print_report(const struct import *im, const struct pgsync_rows *report)
{
	printf("%s: %lld rows, %lld new, %lld changed, %lld unchanged, %lld refused\n",
		import_kind_names[im->kind], (long long)im->rows,
		(long long)pgsync_int(report, 0, 1), (long long)pgsync_int(report, 0, 2),
		(long long)pgsync_int(report, 0, 3), (long long)im->rejects.n);
	for (size_t i = 0; i < im->rejects.count_n; i++)
		printf("refused %s: %lld\n", im->rejects.count[i].reason,
			(long long)im->rejects.count[i].n);
}

/* In the transaction that the caller ends: RC_OK = commit. */
static enum rc load(struct import *im, struct err *e)
{
	struct pgsync_rows report = {0};
	struct csv_options opt;
	bool applied = false;
	enum rc rc = begin(im, e);

	if (rc == RC_OK)
		rc = stage(im, e);
	if (rc == RC_OK)
		rc = judge(im, &applied, &report, e);
	if (rc == RC_OK) {
		opt = reading(im);
		rc = rejects_write(&im->rejects, im->table, &opt, im->profile->has_header,
			im->rejected, e);
	}
	if (rc == RC_OK && applied && !im->dry_run)
		rc = pgsync_do(im->pg, "COMMIT", e);
	if (rc == RC_OK && applied)
		print_report(im, &report);
	if (rc == RC_OK && applied && im->dry_run)
		printf("dry run: nothing was loaded\n");
	else if (rc == RC_OK && !applied)
		rc = err_set(e, RC_INVALID,
			"%lld of %lld rows are refused (%s: %lld%s), nothing was loaded; %s "
			"names each; mend them or load the rest with --skip-bad",
			(long long)im->rejects.n, (long long)im->rows,
			im->rejects.count_n ? im->rejects.count[0].reason : "unknown",
			(long long)(im->rejects.count_n ? im->rejects.count[0].n : 0),
			im->rejects.count_n > 1 ? ", ..." : "", im->rejected);
	pgsync_rows_release(&report);
	return rc;
}

static enum rc run(struct import *im, const char *profile, struct err *e)
{
	char folder[PATH_MAX], table[32];
	struct stat st;
	enum rc rc;

	if (stat(im->file, &st) != 0)
		return err_set(e, RC_IO, "cannot open %s: %s", im->file, strerror(errno));
	if (!S_ISREG(st.st_mode) && !(S_ISDIR(st.st_mode) && im->kind == IMPORT_PHOTOS))
		return err_set(e, RC_IO, "%s is not a file", im->file);
	snprintf(folder, sizeof folder, "%s", im->file);
	if (S_ISDIR(st.st_mode) && im->kind == IMPORT_PHOTOS) {
		rc = import_photos_folder(im->file, table, e);
		if (rc != RC_OK)
			return rc;
		im->table = table;
		profile = "plain";
	} else if (strrchr(folder, '/')) {
		*strrchr(folder, '/') = 0;
	} else {
		snprintf(folder, sizeof folder, ".");
	}
	rc = profile_load(profile, &im->profile, e);
	if (rc == RC_OK)
		rc = profile_has(im->profile, im->kind, e);
	if (rc != RC_OK)
		return rc;
	if (im->profile->keep && im->revise && im->kind == IMPORT_FACILITIES)
		return err_set(e, RC_INVALID,
			"%s keeps facilities as they were first reported; --revise has no effect",
			profile);
	if (!im->profile->scope.timezone)
		im->profile->scope.timezone = im->cfg->timezone;
	if (!im->source)
		im->source = im->profile->source;
	rc = cli_open(im->cfg, "qr_migrate", &im->pg, e);
	if (rc == RC_OK && im->kind == IMPORT_PHOTOS)
		rc = import_photos_start(im, folder[0] ? folder : "/", e);
	return rc == RC_OK ? load(im, e) : rc;
}

static int kind_of(const char *word)
{
	for (int k = 0; k < IMPORT_KINDS; k++)
		if (strcmp(word, import_kind_names[k]) == 0)
			return k;
	return -1;
}

int cli_import(int argc, char **argv, const struct config *cfg)
{
	const char *profile = "plain", *source = NULL, *rejected = NULL;
	struct import im = {.cfg = cfg};
	const struct cli_opt opts[] = {
		{"profile", &profile, NULL},
		{"source", &source, NULL},
		{"rejected", &rejected, NULL},
		{"skip-bad", NULL, &im.skip_bad},
		{"revise", NULL, &im.revise},
		{"dry-run", NULL, &im.dry_run},
		{NULL, NULL, NULL},
	};
	char name[PATH_MAX];
	struct err e;
	enum rc rc;
	int n = cli_options(COMMAND, argc, argv, opts), kind = -1;

	if (n < 0)
		return CLI_USAGE;
	if (n != 2 || (kind = kind_of(argv[1])) < 0)
		return cli_usage(
			COMMAND, "facilities, records or photos and one file are needed");
	crypto_init();
	im.kind = (enum import_kind)kind;
	im.file = im.table = argv[2];
	im.source = source;
	snprintf(name, sizeof name, "%s", argv[2]);
	while (name[0] && name[strlen(name) - 1] == '/')
		name[strlen(name) - 1] = 0;
	snprintf(name + strlen(name), sizeof name - strlen(name), ".rejected.csv");
	im.rejected = rejected ? rejected : name;
	arena_init(&im.row);
	sbuf_init(&im.line, LIMIT_CSV_ROW * 4);
	rc = rejects_init(&im.rejects, &e);
	if (rc == RC_OK)
		rc = run(&im, profile, &e);
	import_photos_stop(&im);
	rejects_release(&im.rejects);
	arena_release(&im.row);
	sbuf_release(&im.line);
	pgsync_free(im.pg);
	profile_free(im.profile);
	return rc == RC_OK ? CLI_OK : cli_fail(COMMAND, &e);
}
