/* Owns /staff/replies and /staff/replies/{reply}: what firms said of published results, what
 * offices have to check and decide, and alarms of stickers.  What may be done with one stands
 * in `can` of the database's answer (sql/api/staff_reply.sql).  Called by routes.c;
 * staff_reply.c shows rows of the same kind. */
#include "qrsvc/web/office.h"
#include "qrsvc/web/reply.h"
#include "qrsvc/web/work.h"

struct word {
	const char *word;
	unsigned msg;
};

static struct str word_of(
	const struct page *pg, const struct word *table, size_t n, struct str word)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(word, str_c(table[i].word)))
			return web_text(pg, table[i].msg);
	return word;
}
#define WORD(pg, table, word) word_of(pg, table, sizeof(table) / sizeof((table)[0]), word)

/* ---- one in a list ------------------------------------------------------------------------
 */

struct str reply_kind(const struct page *pg, const struct json *reply)
{
	static const struct word kinds[] = {
		{"reply", M_vo_k_reply}, {"appeal", M_vo_k_appeal}, {"retest", M_vo_k_retest}};
	return WORD(pg, kinds, json_str(reply, "kind"));
}

void reply_about(const struct page *pg, const struct json *ref, struct view *v,
	const struct json *facility, const struct json *record)
{
	static const struct word verdicts[] = {{"pass", M_answer_record_pass},
		{"fail", M_answer_record_fail}, {"none", M_answer_record_none}};
	struct str type =
		work_type(pg, ref, json_str(facility, "kind"), json_str(record, "type"));
	int32_t on = json_day(record, "on");
	view_str(v, K_about,
		web_cat(pg, type, STR(" · "),
			on == DAY_NONE ? STR("–") : web_date_plain(pg, on), STR(" · "),
			WORD(pg, verdicts, json_str(record, "verdict"))));
	view_flag(v, K_fail, str_eq(json_str(record, "verdict"), STR("fail")));
	view_str(v, K_name, work_facility(pg, ref, facility));
}

static void state_word(struct view *to, struct str text, const char *class)
{
	struct view *s = view_add(to, K_states);
	view_str(s, K_text, text);
	view_str(s, K_class, str_c(class));
}

void reply_states(const struct page *pg, struct view *to, const struct json *reply)
{
	struct str shown = json_str(reply, "shown"), state = json_str(reply, "state");
	bool retest = str_eq(json_str(reply, "kind"), STR("retest"));
	int32_t due = json_day(reply, "due");
	struct str day = due == DAY_NONE ? STR_NONE : web_date_plain(pg, due);
	if (str_eq(shown, STR("waiting")))
		state_word(to, web_text(pg, M_vo_st_check), "w");
	else if (str_eq(shown, STR("no")))
		state_word(to, web_text(pg, M_vo_st_hidden), "no");
	else
		state_word(to, web_text(pg, M_vo_st_shown), "ok");
	if (str_eq(state, STR("open")) && json_bool(reply, "late", false))
		state_word(to, web_text(pg, M_vo_st_late, VALUE_S(day)), "no");
	else if (str_eq(state, STR("open")))
		state_word(to,
			day.n ? web_text(pg, M_vo_st_due, VALUE_S(day))
			      : web_text(pg, M_vo_st_open),
			"w");
	else if (str_eq(state, STR("accepted")))
		state_word(to, web_text(pg, M_vo_st_accepted, VALUE_S(day)), "w");
	else if (str_eq(state, STR("granted")))
		state_word(to, web_text(pg, M_vo_st_granted), "ok");
	else if (str_eq(state, STR("rejected")))
		state_word(to, web_text(pg, retest ? M_vo_st_refused : M_vo_st_rejected), "no");
	else if (str_eq(state, STR("done")))
		state_word(to, web_text(pg, M_vo_st_done), "ok");
}

void reply_row(
	const struct page *pg, const struct json *ref, struct view *v, const struct json *reply)
{
	struct view *to = view_add(v, K_rows);
	view_str(to, K_url,
		web_url(pg, STR("/staff/replies/"), web_number(pg, json_int(reply, "id", 0))));
	view_str(to, K_head, reply_kind(pg, reply));
	view_str(to, K_party, json_str(reply, "party"));
	view_str(to, K_at, web_staff_time(pg, json_str(reply, "at")));
	reply_about(pg, ref, to, json_get(reply, "facility"), json_get(reply, "record"));
	view_str(to, K_where, work_where(pg, json_get(reply, "facility")));
	reply_states(pg, to, reply);
}

/* ---- the list -----------------------------------------------------------------------------
 */

static void tabs(const struct page *pg, struct view *v, struct str show)
{
	static const struct word table[] = {{"open", M_vo_s_open}, {"all", M_vo_s_all}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct str s = str_c(table[i].word);
		struct view *tab = view_add(v, K_tabs);
		view_str(tab, K_url,
			web_cat(pg, STR("/staff/replies"),
				office_query(pg, (const struct str[]){STR("s"), s}, 1)));
		view_str(tab, K_label, web_text(pg, table[i].msg));
		view_flag(tab, K_here, str_eq(s, show));
	}
}

static struct view *alarm(const struct page *pg, struct view *v, const struct json *a)
{
	static const struct word table[] = {{"not_here", M_vo_w_not_here},
		{"damaged", M_vo_w_damaged}, {"foreign", M_vo_w_foreign}};
	struct view *to = view_add(v, K_alarms);
	view_str(to, K_what, WORD(pg, table, json_str(a, "what")));
	view_str(to, K_times,
		web_text(pg, M_vo_times, VALUE_I(json_int(a, "n", 0)),
			VALUE_S(web_staff_time(pg, json_str(a, "last")))));
	return to;
}

void reply_alarms(const struct page *pg, struct view *to, const struct json *alarms)
{
	json_each (a, alarms)
		alarm(pg, to, a);
}

static void alarms(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct json *list = json_get(sv->doc, "alarms");
	view_flag(v, K_alarms_shown, list);
	json_each (a, list) {
		struct view *to = alarm(pg, v, a);
		const struct json *f = json_get(a, "facility");
		struct str code = json_str(a, "code"), place = json_str(a, "place");
		view_str(to, K_code, web_code(pg, code));
		view_str(to, K_url, web_url(pg, STR("/staff/f/"), code, STR("/sticker")));
		view_str(to, K_spot, json_str(a, "spot"));
		view_str(to, K_name, place.n ? place : work_facility(pg, sv->ref, f));
		view_str(to, K_where, place.n ? STR_NONE : work_where(pg, f));
	}
	view_flag(v, K_alarms_any, view_count(v, K_alarms) > 0);
}

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	struct str show = json_str(sv->doc, "show");
	bool firm = json_get(sv->me, "party") != NULL;
	int64_t next = json_int(sv->doc, "next", 0);
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_vo_list), STR("/staff/replies"));
	view_str(v, K_lead, web_text(pg, firm ? M_vo_lead_firm : M_vo_list_lead));
	web_staff_errors(pg, sv, v, NULL, 0);
	tabs(pg, v, show);
	alarms(pg, sv, v);
	json_each (r, json_get(sv->doc, "rows"))
		reply_row(pg, sv->ref, v, r);
	view_flag(v, K_rows_any, view_count(v, K_rows) > 0);
	view_str(v, K_none,
		web_text(pg, str_eq(show, STR("all")) ? M_vo_nothing_yet : M_vo_nothing));
	if (next > 0)
		view_str(v, K_next_url,
			web_cat(pg, STR("/staff/replies"),
				office_query(pg,
					(const struct str[]){STR("s"), show, STR("after"),
						web_number(pg, next)},
					2)));
	return web_html(pg, T_staff_replies, v);
}

void web_staff_replies(struct request *rq)
{
	static const struct staff_kind kind = {"staff_replies", ST_staff_replies, render_list};
	struct str show = request_query(rq, STR("s"));
	int64_t after = office_number(request_query(rq, STR("after")), 1, INT64_MAX, 0);
	struct db_param p[] = {DB_P_TEXT(show.n ? show : STR("open")), DB_P_INT(after)};
	if (!after)
		p[1] = (struct db_param){.type = DB_NULL};
	request_staff(rq, &kind, p, 2);
}

/* ---- one ----------------------------------------------------------------------------------
 */

static const struct staff_label fields[] = {
	{"words", M_vo_say}, {"day", M_vo_day}, {"act", M_vo_decide}};

static void acts(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct json *reply = json_get(sv->doc, "reply");
	bool retest = str_eq(json_str(reply, "kind"), STR("retest"));
	const struct {
		const char *act;
		unsigned msg;
		const char *class;
	} table[] = {{"publish", M_vo_do_publish, "go"}, {"refuse", M_vo_do_refuse, "btn"},
		{"hide", M_vo_do_hide, "btn"}, {"grant", M_vo_do_grant, "btn"},
		{"accept", M_vo_do_accept, "btn"},
		{"reject", retest ? M_vo_do_reject_test : M_vo_do_reject, "btn"},
		{"erase", M_vo_do_erase, "btn"}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (!work_can(sv->doc, table[i].act))
			continue;
		struct view *to = view_add(v, K_acts);
		view_str(to, K_act, str_c(table[i].act));
		view_str(to, K_text, web_text(pg, table[i].msg));
		view_str(to, K_class, str_c(table[i].class));
	}
	view_flag(v, K_acts_any, view_count(v, K_acts) > 0);
	view_flag(v, K_accept, work_can(sv->doc, "accept"));
	view_flag(v, K_grant, work_can(sv->doc, "grant"));
	/* told where somebody might look for the buttons */
	bool open = str_eq(json_str(reply, "state"), STR("open")) ||
		    !str_eq(json_str(reply, "shown"), STR("no"));
	view_flag(v, K_own,
		open && web_staff_right(sv, "judge") && json_bool(sv->doc, "own", false));
	web_staff_field(pg, sv, v, K_words_typed, K_err_words, "words", STR_NONE);
	web_staff_field(pg, sv, v, K_day, K_err_day, "day", STR_NONE);
}

static void steps(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	static const struct word did[] = {{"publish", M_vo_did_publish},
		{"refuse", M_vo_did_refuse}, {"hide", M_vo_did_hide}, {"grant", M_vo_did_grant},
		{"accept", M_vo_did_accept}, {"reject", M_vo_did_reject},
		{"erase", M_vo_did_erase}};
	json_each (s, json_get(sv->doc, "steps")) {
		struct view *to = view_add(v, K_steps);
		view_str(to, K_act, WORD(pg, did, json_str(s, "act")));
		view_str(to, K_at, web_staff_time(pg, json_str(s, "at")));
		view_str(to, K_by, json_str(s, "by"));
		view_str(to, K_office, json_str(s, "office"));
		view_str(to, K_words, json_str(s, "words"));
	}
	view_flag(v, K_steps_any, view_count(v, K_steps) > 0);
}

static enum rc render_one(struct page *pg, const struct staff_view *sv)
{
	const struct json *reply = json_get(sv->doc, "reply"), *f = json_get(reply, "facility"),
			  *r = json_get(reply, "record");
	struct str result = json_str(sv->doc, "result"), id = json_str(r, "id"),
		   path = web_cat(pg, STR("/staff/replies/"),
			   web_number(pg, json_int(reply, "id", 0))),
		   heading = web_text(pg, M_vo_one, VALUE_S(reply_kind(pg, reply)),
			   VALUE_S(json_str(reply, "party")));
	struct view *v = web_staff_begin(pg, sv, heading, path);
	web_staff_errors(pg, sv, v, fields, sizeof fields / sizeof fields[0]);
	view_str(v, K_heading, heading);
	reply_about(pg, sv->ref, v, f, r);
	view_str(v, K_where, work_where(pg, f));
	reply_states(pg, v, reply);
	view_str(v, K_said,
		json_get(sv->doc, "words") ? json_str(sv->doc, "words")
					   : web_text(pg, M_vo_erased));
	view_flag(v, K_erase, work_can(sv->doc, "erase"));
	view_str(v, K_by, json_str(sv->doc, "by"));
	view_str(v, K_at, web_staff_time(pg, json_str(reply, "at")));
	view_str(v, K_public_url, web_url(pg, STR("/r/"), id));
	if (web_staff_right(sv, "judge"))
		view_str(v, K_record_url, web_url(pg, STR("/staff/r/"), id));
	if (result.n)
		view_str(v, K_result_url, web_url(pg, STR("/r/"), result));
	view_str(v, K_list_url, web_url(pg, STR("/staff/replies")));
	view_str(v, K_path, web_url(pg, path));
	acts(pg, sv, v);
	steps(pg, sv, v);
	return web_html(pg, T_staff_reply, v);
}

static void acted(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/replies/%lld",
			      (long long)json_int(ans->doc, "reply", 0)));
}

void web_staff_reply(struct request *rq)
{
	static const struct staff_kind kind = {"staff_reply", ST_staff_reply, render_one};
	int64_t id;
	if (!staff_arg_id(rq, &id))
		return;
	const struct db_param again[] = {DB_P_INT(id)};
	if (!rq->post) {
		request_staff(rq, &kind, again, 1);
		return;
	}
	const struct staff_act act = {.stmt = ST_staff_reply_act,
		.again = &kind,
		.again_params = again,
		.again_n = 1,
		.done = acted};
	struct str words = office_arg(rq, "words"), day = office_arg(rq, "day"),
		   what = office_arg(rq, "act");
	const struct db_param p[] = {DB_P_INT(id), DB_P_TEXT(what.p ? what : STR("")),
		DB_P_TEXT(words.p ? words : STR("")), DB_P_TEXT(day.p ? day : STR(""))};
	request_staff_act(rq, &act, p, 4);
}
