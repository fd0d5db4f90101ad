/* Owns /staff/f/{facility}, a facility with its history and what may be done there, and
 * /staff/s?code=, what a sticker leads to for people who log in.  Called by routes.c. */
#include "qrsvc/web/reply.h"
#include "qrsvc/web/work.h"

#include "labels/code.h"

static void types(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *facility)
{
	struct str code = json_str(facility, "code"), kind = json_str(facility, "kind");
	json_each (t, json_get(sv->doc, "types")) {
		struct view *to = view_add(v, K_types);
		view_str(to, K_type, work_type(pg, sv->ref, kind, json_text(t)));
		view_str(to, K_url,
			web_cat(pg, STR("/staff/f/"), code, STR("/new?type="), json_text(t)));
	}
	view_flag(v, K_types_any, view_count(v, K_types) > 0);
}

static struct str sticker_url(const struct page *pg, struct str code)
{
	return web_cat(pg, STR("/staff/f/"), code, STR("/sticker"));
}

/* "intact, 12 November 09:30, Li" and its class: what was said last of a sticker.  foreign:
 * words for one that is not ours, over ours or where none hangs. */
static void seen(const struct page *pg, struct view *v, unsigned key, unsigned foreign,
	const struct json *s)
{
	const struct {
		const char *what;
		unsigned msg;
		const char *class;
	} table[] = {{"intact", M_sk_intact, "ok"}, {"damaged", M_sk_damaged, "w"},
		{"foreign", foreign, "no"}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(json_str(s, "what"), str_c(table[i].what))) {
			view_str(v, key,
				web_text(pg, M_sk_seen, VALUE_S(web_text(pg, table[i].msg)),
					VALUE_S(web_staff_time(pg, json_str(s, "at"))),
					VALUE_S(json_str(s, "by"))));
			view_str(v, K_seen_class, str_c(table[i].class));
		}
}

static void labels(
	const struct page *pg, const struct staff_view *sv, struct view *v, struct str code)
{
	bool marks = web_staff_right(sv, "submit") || web_staff_right(sv, "labels");
	json_each (l, json_get(sv->doc, "labels")) {
		struct view *to = view_add(v, K_labels);
		view_str(to, K_code, web_code(pg, json_str(l, "code")));
		view_str(to, K_spot, json_str(l, "spot"));
		bool said = str_eq(json_str(json_get(l, "seen"), "what"), STR("damaged"));
		view_flag(to, K_damaged, !said && json_bool(l, "damaged", false));
		seen(pg, to, K_seen, M_sk_foreign, json_get(l, "seen"));
		reply_alarms(pg, to, json_get(l, "alarms"));
		if (marks)
			view_str(to, K_url, sticker_url(pg, json_str(l, "code")));
	}
	if (marks) {
		view_str(v, K_foreign_url, sticker_url(pg, code));
		seen(pg, v, K_alien, M_sk_foreign_here, json_get(sv->doc, "seen"));
		view_str(v, K_scan_url, web_cat(pg, STR("/staff/s?at="), code, STR("&code=")));
	}
	if (web_staff_right(sv, "labels"))
		view_str(v, K_bind_url, web_cat(pg, STR("/staff/labels/bind?facility="), code));
	view_flag(v, K_labels_any, marks || view_count(v, K_labels) > 0);
}

/* The state of the published document, by the same table as the residents' page. */
static void state(const struct page *pg, const struct json *ref, struct view *v,
	const struct json *facility)
{
	struct facility f = {.doc = facility,
		.ref = ref,
		.kind = json_member(json_get(ref, "kinds"), json_str(facility, "kind"))};
	state_of(facility, pg->today, &f.state);
	enum fstate s = f.state.state;
	view_str(v, K_state, web_state_word(pg, s));
	bool bad = s == FS_OVERDUE || s == FS_FAILED || s == FS_NO_RECORD;
	view_str(v, K_class, bad ? STR("no") : s == FS_ON_TIME ? STR("ok") : STR("w"));
	web_duties(pg, v, &f, NULL);
}

/* Who was reminded of what, and when. */
static void reminders(
	const struct page *pg, const struct staff_view *sv, struct view *v, struct str kind)
{
	json_each (r, json_get(sv->doc, "reminders")) {
		struct view *to = view_add(v, K_reminders);
		struct str by = json_str(r, "by"), seen = json_str(r, "seen"), names = STR("");
		json_each (name, json_get(r, "to"))
			names = names.n ? web_text(pg, M_join, VALUE_S(names),
						  VALUE_S(json_text(name)))
					: json_text(name);
		view_str(to, K_said,
			web_text(pg, M_ib_history_line,
				VALUE_S(web_date_plain(pg, json_day(r, "on"))), VALUE_S(names),
				VALUE_S(work_type(pg, sv->ref, kind, json_str(r, "type"))),
				VALUE_S(web_date_plain(pg, json_day(r, "due")))));
		if (by.n)
			view_str(to, K_by, web_text(pg, M_ib_history_by, VALUE_S(by)));
		if (seen.n)
			view_str(to, K_seen,
				web_text(pg, M_ib_history_seen,
					VALUE_S(web_staff_time(pg, seen))));
	}
	view_flag(v, K_reminders_any, view_count(v, K_reminders) > 0);
}

static enum rc facility_page(struct page *pg, const struct staff_view *sv)
{
	const struct json *f = json_get(sv->doc, "facility");
	struct str code = json_str(f, "code"), name = work_facility(pg, sv->ref, f);
	struct view *v = web_staff_begin(pg, sv, name, web_cat(pg, STR("/staff/f/"), code));
	view_str(v, K_heading, name);
	view_str(v, K_where, work_where(pg, f));
	view_str(v, K_code, web_code(pg, code));
	view_str(v, K_public_url, web_url(pg, STR("/f/"), code));
	state(pg, sv->ref, v, f);
	types(pg, sv, v, f);
	json_each (r, json_get(sv->doc, "records"))
		work_record_line(pg, sv->ref, v, K_records, r);
	view_flag(v, K_records_any, view_count(v, K_records) > 0);
	labels(pg, sv, v, code);
	reminders(pg, sv, v, json_str(f, "kind"));
	return web_html(pg, T_staff_facility, v);
}

/* A label of a place with several facilities, or a blank one. */
static enum rc place_page(struct page *pg, const struct staff_view *sv)
{
	const struct json *place = json_get(sv->doc, "place"),
			  *label = json_get(sv->doc, "label");
	struct str blank = json_str(label, "code");
	struct str name = place ? json_str(place, "name")
				: web_text(pg, M_wk_blank, VALUE_S(web_code(pg, blank)));
	struct view *v = web_staff_begin(pg, sv, name, STR("/staff/"));
	view_str(v, K_heading, name);
	view_str(v, K_where, json_str(place, "address"));
	json_each (f, json_get(sv->doc, "facilities"))
		work_facility_line(pg, sv->ref, v, K_facilities, f);
	view_flag(v, K_facilities_any, view_count(v, K_facilities) > 0);
	if (blank.n) {
		view_str(v, K_summary, web_text(pg, M_wk_blank_text));
		json_each (can, json_get(sv->doc, "can"))
			if (str_eq(json_text(can), STR("labels")))
				view_str(v, K_bind_url,
					web_cat(pg, STR("/staff/labels/bind?code="), blank));
	}
	return web_html(pg, T_staff_place, v);
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	return json_get(sv->doc, "facility") ? facility_page(pg, sv) : place_page(pg, sv);
}

const struct staff_kind work_facility_kind = {"staff_facility", ST_staff_facility, render};

void web_staff_facility(struct request *rq)
{
	struct code c;
	if (!code_parse(rq->arg[0], &c) || !code_check(&c)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param p[] = {DB_P_TEXT(arena_str(rq->arena, str_c(c.c)))};
	request_staff(rq, &work_facility_kind, p, 1);
}

/* ---- a sticker ----------------------------------------------------------------------------
 */

/* What a sticker says in full ("HTTPS://HOST/CODE") or what was typed of it. */
static struct str scanned(struct request *rq)
{
	struct str typed = str_trim(request_query(rq, STR("code")), " \t\r\n");
	for (ptrdiff_t slash; (slash = str_chr(typed, '/')) >= 0;)
		typed = str_sub(typed, (size_t)slash + 1, typed.n);
	return typed;
}

static enum rc render_none(struct page *pg, const struct staff_view *sv)
{
	struct str typed = request_query(sv->rq, STR("code"));
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_wk_search_title), STR("/staff/s"));
	view_str(v, K_heading, web_text(pg, M_wk_search_title));
	if (typed.n)
		view_str(v, K_summary, web_text(pg, M_wk_no_label, VALUE_S(typed)));
	return web_html(pg, T_staff_search, v);
}

static const struct staff_kind none = {"staff_scan", ST_staff_me, render_none};

/* The code leads nowhere: says so to those who are logged in. */
static void no_such(struct request *rq)
{
	request_staff(rq, &none, NULL, 0);
}

/* What was scanned beside a facility, which the page named: a sticker of its own is to be
 * marked, a blank one to be stuck on. */
static bool scanned_at(struct request *rq, const struct json *doc, struct str code)
{
	struct str blank = json_str(json_get(doc, "label"), "code");
	struct code at, c;
	if (!code_parse(request_query(rq, STR("at")), &at) || !code_check(&at))
		return false;
	if (blank.n && work_can(doc, "labels")) {
		staff_redirect(
			rq, arena_fmt(rq->arena, "/staff/labels/bind?code=%.*s&facility=%s",
				    STR_F(blank), at.c));
		return true;
	}
	if (!str_eq(code, str_c(at.c)) || !code_parse(scanned(rq), &c))
		return false;
	staff_redirect(rq, arena_fmt(rq->arena, "/staff/f/%s/sticker", c.c));
	return true;
}

static void scan_cb(struct request *rq, const struct staff_answer *ans)
{
	struct str code = json_str(json_get(ans->doc, "facility"), "code");
	if (ans->rc == RC_NOT_FOUND)
		no_such(rq);
	else if (!staff_ok(rq, ans) || scanned_at(rq, ans->doc, code))
		return;
	else if (code.n)
		staff_redirect(rq, arena_fmt(rq->arena, "/staff/f/%.*s", STR_F(code)));
	else
		staff_page(rq, &work_facility_kind, ans, 200);
}

void web_staff_scan(struct request *rq)
{
	struct code c;
	if (!code_parse(scanned(rq), &c) || !code_check(&c)) {
		no_such(rq);
		return;
	}
	const struct db_param p[] = {DB_P_TEXT(arena_str(rq->arena, str_c(c.c)))};
	staff_call(rq, ST_staff_facility, p, 1, scan_cb);
}
