/* Owns /staff/events, what offices announce and so start a clock for, and
 * /staff/events/{event}, how far one has come and its end.  What is due because of it, and to
 * whom it applies, is the database's (sql/api/event.sql, duty.sql).  Called by routes.c. */
#include "qrsvc/web/office.h"
#include "qrsvc/web/work.h"

#include "qrsvc/base/json.h"

static const struct {
	const char *what;
	unsigned msg;
} whats[] = {{"heat", M_ev_heat}, {"typhoon", M_ev_typhoon}, {"flood", M_ev_flood},
	{"pollution", M_ev_pollution}, {"outbreak", M_ev_outbreak}, {"other", M_ev_other}};
#define NWHATS (sizeof whats / sizeof whats[0])

static const struct {
	const char *name;
	unsigned key, err, msg;
} fields[] = {{"what", K_what, K_err_what, M_ev_what}, {"org", K_org, K_err_org, M_ev_org},
	{"duty", K_duty, K_err_duty, M_ev_duty}, {"on", K_on, K_err_on, M_ev_on},
	{"within", K_within, K_err_within, M_ev_within},
	{"unit", K_unit, K_err_unit, M_ev_unit}, {"basis", K_basis, K_err_basis, M_ev_basis}};
#define NFIELDS (sizeof fields / sizeof fields[0])

static struct str what_word(const struct page *pg, struct str what)
{
	for (size_t i = 0; i < NWHATS; i++)
		if (str_eq(what, str_c(whats[i].what)))
			return web_text(pg, whats[i].msg);
	return what;
}

static struct str duty_word(
	const struct page *pg, const struct json *ref, struct str kind, struct str type)
{
	return web_text(pg, M_ev_work, VALUE_S(web_named(pg, json_get(ref, "kinds"), kind)),
		VALUE_S(work_type(pg, ref, kind, type)));
}

static struct str day_of(const struct page *pg, const struct json *j, const char *key)
{
	int32_t day = json_day(j, key);
	return day == DAY_NONE ? STR_NONE : web_date_plain(pg, day);
}

/* What is said of one event, in the list and on its own page. */
static void say(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *e)
{
	const struct json *ended = json_get(e, "ended");
	int64_t work = json_int(e, "work_days", -1);
	view_str(v, K_what, what_word(pg, json_str(e, "what")));
	view_str(v, K_org, json_str(json_get(e, "org"), "name"));
	view_str(v, K_duty, duty_word(pg, sv->ref, json_str(e, "kind"), json_str(e, "type")));
	view_str(v, K_on, day_of(pg, e, "on"));
	view_str(v, K_within,
		work >= 0 ? web_text(pg, M_ev_n_work, VALUE_I(work))
			  : web_text(pg, M_ev_n_days, VALUE_I(json_int(e, "days", 0))));
	view_str(v, K_due, day_of(pg, e, "due"));
	view_flag(v, K_provisional, json_bool(e, "provisional", false));
	view_str(v, K_basis, json_str(e, "basis"));
	view_int(v, K_n, json_int(e, "facilities", 0));
	view_str(v, K_by, json_str(e, "by"));
	view_str(v, K_at, web_staff_time(pg, json_str(e, "at")));
	view_str(v, K_url,
		web_url(pg, STR("/staff/events/"), web_number(pg, json_int(e, "id", 0))));
	if (ended) {
		view_str(v, K_ended, day_of(pg, ended, "on"));
		view_str(v, K_ended_by, json_str(ended, "by"));
		view_str(v, K_reason, json_str(ended, "reason"));
	}
}

/* ---- list and form --------------------------------------------------------------------------
 */

static void options(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct str what = web_staff_typed(sv, "what", STR_NONE),
		   org = web_staff_typed(sv, "org", STR_NONE),
		   duty = web_staff_typed(sv, "duty", STR_NONE),
		   unit = web_staff_typed(sv, "unit", STR("days"));
	for (size_t i = 0; i < NWHATS; i++)
		office_option(
			v, K_whats, str_c(whats[i].what), web_text(pg, whats[i].msg), what);
	json_each (o, json_get(sv->doc, "orgs"))
		office_option(v, K_orgs, json_str(o, "code"), json_str(o, "name"), org);
	json_each (d, json_get(sv->doc, "duties")) {
		struct str kind = json_str(d, "kind"), type = json_str(d, "type");
		office_option(v, K_duties, web_cat(pg, kind, STR("/"), type),
			duty_word(pg, sv->ref, kind, type), duty);
	}
	office_option(v, K_units, STR("days"), web_text(pg, M_ev_days), unit);
	office_option(v, K_units, STR("work_days"), web_text(pg, M_ev_work_days), unit);
}

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	struct staff_label labels[NFIELDS];
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_ev_title), STR("/staff/events"));
	struct str done = request_query(sv->rq, STR("done"));
	int64_t n;
	if (str_i64(done, &n) && n > 0)
		view_str(v, K_notice, web_text(pg, M_ev_said, VALUE_I(n)));
	for (size_t i = 0; i < NFIELDS; i++) {
		labels[i] = (struct staff_label){fields[i].name, fields[i].msg};
		web_staff_field(pg, sv, v, fields[i].key, fields[i].err, fields[i].name,
			str_eq(str_c(fields[i].name), STR("on")) ? json_str(sv->doc, "today")
								 : STR_NONE);
	}
	web_staff_errors(pg, sv, v, labels, NFIELDS);
	options(pg, sv, v);
	json_each (e, json_get(sv->doc, "events"))
		say(pg, sv, view_add(v, K_events), e);
	view_flag(v, K_events_any, view_count(v, K_events) > 0);
	json_each (f, json_get(sv->doc, "failed"))
		work_facility_line(pg, sv->ref, v, K_facilities, f);
	view_flag(v, K_facilities_any, view_count(v, K_facilities) > 0);
	return web_html(pg, T_staff_events, v);
}

static struct str body_json(struct request *rq)
{
	struct sbuf b;
	sbuf_init(&b, 32 * KIB);
	for (size_t i = 0; i < NFIELDS; i++) {
		struct str s = office_arg(rq, fields[i].name);
		if (s.n > 1000) {
			staff_field_error(rq, fields[i].name, "too_long");
			continue;
		}
		sbuf_puts(&b, b.n ? ",\"" : "{\"");
		sbuf_puts(&b, fields[i].name);
		sbuf_puts(&b, "\":");
		sbuf_json(&b, s.p ? s : STR(""));
	}
	sbuf_puts(&b, b.n ? "}" : "{}");
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static void announced(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/events?done=%lld",
			      (long long)json_int(ans->doc, "facilities", 0)));
}

void web_staff_events(struct request *rq)
{
	static const struct staff_kind kind = {"staff_events", ST_staff_events, render_list};
	static const struct staff_act act = {
		.stmt = ST_staff_event_add, .again = &kind, .done = announced};
	if (!rq->post) {
		request_staff(rq, &kind, NULL, 0);
		return;
	}
	struct str body = body_json(rq);
	request_staff_act(rq, &act, (struct db_param[]){DB_P_TEXT(body)}, 1);
}

/* ---- one ------------------------------------------------------------------------------------
 */

static enum rc render_one(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {{"reason", M_ev_reason}};
	const struct json *e = json_get(sv->doc, "event");
	struct str heading = web_text(pg, M_ev_heading,
		VALUE_S(what_word(pg, json_str(e, "what"))), VALUE_S(day_of(pg, e, "on")));
	int64_t done = json_int(sv->doc, "done", 0), todo = json_int(sv->doc, "todo", 0);
	struct view *v = web_staff_begin(
		pg, sv, heading, web_cat(pg, STR("/staff/events/"), sv->rq->arg[0]));
	web_staff_errors(pg, sv, v, labels, 1);
	view_str(v, K_heading, heading);
	say(pg, sv, v, e);
	view_str(v, K_progress, web_text(pg, M_ev_progress, VALUE_I(done), VALUE_I(todo)));
	view_int(v, K_done, done);
	view_int(v, K_all, done + todo > 0 ? done + todo : 1);
	json_each (f, json_get(sv->doc, "facilities"))
		work_facility_line(pg, sv->ref, v, K_facilities, f);
	view_flag(v, K_facilities_any, view_count(v, K_facilities) > 0);
	view_flag(v, K_can, json_bool(e, "can", false));
	web_staff_field(pg, sv, v, K_reason_typed, K_err_reason, "reason", STR_NONE);
	view_str(v, K_events_url, web_url(pg, STR("/staff/events")));
	return web_html(pg, T_staff_event, v);
}

static void ended(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/events/%lld",
			      (long long)json_int(ans->doc, "id", 0)));
}

void web_staff_event(struct request *rq)
{
	static const struct staff_kind kind = {"staff_event", ST_staff_event, render_one};
	int64_t id;
	if (!staff_arg_id(rq, &id))
		return;
	struct db_param p[] = {DB_P_INT(id), DB_P_TEXT(STR_NONE)};
	if (!rq->post) {
		request_staff(rq, &kind, p, 1);
		return;
	}
	struct staff_act act = {.stmt = ST_staff_event_end,
		.again = &kind,
		.again_params = p,
		.again_n = 1,
		.done = ended};
	struct str reason = office_arg(rq, "reason");
	if (reason.n > 1000)
		staff_field_error(rq, "reason", "too_long");
	struct db_param end[] = {DB_P_INT(id), DB_P_TEXT(reason.p ? reason : STR(""))};
	request_staff_act(rq, &act, end, 2);
}
