/* Owns /staff/inbox: what an office or firm is reminded of, who of them has seen it, and the
 * secret addresses of its calendar and feed.  An address is shown once, when it is made: the
 * database has the hash of its token.  Who is reminded of what is the database's.  Called by
 * routes.c. */
#include "qrsvc/web/office.h"
#include "qrsvc/web/ticket.h"
#include "qrsvc/web/work.h"

#include "qrsvc/app/auth.h"
#include "qrsvc/http/msg.h"

#define IDS_MAX 50 /* rows of one page */

static struct str what_of(struct request *rq)
{
	struct str what = request_query(rq, STR("what"));
	if (str_eq(what, STR("all")) || str_eq(what, STR("below")))
		return what;
	return STR("open");
}

/* ---- the list ------------------------------------------------------------------------------
 */

static void tabs(const struct page *pg, const struct json *doc, struct view *v)
{
	static const struct {
		const char *what;
		unsigned msg;
	} table[] = {{"open", M_ib_open}, {"all", M_ib_all}, {"below", M_ib_below}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct str what = str_c(table[i].what);
		if (str_eq(what, STR("below")) && !json_bool(doc, "below", false))
			continue;
		struct view *tab = view_add(v, K_tabs);
		const struct str pairs[] = {STR("what"), i ? what : STR_NONE, STR("lang"),
			pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
		view_str(tab, K_url,
			web_cat(pg, STR("/staff/inbox"), office_query(pg, pairs, 4)));
		view_str(tab, K_label, web_text(pg, table[i].msg));
		view_flag(tab, K_here, str_eq(json_str(doc, "what"), what));
	}
}

/* "11 November, 3rd time, by Li": when it was said. */
static struct str said(const struct page *pg, const struct json *r)
{
	struct str by = json_str(r, "by"), s;
	int64_t times = json_int(r, "times", 1);
	s = web_date_plain(pg, json_day(r, "on"));
	if (times > 1)
		s = web_text(pg, M_ib_times, VALUE_S(s), VALUE_I(times));
	return by.n ? web_text(pg, M_ib_by, VALUE_S(s), VALUE_S(by)) : s;
}

static void row(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *r)
{
	const struct json *f = json_get(r, "facility"), *seen = json_get(r, "seen");
	struct view *line = view_add(v, K_rows);
	struct str kind = json_str(f, "kind"), at = json_str(seen, "at");
	int64_t days = json_int(r, "days", 0);
	bool done = json_bool(r, "done", false);
	view_int(line, K_id, json_int(r, "id", 0));
	view_str(line, K_url, web_url(pg, STR("/staff/f/"), json_str(f, "code")));
	view_str(line, K_name, work_facility(pg, sv->ref, f));
	view_str(line, K_where, work_where(pg, f));
	view_str(line, K_office, json_str(r, "office"));
	view_str(line, K_due,
		web_text(pg, days < 0 ? M_wk_was_due : M_wk_due,
			VALUE_S(work_type(pg, sv->ref, kind, json_str(r, "type"))),
			VALUE_S(web_date_plain(pg, json_day(r, "due"))),
			VALUE_I(days < 0 ? -days : days)));
	if (!done)
		view_str(line, K_class, days < 0 ? STR("no") : STR("w"));
	view_flag(line, K_done, done);
	view_str(line, K_said, said(pg, r));
	if (at.n)
		view_str(line, K_seen,
			web_text(pg, M_ib_seen, VALUE_S(web_staff_time(pg, at)),
				VALUE_S(json_str(seen, "by"))));
	view_flag(line, K_can,
		!at.n && !done && !str_eq(json_str(sv->doc, "what"), STR("below")));
}

/* Residents' reports that nobody took or answered in time: they come first. */
static void tickets(const struct page *pg, const struct json *doc, struct view *v)
{
	const struct json *late = json_get(doc, "tickets");
	int64_t n = json_int(late, "n", 0);
	if (!n)
		return;
	json_each (t, json_get(late, "rows")) {
		struct view *to = view_add(v, K_tickets);
		struct str office = json_str(t, "office");
		view_str(to, K_url,
			web_url(pg, STR("/staff/tickets/"),
				web_number(pg, json_int(t, "id", 0))));
		view_str(to, K_no, json_str(t, "no"));
		view_str(to, K_kind, web_word(pg, json_get(t, "kind")));
		view_str(to, K_where, json_str(t, "place"));
		view_str(to, K_office, office);
		view_str(to, K_due, ticket_due(pg, t));
	}
	view_str(v, K_tickets_n, web_text(pg, M_ib_tickets, VALUE_I(n)));
	view_str(v, K_tickets_url,
		web_cat(pg, STR("/staff/tickets"),
			office_query(pg,
				(const struct str[]){STR("what"), STR("late"), STR("lang"),
					pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE},
				2)));
}

static void feeds(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	json_each (f, json_get(sv->doc, "feeds")) {
		struct view *to = view_add(v, K_feeds);
		int64_t id = json_int(f, "id", 0);
		view_int(to, K_id, id);
		view_str(to, K_name,
			web_text(pg, M_ib_feed, VALUE_I(id),
				VALUE_S(web_staff_time(pg, json_str(f, "made")))));
	}
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_ib_title), STR("/staff/inbox"));
	struct str what = json_str(sv->doc, "what"), seen = request_query(sv->rq, STR("seen"));
	int64_t next = json_int(sv->doc, "next", 0), n = json_int(sv->me, "unread", 0),
		marked = office_number(seen, 0, INT32_MAX, -1);
	bool below = str_eq(what, STR("below"));
	web_staff_errors(pg, sv, v, NULL, 0);
	view_str(v, K_lead,
		n < 100 ? web_text(pg, M_ib_lead, VALUE_I(n)) : web_text(pg, M_ib_lead_many));
	if (marked >= 0)
		view_str(v, K_notice, web_text(pg, M_ib_marked, VALUE_I(marked)));
	tabs(pg, sv->doc, v);
	tickets(pg, sv->doc, v);
	json_each (r, json_get(sv->doc, "rows"))
		row(pg, sv, v, r);
	view_flag(v, K_rows_any, view_count(v, K_rows) > 0);
	view_flag(v, K_can_see, !below && n > 0 && view_count(v, K_rows) > 0);
	view_int(v, K_upto, json_int(json_first(json_get(sv->doc, "rows")), "reminder", 0));
	view_str(v, K_what, what);
	if (next > 0) {
		const struct str pairs[] = {STR("what"), what, STR("before"),
			web_number(pg, next), STR("lang"),
			pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
		view_str(v, K_next_url,
			web_cat(pg, STR("/staff/inbox"), office_query(pg, pairs, 6)));
	}
	feeds(pg, sv, v);
	return web_html(pg, T_staff_inbox, v);
}

const struct staff_kind inbox_kind = {"staff_inbox", ST_staff_inbox, render};

/* ---- an address that was just made ---------------------------------------------------------
 */

static enum rc render_made(struct page *pg, const struct staff_view *sv)
{
	const struct str *link = sv->arg;
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_ib_made), STR("/staff/inbox"));
	view_str(v, K_calendar, web_cat(pg, *link, STR(".ics")));
	view_str(v, K_feed, web_cat(pg, *link, STR(".atom")));
	view_str(v, K_inbox_url, web_url(pg, STR("/staff/inbox")));
	return web_html(pg, T_staff_feed, v);
}

static const struct staff_kind made_kind = {"staff_feed", ST_staff_me, render_made};

static void me_cb(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		staff_page(rq, &made_kind, ans, 200);
}

static void made_cb(struct request *rq, const struct staff_answer *ans)
{
	(void)ans;
	staff_call(rq, ST_staff_me, NULL, 0, me_cb);
}

/* ---- acts ----------------------------------------------------------------------------------
 */

static void seen_cb(struct request *rq, const struct staff_answer *ans)
{
	struct str what = request_form(rq, STR("what"));
	bool all = str_eq(what, STR("all"));
	office_go(rq, arena_fmt(rq->arena, "/staff/inbox?%sseen=%lld", all ? "what=all&" : "",
			      (long long)json_int(ans->doc, "seen", 0)));
}

/* The rows whose boxes were ticked. */
static size_t ticked(struct request *rq, int64_t *ids, size_t most)
{
	const struct http_body *b = &rq->http->body;
	size_t n = 0;
	for (size_t i = 0; i < b->nparts && n < most; i++)
		if (str_eq(b->parts[i].name, STR("id[]")) &&
			str_i64(b->parts[i].value, &ids[n]) && ids[n] > 0)
			n++;
	return n;
}

static void act_seen(struct request *rq, const struct staff_act *act, bool all)
{
	int64_t *ids = arena_array(rq->arena, IDS_MAX, sizeof *ids);
	int64_t upto = office_number(request_form(rq, STR("upto")), 1, INT64_MAX, 0);
	struct db_param p[] = {
		{.type = DB_INT_ARRAY, .ints = ids, .n = all ? 0 : ticked(rq, ids, IDS_MAX)},
		DB_P_INT(all ? upto : 0)};
	request_staff_act(rq, act, p, 2);
}

static void act_feed(struct request *rq, struct staff_act *act)
{
	struct auth_token token;
	struct str *link = arena_alloc(rq->arena, sizeof *link);
	auth_token_new(&token);
	*link = arena_fmt(rq->arena, "%.*s/feed/%.*s", STR_F(rq->site->base_url),
		STR_F(auth_token_text(rq->arena, &token)));
	rq->user = link;
	act->stmt = ST_staff_feed_add;
	act->done = made_cb;
	struct db_param p[] = {DB_P_BYTES(auth_token_hash(rq->arena, &token)),
		DB_P_TEXT(str_c(lang_tag(rq->lang)))};
	request_staff_act(rq, act, p, 2);
}

void web_staff_inbox(struct request *rq)
{
	int64_t before = office_number(request_query(rq, STR("before")), 1, INT64_MAX, 0);
	struct str act_name = request_form(rq, STR("do"));
	struct db_param list[] = {DB_P_TEXT(what_of(rq)), DB_P_INT(before)};
	struct staff_act act = {.stmt = ST_staff_inbox_seen,
		.again = &inbox_kind,
		.again_params = list,
		.again_n = 2,
		.done = seen_cb,
		.next = STR("/staff/inbox")};
	if (!before)
		list[1] = (struct db_param){.type = DB_NULL};
	if (!rq->post) {
		request_staff(rq, &inbox_kind, list, 2);
	} else if (str_eq(act_name, STR("feed"))) {
		act_feed(rq, &act);
	} else if (str_eq(act_name, STR("end"))) {
		act.stmt = ST_staff_feed_end;
		act.done = NULL;
		struct db_param p[] = {DB_P_INT(
			office_number(request_form(rq, STR("feed")), 1, INT64_MAX, 0))};
		request_staff_act(rq, &act, p, 1);
	} else {
		act_seen(rq, &act, str_eq(act_name, STR("all")));
	}
}
