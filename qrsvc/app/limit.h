/* limit: how often one neighbourhood of addresses may ask, for the whole host (security.md 40).
 *
 * A token bucket per (/24 or /56, route class, day) in the shared mapping, kept as one instant
 * ("theoretical arrival time", ITU-T I.371): no tokens to refill, one compare-and-swap a
 * request.  The table holds no address, only a hash keyed with a secret of this run and the
 * day, so yesterday's entries mean nothing today.  A full set of cells forgets the entry that
 * would be forgiven first. */
#ifndef QR_APP_LIMIT_H
#define QR_APP_LIMIT_H

#include "qrsvc/app/shared.h"
#include "qrsvc/net/addr.h"

struct limit_rate {
	int64_t per_minute; /* 0: no limit */
	int64_t burst;	    /* at once */
};

struct limiter {
	struct shared *shared;
	struct limit_rate rate[CLASS_COUNT];
	int32_t day; /* of key */
	uint64_t key;
};

void limiter_init(struct limiter *l, struct shared *s, const struct limit_rate *rates);
/* True: go on.  False: refuse, and *ret_retry_s (may be NULL) says when to come again. Clients
 * on this machine (ADDR_LOCAL, loopback) count like any other. */
bool limiter_take(struct limiter *l, const struct addr *client, enum route_class class,
	int32_t today, int64_t mono_us, int *ret_retry_s);

#endif
