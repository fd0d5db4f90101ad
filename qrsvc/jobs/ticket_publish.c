/* Owns the jobs that publish residents' reports: what one change of a case touches, and daily
 * the numbers of all offices.  Each is one statement; what is public the database decides
 * (sql/api/ticket_public.sql).  Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

static void done_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	int64_t n = 0;
	if (rc == RC_OK && db_count(rows))
		str_i64(db_cell(rows, 0, 0), &n);
	job_stepped(j, rc, false, n);
}

void job_ticket_publish(struct job *j)
{
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j))};
	job_call(j, ST_job_ticket_publish, p, 2, done_cb);
}

void job_ticket_numbers(struct job *j)
{
	job_call(j, ST_job_ticket_numbers, NULL, 0, done_cb);
}
