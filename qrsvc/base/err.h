/* err: how a failure travels.
 *
 * A function that can fail returns `enum rc` (RC_OK = 0) and, where the reason matters, fills a
 * `struct err` of its caller.  `detail` says what is wrong and what to do, for people who run
 * the program; residents see only the text of `key` (security.md 43: no SQL, no path, no
 * stack). Whoever decides about an error logs it, once. */
#ifndef QR_BASE_ERR_H
#define QR_BASE_ERR_H

#include "qrsvc/base/str.h"

enum rc {
	RC_OK = 0,
	RC_BAD,		/* the input is malformed */
	RC_AUTH,	/* not logged in */
	RC_FORBIDDEN,	/* logged in, not allowed */
	RC_NOT_FOUND,	/* no such thing */
	RC_CONFLICT,	/* contradicts what is stored */
	RC_TOO_LARGE,	/* a limit of limits.h */
	RC_BAD_TYPE,	/* media type not taken */
	RC_INVALID,	/* well-formed, but the content is refused */
	RC_REAUTH,	/* logged in, but the password must be given once more */
	RC_BUSY,	/* too many at once, try later */
	RC_RATE,	/* too often, try later */
	RC_UNAVAILABLE, /* database or helper gone; nothing was changed */
	RC_UNKNOWN,	/* outcome unknown: it may have been done */
	RC_TIMEOUT,	/* deadline passed */
	RC_IO,		/* a file or descriptor failed */
	RC_INTERNAL,	/* our own fault */
	RC_COUNT
};

struct err {
	enum rc rc;
	const char *key;   /* message key, static; NULL: the default of rc */
	const char *where; /* static: "file:line" of whoever found it */
	char detail[320];  /* one line, for the log and the command line */
};

/* What rc means on each side: HTTP status, syslog level, seconds for Retry-After (0 = none). */
struct rc_info {
	const char *name;
	int http;
	int level; /* enum log_level */
	int retry_after;
};
const struct rc_info *rc_info(enum rc rc);

/* Fills *e (may be NULL) and returns rc: return err_set(e, RC_BAD, "line %d: ...", n); */
#define err_set(e, rc, ...) err_set_at((e), (rc), __FILE__ ":" ERR_STR(__LINE__), __VA_ARGS__)
#define ERR_STR(x) ERR_STR2(x)
#define ERR_STR2(x) #x
enum rc err_set_at(struct err *e, enum rc rc, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
