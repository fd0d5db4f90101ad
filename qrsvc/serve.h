/* serve: the glue between http/, app/ and web/ in a worker: routes, limits, counters, log. */
#ifndef QRSVC_SERVE_H
#define QRSVC_SERVE_H

#include "qrsvc/app/app.h"
#include "qrsvc/config.h"

struct serve;

/* role: in front of each line of the access log.  RC_INVALID: a value of the configuration.
 * cfg and app outlive it. */
enum rc serve_new(struct app *app, const struct config *cfg, const char *role,
	struct serve **ret_, struct err *e);
void serve_free(struct serve *s);
/* Accepts from a listening descriptor, which it takes over. */
void serve_listen(struct serve *s, int fd);
/* Stops listening, lets what is open finish, then calls back from the loop. */
void serve_drain(struct serve *s, loop_cb *drained_cb, void *arg);
/* Numbers of the connections into the worker's slot; once a second. */
void serve_gauges(struct serve *s);

#endif
