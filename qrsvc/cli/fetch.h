/* fetch: GET by curl(1), which knows TLS and proxies as this machine is set up.
 *
 * Needs the Debian package curl; the service itself never uses it. */
#ifndef QR_CLI_FETCH_H
#define QR_CLI_FETCH_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/sbuf.h"

#define FETCH_MORE 6 /* most words of `more` */

/* The status code (0: no answer) and the body, as far as it fits; ten seconds at most, no
 * redirect is followed.  more: further words for curl, NULL ends them; may be NULL. */
enum rc fetch_get(const char *url, const char *const *more, struct sbuf *body, int *ret_status,
	struct err *e);

#endif
