/* contact: telephone numbers of residents who want to be called back.
 *
 * The worker seals a number with the key of [tickets] contact_key before the database sees it,
 * and opens it for the page of a handler; the database, its backups and its owner hold only
 * what is sealed.  Without a key no number is asked for.  Hosts of one service share the file.
 */
#ifndef QR_APP_CONTACT_H
#define QR_APP_CONTACT_H

#include "qrsvc/app/request.h"

struct seal_key;

/* Numbers may be asked for. */
bool contact_may(const struct request *rq);
/* "+86 138 0000 0000" as digits with an optional plus (E.164: 15 digits; 5 for short numbers of
 * services), full-width ones too, in the arena; STR_NONE: it is no telephone number. */
struct str contact_number(struct arena *a, struct str typed);
/* In the arena; STR_NONE: there is no key. */
struct str contact_seal(struct request *rq, struct str number);
/* In the arena; STR_NONE: there is no key, another one, or the bytes were changed. */
struct str contact_open(struct request *rq, struct str sealed);

#endif
