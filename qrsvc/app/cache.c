/* Owns the cached pages of a worker: entries, their tags (which documents they are made of),
 * and what is known about their freshness.  Never reads the database, renders or replies:
 * page.c does, and is the only caller beside worker.c (notices). */
#include "qrsvc/app/cache.h"

#include "qrsvc/app/docs.h"
#include "qrsvc/app/hash.h"
#include "qrsvc/app/seen.h"
#include "qrsvc/base/crypto.h"

#define NEGATIVE_MAX 1024	    /* unknown codes kept; a guesser gets no more memory */
#define NEGATIVE_US (60 * US_PER_S) /* and no longer */
#define PRIMARY_US (10 * US_PER_S)  /* after "all": replicas may lag behind by so much */
#define MEAN_ENTRY 8192		    /* bytes; sizes the hash tables */

/* Entry e is made of the document whose (kind, key) has this hash. */
struct tag {
	struct tag *next, **prev;
	struct cache_entry *e;
	uint64_t hash;
	int64_t version;
};

struct cache_entry {
	struct cache_entry *hash_next, **hash_prev;
	struct cache_entry *lru_next, *lru_prev;
	const struct page_kind *kind;
	uint64_t hash;
	struct str key;
	struct docset *docs;
	struct cache_rep *rep[CACHE_REPS];
	size_t bytes;
	uint64_t epoch;	     /* of cache_all_changed when it was read */
	int64_t read_us;     /* wall clock */
	int32_t next_change; /* first date on which its documents change; DAY_NONE */
	bool expired;	     /* a newer document was announced */
	bool negative;	     /* there is nothing under its key */
	bool used;	     /* since it was last looked at by trim() */
	size_t ntags;
	struct tag tag[];
};

struct lru {
	struct cache_entry *first, *last;
	size_t n;
};

struct cache {
	struct cache_entry **bucket;
	struct tag **tags;
	size_t buckets; /* of both; a power of two */
	uint64_t seed;
	struct seen *seen;
	struct lru lru, negative;
	size_t max;
	bool trusted;
	uint64_t gen, all_gen, epoch;
	int64_t primary_until_us;
	struct cache_stats stats;
};

/* ---- tables ------------------------------------------------------------------------------ */

struct cache *cache_new(size_t max_bytes)
{
	struct cache *c = xcalloc(1, sizeof *c);
	c->max = max_bytes;
	c->stats.max_bytes = max_bytes;
	for (c->buckets = 1024; c->buckets < max_bytes / MEAN_ENTRY * 2;)
		c->buckets *= 2;
	c->bucket = xcalloc(c->buckets, sizeof(struct cache_entry *));
	c->tags = xcalloc(c->buckets, sizeof(struct tag *));
	c->seen = seen_new();
	crypto_random(&c->seed, sizeof c->seed);
	return c;
}

static struct lru *list_of(struct cache *c, const struct cache_entry *e)
{
	return e->negative ? &c->negative : &c->lru;
}

static void lru_unlink(struct lru *l, struct cache_entry *e)
{
	*(e->lru_prev ? &e->lru_prev->lru_next : &l->first) = e->lru_next;
	*(e->lru_next ? &e->lru_next->lru_prev : &l->last) = e->lru_prev;
	l->n--;
}

static void lru_front(struct lru *l, struct cache_entry *e)
{
	e->lru_prev = NULL;
	e->lru_next = l->first;
	*(l->first ? &l->first->lru_prev : &l->last) = e;
	l->first = e;
	l->n++;
}

static uint64_t entry_hash(const struct cache *c, const struct page_kind *kind, struct str key)
{
	return hash_bytes(c->seed ^ (uint64_t)(uintptr_t)kind, key);
}

static uint64_t tag_hash(const struct cache *c, struct str kind, struct str key)
{
	uint64_t h = hash_bytes(hash_bytes(c->seed, kind), key);
	return h ? h : 1;
}

static void rep_free(struct cache_entry *e, int i)
{
	struct cache_rep *r = e->rep[i];
	if (!r)
		return;
	for (int k = 0; k < 2; k++)
		if (r->ready[k].blob)
			http_ready_release(&r->ready[k]);
	free(r);
	e->rep[i] = NULL;
}

static size_t rep_bytes(const struct cache_rep *r)
{
	size_t n = sizeof *r;
	for (int k = 0; k < 2; k++)
		n += r->ready[k].blob ? r->ready[k].blob->n + sizeof(struct blob) : 0;
	return n;
}

static void drop(struct cache *c, struct cache_entry *e)
{
	lru_unlink(list_of(c, e), e);
	*e->hash_prev = e->hash_next;
	if (e->hash_next)
		e->hash_next->hash_prev = e->hash_prev;
	for (size_t i = 0; i < e->ntags; i++) {
		*e->tag[i].prev = e->tag[i].next;
		if (e->tag[i].next)
			e->tag[i].next->prev = e->tag[i].prev;
	}
	for (int i = 0; i < CACHE_REPS; i++)
		rep_free(e, i);
	c->stats.bytes -= e->bytes;
	docs_free(e->docs);
	free(e);
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	while (c->lru.first)
		drop(c, c->lru.first);
	while (c->negative.first)
		drop(c, c->negative.first);
	seen_free(c->seen);
	free(c->bucket);
	free(c->tags);
	free(c);
}

/* The entry to go next.  A hit only marks its entry, for moving it would touch its neighbours,
 * which are in no processor's cache; whoever is found marked here is moved instead. */
static struct cache_entry *oldest(struct lru *l, const struct cache_entry *keep)
{
	while (l->last && (l->last->used || l->last == keep) && l->last != l->first) {
		struct cache_entry *e = l->last;
		e->used = false;
		lru_unlink(l, e);
		lru_front(l, e);
	}
	return l->last;
}

/* Makes room; `keep` is in use. */
static void trim(struct cache *c, const struct cache_entry *keep)
{
	while (c->negative.n > NEGATIVE_MAX && c->negative.last != keep)
		drop(c, c->negative.last);
	while (c->stats.bytes > c->max) {
		struct cache_entry *e = oldest(&c->lru, keep);
		if (!e || e == keep)
			e = c->negative.last;
		if (!e || e == keep)
			return;
		drop(c, e);
		c->stats.evicted++;
	}
}

static struct cache_entry *lookup(
	struct cache *c, uint64_t hash, const struct page_kind *kind, struct str key)
{
	struct cache_entry *e = c->bucket[hash & (c->buckets - 1)];
	while (e && (e->hash != hash || e->kind != kind || !str_eq(e->key, key)))
		e = e->hash_next;
	return e;
}

struct cache_entry *cache_find(struct cache *c, const struct page_kind *kind, struct str key)
{
	struct cache_entry *e = lookup(c, entry_hash(c, kind, key), kind, key);
	if (e)
		e->used = true;
	return e;
}

/* ---- filling ----------------------------------------------------------------------------- */

static bool may_be_old(
	const struct cache *c, const struct cache_fill *f, const struct docset *d)
{
	bool found = false;
	for (size_t i = 0; i < d->n; i++) {
		const struct doc *doc = &d->doc[i];
		if (seen_newer(c->seen, tag_hash(c, doc->kind, doc->key), doc->version))
			return true;
		found |= f->kind->doc_kind && str_eq(doc->kind, str_c(f->kind->doc_kind)) &&
			 str_eq(doc->key, f->key);
	}
	return !found && f->kind->doc_kind &&
	       seen_newer(c->seen, tag_hash(c, str_c(f->kind->doc_kind), f->key), 0);
}

/* A read that began on the primary after the last announcement cannot be old. */
static bool acceptable(
	const struct cache *c, const struct cache_fill *f, const struct docset *d)
{
	if (f->begun_gen < c->all_gen)
		return false;
	if (f->primary && f->begun_gen == c->gen)
		return true;
	return !may_be_old(c, f, d);
}

static void tag_link(struct cache *c, struct cache_entry *e, uint64_t hash, int64_t version)
{
	struct tag *t = &e->tag[e->ntags++];
	struct tag **at = &c->tags[hash & (c->buckets - 1)];
	*t = (struct tag){.next = *at, .prev = at, .e = e, .hash = hash, .version = version};
	*at = t;
	if (t->next)
		t->next->prev = &t->next;
}

static int32_t first_change(const struct docset *d, int32_t after)
{
	int32_t first = DAY_NONE;
	for (size_t i = 0; i < d->n; i++) {
		int32_t day = d->doc[i].next_change;
		if (day != DAY_NONE && day > after && (first == DAY_NONE || day < first))
			first = day;
	}
	return first;
}

static struct cache_entry *entry_new(
	struct cache *c, const struct cache_fill *f, struct docset *docs)
{
	size_t size =
		sizeof(struct cache_entry) + (docs->n + 1) * sizeof(struct tag) + f->key.n;
	struct cache_entry *e = xcalloc(1, size);
	char *key = (char *)&e->tag[docs->n + 1];
	if (f->key.n)
		memcpy(key, f->key.p, f->key.n);
	e->kind = f->kind;
	e->key = (struct str){key, f->key.n};
	e->hash = entry_hash(c, f->kind, f->key);
	e->docs = docs;
	e->negative = !docs->n && f->kind->stmt != ST_NONE;
	e->bytes = size + docs_bytes(docs);
	e->read_us = f->now_us;
	e->next_change = first_change(docs, clock_day(f->now_us));
	e->epoch = c->epoch;
	return e;
}

static void entry_link(struct cache *c, struct cache_entry *e)
{
	struct cache_entry **at = &c->bucket[e->hash & (c->buckets - 1)];
	bool root = false;
	e->hash_next = *at;
	e->hash_prev = at;
	if (*at)
		(*at)->hash_prev = &e->hash_next;
	*at = e;
	for (size_t i = 0; i < e->docs->n; i++) {
		const struct doc *d = &e->docs->doc[i];
		tag_link(c, e, tag_hash(c, d->kind, d->key), d->version);
		root |= e->kind->doc_kind && str_eq(d->kind, str_c(e->kind->doc_kind)) &&
			str_eq(d->key, e->key);
	}
	if (!root && e->kind->doc_kind)
		tag_link(c, e, tag_hash(c, str_c(e->kind->doc_kind), e->key), 0);
	lru_front(list_of(c, e), e);
	c->stats.bytes += e->bytes;
}

enum rc cache_put(struct cache *c, const struct cache_fill *f, struct cache_entry **ret_)
{
	struct docset *docs;
	enum rc rc = docs_new(f->rows, f->guess_rows, &docs);
	if (rc != RC_OK)
		return rc;
	bool good = acceptable(c, f, docs);
	if (!good && !f->last_try) {
		docs_free(docs);
		c->stats.refetched++;
		return RC_CONFLICT;
	}
	struct cache_entry *old = lookup(c, entry_hash(c, f->kind, f->key), f->kind, f->key);
	if (old)
		drop(c, old);
	struct cache_entry *e = entry_new(c, f, docs);
	e->expired = !good;
	entry_link(c, e);
	trim(c, e);
	*ret_ = e;
	return RC_OK;
}

void cache_rep_set(struct cache *c, struct cache_entry *e, int i, const struct cache_rep *rep)
{
	if (e->rep[i]) {
		e->bytes -= rep_bytes(e->rep[i]);
		c->stats.bytes -= rep_bytes(e->rep[i]);
		rep_free(e, i);
	}
	e->rep[i] = xmalloc(sizeof *rep);
	*e->rep[i] = *rep;
	e->bytes += rep_bytes(rep);
	c->stats.bytes += rep_bytes(rep);
	trim(c, e);
}

void cache_rep_twin(
	struct cache *c, struct cache_entry *e, int i, const struct http_ready *twin)
{
	struct cache_rep *r = e->rep[i];
	r->twin_tried = true;
	if (!twin)
		return;
	r->ready[1] = *twin;
	e->bytes += twin->blob->n + sizeof(struct blob);
	c->stats.bytes += twin->blob->n + sizeof(struct blob);
	trim(c, e);
}

/* ---- freshness --------------------------------------------------------------------------- */

uint64_t cache_gen(const struct cache *c)
{
	return c->gen;
}

void cache_changed(struct cache *c, struct str kind, struct str key, int64_t version)
{
	uint64_t hash = tag_hash(c, kind, key);
	c->gen++;
	seen_put(c->seen, hash, version);
	for (struct tag *t = c->tags[hash & (c->buckets - 1)]; t; t = t->next)
		if (t->hash == hash && t->version < version && !t->e->expired) {
			t->e->expired = true;
			c->stats.expired++;
		}
}

void cache_all_changed(struct cache *c, int64_t now_us)
{
	c->all_gen = ++c->gen;
	c->epoch++;
	c->stats.expired += c->lru.n + c->negative.n;
	c->primary_until_us = now_us + PRIMARY_US;
}

bool cache_wants_primary(const struct cache *c, int64_t now_us)
{
	return now_us < c->primary_until_us;
}

void cache_trust(struct cache *c, bool on)
{
	c->trusted = on;
}

bool cache_fresh(
	const struct cache *c, const struct cache_entry *e, int32_t today, int64_t now_us)
{
	if (e->kind->stmt == ST_NONE)
		return true;
	if (!c->trusted || e->expired || e->epoch != c->epoch)
		return false;
	if (e->next_change != DAY_NONE && today >= e->next_change)
		return false;
	return !e->negative || now_us - e->read_us < NEGATIVE_US;
}

const struct docset *cache_docs(const struct cache_entry *e)
{
	return e->docs;
}

struct docset *cache_docs_mutable(struct cache_entry *e)
{
	return e->docs;
}

int64_t cache_as_of(const struct cache_entry *e)
{
	return e->read_us;
}

const struct cache_rep *cache_rep(const struct cache_entry *e, int i)
{
	return e->rep[i];
}

void cache_stats(const struct cache *c, int64_t now_us, struct cache_stats *ret_)
{
	*ret_ = c->stats;
	ret_->entries = c->lru.n;
	ret_->negative = c->negative.n;
	ret_->oldest_us = c->lru.last ? now_us - c->lru.last->read_us : 0;
}
