/* Owns the loop of the jobs process: looks for documents whose day has come and has them built
 * again.  Never touches a document itself, never speaks to a client.  Called by jobs_main.c. */
#include "qrsvc/jobs/due.h"

#include "qrsvc/base/log.h"
#include "qrsvc/db/pgsync.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static sigset_t ending(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return set;
}

/* True when it is time to end. */
static bool rest(int seconds)
{
	const struct timespec wait = {.tv_sec = seconds};
	sigset_t set = ending();
	int sig;

	do
		sig = sigtimedwait(&set, NULL, &wait);
	while (sig < 0 && errno == EINTR);
	return sig > 0;
}

/* Batch after batch until none is left; *ret_ended if a signal came in between. */
static enum rc rebuild(struct pgsync *pg, bool *ret_ended, struct err *e)
{
	const struct pgsync_param batch = PG_INT(DUE_BATCH);
	int64_t all = 0, n;

	*ret_ended = false;
	do {
		struct pgsync_rows rows = {0};
		enum rc rc =
			pgsync_query(pg, "SELECT api.publish_due($1)", &batch, 1, &rows, e);
		if (rc != RC_OK)
			return rc;
		n = pgsync_int(&rows, 0, 0);
		pgsync_rows_release(&rows);
		all += n;
		*ret_ended = rest(0);
	} while (n && !*ret_ended);
	if (all)
		log_event(LOG_INFO, "jobs.rebuilt", LOG_I("facilities", all));
	return RC_OK;
}

void due_run(const struct config *cfg)
{
	struct pgsync *pg = NULL;
	bool lost = false, ended = false;
	sigset_t set = ending();
	pid_t parent = getppid();

	sigaddset(&set, SIGHUP); /* is for the master, which starts a new one of us */
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return; /* it went before we could ask to be told */
	while (!ended) {
		struct err e = {0};
		enum rc rc = RC_OK;

		if (!pg)
			rc = pgsync_open(cfg->dsn, "qr_slow", &pg, &e);
		if (rc == RC_OK)
			rc = rebuild(pg, &ended, &e);
		if (rc != RC_OK) {
			if (!lost)
				log_event(LOG_WARNING, "jobs.failed", LOG_C("error", e.detail));
			pgsync_free(pg);
			pg = NULL;
		}
		lost = rc != RC_OK;
		if (!ended)
			ended = rest(lost ? DUE_RETRY_S : DUE_EVERY_S);
	}
	pgsync_free(pg);
}
