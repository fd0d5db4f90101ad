/* cache: pages in memory, one entry for each (kind of page, key).
 *
 * An entry keeps the documents its page is made of and, per language and format, the finished
 * answer: head, body, compressed twin and ETag, ready to be written.  So a hit is one lookup
 * and one writev; another language, or a new day, is rendered from the kept documents without
 * the database (architecture.md 3).
 *
 * Freshness.  cache_changed() gives (kind, key, version) as announced by NOTIFY: entries that
 * hold an older version (or that looked for the document in vain) are expired at once, and a
 * table of last announced versions refuses older documents that come in late: their read is
 * repeated on the primary.  cache_all_changed() expires everything.  Expired entries are kept
 * as long as there is room, to be served as stale while the database is gone. Bounded by bytes;
 * the oldest goes out first, but who was used since he was last in question gets another turn.
 * Unknown keys are kept like any other entry but in a small ring of their own, for at most 60
 * s. */
#ifndef QR_APP_CACHE_H
#define QR_APP_CACHE_H

#include "qrsvc/app/request.h"
#include "qrsvc/http/resp.h"

struct cache;
struct cache_entry;

/* Formats of one entry: language x json x lang_asked. */
#define CACHE_REPS (LANG_COUNT * 4)

struct cache_rep {
	struct http_ready ready[2]; /* 0 identity, 1 gzip (blob NULL: not smaller); each has its
				     * own ETag (RFC 9110 8.8.3.3) */
	int32_t day;		    /* made for this date */
	bool stale;		    /* says "data as of" */
	bool twin_tried;	    /* ready[1] is final */
};

struct cache *cache_new(size_t max_bytes);
void cache_free(struct cache *c);

/* Pages of `kind` and `key`; NULL if not there.  Counts as a use. */
struct cache_entry *cache_find(struct cache *c, const struct page_kind *kind, struct str key);

/* Documents as read from the database.  primary: not from a replica; begun_gen: cache_gen()
 * when the read was sent.  RC_OK and *ret_ a fresh entry; RC_CONFLICT: something newer has been
 * announced meanwhile, read it again from the primary.  A read that was begun on the primary
 * after the announcement is always taken. */
struct cache_fill {
	const struct page_kind *kind;
	struct str key;
	const struct db_rows *rows;	  /* documents */
	const struct db_rows *guess_rows; /* or NULL */
	bool primary;
	uint64_t begun_gen;
	int64_t now_us;
	bool last_try; /* take it even so, but expired: it answers those who wait, nobody else
			*/
};
enum rc cache_put(struct cache *c, const struct cache_fill *f, struct cache_entry **ret_);

/* Counts announcements; see begun_gen. */
uint64_t cache_gen(const struct cache *c);
void cache_changed(struct cache *c, struct str kind, struct str key, int64_t version);
void cache_all_changed(struct cache *c, int64_t now_us);
/* True for a while after that: a replica may not know what has changed. */
bool cache_wants_primary(const struct cache *c, int64_t now_us);
/* LISTEN is lost (false): nothing is known to be fresh. */
void cache_trust(struct cache *c, bool on);

/* True if the entry may be served without asking the database on `today`. */
bool cache_fresh(
	const struct cache *c, const struct cache_entry *e, int32_t today, int64_t now_us);
const struct docset *cache_docs(const struct cache_entry *e);
struct docset *cache_docs_mutable(struct cache_entry *e); /* for docs_begin() */
/* When its documents were read (wall clock). */
int64_t cache_as_of(const struct cache_entry *e);
/* Slot i < CACHE_REPS; NULL until cache_rep_set(), which takes over what *rep holds. */
const struct cache_rep *cache_rep(const struct cache_entry *e, int i);
void cache_rep_set(struct cache *c, struct cache_entry *e, int i, const struct cache_rep *rep);
/* Adds the compressed twin (taken over) to slot i; NULL: it is not smaller. */
void cache_rep_twin(
	struct cache *c, struct cache_entry *e, int i, const struct http_ready *twin);

struct cache_stats {
	uint64_t evicted, expired, refetched;
	uint64_t bytes, max_bytes, entries, negative;
	int64_t oldest_us; /* since the entry that leaves next was read */
};
void cache_stats(const struct cache *c, int64_t now_us, struct cache_stats *ret_);

#endif
