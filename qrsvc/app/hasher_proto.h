/* hasher_proto: what is said between the hasher process (qrsvc/hasherd.c) and the workers.
 *
 * Start: qrsvc --hasher --control N.  Each message on the control socket is one struct hash_job
 * with say HASH_SAY_JOIN and one descriptor: the hasher's end of a worker's socket pair.  A
 * worker sends struct hash_job, the hasher answers each with one struct hash_answer, in the
 * order they are finished (two run at once).  A malformed datagram ends that socket.  The
 * hasher ends when all its sockets are closed, or on SIGTERM; it has nothing to lose but the
 * jobs in hand.
 *
 * Both sides are the same build on the same host, so the structs go as they are; `magic` tells
 * another build apart. */
#ifndef QR_APP_HASHER_PROTO_H
#define QR_APP_HASHER_PROTO_H

#include "qrsvc/base/crypto_password.h"

#define HASH_MAGIC 0x51485731u /* "QHW1" */
#define HASH_SLOTS 2	       /* hashes made at once: each takes a core and its memory */
#define HASH_CLIENTS 160       /* workers, twice while a reload is under way */
#define HASH_WINDOW 2	       /* jobs of one worker on the way */
#define HASH_CPU_S 10	       /* a child that takes longer is killed */
#define PASSWORD_BYTES 512u    /* 128 characters of UTF-8 */

enum { HASH_SAY_VERIFY = 1, HASH_SAY_MAKE = 2, HASH_SAY_JOIN = 3 };

struct hash_job {
	uint32_t magic, say;
	uint64_t id;
	uint32_t mem_kib, passes; /* struct password_cost of what is made */
	uint32_t password_n, hash_n;
	char password[PASSWORD_BYTES];
	char hash[PASSWORD_HASH_MAX]; /* VERIFY; hash_n 0: nobody's, always wrong */
};

enum { HASH_WRONG, HASH_RIGHT, HASH_MADE, HASH_FAILED };

struct hash_answer {
	uint32_t magic, what;
	uint64_t id;
	/* HASH_MADE; HASH_RIGHT: a new one where the old one is weaker than asked, else "" */
	char hash[PASSWORD_HASH_MAX];
};

#endif
