/* hasher: passwords as the event loop sees them.  The work is done in a process of its own
 * (hasher_proto.h), two at once, so that no page waits for it.
 *
 * Results of a call, as the rc of its callback:
 *   RC_OK           made, or the password is right
 *   RC_AUTH         the password is wrong
 *   RC_BUSY         too many wait, refused at once
 *   RC_TIMEOUT      not done in time
 *   RC_UNAVAILABLE  the hasher is gone; the master starts the next one
 *   RC_INTERNAL     it had no memory, or died over it
 *
 * A password that is verified against no hash at all (an unknown account) takes as long as any
 * other and is wrong.  Passwords are copied at the call and wiped when they have been sent. */
#ifndef QR_APP_HASHER_H
#define QR_APP_HASHER_H

#include "qrsvc/base/crypto_password.h"
#include "qrsvc/base/err.h"

struct loop;
struct hasher;
struct hasher_ticket;

#define HASHER_QUEUE 32 /* jobs of one worker; 3 s of work at 180 ms each */

/* hash: HASH of what was made; of a right password, a new hash to keep instead of the old one,
 * or STR_NONE.  Valid during the call. */
typedef void hasher_done_cb(void *arg, enum rc rc, struct str hash);

/* cost: of hashes made from now on. */
struct hasher *hasher_new(struct loop *l, const struct password_cost *cost);
/* Jobs still waiting are not called back. */
void hasher_free(struct hasher *h);
/* The socket of the next hasher process, owned from now on. */
void hasher_attach(struct hasher *h, int fd);
bool hasher_linked(const struct hasher *h); /* false: nothing can be asked at the moment */
bool hasher_up(const struct hasher *h);

/* Called back exactly once, later, from the loop, unless forgotten.  password: at most
 * PASSWORD_BYTES (more: RC_AUTH, RC_INTERNAL). */
struct hasher_ticket *hasher_verify(struct hasher *h, struct str hash, struct str password,
	int deadline_ms, hasher_done_cb *cb, void *arg);
struct hasher_ticket *hasher_make(
	struct hasher *h, struct str password, int deadline_ms, hasher_done_cb *cb, void *arg);
void hasher_forget(struct hasher_ticket *t);

#endif
