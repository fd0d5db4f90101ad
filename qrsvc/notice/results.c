/* Owns the table of results on a notice: each value beside its limit, and the verdict in a
 * word. Never judges: the document says what passed.  Called by notice.c, twice a page. */
#include "qrsvc/notice/parts.h"

#define ONE_COLUMN 8 /* results; more stand in two columns */

bool is_verdict(const struct json *r, const char *verdict)
{
	return str_eq(json_str(r, "verdict"), str_c(verdict));
}

enum { ITEM, VALUE, LIMIT, VERDICT, CELLS };

struct column {
	int32_t x[CELLS + 1];
};

/* Widths in thousandths of the whole. */
static struct column column_at(int32_t x, int32_t w, bool narrow)
{
	static const int share[2][CELLS + 1] = {
		{0, 410, 630, 840, 1000}, {0, 340, 580, 790, 1000}};
	struct column c;

	for (int i = 0; i <= CELLS; i++)
		c.x[i] = x + (int32_t)((int64_t)w * share[narrow][i] / 1000);
	return c;
}

struct row {
	struct said cell[CELLS];
	bool fail, head;
};

static int32_t put_row(struct sheet *s, const struct column *c, const struct row *r, int32_t y,
	int32_t h, bool narrow)
{
	int32_t pad = pen_len(s->pen, narrow ? 900 : 1100), most = 0;

	if (s->pen->draw && r->head)
		pen_box(s->pen, c->x[0], y, c->x[CELLS] - c->x[0], h, ACCENT, -1, 0);
	else if (s->pen->draw && r->fail)
		pen_box(s->pen, c->x[0], y, c->x[CELLS] - c->x[0], h, 0xfbe9e9, -1, 0);
	for (int i = 0; i < CELLS; i++) {
		struct words w = {.x = c->x[i] + 1500,
			.w = c->x[i + 1] - c->x[i] - 2000,
			.y = y + pad,
			.tenths = narrow ? 100 : 115,
			.lines = 2,
			.bold = r->head || (i == VERDICT) || (i == VALUE && r->fail),
			.colour = r->head				    ? WHITE
				  : r->fail && (i == VALUE || i == VERDICT) ? RED
				  : i == VERDICT			    ? GREEN
				  : i == LIMIT				    ? GREY
									    : INK};
		int32_t one = put_said(s, r->cell[i], &w);

		most = one > most ? one : most;
	}
	return most + 2 * pad;
}

static int32_t row_height(
	struct sheet *s, const struct column *c, const struct row *r, bool narrow)
{
	bool draw = s->pen->draw;

	s->pen->draw = false;
	int32_t h = put_row(s, c, r, 0, 0, narrow);

	s->pen->draw = draw;
	return h;
}

static struct row head_row(const struct sheet *s)
{
	return (struct row){.head = true,
		.cell = {say(&s->say, SAY_ITEM, SAID_NONE, SAID_NONE),
			say(&s->say, SAY_VALUE, SAID_NONE, SAID_NONE),
			say(&s->say, SAY_LIMIT, SAID_NONE, SAID_NONE),
			say(&s->say, SAY_VERDICT, SAID_NONE, SAID_NONE)}};
}

static struct row row_of(const struct sheet *s, const struct json *r)
{
	struct str item = json_str(r, "item");
	struct said limit = say_limit(&s->say, s->page, json_get(r, "limit"));
	bool fail = is_verdict(r, "fail"), pass = is_verdict(r, "pass");

	return (struct row){.fail = fail,
		.cell = {say_name(&s->say, json_member(json_get(s->page, "items"), item), item),
			say_result(&s->say, s->page, r),
			limit.main.n ? limit : say_plain(STR("—")),
			fail   ? say(&s->say, SAY_FAIL, SAID_NONE, SAID_NONE)
			: pass ? say(&s->say, SAY_PASS, SAID_NONE, SAID_NONE)
			       : say_plain(STR("—"))}};
}

/* The results in their order; when not all of them have room, those that failed come first. */
static const struct json **in_order(struct sheet *s)
{
	const struct json **list =
		arena_array(s->say.arena, (size_t)s->results + 1, sizeof(struct json *));
	bool all = s->most >= s->results;
	int n = 0;

	for (int pass = 0; pass < (all ? 1 : 2); pass++)
		json_each (r, json_get(s->record, "results"))
			if (all || is_verdict(r, "fail") == (pass == 0))
				list[n++] = r;
	return list;
}

/* n rows in one column. */
static int32_t put_column(struct sheet *s, int32_t x, int32_t w, const struct json **list,
	int n, bool narrow, int32_t y)
{
	struct column c = column_at(x, w, narrow);
	struct row head = head_row(s);
	int32_t h = row_height(s, &c, &head, narrow);

	put_row(s, &c, &head, y, h, narrow);
	y += h;
	for (int i = 0; i < n; i++) {
		struct row row = row_of(s, list[i]);

		h = row_height(s, &c, &row, narrow);
		put_row(s, &c, &row, y, h, narrow);
		y += h;
		pen_rule(s->pen, x, y - 100, w, 200, LINE);
	}
	return y;
}

/* How many of n stand in the left column, so that both are about as high. */
static int balanced(struct sheet *s, int32_t w, const struct json **list, int n)
{
	struct column c = column_at(0, w, true);
	int32_t all = 0, left = 0;
	int i = 0;

	for (int k = 0; k < n; k++) {
		struct row row = row_of(s, list[k]);

		all += row_height(s, &c, &row, true);
	}
	while (i < n - 1 && 2 * left < all) {
		struct row row = row_of(s, list[i++]);

		left += row_height(s, &c, &row, true);
	}
	return i;
}

int32_t part_results(struct sheet *s, int32_t y)
{
	const int32_t between = 4000, half = (WIDE - between) / 2;
	int n = s->results < s->most ? s->results : s->most;
	struct words w = {.x = SIDE, .w = WIDE, .tenths = 95, .colour = GREY};
	const struct json **list = in_order(s);

	if (n == 0)
		return y;
	y += pen_len(s->pen, 4000);
	if (n <= ONE_COLUMN) {
		y = put_column(s, SIDE, WIDE, list, n, false, y);
	} else {
		int left = balanced(s, half, list, n);
		int32_t a = put_column(s, SIDE, half, list, left, true, y),
			b = put_column(
				s, SIDE + half + between, half, list + left, n - left, true, y);

		y = a > b ? a : b;
	}
	if (n == s->results)
		return y;
	w.y = y + pen_len(s->pen, 800);
	struct said rest = say_plain(arena_fmt(s->say.arena, "%d", s->results - n));

	return w.y +
	       pen_text(s->pen, say_line(&s->say, say(&s->say, SAY_MORE, rest, SAID_NONE)), &w);
}
