/* Owns the writing of tables for spreadsheets.  Never decides what stands in them, never keeps
 * more than a row of CSV, or what libxlsxwriter keeps of a row.  Called by jobs/export.c. */
#include "qrsvc/app/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/sbuf.h"

#define CSV_KEPT (256u * 1024u) /* bytes of rows before they are written */

struct sheet {
	enum sheet_format format;
	int fd; /* CSV */
	struct sbuf buf;
	lxw_workbook *book;
	lxw_worksheet *page;
	lxw_format *bold;
	char path[PATH_MAX];
	uint32_t row;
};

bool sheet_format_of(struct str name, enum sheet_format *ret_)
{
	static const char *const names[] = {"csv", "csv-bom", "xlsx"};

	for (size_t i = 0; i < 3; i++)
		if (str_eq(name, str_c(names[i]))) {
			*ret_ = (enum sheet_format)i;
			return true;
		}
	return false;
}

static enum rc book_new(struct sheet *s, const char *folder, struct str name, struct err *e)
{
	lxw_workbook_options opt = {.constant_memory = LXW_TRUE, .tmpdir = (char *)folder};
	char title[32 * 4];
	int fd;

	snprintf(s->path, sizeof s->path, "%s/sheet.XXXXXX", folder);
	fd = mkostemp(s->path, O_CLOEXEC);
	if (fd < 0) {
		s->path[0] = 0;
		return err_set(e, RC_IO, "no file in %s: %s", folder, strerror(errno));
	}
	close(fd); /* libxlsxwriter opens it by its name */
	s->book = workbook_new_opt(s->path, &opt);
	if (!s->book)
		return err_set(e, RC_INTERNAL, "libxlsxwriter does not start");
	snprintf(title, sizeof title, "%.*s", STR_F(name));
	s->page = workbook_add_worksheet(s->book, title);
	s->bold = workbook_add_format(s->book);
	if (!s->page || !s->bold)
		return err_set(e, RC_INTERNAL, "no sheet of the name %s", title);
	format_set_bold(s->bold);
	worksheet_freeze_panes(s->page, 1, 0);
	return RC_OK;
}

enum rc sheet_new(enum sheet_format format, const char *folder, struct str name,
	struct sheet **ret_, struct err *e)
{
	struct sheet *s = xcalloc(1, sizeof *s);
	enum rc rc = RC_OK;

	s->format = format;
	s->fd = -1;
	sbuf_init(&s->buf, 16 * CSV_KEPT);
	if (format == SHEET_XLSX) {
		rc = book_new(s, folder, name, e);
	} else {
		s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (s->fd < 0)
			rc = err_set(e, RC_IO, "no file in %s: %s", folder, strerror(errno));
		else if (format == SHEET_CSV_BOM)
			sbuf_puts(&s->buf, "\xef\xbb\xbf");
	}
	if (rc != RC_OK)
		sheet_free(s);
	else
		*ret_ = s;
	return rc;
}

static enum rc flush(struct sheet *s, struct err *e)
{
	struct str left = sbuf_view(&s->buf);

	if (s->buf.over)
		return err_set(e, RC_TOO_LARGE, "a row that is too long");
	while (left.n > 0) {
		ssize_t n = write(s->fd, left.p, left.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, RC_IO, "no room for the table: %s", strerror(errno));
		left = str_sub(left, (size_t)n, left.n);
	}
	sbuf_clear(&s->buf);
	return RC_OK;
}

static enum rc csv_row(struct sheet *s, const struct sheet_cell *cell, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			sbuf_byte(&s->buf, ',');
		/* "-12.5" is a number and no formula */
		if (cell[i].number)
			sbuf_str(&s->buf, cell[i].text);
		else
			sbuf_csv(&s->buf, cell[i].text);
	}
	sbuf_puts(&s->buf, "\r\n");
	return s->buf.n > CSV_KEPT || s->buf.over ? flush(s, e) : RC_OK;
}

/* Not cut within a character.  In bytes, of which a cell holds at least as many as characters.
 */
static struct str cut(struct str s)
{
	if (s.n <= SHEET_CELL)
		return s;
	s.n = SHEET_CELL;
	while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	return s;
}

static lxw_error book_cell(struct sheet *s, lxw_col_t at, const struct sheet_cell *cell)
{
	struct str t = cut(cell->text);
	lxw_error bad = LXW_NO_ERROR;
	char *text, *end;

	if (!t.n)
		return bad;
	text = xmalloc(t.n + 1);
	memcpy(text, t.p, t.n);
	text[t.n] = 0;
	double number = cell->number ? strtod(text, &end) : 0;

	/* fifteen digits are what a spreadsheet keeps of a number */
	if (cell->number && *end == 0 && t.n <= 15)
		bad = worksheet_write_number(s->page, s->row, at, number, NULL);
	else
		bad = worksheet_write_string(
			s->page, s->row, at, text, s->row == 0 ? s->bold : NULL);
	free(text);
	return bad;
}

enum rc sheet_row(struct sheet *s, const struct sheet_cell *cell, size_t n, struct err *e)
{
	enum rc rc = RC_OK;

	if (n > SHEET_COLUMNS || (s->format == SHEET_XLSX && s->row >= SHEET_ROWS))
		return err_set(e, RC_TOO_LARGE, "more than a sheet holds: %u rows, %zu columns",
			(unsigned)s->row, n);
	if (s->format != SHEET_XLSX)
		rc = csv_row(s, cell, n, e);
	for (size_t i = 0; rc == RC_OK && s->format == SHEET_XLSX && i < n; i++) {
		lxw_error bad = book_cell(s, (lxw_col_t)i, &cell[i]);

		if (bad != LXW_NO_ERROR)
			rc = err_set(
				e, RC_IO, "row %u: %s", (unsigned)s->row, lxw_strerror(bad));
	}
	s->row++;
	return rc;
}

enum rc sheet_end(struct sheet *s, int *ret_fd, int64_t *ret_size, struct err *e)
{
	struct stat st;
	enum rc rc = RC_OK;

	if (s->format == SHEET_XLSX) {
		lxw_error bad = workbook_close(s->book);

		s->book = NULL;
		if (bad != LXW_NO_ERROR)
			return err_set(
				e, RC_IO, "the sheet is not written: %s", lxw_strerror(bad));
		s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
	} else {
		rc = flush(s, e);
	}
	if (rc != RC_OK)
		return rc;
	if (s->fd < 0 || fstat(s->fd, &st) != 0 || lseek(s->fd, 0, SEEK_SET) != 0)
		return err_set(e, RC_IO, "the table cannot be read: %s", strerror(errno));
	*ret_fd = s->fd;
	*ret_size = st.st_size;
	s->fd = -1;
	return RC_OK;
}

void sheet_free(struct sheet *s)
{
	if (!s)
		return;
	if (s->book)
		workbook_close(s->book);
	if (s->path[0])
		unlink(s->path);
	if (s->fd >= 0)
		close(s->fd);
	sbuf_release(&s->buf);
	free(s);
}
