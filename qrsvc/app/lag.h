/* lag: how far what the read connections answer is behind the primary.  For page.c and whoever
 * reads documents; owned by struct app, driven by worker.c once a second.
 *
 * Only where the dsn names several hosts.  Each second the primary is asked how far it is, and
 * every read connection how far that one is (api.wal_at): one that has the position the primary
 * had at a time t holds everything committed before t, whichever clock it has, whether anything
 * is written or not.  Worse than LAG_MOST_US: reads
 * go to the primary.  Without a primary nobody can be asked but the copy, and its pages
 * say "data as of" lag_complete_us().
 *
 * Cost: two or three statements a second and worker.  A copy that is paused is noticed within
 * LAG_MOST_US and two ticks; that it has caught up is believed after LAG_CALM rounds. */
#ifndef QR_APP_LAG_H
#define QR_APP_LAG_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct lag;

#define LAG_MOST_US INT64_C(5000000)
#define LAG_CALM 3

struct lag *lag_new(struct app *a);
void lag_free(struct lag *l);
/* connections: for pages, of this worker.  Nothing is asked while an answer is awaited. */
void lag_tick(struct lag *l, int connections);
/* Reads have to go to the primary, which is there.  l may be NULL. */
bool lag_behind(const struct lag *l);
/* Until when (wall clock) the copy is known to hold everything; 0: not known. */
int64_t lag_complete_us(const struct lag *l);

/* ---- for lag.c and its test ---- */

#define LAG_SAMPLES 16

/* Where the primary was, and when it was asked; the newest first. */
struct lag_ring {
	struct lag_sample {
		int64_t at_us, wal;
	} s[LAG_SAMPLES];
	int n;
};
void lag_ring_put(struct lag_ring *r, int64_t at_us, int64_t wal);
/* When the primary was last where the copy is now; replayed_us: commit time of the last
 * transaction there, 0 if there was none.  0: not known. */
int64_t lag_ring_complete(const struct lag_ring *r, int64_t wal, int64_t replayed_us);

#endif
