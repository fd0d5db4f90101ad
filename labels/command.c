/* Owns what qrlabels does: batches, calibration, the list of templates.  Knows files and the
 * terminal, never the words of the command line (main.c). */
#include "labels/command.h"
#include "labels/calibrate.h"
#include "labels/output.h"
#include "labels/rows.h"
#include "qrsvc/base/clock.h"
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

volatile sig_atomic_t command_interrupted;

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

int command_complain(const struct err *e)
{
	fprintf(stderr, "qrlabels: %s\n", e->detail);
	return status_of(e->rc);
}

int command_misuse(const char *fmt, ...)
{
	va_list ap;

	fputs("qrlabels: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry `qrlabels --help`.\n", stderr);
	return 2;
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

static bool load_printer(struct command *a, struct err *e)
{
	char path[700];

	if (a->printer == NULL)
		return true;
	printer_path(a->printer, path, sizeof path);
	return label_profile_load(path, label_template_info(a->o.tpl).name, &a->o.profile, e);
}

/* ---- a batch ---- */

struct batch_run {
	struct command *a;
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

	if (command_interrupted)
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
	const struct command *a = r->a;

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
	struct command *a = r->a;
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
	if (rc == RC_OK && command_interrupted)
		rc = err_set(e, RC_IO, "interrupted; nothing was written");
	if (rc == RC_OK && !r->counting)
		rc = output_commit(&r->out, e);
	if (rc == RC_OK)
		summarize(r, &report);
	else if (r->bar)
		fputc('\n', stderr);
	return rc;
}

int command_make(struct command *a)
{
	bool folder = a->o.format == LABEL_PNG || a->o.format == LABEL_SVG;
	struct batch_run r = {.a = a, .counting = strcmp(a->name, "check") == 0};
	struct err e = {0};
	enum rc rc = RC_OK;

	if (a->base == NULL)
		return command_misuse("--base https://HOST is wanted");
	if (!r.counting && a->out == NULL && (folder || isatty(STDOUT_FILENO)))
		return command_misuse(folder ? "-o FOLDER is wanted" : "-o FILE is wanted");
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
		return command_complain(&e);
	if (!r.counting)
		rc = output_open(&r.out, a->out, folder, &e);
	if (rc == RC_OK) {
		r.job = label_job_new(&a->o, &e);
		rc = r.job ? feed(&r, &e) : e.rc;
		label_job_free(r.job);
	}
	output_drop(&r.out);
	return rc == RC_OK ? 0 : command_complain(&e);
}

/* ---- calibrate, templates ---- */

static int32_t um(double mm)
{
	return (int32_t)(mm * 1000 + 0.5);
}

static int store_readings(struct command *a)
{
	struct label_template_info info = label_template_info(a->o.tpl);
	struct label_profile p;
	int32_t near_[2], far_[2];
	struct err e = {0};
	char path[700];

	if (a->printer == NULL || !a->readings_x || !a->readings_y)
		return command_misuse("--printer, --read-x and --read-y are wanted together");
	calibrate_crosses(a->o.tpl, near_, far_);
	if (!label_profile_solve(near_[0], um(a->readings[0]), far_[0], um(a->readings[1]),
		    &p.dx, &p.scale_x, &e) ||
		!label_profile_solve(near_[1], um(a->readings[2]), far_[1], um(a->readings[3]),
			&p.dy, &p.scale_y, &e))
		return command_complain(&e);
	printer_path(a->printer, path, sizeof path);
	if (!label_profile_save(path, info.name, p, &e))
		return command_complain(&e);
	printf("%s: [%s] dx %.3f mm, dy %.3f mm, scale %.4f x %.4f\n", path, info.name,
		p.dx / 1000.0, p.dy / 1000.0, p.scale_x / 1e6, p.scale_y / 1e6);
	return 0;
}

int command_calibrate(struct command *a)
{
	struct batch_run r = {.a = a};
	struct err e = {0};
	enum rc rc;

	if (a->readings_x || a->readings_y)
		return store_readings(a);
	if (a->out == NULL && isatty(STDOUT_FILENO))
		return command_misuse("-o FILE is wanted");
	if (!load_printer(a, &e))
		return command_complain(&e);
	a->o.write = on_write;
	a->o.arg = &r;
	rc = output_open(&r.out, a->out, false, &e);
	if (rc == RC_OK)
		rc = label_calibrate(&a->o, &e);
	if (rc == RC_OK)
		rc = output_commit(&r.out, &e);
	output_drop(&r.out);
	return rc == RC_OK ? 0 : command_complain(&e);
}

struct listing {
	struct command *a;
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
		l->status = command_complain(&e);
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

int command_templates(struct command *a)
{
	struct listing l = {.a = a};

	if (a->template != NULL)
		on_template(&l, a->template);
	else if (!label_template_each(a->dir, on_template, &l))
		return command_complain(&(struct err){.rc = RC_NOT_FOUND,
			.detail =
				"no templates found: --templates DIR, or $QRLABELS_TEMPLATES"});
	return l.status;
}
