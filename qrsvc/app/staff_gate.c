/* Owns who gets as far as a handler: where a form comes from, its token, the cookies, what was
 * typed before a login, where to go after it, and the answers that are no pages.  Never decides
 * about rights: the database does. Called by serve.c and by the pages that log in. */
#include "qrsvc/app/staff_state.h"

#include "qrsvc/base/log.h"
#include "qrsvc/http/negotiate.h"
#include "qrsvc/http/resp.h"

#define UPLOAD_WINDOW_MS 30000 /* a tunnel, a lift: the rate holds over this long */
#define UPLOAD_TOTAL_MS 3600000

struct staff_state *staff_state(struct request *rq)
{
	struct staff_state *st = rq->staff;
	if (st)
		return st;
	st = arena_alloc(rq->arena, sizeof *st);
	auth_cookie(rq->http, AUTH_COOKIE, &st->token);
	auth_cookie(rq->http, AUTH_COOKIE_FORM, &st->visitor);
	if (st->token.some)
		st->hash = auth_token_hash(rq->arena, &st->token);
	rq->staff = st;
	return st;
}

struct str staff_session(struct request *rq)
{
	return staff_state(rq)->hash;
}

struct str staff_session_new(struct request *rq)
{
	struct staff_state *st = staff_state(rq);
	auth_token_new(&st->fresh);
	return auth_token_hash(rq->arena, &st->fresh);
}

void staff_session_take(struct request *rq)
{
	struct staff_state *st = staff_state(rq);
	st->token = st->fresh;
	st->hash = auth_token_hash(rq->arena, &st->token);
	http_header(rq->x, STR("Set-Cookie"),
		auth_set_cookie(rq->arena, AUTH_COOKIE, &st->token, AUTH_DAY_S));
}

void staff_session_drop(struct request *rq)
{
	struct staff_state *st = staff_state(rq);
	st->token.some = false;
	st->hash = STR_NONE;
	http_header(rq->x, STR("Set-Cookie"),
		auth_set_cookie(rq->arena, AUTH_COOKIE, &st->token, 0));
}

struct hasher *staff_hasher(const struct request *rq)
{
	return rq->app->hasher;
}

struct str staff_address(struct request *rq)
{
	unsigned char h[SHA256_BYTES];
	struct app *a = rq->app;
	struct addr p = addr_prefix(&rq->http->client);
	struct str secret = {
		(const char *)a->limiter.shared->secret, sizeof a->limiter.shared->secret};
	struct str text = arena_fmt(
		rq->arena, "%d %d %d", app_today(a, rq->now_us), p.kind, (int)sizeof p.b);
	char *whole = arena_raw(rq->arena, text.n + sizeof p.b);
	if (p.kind == ADDR_NONE)
		return STR_NONE;
	memcpy(whole, text.p, text.n);
	memcpy(whole + text.n, p.b, sizeof p.b);
	hmac_sha256(secret, (struct str){whole, text.n + sizeof p.b}, h);
	return arena_str(rq->arena, (struct str){(const char *)h, 16});
}

/* ---- before a handler runs ----------------------------------------------------------------
 */

bool staff_wants_json(const struct request *rq)
{
	if (rq->route->flags & ROUTE_API)
		return true;
	return (rq->route->flags & ROUTE_STAFF) && http_known(rq->http, HTTP_F_ACCEPT).p &&
	       http_accepts_type(rq->http, STR("application/json")) >
		       http_accepts_type(rq->http, STR("text/html"));
}

/* A script that finds its token refused may fetch a fresh one and send the same again. */
static bool token_fits(struct request *rq, const struct auth_token *t, struct str token)
{
	if (auth_csrf_fits(t, token))
		return true;
	log_event(LOG_NOTICE, "form.no_token", LOG_C("route", rq->route->name));
	if (rq->api)
		staff_refuse_why(rq, RC_FORBIDDEN, "token");
	else
		request_error(rq, RC_FORBIDDEN);
	return false;
}

static struct str token_field(const struct request *rq)
{
	return http_field(rq->http, STR("X-CSRF"));
}

bool staff_head(struct request *rq)
{
	struct http_policy *policy = &rq->x->policy;
	if (!rq->post)
		return true;
	bool open = !(rq->route->flags & (ROUTE_STAFF | ROUTE_VISITOR));
	if (!(open ? auth_open_origin(rq->http) : auth_same_origin(rq->http))) {
		log_event(LOG_NOTICE, "form.other_site", LOG_C("route", rq->route->name));
		request_error(rq, RC_FORBIDDEN);
		return false;
	}
	if (rq->route->flags & ROUTE_API) {
		const struct staff_state *st = staff_state(rq);
		if (!st->token.some) {
			staff_refuse_why(rq, RC_AUTH, "none");
			return false;
		}
		if (!token_fits(rq, &st->token, token_field(rq)))
			return false;
	}
	if (rq->route->flags & ROUTE_UPLOAD) {
		policy->file_limit = LIMIT_PHOTO_BYTES;
		policy->window_ms = UPLOAD_WINDOW_MS;
		policy->total_ms = UPLOAD_TOTAL_MS;
	}
	return true;
}

bool staff_form(struct request *rq)
{
	bool visitor = rq->route->flags & ROUTE_VISITOR;
	if (!rq->post || !(rq->route->flags & (ROUTE_STAFF | ROUTE_VISITOR)) ||
		(rq->route->flags & ROUTE_API))
		return true;
	struct staff_state *st = staff_state(rq);
	if (!visitor && !st->token.some) {
		staff_ok(rq, &(struct staff_answer){.rc = RC_AUTH});
		return false;
	}
	struct str token = request_form(rq, STR("csrf"));
	if (rq->api && token_field(rq).p)
		token = token_field(rq);
	return token_fits(rq, visitor ? &st->visitor : &st->token, token);
}

/* ---- an upload, before its body ------------------------------------------------------------
 */

static void may_cb(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		http_resume(rq->x);
}

void staff_may_hold(struct request *rq, const char *right, struct str facility)
{
	http_hold(rq->x);
	staff_call(rq, ST_staff_may,
		(struct db_param[]){DB_P_TEXT(str_c(right)), DB_P_TEXT(facility)}, 2, may_cb);
}

/* ---- what was typed ------------------------------------------------------------------------
 */

static bool is_secret(struct str name)
{
	return str_starts(name, STR("password")) || str_eq(name, STR("csrf")) ||
	       str_eq(name, STR("code")) || str_eq(name, STR("next")) ||
	       str_eq(name, STR("resend"));
}

bool staff_kept_next(const struct request *rq, size_t *at, struct staff_kept *ret_)
{
	const struct http_body *b = &rq->http->body;
	bool here = rq->staff && rq->staff->refused_here;
	while (*at < b->nparts) {
		const struct http_part *p = &b->parts[(*at)++];
		struct str name = p->name;
		if (p->filename.p || !p->value.n || str_starts(name, STAFF_KEEP) == here)
			continue;
		if (!here)
			name = str_sub(name, STAFF_KEEP.n, name.n);
		if (is_secret(name))
			continue;
		*ret_ = (struct staff_kept){name, p->value};
		return true;
	}
	return false;
}

struct str staff_next(struct str asked)
{
	bool ours = str_starts(asked, STR("/staff/")) || str_starts(asked, STR("/s/"));
	for (size_t i = 0; i < asked.n; i++) {
		unsigned char c = (unsigned char)asked.p[i];
		ours = ours && c > 0x20 && c < 0x7f && c != '\\' && c != '"';
	}
	return ours && asked.n < 2000 ? asked : STR("/staff/");
}

struct str staff_goal(struct request *rq)
{
	if (rq->staff && rq->staff->refused_here)
		return staff_next(rq->http->target);
	return staff_next(
		rq->post ? request_form(rq, STR("next")) : request_query(rq, STR("next")));
}

bool staff_kept_some(struct request *rq)
{
	return (rq->staff && rq->staff->refused_here) || request_form(rq, STR("resend")).p;
}

void staff_go_on(struct request *rq, const struct staff_answer *ans)
{
	if (staff_kept_some(rq))
		staff_page(rq, rq->app->web->staff->resend, ans, 200);
	else
		staff_redirect(rq, staff_goal(rq));
}

/* ---- short answers -------------------------------------------------------------------------
 */

void staff_redirect(struct request *rq, struct str path)
{
	/* Who asked for a language by its link keeps it. */
	if (rq->lang_asked && str_find(path, STR("lang=")) < 0)
		path = arena_fmt(rq->arena, "%.*s%clang=%s", STR_F(path),
			str_chr(path, '?') < 0 ? '?' : '&', lang_tag(rq->lang));
	request_redirect(rq, 303, path);
}

void staff_download(struct request *rq, const char *type, struct str name, struct str bytes)
{
	http_header(rq->x, STR("Content-Disposition"),
		arena_fmt(rq->arena, "attachment; filename=\"%.*s\"", STR_F(name)));
	http_reply(rq->x, &(struct http_reply){.status = 200,
				  .type = str_c(type),
				  .lines = rq->app->lines_refusal,
				  .text = arena_str(rq->arena, bytes)});
}

void staff_image(struct request *rq, struct str bytes)
{
	if (bytes.n)
		http_reply(rq->x, &(struct http_reply){.status = 200,
					  .type = STR("image/jpeg"),
					  .lines = rq->app->lines_refusal,
					  .text = arena_str(rq->arena, bytes)});
	else
		request_error(rq, RC_NOT_FOUND);
}

void staff_nothing(struct request *rq)
{
	http_reply(rq->x, &(struct http_reply){.status = 204, .lines = rq->app->lines_refusal});
}

void staff_retry_after(struct request *rq, int64_t seconds)
{
	http_header(
		rq->x, STR("Retry-After"), arena_fmt(rq->arena, "%lld", (long long)seconds));
}

void staff_refresh(struct request *rq, int64_t seconds, struct str path)
{
	http_header(rq->x, STR("Refresh"),
		path.n ? arena_fmt(rq->arena, "%lld; url=%.*s", (long long)seconds, STR_F(path))
		       : arena_fmt(rq->arena, "%lld", (long long)seconds));
}

bool staff_arg_id(struct request *rq, int64_t *ret_)
{
	if (str_i64(rq->arg[0], ret_) && *ret_ > 0)
		return true;
	request_error(rq, RC_NOT_FOUND);
	return false;
}
