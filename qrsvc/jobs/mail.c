/* Owns mail: the text of a letter (RFC 5322, 2045, 2047) and its way to the relay that the
 * operator has named ([outbox] smtp).  The same message has the same Message-ID in each try.
 * Called by outbox.c. */
#include "qrsvc/jobs/send.h"

#include "qrsvc/base/clock.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/sbuf.h"

#include <stdio.h>
#include <string.h>

/* ---- the text ---------------------------------------------------------------------------- */

static void base64(struct sbuf *b, struct str s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < s.n; i += 3) {
		unsigned char c[3] = {0};
		size_t n = s.n - i < 3 ? s.n - i : 3;
		memcpy(c, s.p + i, n);
		sbuf_byte(b, digits[c[0] >> 2]);
		sbuf_byte(b, digits[(c[0] & 3) << 4 | c[1] >> 4]);
		sbuf_byte(b, n > 1 ? digits[(c[1] & 15) << 2 | c[2] >> 6] : '=');
		sbuf_byte(b, n > 2 ? digits[c[2] & 63] : '=');
	}
}

/* Encoded words of 45 octets, whole characters each (RFC 2047 2, 5). */
static void subject(struct sbuf *b, struct str s)
{
	sbuf_puts(b, "Subject:");
	for (size_t i = 0; i < s.n;) {
		size_t n = s.n - i < 45 ? s.n - i : 45;
		while (i + n < s.n && n > 1 && ((unsigned char)s.p[i + n] & 0xc0) == 0x80)
			n--;
		sbuf_puts(b, i ? "\r\n =?UTF-8?B?" : " =?UTF-8?B?");
		base64(b, (struct str){s.p + i, n});
		sbuf_puts(b, "?=");
		i += n;
	}
	sbuf_puts(b, "\r\n");
}

static void date(struct sbuf *b, int64_t us)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
				 *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct civil c = clock_civil(us);
	int minutes = (c.offset < 0 ? -c.offset : c.offset) / 60;
	sbuf_fmt(b, "Date: %s, %02d %s %04d %02d:%02d:%02d %c%02d%02d\r\n",
		days[day_weekday(day_from_civil(c.year, c.month, c.day)) - 1], c.day,
		months[c.month - 1], c.year, c.hour, c.minute, c.second,
		c.offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/* An address that can stand in a field and between < and >: it was checked by whoever wrote it
 * down, and is checked again. */
static bool address_ok(struct str s)
{
	ptrdiff_t at = str_chr(s, '@');
	if (at <= 0 || (size_t)at + 1 >= s.n || s.n > 254)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("<>()[],;:\\\"", s.p[i]))
			return false;
	return true;
}

enum rc mail_text(struct arena *a, const struct message *m, struct str from, struct str host,
	int64_t now_us, struct str *ret_)
{
	const struct json *doc = NULL;
	struct sbuf b;
	if (!address_ok(from) || !address_ok(m->target) ||
		json_parse(a, m->body, SEND_BODY_MAX, true, NULL, &doc) != RC_OK ||
		!json_str(doc, "subject").n || !json_str(doc, "text").n)
		return RC_INVALID;
	struct str text = json_str(doc, "text");
	sbuf_init(&b, 4 * SEND_BODY_MAX);
	sbuf_fmt(&b, "From: <%.*s>\r\nTo: <%.*s>\r\n", STR_F(from), STR_F(m->target));
	subject(&b, json_str(doc, "subject"));
	date(&b, now_us);
	sbuf_fmt(&b, "Message-ID: <%.*s@%.*s>\r\n", STR_F(m->id), STR_F(host));
	/* RFC 3834 5: nobody's machine answers it */
	sbuf_puts(&b, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		      "Content-Type: text/plain; charset=utf-8\r\n"
		      "Content-Transfer-Encoding: base64\r\n\r\n");
	for (size_t i = 0; i < text.n; i += 57) { /* 76 digits, RFC 2045 6.8 */
		base64(&b, (struct str){text.p + i, text.n - i < 57 ? text.n - i : 57});
		sbuf_puts(&b, "\r\n");
	}
	*ret_ = arena_str(a, sbuf_view(&b));
	bool over = b.over;
	sbuf_release(&b);
	return over ? RC_TOO_LARGE : RC_OK;
}

/* ---- its way ----------------------------------------------------------------------------- */

static size_t read_cb(char *p, size_t size, size_t n, void *arg)
{
	struct message *m = arg;
	size_t left = m->text.n - m->read, most = size * n;
	if (left > most)
		left = most;
	memcpy(p, m->text.p + m->read, left);
	m->read += left;
	return left;
}

/* The one line of a file. */
static struct str secret(struct arena *a, const char *path)
{
	char line[256] = "";
	FILE *f = path[0] ? fopen(path, "re") : NULL;
	if (f) {
		if (!fgets(line, sizeof line, f))
			line[0] = 0;
		fclose(f);
	}
	line[strcspn(line, "\r\n")] = 0;
	return arena_str(a, str_c(line));
}

bool mail_prepare(struct message *m, const struct config *cfg, struct arena *a)
{
	CURL *e = m->easy;
	if (!cfg->smtp[0] || !cfg->mail_from[0]) {
		m->why = "no_smtp";
		return false;
	}
	if (mail_text(a, m, str_c(cfg->mail_from), str_c(cfg->host), clock_now_us(),
		    &m->text) != RC_OK) {
		m->why = "mail";
		m->final = true;
		return false;
	}
	send_common(m, cfg);
	m->head = curl_slist_append(NULL, arena_fmt(a, "<%.*s>", STR_F(m->target)).p);
	if (!m->head) {
		m->why = "memory";
		return false;
	}
	curl_easy_setopt(e, CURLOPT_URL, cfg->smtp);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(e, CURLOPT_USE_SSL,
		cfg->smtp_tls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, arena_fmt(a, "<%s>", cfg->mail_from).p);
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, m->head);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, read_cb);
	curl_easy_setopt(e, CURLOPT_READDATA, m);
	if (cfg->smtp_user[0]) {
		curl_easy_setopt(e, CURLOPT_USERNAME, cfg->smtp_user);
		curl_easy_setopt(e, CURLOPT_PASSWORD, secret(a, cfg->smtp_password).p);
	}
	return true;
}
