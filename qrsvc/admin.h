/* admin: the listener for operators: /healthz (alive; no database), /readyz (this worker has
 * its database and hears of changes), /metrics (of the whole host, and of the database: asked
 * at most every 10 s, left out when it does not answer in 2 s).  Loopback or a unix socket
 * only: nothing here asks who is there. */
#ifndef QRSVC_ADMIN_H
#define QRSVC_ADMIN_H

#include "qrsvc/app/app.h"

struct admin;
struct admin *admin_new(struct app *a, const struct shared *s, const bool *ready, int fd);
void admin_free(struct admin *ad);

#endif
