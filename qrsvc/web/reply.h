/* reply: what the pages of replies, appeals and new tests share behind the login. */
#ifndef QR_WEB_REPLY_H
#define QR_WEB_REPLY_H

#include "qrsvc/web/staff.h"

/* What it is about: K_about ("Water test, 12 Nov: failed"), K_name of the facility. */
void reply_about(const struct page *pg, const struct json *ref, struct view *v,
	const struct json *facility, const struct json *record);
/* Adds a line of K_rows: url, head, party, at, about, name, words on where it stands (states,
 * each with its class). */
void reply_row(const struct page *pg, const struct json *ref, struct view *v,
	const struct json *reply);
/* Where it stands, in words: adds K_states of text and class to `to`. */
void reply_states(const struct page *pg, struct view *to, const struct json *reply);
/* Open alarms of a sticker: adds K_alarms of what and times. */
void reply_alarms(const struct page *pg, struct view *to, const struct json *alarms);
/* "Reply", "Appeal", "New test". */
struct str reply_kind(const struct page *pg, const struct json *reply);

void web_staff_reply_form(struct request *rq);
void web_staff_replies(struct request *rq);
void web_staff_reply(struct request *rq);

#endif
