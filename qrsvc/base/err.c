/* Owns the one table that says what each failure means outside. */
#include "qrsvc/base/err.h"

#include "qrsvc/base/log.h"

#include <stdarg.h>
#include <stdio.h>

static const struct rc_info table[RC_COUNT] = {
	[RC_OK] = {"ok", 200, LOG_INFO, 0},
	[RC_BAD] = {"bad", 400, LOG_INFO, 0},
	[RC_AUTH] = {"auth", 401, LOG_INFO, 0},
	[RC_FORBIDDEN] = {"forbidden", 403, LOG_NOTICE, 0},
	[RC_NOT_FOUND] = {"not_found", 404, LOG_INFO, 0},
	[RC_CONFLICT] = {"conflict", 409, LOG_INFO, 0},
	[RC_TOO_LARGE] = {"too_large", 413, LOG_INFO, 0},
	[RC_BAD_TYPE] = {"bad_type", 415, LOG_INFO, 0},
	[RC_INVALID] = {"invalid", 422, LOG_INFO, 0},
	[RC_REAUTH] = {"reauth", 428, LOG_INFO, 0},
	[RC_BUSY] = {"busy", 503, LOG_WARNING, 2},
	[RC_RATE] = {"rate", 429, LOG_INFO, 10},
	[RC_UNAVAILABLE] = {"unavailable", 503, LOG_WARNING, 5},
	[RC_UNKNOWN] = {"unknown", 503, LOG_WARNING, 5},
	[RC_TIMEOUT] = {"timeout", 503, LOG_WARNING, 5},
	[RC_IO] = {"io", 500, LOG_ERROR, 0},
	[RC_INTERNAL] = {"internal", 500, LOG_ERROR, 0},
};

const struct rc_info *rc_info(enum rc rc)
{
	return &table[rc >= 0 && rc < RC_COUNT ? rc : RC_INTERNAL];
}

enum rc err_set_at(struct err *e, enum rc rc, const char *where, const char *fmt, ...)
{
	if (!e)
		return rc;
	*e = (struct err){.rc = rc, .where = where};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e->detail, sizeof e->detail, fmt, ap);
	va_end(ap);
	return rc;
}
