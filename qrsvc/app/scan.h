/* scan: how often each label was scanned, per day (security.md 41).
 *
 * Counted in memory by (day, code), written every SCAN_FLUSH_MS through api.scan_add, so a
 * crash loses at most that much.  Nothing else about a scan is kept: no address, agent or time.
 * While the database is gone counts are kept, up to SCAN_MAX labels; beyond that they are lost,
 * and counted as lost. */
#ifndef QR_APP_SCAN_H
#define QR_APP_SCAN_H

#include "qrsvc/app/app.h"

#define SCAN_FLUSH_MS 4000
#define SCAN_MAX 32768	/* different (day, label) waiting; a city's busiest seconds */
#define SCAN_BATCH 1024 /* in one call */

struct scans *scans_new(struct app *a);
/* What was not written is lost: flush first. */
void scans_free(struct scans *s);
void scans_add(struct scans *s, int32_t day, struct str code);
/* Sends now; true while something waits or is on its way. */
bool scans_flush(struct scans *s);
/* Is this request a person's look at the page? No HEAD, prefetch, known bot. */
bool scan_counts(const struct http_request *r);

#endif
