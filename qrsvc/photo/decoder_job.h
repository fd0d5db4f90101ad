/* decoder_job: one photo, seen from the parent: fork, watch, bury, seal, hash. */
#ifndef QR_PHOTO_DECODER_JOB_H
#define QR_PHOTO_DECODER_JOB_H

#include <sys/types.h>

#include "qrsvc/base/crypto.h"
#include "qrsvc/photo/decoder_jail.h"
#include "qrsvc/photo/proto.h"

struct job {
	pid_t pid;		    /* 0: none runs */
	int in, out[PHOTO_SIZES_N]; /* input and sealed outputs; -1: none */
	int say;		    /* readable when the child has spoken or is dead */
	int64_t deadline_us;	    /* of clock_mono_us() */
	uint64_t bytes;
	bool late, hashed;
	unsigned char sha256[SHA256_BYTES];
};

void job_init(struct job *r);
/* Starts a child on in_fd, which it takes over; boxes: to be painted black.  False: refused at
 * once, *ret_a says why. */
bool job_start(struct job *r, int in_fd, const struct photo_boxes *boxes,
	const struct jail *jail, int wall_ms, struct photo_answer *ret_a);
/* Ends the child early; job_finish() still follows.  late: its time was up. */
void job_kill(struct job *r, bool late);
/* When say is readable: everything of *ret_a but magic, say and id.  r->out is good for sending
 * when why is PHOTO_WHY_OK. */
void job_finish(struct job *r, struct photo_answer *ret_a);
/* Closes what is left; no child may be running. */
void job_clear(struct job *r);

#endif
