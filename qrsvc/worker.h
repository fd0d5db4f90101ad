/* worker: one event loop that answers requests (architecture.md 1).
 *
 * Started by the master as `qrsvc --worker` with the numbers of its descriptors; runs until the
 * master tells it to drain, until SIGTERM, or until the master is gone.  Messages on the
 * control channel are one byte: */
#ifndef QRSVC_WORKER_H
#define QRSVC_WORKER_H

#include "qrsvc/config.h"

enum {
	WORKER_READY = 'R', /* to the master: the database was seen and fits */
	WORKER_DRAIN = 'D', /* to the worker: finish what is open, then exit */
	/* To the worker, each with one descriptor: its socket to the next ...; to the master,
	 * without one: that socket broke though nobody ended, give me another. */
	WORKER_PHOTOD = 'P', /* qrsvc-photod (photo/proto.h) */
	WORKER_HASHER = 'H'  /* hasher (app/hasher_proto.h) */
};

#define WORKER_DRAIN_MS 8000 /* security.md 8: exit within 10 s */

struct worker_fds {
	int listen[4];
	size_t nlisten;
	int admin, control, shared; /* -1: none */
	int slot;
	bool wait; /* do not accept before the database was seen (reload) */
};

/* Exit status.  cfg outlives the call. */
int worker_run(const struct config *cfg, const struct worker_fds *fds);

#endif
