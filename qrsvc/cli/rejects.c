/* Owns: the refused rows of one import, in two temporary files, and FILE.rejected.csv.  Called
 * by import.c. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "qrsvc/cli/import.h"

enum rc rejects_init(struct rejects *r, struct err *e)
{
	memset(r, 0, sizeof *r);
	r->own = tmpfile();
	r->server = tmpfile();
	if (!r->own || !r->server)
		return err_set(e, RC_IO, "no temporary file: %s; is TMPDIR writable?",
			strerror(errno));
	return RC_OK;
}

void rejects_release(struct rejects *r)
{
	if (r->own)
		fclose(r->own);
	if (r->server)
		fclose(r->server);
}

static void add(struct rejects *r, FILE *f, int64_t line, struct str reason, struct str detail)
{
	size_t i = 0;

	/* One refusal a line: what is in a cell may hold a line end. */
	fprintf(f, "%lld\t%.*s\t", (long long)line, STR_F(reason));
	for (size_t k = 0; k < detail.n; k++)
		putc(strchr("\r\n\t", detail.p[k]) ? ' ' : detail.p[k], f);
	putc('\n', f);
	r->n++;
	while (i < r->count_n && !str_eq(str_c(r->count[i].reason), reason))
		i++;
	if (i == r->count_n && i < IMPORT_REASONS)
		snprintf(r->count[r->count_n++].reason, sizeof r->count[i].reason, "%.*s",
			STR_F(reason));
	if (i < IMPORT_REASONS)
		r->count[i].n++;
}

void rejects_own(struct rejects *r, int64_t line, const char *reason, const char *detail)
{
	add(r, r->own, line, str_c(reason), str_c(detail));
}

void rejects_server(struct rejects *r, int64_t line, struct str reason, struct str detail)
{
	add(r, r->server, line, reason, detail);
}

struct refused {
	int64_t line; /* INT64_MAX: none left */
	char *text;
	size_t size;
	struct str reason, detail;
	FILE *from;
};

static void next_refused(struct refused *x)
{
	ssize_t n = getline(&x->text, &x->size, x->from);
	struct str rest;

	x->line = INT64_MAX;
	if (n <= 0)
		return;
	rest = str_trim((struct str){x->text, (size_t)n}, "\n");
	(void)str_i64(str_cut(&rest, '\t'), &x->line);
	x->reason = str_cut(&rest, '\t');
	x->detail = rest;
}

struct writing {
	FILE *out;
	bool header; /* still to come */
	struct refused own, server;
};

static void write_row(
	FILE *out, const char *first, struct str reason, struct str detail, struct str raw)
{
	struct sbuf b;

	sbuf_init(&b, 4096);
	sbuf_puts(&b, first);
	sbuf_byte(&b, ',');
	sbuf_csv(&b, reason);
	sbuf_byte(&b, ',');
	sbuf_csv(&b, detail);
	sbuf_byte(&b, ',');
	fwrite(b.p, 1, b.n, out);
	fwrite(raw.p, 1, raw.n, out);
	fputs("\r\n", out);
	sbuf_release(&b);
}

static enum rc on_row(void *arg, const struct csv_row *row, struct err *e)
{
	struct writing *w = arg;
	char line[24];

	(void)e;
	if (w->header) {
		w->header = false;
		write_row(w->out, "line", STR("reason"), STR("detail"), row->raw);
		return RC_OK;
	}
	snprintf(line, sizeof line, "%lld", (long long)row->line);
	while (w->own.line <= row->line || w->server.line <= row->line) {
		struct refused *x = w->own.line <= w->server.line ? &w->own : &w->server;

		write_row(w->out, line, x->reason, x->detail, row->raw);
		next_refused(x);
	}
	return RC_OK;
}

enum rc rejects_write(struct rejects *r, const char *table, const struct csv_options *how,
	bool header, const char *path, struct err *e)
{
	struct csv_options opt = {how->encoding, how->delimiter, NULL, on_row, NULL};
	struct writing w = {.header = header, .own.from = r->own, .server.from = r->server};
	char part[PATH_MAX];
	enum rc rc;

	if (r->n == 0) {
		unlink(path);
		return RC_OK;
	}
	if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part ||
		!(w.out = fopen(part, "we")))
		return err_set(e, RC_IO,
			"cannot write %s: %s; name another file with --rejected", path,
			strerror(errno));
	rewind(r->own);
	rewind(r->server);
	next_refused(&w.own);
	next_refused(&w.server);
	opt.arg = &w;
	rc = csv_read(table, &opt, e);
	free(w.own.text);
	free(w.server.text);
	/* Everything is written, or the name does not appear at all. */
	if ((ferror(w.out) | fclose(w.out)) != 0 && rc == RC_OK)
		rc = err_set(e, RC_IO, "cannot write %s: %s", part, strerror(errno));
	if (rc == RC_OK && rename(part, path) != 0)
		rc = err_set(e, RC_IO, "cannot write %s: %s", path, strerror(errno));
	if (rc != RC_OK)
		unlink(part);
	return rc;
}
