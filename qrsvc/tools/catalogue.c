/* Owns the reading of message catalogues.
 *
 *   # comment
 *   @plural none | one-other         rule of the language, before the first message
 *   key = text                       key: a-z 0-9 _
 * Within text: {0} an argument, {0?day|days} the form of argument 0's number, *stressed*, and
 * a backslash before { } * | \ takes them literally.  Called by tplc.c. */
#include "qrsvc/tools/tplc.h"

static void put_part(struct tplc *c, struct tpl_part p)
{
	if (c->npart == c->part_cap) {
		c->part_cap = c->part_cap ? c->part_cap * 2 : 256;
		c->part = xrealloc(c->part, c->part_cap * sizeof *c->part);
	}
	c->part[c->npart++] = p;
}

/* No context changes these bytes: HTML does not, and messages never stand in addresses. */
static uint8_t harmless(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("&<>\"'", s.p[i]))
			return 0;
	return 1;
}

static void put_literal(struct tplc *c, struct sbuf *b)
{
	if (b->n)
		put_part(c, (struct tpl_part){.is = PART_TEXT,
				    .arg = harmless(sbuf_view(b)),
				    .n = (uint16_t)b->n,
				    .at = put_text(c, sbuf_view(b))});
	sbuf_clear(b);
}

/* {0?day|days}: at stands behind the question mark. */
static size_t plural(struct tplc *c, const struct lang_src *lang, struct str s, size_t at,
	uint8_t arg, struct at where)
{
	size_t head = c->npart, forms = 0;
	struct sbuf b;
	sbuf_init(&b, 4096);
	put_part(c, (struct tpl_part){.is = PART_PLURAL, .arg = arg});
	for (;; at++) {
		if (at >= s.n)
			die(where, "plural without }");
		if (s.p[at] == '\\' && at + 1 < s.n) {
			sbuf_byte(&b, s.p[++at]);
		} else if (s.p[at] == '|' || s.p[at] == '}') {
			put_part(c, (struct tpl_part){.is = PART_TEXT,
					    .n = (uint16_t)b.n,
					    .at = put_text(c, sbuf_view(&b))});
			sbuf_clear(&b);
			forms++;
			if (s.p[at] == '}')
				break;
		} else if (s.p[at] == '{' || s.p[at] == '*') {
			die(where, "a plural form is plain text");
		} else {
			sbuf_byte(&b, s.p[at]);
		}
	}
	if (forms != (lang->plural == PLURAL_ONE_OTHER ? 2 : 1))
		die(where, "%zu plural forms, this language has %d", forms,
			lang->plural == PLURAL_ONE_OTHER ? 2 : 1);
	c->part[head].n = (uint16_t)forms;
	sbuf_release(&b);
	return at + 1;
}

/* {0} or {0?..}: returns the place behind it. */
static size_t argument(struct tplc *c, const struct lang_src *lang, struct str s, size_t at,
	int *arity, struct at where)
{
	if (at + 2 >= s.n || s.p[at + 1] < '0' || s.p[at + 1] >= '0' + TPL_ARGS)
		die(where, "after { stands the number of an argument, 0 to %d", TPL_ARGS - 1);
	uint8_t arg = (uint8_t)(s.p[at + 1] - '0');
	if (*arity <= arg)
		*arity = arg + 1;
	if (s.p[at + 2] == '?')
		return plural(c, lang, s, at + 3, arg, where);
	if (s.p[at + 2] != '}')
		die(where, "argument without }");
	put_part(c, (struct tpl_part){.is = PART_ARG, .arg = arg});
	return at + 3;
}

static int message(struct tplc *c, const struct lang_src *lang, struct str s, struct at where)
{
	int arity = 0;
	size_t first = c->npart;
	bool strong = false;
	struct sbuf lit;
	sbuf_init(&lit, 1u << 15);
	for (size_t i = 0; i < s.n;) {
		if (s.p[i] == '\\' && i + 1 < s.n) {
			sbuf_byte(&lit, s.p[i + 1]);
			i += 2;
		} else if (s.p[i] == '{') {
			put_literal(c, &lit);
			i = argument(c, lang, s, i, &arity, where);
		} else if (s.p[i] == '*') {
			put_literal(c, &lit);
			put_part(c, (struct tpl_part){
					    .is = strong ? PART_STRONG_END : PART_STRONG});
			strong = !strong;
			i++;
		} else {
			sbuf_byte(&lit, s.p[i++]);
		}
	}
	if (strong)
		die(where, "a * without its second one");
	put_literal(c, &lit);
	if (c->npart - first > TPL_PARTS)
		die(where, "more than %d pieces", TPL_PARTS);
	put_part(c, (struct tpl_part){.is = PART_END});
	sbuf_release(&lit);
	return arity;
}

static void room(struct tplc *c, struct lang_src *lang, size_t msg)
{
	while (lang->cap <= msg) {
		size_t was = lang->cap, cap = was ? was * 2 : 128;
		lang->first = xrealloc(lang->first, cap * sizeof *lang->first);
		lang->line = xrealloc(lang->line, cap * sizeof *lang->line);
		for (size_t i = was; i < cap; i++) {
			lang->first[i] = UINT32_MAX;
			lang->line[i] = 0;
		}
		lang->cap = cap;
	}
	while (c->arity_cap <= msg) {
		size_t was = c->arity_cap, cap = was ? was * 2 : 128;
		c->arity = xrealloc(c->arity, cap * sizeof *c->arity);
		memset(c->arity + was, 0, (cap - was) * sizeof *c->arity);
		c->arity_cap = cap;
	}
}

static bool key_ok(struct str key)
{
	for (size_t i = 0; i < key.n; i++) {
		char ch = key.p[i];
		if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_'))
			return false;
	}
	return key.n > 0;
}

static void directive(struct lang_src *lang, struct str line, struct at where)
{
	if (str_eq(line, STR("@plural none")))
		lang->plural = PLURAL_NONE;
	else if (str_eq(line, STR("@plural one-other")))
		lang->plural = PLURAL_ONE_OTHER;
	else
		die(where, "unknown directive \"%.*s\"", STR_F(line));
}

void catalogue_read(struct tplc *c, struct lang_src *lang)
{
	struct at where = {lang->path, 0};
	struct str rest = slurp(c, lang->path, (struct at){0});
	while (rest.p) {
		struct str line = str_trim(str_cut(&rest, '\n'), " \t\r");
		where.line++;
		if (!line.n || line.p[0] == '#')
			continue;
		if (line.p[0] == '@') {
			directive(lang, line, where);
			continue;
		}
		if (str_chr(line, '=') < 0)
			die(where, "neither \"key = text\" nor a comment");
		struct str key = str_trim(str_cut(&line, '='), " \t");
		if (!key_ok(key))
			die(where, "bad key \"%.*s\": a-z 0-9 _", STR_F(key));
		unsigned msg = names_put(&c->msgs, key);
		room(c, lang, msg);
		if (lang->line[msg])
			die(where, "\"%.*s\" stands in line %d already", STR_F(key),
				lang->line[msg]);
		lang->line[msg] = where.line;
		lang->first[msg] = (uint32_t)c->npart;
		int arity = message(c, lang, str_trim(line, " \t"), where);
		if (arity > c->arity[msg])
			c->arity[msg] = arity;
	}
}

void catalogue_check(struct tplc *c)
{
	for (size_t m = 0; m < c->msgs.n; m++) {
		for (size_t l = 0; l < c->nlang; l++) {
			room(c, &c->lang[l], m);
			if (c->lang[l].first[m] == UINT32_MAX)
				die((struct at){c->lang[l].path, 1},
					"message \"%.*s\" is missing", STR_F(c->msgs.name[m]));
		}
	}
}
