/* Owns the reading of JSON (RFC 8259) into a tree.  Never writes it, never changes a tree.
 * Called by whoever reads documents and request bodies.
 *
 * One copy of the text goes into the arena; strings are views of it, unescaped where they
 * stand, and numbers stay text until somebody asks.  So a document of 4 KB costs a few
 * microseconds, where a library that allocates every node and converts every number took more
 * than a page may cost in all (docs/decisions.md).
 *
 * Behind the copy stand PAD zero bytes.  A zero byte is part of no value and ends every string,
 * so that nothing below asks for the end before it looks at a byte, and blocks of PAD bytes may
 * be read from any place in the text. */
#include "qrsvc/base/json_node.h"

#include <endian.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PAD 16u

struct reader {
	struct arena *a;
	char *p, *end;
	int depth;
	bool deep;	   /* gave up because of JSON_DEPTH */
	struct json *node; /* taken from the arena, not yet used */
	int nodes;
};

#define NODES_AT_ONCE 32

/* The first n < 8 bytes of eight in memory's order. */
static inline uint64_t word_mask(uint32_t n)
{
	return le64toh((UINT64_C(1) << (n * 8)) - 1);
}

static bool value(struct reader *r, struct json *v);

static inline void blanks(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')
		r->p++;
}

static inline bool eat(struct reader *r, char c)
{
	if (*r->p != c)
		return false;
	r->p++;
	return true;
}

/* ---- strings ---------------------------------------------------------------------------- */

static bool hex4(const char *p, uint32_t *ret_)
{
	uint32_t v = 0;
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
	if (!hex4(r->p, &c) || c == 0 || (c >= 0xdc00 && c <= 0xdfff))
		return false;
	r->p += 4;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (r->p[0] != '\\' || r->p[1] != 'u' || !hex4(r->p + 2, &low) ||
			low < 0xdc00 || low > 0xdfff)
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

#ifdef __SSE2__
/* Bit i: the byte at p + i is a quote, a backslash or a control byte.  PAD bytes are read. */
static inline unsigned stops(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i stop = _mm_or_si128(
		_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	stop = _mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
	return (unsigned)_mm_movemask_epi8(stop);
}

static inline char *skip_plain(char *p)
{
	unsigned stop;
	for (; !(stop = stops(p)); p += 16)
		;
	return p + __builtin_ctz(stop);
}
#else
static inline char *skip_plain(char *p)
{
	while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}
#endif

/* The rest of a string with escapes: what they mean is written over them. */
static bool string_escaped(struct reader *r, char **ret_end)
{
	char *to = r->p;
	while (*r->p != '"') {
		if (*r->p == '\\') {
			if (!escape(r, &to))
				return false;
			continue;
		}
		char *from = r->p;
		r->p = skip_plain(from);
		if (r->p == from)
			return false; /* a control byte, or the end */
		memmove(to, from, (size_t)(r->p - from));
		to += r->p - from;
	}
	*ret_end = to;
	return true;
}

/* Behind the opening quote. */
static inline bool string(struct reader *r, const char **ret_, uint32_t *ret_n)
{
	char *from = r->p, *to = r->p = skip_plain(from);
	if (*to != '"' && !string_escaped(r, &to))
		return false;
	*ret_ = from;
	*ret_n = (uint32_t)(to - from);
	r->p++;
	return true;
}

/* ---- the other values ------------------------------------------------------------------- */

static bool digits(struct reader *r)
{
	char *from = r->p;
	while (*r->p >= '0' && *r->p <= '9')
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
	v->text = from;
	v->text_n = (uint32_t)(r->p - from);
	return true;
}

static bool word(struct reader *r, struct json *v, struct str w, enum json_type type, bool yes)
{
	if (memcmp(r->p, w.p, w.n) != 0) /* at most five bytes: PAD */
		return false;
	r->p += w.n;
	v->type = (uint8_t)type;
	v->yes = yes;
	return true;
}

/* A member's name, the colon, and blanks before its value. */
static inline bool name(struct reader *r, struct json *item)
{
	if (!eat(r, '"') || !string(r, &item->key, &item->key_n))
		return false;
	/* Eight bytes can be read: what is behind the name is text or PAD. */
	uint64_t w;
	memcpy(&w, item->key, 8);
	item->key_word = item->key_n < 8 ? w & word_mask(item->key_n) : w;
	blanks(r);
	if (!eat(r, ':'))
		return false;
	blanks(r);
	return true;
}

static inline struct json *node(struct reader *r)
{
	if (!r->nodes) {
		r->node = arena_raw(r->a, NODES_AT_ONCE * sizeof *r->node);
		r->nodes = NODES_AT_ONCE;
	}
	r->nodes--;
	return memset(r->node++, 0, sizeof *r->node);
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
		struct json *item = node(r);
		blanks(r);
		if (object && !name(r, item))
			return false;
		v->some |= word_bit(item->key_word);
		if (!value(r, item))
			return false;
		*tail = item;
		tail = &item->next;
		blanks(r);
	} while (eat(r, ','));
	r->depth--;
	return eat(r, close);
}

static bool value(struct reader *r, struct json *v)
{
	switch (*r->p) {
	case '"':
		r->p++;
		v->type = JSON_STRING;
		return string(r, &v->text, &v->text_n);
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
	if (text.n > max || text.n > UINT32_MAX)
		return err_set(e, RC_TOO_LARGE, "JSON of %zu bytes, at most %zu", text.n, max);
	if (!trusted && !str_utf8(text))
		return err_set(e, RC_BAD, "JSON is not UTF-8");
	char *copy = arena_raw(a, text.n + PAD);
	if (text.n)
		memcpy(copy, text.p, text.n);
	memset(copy + text.n, 0, PAD);
	struct reader r = {.a = a, .p = copy, .end = copy + text.n};
	struct json *v = node(&r);
	blanks(&r);
	bool ok = value(&r, v);
	blanks(&r);
	if (r.deep)
		return err_set(e, RC_BAD, "JSON deeper than %d levels", JSON_DEPTH);
	if (!ok || r.p < r.end)
		return err_set(e, RC_BAD, "malformed JSON at byte %zu", (size_t)(r.p - copy));
	*ret_ = v;
	return RC_OK;
}
