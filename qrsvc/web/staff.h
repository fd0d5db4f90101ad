/* staff: what every page behind the login shares: frame, error summary, fields.
 *
 * A template of a staff page is
 *
 *     {{>staff_begin}}                  doctype to <main>, header with name, role and log out
 *     <h1>{{heading}}</h1>
 *     {{>staff_errors}}                 summary with links to the fields; nothing without
 * errors <form method="post" action="{{action}}">{{>staff_csrf}} <div class="f{{#err_note}}
 * e{{/err_note}}"><label for="note">{{_st_note}}</label>
 *     {{#err_note}}<p class="er" id="note-e">{{err_note}}</p>{{/err_note}}
 *     <input type="text" id="note" name="note" value="{{note}}"{{#err_note}}
 * aria-invalid="true" aria-describedby="note-e"{{/err_note}}></div> <button type="submit"
 * class="go">{{_st_send}}</button></form>
 *     {{>staff_end}}
 *
 * with the one style static/staff.css, so that the policy of styles stays short.  Messages of
 * staff pages begin with st_, the words of refusals with why_. */
#ifndef QR_WEB_STAFF_H
#define QR_WEB_STAFF_H

#include "qrsvc/app/staff.h"
#include "qrsvc/web/common.h"

/* Head and header.  path: of this page, without a query, for the language link. */
struct view *web_staff_begin(
	const struct page *pg, const struct staff_view *sv, struct str title, struct str path);
/* Words of the fields, for the summary; fields without one stand there by their error alone. */
struct staff_label {
	const char *field; /* "party:" names every field that begins so */
	unsigned msg;
};
/* The summary of {{>staff_errors}}; nothing if nothing was refused.  A conflict (409) without
 * fields is told by the word of its DETAIL {"why":..}. */
void web_staff_errors(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct staff_label *labels, size_t n);

/* A field of a form: its value under `key` (what was typed, else `stored`) and the words of its
 * error under `err_key`.  The id of the input is the name of the field. */
void web_staff_field(const struct page *pg, const struct staff_view *sv, struct view *v,
	unsigned key, unsigned err_key, const char *name, struct str stored);
/* What was typed into a field of the form that is shown again, else `stored`. */
struct str web_staff_typed(const struct staff_view *sv, const char *name, struct str stored);
/* The words of a field's error, STR_NONE if it has none. */
struct str web_staff_error(
	const struct page *pg, const struct staff_view *sv, const char *name);
/* True if a checkbox or option `value` of that name was sent, else `stored`. */
bool web_staff_chosen(
	const struct staff_view *sv, const char *name, const char *value, bool stored);
/* Words of a refusal {"why":"in_future", ..}: table in staff_why.c; a plain sentence for those
 * that are not in it. */
struct str web_staff_why(const struct page *pg, const struct json *error);
/* Hidden fields that carry what was typed through a login, for {{>staff_keep}}. */
void web_staff_keep(const struct staff_view *sv, struct view *v);

/* "9月2日 14:05" of an RFC 3339 text; STR_NONE if it is none. */
struct str web_staff_time(const struct page *pg, struct str rfc3339);

/* Has the account this right ("submit", "labels" ..)? */
bool web_staff_right(const struct staff_view *sv, const char *right);
/* "Housing office" of a role. */
struct str web_staff_role(const struct page *pg, struct str role);

/* ---- for other files of accounts ----------------------------------------------------------
 */

extern const struct staff_pages web_staff_pages; /* staff_login.c */
/* Checks password and password2 of the form; true: hash them now.  Else the errors are said. */
bool web_staff_new_password(struct request *rq, struct str login);

/* phone.c: the app on the phone; phone_init() packs its files, once a process */
void phone_init(void);
void web_phone_file(struct request *rq);
void web_staff_queue(struct request *rq);
void web_staff_bare(struct request *rq);

void web_staff_login(struct request *rq);
void web_staff_again(struct request *rq);
void web_staff_totp(struct request *rq);
void web_staff_logout(struct request *rq);
void web_staff_account(struct request *rq);
void web_staff_session_end(struct request *rq);
void web_staff_password(struct request *rq);
void web_staff_second(struct request *rq);
void web_staff_second_begin(struct request *rq);
void web_staff_second_codes(struct request *rq);
void web_staff_invite(struct request *rq);
void web_staff_users(struct request *rq);
void web_staff_status(struct request *rq);
void web_staff_user_new(struct request *rq);
void web_staff_user_reset(struct request *rq);
void web_staff_user_end(struct request *rq);

/* ---- for the script of the pages -----------------------------------------------------------
 */

void web_refusal(struct page *pg, const struct staff_answer *ans); /* web_ops */
void web_staff_token(struct request *rq);
void web_staff_today(struct request *rq);
void web_staff_blob(struct request *rq);
void web_staff_blob_may(struct request *rq);

#endif
