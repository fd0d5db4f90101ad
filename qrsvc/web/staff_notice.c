/* Owns the pages that order notices for the board: which facilities, in which language, how far
 * the file is, the file; and /r/{record}/notice.pdf for everybody.  The file is the jobs
 * process's (jobs/print.c), what may be printed is the database's.  A page that waits asks to
 * be loaded again by the field Refresh, which needs no script.  Called by routes.c. */
#include "qrsvc/web/office.h"
#include "qrsvc/web/work.h"

#include "qrsvc/base/json.h"
#include "qrsvc/http/uri.h"

#include "labels/code.h"

#define CHOSEN_MAX 60 /* core.notice_file has it too */
#define REFRESH_S 1

static const struct {
	const char *lang;
	unsigned msg;
} langs[] = {{"zh-CN", M_nt_zh}, {"both", M_nt_both}, {"en", M_nt_en}};

/* Of the form or the query; else what the page speaks, with Chinese beside English. */
static struct str lang_of(struct request *rq)
{
	struct str asked = office_arg(rq, "notice");
	if (!asked.n)
		asked = office_arg(rq, "lang");
	for (size_t i = 0; i < sizeof langs / sizeof langs[0]; i++)
		if (str_eq(asked, str_c(langs[i].lang)))
			return str_c(langs[i].lang);
	return rq->lang == LANG_EN ? STR("both") : STR("zh-CN");
}

/* ---- what is asked for --------------------------------------------------------------------
 */

struct chosen {
	struct sbuf list; /* JSON strings, by commas */
	size_t n;
	bool bad;
};

static bool is_uuid(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
			   (c >= 'A' && c <= 'F');
		if (dash ? c != '-' : !hex)
			return false;
	}
	return s.n == 36;
}

static void choose(struct chosen *c, struct str value, bool records)
{
	struct code code;
	bool good = records ? is_uuid(value) : code_parse(value, &code) && code_check(&code);
	if (!good) {
		c->bad = true;
		return;
	}
	if (c->n++)
		sbuf_byte(&c->list, ',');
	sbuf_json(&c->list, records ? value : str_c(code.c));
}

/* "r", and "r[]" as a list of boxes calls it. */
static bool is_named(struct str field, const char *name)
{
	size_t n = strlen(name);
	return str_starts(field, str_c(name)) &&
	       (field.n == n || str_eq(str_sub(field, n, field.n), STR("[]")));
}

/* Every field of that name, of the query or of the form. */
static struct chosen chosen_of(struct request *rq, const char *name)
{
	const struct http_body *b = &rq->http->body;
	bool records = str_eq(str_c(name), STR("r"));
	struct chosen c = {.n = 0};
	struct str rest = rq->http->query, key, value;
	sbuf_init(&c.list, LIMIT_BODY_SMALL);
	for (size_t i = 0; rq->post && i < b->nparts; i++)
		if (is_named(b->parts[i].name, name))
			choose(&c, b->parts[i].value, records);
	while (!rq->post && uri_pair_next(rq->arena, &rest, &key, &value) == URI_PAIR)
		if (is_named(key, name))
			choose(&c, value, records);
	return c;
}

static struct str list_text(struct request *rq, struct chosen *c)
{
	struct str s = arena_str(rq->arena, sbuf_view(&c->list));
	sbuf_release(&c->list);
	return s;
}

/* The filter of sql/STAFF.md. */
static struct str filter_of(struct request *rq, bool *ret_bad)
{
	struct chosen records = chosen_of(rq, "r"), codes = chosen_of(rq, "f");
	struct str r = list_text(rq, &records), f = list_text(rq, &codes),
		   place = office_arg(rq, "place");
	struct code c;
	*ret_bad = records.bad || codes.bad ||
		   (place.n > 0 && (!code_parse(place, &c) || !code_check(&c)));
	if (*ret_bad)
		return STR_NONE;
	if (place.n)
		return arena_fmt(rq->arena, "{\"place\":\"%s\"}", c.c);
	if (records.n)
		return arena_fmt(rq->arena, "{\"records\":[%.*s]}", STR_F(r));
	if (codes.n)
		return arena_fmt(rq->arena, "{\"codes\":[%.*s]}", STR_F(f));
	return STR("{\"due\":true}");
}

/* ---- the list -----------------------------------------------------------------------------
 */

static void row(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *x)
{
	const struct json *at = json_get(x, "facility"), *r = json_get(x, "record"),
			  *printed = json_get(x, "printed");
	struct view *to = view_add(v, K_rows);
	struct str id = json_str(r, "id");
	int32_t day = json_day(r, "on");
	view_str(to, K_name, work_facility(pg, sv->ref, at));
	view_str(to, K_where, work_where(pg, at));
	view_str(to, K_url,
		web_cat(pg, STR("/staff/notices?place="), json_str(x, "at"),
			pg->lang_asked ? STR("&lang=") : STR(""),
			pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR("")));
	if (!id.n)
		return;
	view_str(to, K_record, id);
	view_str(to, K_record_url, web_url(pg, STR("/staff/r/"), id));
	view_str(to, K_type, work_type(pg, sv->ref, json_str(at, "kind"), json_str(r, "type")));
	if (day != DAY_NONE)
		view_str(to, K_day, web_date_plain(pg, day));
	if (printed) {
		view_str(to, K_at, web_staff_time(pg, json_str(printed, "at")));
		view_str(to, K_by, json_str(printed, "by"));
	}
}

static int64_t rows(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	int64_t ready = 0;
	json_each (x, json_get(sv->doc, "rows")) {
		row(pg, sv, v, x);
		ready += json_get(x, "record") != NULL;
	}
	view_flag(v, K_rows_any, json_count(json_get(sv->doc, "rows")) > 0);
	return ready;
}

static void lang_options(const struct page *pg, struct view *v, struct str chosen)
{
	for (size_t i = 0; i < sizeof langs / sizeof langs[0]; i++)
		office_option(
			v, K_langs, str_c(langs[i].lang), web_text(pg, langs[i].msg), chosen);
}

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label fields[] = {
		{"records", M_nt_which}, {"filter", M_nt_which}, {"notice", M_nt_lang}};
	const struct json *place = json_get(sv->doc, "place");
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_nt_title), STR("/staff/notices"));
	int64_t ready = rows(pg, sv, v);
	struct str name = json_str(place, "name");
	view_str(v, K_heading,
		name.n ? web_text(pg, M_nt_of_place, VALUE_S(name)) : web_text(pg, M_nt_title));
	view_flag(v, K_recent, json_bool(sv->doc, "due", false));
	view_flag(v, K_some, ready > 0);
	view_flag(v, K_more, json_bool(sv->doc, "more", false));
	web_staff_errors(pg, sv, v, fields, sizeof fields / sizeof fields[0]);
	lang_options(pg, v, lang_of(sv->rq));
	return web_html(pg, T_staff_notices, v);
}

static const struct staff_kind list_page = {"staff_notices", ST_staff_notice_list, render_list};

static void made(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/notices/%lld?go=1",
			      (long long)json_int(ans->doc, "notice", 0)));
}

void web_staff_notices(struct request *rq)
{
	bool bad;
	struct str filter = filter_of(rq, &bad);
	if (bad) {
		request_error(rq, RC_BAD);
		return;
	}
	const struct db_param list[] = {DB_P_TEXT(filter)};
	if (!rq->post) {
		request_staff(rq, &list_page, list, 1);
		return;
	}
	struct chosen records = chosen_of(rq, "r"), codes = chosen_of(rq, "f");
	struct str r = list_text(rq, &records), f = list_text(rq, &codes);
	if (records.n > CHOSEN_MAX || codes.n > CHOSEN_MAX)
		staff_field_error(rq, "records", "too_many");
	struct str body = arena_fmt(rq->arena,
		"{\"records\":[%.*s],\"facilities\":[%.*s],\"lang\":\"%.*s\"}", STR_F(r),
		STR_F(f), STR_F(lang_of(rq)));
	const struct db_param p[] = {DB_P_TEXT(body)};
	const struct staff_act act = {.stmt = ST_staff_notice_make,
		.again = &list_page,
		.again_params = list,
		.again_n = 1,
		.done = made};
	request_staff_act(rq, &act, p, 1);
}

/* ---- one order ----------------------------------------------------------------------------
 */

static struct str failure(const struct page *pg, struct str why)
{
	return str_eq(why, STR("changed")) ? web_text(pg, M_nt_changed) : why;
}

static enum rc render_one(struct page *pg, const struct staff_view *sv)
{
	const struct json *n = json_get(sv->doc, "notice");
	struct str state = json_str(n, "state"), id = web_number(pg, json_int(n, "id", 0)),
		   path = web_cat(pg, STR("/staff/notices/"), id),
		   file = web_cat(pg, path, STR("/pdf"));
	bool waits = str_eq(state, STR("waiting")) || str_eq(state, STR("working")),
	     done = str_eq(state, STR("done"));
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_nt_title), path);
	view_int(v, K_count, json_int(n, "count", 0));
	view_str(v, K_done_n, web_number(pg, json_int(n, "done", 0)));
	view_flag(v, K_waits, waits);
	view_str(v, K_path, web_url(pg, path));
	view_flag(v, K_failed, str_eq(state, STR("failed")));
	view_str(v, K_why, failure(pg, json_str(n, "why")));
	if (done) {
		view_str(v, K_file_url, file);
		view_int(v, K_kb, (json_int(n, "bytes", 0) + 1023) / 1024);
	}
	rows(pg, sv, v);
	view_str(v, K_list_url, web_url(pg, STR("/staff/notices")));
	/* One click: the file follows by itself, once. */
	bool go = request_query(sv->rq, STR("go")).n > 0;
	if (waits)
		staff_refresh(sv->rq, REFRESH_S, STR_NONE);
	else if (done && go)
		staff_refresh(sv->rq, 0, file);
	return web_html(pg, T_staff_notice, v);
}

void web_staff_notice(struct request *rq)
{
	static const struct staff_kind kind = {"staff_notice", ST_staff_notice, render_one};
	int64_t id;
	if (staff_arg_id(rq, &id))
		request_staff(rq, &kind, (struct db_param[]){DB_P_INT(id)}, 1);
}

static void file_cb(struct request *rq, const struct staff_answer *ans)
{
	office_pdf(rq, ans, "notice");
}

void web_staff_notice_file(struct request *rq)
{
	int64_t id;
	if (staff_arg_id(rq, &id))
		staff_call(rq, ST_staff_notice_file, (struct db_param[]){DB_P_INT(id)}, 1,
			file_cb);
}

/* ---- for everybody ------------------------------------------------------------------------
 */

static enum rc render_wait(struct page *pg, const struct docset *docs)
{
	struct str text = web_text(pg, M_nt_wait), path = web_cat(pg, STR("/r/"), pg->key);
	struct view *v = web_begin(pg, text, TONE_MUTE, path);
	(void)docs;
	web_answer(pg, v, ICON_MINUS, text);
	view_str(v, K_record_url, web_url(pg, path));
	return web_html(pg, T_notice_wait, v);
}

static void wait_page(struct request *rq)
{
	static const struct page_kind kind = {
		.name = "notice_wait", .stmt = ST_NONE, .guess = ST_NONE, .render = NULL};
	staff_refresh(rq, 2 * REFRESH_S, STR_NONE);
	request_page_once(rq, &kind, render_wait, rq->note.key);
}

static void public_file_cb(struct request *rq, const struct staff_answer *ans)
{
	if (!request_ok(rq, ans->rc))
		return;
	if (!ans->bytes.n)
		request_error(rq, RC_NOT_FOUND);
	else
		staff_download(rq, "application/pdf",
			arena_fmt(rq->arena, "notice-%.8s.pdf", rq->note.key.p), ans->bytes);
}

static void public_cb(struct request *rq, const struct staff_answer *ans)
{
	struct str state = json_str(ans->doc, "state");
	if (!request_ok(rq, ans->rc))
		return;
	if (!state.n || str_eq(state, STR("failed"))) {
		request_error(rq, RC_UNAVAILABLE);
	} else if (!str_eq(state, STR("done"))) {
		wait_page(rq);
	} else {
		const struct db_param p[] = {
			DB_P_INT(json_int(ans->doc, "id", 0)), DB_P_TEXT(rq->note.key)};
		staff_ask(rq, ST_public_notice_file, p, 2, public_file_cb);
	}
}

void web_notice(struct request *rq)
{
	if (!is_uuid(rq->arg[0])) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	rq->note.key = arena_str(rq->arena, rq->arg[0]);
	const struct db_param p[] = {DB_P_TEXT(rq->note.key), DB_P_TEXT(lang_of(rq))};
	staff_ask(rq, ST_public_notice, p, 2, public_cb);
}
