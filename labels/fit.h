/* fit: a text into a box.
 *
 * First at the wanted size on as many lines as the box holds; then smaller in steps of half a
 * point down to the least size; there a word may break anywhere, and what is still too long
 * ends in an ellipsis, the hidden rest being gone for good (it is not in a PDF's text layer).
 * Lines break after UAX 14 with the Chinese rules (no closing punctuation at the start of a
 * line) and are evened out, so that no single character is left on the last one. */
#ifndef QR_LABELS_FIT_H
#define QR_LABELS_FIT_H

#include "labels/text.h"

#define FIT_LINES 12

enum fit_align { FIT_START, FIT_CENTER, FIT_END, FIT_LEFT, FIT_RIGHT };
enum fit_valign { FIT_TOP, FIT_MIDDLE, FIT_BOTTOM };

struct fit_box {
	int32_t x, y, w, h; /* um */
	int32_t size, min;  /* font size, um */
	int lines;	    /* at most, 1..FIT_LINES */
	bool bold;
	enum fit_align align; /* start and end follow the text's own direction */
	enum fit_valign valign;
};

struct fit_line {
	int32_t x, y; /* of its left end on the baseline, um, in the box's coordinates */
	uint32_t run0, runs;
	int32_t width; /* dme */
};

struct fitted {
	struct shaped s;
	int32_t size; /* um */
	int nlines;
	bool cut; /* ends in an ellipsis */
	struct fit_line line[FIT_LINES];
};

void fitted_release(struct fitted *f);
/* Reuses the storage of *ret_ (zeroed before the first use).  An empty text gives no line. */
enum rc fit_text(struct text *t, struct str s, const struct fit_box *b, struct fitted *ret_,
	struct err *e);
/* Height one line needs at a size, um, for a font of the first family. */
int32_t fit_line_height(int32_t size);

#endif
