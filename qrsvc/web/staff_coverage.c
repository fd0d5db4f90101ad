/* Owns /staff/coverage, and /coverage with its JSON: how many facilities have no sticker, one
 * that nobody ever scanned or that is damaged, no record, nobody known who manages them; per
 * office, with shares.  Staff are led from each number to the board's list of it; the public
 * page is made of the published document alone.  Counts nothing.  Called by routes.c. */
#include "qrsvc/web/board.h"

#include "qrsvc/base/json.h"

static const struct {
	const char *name, *list; /* of the answer, of the board */
	unsigned words;
} lacking[] = {{"no_sticker", "no_sticker", M_cv_no_sticker},
	{"unscanned", "unscanned", M_cv_unscanned}, {"marked", "marked", M_cv_marked},
	{"never", "never", M_cv_never}, {"no_manager", "no_manager", M_cv_no_manager},
	{"unmanaged", "unmanaged", M_cv_unmanaged}};
#define LACKING (sizeof lacking / sizeof lacking[0])

/* "12 (3 %)"; a share below one half is said so, never as none. */
static struct str share(const struct page *pg, int64_t n, int64_t of)
{
	if (!n || of <= 0)
		return web_number(pg, n);
	int64_t percent = (n * 200 + of) / (of * 2);
	return percent ? web_text(pg, M_cv_share, VALUE_I(n), VALUE_I(percent))
		       : web_text(pg, M_cv_share_less, VALUE_I(n));
}

static void cells(const struct page *pg, const struct json *numbers, struct view *line,
	const struct board_at *at)
{
	int64_t of = json_int(numbers, "facilities", 0);
	view_str(line, K_total, web_number(pg, of));
	for (size_t i = 0; i < LACKING; i++) {
		int64_t n = json_int(numbers, lacking[i].name, 0);
		struct view *c = view_add(line, K_cells);
		view_str(c, K_label, web_text(pg, lacking[i].words));
		view_str(c, K_n, share(pg, n, of));
		if (at && n)
			view_str(c, K_list_url, board_list_url(pg, at, lacking[i].list));
	}
}

static void heads(const struct page *pg, struct view *v)
{
	for (size_t i = 0; i < LACKING; i++)
		view_item(v, K_heads, web_text(pg, lacking[i].words));
}

/* "3 of 120 facilities have no sticker": the sentence of both pages. */
static struct str sentence(const struct page *pg, const struct json *total)
{
	return web_text(pg, M_cv_say, VALUE_I(json_int(total, "facilities", 0)),
		VALUE_I(json_int(total, "no_sticker", 0)),
		VALUE_I(json_int(total, "never", 0)));
}

/* ---- staff
 * ------------------------------------------------------------------------------------
 */

static struct str office_url(const struct page *pg, const char *path, struct str org)
{
	const struct str pairs[] = {STR("org"), org, STR("lang"),
		pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
	return web_cat(
		pg, str_c(path), office_query(pg, pairs, sizeof pairs / sizeof pairs[0]));
}

static enum rc render_staff(struct page *pg, const struct staff_view *sv)
{
	const struct json *total = json_get(sv->doc, "total");
	struct str org = json_str(json_get(sv->doc, "org"), "code");
	struct board_at at = {
		.org = request_query(sv->rq, STR("org")), .rows = BOARD_ROWS, .page = 1};
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_cv_title), STR("/staff/coverage"));
	board_place(pg, sv, v, STR("/staff/coverage"));
	view_str(v, K_heading, sentence(pg, total));
	view_str(v, K_day, web_date_plain(pg, json_day(sv->doc, "today")));
	view_str(v, K_board_url, board_url(pg, &at));
	view_str(v, K_public_url, web_url(pg, STR("/coverage/"), org));
	view_flag(v, K_is_office, org.n > 0);
	heads(pg, v);
	cells(pg, total, view_add(v, K_all), &at);
	json_each (o, json_get(sv->doc, "offices")) {
		struct view *line = view_add(v, K_rows);
		at.org = json_str(o, "code");
		view_str(line, K_name, json_str(o, "name"));
		view_str(line, K_url, office_url(pg, "/staff/coverage", at.org));
		cells(pg, o, line, &at);
	}
	at.org = request_query(sv->rq, STR("org"));
	json_each (p, json_get(sv->doc, "places")) {
		struct view *line = view_add(v, K_rows);
		at.typed = json_str(p, "code");
		view_str(line, K_name, json_str(p, "name"));
		view_str(line, K_url, board_list_url(pg, &at, "all"));
		cells(pg, p, line, &at);
	}
	view_flag(v, K_rows_any, view_count(v, K_rows) > 0);
	return web_html(pg, T_staff_coverage, v);
}

void web_staff_coverage(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_coverage", ST_staff_coverage, render_staff};
	struct str org = request_query(rq, STR("org"));
	const struct db_param p[] = {DB_P_TEXT(org.n ? org : STR_NONE)};
	request_staff(rq, &kind, p, 1);
}

/* ---- everybody
 * --------------------------------------------------------------------------------
 */

static enum rc html(struct page *pg, const struct json *doc)
{
	const struct json *total = json_get(doc, "total"), *org = json_get(doc, "org");
	struct str title = web_text(pg, M_cv_title), site = web_site_name(pg),
		   name = json_str(org, "name"), path = STR("/coverage");
	if (name.n) {
		title = web_text(pg, M_label_colon, VALUE_S(name), VALUE_S(title));
		path = web_cat(pg, STR("/coverage/"), json_str(org, "code"));
	}
	struct view *v = web_begin(pg,
		site.n ? web_text(pg, M_title_short, VALUE_S(title), VALUE_S(site)) : title,
		TONE_MUTE, path);
	view_str(v, K_description, sentence(pg, total));
	view_str(v, K_heading, title);
	view_str(v, K_json_url, web_cat(pg, path, STR(".json")));
	view_str(v, K_day, web_date_plain(pg, json_day(doc, "as_of")));
	web_answer(pg, v, ICON_MINUS, sentence(pg, total));
	json_each (up, json_get(doc, "parents")) {
		struct view *link = view_add(v, K_up);
		view_str(link, K_url, web_url(pg, STR("/coverage/"), json_str(up, "code")));
		view_str(link, K_label, json_str(up, "name"));
	}
	cells(pg, total, view_add(v, K_all), NULL);
	json_each (o, json_get(doc, "offices")) {
		struct view *line = view_add(v, K_rows);
		view_str(line, K_name, json_str(o, "name"));
		view_str(line, K_url, web_url(pg, STR("/coverage/"), json_str(o, "code")));
		cells(pg, o, line, NULL);
	}
	return web_html(pg, T_coverage, v);
}

static enum rc render(struct page *pg, const struct docset *docs)
{
	if (!docs->n)
		return RC_NOT_FOUND;
	if (!pg->json)
		return html(pg, docset_json(docs, 0));
	web_json_begin(pg, NULL, docs->doc[0].bytes);
	return web_json_end(pg);
}

void web_coverage(struct request *rq)
{
	static const struct page_kind kind = {.name = "coverage",
		.stmt = ST_public_document,
		.doc_kind = "coverage",
		.guess = ST_NONE,
		.render = render};
	struct str key = rq->arg[0].n ? rq->arg[0] : STR("current");
	for (size_t i = 0; i < key.n; i++)
		if (!((key.p[i] >= 'a' && key.p[i] <= 'z') ||
			    (key.p[i] >= '0' && key.p[i] <= '9') || (key.p[i] == '-' && i)) ||
			key.n > 40)
			return request_error(rq, RC_NOT_FOUND);
	const struct db_param p[] = {DB_P_TEXT(STR("coverage")), DB_P_TEXT(key)};
	request_page(rq, &kind, &(struct page_args){.key = key, .params = p, .n = 2});
}
