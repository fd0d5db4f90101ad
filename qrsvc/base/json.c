/* Owns what is asked of a tree that json_read.c has made: members, texts, numbers, days.  Never
 * changes it. */
#include "qrsvc/base/json_node.h"

#include "qrsvc/base/clock.h"

/* ---- questions -------------------------------------------------------------------------- */

enum json_type json_type(const struct json *v)
{
	return v ? v->type : JSON_ABSENT;
}

const struct json *json_find(const struct json *v, struct str key, uint64_t w)
{
	if (!v || v->type != JSON_OBJECT || !(v->some & word_bit(w)))
		return NULL;
	for (const struct json *c = v->child; c; c = c->next)
		if (c->key_word == w && c->key_n == key.n &&
			(key.n <= 8 || memcmp(c->key + 8, key.p + 8, key.n - 8) == 0))
			return c->type == JSON_ABSENT ? NULL : c;
	return NULL;
}

static inline struct str text_of(const struct json *v)
{
	return (struct str){v->text, v->text_n};
}

struct str json_text(const struct json *v)
{
	return json_type(v) == JSON_STRING ? text_of(v) : STR_NONE;
}

bool json_integer(const struct json *v, int64_t *ret_)
{
	static const int64_t most = INT64_C(9007199254740992); /* 2^53 */
	char text[64];
	int64_t i;
	if (json_type(v) != JSON_NUMBER)
		return false;
	if (str_i64(text_of(v), &i)) {
		if (i < -most || i > most)
			return false;
		*ret_ = i;
		return true;
	}
	/* 1e3, 2.0: rare, and only whole numbers count. */
	if (v->text_n >= sizeof text)
		return false;
	memcpy(text, v->text, v->text_n);
	text[v->text_n] = 0;
	double d = strtod(text, NULL);
	if (!(d >= (double)-most && d <= (double)most) || d != (double)(int64_t)d)
		return false;
	*ret_ = (int64_t)d;
	return true;
}

bool json_is_true(const struct json *v)
{
	return json_type(v) == JSON_BOOL && v->yes;
}

struct str json_number_text(const struct json *v)
{
	return json_type(v) == JSON_NUMBER ? text_of(v) : STR_NONE;
}

int64_t json_int_of(const struct json *v, int64_t fallback)
{
	json_integer(v, &fallback);
	return fallback;
}

bool json_bool_of(const struct json *v, bool fallback)
{
	return json_type(v) == JSON_BOOL ? v->yes : fallback;
}

int32_t json_day_of(const struct json *v)
{
	int32_t day = DAY_NONE;
	struct str s = json_text(v);
	if (s.p && !day_parse(s, &day))
		day = DAY_NONE;
	return day;
}

bool json_instant_of(const struct json *v, int64_t *ret_)
{
	struct str s = json_text(v);
	return s.p && clock_parse(s, ret_);
}

const struct json *json_first(const struct json *v)
{
	return v && (v->type == JSON_OBJECT || v->type == JSON_ARRAY) ? v->child : NULL;
}

const struct json *json_next(const struct json *item)
{
	return item->next;
}

struct str json_key(const struct json *item)
{
	return item ? (struct str){item->key, item->key_n} : STR_NONE;
}

size_t json_count(const struct json *v)
{
	size_t n = 0;
	json_each (item, v)
		n++;
	return n;
}
