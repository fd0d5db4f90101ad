/* Owns /staff/surveys, the surveys of an office and the form for another, and
 * /staff/surveys/{survey}: a draft that is written on, or one that runs, with its compounds,
 * posters, forms of paper and results.  What may be done when is the database's
 * (sql/api/staff_survey.sql).  Called by routes.c. */
#include "qrsvc/web/office.h"
#include "qrsvc/web/survey.h"

#include "labels/code.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/http/msg.h"

#define REFRESH_S 2

static const struct {
	const char *lang;
	unsigned msg;
} langs[] = {{"zh-CN", M_nt_zh}, {"both", M_nt_both}, {"en", M_nt_en}};
#define NLANGS (sizeof langs / sizeof langs[0])

static struct str state_word(const struct page *pg, struct str state)
{
	static const struct {
		const char *state;
		unsigned msg;
	} table[] = {{"draft", M_sf_is_draft}, {"planned", M_sf_is_planned},
		{"open", M_sf_is_open}, {"ended", M_sf_is_ended},
		{"published", M_sf_is_published}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(state, str_c(table[i].state)))
			return web_text(pg, table[i].msg);
	return state;
}

static struct str period(const struct page *pg, const struct json *s)
{
	return web_text(pg, M_su_period, VALUE_S(web_date_plain(pg, json_day(s, "from"))),
		VALUE_S(web_date_plain(pg, json_day(s, "to"))));
}

static struct str survey_path(const struct page *pg, int64_t id)
{
	return web_cat(pg, STR("/staff/surveys/"), web_number(pg, id));
}

/* ---- list and form --------------------------------------------------------------------------
 */

static void line(const struct page *pg, struct view *v, const struct json *s)
{
	struct view *to = view_add(v, K_surveys);
	struct str state = json_str(s, "state");
	view_str(to, K_url, web_url(pg, survey_path(pg, json_int(s, "id", 0))));
	view_str(to, K_name, web_word(pg, json_get(s, "title")));
	view_str(to, K_period, period(pg, s));
	view_str(to, K_org, json_str(json_get(s, "org"), "name"));
	view_int(to, K_n, json_int(s, "places", 0));
	view_str(to, K_state, state_word(pg, state));
	view_str(to, K_class,
		str_eq(state, STR("open"))    ? STR("ok")
		: str_eq(state, STR("ended")) ? STR("w")
					      : STR_NONE);
	view_int(to, K_received, json_int(s, "received", 0));
	view_int(to, K_valid, json_int(s, "valid", 0));
}

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_sf_all), STR("/staff/surveys"));
	survey_form_errors(pg, sv, v);
	survey_form_view(pg, sv, v);
	json_each (s, json_get(sv->doc, "surveys"))
		line(pg, v, s);
	view_flag(v, K_surveys_any, view_count(v, K_surveys) > 0);
	return web_html(pg, T_staff_surveys, v);
}

static const struct staff_kind list_kind = {"staff_surveys", ST_staff_surveys, render_list};

static void to_one(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/surveys/%lld",
			      (long long)json_int(ans->doc, "id", 0)));
}

void web_staff_surveys(struct request *rq)
{
	static const struct staff_act act = {
		.stmt = ST_staff_survey_put, .again = &list_kind, .done = to_one};
	if (!rq->post) {
		request_staff(rq, &list_kind, NULL, 0);
		return;
	}
	struct str body = survey_form_body(rq);
	if (!body.n)
		request_error(rq, RC_TOO_LARGE);
	else
		request_staff_act(
			rq, &act, (struct db_param[]){DB_P_TEXT(STR_NONE), DB_P_TEXT(body)}, 2);
}

/* ---- one ------------------------------------------------------------------------------------
 */

/* "12.5" of n of 100, rounded half up, as core.survey_share() does. */
static struct str share(const struct page *pg, int64_t n, int64_t of)
{
	int64_t tenths = of > 0 ? (n * 2000 + of) / (2 * of) : 0;
	return arena_fmt(
		pg->arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

static void places(
	const struct page *pg, const struct staff_view *sv, struct view *v, bool edit)
{
	json_each (p, json_get(sv->doc, "places")) {
		struct view *to = view_add(v, K_places);
		struct str code = json_str(p, "code");
		const char *name = arena_fmt(pg->arena, "asked-%.*s", STR_F(code)).p;
		int64_t asked = json_int(p, "asked", -1), valid = json_int(p, "valid", 0),
			online = json_int(p, "online", 0),
			received = json_int(p, "received", 0);
		view_str(to, K_name, json_str(json_get(p, "place"), "name"));
		view_str(to, K_url, web_url(pg, STR("/v/"), code));
		view_str(to, K_id, code);
		view_str(to, K_code, web_code(pg, code));
		view_str(to, K_asked,
			web_staff_typed(
				sv, name, asked >= 0 ? web_number(pg, asked) : STR_NONE));
		view_str(to, K_err, web_staff_error(pg, sv, name));
		view_int(to, K_online, online);
		view_int(to, K_paper, received - online);
		view_int(to, K_valid, valid);
		if (asked > 0 && asked >= received)
			view_str(to, K_share, share(pg, valid, asked));
	}
	view_flag(v, K_edit, edit);
}

static void batches(
	const struct page *pg, const struct staff_view *sv, struct view *v, bool edit)
{
	json_each (b, json_get(sv->doc, "batches")) {
		struct view *to = view_add(v, K_batches);
		bool gone = json_bool(b, "void", false);
		view_str(to, K_id, web_number(pg, json_int(b, "id", 0)));
		view_str(to, K_at, web_staff_time(pg, json_str(b, "at")));
		view_str(to, K_by, json_str(b, "by"));
		view_str(to, K_place, json_str(b, "place"));
		view_int(to, K_rows, json_int(b, "rows", 0));
		view_int(to, K_valid, json_int(b, "valid", 0));
		view_flag(to, K_void, gone);
		view_flag(to, K_can, edit && !gone);
	}
	view_flag(v, K_batches_any, view_count(v, K_batches) > 0);
}

static bool posters(
	const struct page *pg, const struct staff_view *sv, struct view *v, struct str path)
{
	bool waits = false;
	json_each (p, json_get(sv->doc, "posters")) {
		struct view *to = view_add(v, K_posters);
		struct str state = json_str(p, "state"), lang = json_str(p, "lang");
		bool done = str_eq(state, STR("done")), failed = str_eq(state, STR("failed"));
		for (size_t i = 0; i < NLANGS; i++)
			if (str_eq(lang, str_c(langs[i].lang)))
				view_str(to, K_label, web_text(pg, langs[i].msg));
		if (done)
			view_str(to, K_file_url,
				web_cat(pg, path, STR("/poster?poster="), lang));
		view_int(to, K_kb, (json_int(p, "bytes", 0) + 1023) / 1024);
		view_str(to, K_state,
			failed ? web_text(pg, M_sf_poster_failed)
			       : web_text(pg, M_sf_poster_waits,
					 VALUE_I(json_int(p, "done", 0))));
		view_str(to, K_why, json_str(p, "why"));
		waits = waits || (!done && !failed);
	}
	for (size_t i = 0; i < NLANGS; i++)
		office_option(v, K_langs, str_c(langs[i].lang), web_text(pg, langs[i].msg),
			pg->lang == LANG_EN ? STR("both") : STR("zh-CN"));
	return waits;
}

static void running(
	const struct page *pg, const struct staff_view *sv, struct view *v, struct str path)
{
	const struct json *s = json_get(sv->doc, "survey"), *r = json_get(sv->doc, "results");
	struct str state = json_str(s, "state"), code = json_str(s, "code");
	bool ended = str_eq(state, STR("ended")), published = str_eq(state, STR("published"));
	int64_t asked = json_int(s, "asked", 0), received = json_int(s, "received", 0);
	view_str(v, K_public_url, web_url(pg, STR("/v/"), code));
	if (!published && !str_eq(state, STR("planned")))
		view_str(v, K_paper_url, web_url(pg, path, STR("/paper")));
	if (published)
		view_str(v, K_results_url, web_url(pg, STR("/v/"), code, STR("/results")));
	view_str(v, K_sentence,
		asked > 0 ? web_text(pg, M_sf_sentence_of, VALUE_I(asked), VALUE_I(received),
				    VALUE_I(json_int(s, "valid", 0)))
			  : web_text(pg, M_sf_sentence, VALUE_I(received),
				    VALUE_I(json_int(s, "valid", 0))));
	view_flag(v, K_publish, ended);
	batches(pg, sv, v, !published);
	json_each (w, json_get(sv->doc, "words")) {
		struct view *to = view_add(v, K_texts);
		view_str(to, K_text, json_str(w, "text"));
		view_str(to, K_place, json_str(w, "place"));
	}
	view_flag(v, K_texts_any, view_count(v, K_texts) > 0);
	if (r)
		view_str(v, K_counted, web_survey_results(pg, v, json_get(s, "questions"), r));
	places(pg, sv, v, !published);
	if (posters(pg, sv, v, path))
		staff_refresh(sv->rq, REFRESH_S, STR_NONE);
}

static enum rc render_one(struct page *pg, const struct staff_view *sv)
{
	const struct json *s = json_get(sv->doc, "survey");
	struct str path = survey_path(pg, json_int(s, "id", 0)),
		   title = web_word(pg, json_get(s, "title"));
	bool draft = str_eq(json_str(s, "state"), STR("draft"));
	struct view *v = web_staff_begin(pg, sv, title, path);
	view_str(v, K_heading, title);
	view_str(v, K_period, period(pg, s));
	view_str(v, K_org, json_str(json_get(s, "org"), "name"));
	view_str(v, K_state, state_word(pg, json_str(s, "state")));
	view_str(v, K_action, path);
	view_flag(v, K_draft, draft);
	view_int(v, K_places_n, json_int(s, "places", 0));
	survey_form_errors(pg, sv, v);
	if (draft)
		survey_form_view(pg, sv, v);
	else
		running(pg, sv, v, path);
	return web_html(pg, T_staff_survey, v);
}

/* ---- acts
 * ------------------------------------------------------------------------------------
 */

/* {"do":"asked","asked":{CODE:"770",..}}; of void the batch. */
static struct str act_body(struct request *rq, struct str what)
{
	const struct http_body *b = &rq->http->body;
	const struct str name = STR("asked-");
	struct sbuf out;
	int n = 0;
	int64_t batch;
	sbuf_init(&out, 2 * LIMIT_BODY_SMALL);
	sbuf_puts(&out, "{\"do\":");
	sbuf_json(&out, what);
	if (str_i64(office_arg(rq, "batch"), &batch))
		sbuf_fmt(&out, ",\"batch\":%lld", (long long)batch);
	sbuf_puts(&out, ",\"asked\":{");
	for (size_t i = 0; i < b->nparts; i++) {
		struct code c;
		struct str field = b->parts[i].name;
		if (!str_starts(field, name) ||
			!code_parse(str_sub(field, name.n, field.n), &c))
			continue;
		sbuf_fmt(&out, "%s\"%s\":", n++ ? "," : "", c.c);
		sbuf_json(&out, b->parts[i].value);
	}
	sbuf_puts(&out, "}}");
	struct str s = out.over ? STR_NONE : arena_str(rq->arena, sbuf_view(&out));
	sbuf_release(&out);
	return s;
}

static void dropped(struct request *rq, const struct staff_answer *ans)
{
	(void)ans;
	office_go(rq, STR("/staff/surveys"));
}

void web_staff_survey(struct request *rq)
{
	static const struct staff_kind kind = {"staff_survey", ST_staff_survey, render_one};
	struct str what = office_arg(rq, "do");
	int64_t id;
	if (!staff_arg_id(rq, &id))
		return;
	struct db_param p[2] = {DB_P_INT(id)};
	if (!rq->post) {
		request_staff(rq, &kind, p, 1);
		return;
	}
	bool put = str_eq(what, STR("put")), poster = str_eq(what, STR("poster"));
	struct str body = put	   ? survey_form_body(rq)
			  : poster ? office_arg(rq, "poster")
				   : act_body(rq, what);
	struct staff_act act = {.stmt = put	 ? ST_staff_survey_put
					: poster ? ST_staff_survey_poster_make
						 : ST_staff_survey_act,
		.again = &kind,
		.again_params = p,
		.again_n = 1,
		.done = str_eq(what, STR("drop")) ? dropped : to_one};
	struct db_param *send = arena_array(rq->arena, 2, sizeof *send);
	send[0] = p[0];
	send[1] = (struct db_param)DB_P_TEXT(body.n ? body : STR("{}"));
	request_staff_act(rq, &act, send, 2);
}

static void poster_cb(struct request *rq, const struct staff_answer *ans)
{
	office_pdf(rq, ans, "survey");
}

void web_staff_survey_poster(struct request *rq)
{
	struct str lang = office_arg(rq, "poster");
	int64_t id;
	if (staff_arg_id(rq, &id))
		staff_call(rq, ST_staff_survey_poster,
			(struct db_param[]){
				DB_P_INT(id), DB_P_TEXT(lang.n ? lang : STR("zh-CN"))},
			2, poster_cb);
}
