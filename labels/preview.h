/* preview: how a label will look, near enough for a page: the symbol, and texts with the size
 * and place of the template.
 *
 * Measures texts by rule of thumb (a Chinese character is as wide as it is high), since a
 * worker links no shaping library; what is printed is decided by layout.c.  Lengths in tenths
 * of a millimetre.  No allocation: everything lies in the struct. */
#ifndef QR_LABELS_PREVIEW_H
#define QR_LABELS_PREVIEW_H

#include "labels/label.h"
#include "labels/qr.h"

#define PREVIEW_LINES 32
#define PREVIEW_TEXT 120 /* bytes of a line */

struct label_preview {
	int w, h;
	int qr_x, qr_y, module_um; /* of the symbol without its quiet zone */
	struct qr qr;
	struct {
		int x, y, size; /* of the baseline's start */
		bool bold, centre;
		char s[PREVIEW_TEXT];
	} line[PREVIEW_LINES];
	int lines;
};

/* base: "https://qr.example.gov.cn"; a row without a code shows nine zeros.  RC_TOO_LARGE,
 * RC_INVALID: the base address cannot be in a code. */
enum rc label_preview(const struct label_template *t, struct str base,
	const struct label_row *row, struct label_preview *ret_, struct err *e);

#endif
