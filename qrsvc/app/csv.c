/* Owns: decoding a file piece by piece and splitting it into rows.  Never keeps more than one
 * row and one piece, never mends a malformed file.  Called by the importers (cli/, jobs/). */
#include "qrsvc/app/csv.h"

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

static const struct {
	const char *wanted, *name, *iconv;
} encodings[] = {{"utf-8", "UTF-8", "UTF-8"}, {"gb18030", "GB18030", "GB18030"},
	{"utf-16", "UTF-16", "UTF-16LE"}};
enum { UTF_8, GB18030, UTF_16 };

/* The encoding to use, as a row of the table: the wanted one, or the first the whole file is
 * well-formed in. */
static enum rc encoding_of(int fd, const char *wanted, int *ret_, struct err *e)
{
	unsigned char mark[2] = {0, 0};
	struct err gb;
	enum rc rc;

	for (int i = UTF_8; i <= UTF_16; i++)
		if (strcasecmp(wanted, encodings[i].wanted) == 0) {
			*ret_ = i;
			return RC_OK;
		}
	*ret_ = UTF_16;
	if (pread(fd, mark, sizeof mark, 0) == sizeof mark && mark[0] == 0xff &&
		mark[1] == 0xfe)
		return RC_OK;
	*ret_ = UTF_8;
	rc = decode(fd, "UTF-8", decode_only, NULL, e);
	if (rc != RC_INVALID)
		return rc;
	*ret_ = GB18030;
	rc = decode(fd, "GB18030", decode_only, NULL, &gb);
	if (rc == RC_INVALID)
		return err_set(e, RC_BAD,
			"neither UTF-8 nor GB18030 (%s); save the file as UTF-8", gb.detail);
	if (rc != RC_OK)
		*e = gb;
	return rc;
}

struct first_line {
	size_t n[3]; /* of ",;\t" */
	bool quoted, done;
};
static const char delimiters[] = ",;\t";

static enum rc look(void *arg, struct str text, int64_t done, struct err *e)
{
	struct first_line *l = arg;

	(void)done, (void)e;
	for (size_t i = 0; i < text.n && !l->done; i++) {
		const char *at = text.p[i] ? strchr(delimiters, text.p[i]) : NULL;

		if (text.p[i] == '"')
			l->quoted = !l->quoted;
		else if (l->quoted)
			continue;
		else if (at)
			l->n[at - delimiters]++;
		l->done = text.p[i] == '\n' || text.p[i] == '\r';
	}
	return RC_OK;
}

enum rc csv_sniff(const char *path, struct csv_sniffed *ret_, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), which = UTF_8;
	struct first_line l = {{0}, false, false};
	unsigned char mark[3] = {0, 0, 0};
	size_t best = 0;
	enum rc rc;

	if (fd < 0)
		return err_set(e, RC_IO, "cannot open %s: %s", path, strerror(errno));
	rc = encoding_of(fd, "auto", &which, e);
	if (rc == RC_OK)
		rc = decode(fd, encodings[which].iconv, look, &l, e);
	if (rc == RC_INVALID)
		rc = e->rc = RC_BAD;
	*ret_ = (struct csv_sniffed){.encoding = encodings[which].wanted,
		.name = encodings[which].name,
		.bom = pread(fd, mark, 3, 0) == 3 && memcmp(mark, "\xef\xbb\xbf", 3) == 0};
	for (size_t i = 1; i < 3; i++)
		if (l.n[i] > l.n[best])
			best = i;
	ret_->delimiter = delimiters[best];
	close(fd);
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
	int from = UTF_8;
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
		rc = read_rows(fd, &r, encodings[from].iconv);
	sbuf_release(&r.line);
	sbuf_release(&r.raw);
	sbuf_release(&r.cells);
	close(fd);
	return rc;
}
