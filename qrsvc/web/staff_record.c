/* Owns /staff/r/{record}: a record as those who work with it see it: state and what comes next,
 * warnings, content, what happened to it, and the receipt of what was just uploaded.  What may
 * be done with it stands in `can` of the database's answer; doing it is staff_record_act.c's.
 * Called by routes.c. */
#include "qrsvc/web/work.h"

/* ---- state --------------------------------------------------------------------------------
 */

static struct str next_text(const struct page *pg, const struct json *doc, struct str state)
{
	const struct json *publish = json_get(doc, "publish"),
			  *blocked = json_get(doc, "blocked");
	struct str mode = json_str(publish, "mode");
	static const struct {
		const char *state;
		unsigned words;
	} table[] = {{"draft", M_wk_next_draft}, {"returned", M_wk_next_returned},
		{"published", M_wk_next_published}, {"withdrawn", M_wk_next_withdrawn}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(state, str_c(table[i].state)))
			return web_text(pg, table[i].words);
	if (blocked)
		return web_text(pg, M_wk_next_blocked, VALUE_S(json_str(blocked, "name")));
	if (str_eq(mode, STR("owners")))
		return web_text(pg, M_wk_next_owners, VALUE_I(json_int(publish, "signs", 1)));
	return web_text(
		pg, str_eq(mode, STR("manager")) ? M_wk_next_manager : M_wk_next_submitted);
}

static const struct json *last_revision(const struct json *doc)
{
	const struct json *last = NULL;
	json_each (r, json_get(doc, "revisions"))
		last = json_int(r, "rev", 0) >= json_int(last, "rev", 0) ? r : last;
	return last;
}

static void state(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct str s = json_str(sv->doc, "state");
	const struct json *last = last_revision(sv->doc);
	view_str(v, K_state, work_state(pg, s));
	view_str(v, K_class, str_c(work_state_class(s)));
	view_str(v, K_next, next_text(pg, sv->doc, s));
	if (str_eq(s, STR("returned")) || str_eq(s, STR("withdrawn")))
		view_str(v, K_reason, json_str(last, "reason"));
}

static void receipt(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct json *r = json_get(sv->doc, "record");
	struct str hash = json_str(r, "hash");
	int64_t us;
	if (!request_query(sv->rq, STR("new")).n)
		return;
	view_flag(v, K_receipt, true);
	view_int(v, K_seq, json_int(r, "seq", 0));
	if (json_instant(r, "received", &us))
		view_str(v, K_received, web_datetime(pg, us));
	view_str(v, K_hash, hash.n > 12 ? str_sub(hash, 0, 12) : hash);
}

/* ---- what may be done ---------------------------------------------------------------------
 */

struct act {
	const char *act;
	unsigned text, ask; /* ask: question for the reason; same as text: none is needed */
	const char *class;
};

static void act_form(
	const struct page *pg, const struct staff_view *sv, struct view *v, const struct act *a)
{
	struct view *to = view_add(v, K_acts);
	struct str typed = sv->rq->post ? request_form(sv->rq, STR("act")) : STR_NONE;
	bool this = str_eq(typed, str_c(a->act));
	view_str(to, K_act, str_c(a->act));
	view_str(to, K_text, web_text(pg, a->text));
	view_str(to, K_class, str_c(a->class));
	if (a->ask == a->text)
		return;
	view_flag(to, K_ask, true);
	/* The summary leads to "reason": the one that was sent. */
	view_str(to, K_id, this ? STR("reason") : web_cat(pg, STR("reason-"), str_c(a->act)));
	view_str(to, K_label, web_text(pg, a->ask));
	if (this) {
		view_str(to, K_value, request_form(sv->rq, STR("reason")));
		view_str(to, K_why, web_staff_error(pg, sv, "reason"));
	}
}

static void acts(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	static const struct act table[] = {
		{"confirm", M_wk_act_confirm, M_wk_act_confirm, "go"},
		{"submit", M_wk_act_submit, M_wk_act_submit, "go"},
		{"sign", M_wk_act_sign, M_wk_act_sign, "btn"},
		{"return", M_wk_act_return, M_wk_ask_return, "btn"},
		{"withdraw", M_wk_act_withdraw, M_wk_ask_withdraw, "btn"}};
	struct str s = json_str(sv->doc, "state"),
		   id = json_str(json_get(sv->doc, "record"), "id");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (work_can(sv->doc, table[i].act))
			act_form(pg, sv, v, &table[i]);
	if (!work_can(sv->doc, "correct"))
		return;
	bool first = str_eq(s, STR("returned")) || str_eq(s, STR("draft"));
	view_str(v, K_edit_class, first ? STR("go") : STR("btn"));
	view_str(v, K_edit_url, web_url(pg, STR("/staff/r/"), id, STR("/edit")));
	view_str(v, K_edit,
		web_text(pg, str_eq(s, STR("returned")) ? M_wk_edit_fix
			     : str_eq(s, STR("draft"))	? M_wk_edit_draft
							: M_wk_edit_correct));
}

/* ---- content ------------------------------------------------------------------------------
 */

static void photo(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct facility *f, const struct json *p, int64_t pos)
{
	struct str sha = json_str(p, "sha256"), gone = json_str(p, "gone"),
		   slot = web_named(pg, json_get(f->kind, "slots"), json_str(p, "slot"));
	int64_t w = json_int(p, "w", 0), h = json_int(p, "h", 0);
	if (gone.n || !form_is_hash(sha)) {
		bool erased = str_eq(gone, STR("erased"));
		view_item(v, K_gone,
			web_text(pg, erased ? M_wk_gone_erased : M_wk_gone_redacted,
				VALUE_S(slot)));
		return;
	}
	struct view *to = view_add(v, K_photos);
	view_str(to, K_small, work_photo_url(pg, sha, 320));
	view_str(to, K_full, work_photo_url(pg, sha, 1280));
	view_str(to, K_slot, slot);
	view_str(to, K_taken, json_str(p, "taken"));
	if (w > 0 && h > 0) {
		int64_t side = w > h ? w : h;
		view_int(to, K_w, w * 320 / side);
		view_int(to, K_h, h * 320 / side);
	}
	if (work_can(sv->doc, "redact"))
		view_str(to, K_redact_url,
			arena_fmt(pg->arena, "/staff/r/%.*s/redact?pos=%lld",
				STR_F(json_str(json_get(sv->doc, "record"), "id")),
				(long long)pos));
}

static void content(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct facility *f, const struct json *r)
{
	int64_t pos = 0;
	unsigned seen = 0;
	json_each (p, json_get(r, "photos"))
		photo(pg, sv, v, f, p, ++pos);
	view_flag(v, K_photo_set, pos > 0);
	web_results(pg, v, f, r);
	web_fields(pg, v, f, r);
	web_parties(pg, v, r, &seen);
	view_str(v, K_hours, web_hours(pg, r));
	view_str(v, K_by, json_str(sv->doc, "by"));
	view_str(v, K_inner, json_str(sv->doc, "note"));
	struct str report = json_str(sv->doc, "report");
	if (form_is_hash(report))
		view_str(v, K_report_url,
			web_cat(pg, STR("/staff/report/"), report, STR(".pdf")));
}

static struct str act_word(const struct page *pg, struct str act)
{
	static const struct {
		const char *act;
		unsigned words;
	} table[] = {{"put", M_wk_did_put}, {"confirm", M_wk_did_confirm},
		{"return", M_wk_did_return}, {"withdraw", M_wk_did_withdraw},
		{"redact", M_wk_did_redact}, {"sign", M_wk_did_sign}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(act, str_c(table[i].act)))
			return web_text(pg, table[i].words);
	return act;
}

static void past(const struct page *pg, const struct json *doc, struct view *v)
{
	static const struct {
		const char *state;
		unsigned words;
	} signs[] = {{"open", M_wk_sign_open}, {"yes", M_wk_sign_yes_done},
		{"no", M_wk_sign_no_done}, {"expired", M_wk_sign_expired}};
	int64_t us;
	json_each (r, json_get(doc, "revisions")) {
		struct view *to = view_add(v, K_revisions);
		view_int(to, K_n, json_int(r, "rev", 0));
		view_str(to, K_act, act_word(pg, json_str(r, "act")));
		view_str(to, K_by, json_str(r, "by"));
		view_str(to, K_why, json_str(r, "reason"));
		if (json_instant(r, "at", &us))
			view_str(to, K_at, web_datetime(pg, us));
	}
	json_each (s, json_get(doc, "signs")) {
		struct view *to = view_add(v, K_signs);
		view_int(to, K_n, json_int(s, "n", 0));
		for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
			if (str_eq(json_str(s, "state"), str_c(signs[i].state)))
				view_str(to, K_state, web_text(pg, signs[i].words));
		if (json_instant(s, "at", &us) || json_instant(s, "until", &us))
			view_str(to, K_until, web_datetime(pg, us));
	}
	view_flag(v, K_signs_any, view_count(v, K_signs) > 0);
}

/* Who had its notice printed, and when. */
static void printed(const struct page *pg, const struct json *doc, struct view *v)
{
	json_each (n, json_get(doc, "notices")) {
		struct str at = web_staff_time(pg, json_str(n, "at")), by = json_str(n, "by");
		struct str line = web_text(pg, M_nt_was_printed, VALUE_S(at));
		view_item(v, K_printed, by.n ? web_cat(pg, line, STR(" · "), by) : line);
	}
}

/* ---- the page -----------------------------------------------------------------------------
 */

/* A link that was just made, shown once. */
static void link_once(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct work_link *link = sv->arg;
	int64_t us;
	if (!link)
		return;
	view_str(v, K_link, web_cat(pg, pg->site->base_url, STR("/s/"), link->token));
	if (clock_parse(link->until, &us))
		view_str(v, K_until, web_datetime(pg, us));
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {{"reason", M_wk_reason}};
	const struct json *r = json_get(sv->doc, "record"), *at = json_get(sv->doc, "facility");
	struct str kind = json_str(at, "kind"), id = json_str(r, "id"),
		   type = work_type(pg, sv->ref, kind, json_str(r, "type"));
	struct facility f = {
		.ref = sv->ref, .kind = json_member(json_get(sv->ref, "kinds"), kind)};
	struct str name = work_facility(pg, sv->ref, at),
		   path = web_cat(pg, STR("/staff/r/"), id);
	int32_t day = web_record_day(r);
	struct view *v = web_staff_begin(
		pg, sv, web_text(pg, M_title_short, VALUE_S(type), VALUE_S(name)), path);
	view_str(v, K_type, type);
	view_str(v, K_name, name);
	view_str(v, K_where, work_where(pg, at));
	view_str(v, K_facility_url, web_url(pg, STR("/staff/f/"), json_str(at, "code")));
	view_str(v, K_action, web_url(pg, path));
	view_int(v, K_rev, json_int(sv->doc, "rev", 0));
	if (day != DAY_NONE)
		view_str(v, K_day, web_date_plain(pg, day));
	if (json_int(sv->doc, "public_rev", 0)) {
		view_str(v, K_public_url, web_url(pg, STR("/r/"), id));
		/* who only uploads finds it on the public page */
		if (web_staff_right(sv, "confirm") || web_staff_right(sv, "labels"))
			view_str(v, K_record, id);
	}
	if (json_int(sv->doc, "public_rev", 0) && json_get(sv->me, "party") &&
		web_staff_right(sv, "reply"))
		view_str(v, K_reply_url, web_url(pg, path, STR("/reply")));
	printed(pg, sv->doc, v);
	web_staff_errors(pg, sv, v, labels, sizeof labels / sizeof labels[0]);
	state(pg, sv, v);
	receipt(pg, sv, v);
	work_warnings(pg, sv->ref, kind, v, json_get(sv->doc, "warnings"));
	acts(pg, sv, v);
	link_once(pg, sv, v);
	content(pg, sv, v, &f, r);
	past(pg, sv->doc, v);
	return web_html(pg, T_staff_record, v);
}

const struct staff_kind work_record_kind = {"staff_record", ST_staff_record, render};
