/* Owns /staff/export: choosing a table, how far it is, fetching it.  Making it is the jobs
 * process's (jobs/export.c).  A file comes out of the database piece by piece into an unnamed
 * file, never whole into memory. */
#include "qrsvc/web/exchange.h"

#include <unistd.h>

#include "qrsvc/app/app.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/http/body.h"
#include "qrsvc/http/msg.h"
#include "qrsvc/http/resp.h"
#include "qrsvc/http/uri.h"
#include "labels/code.h"

#define REFRESH_S 2
#define CODES_MAX 1000 /* core.export_make has it too */

struct word {
	const char *word;
	unsigned msg;
};
static const struct word whats[] = {{"facilities", M_ex_facilities}, {"records", M_ex_records},
	{"results", M_ex_results}, {"offices", M_ex_offices}, {"managers", M_ex_managers}};
static const struct word formats[] = {
	{"xlsx", M_ex_xlsx}, {"csv-bom", M_ex_csv_bom}, {"csv", M_ex_csv}};
static const struct word states[] = {{"waiting", M_ex_waiting}, {"working", M_ex_working},
	{"done", M_ex_done}, {"failed", M_ex_failed}};
static const struct word whys[] = {{"too_large", M_ex_too_large}, {"broken", M_ex_broken}};
static const enum fstate fstates[] = {
	FS_OVERDUE, FS_FAILED, FS_NO_RECORD, FS_DUE_SOON, FS_ON_TIME, FS_SUSPENDED, FS_RETIRED};
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define WORDS(pg, table, s) word_of(pg, table, COUNT(table), s)

static struct str word_of(
	const struct page *pg, const struct word *table, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s, str_c(table[i].word)))
			return web_text(pg, table[i].msg);
	return s;
}

/* ---- what is asked for ---------------------------------------------------------------------
 */

struct codes {
	struct str list[CODES_MAX];
	size_t n;
};

static void add_code(struct request *rq, struct codes *c, struct str said)
{
	struct code code;
	if (c->n < CODES_MAX && code_parse(said, &code) && code_check(&code))
		c->list[c->n++] = arena_str(rq->arena, str_c(code.c));
}

/* Every field f=CODE of the query or the form. */
static struct codes *codes_of(struct request *rq)
{
	const struct http_body *b = &rq->http->body;
	struct codes *c = arena_alloc(rq->arena, sizeof *c);
	struct str rest = rq->http->query, key, value;
	for (size_t i = 0; rq->post && i < b->nparts; i++)
		if (str_eq(b->parts[i].name, STR("f")))
			add_code(rq, c, b->parts[i].value);
	while (!rq->post && uri_pair_next(rq->arena, &rest, &key, &value) == URI_PAIR)
		if (str_eq(key, STR("f")))
			add_code(rq, c, value);
	return c;
}

static struct str filter_json(struct request *rq)
{
	static const char *const names[] = {"org", "kind", "state"};
	const struct codes *c = codes_of(rq);
	struct sbuf b;
	sbuf_init(&b, LIMIT_BODY_SMALL);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct str s = office_arg(rq, names[i]);
		if (!s.n)
			continue;
		sbuf_fmt(&b, "%s\"%s\":", b.n ? "," : "{", names[i]);
		sbuf_json(&b, s);
	}
	if (c->n)
		sbuf_fmt(&b, "%s\"codes\":[", b.n ? "," : "{");
	for (size_t i = 0; i < c->n; i++) {
		if (i)
			sbuf_byte(&b, ',');
		sbuf_json(&b, c->list[i]);
	}
	if (c->n)
		sbuf_byte(&b, ']');
	sbuf_puts(&b, b.n ? "}" : "{}");
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

/* ---- the page ------------------------------------------------------------------------------
 */

static void options(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct request *rq = sv->rq;
	for (size_t i = 0; i < COUNT(whats); i++)
		office_option(v, K_whats, str_c(whats[i].word), web_text(pg, whats[i].msg),
			office_arg(rq, "what"));
	for (size_t i = 0; i < COUNT(formats); i++)
		office_option(v, K_formats, str_c(formats[i].word),
			web_text(pg, formats[i].msg), office_arg(rq, "format"));
	for (size_t i = 0; i < COUNT(fstates); i++)
		office_option(v, K_states, str_c(fstate_name(fstates[i])),
			web_state_word(pg, fstates[i]), office_arg(rq, "state"));
	json_each (o, json_get(sv->doc, "orgs"))
		office_option(v, K_orgs, json_str(o, "code"), json_str(o, "name"),
			office_arg(rq, "org"));
	view_flag(v, K_has_orgs, view_count(v, K_orgs) > 1);
	json_each (k, json_get(sv->doc, "kinds"))
		office_option(v, K_kinds, json_str(k, "code"),
			web_word(pg, json_get(k, "name")), office_arg(rq, "kind"));
	const struct codes *c = codes_of(rq);
	for (size_t i = 0; i < c->n; i++)
		view_str(view_add(v, K_codes), K_value, c->list[i]);
	if (c->n)
		view_int(v, K_chosen_n, (int64_t)c->n);
}

static struct str path_of(const struct page *pg, const struct json *x)
{
	return web_cat(pg, STR("/staff/export/"), web_number(pg, json_int(x, "id", 0)));
}

static void fill(const struct page *pg, struct view *v, const struct json *x)
{
	struct str state = json_str(x, "state");
	int64_t rows = json_int(x, "rows", 0);
	view_int(v, K_n, json_int(x, "id", 0));
	view_str(v, K_at, web_staff_time(pg, json_str(x, "made")));
	view_str(v, K_what, WORDS(pg, whats, json_str(x, "what")));
	view_str(v, K_format, WORDS(pg, formats, json_str(x, "format")));
	view_str(v, K_state_word, WORDS(pg, states, state));
	if (rows > 0)
		view_str(v, K_text, web_text(pg, M_ex_rows, VALUE_I(rows)));
	view_str(v, K_url, web_url(pg, path_of(pg, x)));
	view_str(v, K_why, WORDS(pg, whys, json_str(x, "why")));
}

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_ex_title), STR("/staff/export"));
	static const struct staff_label fields[] = {{"what", M_ex_what}, {"org", M_ex_org},
		{"kind", M_ex_kind}, {"state", M_ex_state}, {"format", M_ex_format}};
	web_staff_errors(pg, sv, v, fields, COUNT(fields));
	options(pg, sv, v);
	json_each (x, json_get(sv->doc, "exports"))
		fill(pg, view_add(v, K_exports), x);
	view_flag(v, K_some, view_count(v, K_exports) > 0);
	return web_html(pg, T_staff_exports, v);
}

static const struct staff_kind list_page = {"staff_export", ST_staff_exports, render_list};

static void made(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/export/%lld",
			      (long long)json_int(ans->doc, "export", 0)));
}

void web_staff_export(struct request *rq)
{
	if (!rq->post) {
		request_staff(rq, &list_page, NULL, 0);
		return;
	}
	const struct staff_act act = {
		.stmt = ST_staff_export_make, .again = &list_page, .done = made};
	const struct db_param p[] = {DB_P_TEXT(office_arg(rq, "what")),
		DB_P_TEXT(filter_json(rq)), DB_P_TEXT(office_arg(rq, "format")),
		DB_P_TEXT(str_c(lang_tag(rq->lang)))};
	request_staff_act(rq, &act, p, 4);
}

/* ---- one -----------------------------------------------------------------------------------
 */

static enum rc render_one(struct page *pg, const struct staff_view *sv)
{
	const struct json *x = json_get(sv->doc, "export");
	struct str state = json_str(x, "state"), path = path_of(pg, x);
	struct view *v = web_staff_begin(pg, sv,
		web_text(pg, M_ex_page, VALUE_I(json_int(x, "id", 0)),
			VALUE_S(WORDS(pg, states, state))),
		path);
	if (!x)
		return RC_NOT_FOUND;
	fill(pg, v, x);
	view_str(v, K_path, web_url(pg, path));
	view_str(v, K_list_url, web_url(pg, STR("/staff/export")));
	if (str_eq(state, STR("done"))) {
		view_str(v, K_file_url, web_cat(pg, path, STR("/file")));
		view_int(v, K_kb, (json_int(x, "size", 0) + 1023) / 1024);
	} else if (!str_eq(state, STR("failed"))) {
		view_flag(v, K_waits, true);
		staff_refresh(sv->rq, REFRESH_S, STR_NONE);
	}
	return web_html(pg, T_staff_export, v);
}

void web_staff_export_one(struct request *rq)
{
	static const struct staff_kind kind = {"staff_export", ST_staff_export, render_one};
	int64_t id;
	if (staff_arg_id(rq, &id))
		request_staff(rq, &kind, (struct db_param[]){DB_P_INT(id)}, 1);
}

/* ---- the file ------------------------------------------------------------------------------
 */

struct fetch {
	int64_t id, size, n;
	int fd;
	bool xlsx;
	struct str what;
};

static void send_file(struct request *rq, const struct fetch *f)
{
	http_header(rq->x, STR("Content-Disposition"),
		arena_fmt(rq->arena, "attachment; filename=\"%.*s-%lld.%s\"", STR_F(f->what),
			(long long)f->id, f->xlsx ? "xlsx" : "csv"));
	http_reply(rq->x,
		&(struct http_reply){.status = 200,
			.type = f->xlsx ? STR("application/vnd.openxmlformats-officedocument."
					      "spreadsheetml.sheet")
					: STR("text/csv; charset=utf-8"),
			.lines = rq->app->lines_refusal,
			.file = true,
			.fd = f->fd,
			.n = (uint64_t)f->size});
}

static void piece_cb(struct request *rq, const struct staff_answer *ans);

static void ask_piece(struct request *rq)
{
	const struct fetch *f = rq->user;
	staff_call(rq, ST_staff_export_piece,
		(struct db_param[]){DB_P_INT(f->id), DB_P_INT(f->n)}, 2, piece_cb);
}

static void piece_cb(struct request *rq, const struct staff_answer *ans)
{
	struct fetch *f = rq->user;
	if (ans->rc != RC_OK) {
		close(f->fd);
		staff_ok(rq, ans);
	} else if (!ans->bytes.n) {
		send_file(rq, f);
	} else if (!http_spool_write(f->fd, ans->bytes)) {
		close(f->fd);
		request_error(rq, RC_IO);
	} else {
		f->size += (int64_t)ans->bytes.n;
		f->n++;
		ask_piece(rq);
	}
}

static void file_cb(struct request *rq, const struct staff_answer *ans)
{
	struct fetch *f = rq->user;
	const char *state = rq->app->opt.state;
	if (!staff_ok(rq, ans))
		return;
	const struct json *x = json_get(ans->doc, "export");
	f->xlsx = str_eq(json_str(x, "format"), STR("xlsx"));
	f->what = json_str(x, "what");
	f->fd = str_eq(json_str(x, "state"), STR("done"))
			? http_spool_open(state[0] ? state : "/tmp")
			: -1;
	f->n = 1;
	if (!str_eq(json_str(x, "state"), STR("done")))
		request_error(rq, RC_NOT_FOUND);
	else if (f->fd < 0)
		request_error(rq, RC_IO);
	else
		ask_piece(rq);
}

void web_staff_export_file(struct request *rq)
{
	struct fetch *f = arena_alloc(rq->arena, sizeof *f);
	if (!staff_arg_id(rq, &f->id))
		return;
	rq->user = f;
	staff_call(rq, ST_staff_export, (struct db_param[]){DB_P_INT(f->id)}, 1, file_cb);
}
