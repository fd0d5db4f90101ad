/* Owns /c/{receipt}: how far a report is, for ever, for whoever has its receipt.  Shows what
 * the office said in public and what is to happen by when; never what was written, nor by whom.
 * Takes the rating of the answer, once (sql/api/ticket_public.sql). And /c?no=, the form for
 * who has the number on paper.  Called by routes.c. */
#include "qrsvc/web/common.h"
#include "qrsvc/web/staff.h"
#include "qrsvc/web/work.h"

#include "labels/code.h"

#define TYPED_MAX 48 /* bytes of a wrong number that are said back */

/* What a step is called; of an act that is not in it nothing is shown. */
static struct str step_words(const struct page *pg, const struct json *s)
{
	static const struct {
		const char *act;
		unsigned msg;
	} acts[] = {
		{"received", M_rc_received},
		{"accept", M_rc_accept},
		{"transfer", M_rc_transfer},
		{"dispatch", M_rc_dispatch},
		{"work", M_rc_work},
		{"answer", M_rc_answer},
		{"join", M_rc_join},
		{"close", M_rc_close},
		{"rate", M_rc_rate},
		{"reopen", M_rc_reopen},
		{"callback", M_rc_callback},
		{"escalate", M_rc_escalate},
		{"quarantine", M_rc_quarantine},
		{"release", M_rc_release},
	};
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		if (str_eq(json_str(s, "act"), str_c(acts[i].act)))
			return web_text(pg, acts[i].msg, VALUE_S(json_str(s, "org")),
				VALUE_S(json_str(s, "to")));
	return STR_NONE;
}

static void steps(const struct page *pg, struct view *v, const struct json *doc)
{
	json_each (s, json_get(doc, "steps")) {
		struct str text = step_words(pg, s), act = json_str(s, "act"),
			   words = json_str(s, "words");
		int64_t us;
		if (!text.n)
			continue;
		struct view *to = view_add(v, K_steps);
		view_str(to, K_text, text);
		if (json_instant(s, "at", &us))
			view_str(to, K_at, web_datetime(pg, us));
		view_str(to, K_words, words);
		view_str(to, K_words_lang, web_text_lang(pg, words));
		view_str(to, K_mark,
			str_eq(act, STR("escalate")) ? STR("late")
			: str_eq(act, STR("answer")) || str_eq(act, STR("close")) ||
					str_eq(act, STR("callback"))
				? STR_NONE
				: STR("u"));
	}
}

/* "By .. somebody answers": the clock that runs now. */
static void clock_line(const struct page *pg, struct view *v, const struct json *doc)
{
	const struct json *due = json_get(doc, "due");
	struct str step = json_str(due, "step");
	int64_t us;
	if (!json_instant(due, "at", &us))
		return;
	unsigned msg = str_eq(step, STR("accept"))   ? M_rc_due_accept
		       : str_eq(step, STR("answer")) ? M_rc_due_answer
						     : M_rc_due_callback;
	view_str(v, K_clock, web_text(pg, msg, VALUE_S(web_deadline(pg, us))));
}

struct state {
	const char *name;
	unsigned answer, lead;
	enum tone tone;
	enum icon icon;
};

static const struct state *state_of_case(struct str name)
{
	static const struct state states[] = {
		{"quarantine", M_rc_st_quarantine, M_rc_ld_quarantine, TONE_SOON, ICON_MINUS},
		{"new", M_rc_st_new, M_rc_ld_new, TONE_SOON, ICON_MINUS},
		{"accepted", M_rc_st_accepted, M_rc_ld_accepted, TONE_SOON, ICON_MINUS},
		{"working", M_rc_st_working, M_rc_ld_working, TONE_SOON, ICON_MINUS},
		{"answered", M_rc_st_answered, M_rc_ld_answered, TONE_OK, ICON_TICK},
		{"closed", M_rc_st_closed, M_rc_ld_closed, TONE_OK, ICON_TICK},
	};
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (str_eq(name, str_c(states[i].name)))
			return &states[i];
	return NULL;
}

/* How content whoever holds the receipt is: asked once, when there is an answer; then told. */
static void rating(const struct page *pg, struct view *v, const struct json *doc)
{
	static const unsigned level[] = {
		M_pt_level_1, M_pt_level_2, M_pt_level_3, M_pt_level_4, M_pt_level_5};
	struct str state = json_str(doc, "state");
	if (json_bool(doc, "joined", false))
		return;
	json_each (s, json_get(doc, "steps")) {
		int64_t n = json_int(s, "level", 0);
		if (n < 1 || n > 5)
			continue;
		view_str(v, K_rated,
			web_text(pg, M_pt_rated, VALUE_S(web_text(pg, level[n - 1]))));
		return;
	}
	if (!str_eq(state, STR("answered")) && !str_eq(state, STR("closed")))
		return;
	view_flag(v, K_rate, true);
	for (int n = 5; n >= 1; n--) {
		struct view *to = view_add(v, K_levels);
		view_int(to, K_n, n);
		view_str(to, K_label, web_text(pg, level[n - 1]));
	}
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	const struct json *doc = sv->doc, *at = json_get(doc, "at"),
			  *by = json_get(doc, "handler");
	const struct state *st = state_of_case(json_str(doc, "state"));
	struct str code = json_str(doc, "receipt"), facility = json_str(at, "facility"),
		   place = json_str(at, "place"), path = web_cat(pg, STR("/c/"), code);
	bool late = json_bool(doc, "late", false) && json_get(doc, "due");
	if (!st)
		return RC_INTERNAL;
	if (pg->json) {
		web_json_begin(pg, NULL, *(const struct str *)sv->arg);
		return web_json_end(pg);
	}
	struct view *v =
		web_begin(pg, web_text(pg, M_rc_title), late ? TONE_BAD : st->tone, path);
	view_str(v, K_heading, web_word(pg, json_get(doc, "kind")));
	view_str(v, K_where,
		facility.n ? web_cat(pg, place, STR(" · "), work_facility(pg, sv->ref, at))
			   : place);
	view_str(v, K_where_lang, web_text_lang(pg, place));
	web_answer(pg, v, late ? ICON_WARN : st->icon,
		web_text(pg, late ? M_rc_st_late : st->answer));
	view_str(v, K_lead,
		web_text(pg, json_bool(doc, "joined", false) ? M_rc_ld_joined : st->lead));
	clock_line(pg, v, doc);
	view_str(v, K_code, web_code(pg, code));
	view_str(v, K_path, path);
	view_flag(v, K_phone, json_bool(doc, "phone", false));
	if (json_int(doc, "photos", 0))
		view_int(v, K_photos, json_int(doc, "photos", 0));
	steps(pg, v, doc);
	rating(pg, v, doc);
	view_str(v, K_action, web_url(pg, path));
	view_str(v, K_office, json_str(by, "name"));
	web_phone(pg, v, K_phones, M_call_office, json_str(by, "phone"));
	web_contacts(pg, v);
	if (str_eq(json_str(by, "phone"), pg->site->hotline))
		view_str(v, K_hotline, STR_NONE); /* it is the button */
	view_str(v, K_back_url,
		facility.n ? web_url(pg, STR("/f/"), facility)
			   : web_url(pg, STR("/b/"), json_str(at, "place_code")));
	view_str(v, K_json_url, web_cat(pg, path, STR(".json")));
	return web_html(pg, T_receipt, v);
}

static const struct staff_kind kind = {"receipt", ST_public_ticket, render};

/* ---- a number that is none ----------------------------------------------------------------
 */

static enum rc render_none(struct page *pg, const struct docset *docs)
{
	(void)docs;
	struct str text = web_text(pg, M_rc_none);
	struct view *v = web_begin(pg,
		web_text(pg, M_title_short, VALUE_S(text), VALUE_S(web_text(pg, M_disclosure))),
		TONE_MUTE, STR("/c"));
	pg->status = 404;
	web_answer(pg, v, ICON_ASK, text);
	if (pg->key.n)
		view_str(v, K_explain, web_text(pg, M_rc_none_text, VALUE_S(pg->key)));
	view_str(v, K_typed, pg->key);
	return web_html(pg, T_receipt_none, v);
}

/* Says so with what was typed, and asks again; who wants data gets a 404 of data. */
static void none(struct request *rq, struct str typed)
{
	static const struct page_kind page = {
		.name = "receipt", .stmt = ST_NONE, .guess = ST_NONE, .render = render_none};
	if (rq->json || rq->post)
		request_error(rq, RC_NOT_FOUND);
	else
		request_page_once(rq, &page, render_none, typed);
}

/* GET /c?no=: to the receipt that was typed, however it was written (labels/code.h). */
void web_receipt_find(struct request *rq)
{
	struct code c;
	struct str typed = request_query(rq, STR("no"));
	typed = typed.p && str_utf8(typed) ? str_trim(typed, " \t\r\n") : STR("");
	if (code_parse(typed, &c) && code_check(&c))
		request_redirect(rq, 303,
			arena_fmt(rq->arena, "/c/%s%s%s", c.c, rq->lang_asked ? "?lang=" : "",
				rq->lang_asked ? lang_tag(rq->lang) : ""));
	else
		none(rq, typed.n <= TYPED_MAX ? typed : STR(""));
}

static void look_cb(struct request *rq, const struct staff_answer *ans)
{
	if (ans->rc == RC_NOT_FOUND) {
		none(rq, rq->arg[0]);
		return;
	}
	if (!request_ok(rq, ans->rc))
		return;
	struct str *bytes = arena_alloc(rq->arena, sizeof *bytes);
	*bytes = ans->bytes;
	rq->user = bytes;
	staff_open_page(rq, &kind, ans, 200);
}

static void rated_cb(struct request *rq, const struct staff_answer *ans)
{
	/* Rated before, or not answered any more: the page says how it is. */
	if (ans->rc == RC_CONFLICT || request_ok(rq, ans->rc))
		staff_redirect(rq, *(const struct str *)rq->user);
}

/* The receipt is the right to rate: nobody else knows it. */
static void rate(struct request *rq, struct str code)
{
	struct str *path = arena_alloc(rq->arena, sizeof *path);
	int64_t level;
	if (!str_i64(request_form(rq, STR("level")), &level) || level < 1 || level > 5) {
		request_error(rq, RC_INVALID);
		return;
	}
	*path = arena_fmt(rq->arena, "/c/%.*s%s%s", STR_F(code), rq->lang_asked ? "?lang=" : "",
		rq->lang_asked ? lang_tag(rq->lang) : "");
	rq->user = path;
	const struct db_param p[] = {DB_P_TEXT(code), DB_P_INT(level)};
	staff_ask(rq, ST_ticket_rate, p, 2, rated_cb);
}

void web_receipt(struct request *rq)
{
	struct code c;
	if (!code_parse(rq->arg[0], &c) || !code_check(&c)) {
		none(rq, rq->arg[0].n <= TYPED_MAX && str_utf8(rq->arg[0]) ? rq->arg[0]
									   : STR(""));
		return;
	}
	struct str code = arena_str(rq->arena, str_c(c.c));
	const struct db_param p[] = {DB_P_TEXT(code)};
	if (rq->post)
		rate(rq, code);
	else
		staff_ask(rq, ST_public_ticket, p, 1, look_cb);
}
