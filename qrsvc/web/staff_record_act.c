/* Owns what is done with a record on /staff/r/{record}: confirm, return, withdraw, submit, a
 * link for an owner's signature.  Whether somebody may, and
 * whether the state allows it, the database decides.  Called by routes.c. */
#include "qrsvc/web/work.h"

#include "qrsvc/app/auth.h"

static struct str path_of(struct request *rq, struct str id)
{
	return arena_fmt(rq->arena, "/staff/r/%.*s%s", STR_F(id),
		!rq->lang_asked	      ? ""
		: rq->lang == LANG_ZH ? "?lang=zh-CN"
				      : "?lang=en");
}

static struct str rev_of(struct request *rq)
{
	struct str rev = request_form(rq, STR("rev"));
	uint64_t n;
	return str_u64(rev, &n) && n < 32768 ? rev : STR("0");
}

/* ---- signatures ---------------------------------------------------------------------------
 */

static void link_cb(struct request *rq, const struct staff_answer *ans)
{
	struct work_link *link = rq->user;
	struct str id;
	link->until = arena_str(rq->arena, json_str(ans->doc, "until"));
	web_uuid(rq->arena, rq->arg[0], &id);
	const struct db_param p[] = {DB_P_TEXT(id)};
	request_staff(rq, &work_record_kind, p, 1);
}

static void make_link(struct request *rq, struct str id)
{
	struct auth_token token;
	struct work_link *link = arena_alloc(rq->arena, sizeof *link);
	auth_token_new(&token);
	link->token = auth_token_text(rq->arena, &token);
	rq->user = link;
	const struct db_param again[] = {DB_P_TEXT(id)};
	const struct db_param p[] = {
		DB_P_TEXT(id), DB_P_BYTES(auth_token_hash(rq->arena, &token))};
	/* A page that is shown again because of a refusal shows no link. */
	const struct staff_act act = {.stmt = ST_staff_sign_make,
		.again = &work_record_kind,
		.again_params = again,
		.again_n = 1,
		.done = link_cb};
	request_staff_act(rq, &act, p, 2);
}

/* ---- the page and its buttons -------------------------------------------------------------
 */

static bool known(struct str act)
{
	static const char *const acts[] = {"confirm", "return", "withdraw", "submit"};
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		if (str_eq(act, str_c(acts[i])))
			return true;
	return false;
}

static void post(struct request *rq, struct str id)
{
	struct str act = request_form(rq, STR("act")),
		   reason = str_trim(request_form(rq, STR("reason")), " \t\r\n");
	if (str_eq(act, STR("sign"))) {
		make_link(rq, id);
		return;
	}
	if (!known(act)) {
		request_error(rq, RC_BAD);
		return;
	}
	const struct db_param again[] = {DB_P_TEXT(id)};
	const struct db_param p[] = {DB_P_TEXT(id), DB_P_TEXT(act),
		DB_P_TEXT(reason.n ? reason : STR_NONE), DB_P_TEXT(rev_of(rq))};
	const struct staff_act todo = {.stmt = ST_staff_record_act,
		.again = &work_record_kind,
		.again_params = again,
		.again_n = 1,
		.next = path_of(rq, id)};
	request_staff_act(rq, &todo, p, 4);
}

void web_staff_record(struct request *rq)
{
	struct str id;
	if (!web_uuid(rq->arena, rq->arg[0], &id)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param p[] = {DB_P_TEXT(id)};
	if (rq->post)
		post(rq, id);
	else
		request_staff(rq, &work_record_kind, p, 1);
}
