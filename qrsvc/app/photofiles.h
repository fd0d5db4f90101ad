/* photofiles: the folder of photos of a host, and the files of it a worker keeps open.  For
 * photocache.c.
 *
 * A file is the photo's bytes followed by their SHA-256, "3f/HEX-320" below the folder: it
 * appears whole or not at all, is checked when a worker first opens it, and thrown away if it
 * does not fit.  All workers of the host share the folder; anybody may delete files in it. */
#ifndef QR_APP_PHOTOFILES_H
#define QR_APP_PHOTOFILES_H

#include "qrsvc/app/shared.h"
#include "qrsvc/base/crypto.h"

#define PHOTO_FOLDERS 64 /* each holds at most 1/64 of the bytes */
#define PHOTO_OPEN 256	 /* files a worker keeps open */

struct photo_name {
	unsigned char sha[SHA256_BYTES];
	int width;
};
bool photo_name_same(const struct photo_name *a, const struct photo_name *b);

/* An open, checked file; valid until the next call. */
struct photo_file {
	struct photo_name name;
	int fd;	       /* 0: free (never a photo) */
	uint64_t size; /* of the photo, without its hash */
	uint64_t used;
};

struct photofiles {
	struct shared_slot *slot; /* counts of damaged and of swept files */
	int folder;		  /* -1: no files are kept */
	int64_t max_folder;	  /* bytes in each of PHOTO_FOLDERS */
	struct photo_file open[PHOTO_OPEN];
	uint64_t clock;
	int64_t logged_us;
};

/* state: the folder that holds "photos", or NULL: no files are kept. */
void photofiles_init(
	struct photofiles *p, const char *state, int64_t bytes, struct shared_slot *slot);
void photofiles_release(struct photofiles *p);

/* Among the open ones; NULL: not open. */
struct photo_file *photofiles_find(struct photofiles *p, const struct photo_name *name);
/* A file of that name lies in the folder, checked or not. */
bool photofiles_have(const struct photofiles *p, const struct photo_name *name);
/* Opens and checks; NULL: not there, or damaged (then it is deleted). */
struct photo_file *photofiles_open(struct photofiles *p, const struct photo_name *name);
/* Keeps these bytes, and deletes the least recently used ones beyond the limit.  What cannot be
 * kept is no error: the photo is read again next time. */
void photofiles_store(struct photofiles *p, const struct photo_name *name, struct str bytes);
/* Closes and deletes. */
void photofiles_forget(struct photofiles *p, const struct photo_name *name);
/* Closes all, deletes none. */
void photofiles_close(struct photofiles *p);

#endif
