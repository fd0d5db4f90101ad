/* Owns /staff/admin: sections, lists and the one form that shows any of them.  What there is to
 * fill in, what may be chosen and what is wrong comes from the database
 * (sql/api/staff_admin*.sql); nothing here knows a section, but that label templates are files.
 * Adding and removing what hangs on a row are forms of their own, so it all works without
 * script.  Called by the router. */
#include "qrsvc/web/office.h"

#include "qrsvc/base/limits.h"
#include "qrsvc/http/msg.h"

#define PARTS_MAX 400 /* inputs and ticks of a form; the widest has about 80 */

/* A text of one language, or one per language. */
static struct str said(const struct page *pg, const struct json *j)
{
	return json_type(j) == JSON_STRING ? json_text(j) : web_word(pg, j);
}

/* "/staff/admin/WHAT/KEY"; both are codes, a key may also hold '.' and '-'. */
static struct str admin_url(const struct page *pg, struct str what, struct str key)
{
	struct sbuf b;
	sbuf_init(&b, 4096);
	sbuf_puts(&b, "/staff/admin/");
	sbuf_url(&b, what);
	if (key.n) {
		sbuf_byte(&b, '/');
		sbuf_url(&b, key);
	}
	struct str s = arena_str(pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return web_url(pg, s);
}

/* ---- sections and lists --------------------------------------------------------------------
 */

static enum rc render_sections(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_ad_title), STR("/staff/admin"));
	json_each (s, json_get(sv->doc, "sections")) {
		struct view *line = view_add(v, K_sections);
		view_str(line, K_url, admin_url(pg, json_str(s, "what"), STR_NONE));
		view_str(line, K_name, said(pg, json_get(s, "name")));
		view_str(line, K_lead, said(pg, json_get(s, "lead")));
	}
	return web_html(pg, T_staff_admin, v);
}

void web_staff_admin(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_admin", ST_staff_admin_list, render_sections};
	const struct db_param none = {.type = DB_NULL};
	request_staff(rq, &kind, (struct db_param[]){none, none, none}, 3);
}

static void rows(
	const struct page *pg, struct view *v, struct str what, const struct json *list)
{
	json_each (r, list) {
		struct view *line = view_add(v, K_rows);
		view_str(line, K_url, admin_url(pg, what, json_str(r, "key")));
		view_str(line, K_name, said(pg, json_get(r, "name")));
		view_str(line, K_note, said(pg, json_get(r, "note")));
		view_flag(line, K_over, json_bool(r, "over", false));
	}
}

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	struct str what = json_str(sv->doc, "what"), next = json_str(sv->doc, "next");
	struct str q = request_query(sv->rq, STR("q"));
	struct str name = said(pg, json_get(sv->doc, "name"));
	struct view *v = web_staff_begin(pg, sv, name, web_cat(pg, STR("/staff/admin/"), what));
	view_str(v, K_heading, name);
	view_str(v, K_lead, said(pg, json_get(sv->doc, "lead")));
	view_str(v, K_path, web_cat(pg, STR("/staff/admin/"), what));
	view_str(v, K_q, q);
	rows(pg, v, what, json_get(sv->doc, "rows"));
	if (json_bool(sv->doc, "can", false)) {
		view_str(v, K_new_url, admin_url(pg, what, STR("new")));
		view_str(v, K_new, said(pg, json_get(sv->doc, "new")));
	}
	if (next.n) {
		const struct str pairs[] = {STR("after"), next, STR("q"), q};
		view_str(v, K_next_url, office_query(pg, pairs, 4));
	}
	view_str(v, K_admin_url, web_url(pg, STR("/staff/admin")));
	return web_html(pg, T_staff_admin_list, v);
}

static struct db_param text_or_null(struct str s)
{
	return s.n && s.n <= 200 ? (struct db_param)DB_P_TEXT(s)
				 : (struct db_param){.type = DB_NULL};
}

void web_staff_admin_list(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_admin_list", ST_staff_admin_list, render_list};
	request_staff(rq, &kind,
		(struct db_param[]){DB_P_TEXT(rq->arg[0]),
			text_or_null(str_trim(request_query(rq, STR("q")), " ")),
			text_or_null(request_query(rq, STR("after")))},
		3);
}

/* ---- inputs --------------------------------------------------------------------------------
 */

static const struct json *input_of(const struct staff_view *sv, struct str id)
{
	json_each (in, json_get(sv->doc, "inputs"))
		if (str_eq(json_str(in, "id"), id))
			return in;
	return NULL;
}

static void options(const struct page *pg, struct view *f, const struct json *in, bool once)
{
	if (once) {
		struct view *o = view_add(f, K_options);
		view_str(o, K_label, web_text(pg, M_st_choose));
	}
	int64_t n = 0;
	json_each (opt, json_get(in, "options")) {
		struct view *o = view_add(f, K_options);
		view_str(o, K_value, json_str(opt, "value"));
		view_str(o, K_label, said(pg, json_get(opt, "label")));
		view_flag(o, K_on, json_bool(opt, "on", false));
		/* the first tick has the id the summary leads to */
		view_flag(o, K_first, n++ == 0);
	}
}

static void input(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *in)
{
	struct view *f = view_add(v, K_inputs);
	struct str id = json_str(in, "id"), type = json_str(in, "type");
	bool choice = str_eq(type, STR("choice")), multi = str_eq(type, STR("multi"));
	view_str(f, K_id, id);
	view_str(f, K_label, said(pg, json_get(in, "label")));
	view_str(f, K_help, said(pg, json_get(in, "help")));
	view_str(f, K_is, said(pg, json_get(in, "is")));
	view_str(f, K_now, said(pg, json_get(in, "now")));
	/* inside a choice, value is that of an option */
	if (!choice && !multi)
		view_str(f, K_value, said(pg, json_get(in, "value")));
	view_str(f, K_err, web_staff_error(pg, sv, arena_fmt(pg->arena, "%.*s", STR_F(id)).p));
	view_flag(f, K_required, json_bool(in, "required", false));
	view_int(f, K_most, json_int(in, "max", 200));
	if (choice || multi)
		options(pg, f, in, choice);
	if (json_bool(in, "stocks", false))
		office_template_options(pg, f, json_str(in, "value"));
	view_flag(f, K_show, str_eq(type, STR("show")));
	view_flag(f, K_choice, choice);
	view_flag(f, K_multi, multi);
	view_flag(f, K_long, str_eq(type, STR("long")));
	view_flag(f, K_date, str_eq(type, STR("date")));
	view_flag(f, K_line,
		str_eq(type, STR("text")) || str_eq(type, STR("integer")) ||
			str_eq(type, STR("number")));
	if (str_eq(type, STR("integer")))
		view_str(f, K_mode, STR("numeric"));
	else if (str_eq(type, STR("number")))
		view_str(f, K_mode, STR("decimal"));
}

/* As web_staff_errors(), with labels out of the answer. */
static void errors(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	int64_t count = 0;
	if (sv->refused == RC_OK)
		return;
	json_each (e, sv->errors) {
		struct str id = json_str(e, "field"), why = web_staff_why(pg, e);
		const struct json *in = input_of(sv, id);
		count++;
		if (!in) {
			view_item(v, K_error_lines, why);
			continue;
		}
		struct view *link = view_add(v, K_error_links);
		view_str(link, K_url, web_cat(pg, STR("#"), id));
		view_str(link, K_label,
			web_text(pg, M_label_colon, VALUE_S(said(pg, json_get(in, "label"))),
				VALUE_S(why)));
	}
	if (!count) {
		view_item(v, K_error_lines, web_staff_why(pg, sv->detail));
		count = 1;
	}
	view_flag(v, K_has_errors, true);
	view_str(v, K_errors_title, web_text(pg, M_st_errors, VALUE_I(count)));
}

/* ---- the form ------------------------------------------------------------------------------
 */

static void history(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	static const struct {
		const char *act;
		unsigned msg;
	} acts[] = {{"add", M_ad_added}, {"change", M_ad_changed}, {"end", M_ad_ended},
		{"remove", M_ad_removed}};
	json_each (h, json_get(sv->doc, "history")) {
		struct view *line = view_add(v, K_changes);
		struct str act = json_str(h, "act");
		view_str(line, K_at, web_staff_time(pg, json_str(h, "at")));
		view_str(line, K_who, json_str(h, "by"));
		for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
			if (str_eq(act, str_c(acts[i].act)))
				view_str(line, K_act, web_text(pg, acts[i].msg));
		json_each (c, json_get(h, "changes")) {
			struct view *one = view_add(line, K_fields);
			struct str before = said(pg, json_get(c, "before"));
			struct str after = said(pg, json_get(c, "after"));
			view_str(one, K_label, said(pg, json_get(c, "label")));
			view_str(one, K_before, before.n ? before : STR("–"));
			view_str(one, K_after, after.n ? after : STR("–"));
		}
	}
}

static struct str day_text(const struct page *pg, const struct json *j, const char *key)
{
	int32_t day = json_day(j, key);
	return day == DAY_NONE ? STR_NONE : web_date_plain(pg, day);
}

static void periods(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	json_each (p, json_get(sv->doc, "periods")) {
		struct view *line = view_add(v, K_periods);
		view_str(line, K_from, day_text(pg, p, "from"));
		view_str(line, K_to, day_text(pg, p, "to"));
		view_str(line, K_text, json_str(p, "text"));
	}
}

static void links(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	static const struct {
		const char *what;
		unsigned msg;
	} words[] = {{"add_facility", M_ad_add_facility}, {"add_of_kind", M_ad_add_of_kind},
		{"add_rule", M_ad_add_rule}, {"labels", M_ad_labels}, {"public", M_ad_public},
		{"sheet", M_ad_sheet}, {"staff", M_ad_staff}};
	json_each (l, json_get(sv->doc, "links"))
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			if (str_eq(json_str(l, "what"), str_c(words[i].what))) {
				struct view *line = view_add(v, K_links);
				view_str(line, K_url, json_str(l, "url"));
				view_str(line, K_label, web_text(pg, words[i].msg));
			}
	view_flag(v, K_has_links, view_count(v, K_links) > 0);
}

/* What hangs on the row: a list a section, with the way to add one. */
static void below(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	bool can = json_bool(sv->doc, "can", false);
	struct str key = json_str(sv->doc, "key");
	json_each (s, json_get(sv->doc, "below")) {
		struct view *list = view_add(v, K_below);
		struct str what = json_str(s, "what");
		view_str(list, K_name, said(pg, json_get(s, "name")));
		rows(pg, list, what, json_get(s, "rows"));
		if (!can)
			continue;
		view_str(list, K_new, said(pg, json_get(s, "new")));
		view_str(list, K_new_url,
			web_cat(pg, STR("/staff/admin/"), what, STR("/new?parent="), key));
	}
}

static enum rc render_form(struct page *pg, const struct staff_view *sv)
{
	const struct json *doc = sv->doc;
	struct str what = json_str(doc, "what"), key = json_str(doc, "key");
	struct str parent = json_str(doc, "parent"), above = json_str(doc, "above");
	struct str title = said(pg, json_get(doc, "title")),
		   name = said(pg, json_get(doc, "name"));
	bool fresh = str_eq(key, STR("new")), can = json_bool(doc, "can", false);
	struct str path = web_cat(pg, STR("/staff/admin/"), what, STR("/"), key);
	if (fresh)
		title = said(pg, json_get(doc, "new"));
	struct view *v = web_staff_begin(pg, sv, title, path);
	errors(pg, sv, v);
	view_str(v, K_heading, title);
	view_str(v, K_section, name);
	view_str(v, K_lead, said(pg, json_get(doc, "lead")));
	view_str(v, K_path, web_url(pg, path));
	view_str(v, K_rev, fresh ? STR("new") : json_str(doc, "rev"));
	view_str(v, K_parent, fresh ? parent : STR_NONE);
	json_each (in, json_get(doc, "inputs"))
		input(pg, sv, v, in);
	view_flag(v, K_can, can);
	view_flag(v, K_fresh, fresh);
	view_flag(v, K_dated, !fresh && json_bool(doc, "dated", false));
	view_flag(v, K_removes, json_bool(doc, "removes", false));
	view_flag(v, K_done, request_query(sv->rq, STR("done")).n > 0);
	periods(pg, sv, v);
	links(pg, sv, v);
	below(pg, sv, v);
	history(pg, sv, v);
	view_str(v, K_back_url,
		above.n ? admin_url(pg, above, parent) : admin_url(pg, what, STR_NONE));
	return web_html(pg, T_staff_admin_form, v);
}

static const struct staff_kind form = {"staff_admin_form", ST_staff_admin_form, render_form};

/* ---- what was typed ------------------------------------------------------------------------
 */

static bool seen(const struct http_part *parts, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(parts[k].name, parts[i].name))
			return true;
	return false;
}

static void values(struct sbuf *b, const struct http_part *parts, size_t n, struct str name)
{
	bool more = false;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(parts[i].name, name))
			continue;
		if (more)
			sbuf_byte(b, ',');
		sbuf_json(b, parts[i].value);
		more = true;
	}
}

/* The name of a field: ticks are called "also[]", as there may be several. */
static struct str field_name(struct str name)
{
	return str_ends(name, STR("[]")) ? (struct str){name.p, name.n - 2} : name;
}

/* {"name":["value",..],..}: each field with all its values. */
static struct str body_json(struct request *rq)
{
	const struct http_body *body = &rq->http->body;
	size_t n = body->nparts < PARTS_MAX ? body->nparts : PARTS_MAX;
	struct sbuf b;
	sbuf_init(&b, 8 * LIMIT_BODY_SMALL);
	sbuf_byte(&b, '{');
	for (size_t i = 0; i < n; i++) {
		if (seen(body->parts, i) || str_eq(body->parts[i].name, STR("csrf")))
			continue;
		if (b.n > 1)
			sbuf_byte(&b, ',');
		sbuf_json(&b, field_name(body->parts[i].name));
		sbuf_puts(&b, ":[");
		values(&b, body->parts, n, body->parts[i].name);
		sbuf_byte(&b, ']');
	}
	sbuf_byte(&b, '}');
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

/* What the address already says of a new row; STR_NONE: nothing. */
static struct str given_json(struct request *rq)
{
	static const char *const names[] = {"parent", "place", "kind", "duty"};
	struct sbuf b;
	sbuf_init(&b, 8192);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct str s = request_query(rq, str_c(names[i]));
		if (!s.n || s.n > 100)
			continue;
		sbuf_fmt(&b, "%s\"%s\":[", b.n ? "," : "{", names[i]);
		sbuf_json(&b, s);
		sbuf_byte(&b, ']');
	}
	if (b.n)
		sbuf_byte(&b, '}');
	struct str s = b.n ? arena_str(rq->arena, sbuf_view(&b)) : STR_NONE;
	sbuf_release(&b);
	return s;
}

static void saved(struct request *rq, const struct staff_answer *ans)
{
	struct str what = json_str(ans->doc, "what"), key = json_str(ans->doc, "key");
	ptrdiff_t dot = str_chr(key, '.');
	if (str_eq(request_form(rq, STR("do")), STR("remove")) && dot > 0) {
		office_go(rq,
			arena_fmt(rq->arena, "/staff/admin/kind/%.*s?done=1", (int)dot, key.p));
		return;
	}
	office_go(rq,
		arena_fmt(rq->arena, "/staff/admin/%.*s/%.*s?done=1", STR_F(what), STR_F(key)));
}

void web_staff_admin_form(struct request *rq)
{
	struct str body = rq->post ? body_json(rq) : given_json(rq);
	struct db_param *p = arena_array(rq->arena, 3, sizeof *p);
	p[0] = (struct db_param)DB_P_TEXT(rq->arg[0]);
	p[1] = (struct db_param)DB_P_TEXT(rq->arg[1]);
	p[2] = body.p ? (struct db_param)DB_P_TEXT(body) : (struct db_param){.type = DB_NULL};
	if (!rq->post) {
		request_staff(rq, &form, p, 3);
		return;
	}
	const struct staff_act act = {.stmt = ST_staff_admin_put,
		.again = &form,
		.again_params = p,
		.again_n = 3,
		.done = saved};
	request_staff_act(rq, &act, p, 3);
}
