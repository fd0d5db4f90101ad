/* Owns sizes, line breaks and places of text in a box.  Never shapes by itself (text.c), never
 * draws.  Called by layout.c. */
#include "labels/fit.h"
#include <linebreak.h>

#define STEP 176    /* half a point in um */
#define PITCH 12000 /* least distance of baselines, dme */

void fitted_release(struct fitted *f)
{
	shaped_release(&f->s);
}

static int32_t to_um(int64_t dme, int32_t size)
{
	return (int32_t)(dme * size / FONT_EM);
}

static int pitch(const struct text *t)
{
	int p = t->ascent + t->descent;

	return p > PITCH ? p : PITCH;
}

/* How many lines a box holds at a size; at least one (templates are checked for room). */
static int lines_at(const struct text *t, const struct fit_box *b, int32_t size)
{
	int n = 1;

	while (n < b->lines &&
		to_um((int64_t)n * pitch(t) + t->ascent + t->descent, size) <= b->h)
		n++;
	return n;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == 0x3000;
}

/* Where the line that begins at `from` ends at the latest so as not to pass `room`; from if not
 * even one unbreakable piece fits.  anywhere: words may be cut between clusters. */
static uint32_t line_end(const struct text *t, uint32_t from, int64_t room, bool anywhere)
{
	int64_t wide = 0;
	uint32_t good = from, i = from;

	while (i < t->n) {
		uint32_t next = i + 1;

		while (next < t->n && t->width[next] < 0)
			next++;
		int w = t->width[i] > 0 ? t->width[i] : 0;

		/* A space at the end of a line hangs over. */
		if (wide + w > room && !is_blank(t->ch[i]))
			return good;
		wide += w;
		if (next == t->n || t->brk[next - 1] == LINEBREAK_ALLOWBREAK || anywhere)
			good = next;
		i = next;
	}
	return t->n;
}

/* Fills start[0..n]: n lines, start[n] the end; n > most if there is more. */
static int break_lines(
	const struct text *t, int64_t room, int most, bool anywhere, uint32_t *start)
{
	int n = 0;

	start[0] = 0;
	while (start[n] < t->n) {
		if (n == most)
			return most + 1;
		uint32_t end = line_end(t, start[n], room, false);

		if (end == start[n] && anywhere)
			end = line_end(t, start[n], room, true);
		if (end == start[n]) {
			if (!anywhere)
				return most + 1;
			/* One letter wider than the box: try_size refuses it. */
			for (end++; end < t->n && t->width[end] < 0;)
				end++;
		}
		start[++n] = end;
	}
	return n;
}

/* The narrowest room that still needs n lines: lines of about equal length. */
static void even_out(const struct text *t, int64_t room, int n, bool anywhere, uint32_t *start)
{
	int64_t low = room / 2, high = room;
	uint32_t trial[FIT_LINES + 1];

	for (int i = 0; i < 10 && high - low > 200; i++) {
		int64_t mid = (low + high) / 2;

		if (break_lines(t, mid, n, anywhere, trial) <= n) {
			high = mid;
			memcpy(start, trial, sizeof trial);
		} else {
			low = mid;
		}
	}
}

static enum rc shape_lines(struct text *t, const uint32_t *start, int n, int64_t room,
	struct fitted *f, bool *ret_ok, struct err *e)
{
	shaped_clear(&f->s);
	*ret_ok = true;
	f->nlines = n;
	for (int i = 0; i < n; i++) {
		f->line[i].run0 = f->s.nr;
		enum rc rc = text_line(
			t, start[i], start[i + 1], false, &f->s, &f->line[i].width, e);
		if (rc != RC_OK)
			return rc;
		f->line[i].runs = f->s.nr - f->line[i].run0;
		*ret_ok = *ret_ok && f->line[i].width <= room;
	}
	return RC_OK;
}

/* The last line: as much as fits with an ellipsis behind it. */
static enum rc cut_line(struct text *t, uint32_t from, int64_t room, struct fitted *f,
	struct fit_line *l, struct err *e)
{
	struct shaped keep = f->s;
	uint32_t end = line_end(t, from, room, true);

	for (;; end--) {
		while (end > from && t->width[end] < 0)
			end--;
		f->s.ng = keep.ng;
		f->s.nr = l->run0 = keep.nr;
		f->s.nch = keep.nch;
		enum rc rc = text_line(t, from, end, true, &f->s, &l->width, e);
		if (rc != RC_OK)
			return rc;
		l->runs = f->s.nr - l->run0;
		/* An ellipsis alone says nothing: better refused by try_size. */
		if (end == from && from == 0)
			l->width = (int32_t)room + 1;
		if (l->width <= room || end == from)
			return RC_OK;
	}
}

static enum rc cut(struct text *t, int64_t room, int most, uint32_t *start, struct fitted *f,
	struct err *e)
{
	int n = break_lines(t, room, most, true, start);
	bool ok;
	enum rc rc;

	if (n <= most) /* shaping alone made a line too wide */
		most = n;
	rc = shape_lines(t, start, most - 1, room, f, &ok, e);
	if (rc != RC_OK)
		return rc;
	f->nlines = most;
	f->cut = true;
	return cut_line(t, start[most - 1], room, f, &f->line[most - 1], e);
}

static void place(const struct text *t, const struct fit_box *b, struct fitted *f)
{
	int32_t rise = to_um(t->ascent, f->size);
	int32_t step = to_um(pitch(t), f->size);
	int32_t high = (f->nlines - 1) * step + rise + to_um(t->descent, f->size);
	int32_t y = b->y + rise;

	if (b->valign == FIT_MIDDLE)
		y += (b->h - high) / 2;
	else if (b->valign == FIT_BOTTOM)
		y += b->h - high;
	for (int i = 0; i < f->nlines; i++) {
		int32_t spare = b->w - to_um(f->line[i].width, f->size);
		enum fit_align a = b->align;

		if (a == FIT_START)
			a = t->rtl ? FIT_RIGHT : FIT_LEFT;
		else if (a == FIT_END)
			a = t->rtl ? FIT_LEFT : FIT_RIGHT;
		f->line[i].x = b->x + (a == FIT_LEFT ? 0 : a == FIT_CENTER ? spare / 2 : spare);
		f->line[i].y = y + i * step;
	}
}

/* Tries one size; *ret_fits says whether the lines are there. */
static enum rc try_size(struct text *t, const struct fit_box *b, int32_t size, bool last,
	struct fitted *f, bool *ret_fits, struct err *e)
{
	int64_t room = (int64_t)b->w * FONT_EM / size;
	int most = lines_at(t, b, size);
	uint32_t start[FIT_LINES + 1] = {0};
	int n = break_lines(t, room, most, last, start);
	enum rc rc;

	*ret_fits = false;
	f->size = size;
	if (to_um(t->ascent + t->descent, size) > b->h && !last)
		return RC_OK;
	if (n <= most) {
		if (n > 1)
			even_out(t, room, n, last, start);
		rc = shape_lines(t, start, n, room, f, ret_fits, e);
		if (rc != RC_OK || *ret_fits)
			return rc;
	}
	if (!last)
		return RC_OK;
	*ret_fits = true;
	rc = cut(t, room, most, start, f, e);
	for (int i = 0; rc == RC_OK && i < f->nlines; i++)
		if (f->line[i].width > room)
			rc = err_set(e, RC_INVALID,
				"does not fit its box of %d.%d mm even at the smallest size",
				b->w / 1000, b->w % 1000 / 100);
	return rc;
}

enum rc fit_text(struct text *t, struct str s, const struct fit_box *b, struct fitted *ret_,
	struct err *e)
{
	struct fitted *f = ret_;
	bool fits = false;
	enum rc rc = text_load(t, s, b->bold, e);

	shaped_clear(&f->s);
	f->nlines = 0;
	f->cut = false;
	f->size = b->size;
	if (rc != RC_OK || t->n == 0)
		return rc;
	/* Most texts fit on one line as they are: one shaping, no measuring. */
	if (to_um(t->ascent + t->descent, b->size) <= b->h) {
		const uint32_t whole[2] = {0, t->n};

		rc = shape_lines(t, whole, 1, (int64_t)b->w * FONT_EM / b->size, f, &fits, e);
	}
	if (rc == RC_OK && !fits)
		rc = text_measure(t, e);
	for (int32_t size = b->size; rc == RC_OK && !fits; size -= STEP) {
		bool last = size <= b->min;

		rc = try_size(t, b, last ? b->min : size, last, f, &fits, e);
	}
	if (rc == RC_OK)
		place(t, b, f);
	return rc;
}
