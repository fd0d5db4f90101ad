/* Owns /staff/r/{record}/reply: the form by which a firm answers a published result, appeals it
 * or asks for a new test, and what it sent before.  Who may say what until when is the
 * database's (sql/api/reply.sql); offices decide at staff_replies.c.  Called by routes.c. */
#include "qrsvc/web/office.h"
#include "qrsvc/web/reply.h"
#include "qrsvc/web/work.h"

static const struct staff_label fields[] = {
	{"kind", M_vo_kind}, {"words", M_vo_words}, {"key", M_vo_kind}};

static void choices(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	static const struct {
		const char *kind;
		unsigned msg;
	} table[] = {{"reply", M_vo_do_reply}, {"appeal", M_vo_do_appeal},
		{"retest", M_vo_do_retest}};
	struct str typed = web_staff_typed(sv, "kind", STR_NONE);
	json_each (k, json_get(sv->doc, "kinds")) {
		struct str kind = json_str(k, "kind");
		int32_t until = json_day(k, "until");
		bool open = !json_get(k, "why");
		struct view *to = view_add(v, open ? K_choices : K_closed);
		for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
			if (str_eq(kind, str_c(table[i].kind)))
				view_str(to, K_label, web_text(pg, table[i].msg));
		view_str(to, K_value, kind);
		view_flag(to, K_chosen, str_eq(kind, typed));
		if (!open)
			view_str(to, K_why, web_staff_why(pg, k));
		else if (until != DAY_NONE)
			view_str(to, K_until,
				web_text(pg, M_vo_until, VALUE_S(web_date_plain(pg, until))));
	}
	view_flag(v, K_choices_any, view_count(v, K_choices) > 0);
	view_flag(v, K_closed_any, view_count(v, K_closed) > 0);
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	const struct json *f = json_get(sv->doc, "facility"), *r = json_get(sv->doc, "record");
	struct str path = web_cat(pg, STR("/staff/r/"), json_str(r, "id"), STR("/reply"));
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_vo_form), path);
	web_staff_errors(pg, sv, v, fields, sizeof fields / sizeof fields[0]);
	reply_about(pg, sv->ref, v, f, r);
	view_str(v, K_where, work_where(pg, f));
	view_str(v, K_path, web_url(pg, path));
	view_str(v, K_public_url, web_url(pg, STR("/r/"), json_str(r, "id")));
	view_str(v, K_key, web_staff_typed(sv, "key", json_str(sv->doc, "key")));
	view_str(v, K_err_kind, web_staff_error(pg, sv, "kind"));
	web_staff_field(pg, sv, v, K_words, K_err_words, "words", STR_NONE);
	choices(pg, sv, v);
	json_each (s, json_get(sv->doc, "replies"))
		reply_row(pg, sv->ref, v, s);
	view_flag(v, K_rows_any, view_count(v, K_rows) > 0);
	return web_html(pg, T_staff_reply_form, v);
}

static void sent(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/replies/%lld",
			      (long long)json_int(ans->doc, "reply", 0)));
}

void web_staff_reply_form(struct request *rq)
{
	static const struct staff_kind kind = {"staff_reply_form", ST_staff_reply_form, render};
	static const char *const names[] = {"kind", "words"};
	struct str id, key;
	if (!web_uuid(rq->arena, rq->arg[0], &id)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param again[] = {DB_P_TEXT(id)};
	if (!rq->post) {
		request_staff(rq, &kind, again, 1);
		return;
	}
	if (!web_uuid(rq->arena, office_arg(rq, "key"), &key)) {
		request_error(rq, RC_BAD);
		return;
	}
	const struct staff_act act = {.stmt = ST_staff_reply_add,
		.again = &kind,
		.again_params = again,
		.again_n = 1,
		.done = sent};
	const struct db_param p[] = {DB_P_TEXT(id), DB_P_TEXT(key),
		DB_P_TEXT(office_json(rq, request_form, names, 2))};
	request_staff_act(rq, &act, p, 3);
}
