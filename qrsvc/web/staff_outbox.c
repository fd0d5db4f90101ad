/* Owns /staff/outbox: where reminders go besides inboxes (webhooks, mail), and what did not
 * arrive, for administrators.  The secret of a webhook is shown once, when it is made.  What
 * may be a target, and who may say so, is the database's.  Called by routes.c. */
#include "qrsvc/web/office.h"

#include "qrsvc/http/msg.h"

#define AGAIN_MAX 50 /* messages of one page */

static const struct {
	const char *state;
	unsigned msg;
} states[] = {{"dead", M_ob_dead}, {"waiting", M_ob_waiting}, {"sent", M_ob_sent}};

/* Words of core.outbox.why: jobs/send.c, hook.c and mail.c write them. */
static struct str why_text(const struct page *pg, const struct json *r)
{
	static const struct {
		const char *why;
		unsigned msg;
	} table[] = {{"address", M_ob_why_address}, {"broken", M_ob_why_broken},
		{"connect", M_ob_why_connect}, {"ended", M_ob_why_ended},
		{"https", M_ob_why_https}, {"name", M_ob_why_name},
		{"no_smtp", M_ob_why_no_smtp}, {"status", M_ob_why_status},
		{"timeout", M_ob_why_timeout}, {"tls", M_ob_why_tls}};
	struct str why = json_str(r, "why");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(why, str_c(table[i].why)))
			return web_text(pg, table[i].msg, VALUE_I(json_int(r, "status", 0)));
	return why;
}

static struct str page_url(const struct page *pg, struct str state, struct str before)
{
	const struct str pairs[] = {STR("state"), str_eq(state, STR("dead")) ? STR_NONE : state,
		STR("before"), before, STR("lang"),
		pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
	return web_cat(pg, STR("/staff/outbox"), office_query(pg, pairs, 6));
}

static void tabs(const struct page *pg, const struct json *doc, struct view *v)
{
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		struct view *tab = view_add(v, K_tabs);
		struct str state = str_c(states[i].state);
		int64_t n = json_int(json_get(doc, "counts"), states[i].state, 0);
		view_str(tab, K_url, page_url(pg, state, STR_NONE));
		view_str(tab, K_label,
			web_text(pg, n < 1000 ? M_ob_tab : M_ob_tab_more,
				VALUE_S(web_text(pg, states[i].msg)), VALUE_I(n)));
		view_flag(tab, K_here, str_eq(json_str(doc, "state"), state));
	}
}

static void hooks(const struct page *pg, const struct json *doc, struct view *v)
{
	json_each (h, json_get(doc, "hooks")) {
		struct view *to = view_add(v, K_hooks);
		bool mail = str_eq(json_str(h, "kind"), STR("mail"));
		struct str ended = json_str(h, "ended");
		view_int(to, K_id, json_int(h, "id", 0));
		view_str(to, K_office, json_str(h, "to"));
		view_str(to, K_kind, web_text(pg, mail ? M_ob_mail : M_ob_webhook));
		view_str(to, K_target, json_str(h, "target"));
		view_str(to, K_ended, web_staff_time(pg, ended));
		view_flag(to, K_can, !ended.n);
	}
	view_flag(v, K_hooks_any, view_count(v, K_hooks) > 0);
}

static const struct json *hook_of(const struct json *doc, int64_t id)
{
	json_each (h, json_get(doc, "hooks"))
		if (json_int(h, "id", 0) == id)
			return h;
	return NULL;
}

static void messages(const struct page *pg, const struct json *doc, struct view *v)
{
	json_each (r, json_get(doc, "rows")) {
		struct view *to = view_add(v, K_rows);
		const struct json *h = hook_of(doc, json_int(r, "hook", 0));
		struct str due = json_str(r, "due"), sent = json_str(r, "sent");
		view_str(to, K_id, json_str(r, "id"));
		view_str(to, K_office, json_str(h, "to"));
		view_str(to, K_target, json_str(h, "target"));
		view_str(to, K_at, web_staff_time(pg, json_str(r, "made")));
		view_str(to, K_why, why_text(pg, r));
		view_str(to, K_said,
			sent.n	? web_text(pg, M_ob_sent_at, VALUE_S(web_staff_time(pg, sent)))
			: due.n ? web_text(pg, M_ob_next, VALUE_S(web_staff_time(pg, due)))
				: web_text(
					  pg, M_ob_tried, VALUE_I(json_int(r, "attempts", 0))));
	}
	view_flag(v, K_rows_any, view_count(v, K_rows) > 0);
	view_flag(v, K_can_again,
		str_eq(json_str(doc, "state"), STR("dead")) && view_count(v, K_rows) > 0);
}

static void form(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct str org = web_staff_typed(sv, "org", STR_NONE);
	bool mail = web_staff_chosen(sv, "kind", "mail", false);
	json_each (o, json_get(sv->doc, "orgs"))
		office_option(v, K_orgs, json_str(o, "code"), json_str(o, "name"), org);
	view_flag(v, K_mail, mail);
	web_staff_field(pg, sv, v, K_target, K_err_target, "target", STR_NONE);
	web_staff_field(pg, sv, v, K_party, K_err_party, "party", STR_NONE);
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {
		{"org", M_ob_org}, {"party", M_ob_party}, {"target", M_ob_target}};
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_ob_title), STR("/staff/outbox"));
	int64_t next = json_int(sv->doc, "next", 0),
		again = office_number(request_query(sv->rq, STR("again")), 0, INT32_MAX, -1);
	web_staff_errors(pg, sv, v, labels, sizeof labels / sizeof labels[0]);
	if (again >= 0)
		view_str(v, K_notice, web_text(pg, M_ob_again_done, VALUE_I(again)));
	tabs(pg, sv->doc, v);
	messages(pg, sv->doc, v);
	hooks(pg, sv->doc, v);
	form(pg, sv, v);
	if (next > 0)
		view_str(v, K_next_url,
			page_url(pg, json_str(sv->doc, "state"), web_number(pg, next)));
	return web_html(pg, T_staff_outbox, v);
}

static const struct staff_kind outbox_kind = {"staff_outbox", ST_staff_outbox, render};

/* ---- a webhook that was just made
 * ------------------------------------------------------------
 */

static enum rc render_made(struct page *pg, const struct staff_view *sv)
{
	const struct str *secret = sv->arg;
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_ob_made), STR("/staff/outbox"));
	view_str(v, K_secret, *secret);
	view_str(v, K_outbox_url, web_url(pg, STR("/staff/outbox")));
	return web_html(pg, T_staff_hook, v);
}

static const struct staff_kind made_kind = {"staff_hook", ST_staff_me, render_made};

static void me_cb(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		staff_page(rq, &made_kind, ans, 200);
}

static void made_cb(struct request *rq, const struct staff_answer *ans)
{
	struct str *secret = arena_alloc(rq->arena, sizeof *secret);
	*secret = arena_str(rq->arena, json_str(ans->doc, "secret"));
	rq->user = secret;
	if (secret->n)
		staff_call(rq, ST_staff_me, NULL, 0, me_cb);
	else
		office_go(rq, STR("/staff/outbox"));
}

/* ---- acts
 * ------------------------------------------------------------------------------------
 */

static void act_add(struct request *rq, struct staff_act *act)
{
	static const char *const fields[] = {"org", "party", "kind", "target"};
	struct sbuf b;
	sbuf_init(&b, 16384);
	sbuf_puts(&b, "{\"lang\":\"");
	sbuf_puts(&b, lang_tag(rq->lang));
	sbuf_byte(&b, '"');
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		struct str s = office_arg(rq, fields[i]);
		if (s.n > 600)
			staff_field_error(rq, fields[i], "too_long");
		else if (s.n)
			sbuf_fmt(&b, ",\"%s\":", fields[i]), sbuf_json(&b, s);
	}
	sbuf_byte(&b, '}');
	struct db_param p[] = {DB_P_TEXT(arena_str(rq->arena, sbuf_view(&b)))};
	sbuf_release(&b);
	act->stmt = ST_staff_hook_add;
	act->done = made_cb;
	request_staff_act(rq, act, p, 1);
}

static void again_cb(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/outbox?again=%lld",
			      (long long)json_int(ans->doc, "again", 0)));
}

static void act_again(struct request *rq, struct staff_act *act)
{
	const struct http_body *body = &rq->http->body;
	struct str *ids = arena_array(rq->arena, AGAIN_MAX, sizeof *ids);
	size_t n = 0;
	for (size_t i = 0; i < body->nparts && n < AGAIN_MAX; i++)
		if (str_eq(body->parts[i].name, STR("id[]")) &&
			web_uuid(rq->arena, body->parts[i].value, &ids[n]))
			n++;
	struct db_param p[] = {{.type = DB_TEXT_ARRAY, .list = ids, .n = n}};
	act->stmt = ST_staff_outbox_again;
	act->done = again_cb;
	request_staff_act(rq, act, p, 1);
}

void web_staff_outbox(struct request *rq)
{
	int64_t before = office_number(request_query(rq, STR("before")), 1, INT64_MAX, 0);
	struct str name = request_form(rq, STR("do"));
	struct db_param list[] = {DB_P_TEXT(request_query(rq, STR("state"))), DB_P_INT(before)};
	struct staff_act act = {.again = &outbox_kind,
		.again_params = list,
		.again_n = 2,
		.next = STR("/staff/outbox")};
	if (!before)
		list[1] = (struct db_param){.type = DB_NULL};
	if (!rq->post) {
		request_staff(rq, &outbox_kind, list, 2);
	} else if (str_eq(name, STR("again"))) {
		act_again(rq, &act);
	} else if (str_eq(name, STR("end"))) {
		act.stmt = ST_staff_hook_end;
		struct db_param p[] = {DB_P_INT(
			office_number(request_form(rq, STR("hook")), 1, INT32_MAX, 0))};
		request_staff_act(rq, &act, p, 1);
	} else {
		act_add(rq, &act);
	}
}
