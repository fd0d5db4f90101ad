/* Owns the way in and out: login, the code of the second factor, the password once more, log
 * out, and the page that offers again what was typed before a session ended.  Never compares a
 * password itself: the hasher does, off the loop.  Called by the router and by app/staff.c. */
#include "qrsvc/app/auth.h"
#include "qrsvc/app/hasher.h"
#include "qrsvc/http/resp.h"
#include "qrsvc/web/staff.h"

#define HASH_MS 8000 /* both slots and a full queue: 32 * 0.2 s */

/* A login, or the password once more, from the form to the end. */
struct login {
	struct request *rq;
	int64_t account;
	int64_t wait; /* seconds until the next try may be made */
	bool again;   /* of a session that is there */
	bool busy;    /* passwords cannot be checked now */
	bool ok;
};

/* ---- pages --------------------------------------------------------------------------------
 */

static void say_wait(const struct page *pg, struct view *v, int64_t s)
{
	view_item(v, K_error_lines,
		s < 120 ? web_text(pg, M_st_wait, VALUE_I(s))
			: web_text(pg, M_st_wait_minutes, VALUE_I((s + 59) / 60)));
	view_flag(v, K_has_errors, true);
	view_str(v, K_errors_title, web_text(pg, M_st_errors_login));
}

/* What the three login forms share. */
static struct view *begin(const struct page *pg, const struct staff_view *sv, unsigned title,
	const char *path, const struct login *l)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, title), str_c(path));
	view_str(v, K_heading, web_text(pg, title));
	view_str(v, K_action, web_url(pg, str_c(path)));
	view_str(v, K_next, staff_goal(sv->rq));
	view_flag(v, K_resend, staff_kept_some(sv->rq));
	web_staff_keep(sv, v);
	if (l && l->wait > 0) {
		say_wait(pg, v, l->wait);
	} else if (l && l->busy) {
		view_item(v, K_error_lines, web_text(pg, M_st_busy));
		view_flag(v, K_has_errors, true);
		view_str(v, K_errors_title, web_text(pg, M_st_errors_login));
	} else if (sv->errors) {
		web_staff_errors(pg, sv, v, NULL, 0);
		view_str(v, K_errors_title, web_text(pg, M_st_errors_login));
	}
	return v;
}

static enum rc login_form(
	struct page *pg, const struct staff_view *sv, const struct login *l, unsigned lead)
{
	struct view *v = begin(pg, sv, M_st_login, "/staff/login", l);
	struct str said = request_query(sv->rq, STR("said"));
	view_flag(v, K_ask_login, true);
	view_str(v, K_login, web_staff_typed(sv, "login", STR_NONE));
	view_flag(v, K_own, web_staff_chosen(sv, "own", "1", false));
	view_str(v, K_submit, web_text(pg, M_st_login));
	if (lead)
		view_str(v, K_lead, web_text(pg, lead));
	if (str_eq(said, STR("out")))
		view_str(v, K_notice, web_text(pg, M_st_logged_out));
	else if (str_eq(said, STR("password")))
		view_str(v, K_notice, web_text(pg, M_st_password_done));
	return web_html(pg, T_staff_login, v);
}

static enum rc render_login(struct page *pg, const struct staff_view *sv)
{
	return login_form(pg, sv, sv->arg, 0);
}

static enum rc render_expired(struct page *pg, const struct staff_view *sv)
{
	return login_form(pg, sv, NULL, M_st_expired);
}

static enum rc again_form(
	struct page *pg, const struct staff_view *sv, const struct login *l, unsigned lead)
{
	struct view *v = begin(pg, sv, M_st_again, "/staff/again", l);
	view_str(v, K_submit, web_text(pg, M_st_go_on));
	view_str(v, K_lead, web_text(pg, lead));
	return web_html(pg, T_staff_login, v);
}

static enum rc render_again(struct page *pg, const struct staff_view *sv)
{
	return again_form(pg, sv, sv->arg, M_st_again_lead);
}

static enum rc render_again_kept(struct page *pg, const struct staff_view *sv)
{
	return again_form(pg, sv, NULL, M_st_again_upload);
}

static enum rc render_totp(struct page *pg, const struct staff_view *sv)
{
	/* Shown after a login too, whose state is not ours: only ours has a request. */
	const struct login *l = sv->rq->route->handler == web_staff_totp ? sv->arg : NULL;
	struct view *v = begin(pg, sv, M_st_code_title, "/staff/totp", l);
	view_str(v, K_err_code, web_staff_error(pg, sv, "code"));
	return web_html(pg, T_staff_code, v);
}

static enum rc render_resend(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_st_resend), STR("/staff/"));
	view_str(v, K_action, staff_goal(sv->rq));
	web_staff_keep(sv, v);
	view_flag(v, K_has_kept, view_count(v, K_kept) > 0);
	return web_html(pg, T_staff_resend, v);
}

static void refused_lines(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	json_each (e, sv->detail)
		if (json_type(e) == JSON_OBJECT)
			view_item(v, K_lines, web_staff_why(pg, e));
}

static enum rc render_refused(struct page *pg, const struct staff_view *sv)
{
	static const struct {
		enum rc rc;
		unsigned heading, text;
	} table[] = {{RC_FORBIDDEN, M_st_refused_403, M_st_refused_403_text},
		{RC_NOT_FOUND, M_st_refused_404, M_st_refused_404_text},
		{RC_CONFLICT, M_st_refused_409, M_st_refused_409_text},
		{RC_INVALID, M_st_refused_422, M_st_refused_422_text},
		{RC_UNKNOWN, M_st_refused_503, M_st_refused_503_text}};
	size_t i = 0;
	while (i + 1 < sizeof table / sizeof table[0] && table[i].rc != sv->refused)
		i++;
	struct str heading = web_text(pg, table[i].heading);
	struct view *v = web_staff_begin(pg, sv, heading, STR("/staff/"));
	bool own = str_eq(json_str(sv->detail, "why"), STR("own_upload"));
	view_str(v, K_heading, heading);
	view_str(v, K_explain, web_text(pg, own ? M_st_refused_own : table[i].text));
	if (sv->refused == RC_INVALID)
		refused_lines(pg, sv, v);
	view_str(v, K_request,
		arena_fmt(pg->arena, "%016llx", (unsigned long long)pg->request_id));
	return web_html(pg, T_staff_refused, v);
}

static const struct staff_kind login_page = {"staff_login", ST_NONE, render_login};
static const struct staff_kind expired_page = {"staff_expired", ST_NONE, render_expired};
static const struct staff_kind again_page = {"staff_again", ST_staff_me, render_again};
static const struct staff_kind kept_page = {"staff_again", ST_NONE, render_again_kept};
static const struct staff_kind totp_page = {"staff_totp", ST_staff_me, render_totp};
static const struct staff_kind totp_now = {"staff_totp", ST_NONE, render_totp};
static const struct staff_kind resend_page = {"staff_resend", ST_NONE, render_resend};
static const struct staff_kind refused_page = {"staff_refused", ST_staff_me, render_refused};

const struct staff_pages web_staff_pages = {.login = &expired_page,
	.again = &kept_page,
	.totp = &totp_now,
	.resend = &resend_page,
	.refused = &refused_page};

/* ---- password -----------------------------------------------------------------------------
 */

static struct login *login_of(struct request *rq, bool again)
{
	struct login *l = arena_alloc(rq->arena, sizeof *l);
	l->rq = rq;
	l->again = again;
	rq->user = l;
	return l;
}

static void show_form(struct request *rq, int status)
{
	struct login *l = rq->user;
	if (l->wait > 0)
		staff_retry_after(rq, l->wait);
	if (l->again)
		staff_page(rq, &again_page, NULL, status);
	else
		staff_visitor_page(rq, &login_page, NULL, status);
}

static void wrong(struct request *rq, int64_t wait)
{
	struct login *l = rq->user;
	l->wait = wait;
	staff_field_error(rq, l->again ? "password" : "login", "wrong_login");
	show_form(rq, wait > 0 ? 429 : 401);
}

static void cannot_check(struct request *rq)
{
	struct login *l = rq->user;
	l->busy = true;
	staff_field_error(rq, "login", "other");
	show_form(rq, 503);
}

/* ---- login --------------------------------------------------------------------------------
 */

/* To where one was going; who was going nowhere begins with the board, if his role has it. */
static void go_in(struct request *rq, const struct staff_answer *ans)
{
	if (json_bool(ans->doc, "board", false) && !staff_kept_some(rq) &&
		str_eq(staff_goal(rq), STR("/staff/")))
		staff_redirect(rq, STR("/staff/board"));
	else
		staff_go_on(rq, NULL);
}

static void logged_in(struct request *rq, const struct staff_answer *ans)
{
	if (!staff_ok(rq, ans))
		return;
	struct str state = json_str(ans->doc, "state");
	if (str_eq(state, STR("failed"))) {
		wrong(rq, json_int(ans->doc, "wait", 0));
		return;
	}
	staff_session_take(rq);
	if (str_eq(state, STR("full")))
		go_in(rq, ans);
	else if (str_eq(state, STR("totp")))
		staff_page(rq, &totp_now, NULL, 200);
	else
		staff_redirect(rq, STR("/staff/second"));
}

static void checked(void *arg, enum rc rc, struct str rehash)
{
	struct login *l = arg;
	struct request *rq = l->rq;
	if (rc != RC_OK && rc != RC_AUTH) {
		cannot_check(rq);
		return;
	}
	struct str device = auth_device(rq->arena, http_known(rq->http, HTTP_F_USER_AGENT));
	struct db_param p[] = {DB_P_INT(l->account), DB_P_INT(rc == RC_OK),
		DB_P_BYTES(staff_address(rq)), DB_P_BYTES(staff_session_new(rq)),
		DB_P_INT(request_form(rq, STR("own")).n > 0), DB_P_TEXT(device),
		DB_P_TEXT(rehash)};
	staff_ask(rq, ST_auth_login, p, 7, logged_in);
}

/* What the database knows of the account, and whether a try may be made at all. */
static void looked_up(struct request *rq, const struct staff_answer *ans)
{
	struct login *l = rq->user;
	if (!staff_ok(rq, ans))
		return;
	l->account = json_int(ans->doc, "account", 0);
	l->wait = json_int(ans->doc, "wait", 0);
	if (l->wait > 0) {
		wrong(rq, l->wait);
		return;
	}
	/* An unknown account has a hash that no password fits: it takes the same time. */
	hasher_verify(staff_hasher(rq), json_str(ans->doc, "hash"),
		request_form(rq, STR("password")), HASH_MS, checked, l);
}

void web_staff_login(struct request *rq)
{
	struct str name = str_trim(request_form(rq, STR("login")), " \t");
	if (!rq->post) {
		staff_visitor_page(rq, &login_page, NULL, 200);
		return;
	}
	login_of(rq, false);
	if (!name.n || name.n > 64 || !request_form(rq, STR("password")).n) {
		wrong(rq, 0);
		return;
	}
	staff_ask(rq, ST_auth_lookup,
		(struct db_param[]){DB_P_TEXT(name), DB_P_BYTES(staff_address(rq))}, 2,
		looked_up);
}

/* ---- the password once more ---------------------------------------------------------------
 */

static void again_done(struct request *rq, const struct staff_answer *ans)
{
	if (!staff_ok(rq, ans))
		return;
	if (json_bool(ans->doc, "ok", false))
		staff_go_on(rq, NULL);
	else
		wrong(rq, json_int(ans->doc, "wait", 0));
}

static void again_checked(void *arg, enum rc rc, struct str rehash)
{
	struct login *l = arg;
	(void)rehash; /* the next login renews it */
	if (rc != RC_OK && rc != RC_AUTH)
		cannot_check(l->rq);
	else
		staff_call(l->rq, ST_auth_again, (struct db_param[]){DB_P_INT(rc == RC_OK)}, 1,
			again_done);
}

static void again_looked_up(struct request *rq, const struct staff_answer *ans)
{
	struct login *l = rq->user;
	if (!staff_ok(rq, ans))
		return;
	l->wait = json_int(ans->doc, "wait", 0);
	if (l->wait > 0)
		wrong(rq, l->wait);
	else
		hasher_verify(staff_hasher(rq), json_str(ans->doc, "hash"),
			request_form(rq, STR("password")), HASH_MS, again_checked, l);
}

void web_staff_again(struct request *rq)
{
	if (!rq->post) {
		request_staff(rq, &again_page, NULL, 0);
		return;
	}
	login_of(rq, true);
	staff_call(rq, ST_auth_again_lookup, (struct db_param[]){DB_P_BYTES(staff_address(rq))},
		1, again_looked_up);
}

/* ---- the second factor --------------------------------------------------------------------
 */

static void code_done(struct request *rq, const struct staff_answer *ans)
{
	struct login *l = rq->user;
	if (!staff_ok(rq, ans))
		return;
	if (str_eq(json_str(ans->doc, "state"), STR("full"))) {
		staff_session_take(rq);
		go_in(rq, ans);
		return;
	}
	l->wait = json_int(ans->doc, "wait", 0);
	if (l->wait > 0)
		staff_retry_after(rq, l->wait);
	staff_field_error(rq, "code", "wrong_code");
	staff_page(rq, &totp_now, NULL, l->wait > 0 ? 429 : 401);
}

void web_staff_totp(struct request *rq)
{
	if (!rq->post) {
		request_staff(rq, &totp_page, NULL, 0);
		return;
	}
	login_of(rq, false);
	struct db_param p[] = {DB_P_TEXT(str_trim(request_form(rq, STR("code")), " ")),
		DB_P_BYTES(staff_session_new(rq)), DB_P_BYTES(staff_address(rq))};
	staff_call(rq, ST_auth_totp, p, 3, code_done);
}

/* ---- out ----------------------------------------------------------------------------------
 */

static void logged_out(struct request *rq, const struct staff_answer *ans)
{
	/* A session that is over already is as good as one that was just ended. */
	if (ans->rc != RC_AUTH && !staff_ok(rq, ans))
		return;
	staff_session_drop(rq);
	staff_redirect(rq, STR("/staff/login?said=out"));
}

void web_staff_logout(struct request *rq)
{
	staff_call(rq, ST_auth_logout,
		(struct db_param[]){DB_P_INT(request_form(rq, STR("all")).n > 0)}, 1,
		logged_out);
}
