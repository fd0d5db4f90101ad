/* Owns the reading of JSON (RFC 8259).  Never writes it, never changes a tree.  Called by
 * whoever reads documents and request bodies.
 *
 * One copy of the text goes into the arena; strings are views of it, unescaped where they
 * stand, and numbers stay text until somebody asks.  So a document of 4 KB costs a few
 * microseconds, where a library that allocates every node and converts every number took more
 * than a page may cost in all (docs/decisions.md). */
#include "qrsvc/base/json.h"

#include "qrsvc/base/clock.h"

#include <endian.h>

struct json {
	const struct json *next, *child;
	struct str key;	 /* STR_NONE in an array */
	struct str text; /* of a string or number */
	enum json_type type;
	bool yes; /* of a boolean */
};

struct reader {
	struct arena *a;
	char *start, *p, *end;
	int depth;
	bool deep;	   /* gave up because of JSON_DEPTH */
	struct json *node; /* taken from the arena, not yet used */
	int nodes;
};

#define NODES_AT_ONCE 16

static bool value(struct reader *r, struct json **ret_);

static void blanks(struct reader *r)
{
	while (r->p < r->end &&
		(*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
		r->p++;
}

static bool eat(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* ---- strings ---------------------------------------------------------------------------- */

static bool hex4(const char *p, const char *end, uint32_t *ret_)
{
	uint32_t v = 0;
	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | (uint32_t)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*ret_ = v;
	return true;
}

/* At most as many bytes as the escape had. */
static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 63));
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

/* Behind "\u": one code unit, or a pair of surrogates; neither a lone one nor U+0000. */
static bool unicode(struct reader *r, char **to)
{
	uint32_t c, low;
	if (!hex4(r->p, r->end, &c) || c == 0 || (c >= 0xdc00 && c <= 0xdfff))
		return false;
	r->p += 4;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u' ||
			!hex4(r->p + 2, r->end, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		r->p += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*to = put_utf8(*to, c);
	return true;
}

/* r->p stands on the backslash; writes what it means to *to. */
static bool escape(struct reader *r, char **to)
{
	static const char from[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	if (r->end - r->p < 2)
		return false;
	char c = r->p[1];
	r->p += 2;
	if (c == 'u')
		return unicode(r, to);
	const char *at = c ? strchr(from, c) : NULL;
	if (!at)
		return false;
	*(*to)++ = means[at - from];
	return true;
}

#define EACH(c) (UINT64_C(0x0101010101010101) * (c))
/* Bit 7 of each byte of v that is zero (and perhaps of some behind it). */
#define ZEROES(v) (((v)-EACH(1)) & ~(v)&EACH(0x80))

/* The first quote, backslash or control byte; or, within eight bytes of the end, a place at or
 * before it.  The lowest bit of ZEROES is exact; bytes are read in memory's order. */
static char *skip_plain(char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t v;
		memcpy(&v, p, 8);
		v = le64toh(v);
		uint64_t stop =
			ZEROES(v ^ EACH('"')) | ZEROES(v ^ EACH('\\')) | ZEROES(v & EACH(0xe0));
		if (stop)
			return p + __builtin_ctzll(stop) / 8;
		p += 8;
	}
	return p;
}

/* Behind the opening quote. */
static bool string(struct reader *r, struct str *ret_)
{
	char *from = r->p, *end = r->end, *p = skip_plain(from, end);
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	r->p = p;
	char *to = p;
	while (r->p < end && *r->p != '"') {
		if (*r->p == '\\') {
			if (!escape(r, &to))
				return false;
		} else if ((unsigned char)*r->p < 0x20) {
			return false;
		} else {
			*to++ = *r->p++;
		}
	}
	*ret_ = (struct str){from, (size_t)(to - from)};
	return eat(r, '"');
}

/* ---- the other values ------------------------------------------------------------------- */

static bool digits(struct reader *r)
{
	char *from = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > from;
}

/* RFC 8259 6: no plus, no leading zero, digits on both sides of a point. */
static bool number(struct reader *r, struct json *v)
{
	char *from = r->p;
	eat(r, '-');
	if (!eat(r, '0') && !digits(r))
		return false;
	if (eat(r, '.') && !digits(r))
		return false;
	if (eat(r, 'e') || eat(r, 'E')) {
		if (!eat(r, '+'))
			eat(r, '-');
		if (!digits(r))
			return false;
	}
	v->type = JSON_NUMBER;
	v->text = (struct str){from, (size_t)(r->p - from)};
	return true;
}

static bool word(struct reader *r, struct json *v, struct str w, enum json_type type, bool yes)
{
	if ((size_t)(r->end - r->p) < w.n || memcmp(r->p, w.p, w.n) != 0)
		return false;
	r->p += w.n;
	v->type = type;
	v->yes = yes;
	return true;
}

/* Behind the opening bracket: members or elements up to the closing one. */
static bool list(struct reader *r, struct json *v, bool object)
{
	const struct json **tail = &v->child;
	const char close = object ? '}' : ']';
	if (++r->depth > JSON_DEPTH) {
		r->deep = true;
		return false;
	}
	v->type = object ? JSON_OBJECT : JSON_ARRAY;
	blanks(r);
	if (eat(r, close)) {
		r->depth--;
		return true;
	}
	do {
		struct str key = STR_NONE;
		struct json *item;
		blanks(r);
		if (object) {
			if (!eat(r, '"') || !string(r, &key))
				return false;
			blanks(r);
			if (!eat(r, ':'))
				return false;
			blanks(r);
		}
		if (!value(r, &item))
			return false;
		item->key = key;
		*tail = item;
		tail = &item->next;
		blanks(r);
	} while (eat(r, ','));
	r->depth--;
	return eat(r, close);
}

static bool value(struct reader *r, struct json **ret_)
{
	if (r->p == r->end)
		return false;
	if (!r->nodes) {
		r->node = arena_raw(r->a, NODES_AT_ONCE * sizeof *r->node);
		r->nodes = NODES_AT_ONCE;
	}
	struct json *v = r->node++;
	r->nodes--;
	*v = (struct json){0};
	*ret_ = v;
	switch (*r->p) {
	case '"':
		r->p++;
		v->type = JSON_STRING;
		return string(r, &v->text);
	case '{':
	case '[':
		return list(r, v, *r->p++ == '{');
	case 't':
		return word(r, v, STR("true"), JSON_BOOL, true);
	case 'f':
		return word(r, v, STR("false"), JSON_BOOL, false);
	case 'n':
		return word(r, v, STR("null"), JSON_ABSENT, false);
	default:
		return number(r, v);
	}
}

enum rc json_parse(struct arena *a, struct str text, size_t max, bool trusted, struct err *e,
	const struct json **ret_)
{
	struct json *v;
	if (text.n > max)
		return err_set(e, RC_TOO_LARGE, "JSON of %zu bytes, at most %zu", text.n, max);
	if (!trusted && !str_utf8(text))
		return err_set(e, RC_BAD, "JSON is not UTF-8");
	char *copy = arena_raw(a, text.n);
	if (text.n)
		memcpy(copy, text.p, text.n);
	struct reader r = {.a = a, .start = copy, .p = copy, .end = copy + text.n};
	blanks(&r);
	bool ok = value(&r, &v);
	blanks(&r);
	if (r.deep)
		return err_set(e, RC_BAD, "JSON deeper than %d levels", JSON_DEPTH);
	if (!ok || r.p < r.end)
		return err_set(
			e, RC_BAD, "malformed JSON at byte %zu", (size_t)(r.p - r.start));
	*ret_ = v;
	return RC_OK;
}

/* ---- questions -------------------------------------------------------------------------- */

enum json_type json_type(const struct json *v)
{
	return v ? v->type : JSON_ABSENT;
}

const struct json *json_member(const struct json *v, struct str key)
{
	if (!v || v->type != JSON_OBJECT)
		return NULL;
	for (const struct json *c = v->child; c; c = c->next)
		if (c->key.n == key.n && (!key.n || c->key.p[0] == key.p[0]) &&
			memcmp(c->key.p, key.p, key.n) == 0)
			return c->type == JSON_ABSENT ? NULL : c;
	return NULL;
}

struct str json_text(const struct json *v)
{
	return json_type(v) == JSON_STRING ? v->text : STR_NONE;
}

bool json_integer(const struct json *v, int64_t *ret_)
{
	static const int64_t most = INT64_C(9007199254740992); /* 2^53 */
	char text[64];
	int64_t i;
	if (json_type(v) != JSON_NUMBER)
		return false;
	if (str_i64(v->text, &i)) {
		if (i < -most || i > most)
			return false;
		*ret_ = i;
		return true;
	}
	/* 1e3, 2.0: rare, and only whole numbers count. */
	if (v->text.n >= sizeof text)
		return false;
	memcpy(text, v->text.p, v->text.n);
	text[v->text.n] = 0;
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
	return json_type(v) == JSON_NUMBER ? v->text : STR_NONE;
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
	return json_type(m) == JSON_BOOL ? m->yes : fallback;
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
	return v ? v->child : NULL;
}

const struct json *json_next(const struct json *item)
{
	return item->next;
}

struct str json_key(const struct json *item)
{
	return item ? item->key : STR_NONE;
}

size_t json_count(const struct json *v)
{
	size_t n = 0;
	json_each (item, v)
		n++;
	return n;
}
