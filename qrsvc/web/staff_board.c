/* Owns /staff/board: the sentence, the numbers, the chart, the offices below, the list worst
 * first and what is done with what is chosen in it.  Never counts, orders or decides who may:
 * the answer of api.staff_board comes as it is shown.  Called by routes.c. */
#include "qrsvc/web/board.h"

#include "qrsvc/base/json.h"
#include "qrsvc/http/msg.h"
#include "qrsvc/web/work.h"

static int64_t counted(const struct staff_view *sv, const char *what)
{
	return json_int(json_get(sv->doc, "counts"), what, 0);
}

/* ---- the first screen -----------------------------------------------------------------------
 */

/* "7 overdue, 12 due within 30 days", in its parts. */
struct said {
	struct {
		struct str text;
		bool bad;
	} part[3];
	size_t n;
	struct str whole;
};

static struct said sentence(const struct page *pg, const struct staff_view *sv)
{
	static const struct {
		const char *what;
		unsigned msg;
		bool bad;
	} parts[] = {{"failed", M_bo_say_failed, true}, {"overdue", M_bo_say_overdue, true},
		{"due_soon", M_bo_say_due_soon, false}};
	struct said said = {.n = 0};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		int64_t n = counted(sv, parts[i].what);
		if (!n)
			continue;
		struct str text = web_text(pg, parts[i].msg, VALUE_I(n));
		said.whole = said.n ? web_text(pg, M_join, VALUE_S(said.whole), VALUE_S(text))
				    : text;
		said.part[said.n].text = text;
		said.part[said.n++].bad = parts[i].bad;
	}
	if (!said.n) {
		said.whole = said.part[0].text = web_text(pg, M_bo_say_none);
		said.n = 1;
	}
	return said;
}

static void heading(const struct page *pg, const struct said *said, struct view *v)
{
	for (size_t i = 0; i < said->n; i++) {
		struct view *p = view_add(v, K_parts);
		bool last = i + 1 == said->n;
		view_str(p, K_text,
			last ? said->part[i].text
			     : web_text(pg, M_join, VALUE_S(said->part[i].text),
				       VALUE_S(STR(""))));
		view_flag(p, K_bad, said->part[i].bad);
	}
}

static void numbers(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct board_at *at)
{
	for (size_t i = 0; i < board_nlists; i++) {
		const struct board_list *l = &board_lists[i];
		int64_t n = counted(sv, l->name);
		/* the first ones always: that there is none is an answer, too */
		if (!l->counted || (!n && i > 5) ||
			(!n && str_eq(str_c(l->name), STR("failed"))))
			continue;
		struct view *c = view_add(v, K_counts);
		view_str(c, K_url, board_list_url(pg, at, l->name));
		view_str(c, K_n, web_number(pg, n));
		view_str(c, K_label, web_text(pg, l->counted, VALUE_I(n)));
		view_str(c, K_class, str_c(l->class));
	}
}

struct bar {
	int64_t n;
	struct str month;
};

/* The ends of the last months and today: bars with their numbers, and the same in words. */
static void chart(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct json *trend = json_get(sv->doc, "trend");
	struct bar bar[8];
	size_t n = 0;
	int64_t most = 1;
	struct str words = STR_NONE, today = json_str(sv->doc, "today");
	json_each (m, trend) {
		struct str month = json_str(m, "month");
		if (n == 6 || month.n != 7)
			continue;
		bar[n++] = (struct bar){json_int(m, "overdue", 0), str_sub(month, 5, 7)};
	}
	if (!trend || today.n < 7)
		return;
	bar[n++] = (struct bar){counted(sv, "overdue"), str_sub(today, 5, 7)};
	for (size_t i = 0; i < n; i++)
		most = bar[i].n > most ? bar[i].n : most;
	for (size_t i = 0; i < n; i++) {
		int64_t number = office_number(bar[i].month, 1, 12, 1),
			h = bar[i].n * 79 / most;
		struct str name = web_text(pg, M_bo_month_1 + (unsigned)number - 1);
		struct view *b = view_add(v, K_bars);
		h = h < 2 ? 2 : h;
		view_int(b, K_x, 8 + 49 * (int64_t)i);
		view_int(b, K_tx, 25 + 49 * (int64_t)i);
		view_str(b, K_y, web_number(pg, 104 - h));
		view_str(b, K_ty, web_number(pg, 99 - h));
		view_str(b, K_h, web_number(pg, h));
		view_str(b, K_n, web_number(pg, bar[i].n));
		view_str(b, K_label, name);
		view_flag(b, K_now, i + 1 == n);
		struct str one = web_text(pg, i + 1 == n ? M_bo_chart_now : M_bo_chart_one,
			VALUE_S(name), VALUE_I(bar[i].n));
		words = words.n ? web_text(pg, M_join, VALUE_S(words), VALUE_S(one)) : one;
	}
	view_str(v, K_chart, words);
}

/* ---- filters
 * ----------------------------------------------------------------------------------
 */

static void filters(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct board_at *at)
{
	struct str list = json_str(json_get(sv->doc, "list"), "s");
	const struct json *kinds = json_get(sv->ref, "kinds");
	office_option(v, K_kinds, STR(""), web_text(pg, M_bo_all_kinds), at->kind);
	json_each (k, json_get(sv->doc, "kinds"))
		office_option(
			v, K_kinds, json_text(k), web_named(pg, kinds, json_text(k)), at->kind);
	for (size_t i = 0; i < board_nlists; i++)
		office_option(v, K_lists, str_c(board_lists[i].name),
			web_text(pg, board_lists[i].words), list);
	view_str(v, K_org, at->org);
	view_str(v, K_order, at->order);
	view_str(v, K_q, at->typed);
	view_str(v, K_m, at->firm);
	if (at->rows != BOARD_ROWS)
		view_int(v, K_rows_n, at->rows);
	if (pg->lang_asked)
		view_str(v, K_lang_now, str_c(lang_tag(pg->lang)));
	if (at->kind.n || at->typed.n || at->firm.n) {
		const struct board_at none = {.org = at->org, .rows = at->rows, .page = 1};
		view_str(v, K_clear_url, board_url(pg, &none));
	}
}

/* "11月22日"; with the year when it is another one than today's. */
static struct str short_day(const struct page *pg, const struct staff_view *sv, int32_t day)
{
	struct civil c = day_to_civil(day);
	if (c.year != day_to_civil(json_day(sv->doc, "today")).year)
		return web_date_plain(pg, day);
	return web_text(pg, M_bo_day,
		VALUE_S(web_text(pg, M_bo_month_1 + (unsigned)c.month - 1)), VALUE_I(c.day));
}

/* ---- the list -------------------------------------------------------------------------------
 */

static struct str in_days(const struct page *pg, const struct json *row, struct view *line)
{
	static const struct {
		const char *state;
		unsigned msg;
		const char *class;
	} plain[] = {{"failed", M_bo_is_failed, "no"}, {"no_record", M_bo_is_no_record, "w"},
		{"suspended", M_bo_is_suspended, ""}, {"retired", M_bo_is_retired, ""}};
	struct str state = json_str(row, "state");
	int64_t days = json_int(row, "days", 0);
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (str_eq(state, str_c(plain[i].state))) {
			view_str(line, K_class, str_c(plain[i].class));
			return web_text(pg, plain[i].msg);
		}
	view_str(line, K_class,
		str_eq(state, STR("overdue"))	 ? STR("no")
		: str_eq(state, STR("due_soon")) ? STR("w")
						 : STR("ok"));
	if (!json_get(row, "due"))
		return STR_NONE;
	return days < 0 ? web_text(pg, M_bo_late, VALUE_I(-days))
			: web_text(pg, M_bo_left, VALUE_I(days));
}

static void manager(const struct page *pg, const struct json *row, struct view *line,
	const struct board_at *at)
{
	const struct json *m = json_get(row, "manager");
	const struct board_at to = {.org = at->org,
		.firm = web_number(pg, json_int(m, "id", 0)),
		.rows = at->rows,
		.page = 1};
	if (!m) {
		view_str(line, K_no_manager,
			web_text(pg, json_bool(row, "unmanaged", false) ? M_bo_is_unmanaged
									: M_bo_is_no_manager));
		return;
	}
	view_str(line, K_manager, json_str(m, "name"));
	view_str(line, K_manager_url, board_url(pg, &to));
}

static void progress(const struct page *pg, const struct staff_view *sv, const struct json *row,
	struct view *line)
{
	const struct json *w = json_get(row, "waiting");
	int64_t us;
	if (w) {
		struct str id;
		if (web_uuid(pg->arena, json_str(w, "id"), &id))
			view_str(line, K_wait_url, web_url(pg, STR("/staff/r/"), id));
		if (json_instant(w, "received", &us))
			view_str(line, K_wait,
				web_text(pg, M_bo_waits, VALUE_S(web_datetime(pg, us))));
	}
	if (json_bool(row, "post_late", false))
		view_str(line, K_late, web_text(pg, M_bo_was_post_late));
	const struct json *r = json_get(row, "reminded");
	int64_t times = json_int(r, "n", 0);
	if (r)
		view_str(line, K_reminded,
			web_text(pg, times > 1 ? M_bo_reminded_n : M_bo_reminded,
				VALUE_S(short_day(pg, sv, json_day(r, "on"))), VALUE_I(times)));
}

static void one_row(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct board_at *at, const struct json *row)
{
	struct view *line = view_add(v, K_rows);
	struct str code = json_str(row, "code"), kind = json_str(row, "kind"),
		   name = json_str(row, "name"), type = json_str(row, "type"),
		   building = json_str(row, "building"), place = json_str(row, "place");
	struct str what = web_named(pg, json_get(sv->ref, "kinds"), kind);
	int32_t due = json_day(row, "due");
	view_str(line, K_value, code);
	view_str(line, K_code, web_code(pg, code));
	view_str(line, K_url, web_url(pg, STR("/staff/f/"), code));
	view_str(line, K_where, building.n ? web_cat(pg, place, STR(" "), building) : place);
	view_str(line, K_name, name.n ? web_cat(pg, what, STR(" · "), name) : what);
	if (due != DAY_NONE)
		view_str(line, K_due,
			web_text(pg, M_bo_due, VALUE_S(work_type(pg, sv->ref, kind, type)),
				VALUE_S(short_day(pg, sv, due))));
	view_str(line, K_days, in_days(pg, row, line));
	manager(pg, row, line, at);
	progress(pg, sv, row, line);
}

static void rows(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct board_at *at)
{
	const struct json *list = json_get(sv->doc, "list");
	struct str next = json_str(list, "next"), s = json_str(list, "s");
	struct board_at to = *at;
	struct str all = STR_NONE;
	json_each (row, json_get(list, "rows")) {
		one_row(pg, sv, v, at, row);
		all = web_cat(pg, all, STR(" "), json_str(row, "code"));
	}
	if (all.n) {
		struct view *a = view_add(v, K_acts);
		view_str(a, K_all, str_trim(all, " "));
		view_flag(a, K_can_remind, web_staff_right(sv, "remind"));
		view_flag(a, K_can_labels, web_staff_right(sv, "labels"));
		view_flag(a, K_can_export, web_staff_right(sv, "export"));
	}
	for (size_t i = 0; i < board_nlists; i++)
		if (str_eq(s, str_c(board_lists[i].name)))
			view_str(v, K_list, web_text(pg, board_lists[i].words));
	view_int(v, K_page, at->page);
	view_flag(v, K_paged, next.n || at->page > 1);
	if (next.n) {
		to.after = next;
		to.page = at->page + 1;
		view_str(v, K_next_url, board_url(pg, &to));
	}
	to.after = STR_NONE;
	to.page = 1;
	if (at->page > 1)
		view_str(v, K_first_url, board_url(pg, &to));
	bool by_place = str_eq(at->order, STR("place"));
	to.order = by_place ? STR_NONE : STR("place");
	view_str(v, K_order_url, board_url(pg, &to));
	view_str(v, K_order_to, web_text(pg, by_place ? M_bo_by_worst : M_bo_by_place));
	to.order = at->order;
	to.rows = at->rows == BOARD_ROWS ? 50 : BOARD_ROWS;
	if (next.n || at->rows != BOARD_ROWS) {
		view_str(v, K_more_url, board_url(pg, &to));
		view_str(v, K_more_rows, web_text(pg, M_bo_rows, VALUE_I(to.rows)));
	}
}

/* The offices right below, as far as something is due there. */
static void children(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	json_each (c, json_get(sv->doc, "children")) {
		const struct json *n = json_get(c, "counts");
		const struct board_at to = {
			.org = json_str(c, "code"), .rows = BOARD_ROWS, .page = 1};
		struct view *line = view_add(v, K_children);
		view_str(line, K_url, board_url(pg, &to));
		view_str(line, K_name, json_str(c, "name"));
		view_str(line, K_total, web_number(pg, json_int(n, "all", 0)));
		view_str(line, K_overdue,
			web_number(pg, json_int(n, "overdue", 0) + json_int(n, "failed", 0)));
		view_str(line, K_soon, web_number(pg, json_int(n, "due_soon", 0)));
		view_str(line, K_never, web_number(pg, json_int(n, "no_record", 0)));
	}
	view_flag(v, K_children_any, view_count(v, K_children) > 0);
}

/* What a reminder has done, as its redirect says. */
static void notice(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	int64_t done = office_number(request_query(sv->rq, STR("done")), 0, 9999, -1),
		left = office_number(request_query(sv->rq, STR("left")), 1, 9999, 0);
	if (done < 0 || sv->refused != RC_OK)
		return;
	struct str said = web_text(pg, M_bo_done, VALUE_I(done));
	view_str(v, K_notice,
		left ? web_cat(pg, said, web_text(pg, M_bo_left_out, VALUE_I(left))) : said);
}

static struct str coverage_url(const struct page *pg, const struct board_at *at)
{
	const struct str pairs[] = {STR("org"), at->org, STR("lang"),
		pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
	return web_cat(pg, STR("/staff/coverage"),
		office_query(pg, pairs, sizeof pairs / sizeof pairs[0]));
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	struct board_at at = board_at_of(sv->rq);
	const struct said said = sentence(pg, sv);
	struct view *v = web_staff_begin(pg, sv, said.whole, STR("/staff/board"));
	static const struct staff_label fields[] = {
		{"s", M_bo_state}, {"kind", M_bo_kind}, {"f", M_bo_chosen}};
	web_staff_errors(pg, sv, v, fields, sizeof fields / sizeof fields[0]);
	heading(pg, &said, v);
	notice(pg, sv, v);
	board_place(pg, sv, v, STR("/staff/board"));
	view_int(v, K_total, counted(sv, "all"));
	view_str(v, K_day, web_date_plain(pg, json_day(sv->doc, "today")));
	numbers(pg, sv, v, &at);
	chart(pg, sv, v);
	filters(pg, sv, v, &at);
	rows(pg, sv, v, &at);
	children(pg, sv, v);
	view_str(v, K_self_url, board_url(pg, &at));
	view_str(v, K_coverage_url, coverage_url(pg, &at));
	return web_html(pg, T_staff_board, v);
}

static const struct staff_kind page = {"staff_board", ST_staff_board, render};

/* ---- what is done with the chosen ones
 * --------------------------------------------------------
 */

/* Codes of the form: ticked one by one, or all of the page. */
static size_t chosen(struct request *rq, struct str *ret_)
{
	const struct http_body *b = &rq->http->body;
	struct str all = request_form(rq, STR("all")), rest = all;
	size_t n = 0;
	while (rest.p && n < BOARD_ROWS_MAX) {
		struct str code = str_cut(&rest, ' ');
		if (code.n)
			ret_[n++] = code;
	}
	for (size_t i = 0; !all.n && i < b->nparts && n < BOARD_ROWS_MAX; i++)
		if (str_starts(b->parts[i].name, STR("f-")))
			ret_[n++] = str_sub(b->parts[i].name, 2, b->parts[i].name.n);
	return n;
}

static void reminded(struct request *rq, const struct staff_answer *ans)
{
	struct str query = rq->http->query;
	staff_redirect(
		rq, arena_fmt(rq->arena, "/staff/board?%.*s%sdone=%lld&left=%zu", STR_F(query),
			    query.n ? "&" : "", (long long)json_int(ans->doc, "reminded", 0),
			    json_count(json_get(ans->doc, "skipped"))));
}

/* To the page that does it, with the codes in its address. */
static void lead(struct request *rq, const char *path, const char *between,
	const struct str *codes, size_t n)
{
	struct sbuf b;
	sbuf_init(&b, 4096);
	sbuf_puts(&b, path);
	for (size_t i = 0; i < n; i++) {
		sbuf_puts(&b, i ? between : "?f=");
		sbuf_url(&b, codes[i]);
	}
	struct str to = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	staff_redirect(rq, to);
}

static void act(struct request *rq, const struct db_param *filter)
{
	struct str what = request_form(rq, STR("do"));
	struct str *codes = arena_array(rq->arena, BOARD_ROWS_MAX, sizeof *codes);
	size_t n = chosen(rq, codes);
	const struct staff_act remind = {.stmt = ST_staff_remind,
		.again = &page,
		.again_params = filter,
		.again_n = 1,
		.done = reminded};
	if (!n)
		staff_field_error(rq, "f", "missing");
	else if (str_eq(what, STR("labels")))
		return lead(rq, "/staff/labels", "+", codes, n);
	else if (str_eq(what, STR("notices")))
		return lead(rq, "/staff/notices", "&f=", codes, n);
	else if (str_eq(what, STR("export")))
		return lead(rq, "/staff/export", "&f=", codes, n);
	else if (!str_eq(what, STR("remind")))
		staff_field_error(rq, "do", "unknown");
	const struct db_param p[] = {{.type = DB_TEXT_ARRAY, .list = codes, .n = n}};
	request_staff_act(rq, &remind, p, 1);
}

void web_staff_board(struct request *rq)
{
	struct board_at at = board_at_of(rq);
	const struct db_param p[] = {DB_P_TEXT(board_filter(rq, &at))};
	if (rq->post)
		act(rq, p);
	else
		request_staff(rq, &page, p, 1);
}
