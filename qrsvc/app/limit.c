/* Owns the arithmetic of rate limits over the shared table; never logs an address.  Called by
 * worker.c before a handler runs. */
#include "qrsvc/app/limit.h"

#include "qrsvc/app/hash.h"

#define WAYS 4u

void limiter_init(struct limiter *l, struct shared *s, const struct limit_rate *rates)
{
	*l = (struct limiter){.shared = s, .day = DAY_NONE};
	memcpy(l->rate, rates, sizeof l->rate);
}

static void new_day(struct limiter *l, int32_t today)
{
	l->day = today;
	l->key = hash_bytes((uint64_t)(uint32_t)today * 0x9e3779b97f4a7c15u,
		(struct str){(const char *)l->shared->secret, sizeof l->shared->secret});
}

static uint64_t tag_of(const struct limiter *l, const struct addr *a, enum route_class class)
{
	struct addr p = addr_prefix(a);
	struct str s = {(const char *)p.b, sizeof p.b};
	uint64_t h = hash_bytes(l->key + (uint64_t) class * 64 + (uint64_t)p.kind, s);
	return h ? h : 1;
}

/* The cell of this tag, or the one of its set that is forgiven first, taken over. */
static struct limit_cell *cell_of(struct shared *s, uint64_t tag)
{
	struct limit_cell *set = &s->limit[tag & (LIMIT_TABLE - WAYS)], *victim = set;
	uint64_t least = UINT64_MAX;
	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t t = atomic_load_explicit(&set[i].tag, memory_order_relaxed);
		uint64_t tat = atomic_load_explicit(&set[i].tat, memory_order_relaxed);
		if (t == tag)
			return &set[i];
		if (!t)
			tat = 0;
		if (tat < least) {
			least = tat;
			victim = &set[i];
		}
	}
	/* Two workers may take it for two neighbourhoods at once: one of them starts anew at
	 * its next request, nothing worse. */
	atomic_store_explicit(&victim->tat, 0, memory_order_relaxed);
	atomic_store_explicit(&victim->tag, tag, memory_order_relaxed);
	return victim;
}

bool limiter_take(struct limiter *l, const struct addr *client, enum route_class class,
	int32_t today, int64_t mono_us, int *ret_retry_s)
{
	const struct limit_rate *r = &l->rate[class];
	if (!r->per_minute || client->kind == ADDR_NONE)
		return true;
	if (l->day != today)
		new_day(l, today);
	struct limit_cell *c = cell_of(l->shared, tag_of(l, client, class));
	uint64_t now = (uint64_t)mono_us;
	uint64_t step = 60 * (uint64_t)US_PER_S / (uint64_t)r->per_minute;
	uint64_t ahead = step * (uint64_t)r->burst;
	uint64_t tat = atomic_load_explicit(&c->tat, memory_order_relaxed), next;
	do {
		uint64_t from = tat > now ? tat : now;
		next = from + (step ? step : 1);
		if (next > now + ahead) {
			if (ret_retry_s)
				*ret_retry_s =
					(int)((next - now - ahead) / (uint64_t)US_PER_S) + 1;
			return false;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&c->tat, &tat, next, memory_order_relaxed, memory_order_relaxed));
	return true;
}
