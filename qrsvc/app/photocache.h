/* photocache: published photos, /p/{sha256}-{width}.jpg.
 *
 * The database is the store; photofiles.h is a bounded copy of files, filled on first use, safe
 * to delete at any time.  When a worker first opens a file the database is asked whether the
 * photo is still published: it may have been blackened or erased while nobody here listened.
 * Served by sendfile with ranges; the address names the content, so the answer may be kept for
 * ever. */
#ifndef QR_APP_PHOTOCACHE_H
#define QR_APP_PHOTOCACHE_H

#include "qrsvc/app/request.h"

#define PHOTO_FLIGHTS 64 /* photos being read at once; more: RC_BUSY */

struct app;
struct photocache;

struct photocache *photocache_new(struct app *a);
void photocache_free(struct photocache *p);

/* The notice "photo HEX 0": blackened or erased; its files go. */
void photocache_taken_back(struct photocache *p, struct str hex);
/* Notices may have been missed: every file is asked for again before it is served. */
void photocache_doubt(struct photocache *p);

/* Handler of the route "/p/{sha}-{width}.jpg": arg[0] 64 lower-case hex digits, arg[1] one of
 * 320, 1280, 2048; anything else is 404. */
void request_photo(struct request *rq);

#endif
