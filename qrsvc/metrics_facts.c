/* Owns the names of what is told of the database (sql/api/status.sql says what each is). Called
 * by the admin listener; asks nothing itself. */
#include "qrsvc/metrics.h"

/* Values are what the function returns, labels are codes: lower-case letters and '_'. */
static const struct fact {
	const char *fact, *name, *label, *help;
} facts[] = {
	{"facilities", "qrsvc_facilities", "state", "Facilities by state, as of today."},
	{"records_waiting", "qrsvc_records_waiting", NULL,
		"Records that wait for somebody's word."},
	{"documents_due", "qrsvc_documents_due", NULL,
		"Documents a date has changed that are not built again yet."},
	{"job_waiting", "qrsvc_jobs_waiting", "kind", "Jobs due that nobody has taken."},
	{"job_running", "qrsvc_jobs_running", "kind", "Jobs under way."},
	{"job_failing", "qrsvc_jobs_failing", "kind", "Jobs that failed when last tried."},
	{"job_oldest", "qrsvc_jobs_oldest_seconds", "kind",
		"Age of the job that is due longest."},
	{"outbox_waiting", "qrsvc_outbox_waiting", NULL, "Messages not delivered yet."},
	{"outbox_dead", "qrsvc_outbox_dead", NULL, "Messages that were given up."},
	{"outbox_oldest", "qrsvc_outbox_oldest_seconds", NULL,
		"Age of the oldest message that waits."},
	{"uploads_open", "qrsvc_uploads_open", NULL, "Photos that are not whole yet."},
	{"uploads_oldest", "qrsvc_uploads_oldest_seconds", NULL,
		"Since the last piece of the one that rests longest."},
	{"tickets_open", "qrsvc_tickets_open", NULL, "Residents' reports whose clock runs."},
	{"tickets_late", "qrsvc_tickets_late", NULL, "Of these, past their time."},
	{"chain_age", "qrsvc_chain_head_age_seconds", NULL,
		"Since the newest signed head of the chain."},
	{"sessions", "qrsvc_db_sessions", NULL, "Connections of the database server."},
	{"sessions_max", "qrsvc_db_sessions_max", NULL, "The most it takes."},
	{"standbys", "qrsvc_db_standbys", NULL, "Servers that stream from it."},
};

/* Nothing that could end a line or a label is let through. */
static bool plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
			    s.p[i] == '_' || s.p[i] == '.' || s.p[i] == '-'))
			return false;
	return s.n > 0;
}

static void fact(const struct fact *f, const struct db_rows *rows, struct sbuf *out)
{
	bool headed = false;
	for (size_t i = 0; i < db_count(rows); i++) {
		struct str label = db_cell(rows, i, 1), value = db_cell(rows, i, 2);
		if (!str_eq(db_cell(rows, i, 0), str_c(f->fact)) || !plain(value) ||
			(f->label && !plain(label)))
			continue;
		if (!headed)
			metrics_head(out, f->name, "gauge", f->help);
		headed = true;
		sbuf_puts(out, f->name);
		if (f->label)
			sbuf_fmt(out, "{%s=\"%.*s\"}", f->label, STR_F(label));
		sbuf_fmt(out, " %.*s\n", STR_F(value));
	}
}

void metrics_facts(const struct db_rows *rows, struct sbuf *out)
{
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		fact(&facts[i], rows, out);
}
