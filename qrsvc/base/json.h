/* json: reads JSON (RFC 8259) into a tree and answers questions about it.  Writing JSON is done
 * with sbuf_json() by whoever knows the shape.
 *
 * The tree and a copy of the text live in the arena it was parsed into: nothing is freed on its
 * own, and a tree never outlives that arena.  Trees are immutable.
 *
 * Every getter takes NULL for "no such node", so that json_str(json_get(doc, "org"), "name") is
 * safe whatever the document holds.  A value of the wrong type counts as absent, and so does
 * null.  Keys are compared byte by byte; of two equal keys in one object the first one counts.
 *
 * Limits: JSON_DEPTH arrays and objects inside one another (RFC 8259 9 lets a reader set them),
 * and the size the caller states.  Refused besides what RFC 8259 refuses: text that is not
 * UTF-8 (8.1), surrogates without their other half and U+0000 in a string, and anything after
 * the value but blanks. */
#ifndef QR_BASE_JSON_H
#define QR_BASE_JSON_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

/* Deepest document of ours: history > records > results > limit, 7 levels. */
#define JSON_DEPTH 24

struct json; /* one node */

enum json_type {
	JSON_ABSENT, /* NULL node or null */
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* Parses text of at most max bytes.  RC_TOO_LARGE, or RC_BAD with the byte offset in e->detail
 * (e may be NULL).  `trusted` skips the UTF-8 check: only for what PostgreSQL sent, whose
 * client encoding guarantees it. */
enum rc json_parse(struct arena *a, struct str text, size_t max, bool trusted, struct err *e,
	const struct json **ret_);

enum json_type json_type(const struct json *v);

/* The first eight bytes of a key, zeroes behind: most keys are told apart by it. */
static inline uint64_t json_word(struct str key)
{
	uint64_t w = 0;
	if (key.n)
		memcpy(&w, key.p, key.n < 8 ? key.n : 8);
	return w;
}
/* Member of an object; NULL if there is none, if it is null, or if v is no object.  w is
 * json_word(key). */
const struct json *json_find(const struct json *v, struct str key, uint64_t w);
static inline const struct json *json_member(const struct json *v, struct str key)
{
	return json_find(v, key, json_word(key));
}
/* The same with a key of ours; inline, so that a literal's length and word cost nothing. */
static inline const struct json *json_get(const struct json *v, const char *key)
{
	return json_member(v, (struct str){key, strlen(key)});
}

/* The node itself as text, integer, boolean. */
struct str json_text(const struct json *v); /* STR_NONE unless a string */
/* An integral number within +-2^53 (RFC 8259 6); false leaves *ret_ alone. */
bool json_integer(const struct json *v, int64_t *ret_);

/* True for the literal true only. */
bool json_is_true(const struct json *v);
/* A number as it was written; STR_NONE if it is none. */
struct str json_number_text(const struct json *v);

/* What the node holds; absent or of another type: the fallback. */
int64_t json_int_of(const struct json *v, int64_t fallback);
bool json_bool_of(const struct json *v, bool fallback);
/* "YYYY-MM-DD" as a day number, DAY_NONE if absent or malformed. */
int32_t json_day_of(const struct json *v);
/* RFC 3339 as microseconds; false leaves *ret_ alone. */
bool json_instant_of(const struct json *v, int64_t *ret_);

/* The same of members by key. */
static inline struct str json_str(const struct json *v, const char *key)
{
	return json_text(json_get(v, key));
}
static inline int64_t json_int(const struct json *v, const char *key, int64_t fallback)
{
	return json_int_of(json_get(v, key), fallback);
}
static inline bool json_bool(const struct json *v, const char *key, bool fallback)
{
	return json_bool_of(json_get(v, key), fallback);
}
static inline int32_t json_day(const struct json *v, const char *key)
{
	return json_day_of(json_get(v, key));
}
static inline bool json_instant(const struct json *v, const char *key, int64_t *ret_)
{
	return json_instant_of(json_get(v, key), ret_);
}

/* Elements of an array or members of an object, in order. */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *item);
struct str json_key(const struct json *item); /* STR_NONE for an array's element */
size_t json_count(const struct json *v);
/* json_each (r, list) { .. }: declares r, and a name that is declared takes no parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses): for that reason */
#define json_each(item, list) \
	for (const struct json *item = json_first(list); item; item = json_next(item))
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
