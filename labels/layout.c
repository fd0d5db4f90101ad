/* Owns the walk over a template for one row, and the cache of fitted texts (facility names and
 * places repeat over a batch).  Never draws.  Called by sheet.c, once a label. */
#include "labels/layout.h"
#include "labels/code.h"
#include "qrsvc/base/arena.h"

#define CACHE 512 /* texts; power of two */
#define CACHE_TEXT 256

struct cached {
	uint64_t hash;
	int text; /* which text of the template; -1 = empty */
	int32_t h;
	uint16_t n;
	char s[CACHE_TEXT];
	struct fitted f;
};

struct layout {
	const struct layout_plan *p;
	struct text *text;
	struct fitted big; /* of texts too long for the cache */
	struct cached cache[CACHE];
	char buf[LABEL_FIELD_BYTES + TPL_CONTENT + 512];
};

struct layout *layout_new(const struct layout_plan *p)
{
	struct layout *l = xcalloc(1, sizeof *l);

	l->p = p;
	l->text = text_new(p->fonts);
	for (int i = 0; i < CACHE; i++)
		l->cache[i].text = -1;
	return l;
}

void layout_free(struct layout *l)
{
	if (l == NULL)
		return;
	for (int i = 0; i < CACHE; i++)
		fitted_release(&l->cache[i].f);
	fitted_release(&l->big);
	text_free(l->text);
	free(l);
}

/* FNV-1a: only spreads entries, equality is checked. */
static uint64_t hash(struct str s, int text, int32_t h)
{
	uint64_t x = 14695981039346656037u ^ (uint64_t)text << 32 ^ (uint32_t)h;

	for (size_t i = 0; i < s.n; i++)
		x = (x ^ (unsigned char)s.p[i]) * 1099511628211u;
	return x;
}

static enum rc fit(struct layout *l, int i, const struct fit_box *b, struct str s,
	const struct fitted **ret_, struct err *e)
{
	uint64_t x = hash(s, i, b->h);
	struct cached *c = &l->cache[(x ^ x >> 29) & (CACHE - 1)];
	enum rc rc;

	if (s.n >= CACHE_TEXT) {
		*ret_ = &l->big;
		return fit_text(l->text, s, b, &l->big, e);
	}
	*ret_ = &c->f;
	if (c->text == i && c->hash == x && c->h == b->h && c->n == s.n &&
		memcmp(c->s, s.p, s.n) == 0)
		return RC_OK;
	c->text = -1;
	rc = fit_text(l->text, s, b, &c->f, e);
	if (rc == RC_OK) {
		c->hash = x;
		c->text = i;
		c->h = b->h;
		c->n = (uint16_t)s.n;
		memcpy(c->s, s.p, s.n);
	}
	return rc;
}

struct values {
	struct str v[TPL_PLACEHOLDERS];
};

/* The text of one field; n = 0 if there is nothing to print. */
static enum rc expand(struct layout *l, const struct tpl_text *x, const struct values *v,
	struct str *ret_, struct err *e)
{
	bool any = !x->variable;
	size_t n = 0;

	for (int i = 0; i < x->pieces; i++) {
		const struct tpl_piece *p = &x->piece[i];
		struct str s = p->what >= 0 ? v->v[p->what] : STR_NONE;

		if (p->n + s.n > sizeof l->buf - n)
			return err_set(
				e, RC_INVALID, "longer than %d bytes", LABEL_FIELD_BYTES);
		memcpy(l->buf + n, x->content + p->from, p->n);
		n += p->n;
		if (s.n > 0)
			memcpy(l->buf + n, s.p, s.n);
		n += s.n;
		any = any || s.n > 0;
	}
	*ret_ = (struct str){l->buf, any ? n : 0};
	return RC_OK;
}

/* What the text of a field is called in an error: its column if it shows one. */
static const char *field_name(const struct tpl_text *x)
{
	for (int i = 0; i < x->pieces; i++)
		if (x->piece[i].what > 0 && x->piece[i].what < LABEL_FIELDS)
			return label_field_name((enum label_field)x->piece[i].what);
	return x->id;
}

/* Where the next text of a chain may begin: a little below the last baseline, less if what
 * follows needs the room (limit). */
static int32_t used_bottom(const struct fitted *f, const struct fit_box *b, int32_t limit)
{
	int32_t y = f->line[f->nlines - 1].y + b->y;
	int32_t tight = y + (int32_t)((int64_t)f->size * 2400 / FONT_EM);
	int32_t loose = y + (int32_t)((int64_t)f->size * 3600 / FONT_EM);

	return loose <= limit ? loose : tight > limit ? tight : limit;
}

static bool is_empty(const struct tpl_text *x, const struct values *v)
{
	for (int i = 0; i < x->pieces; i++)
		if (x->piece[i].what >= 0 && v->v[x->piece[i].what].n > 0)
			return false;
	return x->variable;
}

/* A text and those that flow after it share one area: how much of it must be left for the
 * ones that follow, and where it ends. */
static int32_t kept_back(
	const struct label_template *t, int i, const struct values *v, int32_t *ret_bottom)
{
	int32_t keep = 0;

	*ret_bottom = t->text[i].box.y + t->text[i].box.h;
	for (int k = i + 1; k < t->texts && t->text[k].flow; k++) {
		const struct fit_box *b = &t->text[k].box;

		if (b->y + b->h > *ret_bottom)
			*ret_bottom = b->y + b->h;
		if (!is_empty(&t->text[k], v))
			keep += (int32_t)((int64_t)b->min * 12 / 10) + 1;
	}
	return keep;
}

static enum rc texts(
	struct layout *l, const struct values *v, const struct sink *to, struct err *e)
{
	const struct label_template *t = l->p->tpl;
	int32_t bottom = 0, limit = 0;

	for (int i = 0; i < t->texts; i++) {
		const struct tpl_text *x = &t->text[i];
		const struct fitted *f = NULL;
		struct fit_box b = x->box;
		struct err why = {0};
		struct str s = STR_NONE;
		enum rc rc = expand(l, x, v, &s, &why);

		if (x->flow || (i + 1 < t->texts && t->text[i + 1].flow)) {
			int32_t foot, keep = kept_back(t, i, v, &foot);

			b.y = x->flow ? bottom : b.y;
			b.h = foot - b.y - keep;
			limit = foot - keep;
		}
		if (rc == RC_OK && s.n > 0) {
			/* Fitted at the origin, so that a place may differ from label to label.
			 */
			struct fit_box at = b;

			at.x = at.y = 0;
			if (b.h < fit_line_height(b.min))
				rc = err_set(&why, RC_INVALID, "no room is left for it");
			else
				rc = fit(l, i, &at, s, &f, &why);
		}
		if (rc != RC_OK)
			return err_set(e, rc, "%s: %s", field_name(x), why.detail);
		if (f == NULL || f->nlines == 0) {
			bottom = x->flow ? bottom : b.y;
			continue;
		}
		to->text(to->arg, x, f, &b);
		bottom = used_bottom(f, &b, limit);
	}
	return RC_OK;
}

enum rc layout_row(struct layout *l, const struct label_row *row, const struct sink *to,
	char ret_url[96], struct err *e)
{
	const struct layout_plan *p = l->p;
	char groups[CODE_LEN + 3];
	struct values v;
	struct code code;
	struct err why = {0};
	struct qr qr;
	enum rc rc = RC_OK;

	if (!code_parse(row->field[LABEL_CODE], &code))
		rc = err_set(&why, RC_INVALID, "code: not nine characters of a label code");
	else if (!code_check(&code))
		rc = err_set(&why, RC_INVALID, "code: %s has a wrong check character", code.c);
	else if (!code_url(str_c(p->base), &code, ret_url))
		rc = err_set(&why, RC_INVALID, "the base address cannot be in a code");
	if (rc == RC_OK)
		rc = qr_encode(&p->qr, ret_url, &qr, &why);
	if (rc == RC_OK) {
		memcpy(v.v, row->field, sizeof row->field);
		code_format(&code, groups);
		v.v[TPL_HOST] = str_c(p->host);
		v.v[TPL_URL] = str_c(ret_url);
		v.v[TPL_GROUPS] = str_c(groups);
		for (int i = 0; i < p->tpl->boxes; i++)
			to->box(to->arg, &p->tpl->box[i]);
		to->qr(to->arg, &qr, p->qr_x, p->qr_y, p->module);
		rc = texts(l, &v, to, &why);
	}
	if (rc != RC_OK)
		return err_set(
			e, rc, "row %llu: %s", (unsigned long long)row->number, why.detail);
	return RC_OK;
}

enum rc layout_note(struct layout *l, const struct fit_box *b, const char *s,
	const struct sink *to, struct err *e)
{
	struct tpl_text x = {.box = *b};
	struct fit_box at = *b;

	at.x = at.y = 0;
	enum rc rc = fit_text(l->text, str_c(s), &at, &l->big, e);

	if (rc == RC_OK && l->big.nlines > 0)
		to->text(to->arg, &x, &l->big, b);
	return rc;
}
