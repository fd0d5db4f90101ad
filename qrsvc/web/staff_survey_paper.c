/* Owns /staff/surveys/{survey}/paper: forms of paper typed in, a row each.  The levels of one
 * form are one word of digits, so that a row is a number, Tab, digits, Tab.  All rows are taken
 * or none; what is wrong stands in its row, and nothing typed is lost.  What counts is the
 * database's (sql/api/survey_paper.sql).  Called by routes.c. */
#include "qrsvc/web/office.h"
#include "qrsvc/web/survey.h"

#include "qrsvc/base/crypto.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"

#define ROWS 10
#define ROWS_MAX 50
#define QUESTIONS 15 /* core.survey_question has it too */

static int64_t rows_of(struct request *rq)
{
	return office_number(office_arg(rq, "rows"), 1, ROWS_MAX, ROWS);
}

/* ---- shown ---------------------------------------------------------------------------------
 */

static const char *name_of(const struct page *pg, const char *what, int64_t i)
{
	return arena_fmt(pg->arena, "%s-%lld", what, (long long)i).p;
}

static void row(const struct page *pg, const struct staff_view *sv, struct view *v, int64_t i,
	int64_t levels)
{
	struct view *to = view_add(v, K_rows);
	const char *no = name_of(pg, "no", i), *l = name_of(pg, "l", i);
	view_int(to, K_i, i);
	view_str(to, K_no,
		web_staff_typed(sv, no, web_number(pg, json_int(sv->doc, "next", 1) + i - 1)));
	view_str(to, K_err_no, web_staff_error(pg, sv, no));
	view_str(to, K_levels, web_staff_typed(sv, l, STR_NONE));
	view_str(to, K_err_l, web_staff_error(pg, sv, l));
	view_int(to, K_max, levels + 4); /* blanks between groups may be typed */
	json_each (q, json_get(sv->doc, "questions")) {
		if (!str_eq(json_str(q, "kind"), STR("words")))
			continue;
		struct view *t = view_add(to, K_texts);
		const char *w = arena_fmt(
			pg->arena, "w-%lld-%lld", (long long)i, (long long)json_int(q, "n", 0))
					.p;
		view_str(t, K_id, str_c(w));
		view_str(t, K_text, web_word(pg, json_get(q, "text")));
		view_str(t, K_typed, web_staff_typed(sv, w, STR_NONE));
		view_str(t, K_err, web_staff_error(pg, sv, w));
	}
}

/* Returns how many have levels. */
static int64_t questions(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	int64_t levels = 0;
	json_each (q, json_get(sv->doc, "questions")) {
		bool words = str_eq(json_str(q, "kind"), STR("words"));
		view_str(view_add(v, words ? K_heads : K_questions), K_text,
			web_word(pg, json_get(q, "text")));
		levels += !words;
	}
	view_int(v, K_n, levels);
	return levels;
}

static void choices(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct str place = web_staff_typed(sv, "place", json_str(sv->doc, "place")),
		   rows = web_number(pg, rows_of(sv->rq));
	static const char *const sizes[] = {"10", "20", "50"};
	json_each (p, json_get(sv->doc, "places")) {
		struct str code = json_str(p, "code");
		office_option(v, K_places, code, json_str(p, "name"), place);
		if (str_eq(code, place))
			view_str(v, K_place_name, json_str(p, "name"));
	}
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		office_option(v, K_sizes, str_c(sizes[i]), STR_NONE, rows);
	view_str(v, K_place, place);
	view_str(v, K_rows_n, rows);
}

static void key(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct str sent;
	char fresh[37];
	if (sv->rq->post && web_uuid(pg->arena, request_form(sv->rq, STR("key")), &sent)) {
		view_str(v, K_key, sent);
		return;
	}
	crypto_uuid(fresh);
	view_str(v, K_key, arena_str(pg->arena, str_c(fresh)));
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {{"no:", M_sp_no}, {"l:", M_sp_levels},
		{"w:", M_sp_words}, {"place", M_su_place}};
	struct str title = web_text(pg, M_sp_title),
		   survey = web_cat(pg, STR("/staff/surveys/"),
			   web_number(pg, json_int(sv->doc, "id", 0))),
		   path = web_cat(pg, survey, STR("/paper"));
	struct view *v = web_staff_begin(pg, sv, title, path);
	int64_t kept, good;
	if (str_i64(request_query(sv->rq, STR("kept")), &kept) &&
		str_i64(request_query(sv->rq, STR("valid")), &good))
		view_str(v, K_notice, web_text(pg, M_sp_kept, VALUE_I(kept), VALUE_I(good)));
	web_staff_errors(pg, sv, v, labels, sizeof labels / sizeof labels[0]);
	view_str(v, K_survey_url, web_url(pg, survey));
	view_str(v, K_name, web_word(pg, json_get(sv->doc, "title")));
	view_str(v, K_action, path);
	choices(pg, sv, v);
	key(pg, sv, v);
	int64_t levels = questions(pg, sv, v), n = rows_of(sv->rq);
	for (int64_t i = 1; i <= n; i++)
		row(pg, sv, v, i, levels);
	return web_html(pg, T_staff_survey_paper, v);
}

/* ---- sent ----------------------------------------------------------------------------------
 */

static struct str field(struct request *rq, const char *what, int64_t i)
{
	return str_trim(
		request_form(rq, arena_fmt(rq->arena, "%s-%lld", what, (long long)i)), " \t");
}

/* The words of a row as members; the number of those that are not empty. */
static int words(struct request *rq, struct sbuf *b, int64_t i)
{
	int n = 0;
	for (int q = 1; q <= QUESTIONS; q++) {
		struct str s = field(rq, arena_fmt(rq->arena, "w-%lld", (long long)i).p, q);
		if (!s.n)
			continue;
		sbuf_fmt(b, "%s\"%d\":", n++ ? "," : "", q);
		sbuf_json(b, s);
	}
	return n;
}

/* A row without levels and words is empty: its number was only proposed. */
static struct str body(struct request *rq)
{
	struct sbuf b, w;
	int sent = 0;
	sbuf_init(&b, 4 * LIMIT_BODY_SMALL);
	sbuf_init(&w, LIMIT_BODY_SMALL);
	sbuf_puts(&b, "{\"place\":");
	struct str place = office_arg(rq, "place");
	sbuf_json(&b, place.p ? place : STR(""));
	sbuf_puts(&b, ",\"rows\":[");
	for (int64_t i = 1, n = rows_of(rq); i <= n; i++) {
		struct str l = field(rq, "l", i), no = field(rq, "no", i);
		sbuf_clear(&w);
		if (!words(rq, &w, i) && !l.n)
			continue;
		sbuf_fmt(&b, "%s{\"row\":%lld,\"no\":", sent++ ? "," : "", (long long)i);
		sbuf_json(&b, no.p ? no : STR(""));
		sbuf_puts(&b, ",\"levels\":");
		sbuf_json(&b, l.p ? l : STR(""));
		sbuf_puts(&b, ",\"words\":{");
		sbuf_str(&b, sbuf_view(&w));
		sbuf_puts(&b, "}}");
	}
	sbuf_puts(&b, "]}");
	struct str s = b.over || w.over ? STR_NONE : arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	sbuf_release(&w);
	return s;
}

static void kept(struct request *rq, const struct staff_answer *ans)
{
	struct str place = office_arg(rq, "place");
	office_go(rq,
		arena_fmt(rq->arena,
			"/staff/surveys/%.*s/paper?place=%.*s&rows=%lld&kept=%lld&valid=%lld",
			STR_F(rq->arg[0]), STR_F(place), (long long)rows_of(rq),
			(long long)json_int(ans->doc, "rows", 0),
			(long long)json_int(ans->doc, "valid", 0)));
}

void web_staff_survey_paper(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_survey_paper", ST_staff_survey_paper, render};
	struct str place = office_arg(rq, "place"), uuid;
	int64_t id;
	if (!staff_arg_id(rq, &id))
		return;
	struct db_param p[] = {DB_P_INT(id), DB_P_TEXT(place.n ? place : STR_NONE)};
	if (!rq->post) {
		request_staff(rq, &kind, p, 2);
		return;
	}
	struct str json = body(rq);
	if (!web_uuid(rq->arena, request_form(rq, STR("key")), &uuid) || !json.n) {
		request_error(rq, RC_BAD);
		return;
	}
	struct staff_act act = {.stmt = ST_staff_survey_paper_put,
		.again = &kind,
		.again_params = p,
		.again_n = 2,
		.done = kept};
	const struct db_param send[] = {DB_P_INT(id), DB_P_TEXT(uuid), DB_P_TEXT(json)};
	request_staff_act(rq, &act, send, 3);
}
