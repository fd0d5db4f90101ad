/* reply: a photo_answer, as a datagram with its descriptors, made into a struct photo; private
 * to the two clients. */
#ifndef QR_PHOTO_REPLY_H
#define QR_PHOTO_REPLY_H

#include "qrsvc/photo/photo.h"
#include "qrsvc/photo/proto.h"

/* False: not an answer of this protocol; the socket is of no use any more.  Either way the
 * descriptors are closed.  On true, *ret_id is the job's number, *ret_rc its result with *e
 * filled when it is not RC_OK, *ret_photo the photo when it is. */
bool reply_parse(const void *data, size_t n, const int *fds, size_t nfds, uint64_t *ret_id,
	enum rc *ret_rc, struct photo *ret_photo, struct err *e);

/* For failures that are found on this side of the socket: sets e->key too. */
enum rc reply_fail(struct err *e, enum rc rc, const char *detail);

#endif
