/* notice: a page of the sheet for the notice board (公示单), one page A4 a record.
 *
 * What must be posted in a prominent place of the compound within hours of the work (Shanghai:
 * 24 hours; the hours and their basis come with the page, from the rule in force): when it was
 * done, by whom, under which filing, the results beside their limits; with a pair of photos and
 * the code of the label, so that whoever reads the board can look behind it.
 *
 *	notice_photos(page, sha);	...bytes of both from the database...
 *	notice_page(paper, page, jpeg, &e);
 *
 * A page is the JSON of core.notice_page() (sql/api/notice.sql); it is parsed by the caller and
 * need live only during the call.  Nothing overflows: a page that is too full is set smaller,
 * then long texts end in an ellipsis, then the last results give way to a line that says how
 * many. */
#ifndef QR_NOTICE_H
#define QR_NOTICE_H

#include "qrsvc/notice/paper.h"

#define NOTICE_PHOTOS 2

/* The photos a page shows, as the hexadecimal names of core.photo: before and after, or the
 * first and the last.  How many: 0..2. */
size_t notice_photos(const struct json *page, struct str ret_[NOTICE_PHOTOS]);
/* jpeg: their bytes in the same order; STR_NONE, or what is no JPEG, leaves its place empty.
 * RC_INVALID: not such a page; else as paper_page(). */
enum rc notice_page(struct paper *p, const struct json *page,
	const struct str jpeg[NOTICE_PHOTOS], struct err *e);

#endif
