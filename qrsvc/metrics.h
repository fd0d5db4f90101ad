/* metrics: the counters of all workers as Prometheus text (exposition format 0.0.4). */
#ifndef QRSVC_METRICS_H
#define QRSVC_METRICS_H

#include "qrsvc/app/shared.h"
#include "qrsvc/base/sbuf.h"

/* Sums over the host's workers; gauges of memory per worker are summed too. */
void metrics_write(const struct shared *s, const struct web_ops *web, struct sbuf *out);

#endif
