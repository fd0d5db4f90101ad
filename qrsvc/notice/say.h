/* say: the words of a notice in its language: fixed words, names that come as data, dates,
 * results.
 *
 * A notice in both languages says Chinese first and English small beside or below it. */
#ifndef QR_NOTICE_SAY_H
#define QR_NOTICE_SAY_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/json.h"

enum paper_lang { PAPER_ZH, PAPER_EN, PAPER_BOTH };
/* "zh-CN", "en", "both"; anything else is Chinese. */
enum paper_lang paper_lang(struct str tag);

/* What is said, and the same in the other language; other.n == 0 on a notice in one language.
 */
struct said {
	struct str main, other;
};

enum say_word {
	SAY_NOTICE,
	SAY_WHEN, /* "Time of work" */
	SAY_FILING,
	SAY_NEXT, /* {} type: "Next cleaning due" */
	SAY_BY,	  /* {} date: "by 2026-11-12" */
	SAY_ITEM,
	SAY_VALUE,
	SAY_LIMIT,
	SAY_VERDICT,
	SAY_PASS,
	SAY_FAIL,
	SAY_LIMITS_OF,
	SAY_ALL_PASS,  /* {} count */
	SAY_SOME_FAIL, /* {} count */
	SAY_SOME_PASS, /* {} count, {} of how many */
	SAY_ALL_BACK,  /* the whole of a work passed, no results */
	SAY_ALL_BAD,
	SAY_NO_PHOTO,
	SAY_SCAN,
	SAY_OFFICE,
	SAY_PHONE,
	SAY_POSTED_BY,
	SAY_POSTED_ON,
	SAY_LATEST, /* {} time: to be posted by */
	SAY_BASIS,
	SAY_WITHIN, /* {} hours */
	SAY_STAMP,
	SAY_TRIAL,
	SAY_MORE, /* {} count */
	SAY_RECORD,
	SAY_CHECK,
	SAY_SERVES,
	SAY_YES,
	SAY_NO,
	SAY_CLEANER,
	SAY_LAB,
	SAY_INSPECTOR,
	SAY_REPAIRER,
	SAY_PARTY,
	SAY_CORRECTED,
	SAY_WORDS
};

struct sayer {
	struct arena *arena;
	enum paper_lang lang;
};

/* A fixed word; a and b take the places of its first and second {}. */
struct said say(const struct sayer *s, enum say_word w, struct said a, struct said b);
struct said say_plain(struct str text); /* the same in every language */
#define SAID_NONE ((struct said){STR_NONE, STR_NONE})
/* {"zh-CN":..,"en":..}, or {"name":{..}}; fallback if there is none. */
struct said say_name(const struct sayer *s, const struct json *names, struct str fallback);
struct said say_day(const struct sayer *s, int32_t day);
struct said say_time(const struct sayer *s, int64_t us);
/* "from" to "to", or "date", of a record. */
struct said say_when(const struct sayer *s, const struct json *record);
/* "<0.3 NTU", "not detected"; words and units as core.notice_page() has them. */
struct said say_result(
	const struct sayer *s, const struct json *page, const struct json *result);
/* "≤ 1", "6.5–8.5"; STR_NONE without a limit. */
struct said say_limit(const struct sayer *s, const struct json *page, const struct json *limit);
/* A field of the record: words and dates as people write them. */
struct said say_field(const struct sayer *s, const struct json *page, const struct json *def,
	const struct json *v);
/* A word without {}, in all languages of the notice, and a value behind it: "电话 Phone 12345".
 */
struct str say_with(const struct sayer *s, enum say_word w, struct str value);
/* Both in one line. */
struct str say_line(const struct sayer *s, struct said t);

#endif
