/* Owns what the script of our pages is told apart from uploads: refusals in words, a fresh form
 * token, and the list of today that a phone keeps for places without signal.  Called by app/
 * and by the router. */
#include "qrsvc/base/limits.h"
#include "qrsvc/web/staff.h"

/* ---- refusals -----------------------------------------------------------------------------
 */

static struct str words_of(const struct page *pg, struct str why)
{
	static const struct {
		const char *why;
		unsigned msg;
	} known[] = {{"hash", M_api_hash}, {"offset", M_api_offset}, {"length", M_api_length},
		{"piece", M_api_piece}, {"blobs", M_api_blobs}, {"blob", M_api_blob},
		{"token", M_api_token}, {"other_body", M_api_other_body}};
	static const struct {
		enum rc rc;
		unsigned msg;
	} rest[] = {{RC_AUTH, M_api_auth}, {RC_REAUTH, M_api_reauth},
		{RC_FORBIDDEN, M_api_forbidden}, {RC_NOT_FOUND, M_api_not_found},
		{RC_CONFLICT, M_api_conflict}, {RC_TOO_LARGE, M_api_length},
		{RC_BAD_TYPE, M_api_type}, {RC_INVALID, M_api_invalid}, {RC_BAD, M_api_bad},
		{RC_RATE, M_api_rate}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_eq(why, str_c(known[i].why)))
			return web_text(pg, known[i].msg);
	for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
		if (pg->error == rest[i].rc)
			return web_text(pg, rest[i].msg);
	return web_text(pg, M_api_away);
}

/* Words beside each field: of a blob they are ours, of a form those of its page. */
static void one_error(struct page *pg, const struct json *e)
{
	struct str field = json_str(e, "field"), why = json_str(e, "why");
	struct str text = json_str(e, "text");
	if (!text.p)
		text = str_eq(field, STR("blob")) ? words_of(pg, why) : web_staff_why(pg, e);
	sbuf_puts(pg->out, "{\"field\":");
	sbuf_json(pg->out, field);
	sbuf_puts(pg->out, ",\"why\":");
	sbuf_json(pg->out, why);
	sbuf_puts(pg->out, ",\"text\":");
	sbuf_json(pg->out, text);
	sbuf_byte(pg->out, '}');
}

void web_refusal(struct page *pg, const struct staff_answer *ans)
{
	bool list = json_type(ans->detail) == JSON_ARRAY;
	struct str why = json_str(list ? json_first(ans->detail) : ans->detail, "why");
	pg->status = rc_info(pg->error)->http;
	sbuf_puts(pg->out, "{\"error\":");
	sbuf_json(pg->out, str_c(rc_info(pg->error)->name));
	sbuf_puts(pg->out, ",\"text\":");
	sbuf_json(pg->out, words_of(pg, why));
	sbuf_fmt(pg->out, ",\"id\":\"%016llx\"", (unsigned long long)pg->request_id);
	if (list) {
		bool more = false;
		sbuf_puts(pg->out, ",\"errors\":[");
		json_each (e, ans->detail) {
			if (more)
				sbuf_byte(pg->out, ',');
			more = true;
			one_error(pg, e);
		}
		sbuf_byte(pg->out, ']');
	} else if (json_type(ans->detail) == JSON_OBJECT && json_count(ans->detail)) {
		/* its members as they came, behind ours */
		struct str members = str_trim(ans->said, " \t\r\n");
		sbuf_byte(pg->out, ',');
		sbuf_str(pg->out, str_sub(members, 1, members.n - 1));
	}
	sbuf_puts(pg->out, "}\n");
}

/* ---- /staff/token -------------------------------------------------------------------------
 */

static void member(struct sbuf *b, const char *key, struct str value)
{
	sbuf_fmt(b, ",\"%s\":", key);
	sbuf_json(b, value);
}

/* Who is logged in: a queue belongs to its account, and is sent with the token of the session
 * that is open now.  now: for a phone whose clock is wrong. */
static void token_cb(struct request *rq, const struct staff_answer *ans)
{
	const struct json *me = json_get(ans->doc, "me");
	struct str state = json_str(ans->doc, "state");
	struct sbuf b;
	if (!staff_ok(rq, ans))
		return;
	if (!str_eq(state, STR("full"))) {
		staff_refuse_why(rq, RC_AUTH, str_eq(state, STR("totp")) ? "totp" : "setup");
		return;
	}
	sbuf_init(&b, 4 * KIB);
	sbuf_fmt(&b, "{\"account\":%lld", (long long)json_int(me, "account", 0));
	member(&b, "login", json_str(me, "login"));
	member(&b, "name", json_str(me, "name"));
	member(&b, "csrf", staff_csrf(rq));
	member(&b, "now", web_rfc3339(&(struct page){.arena = rq->arena}, rq->now_us));
	member(&b, "expires", json_str(ans->doc, "expires"));
	sbuf_puts(&b, "}\n");
	staff_json(rq, 200, arena_str(rq->arena, sbuf_view(&b)));
	sbuf_release(&b);
}

void web_staff_token(struct request *rq)
{
	staff_call(rq, ST_staff_me, NULL, 0, token_cb);
}

/* ---- /staff/today.json --------------------------------------------------------------------
 */

static void today_cb(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		staff_json(rq, 200, ans->bytes);
}

/* Degrees with six places, or nothing: a place that is none is no reason to refuse the list. */
static struct str degrees(struct request *rq, struct str name)
{
	struct str s = request_query(rq, name);
	size_t dots = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool sign = i == 0 && s.p[0] == '-', dot = s.p[i] == '.' && i > 0;
		dots += dot;
		if (!sign && !dot && (s.p[i] < '0' || s.p[i] > '9'))
			return STR_NONE;
	}
	bool good = s.n && s.n <= 12 && dots <= 1 && s.p[s.n - 1] >= '0' && s.p[s.n - 1] <= '9';
	return good ? s : STR_NONE;
}

void web_staff_today(struct request *rq)
{
	struct str lon = degrees(rq, STR("lon")), lat = degrees(rq, STR("lat"));
	if (!lon.p || !lat.p)
		lon = lat = STR_NONE;
	staff_call(rq, ST_staff_home, (struct db_param[]){DB_P_TEXT(lon), DB_P_TEXT(lat)}, 2,
		today_cb);
}
