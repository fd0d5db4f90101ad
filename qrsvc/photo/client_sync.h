/* photo/client_sync: photos as a command sees them (`qrsvc import photos`): blocking, one at a
 * time, with a qrsvc-photod of its own.
 *
 *   struct photo_sync ps;
 *   if (photo_sync_start(&ps, "/usr/lib/qrsvc/qrsvc-photod", &e) != RC_OK) ...
 *   rc = photo_sync_fd(&ps, fd, &photo, &e);      (see photo.h for refusals)
 *   if (rc == RC_OK) { ... photo_release(&photo); }
 *   photo_sync_stop(&ps);
 *
 * A photod that dies is started again by the next call; that call's photo is tried once more
 * before RC_UNAVAILABLE is returned. */
#ifndef QR_PHOTO_CLIENT_SYNC_H
#define QR_PHOTO_CLIENT_SYNC_H

#include <sys/types.h>

#include "qrsvc/photo/photo.h"

struct photo_sync {
	char *path; /* of the program */
	int fd;	    /* socket, -1 when it is not running */
	pid_t pid;
	uint64_t id; /* of the last job */
};

/* path: the qrsvc-photod to run.  RC_UNAVAILABLE when it cannot be run. */
enum rc photo_sync_start(struct photo_sync *ps, const char *path, struct err *e);
/* in_fd: a regular file or memfd, read from offset 0; stays the caller's. */
enum rc photo_sync_fd(struct photo_sync *ps, int in_fd, struct photo *ret_, struct err *e);
/* The same, with these boxes painted black; NULL: none. */
enum rc photo_sync_boxes(struct photo_sync *ps, int in_fd, const struct photo_boxes *boxes,
	struct photo *ret_, struct err *e);
enum rc photo_sync_bytes(
	struct photo_sync *ps, struct str bytes, struct photo *ret_, struct err *e);
void photo_sync_stop(struct photo_sync *ps);

/* "qrsvc-photod" beside the running program, when no other path is configured; false when it
 * does not fit. */
bool photo_default_path(char *ret_, size_t n);

#endif
