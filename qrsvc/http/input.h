/* input: the content of one request on its way into request.body, as its policy says.
 * Private to http/. */
#ifndef QR_HTTP_INPUT_H
#define QR_HTTP_INPUT_H

#include "qrsvc/http/server.h"

struct http_input;

enum { HTTP_INPUT_MORE = 0, HTTP_INPUT_DONE = 1 }; /* anything else: the status of a refusal */

/* x->policy.kind is not HTTP_BODY_NONE.  0, or the status of a refusal (413, 415, 503). */
int http_input_start(struct http_exchange *x, const char *spool, struct http_input **ret_);
/* Takes what belongs to the content; *ret_used <= n. */
int http_input_feed(struct http_input *in, const char *buf, size_t n, size_t *ret_used);
/* Most bytes that may be read without taking something of the next request; chunked: 0. */
uint64_t http_input_left(const struct http_input *in);
/* Closes the files; the views in request.body end. */
void http_input_free(struct http_input *in);

#endif
