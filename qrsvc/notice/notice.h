/* notice: the sheet for the notice board (公示单), one page A4 a record, as PDF.
 *
 * What must be posted in a prominent place of the compound within hours of the work (Shanghai:
 *24 hours; the hours and their basis come with the page, from the rule in force): when it was
 *done, by whom, under which filing, the results beside their limits; with a pair of photos and
 *the code of the label, so that whoever reads the board can look behind it.
 *
 *	struct notice *n = notice_new(&(struct notice_options){.fonts = fonts,
 *		.base = STR("https://qr.example.gov.cn"), .lang = NOTICE_ZH,
 *		.write = write_cb, .arg = file}, &e);
 *	for each page:	notice_photos(page, sha);  ...bytes of both from the database...
 *			notice_page(n, page, jpeg, &e);
 *	notice_end(n, &e);
 *	notice_free(n);
 *
 * A page is the JSON of core.notice_page() (sql/api/notice.sql); it is parsed by the caller and
 *need live only during the call.  Nothing overflows: a page that is too full is set smaller,
 *then long texts end in an ellipsis, then the last results give way to a line that says how
 *many.  Letters no font has, and what would turn the reading order around, become 〓.  The same
 *input gives the same bytes: no dates but those of the page, no random numbers.
 *
 * Needs the shaping library, so it is the jobs process's; about 40 ms for a first page (the
 *fonts), 10 ms for each further one.  Not for several threads at once. */
#ifndef QR_NOTICE_H
#define QR_NOTICE_H

#include "labels/label.h"
#include "qrsvc/base/json.h"

enum notice_lang { NOTICE_ZH, NOTICE_EN, NOTICE_BOTH };
/* "zh-CN", "en", "both"; anything else is Chinese. */
enum notice_lang notice_lang(struct str tag);

#define NOTICE_PHOTOS 2

struct notice_options {
	const struct label_fonts *fonts;
	struct str base; /* "https://qr.example.gov.cn", as label_base_check() takes it */
	bool trial;	 /* "not for posting" is printed */
	enum notice_lang lang;
	bool (*write)(void *arg, const void *p, size_t n);
	void *arg;
};

struct notice;

/* NULL: out of its limits; *e says why. */
struct notice *notice_new(const struct notice_options *o, struct err *e);
/* The photos a page shows, as the hexadecimal names of core.photo: before and after, or the
 * first and the last.  How many: 0..2. */
size_t notice_photos(const struct json *page, struct str ret_[NOTICE_PHOTOS]);
/* jpeg: their bytes in the same order; STR_NONE, or what is no JPEG, leaves its place empty.
 * RC_INVALID: not such a page; RC_IO: the output failed. */
enum rc notice_page(struct notice *n, const struct json *page,
	const struct str jpeg[NOTICE_PHOTOS], struct err *e);
enum rc notice_end(struct notice *n, struct err *e);
/* Also after a failure. */
void notice_free(struct notice *n);

#endif
