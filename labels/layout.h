/* layout: one row on one template: what is drawn, and where.
 *
 * Everything goes to a sink in the same order: boxes, QR symbol, texts.  The PDF writer, the
 * rasteriser, the SVG writer and the golden files of the tests are sinks, so all of them show
 * the same thing.  Coordinates in um from the label's top left corner, y down. */
#ifndef QR_LABELS_LAYOUT_H
#define QR_LABELS_LAYOUT_H

#include "labels/fit.h"
#include "labels/qr.h"
#include "labels/template.h"

struct sink {
	void *arg;
	void (*box)(void *arg, const struct tpl_box *b);
	/* The symbol without its quiet zone; module in nanometres, since dots of a printer are
	 * no whole number of um. */
	void (*qr)(void *arg, const struct qr *q, int32_t x, int32_t y, int32_t module);
	/* b: the box as it came out; its x y are to be added to the lines' places. */
	void (*text)(void *arg, const struct tpl_text *x, const struct fitted *f,
		const struct fit_box *b);
};

/* Decided once a batch. */
struct layout_plan {
	const struct label_template *tpl;
	const struct label_fonts *fonts;
	char base[96];	/* as given, for the code */
	char host[128]; /* as printed: small letters, "trial" before it on trial sheets */
	unsigned dpi;	/* of the printer: a module is a whole number of its dots */
	struct qr_plan qr;
	int32_t module;	    /* nm */
	int32_t qr_x, qr_y; /* of the symbol itself, um */
};

/* Version by room, highest level, whole dots; refuses modules below LABEL_MODULE_REFUSE. */
enum rc layout_plan(const struct label_options *o, struct layout_plan *ret_, struct err *e);

/* Scratch of one thread, with a cache of texts already fitted. */
struct layout;
struct layout *layout_new(const struct layout_plan *p);
void layout_free(struct layout *l);
/* *ret_ holds the address in the code. */
enum rc layout_row(struct layout *l, const struct label_row *row, const struct sink *to,
	char ret_url[96], struct err *e);

/* One text beside the labels, in the coordinates of the page. */
enum rc layout_note(struct layout *l, const struct fit_box *b, const char *s,
	const struct sink *to, struct err *e);

#endif
