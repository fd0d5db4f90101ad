/* Owns the reading of templates and the operations that come out.  Never guesses: a placeholder
 * where no escape makes it safe stops the build (security.md 13).  Called by tplc.c, once a
 * template; partials are compiled in place. */
#include "qrsvc/tools/compile.h"

static void compile_file(struct comp *k, struct str path, struct at from);

/* ---- placeholders ----------------------------------------------------------------------- */

static bool one_of(const char *s, const char *const *set)
{
	for (; *set; set++)
		if (strcmp(s, *set) == 0)
			return true;
	return false;
}

static enum tpl_ctx attr_ctx(const struct comp *k, struct str tag)
{
	static const char *const url[] = {"href", "src", "action", "formaction", "poster",
		"cite", "data", "srcset", "ping", "manifest", "background", NULL};
	if (strncmp(k->attr, "on", 2) == 0)
		die(k->at, "{{%.*s}} in the event attribute %s", STR_F(tag), k->attr);
	if (strcmp(k->attr, "style") == 0 || strcmp(k->attr, "srcdoc") == 0)
		die(k->at, "{{%.*s}} in the attribute %s", STR_F(tag), k->attr);
	if (!one_of(k->attr, url))
		return CTX_ATTR;
	return k->value_begun ? CTX_PART : CTX_URL;
}

/* The escape for a placeholder that stands here. */
static enum tpl_ctx context(const struct comp *k, struct str tag)
{
	if (k->plain)
		return CTX_PLAIN;
	switch (k->place) {
	case IN_TEXT:
		return CTX_TEXT;
	case IN_RCDATA: /* the same escape, but no <strong> */
		return CTX_ATTR;
	case IN_DQ:
	case IN_SQ:
		return attr_ctx(k, tag);
	case IN_STYLE:
	case IN_SCRIPT:
		die(k->at, "{{%.*s}} in <%s>", STR_F(tag), k->elem);
	case IN_ATTR_VALUE:
	case IN_UNQUOTED:
		die(k->at, "{{%.*s}} in the unquoted attribute %s", STR_F(tag), k->attr);
	default:
		die(k->at, "{{%.*s}} inside a tag, outside a quoted attribute", STR_F(tag));
	}
}

static uint16_t key_of(struct comp *k, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
			  (c == '.' && name.n == 1);
		if (!ok)
			die(k->at, "bad name \"%.*s\": a-z 0-9 _", STR_F(name));
	}
	if (!name.n)
		die(k->at, "{{}} without a name");
	return (uint16_t)names_put(&k->c->keys, arena_str(&k->c->a, name));
}

static void message(struct comp *k, struct str tag)
{
	struct str rest = str_sub(tag, 1, tag.n), name = str_cut(&rest, ' ');
	enum tpl_ctx ctx = context(k, tag);
	unsigned msg;
	uint16_t n = 0;
	if (!names_find(&k->c->msgs, name, &msg))
		die(k->at, "no message \"%.*s\" in the catalogues", STR_F(name));
	if (ctx == CTX_URL || ctx == CTX_PART)
		die(k->at, "message \"%.*s\" in an address", STR_F(name));
	size_t at = k->c->nop;
	put_op(k->c,
		(struct tpl_op){.code = TPL_MSG, .ctx = (uint8_t)ctx, .key = (uint16_t)msg});
	while (rest.p) {
		struct str arg = str_trim(str_cut(&rest, ' '), " ");
		if (!arg.n)
			continue;
		put_op(k->c, (struct tpl_op){.code = TPL_ARG, .key = key_of(k, arg)});
		n++;
	}
	if (n != k->c->arity[msg])
		die(k->at, "message \"%.*s\" takes %d arguments, not %d", STR_F(name),
			k->c->arity[msg], n);
	k->c->op[at].n = n;
}

static void section(struct comp *k, struct str tag)
{
	struct str key = str_trim(str_sub(tag, 1, tag.n), " ");
	if (k->place == IN_TAG_NAME || k->place == IN_ATTR_NAME)
		k->place = IN_TAG;
	if (!k->plain && k->place != IN_TEXT && k->place != IN_RCDATA && k->place != IN_TAG &&
		k->place != IN_DQ && k->place != IN_SQ)
		die(k->at, "{{%.*s}} cannot stand here", STR_F(tag));
	if (k->nopen == OPEN_MAX || k->nopen >= TPL_DEPTH - 2)
		die(k->at, "sections too deep");
	if (k->place == IN_DQ || k->place == IN_SQ)
		k->value_begun = true;
	k->open[k->nopen++] = (struct open_section){
		arena_str(&k->c->a, key), (uint32_t)k->c->nop, k->place, k->at.line};
	put_op(k->c, (struct tpl_op){.code = tag.p[0] == '#' ? TPL_SECTION : TPL_INVERTED,
			     .key = key_of(k, key)});
}

static void section_end(struct comp *k, struct str tag, int outer)
{
	struct str key = str_trim(str_sub(tag, 1, tag.n), " ");
	if (k->nopen == outer)
		die(k->at, "{{%.*s}} closes nothing", STR_F(tag));
	struct open_section *o = &k->open[--k->nopen];
	if (!str_eq(o->key, key))
		die(k->at, "{{%.*s}}, but \"%.*s\" of line %d is open", STR_F(tag),
			STR_F(o->key), o->line);
	if (k->place == IN_TAG_NAME || k->place == IN_ATTR_NAME)
		k->place = IN_TAG;
	if (o->place != k->place)
		die(k->at, "section \"%.*s\" of line %d ends in another context", STR_F(key),
			o->line);
	put_op(k->c, (struct tpl_op){.code = TPL_CLOSE});
	k->c->op[o->op].at = (uint32_t)k->c->nop;
}

static void partial(struct comp *k, struct str tag)
{
	struct str name = str_trim(str_sub(tag, 1, tag.n), " ");
	struct tplc *c = k->c;
	if (str_chr(name, '/') >= 0 || !name.n)
		die(k->at, "bad name of a partial \"%.*s\"", STR_F(name));
	if (k->place == IN_STYLE) {
		struct str path =
			arena_fmt(&c->a, "%.*s/%.*s", STR_F(c->static_dir), STR_F(name));
		sbuf_str(&k->css, slurp(c, path, k->at));
		sbuf_byte(&k->css, '\n');
		return;
	}
	if (k->plain || (k->place != IN_TEXT && k->place != IN_TAG))
		die(k->at, "{{%.*s}} cannot stand here", STR_F(tag));
	if (k->npartials == PARTIALS_MAX)
		die(k->at, "partials include one another more than %d deep", PARTIALS_MAX);
	k->npartials++;
	compile_file(k, arena_fmt(&c->a, "%.*s/_%.*s.html", STR_F(c->dir), STR_F(name)), k->at);
	k->npartials--;
}

static void placeholder(struct comp *k, struct str tag, int outer)
{
	if (!k->plain && (k->place == IN_TEXT || k->place == IN_RCDATA))
		html_settle(k, false);
	else if (k->place == IN_TAG)
		html_settle(k, true);
	html_flush(k);
	switch (tag.n ? tag.p[0] : 0) {
	case '#':
	case '^':
		section(k, tag);
		return;
	case '/':
		section_end(k, tag, outer);
		return;
	case '>':
		partial(k, tag);
		return;
	case '_':
		message(k, tag);
		break;
	case '{':
	case '&':
		die(k->at, "{{%.*s}}: there is no raw output", STR_F(tag));
	default: {
		enum tpl_ctx ctx = context(k, tag);
		put_op(k->c,
			(struct tpl_op){
				.code = TPL_VAR, .ctx = (uint8_t)ctx, .key = key_of(k, tag)});
	}
	}
	k->value_begun = true;
}

/* ---- files ------------------------------------------------------------------------------ */

static void count_lines(struct comp *k, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		k->at.line += s.p[i] == '\n';
}

/* Plain text: a line with nothing but this tag vanishes.  Returns the place behind it. */
static size_t standalone(struct comp *k, struct str s, size_t from, size_t to)
{
	size_t a = from, b = to;
	while (a > 0 && (s.p[a - 1] == ' ' || s.p[a - 1] == '\t'))
		a--;
	while (b < s.n && (s.p[b] == ' ' || s.p[b] == '\t' || s.p[b] == '\r'))
		b++;
	if (!strchr("#^/!", s.p[from + 2]) || (a > 0 && s.p[a - 1] != '\n') ||
		(b < s.n && s.p[b] != '\n'))
		return to;
	k->lit.n -= from - a < k->lit.n ? from - a : k->lit.n;
	return b < s.n ? b + 1 : b;
}

static size_t tag_at(struct comp *k, struct str s, size_t i, int outer)
{
	ptrdiff_t len = str_find(str_sub(s, i + 2, s.n), STR("}}"));
	if (len < 0)
		die(k->at, "{{ without }}");
	struct str raw = str_sub(s, i + 2, i + 2 + (size_t)len);
	struct str tag = str_trim(raw, " \t\r\n");
	size_t end = i + 4 + (size_t)len, next = end;
	if (k->plain)
		next = standalone(k, s, i, end);
	if (tag.n == 0 || tag.p[0] != '!')
		placeholder(k, tag, outer);
	count_lines(k, str_sub(s, i, next));
	return next;
}

static size_t html_comment(struct comp *k, struct str s, size_t i)
{
	ptrdiff_t len = str_find(str_sub(s, i, s.n), STR("-->"));
	if (len < 0)
		die(k->at, "<!-- without -->");
	struct str all = str_sub(s, i, i + (size_t)len + 3);
	if (str_find(all, STR("{{")) >= 0)
		die(k->at, "a placeholder in a comment: use {{!..}}");
	count_lines(k, all);
	return i + all.n;
}

static void compile_file(struct comp *k, struct str path, struct at from)
{
	struct at was = k->at;
	struct str s = slurp(k->c, path, from);
	int outer = k->nopen;
	enum place began = k->place;
	k->at = (struct at){path, 1};
	for (size_t i = 0; i < s.n;) {
		if (i + 1 < s.n && s.p[i] == '{' && s.p[i + 1] == '{') {
			i = tag_at(k, s, i, outer);
			continue;
		}
		if (!k->plain && k->place == IN_TEXT &&
			str_starts(str_sub(s, i, s.n), STR("<!--"))) {
			i = html_comment(k, s, i);
			continue;
		}
		if (k->plain)
			sbuf_byte(&k->lit, s.p[i]);
		else
			html_byte(k, s, i);
		k->at.line += s.p[i] == '\n';
		i++;
	}
	k->blanks = 0;
	if (k->nopen != outer)
		die(k->at, "section \"%.*s\" of line %d is not closed",
			STR_F(k->open[k->nopen - 1].key), k->open[k->nopen - 1].line);
	if (k->place == IN_TAG_NAME || k->place == IN_ATTR_NAME)
		k->place = IN_TAG;
	if (k->place != began)
		die(k->at, "the file ends in another context than it began in");
	k->at = was;
}

void compile(struct tplc *c, struct tpl_src *tpl)
{
	struct comp k = {.c = c, .tpl = tpl, .plain = str_ends(tpl->name, STR(".txt"))};
	sbuf_init(&k.lit, 1u << 20);
	sbuf_init(&k.css, 1u << 20);
	tpl->start = (uint32_t)c->nop;
	compile_file(&k, arena_fmt(&c->a, "%.*s/%.*s", STR_F(c->dir), STR_F(tpl->name)),
		(struct at){0});
	html_flush(&k);
	put_op(c, (struct tpl_op){.code = TPL_END});
	sbuf_release(&k.lit);
	sbuf_release(&k.css);
}
