/* Owns the data model of pages and the interpreter of compiled templates.  Never decides what
 * a page says, never reads files.  Called by the page renderers.
 *
 * Lookup: every key has one slot in `bound`; entering an element of a list puts its values into
 * their slots and remembers what was there, leaving puts that back.  So {{name}} is one array
 * read however deep the nesting. */
#include "qrsvc/app/view.h"

#include <assert.h>

struct pair {
	struct pair *next;
	unsigned key;
	struct value value;
};

#define PAIRS_AT_ONCE 8

struct view {
	struct arena *arena;
	struct view *next; /* in its list */
	struct pair *first;
	uint64_t some;	   /* bit key % 64 of every key that was set: a miss needs no search */
	struct pair *room; /* taken from the arena, not yet used */
	unsigned rooms;
};

/* {{.}} is key 0 of every set. */
#define KEY_DOT 0u

struct view *view_new(struct arena *a)
{
	struct view *v = arena_alloc(a, sizeof *v);
	v->arena = a;
	return v;
}

static struct value *slot(struct view *v, unsigned key)
{
	uint64_t bit = UINT64_C(1) << (key & 63);
	for (struct pair *p = v->some & bit ? v->first : NULL; p; p = p->next)
		if (p->key == key)
			return &p->value;
	if (!v->rooms) {
		v->room = arena_raw(v->arena, PAIRS_AT_ONCE * sizeof *v->room);
		v->rooms = PAIRS_AT_ONCE;
	}
	struct pair *p = v->room++;
	v->rooms--;
	p->key = key;
	p->value.is = VALUE_NONE;
	p->next = v->first;
	v->first = p;
	v->some |= bit;
	return &p->value;
}

void view_str(struct view *v, unsigned key, struct str s)
{
	*slot(v, key) = s.n ? VALUE_S(s) : (struct value){.is = VALUE_NONE};
}

void view_int(struct view *v, unsigned key, int64_t i)
{
	*slot(v, key) = VALUE_I(i);
}

void view_flag(struct view *v, unsigned key, bool on)
{
	*slot(v, key) = (struct value){.is = on ? VALUE_FLAG : VALUE_NONE};
}

struct view *view_add(struct view *v, unsigned key)
{
	struct value *list = slot(v, key);
	struct view *item = view_new(v->arena);
	if (list->is != VALUE_LIST)
		*list = (struct value){.is = VALUE_LIST, .list = {item, item}};
	else
		list->list.last = list->list.last->next = item;
	return item;
}

size_t view_count(const struct view *v, unsigned key)
{
	size_t n = 0;
	for (const struct pair *p = v->first; p; p = p->next)
		if (p->key == key && p->value.is == VALUE_LIST)
			for (const struct view *i = p->value.list.first; i; i = i->next)
				n++;
	return n;
}

void view_item(struct view *v, unsigned key, struct str s)
{
	view_str(view_add(v, key), KEY_DOT, s);
}

/* ---- interpreter ------------------------------------------------------------------------ */

struct run {
	const struct tpl_set *set;
	const struct tpl_lang *lang;
	struct sbuf *out;
	const struct value *bound[TPL_KEYS];
};

/* Copies n bytes; short texts, most of a page, by two overlapping moves instead of a call. */
static inline void copy(char *to, const char *p, size_t n)
{
	uint64_t a, b;
	uint32_t c, d;
	if (n > 16) {
		memcpy(to, p, n);
	} else if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
		memcpy(to, &a, 8);
		memcpy(to + n - 8, &b, 8);
	} else if (n >= 4) {
		memcpy(&c, p, 4);
		memcpy(&d, p + n - 4, 4);
		memcpy(to, &c, 4);
		memcpy(to + n - 4, &d, 4);
	} else {
		for (size_t i = 0; i < n; i++)
			to[i] = p[i];
	}
}

/* sbuf_add without a call where there is room, which is nearly always. */
static inline void put(struct sbuf *out, const char *p, size_t n)
{
	if (n <= out->cap - out->n && !out->over && n) {
		copy(out->p + out->n, p, n);
		out->n += n;
	} else {
		sbuf_add(out, p, n);
	}
}

#define EACH(c) (UINT64_C(0x0101010101010101) * (c))
/* Bit 7 of each byte of v that is zero (and perhaps of some behind it). */
#define ZEROES(v) (((v)-EACH(1)) & ~(v)&EACH(0x80))

/* Not zero if one of eight bytes needs an escape in HTML. */
static inline uint64_t harm(uint64_t v)
{
	/* & and ' differ in one bit, and so do < and >. */
	return ZEROES(v ^ EACH('"')) | ZEROES((v | EACH(1)) ^ EACH('\'')) |
	       ZEROES((v | EACH(2)) ^ EACH('>'));
}

/* Eight bytes of a text of at least four and at most eight, some of them twice. */
static inline uint64_t load_4_to_8(const char *p, size_t n)
{
	uint32_t a, b;
	memcpy(&a, p, 4);
	memcpy(&b, p + n - 4, 4);
	return (uint64_t)b << 32 | a;
}

/* True if s needs no escape in HTML; eight bytes at a time, the last ones twice if need be. */
static bool harmless(struct str s)
{
	uint64_t v, found = 0;
	if (s.n >= 8) {
		for (size_t i = 0; i + 8 < s.n; i += 8) {
			memcpy(&v, s.p + i, 8);
			found |= harm(v);
		}
		memcpy(&v, s.p + s.n - 8, 8);
		return !(found | harm(v));
	}
	if (s.n >= 4)
		return !harm(load_4_to_8(s.p, s.n));
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"' || (s.p[i] | 1) == '\'' || (s.p[i] | 2) == '>')
			return false;
	return true;
}

static void put_html(struct sbuf *out, struct str s)
{
	if (harmless(s))
		put(out, s.p, s.n);
	else
		sbuf_html(out, s);
}

static bool scheme_ok(struct str url)
{
	static const char *const ok[] = {"/", "?", "#", "https:", "http:", "tel:", "mailto:"};
	/* "//host" would leave this site. */
	if (str_starts(url, STR("//")) || str_starts(url, STR("/\\")))
		return false;
	for (size_t i = 0; i < sizeof ok / sizeof ok[0]; i++)
		if (str_starts(url, str_c(ok[i])))
			return true;
	return false;
}

void sbuf_href(struct sbuf *b, struct str url)
{
	if (scheme_ok(url))
		put_html(b, url);
	else
		sbuf_byte(b, '#');
}

static void put_str(struct sbuf *out, enum tpl_ctx ctx, struct str s)
{
	switch (ctx) {
	case CTX_PLAIN:
		put(out, s.p, s.n);
		break;
	case CTX_TEXT:
	case CTX_ATTR:
		put_html(out, s);
		break;
	case CTX_URL:
		sbuf_href(out, s);
		break;
	case CTX_PART:
		sbuf_url(out, s);
		break;
	}
}

static void put_value(struct sbuf *out, enum tpl_ctx ctx, const struct value *v)
{
	if (!v)
		return;
	if (v->is == VALUE_STR) {
		put_str(out, ctx, v->s);
	} else if (v->is == VALUE_INT) {
		if (v->i < 0)
			sbuf_byte(out, '-');
		sbuf_u64(out, v->i < 0 ? 0 - (uint64_t)v->i : (uint64_t)v->i);
	}
}

/* Which form of a plural stands for v (CLDR: zh has one form, en has one and other). */
static unsigned plural_form(enum tpl_plural rule, const struct value *v)
{
	bool one = v && v->is == VALUE_INT && v->i == 1;
	return rule == PLURAL_ONE_OTHER && !one ? 1 : 0;
}

static void put_msg(const struct tpl_set *set, const struct tpl_lang *lang, unsigned msg,
	enum tpl_ctx ctx, const struct value *const *arg, struct sbuf *out)
{
	const struct tpl_part *p = set->part + lang->msg[msg];
	for (; p->is != PART_END; p++) {
		switch (p->is) {
		case PART_TEXT: /* arg: tplc found nothing in it that needs an escape */
			if (p->arg)
				put(out, set->text + p->at, p->n);
			else
				put_str(out, ctx, (struct str){set->text + p->at, p->n});
			break;
		case PART_ARG:
			put_value(out, ctx, arg[p->arg]);
			break;
		case PART_PLURAL: {
			const struct tpl_part *f =
				p + 1 + plural_form(lang->plural, arg[p->arg]);
			put_str(out, ctx, (struct str){set->text + f->at, f->n});
			p += p->n;
			break;
		}
		case PART_STRONG:
			if (ctx == CTX_TEXT)
				sbuf_puts(out, "<strong>");
			break;
		case PART_STRONG_END:
			if (ctx == CTX_TEXT)
				sbuf_puts(out, "</strong>");
			break;
		}
	}
}

static bool truth(const struct value *v)
{
	return v && v->is != VALUE_NONE;
}

static void run_ops(struct run *r, uint32_t pc, int depth);

/* Runs the inside of a section with an element's values in their slots. */
static void run_item(struct run *r, const struct view *item, uint32_t pc, int depth)
{
	struct {
		unsigned key;
		const struct value *value;
	} was[TPL_KEYS];
	size_t n = 0;
	for (const struct pair *p = item->first; p; p = p->next, n++) {
		assert(n < TPL_KEYS);
		was[n].key = p->key;
		was[n].value = r->bound[p->key];
		r->bound[p->key] = &p->value;
	}
	run_ops(r, pc, depth);
	while (n-- > 0)
		r->bound[was[n].key] = was[n].value;
}

static void run_section(struct run *r, const struct value *v, uint32_t pc, int depth)
{
	if (v->is != VALUE_LIST) {
		run_ops(r, pc, depth);
		return;
	}
	for (const struct view *item = v->list.first; item; item = item->next)
		run_item(r, item, pc, depth);
}

static uint32_t run_msg(struct run *r, uint32_t pc)
{
	const struct tpl_op *o = r->set->op + pc;
	const struct value *arg[TPL_ARGS] = {0};
	for (unsigned i = 0; i < o->n; i++)
		arg[i] = r->bound[o[1 + i].key];
	put_msg(r->set, r->lang, o->key, o->ctx, arg, r->out);
	return pc + 1u + o->n;
}

static void run_ops(struct run *r, uint32_t pc, int depth)
{
	assert(depth < TPL_DEPTH);
	for (;;) {
		const struct tpl_op *o = r->set->op + pc;
		switch ((enum tpl_code)o->code) {
		case TPL_END:
		case TPL_CLOSE:
			return;
		case TPL_TEXT:
			put(r->out, r->set->text + o->at, o->n);
			pc++;
			break;
		case TPL_VAR:
			put_value(r->out, o->ctx, r->bound[o->key]);
			pc++;
			break;
		case TPL_SECTION:
			if (truth(r->bound[o->key]))
				run_section(r, r->bound[o->key], pc + 1, depth + 1);
			pc = o->at;
			break;
		case TPL_INVERTED:
			if (!truth(r->bound[o->key]))
				run_ops(r, pc + 1, depth + 1);
			pc = o->at;
			break;
		case TPL_MSG:
			pc = run_msg(r, pc);
			break;
		case TPL_ARG: /* only behind TPL_MSG, which steps over it */
			return;
		}
	}
}

void tpl_render(const struct tpl_set *set, unsigned tpl, unsigned lang, const struct view *v,
	struct sbuf *out)
{
	struct run r;
	assert(tpl < set->ntpl && lang < set->nlang);
	r.set = set;
	r.lang = &set->lang[lang];
	r.out = out;
	for (unsigned k = 0; k < set->nkeys; k++)
		r.bound[k] = NULL;
	run_item(&r, v, set->start[tpl], 0);
}

/* Decimal digits of i, ending at end; returns where they begin. */
static char *digits(int64_t i, char *end)
{
	uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
	do
		*--end = (char)('0' + u % 10);
	while (u /= 10);
	if (i < 0)
		*--end = '-';
	return end;
}

struct str tpl_msg(const struct tpl_set *set, unsigned lang, unsigned msg, struct arena *a,
	const struct value *arg, size_t n)
{
	struct str piece[TPL_PARTS];
	char number[TPL_ARGS][24];
	size_t k = 0, total = 0;
	assert(msg < set->nmsg && lang < set->nlang && n <= TPL_ARGS);
	const struct tpl_part *p = set->part + set->lang[lang].msg[msg];
	for (; p->is != PART_END && k < TPL_PARTS; p++) {
		const struct value *v = p->is != PART_TEXT && p->arg < n ? &arg[p->arg] : NULL;
		struct str s = STR_NONE;
		if (p->is == PART_TEXT) {
			s = (struct str){set->text + p->at, p->n};
		} else if (p->is == PART_ARG && v && v->is == VALUE_STR) {
			s = v->s;
		} else if (p->is == PART_ARG && v && v->is == VALUE_INT) {
			char *end = number[p->arg] + sizeof number[0];
			s.p = digits(v->i, end);
			s.n = (size_t)(end - s.p);
		} else if (p->is == PART_PLURAL) {
			const struct tpl_part *f =
				p + 1 + plural_form(set->lang[lang].plural, v);
			s = (struct str){set->text + f->at, f->n};
			p += p->n;
		}
		if (s.n) {
			piece[k++] = s;
			total += s.n;
		}
	}
	char *to = arena_raw(a, total + 1), *at = to;
	for (size_t i = 0; i < k; i++) {
		memcpy(at, piece[i].p, piece[i].n);
		at += piece[i].n;
	}
	*at = 0;
	return (struct str){to, total};
}
