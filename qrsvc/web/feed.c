/* Owns /feed/{token}.ics and /feed/{token}.atom: what an account's office or firm has due, for
 * calendars and feed readers, which cannot log in.  The token is the right: the database knows
 * its SHA-256 only, and the log has the pattern instead (ROUTE_SECRET).  Nobody but the reader
 * may keep the answer, and he asks each time whether it is still so (ETag).  Called by
 * routes.c. */
#include "qrsvc/web/feed.h"

#include "qrsvc/app/app.h"
#include "qrsvc/app/auth.h"
#include "qrsvc/app/hash.h"
#include "qrsvc/app/staff.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/http/resp.h"

static void answer(struct request *rq, struct str type, const struct sbuf *b)
{
	struct str text = arena_str(rq->arena, sbuf_view(b));
	http_reply(rq->x, &(struct http_reply){.status = 200,
				  .type = type,
				  .lines = rq->app->lines_feed,
				  .etag = arena_fmt(rq->arena, "\"%016llx\"",
					  (unsigned long long)hash_long(1, text)),
				  .text = text});
}

static void feed_cb(struct request *rq, const struct staff_answer *ans)
{
	bool atom = rq->route->pattern[strlen(rq->route->pattern) - 1] == 'm';
	const struct str *self = rq->user;
	struct page pg = {.arena = rq->arena, .site = rq->site, .lang = rq->site->lang};
	struct sbuf b;
	if (!request_ok(rq, ans->rc))
		return;
	if (!ans->doc) {
		request_error(rq, RC_INTERNAL);
		return;
	}
	lang_parse(json_str(ans->doc, "lang"), &pg.lang);
	sbuf_init(&b, FEED_MAX);
	if (atom)
		feed_atom(&pg, ans->doc, *self, &b);
	else
		feed_calendar(&pg, ans->doc, &b);
	if (b.over)
		request_error(rq, RC_TOO_LARGE);
	else
		answer(rq,
			atom ? STR("application/atom+xml; charset=utf-8")
			     : STR("text/calendar; charset=utf-8"),
			&b);
	sbuf_release(&b);
}

static void ask(struct request *rq, enum stmt_id stmt, const char *ending)
{
	struct auth_token token;
	struct str *self = arena_alloc(rq->arena, sizeof *self);
	if (!auth_token_parse(rq->arg[0], &token)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	*self = arena_fmt(rq->arena, "%.*s/feed/%.*s.%s", STR_F(rq->site->base_url),
		STR_F(auth_token_text(rq->arena, &token)), ending);
	rq->user = self;
	const struct db_param p[] = {DB_P_BYTES(auth_token_hash(rq->arena, &token))};
	staff_ask(rq, stmt, p, 1, feed_cb);
}

void web_feed_calendar(struct request *rq)
{
	ask(rq, ST_feed_calendar, "ics");
}

void web_feed_atom(struct request *rq)
{
	ask(rq, ST_feed_news, "atom");
}
