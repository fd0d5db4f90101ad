/* label: sheets, rolls and plates of QR labels, as a library.
 *
 * Used by qrlabels (the command), by the jobs process and by `qrsvc labels`.  It needs no
 * database and opens no file but fonts, templates and printer profiles; what it makes leaves
 * through a write callback, page by page, so that memory does not grow with the batch.  The
 *same input gives the same bytes, whatever the number of threads.
 *
 *	struct label_fonts *fonts = label_fonts_open(STR_NONE, &e);
 *	struct label_template *tpl = label_template_load("stairwell-a4-8", NULL, &e);
 *	struct label_options o = {.format = LABEL_PDF, .tpl = tpl, .fonts = fonts,
 *		.base = STR("https://qr.example.gov.cn"), .decoder = &label_zbar,
 *		.write = write_cb, .arg = file};
 *	struct label_job *job = label_job_new(&o, &e);
 *	for each row:  label_job_row(job, &row, &e)
 *	label_job_end(job, &report, &e);
 *	label_job_free(job);
 *
 * Lengths are micrometres ("um") in int32_t unless said otherwise; origin at the top left, y
 * down.  One bad label fails the whole batch: every call returns the first failure, whose
 *detail names the row, and the caller throws away what was written. */
#ifndef QR_LABELS_LABEL_H
#define QR_LABELS_LABEL_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"
#include <stdio.h>

#define LABEL_UM_PER_INCH 25400
#define LABEL_MODULE_WARN 500	/* um: below, phones need to come closer than 25 cm */
#define LABEL_MODULE_REFUSE 330 /* um: below, many phones fail (design: labels.md) */
#define LABEL_QUIET 4		/* modules (ISO/IEC 18004 5.3.8) */
#define LABEL_FIELD_BYTES 4000	/* one field of one row; longer is refused, not cut */
#define LABEL_JOBS_MAX 64

/* ---- one row ---- */

/* What a row may say.  A template prints those it has a place for. */
enum label_field {
	LABEL_CODE,  /* nine characters as in code.h; the only one that must be there */
	LABEL_LINE1, /* name of the facility ("name" is the same column) */
	LABEL_LINE2,
	LABEL_LINE3,
	LABEL_LINE4,
	LABEL_LINE5,
	LABEL_LINE6,
	LABEL_PLACE, /* compound, street and number */
	LABEL_SPOT,  /* what it is stuck to: "2F stairwell" */
	LABEL_ORG,   /* who answers for it */
	LABEL_PHONE,
	LABEL_FIELDS
};

struct label_row {
	uint64_t number; /* named in errors: line of the CSV file, or any count from 1 */
	struct str field[LABEL_FIELDS]; /* UTF-8; STR_NONE = nothing to print */
};

/* Column name ("code", "line1", "name", "place" ...) to field; -1 if there is none. */
int label_field_of(struct str column);
const char *label_field_name(enum label_field f);

/* ---- fonts ---- */

struct label_fonts;

/* Opens fonts by family name, first choice first, comma-separated; STR_NONE or "" = the default
 * list (LABEL_FONTS_DEFAULT), of which all but the first may be missing.  A named font that is
 * not installed is an error that says which.  Shared by any number of jobs and threads. */
#define LABEL_FONTS_DEFAULT                                               \
	"Noto Sans CJK SC,Noto Sans,Noto Sans Arabic,Noto Serif Tibetan," \
	"Noto Sans Mongolian,Noto Sans Yi,HanaMinA,HanaMinB"
struct label_fonts *label_fonts_open(struct str list, struct err *e);
void label_fonts_free(struct label_fonts *f);

/* ---- templates ---- */

struct label_template;

/* By name ("avery-l7160") from the template folders, or from a file if name holds a slash or
 * ends in ".ini".  Folders, first wins: dir (may be NULL), $QRLABELS_TEMPLATES, beside the
 * binary's tree (labels/templates), /usr/share/qrsvc/templates.  Errors carry file and line. */
struct label_template *label_template_load(const char *name, const char *dir, struct err *e);
void label_template_free(struct label_template *t);

struct label_template_info {
	const char *name, *title, *source, *kind;
	int32_t page_w, page_h, label_w, label_h;
	unsigned columns, rows, dpi;
	const char *title_zh;
};
struct label_template_info label_template_info(const struct label_template *t);
/* Calls cb with the name of every template in the folders, sorted; false if none is found. */
bool label_template_each(const char *dir, void (*cb)(void *arg, const char *name), void *arg);
/* One page of the template as an ASCII drawing. */
void label_template_draw(const struct label_template *t, FILE *out);
/* The template as INI text with every field written out, to be copied and changed. */
void label_template_print(const struct label_template *t, FILE *out);

/* ---- printers ---- */

/* Kept per printer and stock; measured with the page of label_calibrate(). */
struct label_profile {
	int32_t dx, dy;		  /* um added to every position on paper */
	int32_t scale_x, scale_y; /* parts per million of 1; 0 = 1000000 */
};

/* Reads [STOCK] of an INI file, falling back to [*]; keys dx dy (mm), scale_x scale_y. */
bool label_profile_load(
	const char *path, const char *stock, struct label_profile *ret_, struct err *e);
/* Writes [stock] of the file, keeping its other sections; by temporary file and rename. */
bool label_profile_save(
	const char *path, const char *stock, struct label_profile p, struct err *e);
/* Two readings an axis from the calibration page: where the two crosses (at `near` and `far`
 * on the template, in um) were really found on paper. */
bool label_profile_solve(int32_t near_want, int32_t near_got, int32_t far_want, int32_t far_got,
	int32_t *ret_offset, int32_t *ret_scale, struct err *e);

/* ---- a job ---- */

enum label_format { LABEL_PDF, LABEL_PNG, LABEL_SVG, LABEL_ZPL };
enum label_order { LABEL_BY_ROW, LABEL_BY_COLUMN };

/* Reads a symbol from 8-bit grey pixels; one context per thread.  read returns the number of
 * symbols found and copies the text of the first. */
struct label_decoder {
	void *(*open)(void);
	int (*read)(void *ctx, const uint8_t *grey, unsigned w, unsigned h, char *ret_,
		size_t room);
	void (*close)(void *ctx);
};
/* libzbar; in a file of its own, so that only who names it links the library. */
extern const struct label_decoder label_zbar;

struct label_options {
	enum label_format format;
	const struct label_template *tpl;
	const struct label_fonts *fonts;
	struct str base;	 /* "https://qr.example.gov.cn" */
	const struct str *hosts; /* if nhosts > 0, base must be one of them (host[:port]) */
	size_t nhosts;
	bool trial;	      /* allow http, private and loopback hosts; "trial" is printed */
	unsigned start;	      /* first position on the first sheet, from 1; 0 = 1 */
	const unsigned *skip; /* positions of the first sheet that are not to be used */
	size_t nskip;
	enum label_order order;
	struct label_profile profile;
	bool crop;     /* crop marks (PDF) */
	unsigned dpi;  /* the printer's dots an inch; 0 = the template's */
	unsigned jobs; /* threads; 0 = 1 */
	const struct label_decoder *decoder; /* preflight; NULL = none */
	struct str title;		     /* of the document; STR_NONE = the template's */

	/* All output in order, never from two threads at once.  false = stop (disk full ...).
	 */
	bool (*write)(void *arg, const void *p, size_t n);
	/* PNG and SVG: before the bytes of each label, its file name ("7K3M9QX2R.png"). */
	bool (*file)(void *arg, const char *name);
	/* After every sheet (PDF) or label; may be NULL. */
	void (*progress)(void *arg, uint64_t labels);
	void *arg; /* handed to all three */
};

struct label_report {
	uint64_t labels, sheets, bytes;
	unsigned next_position; /* first unused one on the last sheet; 1 = a new sheet */
	unsigned version;	/* of the QR symbols */
	char level;		/* 'M' 'Q' 'H' */
	int32_t module;		/* um */
	bool proved;		/* every symbol was decoded by the preflight */
	char warning[200];	/* "" or one line */
};

struct label_job;

/* Checks options and base address; NULL and *e when refused.  Nothing is written yet. */
struct label_job *label_job_new(const struct label_options *o, struct err *e);
/* One label.  The row's bytes are copied.  May write finished pages. */
enum rc label_job_row(struct label_job *j, const struct label_row *row, struct err *e);
/* Writes the rest.  RC_INVALID if there was no row at all. */
enum rc label_job_end(struct label_job *j, struct label_report *ret_, struct err *e);
/* Also after a failure; ends its threads. */
void label_job_free(struct label_job *j);

/* Base address on its own, for `check-config` and forms: https, a public host name, short
 * enough for version 3 at level M (trial: http and private hosts too, version 4). */
enum rc label_base_check(
	struct str base, bool trial, const struct str *hosts, size_t nhosts, struct err *e);

/* The calibration page (PDF): outlines of the stock, two crosses an axis, 100 mm rulers. */
enum rc label_calibrate(const struct label_options *o, struct err *e);

#endif
