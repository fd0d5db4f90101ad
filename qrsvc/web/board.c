/* Owns the address of the board and the lists it can show.  Never counts and never orders: that
 * is the database's (sql/api/staff_board.sql).  Called by staff_board.c, staff_coverage.c. */
#include "qrsvc/web/board.h"

#include "qrsvc/base/json.h"

const struct board_list board_lists[] = {{"wanted", M_bo_wanted, 0, ""},
	{"overdue", M_bo_overdue, M_bo_n_overdue, "bad"},
	{"failed", M_bo_failed, M_bo_n_failed, "bad"},
	{"due_soon", M_bo_due_soon, M_bo_n_due_soon, "soon"},
	{"no_record", M_bo_no_record, M_bo_n_no_record, "soon"},
	{"on_time", M_bo_on_time, M_bo_n_on_time, "good"},
	{"waiting", M_bo_waiting, M_bo_n_waiting, ""},
	{"post_late", M_bo_post_late, M_bo_n_post_late, ""},
	{"unmanaged", M_bo_unmanaged, M_bo_n_unmanaged, ""},
	{"suspended", M_bo_suspended, M_bo_n_suspended, ""},
	{"no_manager", M_bo_no_manager, 0, ""}, {"no_sticker", M_bo_no_sticker, 0, ""},
	{"unscanned", M_bo_unscanned, 0, ""}, {"marked", M_bo_marked, 0, ""},
	{"never", M_bo_never, 0, ""}, {"retired", M_bo_retired, 0, ""},
	{"all", M_bo_all, 0, ""}};
const size_t board_nlists = sizeof board_lists / sizeof board_lists[0];

static struct str asked(struct request *rq, const char *name, size_t most)
{
	struct str s = str_trim(request_query(rq, str_c(name)), " \t");
	return s.n && s.n <= most ? s : STR_NONE;
}

struct board_at board_at_of(struct request *rq)
{
	return (struct board_at){.org = asked(rq, "org", 40),
		.list = asked(rq, "s", 20),
		.kind = asked(rq, "k", 40),
		.firm = asked(rq, "m", 200),
		.typed = asked(rq, "q", 200),
		.order = asked(rq, "o", 10),
		.after = asked(rq, "after", 60),
		.rows = office_number(asked(rq, "n", 4), 1, BOARD_ROWS_MAX, BOARD_ROWS),
		.page = office_number(asked(rq, "p", 6), 1, 99999, 1)};
}

struct str board_url(const struct page *pg, const struct board_at *at)
{
	const struct str pairs[] = {STR("org"), at->org, STR("s"), at->list, STR("k"), at->kind,
		STR("m"), at->firm, STR("q"), at->typed, STR("o"), at->order, STR("n"),
		at->rows == BOARD_ROWS ? STR_NONE : web_number(pg, at->rows), STR("after"),
		at->after, STR("p"), at->page > 1 ? web_number(pg, at->page) : STR_NONE,
		STR("lang"), pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
	return web_cat(pg, STR("/staff/board"),
		office_query(pg, pairs, sizeof pairs / sizeof pairs[0]));
}

struct str board_list_url(const struct page *pg, const struct board_at *at, const char *list)
{
	struct board_at to = *at;
	to.list = str_c(list);
	to.after = STR_NONE;
	to.page = 1;
	return board_url(pg, &to);
}

struct str board_filter(struct request *rq, const struct board_at *at)
{
	const struct {
		const char *key;
		struct str value;
	} member[] = {{"org", at->org}, {"s", at->list}, {"kind", at->kind}, {"m", at->firm},
		{"q", at->typed}, {"o", at->order}, {"after", at->after}};
	struct sbuf b;
	sbuf_init(&b, 4096);
	sbuf_fmt(&b, "{\"n\":\"%lld\"", (long long)at->rows);
	for (size_t i = 0; i < sizeof member / sizeof member[0]; i++)
		if (member[i].value.n) {
			sbuf_fmt(&b, ",\"%s\":", member[i].key);
			sbuf_json(&b, member[i].value);
		}
	sbuf_puts(&b, "}");
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

void board_place(
	const struct page *pg, const struct staff_view *sv, struct view *v, struct str path)
{
	view_str(v, K_org_name, json_str(json_get(sv->doc, "org"), "name"));
	json_each (up, json_get(sv->doc, "up")) {
		const struct str pairs[] = {STR("org"), json_str(up, "code"), STR("lang"),
			pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
		struct view *link = view_add(v, K_up);
		view_str(link, K_url,
			web_cat(pg, path,
				office_query(pg, pairs, sizeof pairs / sizeof pairs[0])));
		view_str(link, K_label, json_str(up, "name"));
	}
}
