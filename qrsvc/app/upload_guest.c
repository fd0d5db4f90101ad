/* Owns how many bodies with files of people without an account a worker reads at once.  Never
 * looks into one.  Called by forms that anybody may send, and by serve.c when they end. */
#include "qrsvc/app/app.h"
#include "qrsvc/app/upload.h"
#include "qrsvc/base/limits.h"

bool upload_guest_enter(struct request *rq)
{
	struct app *a = rq->app;
	const struct http_request *h = rq->http;
	rq->x->policy.total_ms = LIMIT_MS_BODY; /* the hour is for those who are known */
	if (!h->chunked && h->content_length <= LIMIT_BODY_SMALL)
		return true;
	if (a->guests >= UPLOAD_GUESTS)
		return false;
	a->guests++;
	rq->guest = true;
	return true;
}

void upload_guest_leave(struct request *rq)
{
	rq->app->guests -= rq->guest;
	rq->guest = false;
}
