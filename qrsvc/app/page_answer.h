/* page_answer: a request answered from a cached entry; what is not there yet in its language
 * and form is rendered first, the compressed twin made when somebody first asks for it. */
#ifndef QR_APP_PAGE_ANSWER_H
#define QR_APP_PAGE_ANSWER_H

#include "qrsvc/app/app.h"

/* An entry that may be used; its documents, with the reference ones, are there.  note: how it
 * was come by, for the log ('m'iss, 'j'oined, 'h'it, 's'tale). */
void page_answer(
	struct request *rq, struct cache_entry *e, const struct page_kind *kind, char note);

/* The same if there is nothing to render and it is fresh, of today: answers, counts a hit,
 * returns true.  Else the request is untouched. */
bool page_answer_hit(struct request *rq, struct cache_entry *e, const struct page_kind *kind);

#endif
