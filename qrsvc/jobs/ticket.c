/* Owns the job kind `ticket_clock`: every minute, residents' reports whose clock has run out
 * rise to the office above (sql/api/ticket_clock.sql).  Decides nothing: each step is one call.
 * Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#define STEP_ROWS 50 /* cases a step: each is a handful of rows and, at most, two documents */

static void step_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	int64_t n = 0;

	if (rc == RC_OK && db_count(rows))
		str_i64(db_cell(rows, 0, 0), &n);
	job_stepped(j, rc, n > 0, n);
}

void job_ticket_clock(struct job *j)
{
	struct db_param p[] = {DB_P_TEXT(str_c(job_config(j)->base_url)), DB_P_INT(STEP_ROWS)};

	job_call(j, ST_job_tickets, p, 2, step_cb);
}
