/* decoder: one job, inside the jail.
 *
 * The process lives for one photo, so failure is simple: refuse() tells the parent why and ends
 * the process; nobody above has to pass it on, and what was allocated goes with the process. */
#ifndef QR_PHOTO_DECODER_H
#define QR_PHOTO_DECODER_H

#include <stddef.h>

#include "qrsvc/base/str.h"
#include "qrsvc/photo/proto.h"

/* The child's descriptors, put in these places before the jail is entered. */
enum { DECODER_IN = 3, DECODER_OUT = 4, DECODER_SAY = DECODER_OUT + PHOTO_SIZES_N };

/* The photo's bytes; read with pread only. */
struct source {
	int fd;
	uint64_t size;
};

/* Decodes, blackens the boxes, scales, encodes, reports through DECODER_SAY and ends the
 * process.  size: of the file behind DECODER_IN. */
_Noreturn void decoder_run(uint64_t size, const struct photo_boxes *boxes);

/* Ends the job.  why is what the parent tells the client, the words are for the log. */
_Noreturn void refuse(enum photo_why why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Zeroed memory for n things of a size; refuses (PHOTO_WHY_COSTLY) when there is none. */
void *decoder_alloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* Up to n bytes at `at`; 0 at the end.  A failing read is PHOTO_WHY_INTERNAL. */
size_t source_read(const struct source *in, uint64_t at, void *p, size_t n);
/* All of it, with `pad` zero bytes behind. */
struct str source_all(const struct source *in, size_t pad);

/* By the first bytes; PHOTO_NONE for everything else. */
enum photo_type decoder_sniff(struct str head);

/* Refuses what is over LIMIT_PHOTO_SIDE or LIMIT_PHOTO_PIXELS, or empty. */
void decoder_check_size(uint64_t w, uint64_t h);

#endif
