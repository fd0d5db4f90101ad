/* Owns `qrsvc labels`: codes, what they are stuck to, and the ledger.  Drawing is the label
 * library's, the rules are api.label_*'s.  Runs in qrsvc-jobs, which links the library. */
#include "qrsvc/cli/labels.h"

#include <pwd.h>
#include <unistd.h>

#include "labels/code.h"
#include "labels/ledger.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/cli/open.h"

#define COMMAND "labels"

/* Who is at the keyboard: not "root" when somebody became root. */
static const char *me(void)
{
	const char *sudo = getenv("SUDO_USER");
	/* cppcheck-suppress getpwuidCalled ; one thread, read at once */
	const struct passwd *pw = getpwuid(getuid());

	return sudo && *sudo ? sudo : pw ? pw->pw_name : "unknown";
}

enum rc labels_codes(const struct labels_args *a, int first, struct arena *mem,
	struct str *ret_, struct err *e)
{
	struct sbuf b;

	*ret_ = STR_NONE;
	if (a->n <= first)
		return RC_OK;
	sbuf_init(&b, 1024 * 1024);
	for (int i = first; i < a->n; i++) {
		struct code c;

		if (!code_parse(str_c(a->operand[i]), &c) || !code_check(&c)) {
			sbuf_release(&b);
			return err_set(e, RC_BAD, "%s is no label code", a->operand[i]);
		}
		sbuf_byte(&b, i == first ? '{' : ',');
		sbuf_puts(&b, c.c);
	}
	sbuf_byte(&b, '}');
	*ret_ = arena_str(mem, sbuf_view(&b));
	sbuf_release(&b);
	return RC_OK;
}

static struct pgsync_param flag(bool on)
{
	return on ? PG_C("true") : PG_NULL;
}

enum rc labels_select(
	const struct labels_args *a, int first, struct pgsync_rows *ret_, struct err *e)
{
	struct arena mem;
	struct str codes, states = STR_NONE;
	enum rc rc;

	arena_init(&mem);
	rc = labels_codes(a, first, &mem, &codes, e);
	if (a->state)
		states = arena_fmt(&mem, "{%s}", a->state);
	if (rc == RC_OK) {
		struct pgsync_param v[] = {PG_TEXT(codes), PG_TEXT(states), PG_C(a->org),
			PG_C(a->place), PG_C(a->kind), flag(a->damaged), flag(a->unprinted)};

		rc = pgsync_query(a->pg,
			"SELECT * FROM api.label_list($1, $2, $3, $4, $5, $6, $7)", v, 7, ret_,
			e);
	}
	arena_release(&mem);
	return rc;
}

static void print_rows(const struct pgsync_rows *rows, int columns)
{
	for (size_t i = 0; i < pgsync_count(rows); i++)
		for (int c = 0; c < columns; c++) {
			struct str v = pgsync_cell(rows, i, c);

			printf("%.*s%c", STR_F(v), c + 1 < columns ? '\t' : '\n');
		}
}

/* A statement whose rows are the answer. */
static enum rc ask(const struct labels_args *a, const char *sql, const struct pgsync_param *v,
	int n, int columns, struct err *e)
{
	struct pgsync_rows rows = {0};
	enum rc rc = pgsync_query(a->pg, sql, v, n, &rows, e);

	if (rc == RC_OK)
		print_rows(&rows, columns);
	pgsync_rows_release(&rows);
	return rc;
}

static enum rc count_of(const struct labels_args *a, int64_t none, int64_t *ret_, struct err *e)
{
	*ret_ = none;
	if (a->count && (!str_i64(str_c(a->count), ret_) || *ret_ < 1 || *ret_ > 10000))
		return err_set(e, RC_BAD, "--count %s is not between 1 and 10000", a->count);
	return RC_OK;
}

static enum rc issue(const struct labels_args *a, struct err *e)
{
	int64_t n;
	enum rc rc = count_of(a, 1, &n, e);
	struct pgsync_param v[] = {PG_C(a->who), PG_C(a->org), PG_INT(n)};

	return rc == RC_OK ? ask(a, "SELECT * FROM api.label_issue($1, $2, $3)", v, 3, 1, e)
			   : rc;
}

static enum rc cover(const struct labels_args *a, struct err *e)
{
	int64_t n;
	enum rc rc = count_of(a, 10000, &n, e);
	struct pgsync_param v[] = {
		PG_C(a->who), PG_C(a->org), PG_C(a->place), PG_C(a->kind), PG_INT(n)};

	return rc == RC_OK
		       ? ask(a, "SELECT * FROM api.label_cover($1, $2, $3, $4, $5)", v, 5, 1, e)
		       : rc;
}

static enum rc list(const struct labels_args *a, struct err *e)
{
	struct pgsync_rows rows = {0};
	enum rc rc = labels_select(a, 0, &rows, e);

	if (rc == RC_OK) {
		printf("code\tstate\tname\tplace\taddress\tbuilding\tspot\torg\tphone\tfacility\t"
		       "place_code\tbatch\n");
		print_rows(&rows, LC_COLUMNS);
	}
	pgsync_rows_release(&rows);
	return rc;
}

/* Subcommands on exactly one code. */
static enum rc one_code(const struct labels_args *a, struct code *ret_, struct err *e)
{
	if (a->n != 1 || !code_parse(str_c(a->operand[0]), ret_) || !code_check(ret_))
		return err_set(e, RC_BAD, "%s",
			a->n == 1 ? "that is no label code (a slip?)"
				  : "one label code is needed");
	return RC_OK;
}

static enum rc bind_label(const struct labels_args *a, struct err *e)
{
	struct code c;
	enum rc rc = one_code(a, &c, e);
	struct pgsync_param v[] = {PG_C(a->who), PG_C(c.c), PG_C(a->facility), PG_C(a->place),
		PG_C(a->spot), PG_C(a->reason)};

	return rc == RC_OK ? ask(a, "SELECT api.label_bind($1, $2, $3, $4, $5, $6)", v, 6, 1, e)
			   : rc;
}

static enum rc replace(const struct labels_args *a, struct err *e)
{
	struct code c;
	enum rc rc = one_code(a, &c, e);
	struct pgsync_param v[] = {PG_C(a->who), PG_C(c.c), PG_C(a->reason)};

	return rc == RC_OK ? ask(a, "SELECT api.label_replace($1, $2, $3)", v, 3, 1, e) : rc;
}

static enum rc damaged(const struct labels_args *a, struct err *e)
{
	struct code c;
	enum rc rc = one_code(a, &c, e);
	struct pgsync_param v[] = {PG_C(a->who), PG_C(c.c), PG_C(a->reason)};

	return rc == RC_OK ? ask(a, "SELECT api.label_damaged($1, $2, $3)", v, 3, 0, e) : rc;
}

static enum rc void_labels(const struct labels_args *a, struct err *e)
{
	struct arena mem;
	struct str codes;
	enum rc rc;

	arena_init(&mem);
	rc = labels_codes(a, 0, &mem, &codes, e);
	if (rc == RC_OK && !codes.p)
		rc = err_set(e, RC_BAD, "the codes to be voided are needed");
	if (rc == RC_OK) {
		struct pgsync_param v[] = {PG_C(a->who), PG_TEXT(codes), PG_C(a->reason)};

		rc = ask(a, "SELECT 'void', api.label_void($1, $2, $3)", v, 3, 2, e);
	}
	arena_release(&mem);
	return rc;
}

static enum rc batches(const struct labels_args *a, struct err *e)
{
	struct pgsync_param v[] = {PG_INT(100)};

	printf("batch\tmade_at\twho\ttemplate\tprinter\tlabels\tlast_position\n");
	return ask(a, "SELECT * FROM api.label_batches($1)", v, 1, 7, e);
}

static enum rc pdf(const struct labels_args *a, struct err *e)
{
	return labels_print(a, false, e);
}

static enum rc png(const struct labels_args *a, struct err *e)
{
	return labels_print(a, true, e);
}

static const struct {
	const char *name;
	enum rc (*run)(const struct labels_args *a, struct err *e);
} subcommands[] = {{"issue", issue}, {"cover", cover}, {"list", list}, {"bind", bind_label},
	{"replace", replace}, {"damaged", damaged}, {"void", void_labels}, {"batches", batches},
	{"pdf", pdf}, {"png", png}};

int cli_labels(int argc, char **argv, const struct config *cfg)
{
	struct labels_args a = {.cfg = cfg, .who = me()};
	const struct cli_opt opts[] = {
		{"who", &a.who, NULL},
		{"org", &a.org, NULL},
		{"place", &a.place, NULL},
		{"facility", &a.facility, NULL},
		{"kind", &a.kind, NULL},
		{"state", &a.state, NULL},
		{"spot", &a.spot, NULL},
		{"reason", &a.reason, NULL},
		{"count", &a.count, NULL},
		{"template", &a.template, NULL},
		{"printer", &a.printer, NULL},
		{"calibration", &a.profile, NULL},
		{"start", &a.start, NULL},
		{"skip", &a.skip, NULL},
		{"damaged", NULL, &a.damaged},
		{"unprinted", NULL, &a.unprinted},
		{"trial", NULL, &a.trial},
		{"by-column", NULL, &a.by_column},
		{"crop-marks", NULL, &a.crop},
		{NULL, NULL, NULL},
	};
	struct err e;
	size_t i = 0, known = sizeof subcommands / sizeof subcommands[0];
	enum rc rc;
	int n = cli_options(COMMAND, argc, argv, opts);

	if (n < 0)
		return CLI_USAGE;
	while (n > 0 && i < known && strcmp(subcommands[i].name, argv[1]) != 0)
		i++;
	if (n == 0 || i == known)
		return cli_usage(COMMAND, "issue, cover, list, bind, replace, damaged, void, "
					  "batches, pdf or png is needed");
	crypto_init();
	a.operand = argv + 2;
	a.n = n - 1;
	rc = cli_open(cfg, "qr_migrate", &a.pg, &e);
	if (rc == RC_OK)
		rc = subcommands[i].run(&a, &e);
	pgsync_free(a.pg);
	return rc == RC_OK ? CLI_OK : cli_fail(COMMAND, &e);
}
