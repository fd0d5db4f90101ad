/* auth: cookies, tokens and where a request comes from; pure functions, for staff.c, serve.c
 * and the pages that log in.
 *
 * A session is 32 random bytes; the browser holds them as base64url in the cookie `__Host-qr`,
 * the database only their SHA-256.  The form token is HMAC-SHA-256(session, "csrf"): who cannot
 * read the cookie cannot know it (OWASP: "HMAC based token pattern").  Forms without a session
 * (login, invitation) have a cookie of their own, `__Host-qr-form`, and the token of that. */
#ifndef QR_APP_AUTH_H
#define QR_APP_AUTH_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/http/msg.h"

#define AUTH_COOKIE STR("__Host-qr")
#define AUTH_COOKIE_FORM STR("__Host-qr-form")
#define AUTH_TOKEN_BYTES 32u
#define AUTH_DAY_S 43200 /* no session is older than 12 h */

struct auth_token {
	unsigned char b[AUTH_TOKEN_BYTES];
	bool some; /* false: no cookie, or none of ours */
};

/* The token of a cookie. */
void auth_cookie(const struct http_request *r, struct str name, struct auth_token *ret_);
/* base64url without padding, exactly AUTH_TOKEN_BYTES. */
bool auth_token_parse(struct str s, struct auth_token *ret_);
void auth_token_new(struct auth_token *ret_);
/* As it stands in cookies and links. */
struct str auth_token_text(struct arena *a, const struct auth_token *t);
/* SHA-256: what the database knows of it; in the arena. */
struct str auth_token_hash(struct arena *a, const struct auth_token *t);
/* Value of the hidden field `csrf`. */
struct str auth_csrf(struct arena *a, const struct auth_token *t);
/* In constant time. */
bool auth_csrf_fits(const struct auth_token *t, struct str field);
/* Value of Set-Cookie: Secure, HttpOnly, SameSite=Lax, Path=/; max_age_s 0: forget it, -1:
 * until the browser is closed. */
struct str auth_set_cookie(
	struct arena *a, struct str name, const struct auth_token *t, int max_age_s);

/* False if the head says that a form was sent from another site: Sec-Fetch-Site (Fetch
 * Metadata) neither same-origin nor none, an Origin (RFC 6454 7.3) or, without one, a Referer
 * of another host than the request was sent to.  A request that names none of the three comes
 * from no browser of the last ten years: its token decides. */
bool auth_same_origin(const struct http_request *r);
/* The same for forms that anybody may send, where no session could be abused: pages of
 * residents say no-referrer, and browsers then write "Origin: null" (Fetch standard, "append a
 * request Origin header"), which says nothing; Sec-Fetch-Site, where there is one, decides. */
bool auth_open_origin(const struct http_request *r);

/* "Chrome, Android": enough of a User-Agent to know one's own phone again in a list. */
struct str auth_device(struct arena *a, struct str user_agent);

/* Why a password is refused: a word for staff_field_error(), or NULL.  12 to 128 characters;
 * not what is guessed first: the login, the site, one character or a short piece over and over,
 * runs of the alphabet, the digits or the keyboard, a common word with digits behind it. */
const char *auth_password_refused(struct str password, struct str login);

#endif
