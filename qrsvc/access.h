/* access: the access log, one line a request (security.md 42).
 *
 *   <6>worker[0] http status=200 method=GET route=label key=0K7M2Q9XH cache=h lang=zh-CN \
 *   bytes=4821 us=97 id=9f0c...
 *
 * What was looked at and who looked never stand on one line: an answer below 400 names the key
 * but no address, a refusal the /24 or /56 and the path but no key.  Query values, agents and
 * referrers are never written.  Lines are gathered and written together, at the latest after
 * ACCESS_MS. */
#ifndef QRSVC_ACCESS_H
#define QRSVC_ACCESS_H

#include "qrsvc/app/request.h"
#include "qrsvc/http/server.h"

#define ACCESS_MS 200
#define ACCESS_BUFFER 32768u

struct access_log;
struct access_log *access_new(struct loop *l, const char *role);
void access_free(struct access_log *a); /* writes what is left */
/* rq NULL: refused by the codec before it was routed. */
void access_line(struct access_log *a, const struct http_exchange *x, const struct request *rq,
	const struct http_done *d);

#endif
