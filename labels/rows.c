/* Owns reading rows.  Never checks what they say (the sheet does).  Called by qrlabels. */
#include "labels/rows.h"
#include "qrsvc/base/arena.h"
#include <csv.h>

#define COLUMNS_MAX 64
#define FIELD_MAX (1024u * 1024u) /* an unclosed quote must not eat the memory */
#define ROW_MAX (LABEL_FIELDS * (LABEL_FIELD_BYTES + 1))

struct rows {
	rows_cb *cb;
	void *arg;
	struct err *e;
	enum rc rc;
	uint64_t number; /* of the record being read, from 1 */
	int column;
	int field_of[COLUMNS_MAX];
	int columns;
	int last;    /* what ended the record before */
	bool filled; /* this record has a non-empty field */
	size_t n;
	struct {
		size_t at, n;
		bool set;
	} got[LABEL_FIELDS];
	char data[ROW_MAX];
};

static void refuse(struct rows *r, enum rc rc)
{
	if (r->rc == RC_OK)
		r->rc = rc;
}

static void on_heading(struct rows *r, struct str name)
{
	int f = label_field_of(str_trim(name, " \t"));

	if (r->column == COLUMNS_MAX) {
		refuse(r, err_set(r->e, RC_INVALID, "more than %d columns", COLUMNS_MAX));
		return;
	}
	if (f < 0) {
		refuse(r,
			err_set(r->e, RC_INVALID,
				"row 1: unknown column \"%.*s\"; known are code, name (= line1), "
				"line2 .. line6, place, spot, org, phone",
				(int)(name.n < 60 ? name.n : 60), name.p));
		return;
	}
	for (int i = 0; i < r->column; i++)
		if (r->field_of[i] == f)
			refuse(r, err_set(r->e, RC_INVALID, "row 1: column %s stands twice",
					  label_field_name((enum label_field)f)));
	r->field_of[r->column] = f;
}

static void on_value(struct rows *r, struct str v)
{
	if (v.n > 0)
		r->filled = true;
	if (r->column >= r->columns) {
		if (v.n > 0)
			refuse(r, err_set(r->e, RC_INVALID,
					  "row %llu has more fields than the heading",
					  (unsigned long long)r->number));
		return;
	}
	int f = r->field_of[r->column];

	if (v.n > LABEL_FIELD_BYTES) {
		refuse(r,
			err_set(r->e, RC_INVALID, "row %llu: %s: %zu bytes long; at most %d",
				(unsigned long long)r->number,
				label_field_name((enum label_field)f), v.n, LABEL_FIELD_BYTES));
		return;
	}
	if (v.n > 0)
		memcpy(r->data + r->n, v.p, v.n);
	r->got[f].at = r->n;
	r->got[f].n = v.n;
	r->got[f].set = true;
	r->n += v.n;
}

static void on_field(void *p, size_t n, void *arg)
{
	struct rows *r = arg;
	struct str v = {p ? p : "", n};

	if (r->rc != RC_OK)
		return;
	if (r->number == 1)
		on_heading(r, v);
	else
		on_value(r, v);
	r->column++;
}

static void end_heading(struct rows *r)
{
	r->columns = r->column;
	for (int i = 0; i < r->columns; i++)
		if (r->field_of[i] == LABEL_CODE)
			return;
	refuse(r, err_set(r->e, RC_INVALID, "row 1: there is no column \"code\""));
}

static void on_record(int c, void *arg)
{
	struct rows *r = arg;
	struct label_row row = {.number = r->number};
	bool second = c == '\n' && r->last == '\r' && r->column == 0;

	r->last = c;
	if (second) /* of a CR LF, which libcsv reports twice when empty lines are to count */
		return;
	if (r->rc == RC_OK && r->number == 1) {
		end_heading(r);
	} else if (r->rc == RC_OK && r->filled) {
		for (int f = 0; f < LABEL_FIELDS; f++)
			if (r->got[f].set)
				row.field[f] =
					(struct str){r->data + r->got[f].at, r->got[f].n};
		r->rc = r->cb(r->arg, &row, r->e);
	}
	r->number++;
	r->column = 0;
	r->n = 0;
	r->filled = false;
	memset(r->got, 0, sizeof r->got);
}

/* The separator that stands most often in the first line. */
static unsigned char separator(const char *p, size_t n)
{
	size_t count[3] = {0};
	const char marks[3] = {',', ';', '\t'};
	int best = 0;

	for (size_t i = 0; i < n && p[i] != '\n'; i++)
		for (int k = 0; k < 3; k++)
			count[k] += p[i] == marks[k];
	for (int k = 1; k < 3; k++)
		best = count[k] > count[best] ? k : best;
	return (unsigned char)marks[best];
}

static enum rc parse(FILE *in, const char *name, struct rows *r, struct csv_parser *csv)
{
	static const char bom[] = "\xef\xbb\xbf";
	char buf[65536];
	bool first = true;
	size_t n;

	while (r->rc == RC_OK && (n = fread(buf, 1, sizeof buf, in)) > 0) {
		char *p = buf;

		if (first && n >= 3 && memcmp(p, bom, 3) == 0) {
			p += 3;
			n -= 3;
		}
		if (first)
			csv_set_delim(csv, separator(p, n));
		first = false;
		if (csv_parse(csv, p, n, on_field, on_record, r) != n && r->rc == RC_OK)
			return err_set(r->e, RC_BAD, "row %llu: %s",
				(unsigned long long)r->number, csv_strerror(csv_error(csv)));
		if (csv_get_buffer_size(csv) > FIELD_MAX && r->rc == RC_OK)
			return err_set(r->e, RC_BAD,
				"row %llu: a field of more than a megabyte: is a quote not closed?",
				(unsigned long long)r->number);
	}
	if (ferror(in))
		return err_set(r->e, RC_IO, "%s cannot be read", name);
	if (r->rc == RC_OK && csv_fini(csv, on_field, on_record, r) != 0)
		return err_set(r->e, RC_BAD, "row %llu: %s", (unsigned long long)r->number,
			csv_strerror(csv_error(csv)));
	if (r->rc == RC_OK && r->number == 1)
		return err_set(r->e, RC_BAD, "%s is empty", name);
	return r->rc;
}

enum rc rows_read(FILE *in, const char *name, rows_cb *cb, void *arg, struct err *e)
{
	struct rows *r = xcalloc(1, sizeof *r);
	struct csv_parser csv;
	struct err own = {0};
	enum rc rc;

	r->cb = cb;
	r->arg = arg;
	r->e = e ? e : &own;
	r->number = 1;
	if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0) {
		free(r);
		return err_set(e, RC_INTERNAL, "libcsv does not start");
	}
	rc = parse(in, name, r, &csv);
	csv_free(&csv);
	free(r);
	return rc;
}
