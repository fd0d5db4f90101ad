/* Owns the picture of a label on a page.  Never shapes, never prints.  Called by the label
 * pages of the office. */
#include "labels/preview.h"

#include "labels/code.h"
#include "labels/template.h"

#define TENTH 100 /* um */

struct words {
	struct str v[TPL_PLACEHOLDERS];
	char url[CODE_URL_MAX], host[128], groups[CODE_LEN + 3];
};

/* Width of the next character at a size of 100. */
static int width_of(uint32_t c)
{
	return c < 0x2e80 ? (c >= 'A' && c <= 'Z') ? 66 : 55 : 100;
}

/* Bytes of s that fit into `room` (a width at a size of 100); at least one character. */
static size_t fitting(struct str s, int64_t room)
{
	const char *p = s.p, *end = s.p + s.n, *fits = s.p;
	int64_t w = 0;

	while (p < end && (w += width_of(str_utf8_next(&p, end))) <= room)
		fits = p;
	if (fits == s.p && s.n) {
		str_utf8_next(&fits, end);
	}
	return (size_t)(fits - s.p);
}

static void expand(const struct tpl_text *x, const struct words *v, char *ret_, size_t room)
{
	size_t n = 0;
	bool any = !x->variable;

	for (int i = 0; i < x->pieces; i++) {
		const struct tpl_piece *p = &x->piece[i];
		struct str lit = {x->content + p->from, p->n},
			   val = p->what >= 0 ? v->v[p->what] : STR_NONE;

		any = any || val.n > 0;
		for (int k = 0; k < 2; k++) {
			struct str s = k ? val : lit;

			if (n + s.n >= room)
				s.n = fitting(s, (int64_t)(room - n - 4) * 18);
			memcpy(ret_ + n, s.p ? s.p : "", s.n);
			n += s.n;
		}
	}
	ret_[any ? n : 0] = '\0';
}

/* Lines s takes at a size; so many that the box is full, or more. */
static int count_lines(struct str s, const struct fit_box *b, int32_t size)
{
	int n = 0;

	while (s.n && n <= b->lines) {
		size_t k = fitting(s, (int64_t)b->w * 100 / size);

		s = str_sub(s, k, s.n);
		n++;
	}
	return n;
}

/* One text into its box; returns where it ends. */
static int32_t place(struct label_preview *p, const struct tpl_text *x, struct str s, int32_t y)
{
	const struct fit_box *b = &x->box;
	int32_t size = b->size, step = b->size / 12 + 1;

	while (count_lines(s, b, size) > b->lines && size - step >= b->min)
		size -= step;
	for (int i = 0; i < b->lines && s.n && p->lines < PREVIEW_LINES; i++) {
		size_t k = fitting(s, (int64_t)b->w * 100 / size);
		bool cut = i + 1 == b->lines && k < s.n;
		bool centre = b->align == FIT_CENTER;

		p->line[p->lines].x = (b->x + (centre ? b->w / 2 : 0)) / TENTH;
		p->line[p->lines].y = (y + size * 9 / 10) / TENTH;
		p->line[p->lines].size = size / TENTH;
		p->line[p->lines].bold = b->bold;
		p->line[p->lines].centre = centre;
		snprintf(p->line[p->lines].s, PREVIEW_TEXT, "%.*s%s",
			(int)(k < PREVIEW_TEXT - 4 ? k : PREVIEW_TEXT - 4), s.p,
			cut ? "…" : "");
		p->lines++;
		y += size * 12 / 10;
		s = str_sub(s, k, s.n);
	}
	return y;
}

static enum rc symbol(const struct label_template *t, struct words *v, struct str base,
	const struct code *code, struct label_preview *p, struct err *e)
{
	struct qr_plan plan;
	enum rc rc;
	int version = t->qr.version ? t->qr.version : 3;

	if (!code_url(base, code, v->url))
		return err_set(e, RC_INVALID, "the base address cannot be in a code");
	rc = qr_plan(strlen(v->url), version, &plan, e);
	if (rc != RC_OK)
		rc = qr_plan(strlen(v->url), QR_VERSION_MAX, &plan, e);
	if (rc == RC_OK)
		rc = qr_encode(&plan, v->url, &p->qr, e);
	if (rc != RC_OK)
		return rc;
	p->module_um = t->qr.size / (p->qr.side + 2 * LABEL_QUIET);
	p->qr_x = (t->qr.x + LABEL_QUIET * p->module_um) / TENTH;
	p->qr_y = (t->qr.y + LABEL_QUIET * p->module_um) / TENTH;
	return RC_OK;
}

enum rc label_preview(const struct label_template *t, struct str base,
	const struct label_row *row, struct label_preview *ret_, struct err *e)
{
	struct label_preview *p = ret_;
	struct str host;
	struct words v;
	struct code code = {"000000000"};
	char text[4 * PREVIEW_TEXT];
	int32_t bottom = 0;
	enum rc rc;

	if (row->field[LABEL_CODE].n && !code_parse(row->field[LABEL_CODE], &code))
		return err_set(e, RC_INVALID, "that is no label code");
	memset(p, 0, sizeof *p);
	p->w = t->w / TENTH;
	p->h = t->h / TENTH;
	rc = symbol(t, &v, base, &code, p, e);
	if (rc != RC_OK)
		return rc;
	ptrdiff_t at = str_find(base, STR("://"));

	host = at >= 0 ? str_sub(base, (size_t)at + 3, base.n) : base;
	snprintf(v.host, sizeof v.host, "%.*s", (int)(host.n < 120 ? host.n : 120), host.p);
	for (char *c = v.host; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	memcpy(v.v, row->field, sizeof row->field);
	code_format(&code, v.groups);
	v.v[TPL_HOST] = str_c(v.host);
	v.v[TPL_URL] = str_c(v.url);
	v.v[TPL_GROUPS] = str_c(v.groups);
	for (int i = 0; i < t->texts; i++) {
		const struct tpl_text *x = &t->text[i];

		expand(x, &v, text, sizeof text);
		bottom = place(p, x, str_c(text), x->flow ? bottom : x->box.y);
	}
	return RC_OK;
}
