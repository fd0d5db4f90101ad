/* staff: what a handler behind the login sees.
 *
 * A staff page is one statement whose first parameter is the SHA-256 of the session token of
 * the cookie `__Host-qr`; the statement returns one JSON document, a render function makes the
 * page.  Nothing of it is ever cached, here or in a browser (Cache-Control: no-store).
 *
 *     static const struct staff_kind home = {"staff_home", ST_staff_home, render_home};
 *     void web_staff_home(struct request *rq)             // GET
 *     {
 *             request_staff(rq, &home, (struct db_param[]){DB_P_TEXT(lon), DB_P_TEXT(lat)}, 2);
 *     }
 *
 * A form is a POST route (ROUTE_GET | ROUTE_POST | ROUTE_STAFF, body_max > 0).  When its
 * handler is called, this has been checked already, for every such route, by serve.c:
 *   - from the head, before a byte of the body is read: Sec-Fetch-Site, Origin and Referer do
 *     not name another site (403)
 *   - route->before, if there is one (authorisation of uploads, see staff_may_hold)
 *   - the hidden field `csrf` fits the session cookie (403).  Without a cookie the handler is
 *     not called: the login page is shown with what was typed.
 *
 *     void web_staff_note(struct request *rq)             // POST
 *     {
 *             struct str text = request_form(rq, STR("text"));
 *             struct staff_act act = {.stmt = ST_staff_note, .again = &note_page,
 *                     .again_params = p, .again_n = 1, .next = STR("/staff/")};
 *             if (!text.n)
 *                     staff_field_error(rq, "text", "missing");
 *             request_staff_act(rq, &act, (struct db_param[]){DB_P_TEXT(text)}, 1);
 *     }
 *
 * What the database refuses (SQLSTATE QRnnn) becomes:
 *   QR401 RC_AUTH       GET: 303 to /staff/login?next=..., POST: 401 with the login page, which
 *                       keeps the text fields that were typed and offers them again afterwards
 *   QR428 RC_REAUTH     the same with /staff/again: the password once more
 *   QR422 RC_INVALID    the form again (act.again), 422, errors beside the fields: DETAIL is
 *                       [{"field":"to","why":"in_future"}..]
 *   QR409 RC_CONFLICT   the form again, 409; DETAIL is the statement's own (both versions)
 *   QR403, QR404        error pages; so is everything else (503 with Retry-After ...)
 * RC_UNKNOWN (a write whose answer never came) is an error page that says that it may have been
 * done; statements with an idempotency key may simply be sent again.
 *
 * Everything lives in the request's arena.  Every function that answers does so exactly once;
 * after it the request must not be touched. */
#ifndef QR_APP_STAFF_H
#define QR_APP_STAFF_H

#include "qrsvc/app/request.h"

struct hasher;
struct json;

/* What a statement said. */
struct staff_answer {
	enum rc rc;
	struct str bytes;	/* RC_OK: the document as it came; STR_NONE: NULL or no row */
	const struct json *doc; /* the same parsed, or NULL if it is not JSON */
	const struct json *detail;  /* DETAIL of a refusal, parsed, or NULL */
	struct str said;	    /* the same as it came, or STR_NONE */
	const struct db_rows *rows; /* RC_OK: all of it; valid during the callback only */
};
typedef void staff_done_cb(struct request *rq, const struct staff_answer *ans);

/* What a render function gets. */
struct staff_view {
	struct request *rq; /* for request_query() and typed fields; never to answer */
	const struct json *doc;
	const struct json *ref; /* the reference document that doc.ref names; else NULL */
	const struct json *me;	/* doc.me: who is logged in; NULL on pages before the login */
	struct str csrf;	/* value of the hidden field `csrf` of every form */
	/* Only when a form is shown again. */
	enum rc refused;	   /* RC_OK: it is shown for the first time */
	const struct json *errors; /* [{"field":..,"why":..}..] or NULL */
	const struct json *detail; /* of RC_CONFLICT */
	void *arg;		   /* rq->user */
};
/* RC_OK, or the error page of the rc it returns.  May set pg->status. */
typedef enum rc staff_render_cb(struct page *pg, const struct staff_view *sv);

/* static const; one a kind of page. */
struct staff_kind {
	const char *name;
	enum stmt_id stmt; /* first parameter: the session hash, as bytea; ST_NONE: no data */
	staff_render_cb *render;
};

/* ---- pages ------------------------------------------------------------------------------- */

/* more: the parameters behind the session hash; n of them. */
void request_staff(
	struct request *rq, const struct staff_kind *kind, const struct db_param *more, int n);
/* A page from an answer that is there already (or from none: ans NULL), with the errors of
 * staff_field_error(), if there are any.  status 0: 200. */
void staff_page(struct request *rq, const struct staff_kind *kind,
	const struct staff_answer *ans, int status);

/* ---- forms ------------------------------------------------------------------------------- */

/* Remembers an error of one field; why: a word that web/staff_why.c has words for. */
void staff_field_error(struct request *rq, const char *field, const char *why);
bool staff_has_errors(const struct request *rq);

struct staff_act {
	enum stmt_id stmt;
	/* Shown again when the form is refused (422, 409), with this status and the errors; the
	 * parameters behind the session hash.  kind NULL: an error page. */
	const struct staff_kind *again;
	const struct db_param *again_params;
	int again_n;
	/* After success: done() answers; else 303 to next ("/staff/..."). */
	staff_done_cb *done;
	struct str next;
};
/* Sends the statement, unless staff_field_error() was called: then shows the form again. */
void request_staff_act(
	struct request *rq, const struct staff_act *act, const struct db_param *more, int n);
/* The form again with the errors of this request and of ans (may be NULL). */
void staff_again(struct request *rq, const struct staff_kind *kind,
	const struct db_param *params, int n, const struct staff_answer *ans);

/* ---- statement by statement -------------------------------------------------------------- */

/* For handlers that need several: sends st with the session hash before `more`; cb is called
 * once, later.  Keep state of your own in rq->user.  Without a session cookie cb gets RC_AUTH.
 */
void staff_call(struct request *rq, enum stmt_id st, const struct db_param *more, int n,
	staff_done_cb *cb);
/* A statement that takes no session, or not as its first parameter (login, invitations, links
 * for people without an account): st with exactly these parameters. */
void staff_ask(struct request *rq, enum stmt_id st, const struct db_param *params, int n,
	staff_done_cb *cb);
/* A page of such a route (ROUTE_VISITOR): its forms carry the token of a cookie of their own.
 */
void staff_visitor_page(struct request *rq, const struct staff_kind *kind,
	const struct staff_answer *ans, int status);
/* A page for everybody that is made for one request (a form of residents, a receipt): the frame
 * and the policy of public pages, no-store, no cookie, no token; JSON where rq->json asks for
 * it.  ans as for staff_page(). */
void staff_open_page(struct request *rq, const struct staff_kind *kind,
	const struct staff_answer *ans, int status);
/* Answers whatever is not RC_OK as told above (RC_INVALID and RC_CONFLICT as error pages) and
 * returns false. */
bool staff_ok(struct request *rq, const struct staff_answer *ans);
/* 303 to a path of ours after a POST. */
void staff_redirect(struct request *rq, struct str path);
/* A file to keep (PDF, CSV) out of the database: no-store, Content-Disposition: attachment.
 * bytes are copied; name: ASCII letters, digits, '.', '-', '_' only. */
void staff_download(struct request *rq, const char *type, struct str name, struct str bytes);
/* A JPEG to look at out of the database, no-store; none: 404.  bytes are copied. */
void staff_image(struct request *rq, struct str bytes);
/* 204: done, nothing to say. */
void staff_nothing(struct request *rq);
/* Adds Retry-After (RFC 9110 10.2.3) to the answer that follows. */
void staff_retry_after(struct request *rq, int64_t seconds);
/* Asks the browser to load the page again after so long, or another of ours (path, or
 * STR_NONE): work that goes on elsewhere. */
void staff_refresh(struct request *rq, int64_t seconds, struct str path);
/* The number that the address names ({batch}), from 1; else answers 404 and returns false. */
bool staff_arg_id(struct request *rq, int64_t *ret_);

/* ---- for scripts --------------------------------------------------------------------------
 */

/* A script asks (rq->api) when the route is ROUTE_API, or when a ROUTE_STAFF one is asked for
 * JSON rather than for HTML (Accept).  Then staff_ok(), request_error() and the checks before a
 * handler answer in JSON, and the CSRF token may come in the field X-CSRF. */

/* The CSRF token of the session cookie; STR_NONE without one. */
struct str staff_csrf(struct request *rq);
/* JSON, no-store; text is in the arena or static. */
void staff_json(struct request *rq, int status, struct str text);
/* What is not RC_OK, in JSON: {"error","text","id"} and what the statement said about it:
 * members of an object beside them, an array as "errors" [{"field","why","text"}]. */
void staff_refuse(struct request *rq, const struct staff_answer *ans);
/* The same without a statement; why: a word of web_refusal(), or NULL. */
void staff_refuse_why(struct request *rq, enum rc rc, const char *why);

/* For route->before: holds the body back, asks api.staff_may(session, right, facility) and lets
 * the body come or answers 401, 403, 404.  facility STR_NONE: NULL.  A POST that is refused
 * here has lost nothing but the page it came from: the login page says so. */
void staff_may_hold(struct request *rq, const char *right, struct str facility);

/* "/staff/..." or "/s/..." of ours to go to after a login: one '/' at its begin, no '\', no
 * control bytes; anything else gives "/staff/". */
struct str staff_next(struct str asked);

/* SHA-256 of the session token, 32 bytes; STR_NONE: no or no well-formed cookie. */
struct str staff_session(struct request *rq);
/* A session of this request's making: its hash, for the statement that begins it ... */
struct str staff_session_new(struct request *rq);
/* ... and, once it has begun, the cookie: from here on it is the session of this request. */
void staff_session_take(struct request *rq);
/* The browser forgets its cookie. */
void staff_session_drop(struct request *rq);
/* Who checks and makes password hashes (hasher.h). */
struct hasher *staff_hasher(const struct request *rq);
/* Keyed hash of the client's /24 or /56, 16 bytes: enough to slow guesses down, no address. */
struct str staff_address(struct request *rq);

/* ---- what was typed before a login ------------------------------------------------------- */

/* A field of a form that was refused because the session was over: kept in hidden fields
 * "keep.NAME" of the login page, offered again after it.  Never a password, a code or a file.
 */
struct staff_kept {
	struct str name, value;
};
/* The next one from *at on (start with 0): of the form that was refused, or of the login form
 * that carries it. */
bool staff_kept_next(const struct request *rq, size_t *at, struct staff_kept *ret_);
/* There is a form to be sent again, with fields or without. */
bool staff_kept_some(struct request *rq);
/* Where to go after the login: the field or parameter `next`, or the address of the form that
 * was refused. */
struct str staff_goal(struct request *rq);
/* After a login: 303 to staff_goal(), or the page that offers what was kept. */
void staff_go_on(struct request *rq, const struct staff_answer *ans);

/* ---- for serve.c ------------------------------------------------------------------------- */

/* Whether the head asks for JSON; the route is known. */
bool staff_wants_json(const struct request *rq);
/* From the head, before the body: false: answered.  Sets the policy of uploads. */
bool staff_head(struct request *rq);
/* The whole request is there: false: answered. */
bool staff_form(struct request *rq);

/* Pages that staff.c itself needs (web/staff_login.c ..); in web_ops. */
struct staff_pages {
	const struct staff_kind *login; /* after a session that is over */
	const struct staff_kind *again; /* the password once more */
	const struct staff_kind *totp;
	const struct staff_kind *resend;  /* what was kept, to be sent again */
	const struct staff_kind *refused; /* sv->refused says why: 403 and others */
};

#endif
