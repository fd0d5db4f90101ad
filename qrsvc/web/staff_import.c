/* Owns the pages of imports: bringing a table, what it would change, applying it, taking it
 * back, the list of what was refused.  Reading the table is the jobs process's (jobs/import.c),
 * meaning and rights are the database's.  Every cell of the list goes through sbuf_csv(). */
#include "qrsvc/web/exchange.h"

#include <unistd.h>

#include "qrsvc/base/crypto.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/http/msg.h"
#include "labels/code.h"

#define REFRESH_S 2
#define CELLS_SHOWN 300 /* bytes of a refused row on the page */

struct word {
	const char *word;
	unsigned msg;
};
static const struct word whats[] = {{"facilities", M_im_facilities},
	{"managers", M_im_managers}, {"offices", M_im_offices}, {"records", M_im_records}};
static const struct word states[] = {{"waiting", M_im_waiting}, {"reading", M_im_reading},
	{"shown", M_im_shown}, {"applying", M_im_applying}, {"applied", M_im_applied},
	{"undoing", M_im_undoing}, {"undone", M_im_undone}, {"failed", M_im_failed}};
static const struct word values[] = {{"in_service", M_im_in_service},
	{"suspended", M_im_suspended}, {"retired", M_im_retired}};
static const struct word fates[] = {{"created", M_im_created}, {"changed", M_im_changed},
	{"unchanged", M_im_unchanged}, {"refused", M_im_refused}};
#define NFATES (sizeof fates / sizeof fates[0])
#define WORDS(pg, table, s) word_of(pg, table, sizeof(table) / sizeof(table)[0], s)

static struct str word_of(
	const struct page *pg, const struct word *table, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s, str_c(table[i].word)))
			return web_text(pg, table[i].msg);
	return s;
}

static struct str path_of(const struct page *pg, const struct json *im)
{
	return web_cat(pg, STR("/staff/import/"), web_number(pg, json_int(im, "id", 0)));
}

static void fill(const struct page *pg, struct view *v, const struct json *im)
{
	struct str state = json_str(im, "state");
	view_int(v, K_n, json_int(im, "id", 0));
	view_str(v, K_at, web_staff_time(pg, json_str(im, "made")));
	view_str(v, K_who_name, json_str(im, "by"));
	view_str(v, K_what, WORDS(pg, whats, json_str(im, "what")));
	view_str(v, K_name, json_str(im, "name"));
	view_str(v, K_state_word, WORDS(pg, states, state));
	view_str(v, K_url, web_url(pg, path_of(pg, im)));
	view_str(v, K_why, exchange_reason(pg, json_str(im, "why"), json_str(im, "detail")));
}

/* ---- bringing one --------------------------------------------------------------------------
 */

static void columns(const struct page *pg, struct view *v, const struct json *all)
{
	for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++) {
		struct view *w = view_add(v, K_whats);
		struct sbuf b;
		sbuf_init(&b, 8192);
		view_str(w, K_value, str_c(whats[i].word));
		view_str(w, K_label, web_text(pg, whats[i].msg));
		json_each (c, json_get(all, whats[i].word)) {
			if (b.n)
				sbuf_puts(&b, pg->lang == LANG_ZH ? "、" : ", ");
			sbuf_str(&b, web_word(pg, json_get(c, "name")));
			if (json_bool(c, "needed", false))
				sbuf_fmt(&b, " (%.*s)", STR_F(web_text(pg, M_im_needed)));
		}
		view_str(w, K_text, arena_str(pg->arena, sbuf_view(&b)));
		if (i == 0)
			view_str(w, K_more_text, web_text(pg, M_im_more_params));
		else if (i == 3)
			view_str(w, K_more_text, web_text(pg, M_im_more_results));
		sbuf_release(&b);
	}
}

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_im_title), STR("/staff/import"));
	static const struct staff_label fields[] = {{"what", M_im_what}, {"file", M_im_file}};
	web_staff_errors(pg, sv, v, fields, sizeof fields / sizeof fields[0]);
	view_str(v, K_err_file, web_staff_error(pg, sv, "file"));
	view_str(v, K_err_what, web_staff_error(pg, sv, "what"));
	columns(pg, v, json_get(sv->doc, "columns"));
	json_each (im, json_get(sv->doc, "imports")) {
		struct view *row = view_add(v, K_imports);
		fill(pg, row, im);
		if (json_get(im, "rows"))
			view_str(row, K_text,
				web_cat(pg,
					web_text(pg, M_im_created,
						VALUE_I(json_int(im, "created", 0))),
					STR(" · "),
					web_text(pg, M_im_changed,
						VALUE_I(json_int(im, "changed", 0))),
					STR(" · "),
					web_text(pg, M_im_refused,
						VALUE_I(json_int(im, "refused", 0)))));
	}
	view_flag(v, K_some, view_count(v, K_imports) > 0);
	return web_html(pg, T_staff_imports, v);
}

static const struct staff_kind list_page = {"staff_import", ST_staff_imports, render_list};

static void list_cb(struct request *rq, const struct staff_answer *ans)
{
	if (!staff_ok(rq, ans))
		return;
	/* a file is not kept over a login: who brings one has just given the password */
	if (json_bool(json_get(ans->doc, "me"), "reauth", true))
		staff_ok(rq, &(struct staff_answer){.rc = RC_REAUTH});
	else
		staff_page(rq, &list_page, ans, 200);
}

static void put_cb(struct request *rq, const struct staff_answer *ans)
{
	if (ans->rc == RC_INVALID)
		staff_again(rq, &list_page, NULL, 0, ans);
	else if (staff_ok(rq, ans))
		office_go(rq, arena_fmt(rq->arena, "/staff/import/%lld",
				      (long long)json_int(ans->doc, "import", 0)));
}

static const struct http_part *file_part(const struct request *rq)
{
	const struct http_body *b = &rq->http->body;
	for (size_t i = 0; i < b->nparts; i++)
		if (b->parts[i].filename.p && str_eq(b->parts[i].name, STR("file")))
			return &b->parts[i];
	return NULL;
}

static void put(struct request *rq)
{
	const struct http_part *f = file_part(rq);
	struct str bytes = f ? f->value : STR_NONE;
	char *read_in = NULL;
	if (!f || !f->size)
		staff_field_error(rq, "file", "missing");
	else if (f->size > LIMIT_IMPORT_BYTES)
		staff_field_error(rq, "file", "too_long");
	if (!f || staff_has_errors(rq)) {
		staff_again(rq, &list_page, NULL, 0, NULL);
		return;
	}
	if (f->fd >= 0) {
		read_in = xmalloc(f->size);
		bytes = (struct str){read_in, f->size};
		if (pread(f->fd, read_in, f->size, 0) != (ssize_t)f->size) {
			free(read_in);
			request_error(rq, RC_IO);
			return;
		}
	}
	staff_call(rq, ST_staff_import_put,
		(struct db_param[]){DB_P_TEXT(request_form(rq, STR("what"))),
			DB_P_TEXT(f->filename), DB_P_BYTES(bytes)},
		3, put_cb);
	free(read_in); /* copied */
}

void web_staff_import(struct request *rq)
{
	if (rq->post)
		put(rq);
	else
		staff_call(rq, ST_staff_imports, NULL, 0, list_cb);
}

void web_staff_import_may(struct request *rq)
{
	staff_may_hold(rq, "import", STR_NONE);
}

/* ---- one -----------------------------------------------------------------------------------
 */

/* What stands over a field's column, or what the field is called. */
static struct str field_name(
	const struct page *pg, const struct staff_view *sv, struct str field)
{
	struct str name = web_word(pg, json_member(json_get(sv->doc, "names"), field));
	json_each (h, json_get(sv->doc, "heads"))
		if (str_eq(json_str(h, "field"), field))
			return json_str(h, "head");
	if (str_eq(field, STR("facility")))
		return web_text(pg, M_im_facilities);
	return name.n ? name : field;
}

static struct str value_words(
	const struct page *pg, const struct staff_view *sv, struct str field, struct str v)
{
	if (!v.n)
		return web_text(pg, M_im_empty);
	if (str_eq(field, STR("status")))
		return WORDS(pg, values, v);
	if (str_eq(field, STR("kind"))) {
		struct str name = web_word(
			pg, json_get(json_member(json_get(sv->ref, "kinds"), v), "name"));
		return name.n ? name : v;
	}
	return v;
}

static struct str change_text(const struct page *pg, const struct staff_view *sv,
	const struct json *change, bool created)
{
	struct sbuf b;
	sbuf_init(&b, 65536);
	json_each (c, change) {
		const struct json *was = json_first(c), *is = was ? json_next(was) : NULL;
		struct str field = json_key(c), name = field_name(pg, sv, field);
		struct str now = value_words(pg, sv, field, json_text(is));
		if (b.n)
			sbuf_puts(&b, " · ");
		if (created)
			sbuf_str(&b, web_text(pg, M_im_new_value, VALUE_S(name), VALUE_S(now)));
		else
			sbuf_str(
				&b, web_text(pg, M_im_change, VALUE_S(name),
					    VALUE_S(value_words(pg, sv, field, json_text(was))),
					    VALUE_S(now)));
	}
	struct str s = arena_str(pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

/* The cells of a row, in the order of the file, shortened. */
static struct str cells_text(
	const struct page *pg, const struct json *heads, const struct json *cells)
{
	struct sbuf b;
	sbuf_init(&b, 65536);
	json_each (h, heads) {
		struct str s = json_text(json_member(cells, json_str(h, "field")));
		if (!s.n || b.n > CELLS_SHOWN)
			continue;
		if (b.n)
			sbuf_puts(&b, " · ");
		sbuf_str(&b, s);
	}
	struct str s = sbuf_view(&b);
	if (s.n > CELLS_SHOWN) {
		s.n = CELLS_SHOWN;
		while (s.n && (s.p[s.n] & 0xc0) == 0x80)
			s.n--;
		s = arena_fmt(pg->arena, "%.*s…", STR_F(s));
	} else {
		s = arena_str(pg->arena, s);
	}
	sbuf_release(&b);
	return s;
}

static void lines(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct str show = json_str(sv->doc, "show");
	bool created = str_eq(show, STR("created"));
	bool offices = str_eq(json_str(json_get(sv->doc, "import"), "what"), STR("offices"));
	json_each (l, json_get(sv->doc, "lines")) {
		struct view *row = view_add(v, K_lines);
		const struct json *change = json_get(l, "change"),
				  *cells = json_get(l, "cells");
		struct str target = json_str(l, "target");
		view_int(row, K_n, json_int(l, "line", 0));
		view_str(row, K_said,
			exchange_reason(pg, json_str(l, "reason"), json_str(l, "detail")));
		view_str(row, K_text,
			change ? change_text(pg, sv, change, created)
			       : cells_text(pg, json_get(sv->doc, "heads"), cells));
		if (!target.n)
			continue;
		if (!offices)
			view_str(row, K_go,
				web_url(pg, STR("/staff/"),
					target.n == CODE_LEN ? STR("f/") : STR("r/"), target));
		view_str(row, K_code,
			!offices && target.n == CODE_LEN ? web_code(pg, target) : target);
	}
	view_flag(v, K_reason, str_eq(show, STR("refused")) || str_eq(show, STR("undo")));
}

static void tabs(const struct page *pg, const struct staff_view *sv, struct view *v,
	struct str path, const struct json *im)
{
	struct str show = json_str(sv->doc, "show");
	int64_t next = json_int(sv->doc, "next", 0);
	struct str base = web_cat(pg, path, STR("?show=")),
		   lang = pg->lang_asked ? web_cat(pg, STR("&lang="), str_c(lang_tag(pg->lang)))
					 : STR("");
	for (size_t i = 0; i < NFATES; i++) {
		struct view *t = view_add(v, K_tabs);
		view_str(t, K_label,
			web_text(pg, fates[i].msg, VALUE_I(json_int(im, fates[i].word, 0))));
		view_str(t, K_url, web_cat(pg, base, str_c(fates[i].word), lang));
		view_flag(t, K_here, str_eq(show, str_c(fates[i].word)));
	}
	lines(pg, sv, v);
	if (next > 0)
		view_str(v, K_next_url,
			web_cat(pg, base, show, STR("&after="), web_number(pg, next), lang));
	if (office_arg(sv->rq, "after").n)
		view_str(v, K_newest_url, web_cat(pg, base, show, lang));
	if (json_int(im, "refused", 0) > 0)
		view_str(v, K_csv_url, web_url(pg, path, STR("/refused.csv")));
}

static void unused(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct sbuf b;
	sbuf_init(&b, 4096);
	json_each (h, json_get(sv->doc, "heads")) {
		if (json_str(h, "field").n || !json_str(h, "head").n)
			continue;
		if (b.n)
			sbuf_puts(&b, pg->lang == LANG_ZH ? "、" : ", ");
		sbuf_str(&b, json_str(h, "head"));
	}
	if (b.n)
		view_str(v, K_unused, arena_str(pg->arena, sbuf_view(&b)));
	sbuf_release(&b);
}

static void detected(const struct page *pg, struct view *v, const struct json *im)
{
	struct str enc = json_str(im, "encoding"), sep = json_str(im, "separator");
	if (!enc.n)
		return;
	view_str(v, K_detected,
		web_text(pg, M_im_detected, VALUE_S(enc),
			VALUE_S(web_text(pg, str_eq(sep, STR(";"))    ? M_im_semicolon
					     : str_eq(sep, STR("\t")) ? M_im_tab
								      : M_im_comma))));
}

static enum rc render_one(struct page *pg, const struct staff_view *sv)
{
	const struct json *im = json_get(sv->doc, "import");
	struct str state = json_str(im, "state"), path = path_of(pg, im);
	bool shown = str_eq(state, STR("shown"));
	struct view *v;
	if (!im)
		return RC_NOT_FOUND;
	v = web_staff_begin(pg, sv,
		web_text(pg, M_im_page, VALUE_I(json_int(im, "id", 0)),
			VALUE_S(WORDS(pg, states, state))),
		path);
	web_staff_errors(pg, sv, v, NULL, 0);
	fill(pg, v, im);
	detected(pg, v, im);
	unused(pg, sv, v);
	view_str(v, K_path, web_url(pg, path));
	view_str(v, K_list_url, web_url(pg, STR("/staff/import")));
	view_flag(v, K_moved, json_bool(im, "moved", false));
	view_str(v, K_mark, json_str(im, "mark"));
	view_flag(v, K_shown, shown);
	if (json_get(im, "rows"))
		tabs(pg, sv, v, path, im);
	view_flag(v, K_has_tabs, json_get(im, "rows") != NULL);
	int64_t good = json_int(im, "created", 0) + json_int(im, "changed", 0);
	if (shown && good > 0)
		view_int(v, K_good, good);
	view_flag(v, K_can_undo, str_eq(state, STR("applied")));
	view_flag(v, K_can_drop, shown || str_eq(state, STR("failed")));
	if (json_int(im, "undo_refused", 0) > 0) {
		view_int(v, K_undo_no, json_int(im, "undo_refused", 0));
		view_str(v, K_undo_url, web_url(pg, path, STR("/refused.csv?u=1")));
	}
	if (str_eq(state, STR("waiting")) || str_eq(state, STR("reading")) ||
		str_eq(state, STR("applying")) || str_eq(state, STR("undoing"))) {
		view_flag(v, K_waits, true);
		view_int(v, K_done_n, json_int(sv->doc, "share", 0));
		staff_refresh(sv->rq, REFRESH_S, STR_NONE);
	}
	return web_html(pg, T_staff_import, v);
}

static const struct staff_kind one_page = {"staff_import", ST_staff_import, render_one};

void web_staff_import_one(struct request *rq)
{
	int64_t id, after = office_number(office_arg(rq, "after"), 1, INT32_MAX, 0);
	struct str show = office_arg(rq, "show"), mark = request_form(rq, STR("mark"));
	unsigned char hash[SHA256_BYTES];
	bool known = str_eq(show, STR("undo"));
	if (!staff_arg_id(rq, &id))
		return;
	for (size_t i = 0; i < NFATES; i++)
		known = known || str_eq(show, str_c(fates[i].word));
	struct db_param *p = arena_array(rq->arena, 3, sizeof *p);
	p[0] = (struct db_param)DB_P_INT(id);
	p[1] = (struct db_param)DB_P_TEXT(known ? show : STR("refused"));
	p[2] = (struct db_param)DB_P_INT(after);
	if (!rq->post) {
		request_staff(rq, &one_page, p, 3);
		return;
	}
	struct str act = request_form(rq, STR("do"));
	const struct staff_act form = {.stmt = ST_staff_import_act,
		.again = &one_page,
		.again_params = p,
		.again_n = 3,
		.next = str_eq(act, STR("drop"))
				? STR("/staff/import")
				: arena_fmt(rq->arena, "/staff/import/%lld", (long long)id)};
	struct db_param more[] = {DB_P_INT(id), DB_P_TEXT(act),
		DB_P_BYTES(((struct str){(const char *)hash, sizeof hash}))};
	if (mark.n != SHA256_HEX || !hex_decode(mark, hash, SHA256_BYTES))
		more[2].type = DB_NULL;
	request_staff_act(rq, &form, more, 3);
}
