/* Owns where in HTML each byte of a template stands, the blanks that vanish, and the hash of an
 * inline style.  Knows nothing of placeholders.  Called by compile.c, byte by byte. */
#include "qrsvc/tools/compile.h"

#include "qrsvc/base/crypto.h"

/* ---- literal text ----------------------------------------------------------------------- */

void html_flush(struct comp *k)
{
	size_t from = 0;
	while (from < k->lit.n) {
		size_t n = k->lit.n - from < 60000 ? k->lit.n - from : 60000;
		put_op(k->c, (struct tpl_op){.code = TPL_TEXT,
				     .n = (uint16_t)n,
				     .at = put_text(k->c, (struct str){k->lit.p + from, n})});
		from += n;
	}
	sbuf_clear(&k->lit);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Blanks that were held back, now that something follows. */
void html_settle(struct comp *k, bool in_tag)
{
	if (k->blanks == 1 || (k->blanks == 2 && in_tag))
		sbuf_byte(&k->lit, ' ');
	k->blanks = 0;
}

static bool hold(struct comp *k, char c)
{
	if (!is_blank(c))
		return false;
	if (c == '\n')
		k->blanks = 2;
	else if (!k->blanks)
		k->blanks = 1;
	return true;
}

static void name_add(char name[NAME_MAX_], char c)
{
	size_t n = strlen(name);
	if (n + 1 < NAME_MAX_) {
		name[n] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
		name[n + 1] = 0;
	}
}

/* ---- inline style ----------------------------------------------------------------------- */

static void end_style(struct comp *k)
{
	unsigned char hash[SHA256_BYTES];
	struct str css = css_min(k->c, sbuf_view(&k->css));
	static const char b64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[64] = "sha256-";
	size_t at = 7;
	if (str_find(css, STR("</")) >= 0)
		die(k->at, "a style must not hold \"</\"");
	sbuf_str(&k->lit, css);
	sbuf_clear(&k->css);
	sha256(css, hash);
	for (size_t i = 0; i < SHA256_BYTES; i += 3) {
		bool two = i + 2 >= SHA256_BYTES; /* 32 = 10 * 3 + 2 */
		uint32_t v = (uint32_t)hash[i] << 16 | (uint32_t)hash[i + 1] << 8 |
			     (two ? 0 : hash[i + 2]);
		text[at++] = b64[v >> 18];
		text[at++] = b64[v >> 12 & 63];
		text[at++] = b64[v >> 6 & 63];
		text[at++] = two ? '=' : b64[v & 63];
	}
	if (k->tpl->style.n)
		die(k->at, "a second <style> in one page");
	k->tpl->style = arena_str(&k->c->a, (struct str){text, at});
	for (size_t i = 0; i < k->c->nstyle; i++)
		if (str_eq(k->c->style[i], k->tpl->style))
			return;
	if (k->c->nstyle == MAX_STYLES)
		die(k->at, "more than %d different styles", MAX_STYLES);
	k->c->style[k->c->nstyle++] = k->tpl->style;
}

/* ---- HTML, byte by byte ----------------------------------------------------------------- */

/* True if the end tag of the raw element begins here. */
static bool raw_ends(const struct comp *k, struct str s, size_t i)
{
	size_t n = strlen(k->elem);
	return i + 2 + n <= s.n && s.p[i] == '<' && s.p[i + 1] == '/' &&
	       str_ieq(str_sub(s, i + 2, i + 2 + n), str_c(k->elem));
}

static void tag_ends(struct comp *k)
{
	k->blanks = 0;
	sbuf_byte(&k->lit, '>');
	k->place = IN_TEXT;
	if (strcmp(k->elem, "style") == 0)
		k->place = IN_STYLE;
	else if (strcmp(k->elem, "script") == 0)
		k->place = IN_SCRIPT;
	else if (strcmp(k->elem, "title") == 0 || strcmp(k->elem, "textarea") == 0)
		k->place = IN_RCDATA;
	else if (strcmp(k->elem, "pre") == 0)
		die(k->at, "<pre> would lose its line breaks here");
}

static void in_text(struct comp *k, char c)
{
	if (hold(k, c))
		return;
	html_settle(k, false);
	sbuf_byte(&k->lit, c);
	if (c == '<')
		k->place = IN_TAG_OPEN;
}

static void in_tag_open(struct comp *k, char c)
{
	sbuf_byte(&k->lit, c);
	k->elem[0] = 0;
	if (c == '/') {
		k->place = IN_END_TAG;
	} else if (c == '!') {
		k->place = IN_DECL;
	} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
		name_add(k->elem, c);
		k->place = IN_TAG_NAME;
	} else {
		die(k->at, "write a < that opens no tag as &lt;");
	}
}

static void in_tag(struct comp *k, char c)
{
	if (hold(k, c)) {
		k->place = IN_TAG;
		return;
	}
	if (c == '>') {
		tag_ends(k);
		return;
	}
	if (k->place == IN_TAG_NAME && !k->blanks && c != '/') {
		name_add(k->elem, c);
		sbuf_byte(&k->lit, c);
		return;
	}
	html_settle(k, true);
	sbuf_byte(&k->lit, c);
	if (c != '/') {
		k->attr[0] = 0;
		name_add(k->attr, c);
		k->place = IN_ATTR_NAME;
	}
}

static void in_attr_name(struct comp *k, char c)
{
	if (c == '>') {
		tag_ends(k);
	} else if (c == '=') {
		sbuf_byte(&k->lit, c);
		k->place = IN_ATTR_VALUE;
	} else if (hold(k, c)) {
		k->place = IN_TAG;
	} else {
		name_add(k->attr, c);
		sbuf_byte(&k->lit, c);
	}
}

static void in_value(struct comp *k, char c)
{
	if (k->place == IN_ATTR_VALUE) {
		k->value_begun = false;
		k->place = c == '"' ? IN_DQ : c == '\'' ? IN_SQ : IN_UNQUOTED;
		if (is_blank(c) || c == '>')
			die(k->at, "attribute %s without a value behind =", k->attr);
		sbuf_byte(&k->lit, c);
		return;
	}
	if (k->place == IN_UNQUOTED) {
		if (c == '>')
			tag_ends(k);
		else if (hold(k, c))
			k->place = IN_TAG;
		else
			sbuf_byte(&k->lit, c);
		return;
	}
	sbuf_byte(&k->lit, c);
	if (c == (k->place == IN_DQ ? '"' : '\''))
		k->place = IN_TAG;
	else
		k->value_begun = true;
}

void html_byte(struct comp *k, struct str s, size_t i)
{
	char c = s.p[i];
	switch (k->place) {
	case IN_RCDATA:
	case IN_STYLE:
	case IN_SCRIPT:
		if (raw_ends(k, s, i)) {
			if (k->place == IN_STYLE)
				end_style(k);
			k->blanks = 0;
			sbuf_byte(&k->lit, c);
			k->place = IN_END_TAG;
		} else if (k->place == IN_STYLE) {
			sbuf_byte(&k->css, c);
		} else if (k->place == IN_SCRIPT) {
			sbuf_byte(&k->lit, c);
		} else if (!hold(k, c)) {
			html_settle(k, false);
			sbuf_byte(&k->lit, c);
		}
		break;
	case IN_TEXT:
		in_text(k, c);
		break;
	case IN_TAG_OPEN:
		in_tag_open(k, c);
		break;
	case IN_END_TAG:
	case IN_DECL:
		if (!is_blank(c) || k->place == IN_DECL)
			sbuf_byte(&k->lit, c);
		if (c == '>')
			k->place = IN_TEXT;
		break;
	case IN_TAG_NAME:
	case IN_TAG:
		in_tag(k, c);
		break;
	case IN_ATTR_NAME:
		in_attr_name(k, c);
		break;
	case IN_ATTR_VALUE:
	case IN_DQ:
	case IN_SQ:
	case IN_UNQUOTED:
		in_value(k, c);
		break;
	}
}
