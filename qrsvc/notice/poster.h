/* poster: the sheet that invites the residents of a compound to a survey, one page A4 each, as
 *PDF.
 *
 *	struct poster *p = poster_new(&(struct notice_options){...}, &e);
 *	for each page:	poster_page(p, page, &e);
 *	poster_end(p, &e);
 *	poster_free(p);
 *
 * A page is the JSON of api.poster_job_page() (sql/api/survey_poster.sql), needed during the
 *call only.  Its QR is 105 mm wide, at least 60, so that it is read from about a metre (design:
 *a tenth of the distance); the address stands below it in letters, for who does not scan.  It
 *never shows a result.  Long texts are set smaller, then cut with an ellipsis; letters no font
 *has become 〓. The same input gives the same bytes.  Of the jobs process, as notice.h. */
#ifndef QR_NOTICE_POSTER_H
#define QR_NOTICE_POSTER_H

#include "qrsvc/notice/notice.h"

struct poster;

/* NULL: out of its limits; *e says why. */
struct poster *poster_new(const struct notice_options *o, struct err *e);
/* RC_INVALID: not such a page; RC_IO: the output failed. */
enum rc poster_page(struct poster *p, const struct json *page, struct err *e);
enum rc poster_end(struct poster *p, struct err *e);
/* Also after a failure. */
void poster_free(struct poster *p);

#endif
