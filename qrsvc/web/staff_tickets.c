/* Owns /staff/tickets: what residents reported, worst first, looked for and chosen, several at
 * once joined or set aside.  Never counts, orders or decides who may: the answer of
 * api.staff_tickets comes as it is shown.  Called by routes.c. */
#include "qrsvc/web/ticket.h"

#include "qrsvc/http/msg.h"

#define PAGE_ROWS 10 /* sql/api/staff_ticket.sql has it too */
#define IDS_MAX 50

static int64_t counted(const struct staff_view *sv, const char *what)
{
	return json_int(json_get(sv->doc, "counts"), what, 0);
}

/* ---- addresses -----------------------------------------------------------------------------
 */

/* The address of this list with its filters; what or from NULL: as asked. */
static struct str address(
	const struct page *pg, const struct staff_view *sv, const char *what, struct str from)
{
	struct request *rq = sv->rq;
	struct str at = what ? str_c(what) : request_query(rq, STR("what"));
	const struct str pairs[] = {STR("what"), str_eq(at, STR("open")) ? STR_NONE : at,
		STR("kind"), request_query(rq, STR("kind")), STR("sort"),
		request_query(rq, STR("sort")), STR("q"), request_query(rq, STR("q")),
		STR("from"), from, STR("lang"),
		pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
	return web_cat(pg, STR("/staff/tickets"),
		office_query(pg, pairs, sizeof pairs / sizeof pairs[0]));
}

/* ---- the page ------------------------------------------------------------------------------
 */

static struct str joined(const struct page *pg, struct str a, struct str b)
{
	return a.n && b.n ? web_text(pg, M_join, VALUE_S(a), VALUE_S(b)) : a.n ? a : b;
}

static void heading(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	static const struct {
		const char *what;
		unsigned msg;
	} leads[] = {{"new", M_tk_lead_new}, {"callback", M_tk_lead_callback},
		{"raised", M_tk_lead_raised}};
	int64_t open = counted(sv, "open"), late = counted(sv, "late");
	struct str said = open ? web_text(pg, M_tk_say_open, VALUE_I(open))
			       : web_text(pg, M_tk_say_none),
		   lead = STR_NONE;
	if (late)
		said = joined(pg, said, web_text(pg, M_tk_say_late, VALUE_I(late)));
	for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
		int64_t n = counted(sv, leads[i].what);
		if (n)
			lead = joined(pg, lead, web_text(pg, leads[i].msg, VALUE_I(n)));
	}
	view_str(v, K_heading, said);
	view_str(v, K_lead, lead.n ? lead : web_text(pg, M_tk_lead_none));
}

static void tabs(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	static const struct {
		const char *what;
		unsigned msg;
	} table[] = {{"open", M_tk_tab_open}, {"late", M_tk_tab_late},
		{"quarantine", M_tk_tab_quarantine}, {"answered", M_tk_tab_answered},
		{"closed", M_tk_tab_closed}, {"all", M_tk_tab_all}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct view *tab = view_add(v, K_tabs);
		view_str(tab, K_url, address(pg, sv, table[i].what, STR_NONE));
		view_str(tab, K_label,
			web_text(pg, table[i].msg, VALUE_I(counted(sv, table[i].what))));
		view_flag(tab, K_here, str_eq(json_str(sv->doc, "what"), str_c(table[i].what)));
	}
}

static void choices(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	static const struct {
		const char *sort;
		unsigned msg;
	} sorts[] = {{"", M_tk_sort_worst}, {"new", M_tk_sort_new}, {"old", M_tk_sort_old}};
	struct str kind = request_query(sv->rq, STR("kind")),
		   sort = request_query(sv->rq, STR("sort"));
	office_option(v, K_kinds, STR(""), web_text(pg, M_tk_all_kinds), kind);
	json_each (k, json_get(sv->doc, "kinds"))
		office_option(v, K_kinds, json_key(k), web_word(pg, k), kind);
	for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++)
		office_option(
			v, K_sorts, str_c(sorts[i].sort), web_text(pg, sorts[i].msg), sort);
	view_str(v, K_q, request_query(sv->rq, STR("q")));
	if (!str_eq(json_str(sv->doc, "what"), STR("open")))
		view_str(v, K_what, json_str(sv->doc, "what"));
	if (pg->lang_asked)
		view_str(v, K_lang_now, str_c(lang_tag(pg->lang)));
}

static void row(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *t)
{
	static const struct {
		const char *what;
		unsigned msg;
	} more[] = {{"joined", M_tk_more_joined}, {"photos", M_tk_more_photos},
		{"raised", M_tk_more_raised}};
	struct view *r = view_add(v, K_rows);
	struct str due = ticket_due(pg, t);
	bool late = json_bool(t, "late", false), over = json_int(t, "minutes", 0) < 0;
	view_int(r, K_id, json_int(t, "id", 0));
	view_str(r, K_no, json_str(t, "no"));
	view_str(r, K_url,
		web_url(pg, STR("/staff/tickets/"), web_number(pg, json_int(t, "id", 0))));
	view_str(r, K_name, ticket_kind(pg, sv->doc, t));
	view_str(r, K_words, json_str(t, "words"));
	view_str(r, K_where, ticket_where(pg, sv->ref, t));
	view_str(r, K_office, json_str(json_get(t, "org"), "name"));
	view_str(r, K_state, ticket_state(pg, json_str(t, "state")));
	view_str(r, K_due, due.n ? due : late ? web_text(pg, M_tk_was_late) : STR_NONE);
	if (late)
		view_str(r, K_class, over ? STR("no") : STR("w"));
	if (late && due.n && !over)
		view_item(r, K_more, web_text(pg, M_tk_was_late));
	view_str(r, K_at, web_staff_time(pg, json_str(t, "at")));
	view_flag(r, K_can, json_bool(sv->doc, "office", false));
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
		int64_t n = json_int(t, more[i].what, 0);
		if (n)
			view_item(r, K_more, web_text(pg, more[i].msg, VALUE_I(n)));
	}
}

static void pages(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	int64_t from = json_int(sv->doc, "from", 0), next = json_int(sv->doc, "next", 0);
	bool sorted = request_query(sv->rq, STR("sort")).n > 0;
	view_str(v, K_range,
		web_text(pg, sorted ? M_tk_range_sorted : M_tk_range, VALUE_I(from + 1),
			VALUE_I(from + (int64_t)view_count(v, K_rows)),
			VALUE_I(json_int(sv->doc, "hits", 0))));
	if (from > 0)
		view_str(v, K_prev_url,
			address(pg, sv, NULL,
				from > PAGE_ROWS ? web_number(pg, from - PAGE_ROWS)
						 : STR_NONE));
	if (next)
		view_str(v, K_next_url, address(pg, sv, NULL, web_number(pg, next)));
	view_str(v, K_self_url, address(pg, sv, NULL, request_query(sv->rq, STR("from"))));
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {{"ground", M_tk_ground}};
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_tk_title), STR("/staff/tickets"));
	int64_t done = office_number(request_query(sv->rq, STR("done")), 0, 999, -1),
		of = office_number(request_query(sv->rq, STR("of")), 1, 999, 1);
	web_staff_errors(pg, sv, v, labels, 1);
	if (done >= 0)
		view_str(v, K_notice, web_text(pg, M_tk_done, VALUE_I(done), VALUE_I(of)));
	heading(pg, sv, v);
	tabs(pg, sv, v);
	choices(pg, sv, v);
	json_each (t, json_get(sv->doc, "rows"))
		row(pg, sv, v, t);
	view_flag(v, K_rows_any, view_count(v, K_rows) > 0);
	view_flag(v, K_office_acts, json_bool(sv->doc, "office", false));
	view_flag(v, K_aside, str_eq(json_str(sv->doc, "what"), STR("quarantine")));
	web_staff_field(pg, sv, v, K_ground, K_err_ground, "ground", STR_NONE);
	pages(pg, sv, v);
	view_str(v, K_texts_url, web_url(pg, STR("/staff/tickets/texts")));
	if (web_staff_right(sv, "reply") || web_staff_right(sv, "judge"))
		view_str(v, K_replies_url, web_url(pg, STR("/staff/replies")));
	if (web_staff_right(sv, "survey"))
		view_str(v, K_surveys_url, web_url(pg, STR("/staff/surveys")));
	return web_html(pg, T_staff_tickets, v);
}

/* ---- several at once -----------------------------------------------------------------------
 */

static size_t ticked(struct request *rq, int64_t *ids)
{
	const struct http_body *b = &rq->http->body;
	size_t n = 0;
	for (size_t i = 0; i < b->nparts && n < IDS_MAX; i++)
		if (str_eq(b->parts[i].name, STR("id[]")) &&
			str_i64(b->parts[i].value, &ids[n]) && ids[n] > 0)
			n++;
	return n;
}

static void done_cb(struct request *rq, const struct staff_answer *ans)
{
	struct str what = request_query(rq, STR("what"));
	office_go(rq, arena_fmt(rq->arena, "/staff/tickets?%s%sdone=%lld&of=%lld",
			      str_eq(what, STR("quarantine")) ? "what=quarantine" : "",
			      str_eq(what, STR("quarantine")) ? "&" : "",
			      (long long)json_int(ans->doc, "done", 0),
			      (long long)json_int(ans->doc, "of", 0)));
}

void web_staff_tickets(struct request *rq)
{
	static const struct staff_kind kind = {"staff_tickets", ST_staff_tickets, render};
	static const char *const names[] = {"what", "kind", "sort", "q", "from"};
	struct db_param list[] = {DB_P_TEXT(office_json(rq, request_query, names, 5))};
	if (!rq->post) {
		request_staff(rq, &kind, list, 1);
		return;
	}
	const struct staff_act act = {.stmt = ST_staff_tickets_act,
		.again = &kind,
		.again_params = list,
		.again_n = 1,
		.done = done_cb};
	int64_t *ids = arena_array(rq->arena, IDS_MAX, sizeof *ids);
	struct db_param p[] = {{.type = DB_INT_ARRAY, .ints = ids, .n = ticked(rq, ids)},
		DB_P_TEXT(request_form(rq, STR("do"))),
		DB_P_TEXT(request_form(rq, STR("ground")))};
	request_staff_act(rq, &act, p, 3);
}
