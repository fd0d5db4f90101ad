/* notify: the LISTEN connection, and what its notices say.  For pgpool.c.
 *
 * Channel qr_doc, sent in the transaction that changed a document: "KIND KEY VERSION", "all"
 * for bulk work, or "photo HEX 0": a photo that is no longer given out.  Always on the primary.
 * When the connection was lost, notices may have been missed: the first thing after its return
 * is all_changed(). */
#ifndef QR_DB_NOTIFY_H
#define QR_DB_NOTIFY_H

#include "qrsvc/db/pgconn.h"
#include "qrsvc/db/pgpool.h"

#define NOTIFY_CHANNEL "qr_doc"

struct notice {
	bool all;
	struct str kind, key;
	int64_t version;
};

/* False: not a notice of ours (the caller must then think that anything changed). */
bool notify_parse(struct str payload, struct notice *ret_);

struct notify {
	struct pgconn conn;
	const struct pgpool_ops *ops;
	void *arg;
	uint64_t notices;
};

void notify_init(struct notify *n, struct loop *l, const struct pgconn_target *to,
	const struct pgpool_ops *ops, void *arg);
void notify_release(struct notify *n);

#endif
