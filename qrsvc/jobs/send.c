/* Owns what webhooks and mail share: deadlines, and what an answer means.  Called by outbox.c,
 * hook.c and mail.c. */
#include "qrsvc/jobs/send.h"

void send_common(struct message *m, const struct config *cfg)
{
	CURL *e = m->easy;

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)cfg->outbox_timeout_ms);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)cfg->outbox_timeout_ms / 2);
	/* neither a proxy nor a password of the environment */
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
}

void send_forget(struct message *m)
{
	if (m->easy)
		curl_easy_cleanup(m->easy);
	curl_slist_free_all(m->head);
	m->easy = NULL;
	m->head = NULL;
}

static const char *word(const struct message *m, CURLcode code, long status)
{
	if (m->refused)
		return "address";
	if (code == CURLE_OK || status >= 300)
		return "status";
	if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
		return "url";
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return "name";
	if (code == CURLE_OPERATION_TIMEDOUT)
		return "timeout";
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
		code == CURLE_USE_SSL_FAILED)
		return "tls";
	return code == CURLE_COULDNT_CONNECT ? "connect" : "broken";
}

struct send_result send_result(const struct message *m, CURLcode code)
{
	struct send_result r = {.why = m->why, .final = m->final};
	bool mail = str_eq(m->kind, STR("mail"));
	curl_off_t wait = 0;

	if (m->why)
		return r;
	curl_easy_getinfo(m->easy, CURLINFO_RESPONSE_CODE, &r.status);
	curl_easy_getinfo(m->easy, CURLINFO_RETRY_AFTER, &wait);
	r.wait_s = wait > SEND_WAIT_MAX ? SEND_WAIT_MAX : wait;
	if (mail)
		r.ok = code == CURLE_OK;
	else
		r.ok = r.status >= 200 && r.status < 300;
	if (r.ok)
		return r;
	r.why = word(m, code, r.status);
	/* gone (RFC 9110 15.5.11), or refused for good (RFC 5321 4.2.1) */
	r.final = m->refused || code == CURLE_URL_MALFORMAT || (!mail && r.status == 410) ||
		  (mail && r.status >= 500 && r.status < 600);
	return r;
}
