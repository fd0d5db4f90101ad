/* metrics: the counters of all workers, and numbers of the database, as Prometheus text
 * (exposition format 0.0.4: prometheus.io/docs/instrumenting/exposition_formats).
 *
 * Names begin with qrsvc_, counters end in _total, times are seconds, sizes bytes.  Counters of
 * workers that have ended are kept (shared_retire), so sums fall only when the service starts
 * anew.  The names are used by deploy/monitor/; tests/faults/metrics.t holds both together. */
#ifndef QRSVC_METRICS_H
#define QRSVC_METRICS_H

#include "qrsvc/app/shared.h"
#include "qrsvc/base/sbuf.h"

/* Sums over the host's workers; gauges of memory per worker are summed too. */
void metrics_write(const struct shared *s, const struct web_ops *web, struct sbuf *out);

/* Rows of api.service_facts(): name, label, value.  Of the whole service, not of this host:
 * each host says the same, take max() over them.  What it does not know is left out. */
void metrics_facts(const struct db_rows *rows, struct sbuf *out);

/* "# HELP" and "# TYPE" of a metric. */
void metrics_head(struct sbuf *out, const char *name, const char *type, const char *help);

#endif
