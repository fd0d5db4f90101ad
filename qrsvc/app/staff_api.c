/* Owns the answers to scripts of our own pages: JSON, never cached, never a page.  Knows no
 * words (web_refusal has them) and no statement.  Called by handlers and by staff.c. */
#include "qrsvc/app/staff_state.h"

#include "qrsvc/base/json.h"
#include "qrsvc/http/resp.h"

struct str staff_csrf(struct request *rq)
{
	const struct staff_state *st = staff_state(rq);
	return st->token.some ? auth_csrf(rq->arena, &st->token) : STR_NONE;
}

void staff_json(struct request *rq, int status, struct str text)
{
	http_reply(rq->x, &(struct http_reply){.status = status,
				  .type = reply_type(true),
				  .lines = rq->app->lines_refusal,
				  .text = text});
}

void staff_refuse(struct request *rq, const struct staff_answer *ans)
{
	struct app *a = rq->app;
	const struct rc_info *info = rc_info(ans->rc);
	sbuf_clear(&a->out);
	arena_reset(&a->scratch);
	struct page pg = {.out = &a->out,
		.arena = &a->scratch,
		.site = rq->site,
		.lang = rq->lang,
		.json = true,
		.today = app_today(a, rq->now_us),
		.as_of = rq->now_us,
		.error = ans->rc,
		.request_id = rq->id,
		.status = info->http};
	a->web->refusal(&pg, ans);
	if (info->retry_after && !rq->retry_s)
		rq->retry_s = info->retry_after;
	if (rq->retry_s)
		http_header(rq->x, STR("Retry-After"), arena_fmt(rq->arena, "%d", rq->retry_s));
	if (pg.status == 401) /* RFC 9110 15.5.2 */
		http_header(rq->x, STR("WWW-Authenticate"), STR("Cookie realm=\"staff\""));
	staff_json(rq, pg.status, arena_str(rq->arena, sbuf_view(&a->out)));
}

void staff_refuse_why(struct request *rq, enum rc rc, const char *why)
{
	struct staff_answer ans = {.rc = rc};
	struct err e;
	if (why) {
		ans.said = arena_fmt(rq->arena, "{\"why\":\"%s\"}", why);
		if (json_parse(rq->arena, ans.said, KIB, true, &e, &ans.detail) != RC_OK)
			ans.detail = NULL;
	}
	staff_refuse(rq, &ans);
}
