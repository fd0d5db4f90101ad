/* qrlabels: sheets of QR labels from rows on standard input.  Owns the words of the command
 * line and the exit status; the work is done by the library (label.h).
 *
 * Exit status: 0 done; 1 the input, a row or the address was refused; 2 the command line is
 * wrong; 3 a file could not be read or written; 4 our own fault. */
#include "labels/calibrate.h"
#include "labels/code.h"
#include "labels/output.h"
#include "labels/rows.h"
#include "labels/template.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <signal.h>
#include <unistd.h>

#define SKIP_MAX 5000

struct args {
	const char *command, *template, *dir, *base, *fonts, *out, *in, *printer, *title;
	struct label_options o;
	unsigned skip[SKIP_MAX];
	double readings[4]; /* calibrate: x near, x far, y near, y far; mm */
	bool readings_x, readings_y, preflight, show, quiet;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

static const char usage[] =
	"usage: qrlabels pdf|png|svg|zpl --base https://HOST --template NAME [options] [FILE]\n"
	"       qrlabels check --base https://HOST --template NAME [options] [FILE]\n"
	"       qrlabels calibrate --template NAME [-o FILE]\n"
	"       qrlabels calibrate --template NAME --printer NAME --read-x NEAR,FAR --read-y "
	"NEAR,FAR\n"
	"       qrlabels templates [--template NAME] [--show]\n"
	"Rows (CSV or TSV with the columns code, name, line2 .., place, spot) come from FILE or\n"
	"standard input.  Options:\n"
	"  -o FILE            output; a folder for png and svg (default: standard output)\n"
	"  --start N          first position on the first sheet, from 1\n"
	"  --skip N,N-M       positions of the first sheet that are used up\n"
	"  --order row|column how a sheet is filled (default row)\n"
	"  --printer NAME     apply the measured profile of a printer (a name or an .ini file)\n"
	"  --dpi N            dots of PNG and ZPL and of the preflight (default: the template's)\n"
	"  --crop             crop marks in the margins (pdf)\n"
	"  --trial            allow http and private hosts; \"trial\" is printed\n"
	"  --host HOST        allow only this host (may be given again)\n"
	"  --fonts LIST       font families, first choice first, comma-separated\n"
	"  --title TEXT       title of the document\n"
	"  --templates DIR    look for templates here first\n"
	"  -j N               threads\n"
	"  --no-preflight     do not decode every symbol before the file is released\n"
	"  -q                 no progress, no summary\n"
	"Exit status: 0 done, 1 refused, 2 usage, 3 file error, 4 internal error.\n";

static int status_of(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return 0;
	case RC_IO:
		return 3;
	case RC_INTERNAL:
		return 4;
	default:
		return 1;
	}
}

static int complain(const struct err *e)
{
	fprintf(stderr, "qrlabels: %s\n", e->detail);
	return status_of(e->rc);
}

static int misuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int misuse(const char *fmt, ...)
{
	va_list ap;

	fputs("qrlabels: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry `qrlabels --help`.\n", stderr);
	return 2;
}

/* ---- the command line ---- */

static bool read_number(const char *s, unsigned low, unsigned high, unsigned *ret_)
{
	uint64_t n;

	if (!str_u64(str_c(s), &n) || n < low || n > high)
		return false;
	*ret_ = (unsigned)n;
	return true;
}

/* "3,7-9" */
static bool read_skip(struct args *a, const char *s)
{
	struct str rest = str_c(s);

	while (rest.p != NULL) {
		struct str part = str_cut(&rest, ','), low = str_cut(&part, '-');
		uint64_t from, to;

		if (!str_u64(low, &from) || from < 1)
			return false;
		to = from;
		if (part.p != NULL && (!str_u64(part, &to) || to < from))
			return false;
		for (; from <= to; from++) {
			if (a->o.nskip == SKIP_MAX)
				return false;
			a->skip[a->o.nskip++] = (unsigned)from;
		}
	}
	return true;
}

static bool read_pair(const char *s, double *low, double *high)
{
	char *end;

	*low = strtod(s, &end);
	if (end == s || *end != ',')
		return false;
	s = end + 1;
	*high = strtod(s, &end);
	return end != s && *end == '\0' && *low > 0 && *high > 0 && *high < 5000;
}

enum {
	O_START = 256,
	O_SKIP,
	O_ORDER,
	O_PRINTER,
	O_DPI,
	O_CROP,
	O_TRIAL,
	O_HOST,
	O_FONTS,
	O_TITLE,
	O_TEMPLATES,
	O_NOPRE,
	O_BASE,
	O_TEMPLATE,
	O_SHOW,
	O_READX,
	O_READY,
	O_HELP
};

static const struct option options[] = {{"start", 1, NULL, O_START}, {"skip", 1, NULL, O_SKIP},
	{"order", 1, NULL, O_ORDER}, {"printer", 1, NULL, O_PRINTER}, {"dpi", 1, NULL, O_DPI},
	{"crop", 0, NULL, O_CROP}, {"trial", 0, NULL, O_TRIAL}, {"host", 1, NULL, O_HOST},
	{"fonts", 1, NULL, O_FONTS}, {"title", 1, NULL, O_TITLE},
	{"templates", 1, NULL, O_TEMPLATES}, {"no-preflight", 0, NULL, O_NOPRE},
	{"base", 1, NULL, O_BASE}, {"template", 1, NULL, O_TEMPLATE}, {"show", 0, NULL, O_SHOW},
	{"read-x", 1, NULL, O_READX}, {"read-y", 1, NULL, O_READY}, {"help", 0, NULL, O_HELP},
	{NULL, 0, NULL, 0}};

/* Options with a word or nothing behind them; false: not one of them. */
static bool take_word(struct args *a, int c)
{
	switch (c) {
	case 'o':
		a->out = optarg;
		break;
	case 'q':
		a->quiet = true;
		break;
	case O_PRINTER:
		a->printer = optarg;
		break;
	case O_CROP:
		a->o.crop = true;
		break;
	case O_TRIAL:
		a->o.trial = true;
		break;
	case O_FONTS:
		a->fonts = optarg;
		break;
	case O_TITLE:
		a->title = optarg;
		break;
	case O_TEMPLATES:
		a->dir = optarg;
		break;
	case O_NOPRE:
		a->preflight = false;
		break;
	case O_BASE:
		a->base = optarg;
		break;
	case O_TEMPLATE:
		a->template = optarg;
		break;
	case O_SHOW:
		a->show = true;
		break;
	default:
		return false;
	}
	return true;
}

static int take_option(struct args *a, int c)
{
	static struct str hosts[16];

	switch (c) {
	case 'j':
		if (!read_number(optarg, 1, LABEL_JOBS_MAX, &a->o.jobs))
			return misuse("-j %s: 1 to %d", optarg, LABEL_JOBS_MAX);
		return 0;
	case O_START:
		if (!read_number(optarg, 1, 100000, &a->o.start))
			return misuse("--start %s: a position from 1 is wanted", optarg);
		return 0;
	case O_SKIP:
		return read_skip(a, optarg) ? 0 : misuse("--skip %s: 3,7-9 is wanted", optarg);
	case O_ORDER:
		if (strcmp(optarg, "row") != 0 && strcmp(optarg, "column") != 0)
			return misuse("--order %s: row or column", optarg);
		a->o.order = optarg[0] == 'r' ? LABEL_BY_ROW : LABEL_BY_COLUMN;
		return 0;
	case O_DPI:
		if (!read_number(optarg, 150, 2400, &a->o.dpi))
			return misuse("--dpi %s: 150 to 2400", optarg);
		return 0;
	case O_HOST:
		if (a->o.nhosts == 16)
			return misuse("--host: at most 16");
		hosts[a->o.nhosts++] = str_c(optarg);
		a->o.hosts = hosts;
		return 0;
	case O_READX:
		a->readings_x = read_pair(optarg, &a->readings[0], &a->readings[1]);
		return a->readings_x ? 0 : misuse("--read-x %s: NEAR,FAR in mm", optarg);
	case O_READY:
		a->readings_y = read_pair(optarg, &a->readings[2], &a->readings[3]);
		return a->readings_y ? 0 : misuse("--read-y %s: NEAR,FAR in mm", optarg);
	default:
		return take_word(a, c) ? 0 : misuse("unknown option");
	}
}

static int read_args(struct args *a, int argc, char **argv)
{
	int c;

	a->preflight = true;
	if (argc < 2)
		return misuse("a command is wanted");
	a->command = argv[1];
	if (strcmp(a->command, "--help") == 0 || strcmp(a->command, "help") == 0) {
		fputs(usage, stdout);
		exit(0);
	}
	optind = 2;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:j:q", options, NULL)) != -1) {
		if (c == O_HELP) {
			fputs(usage, stdout);
			exit(0);
		}
		if (c == '?')
			return misuse("%s: unknown option, or its value is missing",
				argv[optind - 1]);
		int bad = take_option(a, c);

		if (bad != 0)
			return bad;
	}
	if (optind < argc)
		a->in = argv[optind++];
	if (optind < argc)
		return misuse("more than one input file");
	return 0;
}

/* ---- printers ---- */

static void printer_path(const char *name, char *ret_, size_t room)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (strchr(name, '/') != NULL || str_ends(str_c(name), STR(".ini")))
		snprintf(ret_, room, "%s", name);
	else if (base != NULL && base[0] != '\0')
		snprintf(ret_, room, "%s/qrlabels-%s.ini", base, name);
	else
		snprintf(ret_, room, "%s/.qrlabels-%s.ini", home ? home : ".", name);
}

static bool load_printer(struct args *a, struct err *e)
{
	char path[700];

	if (a->printer == NULL)
		return true;
	printer_path(a->printer, path, sizeof path);
	return label_profile_load(path, label_template_info(a->o.tpl).name, &a->o.profile, e);
}

/* ---- a batch ---- */

struct batch_run {
	struct args *a;
	struct output out;
	struct label_job *job;
	bool counting; /* check: nothing is kept */
	bool bar;
	uint64_t total, shown;
	int64_t began;
};

static bool on_write(void *arg, const void *p, size_t n)
{
	struct batch_run *r = arg;

	return r->counting || output_write(&r->out, p, n);
}

static bool on_file(void *arg, const char *name)
{
	struct batch_run *r = arg;

	return r->counting || output_file(&r->out, name);
}

static void on_progress(void *arg, uint64_t labels)
{
	struct batch_run *r = arg;
	int64_t now = clock_mono_us();

	if (!r->bar || (now - (int64_t)r->shown < 100000 && labels != r->total))
		return;
	r->shown = (uint64_t)now;
	double s = (double)(now - r->began) / 1e6;

	if (r->total > 0) {
		int done = (int)(labels * 30 / r->total);

		fprintf(stderr, "\r[%-*.*s] %llu of %llu labels, %.0f a second ", 30, done,
			"##############################", (unsigned long long)labels,
			(unsigned long long)r->total, s > 0 ? (double)labels / s : 0);
	} else {
		fprintf(stderr, "\r%llu labels, %.0f a second ", (unsigned long long)labels,
			s > 0 ? (double)labels / s : 0);
	}
}

static enum rc on_row(void *arg, const struct label_row *row, struct err *e)
{
	struct batch_run *r = arg;

	if (interrupted)
		return err_set(e, RC_IO, "interrupted; nothing was written");
	return label_job_row(r->job, row, e);
}

/* Lines of a regular file, for the bar's right end; 0 if unknown. */
static uint64_t count_lines(FILE *in)
{
	char buf[65536];
	uint64_t n = 0;
	size_t got;

	if (fseek(in, 0, SEEK_SET) != 0)
		return 0;
	while ((got = fread(buf, 1, sizeof buf, in)) > 0)
		for (size_t i = 0; i < got; i++)
			n += buf[i] == '\n';
	rewind(in);
	return n > 0 ? n - 1 : 0;
}

static void summarize(const struct batch_run *r, const struct label_report *p)
{
	const struct args *a = r->a;

	if (r->bar)
		fputc('\n', stderr);
	if (p->warning[0] != '\0')
		fprintf(stderr, "qrlabels: warning: %s\n", p->warning);
	if (a->quiet)
		return;
	fprintf(stderr,
		"%llu labels, %llu sheets, version %u level %c, module %d.%02d mm, %s; next free "
		"position: %u\n",
		(unsigned long long)p->labels, (unsigned long long)p->sheets, p->version,
		p->level, p->module / 1000, p->module % 1000 / 10,
		p->proved ? "every code decoded" : "codes not decoded (--no-preflight)",
		p->next_position);
}

static enum rc feed(struct batch_run *r, struct err *e)
{
	struct args *a = r->a;
	bool file = a->in != NULL && strcmp(a->in, "-") != 0;
	FILE *in = file ? fopen(a->in, "re") : stdin;
	struct label_report report;
	enum rc rc;

	if (in == NULL)
		return err_set(e, RC_IO, "%s: %s", a->in, strerror(errno));
	if (r->bar && file)
		r->total = count_lines(in);
	r->began = clock_mono_us();
	rc = rows_read(in, file ? a->in : "standard input", on_row, r, e);
	if (file)
		fclose(in);
	if (rc == RC_OK)
		rc = label_job_end(r->job, &report, e);
	if (rc == RC_OK && interrupted)
		rc = err_set(e, RC_IO, "interrupted; nothing was written");
	if (rc == RC_OK && !r->counting)
		rc = output_commit(&r->out, e);
	if (rc == RC_OK)
		summarize(r, &report);
	else if (r->bar)
		fputc('\n', stderr);
	return rc;
}

static int make(struct args *a)
{
	bool folder = a->o.format == LABEL_PNG || a->o.format == LABEL_SVG;
	struct batch_run r = {.a = a, .counting = strcmp(a->command, "check") == 0};
	struct err e = {0};
	enum rc rc = RC_OK;

	if (a->base == NULL)
		return misuse("--base https://HOST is wanted");
	if (!r.counting && a->out == NULL && (folder || isatty(STDOUT_FILENO)))
		return misuse(folder ? "-o FOLDER is wanted" : "-o FILE is wanted");
	r.bar = !a->quiet && isatty(STDERR_FILENO);
	a->o.base = str_c(a->base);
	a->o.skip = a->skip;
	a->o.title = str_c(a->title);
	a->o.decoder = a->preflight ? &label_zbar : NULL;
	a->o.write = on_write;
	a->o.file = on_file;
	a->o.progress = on_progress;
	a->o.arg = &r;
	if (!load_printer(a, &e))
		return complain(&e);
	if (!r.counting)
		rc = output_open(&r.out, a->out, folder, &e);
	if (rc == RC_OK) {
		r.job = label_job_new(&a->o, &e);
		rc = r.job ? feed(&r, &e) : e.rc;
		label_job_free(r.job);
	}
	output_drop(&r.out);
	return rc == RC_OK ? 0 : complain(&e);
}

/* ---- calibrate, templates ---- */

static int32_t um(double mm)
{
	return (int32_t)(mm * 1000 + 0.5);
}

static int store_readings(struct args *a)
{
	struct label_template_info info = label_template_info(a->o.tpl);
	struct label_profile p;
	int32_t near_[2], far_[2];
	struct err e = {0};
	char path[700];

	if (a->printer == NULL || !a->readings_x || !a->readings_y)
		return misuse("--printer, --read-x and --read-y are wanted together");
	calibrate_crosses(a->o.tpl, near_, far_);
	if (!label_profile_solve(near_[0], um(a->readings[0]), far_[0], um(a->readings[1]),
		    &p.dx, &p.scale_x, &e) ||
		!label_profile_solve(near_[1], um(a->readings[2]), far_[1], um(a->readings[3]),
			&p.dy, &p.scale_y, &e))
		return complain(&e);
	printer_path(a->printer, path, sizeof path);
	if (!label_profile_save(path, info.name, p, &e))
		return complain(&e);
	printf("%s: [%s] dx %.3f mm, dy %.3f mm, scale %.4f x %.4f\n", path, info.name,
		p.dx / 1000.0, p.dy / 1000.0, p.scale_x / 1e6, p.scale_y / 1e6);
	return 0;
}

static int calibrate(struct args *a)
{
	struct batch_run r = {.a = a};
	struct err e = {0};
	enum rc rc;

	if (a->readings_x || a->readings_y)
		return store_readings(a);
	if (a->out == NULL && isatty(STDOUT_FILENO))
		return misuse("-o FILE is wanted");
	if (!load_printer(a, &e))
		return complain(&e);
	a->o.write = on_write;
	a->o.arg = &r;
	rc = output_open(&r.out, a->out, false, &e);
	if (rc == RC_OK)
		rc = label_calibrate(&a->o, &e);
	if (rc == RC_OK)
		rc = output_commit(&r.out, &e);
	output_drop(&r.out);
	return rc == RC_OK ? 0 : complain(&e);
}

struct listing {
	struct args *a;
	int status;
};

static void print_size(const char *what, int32_t w, int32_t h)
{
	printf("%s%g x %g mm", what, w / 1000.0, h / 1000.0);
}

static void on_template(void *arg, const char *name)
{
	struct listing *l = arg;
	struct err e = {0};
	struct label_template *t = label_template_load(name, l->a->dir, &e);

	if (t == NULL) {
		l->status = complain(&e);
		return;
	}
	struct label_template_info i = label_template_info(t);

	if (l->a->show) {
		label_template_print(t, stdout);
	} else {
		printf("%s  %s\n", i.name, i.title);
		print_size("  page ", i.page_w, i.page_h);
		printf(", %u x %u labels of", i.columns, i.rows);
		print_size(" ", i.label_w, i.label_h);
		printf(", %u dpi, %s\n", i.dpi, i.kind);
		if (i.source[0] != '\0')
			printf("  source: %s\n", i.source);
		label_template_draw(t, stdout);
		putchar('\n');
	}
	label_template_free(t);
}

static int templates(struct args *a)
{
	struct listing l = {.a = a};

	if (a->template != NULL)
		on_template(&l, a->template);
	else if (!label_template_each(a->dir, on_template, &l))
		return complain(&(struct err){.rc = RC_NOT_FOUND,
			.detail =
				"no templates found: --templates DIR, or $QRLABELS_TEMPLATES"});
	return l.status;
}

static int with_template(struct args *a)
{
	struct label_template *t = NULL;
	struct label_fonts *f = NULL;
	struct err e = {0};
	int status;

	if (a->template == NULL)
		return misuse("--template NAME is wanted: `qrlabels templates` lists them");
	t = label_template_load(a->template, a->dir, &e);
	f = t ? label_fonts_open(str_c(a->fonts), &e) : NULL;
	a->o.tpl = t;
	a->o.fonts = f;
	if (f == NULL)
		status = complain(&e);
	else if (strcmp(a->command, "calibrate") == 0)
		status = calibrate(a);
	else
		status = make(a);
	label_fonts_free(f);
	label_template_free(t);
	return status;
}

int main(int argc, char **argv)
{
	static const char *const formats[] = {"pdf", "png", "svg", "zpl"};
	struct sigaction sa = {.sa_handler = on_signal};
	static struct args a;
	int bad = read_args(&a, argc, argv);

	if (bad != 0)
		return bad;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	for (int i = 0; i < 4; i++) {
		if (strcmp(a.command, formats[i]) == 0) {
			a.o.format = (enum label_format)i;
			return with_template(&a);
		}
	}
	if (strcmp(a.command, "check") == 0 || strcmp(a.command, "calibrate") == 0)
		return with_template(&a);
	if (strcmp(a.command, "templates") == 0)
		return templates(&a);
	return misuse("unknown command \"%s\"", a.command);
}
