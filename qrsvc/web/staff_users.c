/* Owns the pages of whoever looks after accounts: list, new account, new link, end.  Links are
 * shown once and never stored: the database has their hash.  Called by the router. */
#include "qrsvc/app/auth.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/web/office.h"

#define A_PAGE 50

/* ---- list -----------------------------------------------------------------------------------
 */

static void say_state(const struct page *pg, struct view *line, struct str state)
{
	static const struct {
		const char *state, *class;
		unsigned msg;
	} table[] = {{"active", "ok", M_st_state_active}, {"invited", "w", M_st_state_invited},
		{"future", "s", M_st_state_future}, {"expired", "no", M_st_state_expired},
		{"ended", "no", M_st_state_ended}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(state, str_c(table[i].state))) {
			view_str(line, K_state_class, str_c(table[i].class));
			view_str(line, K_state_word, web_text(pg, table[i].msg));
		}
}

static void user_line(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *u)
{
	struct view *line = view_add(v, K_users);
	const struct json *org = json_get(u, "org"), *party = json_get(u, "party");
	struct str state = json_str(u, "state"), last = json_str(u, "last");
	int64_t account = json_int(u, "account", 0);
	view_int(line, K_account, account);
	view_str(line, K_login, json_str(u, "login"));
	view_str(line, K_name, json_str(u, "name"));
	view_str(line, K_role, web_staff_role(pg, json_str(u, "role")));
	view_str(line, K_where, json_str(org ? org : party, "name"));
	view_str(line, K_last, web_staff_time(pg, last));
	say_state(pg, line, state);
	view_flag(line, K_can,
		!str_eq(state, STR("ended")) && account != json_int(sv->me, "account", 0));
}

static enum rc render_users(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_st_users), STR("/staff/users"));
	struct str q = request_query(sv->rq, STR("q")), next = json_str(sv->doc, "next");
	struct str ended = request_query(sv->rq, STR("ended"));
	view_str(v, K_q, q);
	json_each (u, json_get(sv->doc, "users"))
		user_line(pg, sv, v, u);
	if (ended.n && ended.n <= 40)
		view_str(v, K_notice, web_text(pg, M_st_user_ended, VALUE_S(ended)));
	if (next.n) {
		struct sbuf b;
		sbuf_init(&b, 1000);
		sbuf_puts(&b, "/staff/users?after=");
		sbuf_url(&b, next);
		if (q.n) {
			sbuf_puts(&b, "&q=");
			sbuf_url(&b, q);
		}
		view_str(v, K_next_url, arena_str(pg->arena, sbuf_view(&b)));
		sbuf_release(&b);
	}
	return web_html(pg, T_staff_users, v);
}

static const struct staff_kind users = {"staff_users", ST_staff_user_list, render_users};

void web_staff_users(struct request *rq)
{
	struct str q = str_trim(request_query(rq, STR("q")), " ");
	struct str after = request_query(rq, STR("after"));
	struct db_param p[] = {DB_P_TEXT(q.n && q.n < 100 ? q : STR_NONE),
		DB_P_TEXT(after.n && after.n < 100 ? after : STR_NONE), DB_P_INT(A_PAGE)};
	request_staff(rq, &users, p, 3);
}

/* ---- new account
 * ------------------------------------------------------------------------------ */

static enum rc render_new(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {{"login", M_st_login_name},
		{"name", M_st_user_name}, {"role", M_st_user_role}, {"org", M_st_user_org},
		{"party", M_st_user_party}, {"from", M_st_user_from}, {"to", M_st_user_to}};
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_st_user_add), STR("/staff/users/new"));
	struct str role = web_staff_typed(sv, "role", STR_NONE);
	web_staff_field(pg, sv, v, K_login, K_err_login, "login", STR_NONE);
	web_staff_field(pg, sv, v, K_name, K_err_name, "name", STR_NONE);
	web_staff_field(pg, sv, v, K_org, K_err_org, "org", STR_NONE);
	web_staff_field(pg, sv, v, K_party, K_err_party, "party", STR_NONE);
	web_staff_field(pg, sv, v, K_from, K_err_from, "from", STR_NONE);
	web_staff_field(pg, sv, v, K_to, K_err_to, "to", STR_NONE);
	view_str(v, K_err_role, web_staff_error(pg, sv, "role"));
	json_each (r, json_get(sv->doc, "roles")) {
		struct view *option = view_add(v, K_roles);
		view_str(option, K_role, json_text(r));
		view_str(option, K_label, web_staff_role(pg, json_text(r)));
		view_flag(option, K_chosen, str_eq(role, json_text(r)));
	}
	web_staff_errors(pg, sv, v, labels, sizeof labels / sizeof labels[0]);
	return web_html(pg, T_staff_user_new, v);
}

/* arg: the link. */
static enum rc render_link(struct page *pg, const struct staff_view *sv)
{
	bool new = sv->rq->route->handler == web_staff_user_new;
	struct str login = json_str(sv->doc, "login");
	struct str heading =
		web_text(pg, new ? M_st_link_new : M_st_link_reset, VALUE_S(login));
	const struct str *link = sv->arg;
	struct view *v = web_staff_begin(pg, sv, heading, STR("/staff/users"));
	view_str(v, K_heading, heading);
	view_str(v, K_link, *link);
	view_str(v, K_until, web_staff_time(pg, json_str(sv->doc, "expires")));
	return web_html(pg, T_staff_link, v);
}

static const struct staff_kind new_page = {"staff_user_new", ST_staff_user_list, render_new};
static const struct staff_kind link_page = {"staff_link", ST_NONE, render_link};

/* A token of our making; its link is kept in rq->user. */
static struct str new_link(struct request *rq)
{
	struct auth_token token;
	struct str *link = arena_alloc(rq->arena, sizeof *link);
	auth_token_new(&token);
	struct str text = auth_token_text(rq->arena, &token);
	*link = arena_fmt(
		rq->arena, "%.*s/staff/invite/%.*s", STR_F(rq->site->base_url), STR_F(text));
	rq->user = link;
	return auth_token_hash(rq->arena, &token);
}

static void link_made(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		staff_page(rq, &link_page, ans, 200);
}

void web_staff_user_new(struct request *rq)
{
	static const char *const fields[] = {
		"login", "name", "role", "org", "party", "from", "to"};
	const struct db_param list[] = {DB_P_TEXT(STR_NONE), DB_P_TEXT(STR_NONE), DB_P_INT(1)};
	if (!rq->post) {
		request_staff(rq, &new_page, list, 3);
		return;
	}
	struct staff_act act = {.stmt = ST_staff_user_add,
		.again = &new_page,
		.again_params = list,
		.again_n = 3,
		.done = link_made};
	struct str body =
		office_json(rq, request_form, fields, sizeof fields / sizeof fields[0]);
	request_staff_act(
		rq, &act, (struct db_param[]){DB_P_TEXT(body), DB_P_BYTES(new_link(rq))}, 2);
}

/* ---- one account
 * -------------------------------------------------------------------------------- */

void web_staff_user_reset(struct request *rq)
{
	int64_t account;
	struct staff_act act = {.stmt = ST_staff_user_reset, .done = link_made};
	if (!str_i64(rq->arg[0], &account) || account > INT32_MAX) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	struct db_param p[] = {DB_P_INT(account), DB_P_BYTES(new_link(rq)),
		DB_P_INT(request_form(rq, STR("second")).n > 0)};
	request_staff_act(rq, &act, p, 3);
}

static void ended(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		staff_redirect(rq, arena_fmt(rq->arena, "/staff/users?ended=%.*s",
					   STR_F(json_str(ans->doc, "login"))));
}

void web_staff_user_end(struct request *rq)
{
	int64_t account;
	struct staff_act act = {.stmt = ST_staff_user_end, .done = ended};
	if (!str_i64(rq->arg[0], &account) || account > INT32_MAX) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	request_staff_act(rq, &act, (struct db_param[]){DB_P_INT(account)}, 1);
}
