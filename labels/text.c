/* Owns shaping: itemises a paragraph by font, script and direction and asks HarfBuzz for the
 * glyphs.  Never chooses sizes or places (fit.c), never draws.  Called by fit.c. */
#include "labels/text.h"
#include "qrsvc/base/arena.h"
#include <fribidi/fribidi.h>
#include <linebreak.h>
#include <pthread.h>

#define MARKS_MAX 8

struct text *text_new(const struct label_fonts *fonts)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct text *t = xcalloc(1, sizeof *t);

	pthread_once(&once, init_linebreak);
	t->fonts = fonts;
	t->buf = hb_buffer_create();
	return t;
}

void shaped_clear(struct shaped *s)
{
	s->ng = s->nr = s->nch = 0;
}

void shaped_release(struct shaped *s)
{
	free(s->g);
	free(s->r);
	free(s->ch);
	*s = (struct shaped){0};
}

void text_free(struct text *t)
{
	if (t == NULL)
		return;
	hb_buffer_destroy(t->buf);
	shaped_release(&t->scratch);
	free(t);
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0x3000 || c == 0xa0;
}

/* Why a character may not be printed, or NULL. */
static const char *refusal(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
		return "a control character";
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return "a character that changes the reading direction";
	if (c == 0xfffd)
		return "the mark of a damaged text";
	if ((c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
		return "not a character";
	if ((c >= 0xe0000 && c <= 0xe0fff) || (c >= 0xfff9 && c <= 0xfffb))
		return "an invisible tag";
	return NULL;
}

static bool is_rtl(uint32_t c)
{
	return (c >= 0x590 && c <= 0x8ff) || (c >= 0xfb1d && c <= 0xfdff) ||
	       (c >= 0xfe70 && c <= 0xfeff) || c == 0x200f || (c >= 0x10800 && c <= 0x10fff) ||
	       (c >= 0x1e800 && c <= 0x1efff);
}

static bool is_han(uint32_t c)
{
	return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
	       (c >= 0x20000 && c <= 0x3ffff);
}

static bool is_mark(uint32_t c)
{
	hb_unicode_general_category_t g =
		hb_unicode_general_category(hb_unicode_funcs_get_default(), c);

	return g == HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK ||
	       g == HB_UNICODE_GENERAL_CATEGORY_ENCLOSING_MARK ||
	       g == HB_UNICODE_GENERAL_CATEGORY_SPACING_MARK;
}

/* Shown by shaping alone: joiners, variation selectors, direction marks. */
static bool is_invisible(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0x2060 ||
	       c == 0xfeff || c == 0x61c || c == 0x34f || c == 0xad ||
	       (c >= 0x180b && c <= 0x180f) || (c >= 0xe0100 && c <= 0xe01ef);
}

/* Decodes, trims, collapses, checks. */
static enum rc decode(struct text *t, struct str s, struct err *e)
{
	const char *p = s.p, *end = s.p + s.n;
	bool gap = false;
	int marks = 0;

	t->n = 0;
	if (s.n > LABEL_FIELD_BYTES)
		return err_set(e, RC_INVALID, "%zu bytes long; at most %d are taken", s.n,
			LABEL_FIELD_BYTES);
	if (!str_utf8(s))
		return err_set(e, RC_INVALID, "not UTF-8");
	while (p < end) {
		uint32_t c = str_utf8_next(&p, end);

		if (is_space(c)) {
			gap = t->n > 0;
			if (gap && c == 0x3000)
				t->ch[t->n] = c;
			else
				t->ch[t->n] = ' ';
			continue;
		}
		const char *why = refusal(c);

		if (why != NULL)
			return err_set(e, RC_INVALID, "holds U+%04X, %s", c, why);
		marks = c >= 0x300 && !is_han(c) && is_mark(c) ? marks + 1 : 0;
		if (marks > MARKS_MAX)
			return err_set(e, RC_INVALID, "has more than %d marks on one letter",
				MARKS_MAX);
		if (gap)
			t->n++;
		gap = false;
		t->ch[t->n++] = c;
	}
	return RC_OK;
}

/* A font and a script for every character. */
static enum rc itemise(struct text *t, struct err *e)
{
	hb_unicode_funcs_t *u = hb_unicode_funcs_get_default();
	hb_script_t last = HB_SCRIPT_COMMON;
	uint8_t cur = FONT_NONE;

	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t c = t->ch[i];
		hb_script_t s = is_han(c) ? HB_SCRIPT_HAN : hb_unicode_script(u, c);
		bool weak = s == HB_SCRIPT_COMMON || s == HB_SCRIPT_INHERITED;

		if (!is_invisible(c) || cur == FONT_NONE) {
			cur = font_for(t->fonts, t->bold, c, weak ? cur : FONT_NONE);
			if (cur == FONT_NONE)
				return err_set(e, RC_INVALID,
					"no font of the list can draw U+%04X", c);
		}
		t->font[i] = cur;
		t->script[i] = weak ? last : s;
		last = t->script[i];
	}
	/* What stands before the first letter takes its script. */
	for (uint32_t i = t->n; i-- > 1;)
		if (t->script[i - 1] == HB_SCRIPT_COMMON)
			t->script[i - 1] = t->script[i];
	return RC_OK;
}

static void find_levels(struct text *t)
{
	FriBidiCharType types[TEXT_CHARS];
	FriBidiBracketType brackets[TEXT_CHARS];
	FriBidiLevel levels[TEXT_CHARS];
	FriBidiParType base = FRIBIDI_PAR_ON;

	fribidi_get_bidi_types(t->ch, (int)t->n, types);
	fribidi_get_bracket_types(t->ch, (int)t->n, types, brackets);
	if (fribidi_get_par_embedding_levels_ex(types, brackets, (int)t->n, &base, levels) == 0)
		memset(levels, 0, sizeof levels);
	t->rtl = FRIBIDI_IS_RTL(base);
	for (uint32_t i = 0; i < t->n; i++)
		t->level[i] = (uint8_t)levels[i];
}

enum rc text_load(struct text *t, struct str s, bool bold, struct err *e)
{
	bool rtl = false;
	enum rc rc = decode(t, s, e);

	t->bold = bold;
	t->rtl = t->measured = t->broken = false;
	if (rc == RC_OK)
		rc = itemise(t, e);
	if (rc != RC_OK)
		return rc;
	t->ascent = t->descent = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct font *f = &t->fonts->all[t->fonts->chain[bold][t->font[i]]];

		rtl = rtl || is_rtl(t->ch[i]);
		t->ascent = f->ascent > t->ascent ? f->ascent : t->ascent;
		t->descent = f->descent > t->descent ? f->descent : t->descent;
	}
	if (rtl)
		find_levels(t);
	else
		memset(t->level, 0, t->n);
	return RC_OK;
}

static void *grow(void *p, uint32_t *cap, uint32_t need, size_t size)
{
	if (need <= *cap)
		return p;
	*cap = need + need / 2 + 16;
	return xrealloc(p, *cap * size);
}

/* Part of a paragraph that is shaped as if it were alone. */
struct span {
	uint32_t first, n; /* characters of the paragraph */
	uint32_t base;	   /* where they will stand in shaped.ch */
};

/* Appends the glyphs of characters from..to of the span, which share font, script and level.
 * Only the span is context: nothing hidden may shape what is shown. */
static enum rc shape_run(struct text *t, const struct span *sp, uint32_t from, uint32_t to,
	struct shaped *out, struct err *e)
{
	const uint32_t *ch = t->ch + sp->first;
	uint32_t prop = sp->first + from;
	const struct font *f = &t->fonts->all[t->fonts->chain[t->bold][t->font[prop]]];
	bool rtl = t->level[prop] & 1;
	unsigned count;

	hb_buffer_clear_contents(t->buf);
	hb_buffer_set_flags(t->buf, HB_BUFFER_FLAG_REMOVE_DEFAULT_IGNORABLES);
	hb_buffer_add_codepoints(t->buf, ch, (int)sp->n, from, (int)(to - from));
	hb_buffer_set_direction(t->buf, rtl ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
	hb_buffer_set_script(t->buf, t->script[prop]);
	if (t->script[prop] == HB_SCRIPT_HAN)
		hb_buffer_set_language(t->buf, hb_language_from_string("zh-cn", -1));
	else
		hb_buffer_set_language(t->buf, HB_LANGUAGE_INVALID);
	hb_shape(f->font, t->buf, NULL, 0);

	const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(t->buf, &count);
	const hb_glyph_position_t *pos = hb_buffer_get_glyph_positions(t->buf, NULL);
	struct run r = {(uint8_t)f->id, out->ng, count, 0};

	out->g = grow(out->g, &out->capg, out->ng + count, sizeof *out->g);
	out->r = grow(out->r, &out->capr, out->nr + 1, sizeof *out->r);
	for (unsigned i = 0; i < count; i++) {
		bool first = i == 0 || info[i].cluster != info[i - 1].cluster;
		bool last = i + 1 == count || info[i].cluster != info[i + 1].cluster;
		uint32_t stop = to;

		if (info[i].codepoint == 0)
			return err_set(e, RC_INVALID,
				"the font %s cannot draw U+%04X in this place", f->family,
				ch[info[i].cluster]);
		/* The next cluster in reading order ends this one. */
		if (!rtl) {
			for (unsigned k = i + 1; k < count && stop == to; k++)
				if (info[k].cluster != info[i].cluster)
					stop = info[k].cluster;
		} else {
			for (unsigned k = i; k-- > 0 && stop == to;)
				if (info[k].cluster != info[i].cluster)
					stop = info[k].cluster;
		}
		out->g[out->ng++] = (struct glyph){info[i].codepoint, pos[i].x_advance,
			pos[i].x_offset, pos[i].y_offset, sp->base + info[i].cluster,
			(uint16_t)(first ? stop - info[i].cluster : 0), first && last};
		r.width += pos[i].x_advance;
	}
	if (count > 0)
		out->r[out->nr++] = r;
	return RC_OK;
}

static bool joins(const struct text *t, uint32_t a, uint32_t b)
{
	return t->font[a] == t->font[b] && t->level[a] == t->level[b] &&
	       t->script[a] == t->script[b];
}

enum rc text_measure(struct text *t, struct err *e)
{
	struct shaped *s = &t->scratch;
	struct span all = {0, t->n, 0};

	if (t->measured)
		return RC_OK;
	shaped_clear(s);
	for (uint32_t i = 0, k; i < t->n; i = k) {
		for (k = i + 1; k < t->n && joins(t, i, k);)
			k++;
		enum rc rc = shape_run(t, &all, i, k, s, e);
		if (rc != RC_OK)
			return rc;
	}
	for (uint32_t i = 0; i < t->n; i++)
		t->width[i] = -1;
	for (uint32_t i = 0; i < s->ng; i++)
		t->width[s->g[i].at] =
			(t->width[s->g[i].at] < 0 ? 0 : t->width[s->g[i].at]) + s->g[i].adv;
	set_linebreaks_utf32(t->ch, t->n, "zh", t->brk);
	t->measured = true;
	return RC_OK;
}

/* UAX 9 L2 over whole runs: the order they stand in on paper. */
static void reorder(struct run *r, const uint8_t *level, uint32_t n)
{
	uint8_t lv[TEXT_CHARS + 1], high = 0;

	memcpy(lv, level, n);
	for (uint32_t i = 0; i < n; i++)
		high = lv[i] > high ? lv[i] : high;
	for (; high > 0; high--) {
		for (uint32_t i = 0, k; i < n; i = k + 1) {
			for (k = i; k < n && lv[k] >= high;)
				k++;
			for (uint32_t a = i, b = k; a + 1 < b; a++) {
				struct run tmp = r[a];
				uint8_t tl = lv[a];

				b--;
				r[a] = r[b];
				lv[a] = lv[b];
				r[b] = tmp;
				lv[b] = tl;
			}
		}
	}
}

/* Puts an ellipsis behind the characters to..: it borrows the place of the first hidden one. */
struct borrowed {
	uint32_t ch;
	uint8_t font, level;
	hb_script_t script;
};

static enum rc lend(struct text *t, uint32_t at, struct borrowed *b, struct err *e)
{
	uint8_t font = font_for(t->fonts, t->bold, TEXT_ELLIPSIS, at ? t->font[at - 1] : 0);

	if (font == FONT_NONE)
		return err_set(e, RC_INVALID, "no font of the list can draw an ellipsis");
	*b = (struct borrowed){t->ch[at], t->font[at], t->level[at], t->script[at]};
	t->ch[at] = TEXT_ELLIPSIS;
	t->font[at] = font;
	t->level[at] = t->rtl;
	t->script[at] = at ? t->script[at - 1] : HB_SCRIPT_COMMON;
	return RC_OK;
}

enum rc text_line(struct text *t, uint32_t from, uint32_t to, bool ellipsis, struct shaped *out,
	int32_t *ret_, struct err *e)
{
	uint8_t level[TEXT_CHARS + 1];
	struct borrowed b = {0};
	uint32_t run0 = out->nr, base = out->nch, at;
	enum rc rc = RC_OK;
	bool mixed = false, lent = false;

	while (to > from && is_space(t->ch[to - 1]))
		to--;
	while (from < to && is_space(t->ch[from]))
		from++;
	at = to;
	if (ellipsis) {
		rc = lend(t, at, &b, e);
		lent = rc == RC_OK;
		to++;
	}
	struct span sp = {from, to - from, base};

	for (uint32_t i = from, k; rc == RC_OK && i < to; i = k) {
		for (k = i + 1; k < to && joins(t, i, k);)
			k++;
		level[out->nr - run0] = t->level[i];
		mixed = mixed || t->level[i] > 0;
		rc = shape_run(t, &sp, i - from, k - from, out, e);
	}
	if (rc == RC_OK) {
		out->ch = grow(out->ch, &out->capch, base + to - from, sizeof *out->ch);
		memcpy(out->ch + base, t->ch + from, (to - from) * sizeof *out->ch);
		out->nch += to - from;
		if (mixed)
			reorder(out->r + run0, level, out->nr - run0);
		*ret_ = 0;
		for (uint32_t i = run0; i < out->nr; i++)
			*ret_ += out->r[i].width;
	}
	if (lent) {
		t->ch[at] = b.ch;
		t->font[at] = b.font;
		t->level[at] = b.level;
		t->script[at] = b.script;
	}
	return rc;
}
