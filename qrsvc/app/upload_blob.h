/* upload_blob: a blob of the database (a photo that came piece by piece), or a photo, as a file
 * for the photo process.  Read in pieces, so that one of 12 MiB costs no more memory than one
 * of 1 MiB.
 */
#ifndef QR_APP_UPLOAD_BLOB_H
#define QR_APP_UPLOAD_BLOB_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

struct app;
struct blob_fetch;

/* What became of it:
 *   RC_OK, photo    64 digits: a photo was made of it before; valid during the call; fd -1
 *   RC_OK, fd       an unnamed file, at its beginning, the callee's to close
 *   RC_NOT_FOUND    none of this account, or not all of it came yet
 *   else            of the database, or RC_IO: no room for the file
 * Called once, later, from the loop; the fetch has ended by itself. */
typedef void blob_fetch_cb(void *arg, enum rc rc, int fd, struct str photo);

/* session: SHA-256 of the session's token; sha: of the blob; 32 bytes each, both copied. */
struct blob_fetch *blob_fetch_new(struct app *a, struct str session, struct str sha,
	blob_fetch_cb *cb, void *arg) __attribute__((returns_nonnull));
/* The same for the largest size of a photo that is stored; RC_NOT_FOUND: not for this account.
 */
struct blob_fetch *blob_fetch_photo(struct app *a, struct str session, struct str sha,
	blob_fetch_cb *cb, void *arg) __attribute__((returns_nonnull));
/* Ends it; nothing is called.  NULL is allowed. */
void blob_fetch_free(struct blob_fetch *f);

#endif
