/* Owns: one printed batch, from the database's selection through the label library to a file
 * and its line in the ledger: both or neither.  Called by labels.c. */
#include "qrsvc/cli/labels.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "labels/label.h"
#include "labels/ledger.h"
#include "qrsvc/base/limits.h"

struct printing {
	const struct labels_args *a;
	bool png;
	const char *target; /* file or folder */
	char part[PATH_MAX];
	char current[PATH_MAX]; /* PNG: the file being written */
	FILE *out;
	bool failed;
	struct cli_progress progress;
	struct label_options options;
	struct label_report report;
	unsigned skip[LEDGER_SKIP];
};

static bool on_write(void *arg, const void *p, size_t n)
{
	struct printing *pr = arg;

	pr->failed = pr->failed || !pr->out || fwrite(p, 1, n, pr->out) != n;
	return !pr->failed;
}

static bool on_file(void *arg, const char *name)
{
	struct printing *pr = arg;

	if (pr->out && fclose(pr->out) != 0)
		pr->failed = true;
	if (snprintf(pr->current, sizeof pr->current, "%.*s/%s", (int)sizeof pr->part - 1,
		    pr->part, name) >= (int)sizeof pr->current)
		pr->failed = true;
	pr->out = pr->failed ? NULL : fopen(pr->current, "wxe");
	pr->failed = pr->failed || !pr->out;
	return !pr->failed;
}

static void on_progress(void *arg, uint64_t labels)
{
	struct printing *pr = arg;

	cli_progress_at(&pr->progress, (int64_t)labels);
}

static enum rc parse_positions(struct printing *pr, struct err *e)
{
	enum rc rc = ledger_start(pr->a->start, &pr->options.start, e);

	if (rc == RC_OK)
		rc = ledger_skip(pr->a->skip, pr->skip, &pr->options.nskip, e);
	pr->options.skip = pr->skip;
	return rc;
}

static enum rc open_target(struct printing *pr, struct err *e)
{
	snprintf(pr->part, sizeof pr->part, "%s.part", pr->target);
	if (access(pr->target, F_OK) == 0)
		return err_set(
			e, RC_CONFLICT, "%s is there already; choose another name", pr->target);
	if (pr->png && mkdir(pr->part, 0777) != 0)
		return err_set(e, RC_IO, "cannot make %s: %s", pr->part, strerror(errno));
	if (!pr->png && !(pr->out = fopen(pr->part, "we")))
		return err_set(e, RC_IO, "cannot write %s: %s", pr->part, strerror(errno));
	return RC_OK;
}

static void drop_part(struct printing *pr)
{
	DIR *d;
	struct dirent *x;

	if (!pr->png) {
		unlink(pr->part);
		return;
	}
	d = opendir(pr->part);
	/* cppcheck-suppress readdirCalled ; one thread */
	while (d && (x = readdir(d)))
		if (x->d_name[0] != '.')
			unlinkat(dirfd(d), x->d_name, 0);
	if (d)
		closedir(d);
	rmdir(pr->part);
}

static struct label_row row_of(const struct pgsync_rows *rows, size_t i)
{
	struct str cell[LC_COLUMNS];

	for (int c = 0; c < LC_COLUMNS; c++)
		cell[c] = pgsync_cell(rows, i, c);
	return ledger_row(cell, i + 1);
}

static enum rc draw(struct printing *pr, const struct pgsync_rows *rows, struct err *e)
{
	size_t n = pgsync_count(rows);
	struct label_job *job = label_job_new(&pr->options, e);
	enum rc rc = job ? RC_OK : e->rc;

	cli_progress_init(&pr->progress, "labels", (int64_t)n);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct label_row row = row_of(rows, i);

		rc = label_job_row(job, &row, e);
	}
	if (rc == RC_OK)
		rc = label_job_end(job, &pr->report, e);
	cli_progress_end(&pr->progress);
	label_job_free(job);
	if (pr->out && fclose(pr->out) != 0)
		pr->failed = true;
	pr->out = NULL;
	if (pr->failed)
		rc = err_set(e, RC_IO, "cannot write %s: %s", pr->part, strerror(errno));
	return rc;
}

static enum rc write_ledger(
	struct printing *pr, const struct pgsync_rows *rows, int64_t *ret_batch, struct err *e)
{
	const struct labels_args *a = pr->a;
	struct pgsync_rows got = {0};
	unsigned at = pr->options.start;
	struct sbuf codes, positions;
	enum rc rc;

	sbuf_init(&codes, 16 * LIMIT_LABELS);
	sbuf_init(&positions, 16 * LIMIT_LABELS);
	for (size_t i = 0; i < pgsync_count(rows); i++) {
		at = ledger_position(&pr->options, at);
		sbuf_byte(&codes, i ? ',' : '{');
		sbuf_str(&codes, pgsync_cell(rows, i, LC_CODE));
		sbuf_fmt(&positions, "%c%u", i ? ',' : '{', at++);
	}
	sbuf_byte(&codes, '}');
	sbuf_byte(&positions, '}');
	struct pgsync_param v[] = {PG_C(a->who), PG_TEXT(sbuf_view(&codes)),
		PG_C(label_template_info(pr->options.tpl).name), PG_C(a->printer),
		PG_TEXT(sbuf_view(&positions)), PG_NULL};
	rc = pgsync_query(
		a->pg, "SELECT api.label_printed($1, $2, $3, $4, $5, $6)", v, 6, &got, e);
	if (rc == RC_OK)
		*ret_batch = pgsync_int(&got, 0, 0);
	pgsync_rows_release(&got);
	sbuf_release(&codes);
	sbuf_release(&positions);
	return rc;
}

/* Draws, proves, writes the ledger, renames, commits: whatever fails leaves nothing behind. */
static enum rc make(struct printing *pr, struct err *e)
{
	struct pgsync_rows rows = {0};
	int64_t batch = 0;
	size_t n = 0;
	enum rc rc = pgsync_do(pr->a->pg, "BEGIN", e);

	if (rc == RC_OK)
		rc = labels_select(pr->a, 1, &rows, e);
	if (rc == RC_OK && (n = pgsync_count(&rows)) == 0)
		rc = err_set(e, RC_NOT_FOUND, "the selection holds no label");
	if (rc == RC_OK && n > LIMIT_LABELS)
		rc = err_set(e, RC_TOO_LARGE,
			"%zu labels are more than %u; print them office by "
			"office",
			n, LIMIT_LABELS);
	if (rc == RC_OK)
		rc = open_target(pr, e);
	if (rc == RC_OK) {
		rc = draw(pr, &rows, e);
		if (rc == RC_OK)
			rc = write_ledger(pr, &rows, &batch, e);
		if (rc == RC_OK && rename(pr->part, pr->target) != 0)
			rc = err_set(
				e, RC_IO, "cannot write %s: %s", pr->target, strerror(errno));
		if (rc == RC_OK && (rc = pgsync_do(pr->a->pg, "COMMIT", e)) != RC_OK)
			rename(pr->target, pr->part);
		if (rc != RC_OK)
			drop_part(pr);
	}
	pgsync_rows_release(&rows);
	if (rc == RC_OK)
		printf("batch %lld: %llu labels on %llu sheets in %s; next free position %u\n",
			(long long)batch, (unsigned long long)pr->report.labels,
			(unsigned long long)pr->report.sheets, pr->target,
			pr->report.next_position);
	if (rc == RC_OK && pr->report.warning[0])
		printf("warning: %s\n", pr->report.warning);
	return rc;
}

enum rc labels_print(const struct labels_args *a, bool png, struct err *e)
{
	struct printing pr = {.a = a, .png = png};
	struct label_fonts *fonts = NULL;
	struct label_template *tpl = NULL;
	struct str hosts[CONFIG_LIST];
	const char *name = a->template ? a->template : LEDGER_TEMPLATE;
	enum rc rc;

	if (a->n < 1)
		return err_set(e, RC_BAD, "the name of the file is needed");
	pr.target = a->operand[0];
	for (size_t i = 0; i < a->cfg->host_n; i++)
		hosts[i] = str_c(a->cfg->host_list[i]);
	pr.options = (struct label_options){.format = png ? LABEL_PNG : LABEL_PDF,
		.base = str_c(a->cfg->base_url),
		.hosts = hosts,
		.nhosts = a->cfg->host_n,
		.trial = a->trial || a->cfg->trial,
		.order = a->by_column ? LABEL_BY_COLUMN : LABEL_BY_ROW,
		.crop = a->crop,
		.decoder = &label_zbar,
		.write = on_write,
		.file = on_file,
		.progress = on_progress,
		.arg = &pr};
	rc = parse_positions(&pr, e);
	if (rc == RC_OK && !(tpl = label_template_load(name, NULL, e)))
		rc = e->rc;
	if (rc == RC_OK && !(fonts = label_fonts_open(str_c(a->cfg->fonts), e)))
		rc = e->rc;
	if (rc == RC_OK && a->profile &&
		!label_profile_load(a->profile, name, &pr.options.profile, e))
		rc = e->rc;
	pr.options.tpl = tpl;
	pr.options.fonts = fonts;
	if (rc == RC_OK)
		rc = make(&pr, e);
	label_fonts_free(fonts);
	label_template_free(tpl);
	return rc;
}
