/* Owns the page behind a one-time link: whoever opens it chooses the password.  Never logs in.
 * Called by the router. */
#include "qrsvc/app/auth.h"
#include "qrsvc/app/hasher.h"
#include "qrsvc/web/staff.h"

#define HASH_MS 8000

struct invite {
	struct request *rq;
	struct str hash; /* of the token */
};

static struct str path_of(const struct staff_view *sv, const struct page *pg)
{
	return web_cat(pg, STR("/staff/invite/"), sv->rq->arg[0]);
}

static enum rc render_invite(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {
		{"password", M_st_password_new}, {"password2", M_st_password_twice}};
	struct str name = json_str(sv->doc, "name"), login = json_str(sv->doc, "login");
	struct str heading = web_text(pg, M_st_invite, VALUE_S(name)), path = path_of(sv, pg);
	struct view *v = web_staff_begin(pg, sv, heading, path);
	view_str(v, K_heading, heading);
	view_str(v, K_lead,
		web_text(pg, M_st_invite_lead, VALUE_S(login),
			VALUE_S(web_staff_time(pg, json_str(sv->doc, "expires")))));
	view_str(v, K_action, path);
	view_str(v, K_login, login);
	view_str(v, K_err_password, web_staff_error(pg, sv, "password"));
	view_str(v, K_err_password2, web_staff_error(pg, sv, "password2"));
	web_staff_errors(pg, sv, v, labels, 2);
	return web_html(pg, T_staff_password, v);
}

static enum rc render_bad(struct page *pg, const struct staff_view *sv)
{
	struct str why = json_str(sv->detail, "why");
	struct str heading = web_text(pg, M_st_invite_bad);
	struct view *v = web_staff_begin(pg, sv, heading, path_of(sv, pg));
	view_str(v, K_heading, heading);
	view_str(v, K_explain,
		web_text(pg, str_eq(why, STR("used"))	   ? M_st_invite_used
			     : str_eq(why, STR("expired")) ? M_st_invite_expired
							   : M_st_invite_none));
	return web_html(pg, T_staff_refused, v);
}

static const struct staff_kind page = {"staff_invite", ST_NONE, render_invite};
static const struct staff_kind bad = {"staff_invite", ST_NONE, render_bad};

static bool fine(struct request *rq, const struct staff_answer *ans)
{
	if (ans->rc == RC_OK)
		return true;
	if (ans->rc == RC_NOT_FOUND)
		staff_visitor_page(rq, &bad, ans, 404);
	else
		request_error(rq, ans->rc);
	return false;
}

static void used(struct request *rq, const struct staff_answer *ans)
{
	if (fine(rq, ans))
		staff_redirect(rq, STR("/staff/login?said=password"));
}

static void hashed(void *arg, enum rc rc, struct str hash)
{
	struct invite *i = arg;
	struct request *rq = i->rq;
	if (request_ok(rq, rc))
		staff_ask(rq, ST_invite_use,
			(struct db_param[]){DB_P_BYTES(i->hash), DB_P_TEXT(hash)}, 2, used);
}

static void looked(struct request *rq, const struct staff_answer *ans)
{
	struct invite *i = rq->user;
	if (!fine(rq, ans))
		return;
	if (!rq->post)
		staff_visitor_page(rq, &page, ans, 200);
	else if (!web_staff_new_password(rq, json_str(ans->doc, "login")))
		staff_visitor_page(rq, &page, ans, 422);
	else
		hasher_make(staff_hasher(rq), request_form(rq, STR("password")), HASH_MS,
			hashed, i);
}

void web_staff_invite(struct request *rq)
{
	struct auth_token token;
	struct invite *i = arena_alloc(rq->arena, sizeof *i);
	if (!auth_token_parse(rq->arg[0], &token)) {
		staff_visitor_page(rq, &bad, &(struct staff_answer){.rc = RC_NOT_FOUND}, 404);
		return;
	}
	i->rq = rq;
	i->hash = auth_token_hash(rq->arena, &token);
	rq->user = i;
	staff_ask(rq, ST_invite_look, (struct db_param[]){DB_P_BYTES(i->hash)}, 1, looked);
}
