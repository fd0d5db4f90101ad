/* Owns /staff/status: for people, whether the service does what it should, and since when not:
 * first what is in trouble and what to do about it, then what is well.  The bounds are those of
 * deploy/monitor/alerts.yml.  Counts nothing; what is asked says sql/api/status.sql.  Called by
 * routes.c. */
#include "qrsvc/web/staff.h"

#define MIN 60
#define HOUR (60 * MIN)
#define JOB_LATE (5 * MIN)
#define JOB_STUCK (30 * MIN)
#define OUTBOX_LATE (2 * HOUR)
#define CHAIN_LATE (7500) /* signed every 50 minutes */
#define CHAIN_STUCK (26 * HOUR)

enum mark { WELL, LATE, STUCK, MARKS };

struct status {
	const struct page *pg;
	const struct staff_view *sv;
	const struct json *facts;
	struct view *v;
	int64_t n[MARKS];
};

static int64_t fact(const struct status *s, const char *name)
{
	return json_int(s->facts, name, -1);
}

static int64_t fact_of(const struct status *s, const char *name, struct str label)
{
	return json_int_of(json_member(json_get(s->facts, name), label), 0);
}

/* "3 minutes"; whole units, the largest that fits twice. */
static struct str length(const struct page *pg, int64_t s)
{
	return s < 2 * MIN     ? web_text(pg, M_hs_seconds, VALUE_I(s))
	       : s < 2 * HOUR  ? web_text(pg, M_hs_minutes, VALUE_I(s / MIN))
	       : s < 48 * HOUR ? web_text(pg, M_hs_hours, VALUE_I(s / HOUR))
			       : web_text(pg, M_hs_days, VALUE_I(s / (24 * HOUR)));
}

/* One line; what is in trouble goes to the list above. */
static struct view *line(struct status *s, enum mark mark, struct str name, struct str text)
{
	static const unsigned words[MARKS] = {M_hs_well, M_hs_late, M_hs_stuck};
	struct view *row = view_add(s->v, mark == WELL ? K_rows : K_troubles);
	s->n[mark]++;
	view_str(row, K_name, name);
	view_str(row, K_label, web_text(s->pg, words[mark]));
	view_str(row, K_text, text);
	return row;
}

static void doing(
	struct status *s, struct view *row, const char *right, unsigned words, const char *path)
{
	if (!web_staff_right(s->sv, right))
		return;
	view_str(row, K_go, web_text(s->pg, words));
	if (path)
		view_str(row, K_url, web_url(s->pg, str_c(path)));
}

/* ---- lines ------------------------------------------------------------------------------- */

static void publishing(struct status *s)
{
	int64_t n = fact(s, "documents_due");
	struct view *row = line(s, n ? LATE : WELL, web_text(s->pg, M_hs_pages),
		n ? web_text(s->pg, M_hs_pages_due, VALUE_I(n))
		  : web_text(s->pg, M_hs_pages_none));
	if (n)
		doing(s, row, "view", M_hs_do_wait, NULL);
}

static void outbox(struct status *s)
{
	int64_t waits = fact(s, "outbox_waiting"), dead = fact(s, "outbox_dead"),
		oldest = fact(s, "outbox_oldest");
	bool late = oldest > OUTBOX_LATE;
	struct str text = !waits ? web_text(s->pg, M_hs_outbox_none)
				 : web_text(s->pg, M_hs_outbox_waits, VALUE_I(waits),
					   VALUE_S(length(s->pg, oldest > 0 ? oldest : 0)));
	if (dead)
		text = web_text(s->pg, M_hs_and, VALUE_S(text),
			VALUE_S(web_text(s->pg, M_hs_outbox_dead, VALUE_I(dead))));
	struct view *row = line(s,
		late   ? STUCK
		: dead ? LATE
		       : WELL,
		web_text(s->pg, M_hs_outbox), text);
	if (late || dead)
		doing(s, row, "admin", M_hs_do_outbox, "/staff/outbox");
}

static void chain(struct status *s)
{
	int64_t age = fact(s, "chain_age");
	enum mark mark = age < 0 || age > CHAIN_LATE ? LATE : WELL;
	struct view *row =
		line(s, age > CHAIN_STUCK ? STUCK : mark, web_text(s->pg, M_hs_chain),
			age < 0 ? web_text(s->pg, M_hs_chain_none)
				: web_text(s->pg, M_hs_chain_age, VALUE_S(length(s->pg, age))));
	if (mark)
		doing(s, row, "admin", M_hs_do_chain, NULL);
}

static void database(struct status *s)
{
	int64_t n = fact(s, "sessions"), most = fact(s, "sessions_max");
	bool full = n * 100 > most * 85;
	struct view *row = line(s, full ? LATE : WELL, web_text(s->pg, M_hs_db),
		web_text(s->pg, M_hs_db_sessions, VALUE_I(n), VALUE_I(most),
			VALUE_I(fact(s, "standbys"))));
	if (full)
		doing(s, row, "admin", M_hs_do_db, NULL);
}

static void tickets(struct status *s)
{
	int64_t late = fact(s, "tickets_late"), open = fact(s, "tickets_open");
	line(s, late > 0 ? LATE : WELL, web_text(s->pg, M_hs_tickets),
		late > 0 ? web_text(s->pg, M_hs_tickets_late, VALUE_I(open), VALUE_I(late))
			 : web_text(s->pg, M_hs_tickets_open, VALUE_I(open)));
}

static struct str job_name(const struct page *pg, struct str kind)
{
	static const struct {
		const char *kind;
		unsigned msg;
	} table[] = {{"publish_due", M_hs_job_publish}, {"sweep", M_hs_job_sweep},
		{"sign", M_hs_job_sign}, {"snapshot", M_hs_job_snapshot},
		{"outbox", M_hs_job_outbox}, {"remind", M_hs_job_remind},
		{"rebuild", M_hs_job_rebuild}, {"labels", M_hs_job_labels},
		{"notice", M_hs_job_notice}, {"export", M_hs_job_export},
		{"import", M_hs_job_import}, {"ticket_clock", M_hs_job_clock},
		{"ticket_numbers", M_hs_job_numbers}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(kind, str_c(table[i].kind)))
			return web_text(pg, table[i].msg);
	return kind;
}

static void job(struct status *s, const struct json *j)
{
	struct str kind = json_str(j, "kind"), why = json_str(j, "why"), text;
	int64_t waits = fact_of(s, "job_waiting", kind), runs = fact_of(s, "job_running", kind),
		oldest = fact_of(s, "job_oldest", kind);
	bool fails = fact_of(s, "job_failing", kind) > 0, late = waits && oldest > JOB_LATE;
	enum mark mark = waits && oldest > JOB_STUCK ? STUCK : fails || late ? LATE : WELL;
	if (fails)
		text = web_text(s->pg, M_hs_job_fails,
			VALUE_S(web_staff_time(s->pg, json_str(j, "next"))));
	else if (waits)
		text = web_text(
			s->pg, M_hs_job_waits, VALUE_I(waits), VALUE_S(length(s->pg, oldest)));
	else if (runs)
		text = web_text(s->pg, M_hs_job_runs);
	else
		text = web_text(s->pg, M_hs_job_next,
			VALUE_S(web_staff_time(s->pg, json_str(j, "next"))));
	struct view *row =
		line(s, mark, web_text(s->pg, M_hs_job, VALUE_S(job_name(s->pg, kind))), text);
	view_str(row, K_why, why);
	if (mark)
		doing(s, row, "admin", M_hs_do_job, NULL);
}

/* ---- page -------------------------------------------------------------------------------- */

static struct str sentence(const struct status *s)
{
	int64_t bad = s->n[LATE] + s->n[STUCK];
	return s->n[STUCK] ? web_text(s->pg, M_hs_say_stuck, VALUE_I(s->n[STUCK]))
	       : bad	   ? web_text(s->pg, M_hs_say_late, VALUE_I(bad))
			   : web_text(s->pg, M_hs_say_well);
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	struct status s = {.pg = pg,
		.sv = sv,
		.facts = json_get(sv->doc, "facts"),
		.v = web_staff_begin(pg, sv, web_text(pg, M_hs_title), STR("/staff/status"))};
	publishing(&s);
	tickets(&s);
	outbox(&s);
	chain(&s);
	database(&s);
	json_each (j, json_get(sv->doc, "jobs"))
		job(&s, j);
	view_str(s.v, K_heading, sentence(&s));
	view_str(s.v, K_at, web_staff_time(pg, json_str(sv->doc, "now")));
	view_flag(s.v, K_bad, s.n[LATE] + s.n[STUCK] > 0);
	view_flag(s.v, K_rows_any, s.n[WELL] > 0);
	return web_html(pg, T_staff_status, s.v);
}

void web_staff_status(struct request *rq)
{
	static const struct staff_kind kind = {"staff_status", ST_staff_status, render};
	request_staff(rq, &kind, NULL, 0);
}
