/* poster: a page that invites the residents of a compound to a survey.
 *
 * A page is the JSON of api.poster_job_page() (sql/api/survey_poster.sql), needed during the
 * call only.  Its QR is 105 mm wide, at least 60, so that it is read from about a metre
 * (design: a tenth of the distance); the address stands below it in letters, for who does not
 * scan.  It never shows a result.  Long texts are set smaller, then cut with an ellipsis. */
#ifndef QR_NOTICE_POSTER_H
#define QR_NOTICE_POSTER_H

#include "qrsvc/notice/paper.h"

/* RC_INVALID: not such a page; else as paper_page(). */
enum rc poster_page(struct paper *p, const struct json *page, struct err *e);

#endif
