/* Owns the use of cJSON: its allocation goes to an arena, its answers become views.  Never
 * writes JSON, never changes a tree.  Called by whoever reads documents and request bodies. */
#include "qrsvc/base/json.h"

#include "qrsvc/base/clock.h"

#include <cjson/cJSON.h>

/* cJSON's hooks carry no context, so the arena of the running parse stands here.  A parse is
 * one call that runs to its end. */
static _Thread_local struct arena *into;

static void *hook_alloc(size_t n)
{
	return arena_raw(into, n); /* cJSON clears its nodes itself */
}

static void hook_free(void *p)
{
	(void)p; /* the arena takes it back as a whole */
}

#define cJSON_IS(v, t) ((node(v)->type & 0xff) == (t))

static const cJSON *node(const struct json *v)
{
	return (const cJSON *)(const void *)v;
}

static const struct json *wrap(const cJSON *v)
{
	return (const struct json *)(const void *)v;
}

/* No recursion: cJSON's own limit (1000) bounds the tree, not our stack. */
static bool depth_ok(const cJSON *v)
{
	const cJSON *up[JSON_DEPTH];
	int depth = 0;
	for (;;) {
		if (v->child) {
			if (depth == JSON_DEPTH)
				return false;
			up[depth++] = v;
			v = v->child;
			continue;
		}
		while (!v->next) {
			if (depth == 0)
				return true;
			v = up[--depth];
			if (depth == 0)
				return true;
		}
		v = v->next;
	}
}

enum rc json_parse(struct arena *a, struct str text, size_t max, bool trusted, struct err *e,
	const struct json **ret_)
{
	static bool hooked;
	if (!hooked) {
		cJSON_InitHooks(&(cJSON_Hooks){hook_alloc, hook_free});
		hooked = true;
	}
	if (text.n > max)
		return err_set(e, RC_TOO_LARGE, "JSON of %zu bytes, at most %zu", text.n, max);
	if (!trusted && !str_utf8(text))
		return err_set(e, RC_BAD, "JSON is not UTF-8");
	/* cJSON would end the string there. */
	if ((str_chr(text, '\\') >= 0 && str_find(text, STR("\\u0000")) >= 0) ||
		str_chr(text, 0) >= 0)
		return err_set(e, RC_BAD, "JSON holds U+0000");
	const char *end = NULL;
	into = a;
	cJSON *v = text.n ? cJSON_ParseWithLengthOpts(text.p, text.n, &end, false) : NULL;
	into = NULL;
	if (!v)
		return err_set(e, RC_BAD, "malformed JSON at byte %zu",
			end ? (size_t)(end - text.p) : 0);
	struct str rest = str_trim(str_sub(text, (size_t)(end - text.p), text.n), " \t\r\n");
	if (rest.n)
		return err_set(
			e, RC_BAD, "something follows the JSON at byte %zu", text.n - rest.n);
	if (!depth_ok(v))
		return err_set(e, RC_BAD, "JSON deeper than %d levels", JSON_DEPTH);
	*ret_ = wrap(v);
	return RC_OK;
}

enum json_type json_type(const struct json *v)
{
	if (!v)
		return JSON_ABSENT;
	switch (node(v)->type & 0xff) {
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_STRING;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_ABSENT;
	}
}

static const struct json *present(const cJSON *v)
{
	return (v->type & 0xff) == cJSON_NULL ? NULL : wrap(v);
}

const struct json *json_get(const struct json *v, const char *key)
{
	if (!v || !cJSON_IS(v, cJSON_Object))
		return NULL;
	for (const cJSON *c = node(v)->child; c; c = c->next)
		if (c->string[0] == key[0] && strcmp(c->string, key) == 0)
			return present(c);
	return NULL;
}

const struct json *json_member(const struct json *v, struct str key)
{
	if (!v || !cJSON_IS(v, cJSON_Object) || !key.n)
		return NULL;
	for (const cJSON *c = node(v)->child; c; c = c->next)
		if (c->string[0] == key.p[0] && strncmp(c->string, key.p, key.n) == 0 &&
			c->string[key.n] == 0)
			return present(c);
	return NULL;
}

struct str json_text(const struct json *v)
{
	return json_type(v) == JSON_STRING ? str_c(node(v)->valuestring) : STR_NONE;
}

bool json_integer(const struct json *v, int64_t *ret_)
{
	if (json_type(v) != JSON_NUMBER)
		return false;
	double d = node(v)->valuedouble;
	if (!(d >= -9007199254740992.0 && d <= 9007199254740992.0) || d != (double)(int64_t)d)
		return false;
	*ret_ = (int64_t)d;
	return true;
}

bool json_is_true(const struct json *v)
{
	return json_type(v) == JSON_BOOL && (node(v)->type & 0xff) == cJSON_True;
}

struct str json_number_text(struct arena *a, const struct json *v)
{
	return json_type(v) == JSON_NUMBER ? arena_fmt(a, "%.10g", node(v)->valuedouble)
					   : STR_NONE;
}

struct str json_str(const struct json *v, const char *key)
{
	return json_text(json_get(v, key));
}

int64_t json_int(const struct json *v, const char *key, int64_t fallback)
{
	json_integer(json_get(v, key), &fallback);
	return fallback;
}

bool json_bool(const struct json *v, const char *key, bool fallback)
{
	const struct json *m = json_get(v, key);
	return json_type(m) == JSON_BOOL ? json_is_true(m) : fallback;
}

int32_t json_day(const struct json *v, const char *key)
{
	int32_t day = DAY_NONE;
	struct str s = json_str(v, key);
	if (s.p && !day_parse(s, &day))
		day = DAY_NONE;
	return day;
}

bool json_instant(const struct json *v, const char *key, int64_t *ret_)
{
	struct str s = json_str(v, key);
	return s.p && clock_parse(s, ret_);
}

const struct json *json_first(const struct json *v)
{
	enum json_type t = json_type(v);
	return t == JSON_ARRAY || t == JSON_OBJECT ? wrap(node(v)->child) : NULL;
}

const struct json *json_next(const struct json *item)
{
	return wrap(node(item)->next);
}

struct str json_key(const struct json *item)
{
	return item ? str_c(node(item)->string) : STR_NONE;
}

size_t json_count(const struct json *v)
{
	size_t n = 0;
	json_each (item, v)
		n++;
	return n;
}
