/* clock: the time, and dates as people write them.
 *
 * Instants are microseconds since 1970-01-01T00:00:00Z (int64_t).  Dates are civil dates of the
 * proleptic Gregorian calendar, counted as days since 1970-01-01 (int32_t).  Which date an
 * instant falls on depends on the time zone of the deployment (clock_zone), never on the
 * machine's. The wall clock can be set for tests and demos: clock_set() shifts it, it runs on
 * from there. */
#ifndef QR_BASE_CLOCK_H
#define QR_BASE_CLOCK_H

#include "qrsvc/base/str.h"

#define US_PER_S INT64_C(1000000)
#define DAY_NONE INT32_MIN /* no date */

struct civil {
	int year, month, day;	  /* month 1..12, day 1..31 */
	int hour, minute, second; /* 0 unless made from an instant */
	int offset;		  /* seconds east of UTC, likewise */
};

int64_t clock_now_us(void);
/* Never jumps; for deadlines and durations only. */
int64_t clock_mono_us(void);
/* Shifts the wall clock so that it is now `us`; clock_real() takes the shift back. */
void clock_set(int64_t us);
void clock_real(void);
/* An IANA zone name such as "Asia/Shanghai"; false (and no change) if the system has no such
 * zone.  Until it is called, UTC. */
bool clock_zone(const char *name);

struct civil clock_civil(int64_t us);
/* The date an instant falls on in the deployment's zone. */
int32_t clock_day(int64_t us);
int32_t clock_today(void);
/* The instant at which a date begins in the deployment's zone. */
int64_t clock_day_start(int32_t day);

int32_t day_from_civil(int year, int month, int day);
struct civil day_to_civil(int32_t day);
/* True if such a date exists, 0001..9999. */
bool day_valid(int year, int month, int day);
/* Same day of a later (earlier) month, the last day of that month if there is none: as
 * PostgreSQL's date + interval, so that C and SQL agree (31 Aug + 6 months = 28 or 29 Feb). */
int32_t day_add_months(int32_t day, int months);
/* 1 = Monday .. 7 = Sunday (ISO 8601). */
int day_weekday(int32_t day);
/* "2026-11-22" exactly. */
bool day_parse(struct str s, int32_t *ret_);
/* RFC 3339 as PostgreSQL's json writes it: "2026-11-14T16:40:00[.ffffff](Z|+08:00)". */
bool clock_parse(struct str s, int64_t *ret_);

#endif
