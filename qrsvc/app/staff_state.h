/* staff_state: what staff.c and staff_gate.c keep of a request; private to them. */
#ifndef QR_APP_STAFF_STATE_H
#define QR_APP_STAFF_STATE_H

#include "qrsvc/app/app.h"
#include "qrsvc/app/auth.h"
#include "qrsvc/app/staff.h"

struct page_wait;

#define STAFF_KEEP STR("keep.")

struct staff_state {
	struct auth_token token;   /* of the session cookie */
	struct auth_token visitor; /* of the cookie of forms without a session */
	struct auth_token fresh;   /* staff_session_new() */
	struct str hash;	   /* SHA-256 of token */
	struct sbuf errors;	   /* JSON array in the making: [{..},{..} */
	const struct staff_act *act;
	struct page_wait *wait; /* the page that is being asked for */
	bool refused_here;	/* this request's own form is what is kept */
};

/* Made at the first call. */
struct staff_state *staff_state(struct request *rq);

#endif
