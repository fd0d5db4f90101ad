/* queue: work outside a request, as leased rows of core.job (sql/api/job.sql).
 *
 * One job at a time in this process; any number of hosts share the table.  A job is a row of
 * kinds.c and runs as small steps, each one call of the database; between two steps its lease
 * is renewed, so a job of hours needs no long lease, and one whose process died is taken up by
 * another after QUEUE_LEASE_S.  Steps repeat harmlessly. */
#ifndef QR_JOBS_QUEUE_H
#define QR_JOBS_QUEUE_H

#include "qrsvc/config.h"
#include "qrsvc/db/pgpool.h"
#include "qrsvc/net/loop.h"

#define QUEUE_LEASE_S 60
/* When there was nothing to do: somebody may be waiting for a file. */
#define QUEUE_POLL_MS 1000
#define QUEUE_AGAIN_MS 5000 /* when the database did not answer, or a lease was lost */
#define QUEUE_STEP_MS 90000 /* deadline of one step; the role's statement_timeout is 60 s */

struct queue;
struct job;

/* A kind of job: begins its next step, and says how it ended by job_stepped().  end: gives
 * job.state back, whatever became of the job; may be NULL. */
struct job_kind {
	const char *name;
	void (*step)(struct job *j);
	void (*end)(struct job *j);
};
extern const struct job_kind job_kinds[]; /* ends with name NULL */

struct job {
	struct queue *queue;
	int64_t id;
	const struct job_kind *kind;
	struct db_ticket *ticket; /* of the step's call; forgotten with the queue */
	int64_t steps, done;	  /* steps so far, things looked at */
	int64_t began_us;
	void *state; /* the kind's own, NULL before its first step */
};

/* who: a name for the lease, unique to this process. */
struct queue *queue_new(
	struct loop *l, struct pgpool *db, const struct config *cfg, const char *who);
/* What is under way is given back: its lease runs out. */
void queue_free(struct queue *q);

const struct config *job_config(const struct job *j);
struct str job_who(const struct job *j);
/* Sends the step's statement; cb, with the job as its argument, says how the step ended. */
void job_call(struct job *j, enum stmt_id st, const struct db_param *p, int n, db_done_cb *cb);
/* Of a statement whose answer is all there was to do, in this step or in the job. */
void job_next_cb(void *job, enum rc rc, const struct db_rows *rows);
void job_last_cb(void *job, enum rc rc, const struct db_rows *rows);
/* One step is over.  more: another one follows; n: things it looked at.  rc other than RC_OK:
 * the job is tried again later. */
void job_stepped(struct job *j, enum rc rc, bool more, int64_t n);

#endif
