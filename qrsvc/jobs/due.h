/* due: the work that dates bring, outside any request.
 *
 * A published document carries the next day on which a rule, a limit or a status changes what
 * it says; from that day on it is built again, here, by api.publish_due().  One process a host;
 * two hosts doing it at once only do it twice.  More kinds of jobs get files of their own
 * beside this one. */
#ifndef QR_JOBS_DUE_H
#define QR_JOBS_DUE_H

#include "qrsvc/config.h"

#define DUE_EVERY_S 60 /* how often it looks; documents may be rebuilt within 10 minutes */
#define DUE_RETRY_S 10 /* after the database was not to be had */
#define DUE_BATCH 500  /* facilities a transaction: some 0.5 s */

/* Runs until SIGTERM or SIGINT, or until the process that started it has gone.  Blocks those
 * signals and SIGHUP for the process. */
void due_run(const struct config *cfg);

#endif
