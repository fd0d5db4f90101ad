/* Owns what everybody sees of residents' reports: /tickets and /tickets/{org} with their
 * numbers and the log of what was hidden, a published case, and both as tables (CSV) from which
 * the numbers can be reckoned again.  Pages are made of published documents alone; counts
 * nothing (sql/api/ticket_numbers.sql does, and leaves out what is not to be broken down).
 * Called by routes.c; facility_view.c uses web_tickets_part(). */
#include "qrsvc/web/common.h"

#define OFFICE_CODE 40

/* "1777 (99.0 %)": tenths of a per cent, a half rounded up. */
static struct str share(const struct page *pg, int64_t n, int64_t of)
{
	if (of <= 0)
		return web_number(pg, n);
	int64_t tenths = (n * 2000 + of) / (of * 2);
	return web_text(pg, M_pt_share, VALUE_I(n), VALUE_I(tenths / 10), VALUE_I(tenths % 10));
}

/* "12 reported, 11 answered (91.7 %)", as far as the line says. */
static struct str sentence(const struct page *pg, const struct json *line)
{
	int64_t received = json_int(line, "received", 0),
		answered = json_int(line, "answered", -1);
	if (answered < 0 || !received)
		return web_text(pg, M_pt_received, VALUE_I(received));
	return web_text(
		pg, M_pt_say, VALUE_I(received), VALUE_S(share(pg, answered, received)));
}

static struct str case_url(const struct page *pg, const struct json *c)
{
	return web_url(pg, STR("/tickets/"), json_str(json_get(c, "office"), "code"), STR("/"),
		json_str(c, "no"));
}

static void case_line(const struct page *pg, struct view *to, const struct json *c)
{
	int64_t hours = json_int(c, "hours", -1);
	int32_t day = json_day(c, "answered");
	view_str(to, K_url, case_url(pg, c));
	view_str(to, K_name, web_word(pg, json_get(c, "kind")));
	view_str(to, K_no, json_str(c, "no"));
	view_str(to, K_day, day == DAY_NONE ? STR_NONE : web_date_plain(pg, day));
	if (hours >= 0)
		view_str(to, K_hours, web_text(pg, M_pt_after, VALUE_I(hours)));
	view_str(to, K_words, json_str(c, "answer"));
	view_str(to, K_words_lang, web_text_lang(pg, json_str(c, "answer")));
}

void web_tickets_part(const struct page *pg, struct view *v, const struct json *facility)
{
	const struct json *t = json_get(facility, "tickets");
	int64_t median = json_int(t, "median_h", -1);
	if (!t)
		return;
	struct view *part = view_add(v, K_tickets);
	view_str(part, K_text,
		web_text(pg, M_pt_year, VALUE_I(json_int(t, "received", 0)),
			VALUE_I(json_int(t, "answered", 0))));
	if (median >= 0)
		view_str(part, K_median, web_text(pg, M_pt_median, VALUE_I(median)));
	json_each (c, json_get(t, "newest"))
		case_line(pg, view_add(part, K_cases), c);
	view_str(part, K_more_url,
		web_url(pg, STR("/tickets/"), json_str(json_get(facility, "org"), "code")));
}

/* ---- numbers ----------------------------------------------------------------------------- */

static struct view *fact(struct view *v, struct str label, struct str n)
{
	struct view *f = view_add(v, K_facts);
	view_str(f, K_label, label);
	view_str(f, K_n, n);
	return f;
}

static void facts(const struct page *pg, struct view *v, const struct json *line)
{
	static const unsigned level[] = {
		M_pt_level_5, M_pt_level_4, M_pt_level_3, M_pt_level_2, M_pt_level_1};
	int64_t received = json_int(line, "received", 0), rated = json_int(line, "rated", 0);
	size_t i = 0;
	fact(v, web_text(pg, M_pt_n_received), web_number(pg, received));
	if (json_get(line, "answered")) {
		int64_t median = json_int(line, "median_h", -1);
		fact(v, web_text(pg, M_pt_n_answered),
			share(pg, json_int(line, "answered", 0), received));
		fact(v, web_text(pg, M_pt_n_in_time),
			share(pg, json_int(line, "in_time", 0), received));
		if (median >= 0)
			fact(v, web_text(pg, M_pt_n_median),
				web_text(pg, M_pt_hours, VALUE_I(median)));
	}
	if (json_get(line, "rated")) {
		fact(v, web_text(pg, M_pt_n_rated), web_number(pg, rated));
		fact(v, web_text(pg, M_pt_n_satisfied),
			share(pg, json_int(line, "satisfied", 0), rated));
		json_each (n, json_get(line, "levels"))
			if (i < sizeof level / sizeof level[0])
				view_flag(fact(v, web_text(pg, level[i++]),
						  web_number(pg, json_int_of(n, 0))),
					K_less, true);
	}
	view_flag(v, K_closed,
		received && (!json_get(line, "answered") || !json_get(line, "rated")));
}

static void offices(const struct page *pg, struct view *v, const struct json *doc)
{
	const struct json *own = json_get(doc, "itself");
	bool below = json_count(json_get(doc, "offices")) > 0;
	if (below && json_int(own, "received", 0)) {
		struct view *to = view_add(v, K_rows);
		view_str(to, K_name, web_text(pg, M_pt_itself));
		view_str(to, K_text, sentence(pg, own));
	}
	json_each (o, json_get(doc, "offices")) {
		struct view *to = view_add(v, K_rows);
		view_str(to, K_name, json_str(o, "name"));
		view_str(to, K_url, web_url(pg, STR("/tickets/"), json_str(o, "code")));
		view_str(to, K_text, sentence(pg, o));
		if (json_get(o, "rated"))
			view_str(to, K_note,
				web_text(pg, M_pt_satisfied,
					VALUE_S(share(pg, json_int(o, "satisfied", 0),
						json_int(o, "rated", 0)))));
	}
	view_flag(v, K_rows_any, view_count(v, K_rows) > 0);
}

static void hidden(const struct page *pg, struct view *v, const struct json *doc)
{
	int64_t held = json_int(doc, "held", 0), n = 0;
	json_each (h, json_get(doc, "hidden")) {
		int32_t day = json_day(h, "at");
		if (n++ == 10)
			break; /* all of them stand in the data */
		struct view *to = view_add(v, K_hidden);
		view_str(to, K_text,
			web_text(pg, M_pt_hidden_line,
				VALUE_S(day == DAY_NONE ? STR("–") : web_date_plain(pg, day)),
				VALUE_S(json_str(h, "no")),
				VALUE_S(json_str(json_get(h, "office"), "name"))));
		view_str(to, K_reason, json_str(h, "ground"));
		view_str(to, K_words_lang, web_text_lang(pg, json_str(h, "ground")));
	}
	if (held)
		view_str(v, K_held, web_text(pg, M_pt_held, VALUE_I(held)));
	view_flag(v, K_none, !n);
}

static void links(
	const struct page *pg, struct view *v, const struct json *doc, struct str year)
{
	struct str code = json_str(json_get(doc, "org"), "code");
	int64_t before = json_int(doc, "before", 0);
	if (code.n && json_int(json_get(doc, "itself"), "received", 0))
		view_str(v, K_csv_url,
			web_cat(pg, STR("/tickets/"), code, STR("/"), year, STR(".csv")));
	if (doc && (!code.n || json_count(json_get(doc, "offices"))))
		view_str(v, K_all_url, STR("/tickets.csv"));
	if (before && code.n) {
		view_str(v, K_before_url,
			web_url(pg, STR("/tickets/"), code, STR("/"), web_number(pg, before)));
		view_int(v, K_before, before);
	}
	json_each (up, json_get(doc, "parents")) {
		struct view *link = view_add(v, K_up);
		view_str(link, K_url, web_url(pg, STR("/tickets/"), json_str(up, "code")));
		view_str(link, K_label, json_str(up, "name"));
	}
	view_flag(v, K_above_any, view_count(v, K_up) > 0);
}

static enum rc numbers(struct page *pg, const struct json *doc)
{
	const struct json *total = json_get(doc, "total");
	struct str name = json_str(json_get(doc, "org"), "name"), site = web_site_name(pg),
		   title = web_text(pg, M_pt_title),
		   year = web_number(pg, json_int(doc, "year", 0)), path = STR("/tickets");
	if (name.n) {
		title = web_text(pg, M_label_colon, VALUE_S(name), VALUE_S(title));
		path = web_cat(pg, path, STR("/"), pg->key);
	}
	struct view *v = web_begin(pg,
		site.n ? web_text(pg, M_title_short, VALUE_S(title), VALUE_S(site)) : title,
		TONE_MUTE, path);
	view_str(v, K_description, sentence(pg, total));
	view_str(v, K_heading, title);
	view_str(v, K_year, year);
	view_str(v, K_json_url, doc ? web_cat(pg, path, STR(".json")) : STR_NONE);
	web_answer(pg, v, ICON_MINUS, sentence(pg, total));
	facts(pg, v, total);
	if (json_int(doc, "joined", 0))
		view_str(v, K_joined,
			web_text(pg, M_pt_joined, VALUE_I(json_int(doc, "joined", 0))));
	offices(pg, v, doc);
	json_each (c, json_get(doc, "newest"))
		case_line(pg, view_add(v, K_cases), c);
	view_flag(v, K_cases_any, view_count(v, K_cases) > 0);
	hidden(pg, v, doc);
	view_flag(v, K_data_any, doc != NULL);
	links(pg, v, doc, year);
	return web_html(pg, T_tickets, v);
}

/* Of all offices there is a page before the jobs process has counted for the first time: it is
 * linked from the home page. */
static enum rc render_numbers(struct page *pg, const struct docset *docs)
{
	if (!docs->n && (pg->json || !str_eq(pg->key, STR("current"))))
		return RC_NOT_FOUND;
	if (!pg->json)
		return numbers(pg, docs->n ? docset_json(docs, 0) : NULL);
	web_json_begin(pg, NULL, docs->doc[0].bytes);
	return web_json_end(pg);
}

/* ---- a case --------------------------------------------------------------------------------
 */

static void case_said(const struct page *pg, struct view *v, const struct json *doc)
{
	struct str words = json_str(doc, "words"), answer = json_str(doc, "answer"),
		   facility = json_str(doc, "facility"),
		   place = json_str(json_get(doc, "place"), "name");
	view_str(v, K_words, words);
	view_str(v, K_words_lang, web_text_lang(pg, words));
	view_str(v, K_text, answer);
	view_str(v, K_text_lang, web_text_lang(pg, answer));
	view_str(v, K_where, place);
	view_str(v, K_where_lang, web_text_lang(pg, place));
	view_str(v, K_back_url,
		facility.n ? web_url(pg, STR("/f/"), facility)
			   : web_url(pg, STR("/b/"), json_str(json_get(doc, "place"), "code")));
	json_each (p, json_get(doc, "photos")) {
		struct view *to = view_add(v, K_photos);
		struct str sha = json_str(p, "sha256");
		int64_t w = json_int(p, "w", 0), h = json_int(p, "h", 0);
		view_str(to, K_small, web_cat(pg, STR("/p/"), sha, STR("-320.jpg")));
		view_str(to, K_big, web_cat(pg, STR("/p/"), sha, STR("-1280.jpg")));
		view_int(to, K_w, 320);
		view_int(to, K_h, w > 0 && h > 0 ? (h * 320 + w / 2) / w : 240);
	}
	view_flag(v, K_photo_set, view_count(v, K_photos) > 0);
}

static enum rc one_case(struct page *pg, const struct json *doc)
{
	const struct json *gone = json_get(doc, "hidden"), *office = json_get(doc, "office");
	struct str no = json_str(doc, "no"), kind = web_word(pg, json_get(doc, "kind")),
		   path = web_cat(pg, STR("/tickets/"), pg->key);
	int32_t from = json_day(doc, "received"), to = json_day(doc, "answered");
	struct view *v = web_begin(pg,
		web_text(pg, M_title_short, VALUE_S(kind),
			VALUE_S(web_text(pg, M_pt_case, VALUE_S(no)))),
		gone ? TONE_MUTE : TONE_OK, path);
	view_str(v, K_heading, kind);
	view_str(v, K_no, no);
	view_str(v, K_json_url, web_cat(pg, path, STR(".json")));
	view_str(v, K_office, json_str(office, "name"));
	view_str(v, K_office_url, web_url(pg, STR("/tickets/"), json_str(office, "code")));
	if (from != DAY_NONE)
		view_str(v, K_from, web_date_plain(pg, from));
	if (to != DAY_NONE)
		view_str(v, K_to, web_date_plain(pg, to));
	if (gone) {
		int32_t day = json_day(gone, "at");
		web_answer(pg, v, ICON_MINUS, web_text(pg, M_pt_gone));
		view_str(v, K_gone,
			web_text(pg, M_pt_gone_by,
				VALUE_S(json_str(json_get(gone, "office"), "name")),
				VALUE_S(day == DAY_NONE ? STR("–") : web_date_plain(pg, day))));
		view_str(v, K_reason, json_str(gone, "ground"));
	} else {
		web_answer(pg, v, ICON_TICK,
			web_text(pg, M_pt_answered_after, VALUE_I(json_int(doc, "hours", 0))));
		case_said(pg, v, doc);
	}
	return web_html(pg, T_ticket, v);
}

static enum rc render_case(struct page *pg, const struct docset *docs)
{
	if (!docs->n)
		return RC_NOT_FOUND;
	if (!pg->json)
		return one_case(pg, docset_json(docs, 0));
	web_json_begin(pg, NULL, docs->doc[0].bytes);
	return web_json_end(pg);
}

/* ---- addresses -----------------------------------------------------------------------------
 */

static bool is_office(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
			    (s.p[i] == '-' && i)))
			return false;
	return s.n > 0 && s.n <= OFFICE_CODE;
}

/* "2026", or "2026-12": digits, with or without a number behind. */
static bool is_year(struct str s)
{
	int64_t n;
	return s.n == 4 && str_i64(s, &n) && n >= 2000;
}

static bool is_case(struct str s)
{
	int64_t n;
	return s.n > 5 && s.n < 16 && is_year(str_sub(s, 0, 4)) && s.p[4] == '-' &&
	       s.p[5] >= '1' && s.p[5] <= '9' && str_i64(str_sub(s, 5, s.n), &n);
}

void web_tickets_document(struct request *rq, const struct page_kind *kind, struct str key)
{
	const struct db_param p[] = {DB_P_TEXT(str_c(kind->doc_kind)), DB_P_TEXT(key)};
	request_page(rq, kind, &(struct page_args){.key = key, .params = p, .n = 2});
}

void web_tickets(struct request *rq)
{
	static const struct page_kind kind = {.name = "tickets",
		.stmt = ST_public_document,
		.doc_kind = "tickets",
		.guess = ST_NONE,
		.render = render_numbers};
	struct str key = rq->arg[0].n ? rq->arg[0] : STR("current");
	if (!is_office(key))
		return request_error(rq, RC_NOT_FOUND);
	if (rq->arg[1].n)
		key = arena_fmt(rq->arena, "%.*s/%.*s", STR_F(key), STR_F(rq->arg[1]));
	web_tickets_document(rq, &kind, key);
}

void web_ticket(struct request *rq)
{
	static const struct page_kind kind = {.name = "ticket",
		.stmt = ST_public_document,
		.doc_kind = "ticket",
		.guess = ST_NONE,
		.render = render_case};
	if (is_year(rq->arg[1]))
		return web_tickets(rq);
	if (!is_office(rq->arg[0]) || !is_case(rq->arg[1]))
		return request_error(rq, RC_NOT_FOUND);
	web_tickets_document(rq, &kind,
		arena_fmt(rq->arena, "%.*s/%.*s", STR_F(rq->arg[0]), STR_F(rq->arg[1])));
}

bool web_tickets_list_key(struct request *rq, struct str *ret_)
{
	if (!is_office(rq->arg[0]) || !is_year(rq->arg[1]))
		return false;
	*ret_ = arena_fmt(rq->arena, "%.*s/%.*s", STR_F(rq->arg[0]), STR_F(rq->arg[1]));
	return true;
}
