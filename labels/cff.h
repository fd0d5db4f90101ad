/* cff: two things about a CFF table (Adobe Technical Note 5176): is it CID-keyed, and which CID
 * does each of its glyphs answer to.
 *
 * A subset keeps its glyphs in the font's own order, but a page numbers them by first use; the
 * charset of a CID-keyed font is the table between the two, so a new one is appended and the
 * offset in the Top DICT is set to it. */
#ifndef QR_LABELS_CFF_H
#define QR_LABELS_CFF_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/sbuf.h"

bool cff_is_cid(struct str cff);
/* Appends to out the table with cid[g] for glyph g = 1..n-1 (glyph 0 is CID 0). */
enum rc cff_renumber(
	struct str cff, const uint16_t *cid, size_t n, struct sbuf *out, struct err *e);

#endif
