/* log: one line an event, on standard error, for journald.
 *
 *   <6>http.request status=200 route=label us=412
 *
 * The prefix is the syslog level as sd-daemon(3) defines it (left out on a terminal).  Values
 * are escaped (sbuf_log), so an event can never become two lines.  Never log passwords, tokens,
 * cookies, bodies, query values, or an address longer than its /24 or /56 (security.md 42). */
#ifndef QR_BASE_LOG_H
#define QR_BASE_LOG_H

#include "qrsvc/base/str.h"

/* RFC 5424 6.2.1 severities. */
enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

struct log_field {
	const char *key; /* NULL ends the list */
	enum { LOG_IS_STR, LOG_IS_INT } is;
	struct str s;
	int64_t i;
};

#define LOG_S(k, v)                     \
	{                               \
		(k), LOG_IS_STR, (v), 0 \
	} /* v: struct str */
#define LOG_C(k, v)                          \
	{                                    \
		(k), LOG_IS_STR, str_c(v), 0 \
	} /* v: C string */
#define LOG_I(k, v)                                     \
	{                                               \
		(k), LOG_IS_INT, STR_NONE, (int64_t)(v) \
	} /* v: any integer */

/* log_event(LOG_INFO, "photo.refused", LOG_C("reason", why), LOG_I("bytes", n));
 * The first {0} is stepped over: it makes the list right with no fields too. */
#define log_event(level, event, ...) \
	log_write((level), (event), (const struct log_field[]){{0}, ##__VA_ARGS__, {0}} + 1)

void log_write(enum log_level level, const char *event, const struct log_field *fields);
/* Role of this process, put before the event as "worker[3]"; a static string.  Also asks
 * whether there is a terminal, which a process in a jail can no longer do. */
void log_role(const char *role);
/* Drops what is less urgent; default LOG_INFO. */
void log_threshold(enum log_level least);
/* True at most once in `every_s` seconds per *last: bounds a flood. */
bool log_every(int64_t *last, int every_s);

#endif
