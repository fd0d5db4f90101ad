/* photo/proto: what is said between qrsvc-photod and those who use it.
 *
 * Start:  qrsvc-photod [--fd N]... [--control N] [--wall-ms N]
 *   --fd N       a connected SOCK_SEQPACKET socket: a client that sends jobs.  Up to
 *                PHOTOD_CLIENTS, the option may be repeated.
 *   --control N  a SOCK_SEQPACKET socket to the master.  Each message on it is one PHOTO_JOIN
 *                with one descriptor: the photod end of a new client's socket pair.  So a
 * worker that was started again gets a socket without a new photod.
 *   --wall-ms N  most milliseconds of one job (default and most: PHOTO_WALL_MS)
 * It opens nothing, needs no environment, writes log lines to descriptor 2 only and ends (0)
 * when all its sockets are closed, or on SIGTERM.  It may be killed at any time: it has nothing
 * to lose but the jobs in hand.
 *
 * Job: one datagram `struct photo_job` with exactly one descriptor: a regular file or memfd
 * open for reading.  Its boxes are what is painted black (box.h); boxes that do not lie in the
 * picture are refused, the photo with them.  Answer: one datagram `struct photo_answer`; when
 * why == PHOTO_WHY_OK it carries PHOTO_SIZES descriptors, the finished JPEG files in the order
 * 2048, 1280, 320: memfds sealed against any change, made by photod.  Answers come in the order
 * of the jobs; a client may have PHOTO_WINDOW jobs on the way.  A malformed datagram ends that
 * client's socket.
 *
 * Both sides are the same build on the same host, so the structs go as they are (host order,
 * no padding that is not named); `magic` tells a stranger, or another build, apart.
 *
 * One picture a process: photod forks a child per job (0.3 ms) that has the libraries loaded
 * already.  The child holds the input, three outputs and a pipe, nothing else, and enters its
 * jail before it reads the first byte: see decoder_jail.h for limits and system calls.  What
 * the child says is checked; sizes and hashes of what is published are taken by the parent
 * from the sealed outputs after the child is dead. */
#ifndef QR_PHOTO_PROTO_H
#define QR_PHOTO_PROTO_H

#include <stdint.h>

#include "qrsvc/photo/box.h"

#define PHOTO_MAGIC 0x51505632u /* "QPV2" */
#define PHOTO_SIZES_N 3
#define PHOTO_LONG_SIDE 2048 /* of the largest size */
#define PHOTOD_CLIENTS 64    /* workers of one host */
#define PHOTO_WINDOW 2	     /* one runs, one waits: photod is never idle between two */
#define PHOTO_WALL_MS 15000
#define PHOTO_CPU_S 10
#define PHOTO_OUT_MAX                                                          \
	(8u * 1024 * 1024) /* one finished file; a 2048 x 2048 one has <= 3 MB \
			    */

/* Why a photo was refused.  The words for each are photo_why_err() in photo.c. */
enum photo_why {
	PHOTO_WHY_OK = 0,
	PHOTO_WHY_EMPTY,    /* no bytes */
	PHOTO_WHY_TYPE,	    /* not a picture of a kind we take */
	PHOTO_WHY_BYTES,    /* more bytes than LIMIT_PHOTO_BYTES */
	PHOTO_WHY_PIXELS,   /* more pixels than LIMIT_PHOTO_PIXELS, LIMIT_PHOTO_SIDE */
	PHOTO_WHY_DAMAGED,  /* truncated or malformed */
	PHOTO_WHY_COSTLY,   /* memory, processor time, scans */
	PHOTO_WHY_CRASHED,  /* the child died; seccomp, a signal */
	PHOTO_WHY_TIME,	    /* killed at the wall clock limit */
	PHOTO_WHY_INTERNAL, /* our side: no memory for outputs, unreadable descriptor */
	PHOTO_WHY_BOXES,    /* boxes that are none */
	PHOTO_WHY_COUNT
};

enum photo_type { PHOTO_NONE, PHOTO_JPEG, PHOTO_PNG, PHOTO_WEBP, PHOTO_HEIC, PHOTO_TYPES };

enum { PHOTO_SAY_JOB = 1, PHOTO_SAY_JOIN = 2, PHOTO_SAY_ANSWER = 3 };

/* Client to photod (PHOTO_SAY_JOB) and master to photod (PHOTO_SAY_JOIN, id 0). */
struct photo_job {
	uint32_t magic;
	uint32_t say;
	uint64_t id; /* the client's own; comes back in the answer */
	struct photo_boxes boxes;
	uint32_t zero;
};

/* What the child found, through its pipe to the parent, and in the answer. */
struct photo_found {
	uint32_t why;  /* enum photo_why */
	uint32_t type; /* enum photo_type */
	uint32_t w, h; /* of the original, upright */
	uint32_t vw[PHOTO_SIZES_N], vh[PHOTO_SIZES_N];
	uint64_t dhash;
	double lat, lon; /* 0 without has_place */
	uint32_t has_place;
	char taken[32]; /* see photo.h; NUL-terminated */
	char say[100];	/* for the log: a library's words, printable ASCII, NUL-terminated */
};

struct photo_answer {
	uint32_t magic;
	uint32_t say;
	uint64_t id;
	struct photo_found found;
	uint32_t cpu_us, max_rss_kib; /* of the child */
	uint64_t original_bytes;
	unsigned char original_sha256[32];
	uint64_t bytes[PHOTO_SIZES_N];
	unsigned char sha256[PHOTO_SIZES_N][32];
};

#endif
