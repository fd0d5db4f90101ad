/* Owns: decoding a file piece by piece and splitting it into rows.  Never keeps more than one
 * row and one piece, never mends a malformed file.  Called by the importers. */
#include "qrsvc/cli/csv.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qrsvc/base/sbuf.h"

#define PIECE (64u * 1024u)

typedef enum rc text_cb(void *arg, struct str text, int64_t done, struct err *e);

/* Reads fd from its start, decodes it from `from`, hands out pieces of UTF-8.  RC_INVALID:
 * bytes that are no character of that encoding (detail says at which line). */
static enum rc decode(int fd, const char *from, text_cb *cb, void *arg, struct err *e)
{
	static char in[PIECE + 8], out[PIECE * 4];
	iconv_t cd = iconv_open("UTF-8", from);
	size_t kept = 0;
	int64_t done = 0, line = 1;
	enum rc rc = RC_OK;

	if (cd == (iconv_t)-1)
		return err_set(e, RC_INTERNAL, "iconv does not know %s", from);
	if (lseek(fd, 0, SEEK_SET) < 0)
		rc = err_set(e, RC_IO, "the file cannot be read twice (is it a pipe?)");
	while (rc == RC_OK) {
		ssize_t got = read(fd, in + kept, PIECE);
		char *ip = in, *op = out;
		size_t in_left = kept, out_left = sizeof out;

		if (got < 0) {
			rc = err_set(e, RC_IO, "cannot read: %s", strerror(errno));
			break;
		}
		done += got;
		in_left += (size_t)got;
		if (in_left == 0)
			break;
		if (iconv(cd, &ip, &in_left, &op, &out_left) == (size_t)-1 &&
			(errno != EINVAL || got == 0)) {
			for (char *p = out; p < op; p++)
				line += *p == '\n';
			rc = err_set(e, RC_INVALID, "line %lld: bytes that are no %s",
				(long long)line, from);
			break;
		}
		memmove(in, ip, in_left); /* the beginning of a character */
		kept = in_left;
		for (char *p = out; p < op; p++)
			line += *p == '\n';
		rc = cb(arg, (struct str){out, (size_t)(op - out)}, done, e);
	}
	iconv_close(cd);
	return rc;
}

static enum rc decode_only(void *arg, struct str text, int64_t done, struct err *e)
{
	(void)arg, (void)text, (void)done, (void)e;
	return RC_OK;
}

/* The encoding to use: the wanted one, or the first the whole file is well-formed in. */
static enum rc encoding_of(int fd, const char *wanted, const char **ret_, struct err *e)
{
	struct err gb;
	enum rc rc;

	*ret_ = strcasecmp(wanted, "gb18030") == 0 ? "GB18030" : "UTF-8";
	if (strcasecmp(wanted, "auto") != 0)
		return RC_OK;
	rc = decode(fd, "UTF-8", decode_only, NULL, e);
	if (rc != RC_INVALID)
		return rc;
	*ret_ = "GB18030";
	rc = decode(fd, "GB18030", decode_only, NULL, &gb);
	if (rc == RC_INVALID)
		return err_set(e, RC_BAD,
			"neither UTF-8 nor GB18030 (%s); save the file as UTF-8", gb.detail);
	if (rc != RC_OK)
		*e = gb;
	return rc;
}

struct reader {
	const struct csv_options *opt;
	struct csv_parser csv;
	struct sbuf line;  /* a physical line that is not complete yet */
	struct sbuf raw;   /* the lines of the row so far */
	struct sbuf cells; /* their text, each ending in NUL */
	size_t start[LIMIT_CSV_CELLS + 1];
	size_t n;
	int64_t at, row_line; /* line being read; line on which the row began */
	int64_t total;
	int rows_in_line;
	bool in_row, any;
	enum rc rc;
	struct err *e;
};

static void on_cell(void *p, size_t n, void *arg)
{
	struct reader *r = arg;

	if (r->rc != RC_OK)
		return;
	if (r->n == LIMIT_CSV_CELLS) {
		r->rc = err_set(r->e, RC_BAD, "line %lld: more than %u cells",
			(long long)r->row_line, LIMIT_CSV_CELLS);
		return;
	}
	r->start[r->n++] = r->cells.n;
	sbuf_add(&r->cells, p, n);
}

static void on_row(int c, void *arg)
{
	struct reader *r = arg;
	struct str cell[LIMIT_CSV_CELLS];
	struct csv_row row = {cell, r->n, r->row_line, str_trim(sbuf_view(&r->raw), "\r\n")};

	(void)c;
	if (r->rc != RC_OK)
		return;
	if (++r->rows_in_line > 1) {
		r->rc = err_set(r->e, RC_BAD,
			"line %lld: a carriage return in the middle of the line",
			(long long)r->at);
		return;
	}
	r->start[r->n] = r->cells.n;
	for (size_t i = 0; i < r->n; i++)
		cell[i] = (struct str){(r->cells.p ? r->cells.p : "") + r->start[i],
			r->start[i + 1] - r->start[i]};
	r->rc = r->opt->row_cb(r->opt->arg, &row, r->e);
	r->n = 0;
	r->in_row = false;
	sbuf_clear(&r->cells);
	sbuf_clear(&r->raw);
}

static enum rc take_line(struct reader *r, struct str line)
{
	if (!r->in_row) {
		r->row_line = r->at;
		r->in_row = str_trim(line, " \t\r\n").n > 0;
	}
	if (r->in_row)
		sbuf_str(&r->raw, line);
	if (r->raw.over || r->cells.over)
		return err_set(r->e, RC_BAD,
			"line %lld: a row of more than %u bytes (a quote that is never "
			"closed?)",
			(long long)r->row_line, LIMIT_CSV_ROW);
	if (memchr(line.p, 0, line.n))
		return err_set(r->e, RC_BAD, "line %lld: a NUL byte; is this a CSV file?",
			(long long)r->at);
	r->rows_in_line = 0;
	if (csv_parse(&r->csv, line.p, line.n, on_cell, on_row, r) != line.n)
		return err_set(r->e, RC_BAD, "line %lld: malformed CSV: %s", (long long)r->at,
			csv_strerror(csv_error(&r->csv)));
	r->at++;
	return r->rc;
}

static enum rc take_text(void *arg, struct str text, int64_t done, struct err *e)
{
	struct reader *r = arg;
	enum rc rc = RC_OK;

	(void)e; /* the same as r->e */
	if (!r->any && str_starts(text, STR("\xef\xbb\xbf")))
		text = str_sub(text, 3, text.n);
	r->any = r->any || text.n > 0;
	while (rc == RC_OK && text.n > 0) {
		ptrdiff_t lf = str_chr(text, '\n');
		size_t n = lf < 0 ? text.n : (size_t)lf + 1;

		sbuf_add(&r->line, text.p, n);
		text = str_sub(text, n, text.n);
		if (r->line.over)
			rc = err_set(r->e, RC_BAD, "line %lld: longer than %u bytes",
				(long long)r->at, LIMIT_CSV_ROW);
		else if (lf >= 0)
			rc = take_line(r, sbuf_view(&r->line));
		if (lf >= 0)
			sbuf_clear(&r->line);
	}
	if (rc == RC_OK && r->opt->progress_cb)
		r->opt->progress_cb(r->opt->arg, done, r->total);
	return rc;
}

static enum rc read_rows(int fd, struct reader *r, const char *from)
{
	enum rc rc;

	if (csv_init(&r->csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return err_set(r->e, RC_INTERNAL, "libcsv does not start");
	csv_set_delim(&r->csv, (unsigned char)r->opt->delimiter);
	rc = decode(fd, from, take_text, r, r->e);
	if (rc == RC_INVALID)
		rc = r->e->rc = RC_BAD;
	if (rc == RC_OK && r->line.n > 0)
		rc = take_line(r, sbuf_view(&r->line));
	r->rows_in_line = 0;
	if (rc == RC_OK && csv_fini(&r->csv, on_cell, on_row, r) != 0)
		rc = err_set(r->e, RC_BAD, "line %lld: a quote that is never closed",
			(long long)r->row_line);
	csv_free(&r->csv);
	return rc == RC_OK ? r->rc : rc;
}

enum rc csv_read(const char *path, const struct csv_options *opt, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct reader r = {.opt = opt, .at = 1, .row_line = 1, .e = e};
	const char *from;
	struct stat st;
	enum rc rc;

	if (fd < 0)
		return err_set(e, RC_IO, "cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, RC_IO, "%s is not a file", path);
	}
	r.total = st.st_size;
	sbuf_init(&r.line, LIMIT_CSV_ROW);
	sbuf_init(&r.raw, LIMIT_CSV_ROW);
	sbuf_init(&r.cells, LIMIT_CSV_ROW);
	rc = encoding_of(fd, opt->encoding, &from, e);
	if (rc == RC_OK)
		rc = read_rows(fd, &r, from);
	sbuf_release(&r.line);
	sbuf_release(&r.raw);
	sbuf_release(&r.cells);
	close(fd);
	return rc;
}
