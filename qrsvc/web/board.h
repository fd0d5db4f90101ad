/* board: what the board of an office and the coverage register share: what their address holds,
 * and the words of what they list.
 *
 * Everything a page shows stands in its address (GET): which office, which list, which kind,
 * whose, what was typed, in which order, behind which row.  The list's words are those of the
 * database: FILTER of "Board and coverage" in sql/STAFF.md. */
#ifndef QR_WEB_BOARD_H
#define QR_WEB_BOARD_H

#include "qrsvc/web/office.h"

/* Rows of a page, unless the address says another number. */
#define BOARD_ROWS 10
#define BOARD_ROWS_MAX 100

/* Each is empty when the address does not say it. */
struct board_at {
	struct str org, list, kind, firm, typed, order, after;
	int64_t rows, page;
};
struct board_at board_at_of(struct request *rq);
/* "/staff/board?org=..&s=.." */
struct str board_url(const struct page *pg, const struct board_at *at);
/* The same for one list ("overdue"), from its beginning. */
struct str board_list_url(const struct page *pg, const struct board_at *at, const char *list);
/* FILTER as JSON. */
struct str board_filter(struct request *rq, const struct board_at *at);

/* What can be listed, in the order of the choice. */
struct board_list {
	const char *name;
	unsigned words, counted; /* "Overdue" of a choice, "overdue" beside its number */
	const char *class;
};
extern const struct board_list board_lists[];
extern const size_t board_nlists;

/* Where one is: K_org_name, and K_up, the offices above one may go to; path: of the page. */
void board_place(
	const struct page *pg, const struct staff_view *sv, struct view *v, struct str path);

/* ---- handlers ---------------------------------------------------------------------------- */

void web_staff_board(struct request *rq);
void web_staff_coverage(struct request *rq);
void web_coverage(struct request *rq);

#endif
