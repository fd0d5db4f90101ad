/* Owns what is done with a record on /staff/r/{record}: confirm, return, withdraw, submit, a
 * link for an owner's signature; and /staff/r/{record}/redact.  Whether somebody may, and
 * whether the state allows it, the database decides.  Called by routes.c. */
#include "qrsvc/web/work.h"

#include "qrsvc/app/app.h"
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
	work_uuid(rq->arena, rq->arg[0], &id);
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
	if (!work_uuid(rq->arena, rq->arg[0], &id)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param p[] = {DB_P_TEXT(id)};
	if (rq->post)
		post(rq, id);
	else
		request_staff(rq, &work_record_kind, p, 1);
}

/* ---- photos that must not be seen ---------------------------------------------------------
 */

static struct str asked_pos(const struct staff_view *sv)
{
	return sv->rq->post ? request_form(sv->rq, STR("pos"))
			    : request_query(sv->rq, STR("pos"));
}

static enum rc render_redact(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {{"ground", M_wk_ground}};
	const struct json *r = json_get(sv->doc, "record"), *at = json_get(sv->doc, "facility");
	const struct json *kind = json_member(json_get(sv->ref, "kinds"), json_str(at, "kind"));
	const struct json *photo = json_first(json_get(r, "photos"));
	struct str id = json_str(r, "id"),
		   path = web_cat(pg, STR("/staff/r/"), id, STR("/redact"));
	uint64_t pos = 0;
	if (sv->refused == RC_OK && !work_can(sv->doc, "redact"))
		return RC_FORBIDDEN;
	if (!str_u64(asked_pos(sv), &pos) || !pos || pos > 32)
		return RC_NOT_FOUND;
	for (uint64_t i = 1; photo && i < pos; i++)
		photo = json_next(photo);
	struct str sha = json_str(photo, "sha256");
	if (!form_is_hash(sha))
		return RC_NOT_FOUND;
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_wk_redact), path);
	view_str(v, K_name, work_facility(pg, sv->ref, at));
	view_str(v, K_type, work_type(pg, sv->ref, json_str(at, "kind"), json_str(r, "type")));
	view_str(v, K_slot, web_named(pg, json_get(kind, "slots"), json_str(photo, "slot")));
	view_str(v, K_small, work_photo_url(pg, sha, 320));
	view_str(v, K_action, path);
	view_int(v, K_rev, json_int(sv->doc, "rev", 0));
	view_int(v, K_pos, (int64_t)pos);
	view_str(v, K_ground, web_staff_typed(sv, "ground", STR_NONE));
	view_str(v, K_why, web_staff_error(pg, sv, "ground"));
	web_staff_errors(pg, sv, v, labels, 1);
	return web_html(pg, T_staff_redact, v);
}

void web_staff_redact(struct request *rq)
{
	static const struct staff_kind kind = {"staff_redact", ST_staff_record, render_redact};
	struct str id, ground = str_trim(request_form(rq, STR("ground")), " \t\r\n"),
		       pos = request_form(rq, STR("pos"));
	uint64_t n = 0;
	if (!work_uuid(rq->arena, rq->arg[0], &id)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param again[] = {DB_P_TEXT(id)};
	if (!rq->post) {
		request_staff(rq, &kind, again, 1);
		return;
	}
	if (!str_u64(pos, &n) || n < 1 || n > 32) {
		request_error(rq, RC_BAD);
		return;
	}
	if (!ground.n)
		staff_field_error(rq, "ground", "missing");
	const struct db_param p[] = {DB_P_TEXT(id), DB_P_TEXT(rev_of(rq)), DB_P_TEXT(pos),
		DB_P_BYTES(STR_NONE), DB_P_TEXT(ground), DB_P_TEXT(STR_NONE)};
	const struct staff_act act = {.stmt = ST_staff_photo_redact,
		.again = &kind,
		.again_params = again,
		.again_n = 1,
		.next = path_of(rq, id)};
	request_staff_act(rq, &act, p, 6);
}
