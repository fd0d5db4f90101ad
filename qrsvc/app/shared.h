/* shared: the mapping all workers of a host share (architecture.md 1).
 *
 * Made by the master as a memfd, inherited by its number, kept over a reload.  Two parts: the
 * table of rate limits, written by all; and one slot a worker with its counters, written by
 * that worker alone, read by whoever answers /metrics, zeroed by the master when the worker is
 * respawned.  Everything in it is atomic, nothing is a lock: a worker killed at any moment
 * leaves it usable. */
#ifndef QR_APP_SHARED_H
#define QR_APP_SHARED_H

#include "qrsvc/app/request.h"

#include <stdatomic.h>

#define SHARED_SLOTS 160   /* 64 workers, twice while a reload is under way, and spares */
#define LIMIT_TABLE 65536u /* security.md 40: bounded; 16 bytes each */
#define SHARED_ROUTES 192  /* routes with counters of their own; metrics_write() asserts it */
#define SHARED_STATUS 6	   /* [n]: answers nxx, [0]: nothing was sent */
#define SHARED_BUCKETS 20  /* of the histogram of times: 64 us, 128 us, ... 17 s, more */
/* Longest time of bucket i in microseconds; the last bucket has none. */
#define SHARED_BUCKET_US(i) (INT64_C(64) << (i))

struct limit_cell {
	_Atomic uint64_t tag; /* hash of (day, prefix, class), 0: free */
	_Atomic uint64_t tat; /* when it will have caught up, in us of the monotonic clock */
};

/* First what only grows, then gauges, so named; unit in the name.  In the order of metrics.c.
 */
struct shared_slot {
	_Atomic int64_t pid;	 /* 0: free */
	_Atomic int64_t beat_ms; /* loop_now_ms() of the worker's last sign of life */
	_Atomic uint64_t requests[SHARED_ROUTES][SHARED_STATUS];
	_Atomic uint64_t time[CLASS_COUNT][SHARED_BUCKETS];
	_Atomic uint64_t time_us[CLASS_COUNT];
	_Atomic uint64_t limited, scans, scans_lost;
	_Atomic uint64_t cache_hits, cache_misses, cache_joins, cache_remade, cache_stale;
	_Atomic uint64_t cache_evicted, cache_expired, cache_refetched;
	_Atomic uint64_t photo_hits, photo_misses, photo_bad, photo_evicted;
	_Atomic uint64_t photod_jobs, photod_failed, photod_us;
	_Atomic uint64_t accepted, bytes_in, bytes_out, codec_refusals, fd_rests;
	_Atomic uint64_t db_calls[DB_CLASSES], db_errors[DB_CLASSES], db_timeouts[DB_CLASSES];
	_Atomic uint64_t db_us[DB_CLASSES], db_lost[DB_CLASSES], db_refused[DB_CLASSES];
	/* Gauges begin here: shared_retire(). */
	_Atomic uint64_t gauge_cache_bytes, gauge_cache_entries, gauge_cache_negative;
	_Atomic uint64_t gauge_cache_oldest_s;
	_Atomic uint64_t gauge_open, gauge_idle;
	_Atomic uint64_t gauge_photod_up, gauge_photod_waiting;
	_Atomic uint64_t gauge_db_up[DB_CLASSES], gauge_db_waiting[DB_CLASSES];
	_Atomic uint64_t gauge_db_in_flight[DB_CLASSES];
	_Atomic uint64_t gauge_listening, gauge_lagging;
} __attribute__((aligned(64)));

struct shared {
	uint64_t magic, size;	  /* of this layout; another one is not taken over */
	unsigned char secret[16]; /* of the rate limits' keys; never leaves memory */
	_Atomic uint64_t respawns;
	struct limit_cell limit[LIMIT_TABLE];
	struct shared_slot
		past; /* counters of workers that have ended, so that sums never fall */
	struct shared_slot slot[SHARED_SLOTS];
};

/* A new one: its descriptor, mapped at *ret_; -1 with errno. */
int shared_create(struct shared **ret_);
/* One that was inherited; NULL if it is not one of this layout. */
struct shared *shared_map(int fd);

/* A worker has ended: its counters go to `past`, its slot is free.  By the master alone. */
void shared_retire(struct shared *s, int slot);

/* Adds to a counter of one's own slot. */
static inline void shared_add(_Atomic uint64_t *c, uint64_t n)
{
	atomic_store_explicit(
		c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}
static inline void shared_set(_Atomic uint64_t *c, uint64_t n)
{
	atomic_store_explicit(c, n, memory_order_relaxed);
}

#endif
