/* Owns webhooks: one POST of JSON, signed, with the number of the message, so that a receiver
 * can tell who sent it and drop what it had.  Follows no redirect, uses no proxy, sends no
 * cookie, goes to no inner address.  Called by outbox.c.
 *
 *   Idempotency-Key: "UUID"               the same in each try
 *   Qrsvc-Signature: t=SECONDS,v1=HEX     HMAC-SHA-256 by the hook's secret of "SECONDS.BODY"
 */
#include "qrsvc/jobs/send.h"

#include <unistd.h>

static curl_socket_t open_cb(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct message *m = arg;
	if (purpose != CURLSOCKTYPE_IPCXN ||
		(!m->allow_private && !egress_public(&address->addr))) {
		m->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* What they answer is of no interest; who answers without end is left. */
static size_t answer_cb(char *p, size_t size, size_t n, void *arg)
{
	struct message *m = arg;
	(void)p;
	m->answer += size * n;
	return m->answer > SEND_ANSWER_MAX ? 0 : size * n;
}

static bool add(struct message *m, struct str line)
{
	struct curl_slist *head = line.p ? curl_slist_append(m->head, line.p) : NULL;
	if (head)
		m->head = head;
	return head;
}

static bool fields(struct message *m)
{
	struct arena a;
	arena_init(&a);
	bool ok = add(m, arena_fmt(&a, "Idempotency-Key: \"%.*s\"", STR_F(m->id))) &&
		  add(m, arena_fmt(&a, "Qrsvc-Signature: t=%.*s,v1=%.*s", STR_F(m->stamp),
				 STR_F(m->signature))) &&
		  add(m, STR("Content-Type: application/json")) &&
		  add(m, STR("User-Agent: qrsvc")) &&
		  add(m, STR("Expect:")); /* none: the body goes at once */
	arena_release(&a);
	return ok;
}

bool hook_prepare(struct message *m, const struct config *cfg)
{
	CURL *e = m->easy;
	bool http = str_starts(m->target, STR("http://"));
	m->allow_private = cfg->outbox_private;
	/* what reminders say is of no use to the line in between */
	if ((http && !cfg->outbox_private) || m->body.n > SEND_BODY_MAX || !m->signature.n) {
		m->why = http ? "https" : "body";
		m->final = true;
		return false;
	}
	send_common(m, cfg);
	if (!fields(m)) {
		m->why = "memory";
		return false;
	}
	curl_easy_setopt(e, CURLOPT_URL, m->target.p);
	curl_easy_setopt(
		e, CURLOPT_PROTOCOLS_STR, cfg->outbox_private ? "http,https" : "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, m->head);
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)m->body.n);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, m->body.p);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_cb);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, m);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, answer_cb);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, m);
	return true;
}
