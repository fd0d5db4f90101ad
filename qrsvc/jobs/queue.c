/* Owns the one job this process has leased, and the pauses between jobs.  Knows no kind of job.
 * Called by jobs_main.c. */
#include "qrsvc/jobs/queue.h"

#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/log.h"

struct queue {
	struct loop *loop;
	struct pgpool *db;
	const struct config *cfg;
	struct loop_timer timer;
	struct db_ticket *ticket;
	char *who;
	struct job job; /* id 0: none */
	int64_t logged_us;
};

static void take(void *arg);

const struct config *job_config(const struct job *j)
{
	return j->queue->cfg;
}

struct str job_who(const struct job *j)
{
	return str_c(j->queue->who);
}

static void later(struct queue *q, int ms)
{
	loop_timer_init(&q->timer, q->loop, take, q);
	loop_timer_set(&q->timer, ms);
}

/* Gives back what the kind kept of it; it is not ours any more. */
static void forget(struct queue *q)
{
	if (q->job.kind && q->job.kind->end)
		q->job.kind->end(&q->job);
	q->job.kind = NULL;
	q->job.state = NULL;
	q->job.id = 0;
}

/* ---- the end of a job -------------------------------------------------------------------- */

static void ended_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct queue *q = arg;
	(void)rows;
	q->ticket = NULL;
	forget(q);
	/* If it could not be said, the lease runs out and the job is done once more. */
	later(q, rc == RC_OK ? 0 : QUEUE_AGAIN_MS);
}

static void end_job(struct queue *q, enum rc rc)
{
	struct job *j = &q->job;
	struct db_param p[] = {
		DB_P_INT(j->id), DB_P_TEXT(str_c(q->who)), DB_P_TEXT(str_c(rc_info(rc)->name))};
	log_event(rc == RC_OK ? LOG_INFO : LOG_WARNING, rc == RC_OK ? "job.done" : "job.failed",
		LOG_I("id", j->id), LOG_C("kind", j->kind ? j->kind->name : "unknown"),
		LOG_I("steps", j->steps), LOG_I("looked_at", j->done),
		LOG_I("ms", (clock_mono_us() - j->began_us) / 1000),
		LOG_C("rc", rc_info(rc)->name));
	q->ticket = db_submit(q->db, rc == RC_OK ? ST_job_done : ST_job_failed, p,
		rc == RC_OK ? 2 : 3, QUEUE_STEP_MS, ended_cb, q);
}

/* ---- steps ------------------------------------------------------------------------------- */

static void kept_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct queue *q = arg;
	q->ticket = NULL;
	bool ours = rc == RC_OK && db_count(rows) && str_eq(db_cell(rows, 0, 0), STR("t"));
	if (ours) {
		q->job.kind->step(&q->job);
		return;
	}
	log_event(LOG_WARNING, "job.lease_lost", LOG_I("id", q->job.id));
	forget(q);
	later(q, QUEUE_AGAIN_MS);
}

void job_call(struct job *j, enum stmt_id st, const struct db_param *p, int n, db_done_cb *cb)
{
	j->ticket = db_submit(j->queue->db, st, p, n, QUEUE_STEP_MS, cb, j);
}

void job_next_cb(void *job, enum rc rc, const struct db_rows *rows)
{
	(void)rows;
	job_stepped(job, rc, true, 0);
}

void job_last_cb(void *job, enum rc rc, const struct db_rows *rows)
{
	(void)rows;
	job_stepped(job, rc, false, 0);
}

void job_stepped(struct job *j, enum rc rc, bool more, int64_t n)
{
	struct queue *q = j->queue;
	j->ticket = NULL;
	j->steps++;
	j->done += n;
	if (rc != RC_OK || !more) {
		end_job(q, rc);
		return;
	}
	struct db_param p[] = {
		DB_P_INT(j->id), DB_P_TEXT(str_c(q->who)), DB_P_INT(QUEUE_LEASE_S)};
	q->ticket = db_submit(q->db, ST_job_keep, p, 3, QUEUE_STEP_MS, kept_cb, q);
}

/* ---- the beginning ----------------------------------------------------------------------- */

static void taken_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct queue *q = arg;
	q->ticket = NULL;
	if (rc != RC_OK && log_every(&q->logged_us, 60))
		log_event(LOG_WARNING, "job.no_database", LOG_C("rc", rc_info(rc)->name));
	if (rc != RC_OK || !db_count(rows)) {
		later(q, rc == RC_OK ? QUEUE_POLL_MS : QUEUE_AGAIN_MS);
		return;
	}
	q->job = (struct job){.queue = q, .began_us = clock_mono_us()};
	str_i64(db_cell(rows, 0, 0), &q->job.id);
	for (const struct job_kind *k = job_kinds; k->name; k++)
		if (str_eq(db_cell(rows, 0, 1), str_c(k->name)))
			q->job.kind = k;
	if (q->job.kind)
		q->job.kind->step(&q->job);
	else
		end_job(q, RC_INVALID); /* of a newer version */
}

static void take(void *arg)
{
	struct queue *q = arg;
	struct db_param p[] = {DB_P_TEXT(str_c(q->who)), DB_P_INT(QUEUE_LEASE_S)};
	q->ticket = db_submit(q->db, ST_job_take, p, 2, QUEUE_STEP_MS, taken_cb, q);
}

struct queue *queue_new(
	struct loop *l, struct pgpool *db, const struct config *cfg, const char *who)
{
	struct queue *q = xcalloc(1, sizeof *q);
	q->loop = l;
	q->db = db;
	q->cfg = cfg;
	q->who = xstrdup(who);
	later(q, 0);
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	loop_timer_stop(&q->timer);
	db_forget(q->ticket);
	db_forget(q->job.ticket);
	forget(q);
	free(q->who);
	free(q);
}
