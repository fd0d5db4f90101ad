/* Owns the shift of the wall clock, the zone of this process (TZ; set once at start) and the
 * few offsets of that zone that were asked for last. */
#include "qrsvc/base/clock.h"

#include <stdio.h>
#include <unistd.h>

static int64_t shift_us;

#define QUARTER_S 900
#define OFFSETS 64
static struct offset {
	int64_t quarter;
	int seconds;
	bool known;
} offsets[OFFSETS];

static int64_t raw_us(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return raw_us(CLOCK_REALTIME) + shift_us;
}

int64_t clock_mono_us(void)
{
	return raw_us(CLOCK_MONOTONIC);
}

void clock_set(int64_t us)
{
	shift_us = us - raw_us(CLOCK_REALTIME);
}

void clock_real(void)
{
	shift_us = 0;
}

bool clock_zone(const char *name)
{
	char path[128];
	if (!name[0] || name[0] == '/' || strstr(name, ".."))
		return false;
	int n = snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
	if (n < 0 || (size_t)n >= sizeof path || access(path, R_OK) != 0)
		return false;
	if (setenv("TZ", name, 1) != 0)
		return false;
	tzset();
	memset(offsets, 0, sizeof offsets);
	return true;
}

static int64_t floor_s(int64_t us)
{
	return us >= 0 ? us / US_PER_S : -((-us + US_PER_S - 1) / US_PER_S);
}

/* Seconds east of UTC at s.  Zones change at whole quarters of an hour, and glibc takes half a
 * microsecond to find out, so the last quarters asked for are kept. */
static int offset_at(int64_t s)
{
	int64_t quarter = s / QUARTER_S - (s % QUARTER_S < 0);
	struct offset *o = &offsets[(uint64_t)quarter % OFFSETS];
	if (!o->known || o->quarter != quarter) {
		time_t t = (time_t)s;
		struct tm tm;
		localtime_r(&t, &tm);
		*o = (struct offset){quarter, (int)tm.tm_gmtoff, true};
	}
	return o->seconds;
}

struct civil clock_civil(int64_t us)
{
	int64_t s = floor_s(us);
	int offset = offset_at(s);
	int64_t local = s + offset, day = local / 86400 - (local % 86400 < 0);
	int in_day = (int)(local - day * 86400);
	struct civil c = day_to_civil((int32_t)day);
	c.hour = in_day / 3600;
	c.minute = in_day / 60 % 60;
	c.second = in_day % 60;
	c.offset = offset;
	return c;
}

int32_t clock_day(int64_t us)
{
	int64_t s = floor_s(us), local = s + offset_at(s);
	return (int32_t)(local / 86400 - (local % 86400 < 0));
}

int32_t clock_today(void)
{
	return clock_day(clock_now_us());
}

int64_t clock_day_start(int32_t day)
{
	struct civil c = day_to_civil(day);
	struct tm tm = {.tm_year = c.year - 1900,
		.tm_mon = c.month - 1,
		.tm_mday = c.day,
		.tm_isdst = -1};
	return (int64_t)mktime(&tm) * US_PER_S;
}

/* Howard Hinnant, "chrono-compatible low-level date algorithms": days_from_civil. */
int32_t day_from_civil(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int yoe = y - era * 400;
	int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

struct civil day_to_civil(int32_t day)
{
	int z = day + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int doe = z - era * 146097;
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;
	int month = mp < 10 ? mp + 3 : mp - 9;
	return (struct civil){.year = yoe + era * 400 + (month <= 2),
		.month = month,
		.day = doy - (153 * mp + 2) / 5 + 1};
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

bool day_valid(int year, int month, int day)
{
	return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= month_days(year, month);
}

int32_t day_add_months(int32_t day, int months)
{
	struct civil c = day_to_civil(day);
	int at = c.year * 12 + c.month - 1 + months;
	int year = at / 12, month = at % 12 + 1, last = month_days(year, month);
	return day_from_civil(year, month, c.day < last ? c.day : last);
}

int day_weekday(int32_t day)
{
	int w = (day + 3) % 7; /* 1970-01-01 was a Thursday */
	return (w < 0 ? w + 7 : w) + 1;
}

/* Exactly n digits at s.p[at]. */
static bool digits(struct str s, size_t at, size_t n, int *ret_)
{
	uint64_t v;
	if (at + n > s.n || !str_u64(str_sub(s, at, at + n), &v))
		return false;
	*ret_ = (int)v;
	return true;
}

bool day_parse(struct str s, int32_t *ret_)
{
	int y, m, d;
	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !digits(s, 0, 4, &y) ||
		!digits(s, 5, 2, &m) || !digits(s, 8, 2, &d) || !day_valid(y, m, d))
		return false;
	*ret_ = day_from_civil(y, m, d);
	return true;
}

static bool parse_offset(struct str s, int *ret_)
{
	int h, m;
	if (s.n == 1 && s.p[0] == 'Z') {
		*ret_ = 0;
		return true;
	}
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':' ||
		!digits(s, 1, 2, &h) || !digits(s, 4, 2, &m) || h > 15 || m > 59)
		return false;
	*ret_ = (h * 3600 + m * 60) * (s.p[0] == '-' ? -1 : 1);
	return true;
}

bool clock_parse(struct str s, int64_t *ret_)
{
	int32_t day;
	int h, m, sec, offset;
	int64_t frac = 0;
	if (s.n < 20 || s.p[10] != 'T' || s.p[13] != ':' || s.p[16] != ':' ||
		!day_parse(str_sub(s, 0, 10), &day) || !digits(s, 11, 2, &h) ||
		!digits(s, 14, 2, &m) || !digits(s, 17, 2, &sec) || h > 23 || m > 59 ||
		sec > 60)
		return false;
	size_t at = 19;
	if (s.p[at] == '.') {
		int64_t unit = US_PER_S;
		for (at++; at < s.n && s.p[at] >= '0' && s.p[at] <= '9' && unit > 1; at++) {
			unit /= 10;
			frac += (s.p[at] - '0') * unit;
		}
	}
	if (!parse_offset(str_sub(s, at, s.n), &offset))
		return false;
	*ret_ = ((int64_t)day * 86400 + h * 3600 + m * 60 + sec - offset) * US_PER_S + frac;
	return true;
}
