/* upload: the files of one form on their way into the database, one after another.
 *
 * A photo goes from its spool file through the photo process (photo/client.h) and is stored
 * with its three sizes; a report (PDF) is checked and stored as it came.  Both are stored under
 * the hash of their bytes, for the account that is logged in, before any record speaks of them:
 * sending one twice stores it once, and what no record ever names is swept by the database.
 *
 * Memory: at most UPLOAD_LANES files of a worker are anywhere between their spool file and the
 * database, whatever the number of requests; the others wait with nothing but a descriptor.
 * Requests take turns file by file.
 *
 * A photo process or database that is away is waited for, UPLOAD_TRIES times UPLOAD_REST_MS;
 * after that the file, and those behind it, get RC_UNAVAILABLE, and nothing of them is kept. */
#ifndef QR_APP_UPLOAD_H
#define QR_APP_UPLOAD_H

#include "qrsvc/app/request.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/photo/photo.h"

#define UPLOAD_LANES 2
/* Of these, at most so many for people without an account, and only while nobody who is logged
 * in waits: residents' photos must never keep an inspector's record. */
#define UPLOAD_GUEST_LANES 1
/* Bodies with photos of people without an account that a worker takes at once (40 MiB each on
 * the spool's disk at most); more: RC_BUSY, before a byte of the body is read. */
#define UPLOAD_GUESTS 8
#define UPLOAD_TRIES 4
#define UPLOAD_REST_MS 700
#define UPLOAD_PHOTO_MS 60000 /* a photo in the photo process, its queue included */
/* A report is held in memory once, and once more by libpq while it is sent. */
#define LIMIT_REPORT_BYTES (4u * MIB)

struct uploads;

/* A form of residents: what api.ticket_photo_put() asks for (sql/api/ticket_new.sql). */
struct upload_guest {
	struct str source, code, key, stamp;
};

/* One file; storage of the caller, in the request's arena. */
struct upload {
	/* in */
	int fd; /* spool file, at its beginning; stays the exchange's */
	uint64_t size;
	bool report; /* a PDF, else a photo */
	/* Instead of a file (fd -1): the hash, 32 bytes, of a blob that came piece by piece.
	 * One that is not there is RC_NOT_FOUND, "blob"; one that became a photo before is
	 * that. */
	struct str blob;
	/* Or the hash, 32 bytes, of a photo that is stored: its largest size is taken. */
	struct str photo;
	const struct photo_boxes *boxes; /* to be painted black; NULL: none */
	/* Instead of a session: the form it came with, and its place in it (1 to 3). */
	const struct upload_guest *guest;
	int pos;
	/* out */
	enum rc rc;	 /* RC_OK: it is stored */
	const char *why; /* else: a word for the form: "type", "bytes", "damaged" ..; static */
	char sha256[SHA256_HEX + 1];   /* its name: of the published bytes */
	char original[SHA256_HEX + 1]; /* of what was sent; "" for reports */
	int w, h; /* of the original, upright; 0 for reports, or not known */
};

/* Called once, from the loop, never inside uploads_run().  rq->user is the caller's. */
typedef void uploads_done_cb(struct request *rq);
/* Takes care of list[0..n), in this order.  The session is that of the request's cookie.  The
 * callback comes when each has its rc; n may be 0. */
void uploads_run(struct request *rq, struct upload *list, size_t n, uploads_done_cb *cb);

/* Calls back once after UPLOAD_REST_MS: for a statement that may be sent again. */
void upload_rest(struct request *rq, uploads_done_cb *cb);

/* For route->before of forms that anybody may send: sets the deadline of the body and takes one
 * of UPLOAD_GUESTS for a body that may hold files (longer than LIMIT_BODY_SMALL, or of unknown
 * length); false: none is free, nothing was answered.  serve.c gives it back when the exchange
 * ends. */
bool upload_guest_enter(struct request *rq);
void upload_guest_leave(struct request *rq);

/* For app.c: one a worker. */
struct uploads *uploads_new(struct app *a);
void uploads_free(struct uploads *u);

#endif
