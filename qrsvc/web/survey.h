/* survey: what the pages of surveys behind the login share: the form in which one is written.
 *
 * The form is a table of fields (survey_form.c); what is wrong with it is said by the database
 * alone (core.survey_bad).  Everything lives in the arena of the page or the request. */
#ifndef QR_WEB_SURVEY_H
#define QR_WEB_SURVEY_H

#include "qrsvc/web/staff.h"

/* Fields, offices, rules of {{>survey_form}}: what was typed, else the draft in sv->doc. */
void survey_form_view(const struct page *pg, const struct staff_view *sv, struct view *v);
/* The summary of {{>staff_errors}}. */
void survey_form_errors(const struct page *pg, const struct staff_view *sv, struct view *v);
/* The body of api.staff_survey_put; STR_NONE: too large. */
struct str survey_form_body(struct request *rq);

void web_staff_surveys(struct request *rq);
void web_staff_survey(struct request *rq);
void web_staff_survey_poster(struct request *rq);
void web_staff_survey_paper(struct request *rq); /* staff_survey_paper.c */

#endif
