/* Owns the shortening of style sheets: comments, blanks and the last semicolon of a rule go.
 * Never changes what a rule means: strings stay, a blank that separates two words or stands
 * beside an operator stays one blank.  Called by compile.c. */
#include "qrsvc/tools/tplc.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* No blank is needed beside these, whatever the rule. */
static bool separates(char c)
{
	return c == '{' || c == '}' || c == ';' || c == ',';
}

/* Copies the string that begins at i; returns the place behind it. */
static size_t string(struct sbuf *b, struct str s, size_t i)
{
	char quote = s.p[i];
	sbuf_byte(b, s.p[i++]);
	while (i < s.n && s.p[i] != quote) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			sbuf_byte(b, s.p[i++]);
		sbuf_byte(b, s.p[i++]);
	}
	if (i < s.n)
		sbuf_byte(b, s.p[i++]);
	return i;
}

static size_t comment_end(struct str s, size_t i)
{
	ptrdiff_t end = str_find(str_sub(s, i + 2, s.n), STR("*/"));
	return end < 0 ? s.n : i + 2 + (size_t)end + 2;
}

struct str css_min(struct tplc *c, struct str css)
{
	struct sbuf b;
	bool blank = false;
	sbuf_init(&b, 1u << 20);
	for (size_t i = 0; i < css.n;) {
		char ch = css.p[i];
		if (is_blank(ch)) {
			blank = true;
			i++;
			continue;
		}
		if (ch == '/' && i + 1 < css.n && css.p[i + 1] == '*') {
			i = comment_end(css, i);
			blank = true;
			continue;
		}
		char last = b.n ? b.p[b.n - 1] : '{';
		/* "a:hover" is no "a :hover", but behind a colon no blank counts. */
		if (blank && !separates(ch) && !separates(last) && last != ':')
			sbuf_byte(&b, ' ');
		blank = false;
		if (ch == '}' && last == ';')
			b.n--;
		if (ch == '"' || ch == '\'') {
			i = string(&b, css, i);
			continue;
		}
		sbuf_byte(&b, ch);
		i++;
	}
	struct str out = arena_str(&c->a, sbuf_view(&b));
	sbuf_release(&b);
	return out;
}
