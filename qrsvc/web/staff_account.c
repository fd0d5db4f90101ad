/* Owns the pages of one's own account: where one is logged in, the password.  Called by the
 * router. */
#include "qrsvc/app/auth.h"
#include "qrsvc/app/hasher.h"
#include "qrsvc/web/staff.h"

#define HASH_MS 8000

/* ---- account -------------------------------------------------------------------------------
 */

static void session_line(const struct page *pg, struct view *v, const struct json *s)
{
	struct view *line = view_add(v, K_sessions);
	struct str device = json_str(s, "device");
	view_str(line, K_device, device.n ? device : web_text(pg, M_st_session_unknown));
	view_str(line, K_since, web_staff_time(pg, json_str(s, "since")));
	view_str(line, K_seen, web_staff_time(pg, json_str(s, "seen")));
	view_flag(line, K_this, json_bool(s, "this", false));
	view_int(line, K_id, json_int(s, "id", 0));
}

/* arg: the document of staff_me; doc: that of staff_sessions. */
static enum rc render_account(struct page *pg, const struct staff_view *sv)
{
	const struct json *second = json_get(sv->arg, "second");
	const struct json *org = json_get(sv->me, "org"), *party = json_get(sv->me, "party");
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_st_account), STR("/staff/account"));
	view_str(v, K_me_where, json_str(org ? org : party, "name"));
	json_each (s, json_get(sv->doc, "sessions"))
		session_line(pg, v, s);
	view_flag(v, K_second_on, json_bool(second, "on", false));
	view_int(v, K_recovery_left, json_int(second, "recovery_left", 0));
	view_str(v, K_second_url, web_url(pg, STR("/staff/second")));
	view_str(v, K_password_url, web_url(pg, STR("/staff/password")));
	if (str_eq(request_query(sv->rq, STR("done")), STR("ended")))
		view_str(v, K_notice, web_text(pg, M_st_ended));
	return web_html(pg, T_staff_account, v);
}

static const struct staff_kind account = {"staff_account", ST_staff_sessions, render_account};

static void account_me(struct request *rq, const struct staff_answer *ans)
{
	if (!staff_ok(rq, ans))
		return;
	rq->user = (void *)(uintptr_t)ans->doc;
	request_staff(rq, &account, NULL, 0);
}

void web_staff_account(struct request *rq)
{
	staff_call(rq, ST_staff_me, NULL, 0, account_me);
}

void web_staff_session_end(struct request *rq)
{
	int64_t id;
	struct staff_act act = {
		.stmt = ST_staff_session_end, .next = STR("/staff/account?done=ended")};
	if (!str_i64(rq->arg[0], &id)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	request_staff_act(rq, &act, (struct db_param[]){DB_P_INT(id)}, 1);
}

/* ---- password ------------------------------------------------------------------------------
 */

bool web_staff_new_password(struct request *rq, struct str login)
{
	struct str password = request_form(rq, STR("password"));
	const char *why = auth_password_refused(password, login);
	if (!password.n)
		why = "missing";
	if (why)
		staff_field_error(rq, "password", why);
	else if (!crypto_equal(password, request_form(rq, STR("password2"))))
		staff_field_error(rq, "password2", why = "differ");
	return !why;
}

static enum rc render_password(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {
		{"password", M_st_password_new}, {"password2", M_st_password_twice}};
	struct view *v = web_staff_begin(
		pg, sv, web_text(pg, M_st_password_change), STR("/staff/password"));
	view_str(v, K_heading, web_text(pg, M_st_password_change));
	view_str(v, K_action, web_url(pg, STR("/staff/password")));
	view_str(v, K_login, json_str(sv->me, "login"));
	view_str(v, K_err_password, web_staff_error(pg, sv, "password"));
	view_str(v, K_err_password2, web_staff_error(pg, sv, "password2"));
	web_staff_errors(pg, sv, v, labels, 2);
	return web_html(pg, T_staff_password, v);
}

static const struct staff_kind password_page = {"staff_password", ST_staff_me, render_password};

static void password_set(struct request *rq, const struct staff_answer *ans)
{
	if (!staff_ok(rq, ans))
		return;
	staff_session_drop(rq);
	staff_redirect(rq, STR("/staff/login?said=password"));
}

static void password_hashed(void *arg, enum rc rc, struct str hash)
{
	struct request *rq = arg;
	if (request_ok(rq, rc))
		staff_call(rq, ST_staff_password, (struct db_param[]){DB_P_TEXT(hash)}, 1,
			password_set);
}

/* First of all the session, and how old the last login is: nothing that was typed here may be
 * kept over a login. */
static void password_me(struct request *rq, const struct staff_answer *ans)
{
	const struct json *me = json_get(ans->doc, "me");
	if (!staff_ok(rq, ans))
		return;
	if (json_bool(me, "reauth", true))
		staff_redirect(rq, STR("/staff/again?next=/staff/password"));
	else if (!rq->post)
		staff_page(rq, &password_page, ans, 200);
	else if (!web_staff_new_password(rq, json_str(me, "login")))
		staff_page(rq, &password_page, ans, 422);
	else
		hasher_make(staff_hasher(rq), request_form(rq, STR("password")), HASH_MS,
			password_hashed, rq);
}

void web_staff_password(struct request *rq)
{
	staff_call(rq, ST_staff_me, NULL, 0, password_me);
}
