/* Owns the job kind `remind`: once a day, what has reached a step of its rule reminds whom the
 * rule names (sql/api/remind.sql).  Decides nothing: each step is one call, how far it has come
 * is kept in the row of the job.  Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#define STEP_ROWS 200 /* facilities a step: about a second when all of them remind */

static void step_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	int64_t n = 0;

	if (rc == RC_OK && db_count(rows))
		str_i64(db_cell(rows, 0, 0), &n);
	job_stepped(j, rc, n > 0, n);
}

void job_remind(struct job *j)
{
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_INT(STEP_ROWS)};

	job_call(j, ST_job_remind, p, 3, step_cb);
}
