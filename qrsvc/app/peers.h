/* peers: open connections per address, in one worker (security.md 6).
 *
 * Exact counts in a table sized for the most connections there can be; an address is forgotten
 * with its last connection. */
#ifndef QR_APP_PEERS_H
#define QR_APP_PEERS_H

#include "qrsvc/net/addr.h"

struct peers;
/* max: connections in all; each: of one address, 0 = no limit. */
struct peers *peers_new(size_t max, unsigned each);
void peers_free(struct peers *p);
/* False: one too many; then nothing was counted. */
bool peers_enter(struct peers *p, const struct addr *a);
void peers_leave(struct peers *p, const struct addr *a);
size_t peers_count(const struct peers *p); /* addresses */

#endif
