/* Owns /v/{survey}/results with its JSON and its table: what came of a survey, made of the
 * published document alone; and the same parts for the office's own page.  Reckons nothing: how
 * shares, means and margins come about is told in sql/api/survey_results.sql.  Called by
 * routes.c and staff_survey.c. */
#include "qrsvc/app/staff.h"
#include "qrsvc/web/common.h"

#include "labels/code.h"
#include "qrsvc/base/limits.h"

static struct str amount(const struct json *j, const char *key)
{
	const struct json *n = json_get(j, key);
	return n ? json_number_text(n) : STR_NONE;
}

/* ---- one question --------------------------------------------------------------------------
 */

/* The words of question n, out of the list that stands beside the results. */
static struct str text_of(const struct page *pg, const struct json *questions, int64_t n)
{
	json_each (q, questions)
		if (json_int(q, "n", 0) == n)
			return web_word(pg, json_get(q, "text"));
	return STR_NONE;
}

static void figure(const struct page *pg, struct view *v, const struct json *questions,
	const struct json *f)
{
	const struct json *satisfied = json_get(f, "satisfied");
	struct view *to = view_add(v, K_questions);
	int64_t n = json_int(f, "n", 0);
	view_int(to, K_n, n);
	view_str(to, K_text, text_of(pg, questions, n));
	view_flag(to, K_few, json_bool(f, "few", false));
	view_str(to, K_share, amount(satisfied, "share"));
	view_str(to, K_low, amount(satisfied, "low"));
	view_str(to, K_high, amount(satisfied, "high"));
	view_str(to, K_mean,
		web_text(pg, M_su_mean, VALUE_S(amount(f, "mean")),
			VALUE_S(amount(f, "mean_margin"))));
	json_each (l, json_get(f, "levels")) {
		struct view *row = view_add(to, K_levels);
		view_str(row, K_label, web_survey_level(pg, json_int(l, "level", 0)));
		view_int(row, K_count, json_int(l, "n", 0));
		view_str(row, K_share, amount(l, "share"));
		view_str(row, K_low, amount(l, "low"));
		view_str(row, K_high, amount(l, "high"));
	}
}

/* ---- which forms count ----------------------------------------------------------------------
 */

static void count(struct view *v, struct str label, const struct json *j, const char *key)
{
	struct str n = amount(j, key);
	if (!n.n)
		return;
	struct view *row = view_add(v, K_rows);
	view_str(row, K_label, label);
	view_str(row, K_n, n);
}

static void counts(const struct page *pg, struct view *v, const struct json *r)
{
	struct view *to = view_add(v, K_counts);
	count(to, web_text(pg, M_su_asked), r, "asked");
	count(to, web_text(pg, M_su_received), r, "received");
	count(to, web_text(pg, M_su_valid), r, "valid");
	count(to, web_text(pg, M_su_online), r, "online");
	count(to, web_text(pg, M_su_paper), r, "paper");
	json_each (x, json_get(r, "invalid"))
		count(to, web_text(pg, M_su_not, VALUE_S(web_word(pg, json_get(x, "name")))), x,
			"n");
}

static void places(const struct page *pg, struct view *v, const struct json *r)
{
	json_each (p, json_get(r, "places")) {
		struct view *row = view_add(v, K_groups);
		struct str asked = amount(p, "asked");
		view_str(row, K_name, json_str(p, "name"));
		view_str(row, K_url,
			web_url(pg, STR("/v/"), json_str(p, "code"), STR("/results")));
		view_str(row, K_asked, asked.n ? asked : STR("—"));
		view_str(row, K_received, amount(p, "received"));
		view_str(row, K_valid,
			json_bool(p, "few", false) ? web_text(pg, M_su_under)
						   : amount(p, "valid"));
	}
	view_flag(v, K_groups_any, view_count(v, K_groups) > 0);
}

struct str web_survey_results(const struct page *pg, struct view *v,
	const struct json *questions, const struct json *r)
{
	bool few = json_bool(r, "few", false);
	view_flag(v, K_few, few);
	json_each (f, json_get(r, "questions"))
		figure(pg, v, questions, f);
	counts(pg, v, r);
	places(pg, v, r);
	if (few)
		return web_text(pg, M_su_received_n, VALUE_I(json_int(r, "received", 0)));
	return web_text(pg, json_get(r, "asked") ? M_su_valid_of : M_su_valid_in,
		VALUE_S(amount(r, "valid")),
		VALUE_S(amount(r, json_get(r, "asked") ? "asked" : "received")),
		VALUE_S(amount(r, "valid_share")));
}

/* ---- the page ------------------------------------------------------------------------------
 */

/* "86.4 % satisfied" of the first question, which asks for the whole, or how many came. */
static void answer(const struct page *pg, struct view *v, const struct json *r)
{
	const struct json *first = json_first(json_get(r, "questions"));
	struct str share = amount(json_get(first, "satisfied"), "share");
	if (!r)
		web_answer(pg, v, ICON_MINUS, web_text(pg, M_su_wait));
	else if (share.n)
		web_answer(pg, v, ICON_MINUS, web_text(pg, M_su_satisfied, VALUE_S(share)));
	else
		web_answer(pg, v, ICON_MINUS,
			web_text(pg, M_su_received_n, VALUE_I(json_int(r, "received", 0))));
}

static enum rc html(struct page *pg, const struct json *doc)
{
	const struct json *r = json_get(doc, "results");
	struct str path = web_cat(pg, STR("/v/"), pg->key, STR("/results")),
		   whole = json_str(doc, "whole"),
		   heading = web_text(pg, M_su_title_results,
			   VALUE_S(web_word(pg, json_get(doc, "title"))));
	struct view *v = web_begin(pg,
		web_text(pg, M_title_short, VALUE_S(heading), VALUE_S(web_site_name(pg))),
		TONE_MUTE, path);
	web_survey_head(pg, v, doc);
	view_str(v, K_heading, heading);
	answer(pg, v, r);
	view_str(v, K_line,
		web_text(pg, M_su_period, VALUE_S(web_date_plain(pg, json_day(doc, "from"))),
			VALUE_S(web_date_plain(pg, json_day(doc, "to")))));
	view_str(v, K_json_url, web_cat(pg, path, STR(".json")));
	view_str(v, K_csv_url, web_url(pg, path, STR(".csv")));
	view_str(v, K_form_url, web_url(pg, STR("/v/"), pg->key));
	if (whole.n)
		view_str(v, K_whole_url, web_url(pg, STR("/v/"), whole, STR("/results")));
	view_flag(v, K_has_results, r != NULL);
	if (r)
		view_str(
			v, K_counted, web_survey_results(pg, v, json_get(doc, "questions"), r));
	return web_html(pg, T_survey_results, v);
}

static enum rc render(struct page *pg, const struct docset *docs)
{
	if (!docs->n || !docset_json(docs, 0))
		return RC_NOT_FOUND;
	if (!pg->json)
		return html(pg, docset_json(docs, 0));
	web_json_begin(pg, NULL, docs->doc[0].bytes);
	return web_json_end(pg);
}

void web_survey_results_page(struct request *rq)
{
	static const struct page_kind kind = {.name = "survey_results",
		.stmt = ST_public_document,
		.doc_kind = "survey",
		.guess = ST_NONE,
		.render = render};
	struct code c;
	if (!code_parse(rq->arg[0], &c) || !code_check(&c)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param p[] = {DB_P_TEXT(STR("survey")), DB_P_TEXT(str_c(c.c))};
	request_page(rq, &kind, &(struct page_args){.key = str_c(c.c), .params = p, .n = 2});
}

/* ---- the table -----------------------------------------------------------------------------
 */

static void row(struct sbuf *b, const struct str *cell, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			sbuf_byte(b, ',');
		sbuf_csv(b, cell[i]);
	}
	sbuf_puts(b, "\r\n");
}

/* A line a level, so that every share can be reckoned anew from the counts beside it. */
static int64_t table(struct sbuf *b, const struct page *pg, const struct json *doc)
{
	const struct json *r = json_get(doc, "results");
	int64_t lines = 0;
	const struct str head[] = {web_text(pg, M_su_question), web_text(pg, M_su_level),
		web_text(pg, M_su_forms), web_text(pg, M_su_share), web_text(pg, M_su_low),
		web_text(pg, M_su_high), web_text(pg, M_su_valid), web_text(pg, M_su_received),
		web_text(pg, M_su_asked)};
	sbuf_puts(b, "\xef\xbb\xbf"); /* or spreadsheets show Chinese as noise */
	row(b, head, sizeof head / sizeof head[0]);
	json_each (f, json_get(r, "questions")) {
		struct str text = text_of(pg, json_get(doc, "questions"), json_int(f, "n", 0));
		json_each (l, json_get(f, "levels")) {
			const struct str cell[] = {text,
				web_survey_level(pg, json_int(l, "level", 0)), amount(l, "n"),
				amount(l, "share"), amount(l, "low"), amount(l, "high"),
				amount(r, "valid"), amount(r, "received"), amount(r, "asked")};
			row(b, cell, sizeof cell / sizeof cell[0]);
			lines++;
		}
	}
	return lines;
}

static void csv_cb(struct request *rq, const struct staff_answer *ans)
{
	struct page pg = {.arena = rq->arena, .site = rq->site, .lang = rq->lang};
	struct sbuf b;
	if (!request_ok(rq, ans->rc))
		return;
	if (!json_get(ans->doc, "results")) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	sbuf_init(&b, LIMIT_DOCUMENT);
	int64_t n = table(&b, &pg, ans->doc);
	const struct str end = web_text(&pg, M_im_complete, VALUE_I(n));
	row(&b, &end, 1);
	if (b.over)
		request_error(rq, RC_TOO_LARGE);
	else
		staff_download(rq, "text/csv; charset=utf-8",
			arena_fmt(rq->arena, "survey-%.*s.csv", STR_F(rq->note.key)),
			sbuf_view(&b));
	sbuf_release(&b);
}

void web_survey_csv(struct request *rq)
{
	struct code c;
	if (!code_parse(rq->arg[0], &c) || !code_check(&c)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	rq->note.key = arena_str(rq->arena, str_c(c.c));
	staff_ask(
		rq, ST_public_survey, (struct db_param[]){DB_P_TEXT(rq->note.key)}, 1, csv_cb);
}
