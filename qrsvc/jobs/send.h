/* send: messages on their way out of the jobs process, by libcurl: webhooks (hook.c) and mail
 * (mail.c), from addresses that administrators of offices have typed (egress.c).
 *
 * A message is what api.outbox_take() leased.  send_start() gives its handle to the multi
 * handle of outbox.c; when that says it is over, send_result() tells what to write down.
 * Nothing here talks to the database.  Times: real, in seconds or milliseconds as named. */
#ifndef QR_JOBS_SEND_H
#define QR_JOBS_SEND_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/err.h"
#include "qrsvc/config.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define SEND_BODY_MAX (64u * 1024u) /* core.outbox has it too */
/* Of an answer so much is read, then the connection is closed. */
#define SEND_ANSWER_MAX (64u * 1024u)
#define SEND_WAIT_MAX 21600 /* Retry-After beyond six hours is not waited for */

struct message {
	struct str id, kind, target, body, stamp, signature; /* of the arena */
	CURL *easy;
	struct curl_slist *head; /* of a webhook: fields; of mail: the recipient */
	struct str text;	 /* of mail: the whole message, and how much of it is read */
	size_t read, answer;
	bool refused; /* an inner address */
	bool allow_private;
	const char *why; /* it could not even be begun: a word of core.outbox.why */
	bool final;
};

struct send_result {
	bool ok, final;
	long status; /* of HTTP or SMTP; 0: none */
	int64_t wait_s;
	const char *why;
};

/* Prepares m->easy; false: m->why says what is wrong. */
bool hook_prepare(struct message *m, const struct config *cfg);
bool mail_prepare(struct message *m, const struct config *cfg, struct arena *a);
/* Options both share: deadlines, no proxy, no signals, nothing of the environment. */
void send_common(struct message *m, const struct config *cfg);
/* What became of it.  An answer of success counts whatever happened afterwards: what has come
 * is not sent again. */
struct send_result send_result(const struct message *m, CURLcode code);
void send_forget(struct message *m);

/* mail.c: the message as RFC 5322 has it; body {"subject","text"}.  RC_INVALID: it is none. */
enum rc mail_text(struct arena *a, const struct message *m, struct str from, struct str host,
	int64_t now_us, struct str *ret_);

/* egress.c: an address of the internet: no loopback, private, link-local, shared,
 * documentation, multicast or reserved one, and none that another is hidden in. */
bool egress_public(const struct sockaddr *sa);

#endif
