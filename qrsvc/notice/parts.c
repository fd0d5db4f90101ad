/* Owns how each part of a notice looks, but for results (results.c).  Called by notice.c, twice
 * a page: to measure, and to draw. */
#include "qrsvc/notice/parts.h"

#include "qrsvc/base/clock.h"

int32_t put_said(struct sheet *s, struct said t, const struct words *w)
{
	struct words small = *w;
	int32_t h = pen_text(s->pen, t.main, w);

	if (!t.other.n || str_eq(t.main, t.other))
		return h;
	small.y += h;
	small.tenths = w->tenths * (w->tenths > 250 ? 40 : w->tenths > 130 ? 62 : 72) / 100;
	small.bold = false;
	if (w->colour != WHITE)
		small.colour = GREY;
	return h + pen_text(s->pen, t.other, &small);
}

/* Lines a text may take: one on a page that is far too full. */
static int at_most(const struct sheet *s, int lines)
{
	return s->terse ? 1 : lines;
}

int32_t gap(const struct sheet *s, int32_t um)
{
	return pen_len(s->pen, um);
}

/* ---- head -------------------------------------------------------------------------------- */

int32_t part_head(struct sheet *s, int32_t y)
{
	struct said kind =
		say_name(&s->say, json_get(s->kind, "name"), json_str(s->facility, "kind"));
	struct words w = {.x = SIDE,
		.y = y,
		.w = WIDE,
		.tenths = 360,
		.bold = true,
		.align = FIT_CENTER,
		.colour = ACCENT};
	struct said what = {STR_NONE, STR_NONE};

	/* A frame, as notices have: a strong line and a thin one inside. */
	pen_box(s->pen, 8000, 8000, PAGE_W - 16000, PAGE_H - 16000, -1, ACCENT, 900);
	pen_box(s->pen, 9700, 9700, PAGE_W - 19400, PAGE_H - 19400, -1, ACCENT, 200);
	y += put_said(s, say(&s->say, SAY_NOTICE, SAID_NONE, SAID_NONE), &w) + gap(s, 500);
	what.main =
		arena_fmt(s->say.arena, "%.*s · %.*s", STR_F(kind.main), STR_F(s->type.main));
	if (s->say.lang == PAPER_BOTH)
		what.other = arena_fmt(s->say.arena, "%.*s · %.*s",
			STR_F(kind.other.n ? kind.other : kind.main),
			STR_F(s->type.other.n ? s->type.other : s->type.main));
	w = (struct words){.x = SIDE,
		.y = y,
		.w = WIDE,
		.tenths = 170,
		.lines = 2,
		.align = FIT_CENTER,
		.colour = INK};
	y += put_said(s, what, &w) + gap(s, 2600);
	pen_rule(s->pen, SIDE, y, WIDE, 1000, ACCENT);
	pen_rule(s->pen, SIDE, y + 1500, WIDE, 250, ACCENT);
	return y + 1750;
}

int32_t part_place(struct sheet *s, int32_t y)
{
	const struct json *place = json_get(s->facility, "place");
	struct str name = json_str(s->facility, "name"),
		   building = json_str(s->facility, "building"),
		   address = json_str(place, "address"),
		   serves = json_str(s->facility, "serves");
	struct words w = {.x = SIDE,
		.y = y + gap(s, 4000),
		.w = WIDE,
		.tenths = 220,
		.lines = at_most(s, 3),
		.bold = true,
		.colour = INK};

	w.y += pen_text(s->pen, json_str(place, "name"), &w) + gap(s, 600);
	struct str which = arena_fmt(s->say.arena, "%.*s%s%.*s", STR_F(building),
		building.n && name.n ? "　" : "", STR_F(name));

	w.tenths = 140;
	w.lines = at_most(s, 3);
	w.bold = false;
	w.y += pen_text(s->pen, which, &w);
	w.tenths = 105;
	w.colour = GREY;
	w.lines = at_most(s, 2);
	w.y += pen_text(s->pen, address, &w);
	if (serves.n) {
		struct str line =
			say_line(&s->say, say(&s->say, SAY_SERVES, SAID_NONE, SAID_NONE));

		w.y += pen_text(s->pen,
			arena_fmt(s->say.arena, "%.*s：%.*s", STR_F(line), STR_F(serves)), &w);
	}
	return w.y;
}

/* ---- verdict ----------------------------------------------------------------------------- */

struct said number(const struct sheet *s, int n)
{
	return say_plain(arena_fmt(s->say.arena, "%d", n));
}

/* The answer in one line; nothing if nothing was judged. */
static struct said answer(const struct sheet *s, bool *ret_bad)
{
	int pass = 0, fail = 0, n = 0;

	json_each (r, json_get(s->record, "results")) {
		n++;
		pass += is_verdict(r, "pass");
		fail += is_verdict(r, "fail");
	}
	*ret_bad = fail > 0 || is_verdict(s->record, "fail");
	if (fail > 0)
		return say(&s->say, SAY_SOME_FAIL, number(s, fail), SAID_NONE);
	if (n > 0 && pass == n)
		return say(&s->say, SAY_ALL_PASS, number(s, n), SAID_NONE);
	if (n > 0 && pass > 0 && !*ret_bad)
		return say(&s->say, SAY_SOME_PASS, number(s, pass), number(s, n));
	if (is_verdict(s->record, "none"))
		return SAID_NONE;
	return say(&s->say, *ret_bad ? SAY_ALL_BAD : SAY_ALL_BACK, SAID_NONE, SAID_NONE);
}

/* On black and white paper the words tell, and a failure is white on dark. */
int32_t part_verdict(struct sheet *s, int32_t y)
{
	bool bad;
	struct said t = answer(s, &bad);
	struct words w = {.x = SIDE + 4000,
		.w = WIDE - 8000,
		.tenths = 190,
		.bold = true,
		.align = FIT_CENTER,
		.colour = bad ? WHITE : GREEN};
	bool draw = s->pen->draw;
	int32_t pad = gap(s, 1800);

	if (!t.main.n)
		return y;
	y += gap(s, 4000);
	w.y = y + pad;
	s->pen->draw = false;
	int32_t h = put_said(s, t, &w) + 2 * pad;

	s->pen->draw = draw;
	pen_box(s->pen, SIDE, y, WIDE, h, bad ? RED : TINT, bad ? RED : GREEN, 500);
	put_said(s, t, &w);
	return y + h;
}

/* ---- facts ------------------------------------------------------------------------------- */

struct fact {
	struct said key, value;
	struct str more; /* below the value, smaller */
	bool half;	 /* may share its line with another */
};

static int32_t fact_cell(
	struct sheet *s, const struct fact *f, int32_t x, int32_t y, int32_t w, int32_t key_w)
{
	int32_t pad = gap(s, 1300);
	struct words k = {.x = x + 2000,
		.y = y + pad,
		.w = key_w - 3000,
		.tenths = 105,
		.lines = at_most(s, 3),
		.bold = true,
		.colour = ACCENT};
	struct words v = {.x = x + key_w + 2000,
		.y = y + pad,
		.w = w - key_w - 3000,
		.tenths = 120,
		.lines = at_most(s, f->half ? 3 : 4),
		.colour = INK};
	int32_t left = put_said(s, f->key, &k), right = put_said(s, f->value, &v);

	if (f->more.n) {
		v.y += right;
		v.tenths = 100;
		v.colour = GREY;
		v.lines = at_most(s, 3);
		right += pen_text(s->pen, f->more, &v);
	}
	return (left > right ? left : right) + 2 * pad;
}

/* One line of the table: one fact, or two halves. */
static int32_t fact_line(struct sheet *s, const struct fact *f, int n, int32_t y)
{
	int32_t w = WIDE / n, h = 0, key_w = 36000;
	bool draw = s->pen->draw;

	for (int pass = 0; pass < 2; pass++) {
		s->pen->draw = pass && draw;
		for (int i = 0; i < n; i++) {
			int32_t x = SIDE + i * w;

			if (pass)
				pen_box(s->pen, x, y, key_w, h, SHADE, -1, 0);
			int32_t one = fact_cell(s, &f[i], x, y, w, key_w);

			h = !pass && one > h ? one : h;
		}
	}
	pen_rule(s->pen, SIDE, y, WIDE, 200, LINE);
	return y + h;
}

static struct said role_of(const struct sheet *s, struct str role)
{
	static const struct {
		const char *role;
		enum say_word word;
	} roles[] = {{"cleaner", SAY_CLEANER}, {"lab", SAY_LAB}, {"inspector", SAY_INSPECTOR},
		{"repairer", SAY_REPAIRER}};

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (str_eq(role, str_c(roles[i].role)))
			return say(&s->say, roles[i].word, SAID_NONE, SAID_NONE);
	return say(&s->say, SAY_PARTY, SAID_NONE, SAID_NONE);
}

#define FACTS 24

static int add_parties(const struct sheet *s, struct fact *f, int n)
{
	json_each (p, json_get(s->record, "parties")) {
		struct str filing = json_str(p, "filing");

		if (n < FACTS && json_str(p, "name").n)
			f[n++] = (struct fact){.key = role_of(s, json_str(p, "role")),
				.value = say_plain(json_str(p, "name")),
				.more = filing.n ? say_with(&s->say, SAY_FILING, filing)
						 : STR_NONE};
	}
	return n;
}

/* Only what is published stands in the document. */
static int add_fields(const struct sheet *s, struct fact *f, int n)
{
	const struct json *defs = json_get(s->kind, "fields");

	json_each (v, json_get(s->record, "fields")) {
		const struct json *def = json_member(defs, json_key(v));
		struct said value = say_field(&s->say, s->page, def, v);
		struct str unit = json_str(def, "unit");

		if (!value.main.n || n == FACTS)
			continue;
		if (unit.n)
			value = say_plain(arena_fmt(s->say.arena, "%.*s %.*s",
				STR_F(value.main),
				STR_F(say_name(&s->say,
					json_member(json_get(s->page, "units"), unit), unit)
						.main)));
		f[n++] = (struct fact){.key = say_name(&s->say, def, json_key(v)),
			.value = value,
			.half = value.main.n < 60};
	}
	return n;
}

static int add_due(const struct sheet *s, struct fact *f, int n)
{
	json_each (d, json_get(s->facility, "duties")) {
		struct str type = json_str(d, "type");
		int32_t due = json_day(d, "due");

		if (due != DAY_NONE && n < FACTS)
			f[n++] = (struct fact){
				.key = say(&s->say, SAY_NEXT,
					say_name(&s->say,
						json_member(json_get(s->kind, "types"), type),
						type),
					SAID_NONE),
				.value = say(&s->say, SAY_BY, say_day(&s->say, due), SAID_NONE),
				.half = true};
	}
	return n;
}

int32_t part_facts(struct sheet *s, int32_t y)
{
	struct fact f[FACTS];
	int n = 0;

	f[n++] = (struct fact){.key = say(&s->say, SAY_WHEN, s->type, SAID_NONE),
		.value = say_when(&s->say, s->record)};
	n = add_parties(s, f, n);
	n = add_fields(s, f, n);
	n = add_due(s, f, n);
	y += gap(s, 4000);
	for (int i = 0; i < n;) {
		int together = i + 1 < n && f[i].half && f[i + 1].half ? 2 : 1;

		y = fact_line(s, f + i, together, y);
		i += together;
	}
	pen_rule(s->pen, SIDE, y, WIDE, 200, LINE);
	return y + 200;
}

/* ---- photos ------------------------------------------------------------------------------ */

int32_t part_photos(struct sheet *s, int32_t y)
{
	const int32_t between = 4000;
	int32_t w = (WIDE - (s->photos - 1) * between) / (s->photos ? s->photos : 1);
	struct words c = {
		.w = w, .tenths = 105, .align = FIT_CENTER, .colour = INK, .lines = 1};
	int32_t most = 0;

	if (s->photos == 0)
		return y;
	y += gap(s, 4000);
	for (int i = 0; i < s->photos; i++) {
		int32_t x = SIDE + i * (w + between);

		if (s->photo[i].there) {
			pen_picture(s->pen, s->photo[i].number, &s->photo[i].jpeg, x, y, w,
				s->photo_h);
		} else {
			struct words gone = c;

			pen_box(s->pen, x, y, w, s->photo_h, SHADE, -1, 0);
			gone.x = x;
			gone.y = y;
			gone.h = s->photo_h;
			gone.valign = FIT_MIDDLE;
			gone.colour = GREY;
			pen_text(s->pen,
				say_line(&s->say,
					say(&s->say, SAY_NO_PHOTO, SAID_NONE, SAID_NONE)),
				&gone);
		}
		c.x = x;
		c.y = y + s->photo_h + gap(s, 700);
		int32_t h = pen_text(s->pen, say_line(&s->say, s->photo[i].caption), &c);

		most = h > most ? h : most;
	}
	return y + s->photo_h + gap(s, 700) + most;
}
