/* photo/client: photos as the event loop sees them.
 *
 * One client per worker, over a SOCK_SEQPACKET descriptor whose other end the master handed to
 * qrsvc-photod (proto.h).  Jobs are answered in the order of submission; photod takes turns
 * between workers.  Nothing here blocks.
 *
 * Results of a job, as the rc of its callback: see photo.h.
 *
 * When photod dies, or its descriptor breaks, every job that was waiting is called back with
 * RC_UNAVAILABLE; a job never happens twice by itself.  Jobs submitted while there is no photod
 * are answered RC_UNAVAILABLE at once (from the loop).  photo_client_attach() gives the
 * descriptor of the next one.  A caller whose input is still at hand may submit once more: a
 * photo cannot kill photod, only its own job. */
#ifndef QR_PHOTO_CLIENT_H
#define QR_PHOTO_CLIENT_H

#include "qrsvc/photo/photo.h"

struct loop;
struct photo_client;
struct photo_ticket;

/* Jobs of one worker that wait or run; each holds one descriptor.  Ten photos a request, four
 * requests. */
#define PHOTO_CLIENT_QUEUE 40

/* p is valid when rc is RC_OK, else NULL.  The callback takes what it wants to keep: *p moves
 * by assignment (then set p->v to what photo_release() may see: struct photo mine = *p; *p =
 * (struct photo){0};).  What is left in *p is released after the callback. */
typedef void photo_done_cb(void *arg, enum rc rc, struct photo *p, const struct err *e);

/* fd: a connected SOCK_SEQPACKET socket, owned from now on, or -1 (attach later). */
struct photo_client *photo_client_new(struct loop *l, int fd);
/* Closes; jobs still waiting are not called back. */
void photo_client_free(struct photo_client *c);
/* The next photod.  Jobs of the former are called back RC_UNAVAILABLE. */
void photo_client_attach(struct photo_client *c, int fd);
bool photo_client_linked(const struct photo_client *c); /* false: it is gone, or not here yet */
/* False while there is no photod. */
bool photo_client_up(const struct photo_client *c);
size_t photo_client_waiting(const struct photo_client *c);
/* Since it was made.  failed: the photo process could not (gone, too late, an error of its
 * own); a picture that was refused is an answer like any other.  us: from submit to result. */
struct photo_client_stats {
	uint64_t jobs, failed, us;
};
void photo_client_stats(const struct photo_client *c, struct photo_client_stats *ret_);

/* in_fd: a regular file or memfd with the photo's bytes from offset 0 to its end; it is
 * duplicated, the caller may close his at once, but the bytes must stay as they are until the
 * callback.  Never NULL: what is refused (RC_BUSY, RC_UNAVAILABLE) is called back from the loop
 * like anything else.  deadline_ms counts from now, waiting included. */
struct photo_ticket *photo_submit(
	struct photo_client *c, int in_fd, int deadline_ms, photo_done_cb *cb, void *arg);
/* The same, with these boxes painted black; NULL: none. */
struct photo_ticket *photo_submit_boxes(struct photo_client *c, int in_fd,
	const struct photo_boxes *boxes, int deadline_ms, photo_done_cb *cb, void *arg);
/* The callback will not be called; NULL is allowed. */
void photo_forget(struct photo_ticket *t);

#endif
