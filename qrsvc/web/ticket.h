/* ticket: what the pages share on which offices handle what residents report.  The cases, who
 * sees them and what may be done is sql/api/staff_ticket.sql; these pages say it in words.
 *
 * Answers of api.staff_tickets and staff_ticket may lack anything: then nothing is shown. */
#ifndef QR_WEB_TICKET_H
#define QR_WEB_TICKET_H

#include "qrsvc/web/office.h"

/* "Cloudy water" of a kind's code, by doc.kinds. */
struct str ticket_kind(const struct page *pg, const struct json *doc, const struct json *t);
/* "Place · address", or the facility with its place. */
struct str ticket_where(const struct page *pg, const struct json *ref, const struct json *t);
/* "Taken", "At work" .. of a state; the code itself if it is none. */
struct str ticket_state(const struct page *pg, struct str state);
/* "Answer: 3 h left" of the clock that runs; STR_NONE: none does. */
struct str ticket_due(const struct page *pg, const struct json *t);
/* "Passed on to ..": what a step or a button is called. */
struct str ticket_step(const struct page *pg, const struct json *step);
/* The words of a button of that act; STR_NONE if it is none. */
struct str ticket_button(const struct page *pg, struct str act);

void web_staff_tickets(struct request *rq);	 /* staff_tickets.c */
void web_staff_ticket(struct request *rq);	 /* staff_ticket.c */
void web_staff_ticket_texts(struct request *rq); /* staff_ticket_texts.c */

#endif
