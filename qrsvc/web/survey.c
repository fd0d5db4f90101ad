/* Owns /v/{survey}: a questionnaire for residents, without login, script or cookie.  What is
 * asked, whether a form may still come and whether it counts, is the database's; here a form is
 * shown, sent once under the key it was made with, and shown again with what was forgotten.
 * Results are survey_results.c's.  Called by routes.c. */
#include "qrsvc/app/staff.h"
#include "qrsvc/web/common.h"
#include "qrsvc/web/staff.h"

#include "labels/code.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/limits.h"

#define QUESTIONS 15 /* core.survey_question has it too */
#define LEVELS 5

/* What a POST came to, for the page that follows. */
struct sent {
	struct code code;
	int status; /* of the page; 0: 200 */
};

static const unsigned level_words[LEVELS + 1] = {0, M_su_1, M_su_2, M_su_3, M_su_4, M_su_5};

struct str web_survey_level(const struct page *pg, int64_t level)
{
	return level >= 1 && level <= LEVELS ? web_text(pg, level_words[level]) : STR_NONE;
}

/* ---- the page ------------------------------------------------------------------------------
 */

static void question(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *q)
{
	bool words = str_eq(json_str(q, "kind"), STR("words"));
	int64_t n = json_int(q, "n", 0);
	struct view *to = view_add(v, words ? K_words : K_questions);
	const char *id = arena_fmt(pg->arena, "q%lld", (long long)n).p;
	view_int(to, K_n, n);
	view_str(to, K_id, str_c(id));
	view_str(to, K_text, web_word(pg, json_get(q, "text")));
	view_str(to, K_err, web_staff_error(pg, sv, id));
	if (words)
		view_str(to, K_typed, web_staff_typed(sv, id, STR_NONE));
	for (int64_t l = LEVELS; !words && l > 0; l--) {
		struct view *o = view_add(to, K_options);
		struct str value = web_number(pg, l);
		view_flag(o, K_first, l == LEVELS);
		view_str(o, K_value, value);
		view_str(o, K_label, web_survey_level(pg, l));
		view_flag(o, K_chosen,
			web_staff_chosen(
				sv, id, arena_fmt(pg->arena, "%lld", (long long)l).p, false));
	}
}

static struct str key_of(const struct page *pg, const struct staff_view *sv)
{
	struct str uuid;
	char fresh[37];
	if (sv->rq->post && web_uuid(pg->arena, request_form(sv->rq, STR("key")), &uuid))
		return uuid;
	crypto_uuid(fresh);
	return arena_str(pg->arena, str_c(fresh));
}

static void form(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	int64_t n = (int64_t)json_count(json_get(sv->doc, "questions"));
	web_answer(pg, v, ICON_ASK, web_text(pg, M_su_open, VALUE_I(n), VALUE_I((n + 5) / 6)));
	view_str(v, K_line,
		web_text(pg, M_su_until, VALUE_S(web_date_plain(pg, json_day(sv->doc, "to")))));
	json_each (q, json_get(sv->doc, "questions"))
		question(pg, sv, v, q);
	view_str(v, K_key, key_of(pg, sv));
	view_flag(v, K_open, true);
}

static void said(const struct page *pg, struct view *v, enum icon icon, unsigned text,
	unsigned line, int32_t day)
{
	web_answer(pg, v, icon, web_text(pg, text));
	view_str(v, K_line, web_text(pg, line, VALUE_S(web_date_plain(pg, day))));
}

/* The whole of a survey has no form of its own: one chooses one's compound. */
static void choose(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	web_answer(pg, v, ICON_ASK, web_text(pg, M_su_choose));
	view_str(v, K_line,
		web_text(pg, M_su_until, VALUE_S(web_date_plain(pg, json_day(sv->doc, "to")))));
	json_each (p, json_get(sv->doc, "places")) {
		struct view *to = view_add(v, K_places);
		view_str(to, K_name, json_str(p, "name"));
		view_str(to, K_url, web_url(pg, STR("/v/"), json_str(p, "code")));
	}
	view_flag(v, K_places_any, view_count(v, K_places) > 0);
}

static void state(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	int32_t from = json_day(sv->doc, "from"), to = json_day(sv->doc, "to");
	bool done = !sv->rq->post && request_query(sv->rq, STR("done")).n > 0,
	     over = pg->today > to || json_get(sv->doc, "published");
	if (done && !over)
		said(pg, v, ICON_TICK, M_su_thanks, M_su_thanks_line, to);
	else if (over)
		said(pg, v, ICON_MINUS, M_su_over, M_su_over_line, to);
	else if (pg->today < from)
		said(pg, v, ICON_MINUS, M_su_early, M_su_early_line, from);
	else if (!json_get(sv->doc, "place"))
		choose(pg, sv, v);
	else
		form(pg, sv, v);
	if (over)
		view_str(v, K_results_url,
			web_url(pg, STR("/v/"), json_str(sv->doc, "code"), STR("/results")));
}

void web_survey_head(const struct page *pg, struct view *v, const struct json *doc)
{
	const struct json *place = json_get(doc, "place"), *org = json_get(doc, "org");
	struct str address = json_str(place, "address"), name = json_str(place, "name");
	view_str(v, K_heading, web_word(pg, json_get(doc, "title")));
	view_str(v, K_where, address.n ? web_cat(pg, name, STR(" · "), address) : name);
	view_str(v, K_purpose, web_word(pg, json_get(doc, "purpose")));
	view_str(v, K_org, json_str(org, "name"));
	view_str(v, K_code, web_code(pg, json_str(doc, "code")));
	web_phone(pg, v, K_phones, M_su_call, json_str(org, "phone"));
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	const struct sent *s = sv->arg;
	struct str path = web_cat(pg, STR("/v/"), str_c(s->code.c)),
		   title = web_word(pg, json_get(sv->doc, "title"));
	if (!sv->doc)
		return RC_NOT_FOUND;
	struct view *v = web_begin(pg,
		web_text(pg, M_title_short, VALUE_S(title), VALUE_S(web_site_name(pg))),
		TONE_MUTE, path);
	view_str(v, K_action, web_url(pg, path));
	web_survey_head(pg, v, sv->doc);
	web_staff_errors(pg, sv, v, NULL, 0);
	state(pg, sv, v);
	return web_html(pg, T_survey, v);
}

static void show_cb(struct request *rq, const struct staff_answer *ans)
{
	static const struct staff_kind kind = {"survey", ST_public_survey, render};
	const struct sent *s = rq->user;
	if (request_ok(rq, ans->rc))
		staff_page(rq, &kind, ans, s->status);
}

static void show(struct request *rq)
{
	const struct sent *s = rq->user;
	staff_ask(rq, ST_public_survey,
		(struct db_param[]){DB_P_TEXT(arena_str(rq->arena, str_c(s->code.c)))}, 1,
		show_cb);
}

/* ---- what was sent -------------------------------------------------------------------------
 */

/* {"levels":{"1":..},"words":{..}}: the database knows which question is of which kind. */
static struct str body(struct request *rq)
{
	struct sbuf list, b;
	sbuf_init(&list, LIMIT_BODY_SMALL);
	sbuf_init(&b, 2 * LIMIT_BODY_SMALL + 64);
	for (int n = 1; n <= QUESTIONS; n++) {
		char name[8];
		snprintf(name, sizeof name, "q%d", n);
		struct str value = request_form(rq, str_c(name));
		if (!value.n)
			continue;
		sbuf_fmt(&list, "%s\"%d\":", list.n ? "," : "", n);
		sbuf_json(&list, value);
	}
	sbuf_puts(&b, "{\"levels\":{");
	sbuf_str(&b, sbuf_view(&list));
	sbuf_puts(&b, "},\"words\":{");
	sbuf_str(&b, sbuf_view(&list));
	sbuf_puts(&b, "}}");
	struct str s = b.over || list.over ? STR_NONE : arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&list);
	sbuf_release(&b);
	return s;
}

static void answered_cb(struct request *rq, const struct staff_answer *ans)
{
	struct sent *s = rq->user;
	if (ans->rc == RC_OK) {
		staff_redirect(rq, arena_fmt(rq->arena, "/v/%s?done=1", s->code.c));
		return;
	}
	if (ans->rc != RC_INVALID && ans->rc != RC_CONFLICT && ans->rc != RC_RATE) {
		request_ok(rq, ans->rc);
		return;
	}
	s->status = rc_info(ans->rc)->http;
	json_each (e, ans->rc == RC_INVALID ? ans->detail : NULL)
		staff_field_error(rq,
			arena_fmt(rq->arena, "%.*s", STR_F(json_str(e, "field"))).p,
			arena_fmt(rq->arena, "%.*s", STR_F(json_str(e, "why"))).p);
	if (ans->rc == RC_RATE)
		staff_field_error(rq, "", "survey_limit");
	show(rq);
}

void web_survey(struct request *rq)
{
	struct sent *s = arena_alloc(rq->arena, sizeof *s);
	struct str key, json;
	if (!code_parse(rq->arg[0], &s->code) || !code_check(&s->code)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	rq->user = s;
	rq->note.key = arena_str(rq->arena, str_c(s->code.c));
	if (!rq->post) {
		show(rq);
		return;
	}
	json = body(rq);
	if (!web_uuid(rq->arena, request_form(rq, STR("key")), &key) || !json.n) {
		request_error(rq, RC_BAD);
		return;
	}
	const struct db_param p[] = {DB_P_TEXT(rq->note.key), DB_P_TEXT(key),
		DB_P_BYTES(staff_address(rq)), DB_P_TEXT(json)};
	staff_ask(rq, ST_survey_answer, p, 4, answered_cb);
}
