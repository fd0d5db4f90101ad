/* Owns the kinds of jobs that rebuild documents, sweeping, and the ends of months.  Each step
 * is one call; how far a job has come is kept in its row.  Called by queue.c through
 * job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#define STEP_ROWS 200 /* facilities a step: well under a second, and no long locks */

/* Every step function returns how many things it looked at; 0: nothing is left. */
static void counted_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	int64_t n = 0;
	if (rc == RC_OK && db_count(rows))
		str_i64(db_cell(rows, 0, 0), &n);
	job_stepped(j, rc, n > 0, n);
}

static void once_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	int64_t n = 0;
	if (rc == RC_OK && db_count(rows))
		str_i64(db_cell(rows, 0, 0), &n);
	job_stepped(j, rc, false, n);
}

void job_rebuild(struct job *j)
{
	struct db_param p[] = {DB_P_INT(j->id), DB_P_TEXT(job_who(j)), DB_P_INT(STEP_ROWS)};
	job_call(j, ST_job_rebuild, p, 3, counted_cb);
}

void job_publish_due(struct job *j)
{
	struct db_param p[] = {DB_P_INT(STEP_ROWS)};
	job_call(j, ST_job_publish_due, p, 1, counted_cb);
}

void job_sweep(struct job *j)
{
	job_call(j, ST_job_sweep, NULL, 0, once_cb);
}

void job_snapshot(struct job *j)
{
	job_call(j, ST_job_snapshot, NULL, 0, once_cb);
}
