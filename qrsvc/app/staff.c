/* Owns the way of a page behind the login: the statement with the session in front, its
 * refusals, the page or the form again.  Knows no page and no right by name.  Called by
 * web/staff_*.c. */
#include "qrsvc/app/staff.h"

#include "qrsvc/app/docs.h"
#include "qrsvc/app/lag.h"
#include "qrsvc/app/staff_state.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/log.h"
#include "qrsvc/http/resp.h"

/* ---- statements ----------------------------------------------------------------------------
 */

struct call {
	struct request *rq;
	staff_done_cb *cb;
	enum stmt_id stmt;
	const struct db_param *params;
	int n;
	bool again;		   /* it may be sent once more */
	struct staff_answer early; /* an answer that needs no database */
	struct loop_post post;
};

static void fill_answer(struct call *c, const struct db_rows *rows, struct staff_answer *ans)
{
	struct arena *a = c->rq->arena;
	struct str detail = db_detail(ans->rc == RC_OK ? NULL : rows);
	struct err e;
	ans->said = detail.p ? arena_str(a, detail) : STR_NONE;
	if (detail.p && json_parse(a, detail, LIMIT_DOCUMENT, true, &e, &ans->detail) != RC_OK)
		ans->detail = NULL;
	if (ans->rc != RC_OK)
		return;
	ans->rows = rows;
	if (!db_count(rows) || !db_columns(rows))
		return;
	ans->bytes = db_cell(rows, 0, 0);
	if (ans->bytes.n && ans->bytes.p[0] == '{' && !stmt_get(c->stmt)->binary) {
		ans->bytes = arena_str(a, ans->bytes);
		if (json_parse(a, ans->bytes, LIMIT_DOCUMENT, true, &e, &ans->doc) != RC_OK)
			ans->doc = NULL;
	}
}

static void submit(struct call *c);

static void rows_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct call *c = arg;
	if (rc == RC_UNKNOWN && c->again) {
		c->again = false;
		submit(c);
		return;
	}
	struct staff_answer ans = {.rc = rc};
	fill_answer(c, rows, &ans);
	c->cb(c->rq, &ans);
}

static void submit(struct call *c)
{
	const struct app *a = c->rq->app;
	const int ms[DB_CLASSES] = {[DB_RO] = a->opt.read_ms,
		[DB_RW] = a->opt.write_ms,
		[DB_SLOW] = a->opt.slow_ms};
	int wait = ms[stmt_get(c->stmt)->class];
	(lag_behind(a->lag) ? db_submit_primary : db_submit)(
		a->db, c->stmt, c->params, c->n, wait, rows_cb, c);
}

static void early_cb(void *arg)
{
	struct call *c = arg;
	c->cb(c->rq, &c->early);
}

static struct call *call_new(struct request *rq, enum stmt_id st, staff_done_cb *cb)
{
	struct call *c = arena_alloc(rq->arena, sizeof *c);
	c->rq = rq;
	c->cb = cb;
	c->stmt = st;
	return c;
}

void staff_ask(struct request *rq, enum stmt_id st, const struct db_param *params, int n,
	staff_done_cb *cb)
{
	struct call *c = call_new(rq, st, cb);
	c->params = params;
	c->n = n;
	submit(c);
}

void staff_call(struct request *rq, enum stmt_id st, const struct db_param *more, int n,
	staff_done_cb *cb)
{
	struct call *c = call_new(rq, st, cb);
	struct str hash = staff_session(rq);
	if (!hash.p) {
		c->early.rc = RC_AUTH;
		loop_post(rq->app->loop, &c->post, early_cb, c);
		return;
	}
	struct db_param *all = arena_array(rq->arena, (size_t)n + 1, sizeof *all);
	all[0] = (struct db_param)DB_P_BYTES(hash);
	for (int i = 0; i < n; i++)
		all[i + 1] = more[i];
	c->params = all;
	c->n = n + 1;
	/* A page that was only looked at may be asked for again; its texts are the request's.
	 */
	c->again = !rq->post;
	submit(c);
}

/* ---- pages ---------------------------------------------------------------------------------
 */

struct page_wait {
	const struct staff_kind *kind;
	struct staff_answer ans;
	int status;
	bool visitor;
	bool open; /* for everybody: no cookie is read or set */
	enum rc refused;
	const struct json *errors, *detail;
};

static struct str csrf_of(struct request *rq, bool visitor)
{
	struct staff_state *st = staff_state(rq);
	if (!visitor)
		return st->token.some ? auth_csrf(rq->arena, &st->token) : STR_NONE;
	if (!st->visitor.some)
		auth_token_new(&st->visitor);
	/* Again each time: it lives as long as somebody looks at forms. */
	http_header(rq->x, STR("Set-Cookie"),
		auth_set_cookie(rq->arena, AUTH_COOKIE_FORM, &st->visitor, -1));
	return auth_csrf(rq->arena, &st->visitor);
}

static void render(struct request *rq, const struct page_wait *w)
{
	struct app *a = rq->app;
	const struct json *doc = w->ans.doc;
	struct staff_view sv = {.rq = rq,
		.doc = doc,
		.ref = refs_json(a->refs, json_int(doc, "ref", 0)),
		.me = json_get(doc, "me"),
		.csrf = w->open ? STR_NONE : csrf_of(rq, w->visitor),
		.refused = w->refused,
		.errors = w->errors,
		.detail = w->detail,
		.arg = rq->user};
	sbuf_clear(&a->out);
	arena_reset(&a->scratch);
	struct page pg = {.out = &a->out,
		.arena = &a->scratch,
		.site = rq->site,
		.lang = rq->lang,
		.lang_asked = rq->lang_asked,
		.json = w->open && rq->json,
		.today = app_today(a, rq->now_us),
		.as_of = rq->now_us,
		.request_id = rq->id,
		.status = w->status ? w->status : 200};
	enum rc rc = w->kind->render(&pg, &sv);
	if (rc == RC_OK && a->out.over) {
		log_event(LOG_ERROR, "page.too_large", LOG_C("page", w->kind->name));
		rc = RC_INTERNAL;
	}
	if (rc != RC_OK) {
		request_error(rq, rc);
		return;
	}
	if (pg.status == 401) /* RFC 9110 15.5.2; no browser asks anything for this one */
		http_header(rq->x, STR("WWW-Authenticate"), STR("Cookie realm=\"staff\""));
	if (pg.status == 503) /* a form that is shown again: when to send it */
		staff_retry_after(rq, rc_info(RC_UNAVAILABLE)->retry_after);
	struct str staff = a->lines_staff[rq->lang][(rq->route->flags & ROUTE_CAMERA) != 0];
	http_reply(rq->x, &(struct http_reply){.status = pg.status,
				  .type = reply_type(pg.json),
				  .lines = w->open ? a->lines_once[rq->lang][pg.json] : staff,
				  .text = arena_str(rq->arena, sbuf_view(&a->out))});
}

/* The reference document, when it is not there yet; a page can do without, in codes. */
static void ref_cb(struct request *rq, const struct staff_answer *ans)
{
	struct page_wait *w = rq->staff->wait;
	if (ans->rc == RC_OK && db_count(ans->rows))
		refs_put(rq->app->refs, json_int(w->ans.doc, "ref", 0),
			db_cell(ans->rows, 0, 4));
	else
		log_event(LOG_WARNING, "reference.not_loaded", LOG_C("page", w->kind->name));
	render(rq, w);
}

static void show(struct request *rq, const struct page_wait *page)
{
	int64_t ref = json_int(page->ans.doc, "ref", 0);
	if (!ref || refs_have(rq->app->refs, ref)) {
		render(rq, page);
		return;
	}
	struct page_wait *w = arena_alloc(rq->arena, sizeof *w);
	*w = *page;
	staff_state(rq)->wait = w;
	char version[24];
	snprintf(version, sizeof version, "%lld", (long long)ref);
	staff_ask(rq, ST_public_document,
		(struct db_param[]){DB_P_TEXT(STR("reference")), DB_P_TEXT(str_c(version))}, 2,
		ref_cb);
}

/* Our own errors as JSON, in the arena; what the buffer held is given back. */
static const struct json *own_errors(struct request *rq)
{
	struct sbuf *b = &rq->staff->errors;
	const struct json *list = NULL;
	struct err e;
	sbuf_byte(b, ']');
	if (b->over ||
		json_parse(rq->arena, sbuf_view(b), LIMIT_DOCUMENT, false, &e, &list) != RC_OK)
		list = NULL;
	sbuf_release(b);
	*b = (struct sbuf){0};
	return list;
}

static struct page_wait page_of(struct request *rq, const struct staff_kind *kind,
	const struct staff_answer *ans, int status)
{
	struct page_wait w = {.kind = kind, .status = status};
	if (ans) {
		w.ans = *ans;
		w.refused = ans->rc;
		w.detail = ans->detail;
	}
	if (staff_has_errors(rq)) {
		w.errors = own_errors(rq);
		w.refused = RC_INVALID;
	}
	return w;
}

void staff_page(struct request *rq, const struct staff_kind *kind,
	const struct staff_answer *ans, int status)
{
	struct page_wait w = page_of(rq, kind, ans, status);
	show(rq, &w);
}

void staff_visitor_page(struct request *rq, const struct staff_kind *kind,
	const struct staff_answer *ans, int status)
{
	struct page_wait w = page_of(rq, kind, ans, status);
	w.visitor = true;
	show(rq, &w);
}

void staff_open_page(struct request *rq, const struct staff_kind *kind,
	const struct staff_answer *ans, int status)
{
	struct page_wait w = page_of(rq, kind, ans, status);
	w.open = true;
	show(rq, &w);
}

/* ---- refusals ------------------------------------------------------------------------------
 */

/* 303 to one of the pages that log in, which leads back here. */
static void go_log_in(struct request *rq, const char *page)
{
	struct sbuf b;
	sbuf_init(&b, 16 * KIB);
	sbuf_puts(&b, page);
	sbuf_puts(&b, "?next=");
	sbuf_url(&b, staff_next(rq->post ? STR_NONE : rq->http->target));
	struct str path = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	staff_redirect(rq, path);
}

/* What is kept is this form, unless it is a login form that keeps another one. */
static void refused_here(struct request *rq)
{
	staff_state(rq)->refused_here = !request_form(rq, STR("next")).p;
}

static void need_login(struct request *rq, const struct staff_answer *ans)
{
	struct str why = json_str(ans->detail, "why");
	const struct staff_pages *pages = rq->app->web->staff;
	if (str_eq(why, STR("totp"))) {
		go_log_in(rq, "/staff/totp");
	} else if (str_eq(why, STR("setup"))) {
		go_log_in(rq, "/staff/second");
	} else if (rq->post) {
		refused_here(rq);
		staff_visitor_page(rq, pages->login, ans, 401);
	} else {
		go_log_in(rq, "/staff/login");
	}
}

static void ask_page(
	struct request *rq, const struct page_wait *page, const struct db_param *params, int n);

/* The page that says no, with the header of whoever asks; without one where that cannot be had.
 */
static void say_no(struct request *rq, const struct staff_answer *ans)
{
	struct page_wait w = {.kind = rq->app->web->staff->refused,
		.status = rc_info(ans->rc)->http,
		.refused = ans->rc,
		.detail = ans->detail};
	if ((rq->route->flags & ROUTE_STAFF) && staff_session(rq).p && ans->rc != RC_UNKNOWN)
		ask_page(rq, &w, NULL, 0);
	else
		show(rq, &w);
}

bool staff_ok(struct request *rq, const struct staff_answer *ans)
{
	const struct staff_pages *pages = rq->app->web->staff;
	if (ans->rc == RC_OK)
		return true;
	if (rq->api) {
		staff_refuse(rq, ans);
	} else if (ans->rc == RC_AUTH) {
		need_login(rq, ans);
	} else if (ans->rc == RC_REAUTH && rq->post) {
		refused_here(rq);
		staff_page(rq, pages->again, ans, rc_info(RC_REAUTH)->http);
	} else if (ans->rc == RC_REAUTH) {
		go_log_in(rq, "/staff/again");
	} else if (ans->rc == RC_FORBIDDEN || ans->rc == RC_NOT_FOUND ||
		   ans->rc == RC_CONFLICT || ans->rc == RC_INVALID || ans->rc == RC_UNKNOWN) {
		say_no(rq, ans);
	} else {
		request_error(rq, ans->rc);
	}
	return false;
}

/* ---- pages and forms -----------------------------------------------------------------------
 */

static void page_cb(struct request *rq, const struct staff_answer *ans)
{
	struct page_wait *w = rq->staff->wait;
	if (!staff_ok(rq, ans))
		return;
	struct page_wait page = *w;
	page.ans = *ans;
	show(rq, &page);
}

static void ask_page(
	struct request *rq, const struct page_wait *page, const struct db_param *params, int n)
{
	struct page_wait *w = arena_alloc(rq->arena, sizeof *w);
	*w = *page;
	staff_state(rq)->wait = w;
	if (w->kind->stmt == ST_NONE)
		show(rq, w);
	else
		staff_call(rq, w->kind->stmt, params, n, page_cb);
}

void request_staff(
	struct request *rq, const struct staff_kind *kind, const struct db_param *more, int n)
{
	struct page_wait w = {.kind = kind, .status = 200};
	ask_page(rq, &w, more, n);
}

void staff_field_error(struct request *rq, const char *field, const char *why)
{
	struct sbuf *b = &staff_state(rq)->errors;
	if (!b->max)
		sbuf_init(b, 16 * KIB);
	sbuf_puts(b, b->n ? ",{\"field\":" : "[{\"field\":");
	sbuf_json(b, str_c(field));
	sbuf_puts(b, ",\"why\":");
	sbuf_json(b, str_c(why));
	sbuf_byte(b, '}');
}

bool staff_has_errors(const struct request *rq)
{
	return rq->staff && rq->staff->errors.n > 0;
}

void staff_again(struct request *rq, const struct staff_kind *kind,
	const struct db_param *params, int n, const struct staff_answer *ans)
{
	struct page_wait w = {.kind = kind, .refused = RC_INVALID};
	if (ans && ans->rc != RC_OK) {
		w.refused = ans->rc;
		w.detail = ans->detail;
	}
	if (staff_has_errors(rq))
		w.errors = own_errors(rq);
	else if (w.refused == RC_INVALID)
		w.errors = w.detail;
	w.status = rc_info(w.refused)->http;
	ask_page(rq, &w, params, n);
}

static void act_cb(struct request *rq, const struct staff_answer *ans)
{
	const struct staff_act *act = rq->staff->act;
	if ((ans->rc == RC_INVALID || ans->rc == RC_CONFLICT) && act->again)
		staff_again(rq, act->again, act->again_params, act->again_n, ans);
	else if (!staff_ok(rq, ans))
		return;
	else if (act->done)
		act->done(rq, ans);
	else
		staff_redirect(rq, act->next);
}

void request_staff_act(
	struct request *rq, const struct staff_act *act, const struct db_param *more, int n)
{
	if (staff_has_errors(rq) && act->again) {
		staff_again(rq, act->again, act->again_params, act->again_n, NULL);
		return;
	}
	struct staff_act *copy = arena_alloc(rq->arena, sizeof *copy);
	*copy = *act;
	copy->next = arena_str(rq->arena, act->next);
	if (act->again_n) {
		struct db_param *p = arena_array(rq->arena, (size_t)act->again_n, sizeof *p);
		memcpy(p, act->again_params, (size_t)act->again_n * sizeof *p);
		copy->again_params = p;
	}
	staff_state(rq)->act = copy;
	staff_call(rq, act->stmt, more, n, act_cb);
}
