/* Owns the poster of a survey: its words, and where they stand.  Never asks a database.
 * Called by jobs/print.c. */
#include "qrsvc/notice/poster.h"

#include "labels/code.h"

#define SIDE 17000
#define WIDE (PAGE_W - 2 * SIDE)
#define SYMBOL 105000 /* gives way to long texts .. */
#define SYMBOL_LEAST 60000
#define BELOW 27000 /* .. the address and the invitation below it do not */
#define FOOT 46000

/* ---- words ---------------------------------------------------------------------------------
 */

/* Chinese and English of the sheet's languages. */
static struct said both(const struct paper *p, struct str zh, struct str en)
{
	switch (p->say.lang) {
	case PAPER_EN:
		return (struct said){en, STR_NONE};
	case PAPER_BOTH:
		return (struct said){zh, en};
	default:
		return (struct said){zh, STR_NONE};
	}
}

/* Centred, the other language small below it; returns the y under it. */
static int32_t put(
	struct paper *p, struct said t, int32_t y, int tenths, bool bold, uint32_t colour)
{
	struct words w = {.x = SIDE,
		.y = y,
		.w = WIDE,
		.tenths = tenths,
		.lines = 3,
		.bold = bold,
		.align = FIT_CENTER,
		.colour = colour};

	if (t.main.n)
		w.y += pen_text(&p->pen, t.main, &w);
	w.tenths = tenths * 6 / 10 < 110 ? 110 : tenths * 6 / 10;
	w.bold = false;
	if (t.other.n && !str_eq(t.other, t.main))
		w.y += pen_text(&p->pen, t.other, &w);
	return w.y;
}

static struct said period(const struct paper *p, const struct json *page)
{
	struct sayer zh = {p->say.arena, PAPER_ZH}, en = {p->say.arena, PAPER_EN};
	int32_t from = json_day(page, "from"), to = json_day(page, "to");

	return both(p,
		arena_fmt(p->say.arena, "%.*s—%.*s", STR_F(say_day(&zh, from).main),
			STR_F(say_day(&zh, to).main)),
		arena_fmt(p->say.arena, "%.*s to %.*s", STR_F(say_day(&en, from).main),
			STR_F(say_day(&en, to).main)));
}

static struct said invitation(const struct paper *p, const struct json *page)
{
	long long n = json_int(page, "questions", 0);

	return both(p, arena_fmt(p->say.arena, "手机扫一扫，共 %lld 题", n),
		arena_fmt(p->say.arena, "Scan with your phone: %lld questions", n));
}

/* ---- the page -------------------------------------------------------------------------------
 */

/* "HTTPS://QR.EXAMPLE.GOV.CN/V/7K3M9QX2R", and the same as one types it. */
static bool address(const struct paper *p, const struct code *code, char url[CODE_URL_MAX],
	struct str *ret_typed)
{
	char base[CODE_URL_MAX], groups[CODE_LEN + 3];
	struct str b = p->base;
	ptrdiff_t at = str_find(b, STR("://"));

	if (str_ends(b, STR("/")))
		b.n--;
	int n = snprintf(base, sizeof base, "%.*s/V", STR_F(b));

	if (n <= 0 || (size_t)n >= sizeof base || !code_url(str_c(base), code, url))
		return false;
	code_format(code, groups);
	if (at >= 0)
		b = str_sub(b, (size_t)at + 3, b.n);
	b = arena_str(p->say.arena, b);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] >= 'A' && b.p[i] <= 'Z')
			((char *)(uintptr_t)b.p)[i] = (char)(b.p[i] + 32);
	*ret_typed = arena_fmt(p->say.arena, "%.*s/v/ %s", STR_F(b), groups);
	return true;
}

static void foot(struct paper *p, const struct json *page)
{
	struct str org = json_str(page, "org"), phone = json_str(page, "phone");
	int32_t y = PAGE_H - FOOT + 2000;

	pen_rule(&p->pen, SIDE, y, WIDE, 500, ACCENT);
	y = put(p, period(p, page), y + 3500, 170, true, INK);
	y = put(p,
		both(p, STR("不登录，不留姓名和电话，不收任何费用"),
			STR("No login, no name, no telephone number, nothing to pay")),
		y + 1500, 130, false, INK);
	put(p,
		say_plain(phone.n ? arena_fmt(p->say.arena, "%.*s　%.*s", STR_F(org),
					    STR_F(phone))
				  : org),
		y + 1500, 130, false, GREY);
}

static void draw(struct paper *p, const struct json *page, const char *url, struct str typed)
{
	struct str place = json_str(page, "place"), where = json_str(page, "address");
	int32_t y = 16000;

	if (p->trial)
		put(p, both(p, STR("试用，不得张贴"), STR("Trial, not for posting")), 8000, 110,
			true, RED);
	y = put(p, both(p, STR("居民调查"), STR("Residents' survey")), y, 160, true, ACCENT);
	y = put(p, say_name(&p->say, json_get(page, "title"), STR_NONE), y + 2500, 320, true,
		INK);
	y = put(p, say_name(&p->say, json_get(page, "purpose"), STR_NONE), y + 2500, 140, false,
		GREY);
	y = put(p, say_plain(place), y + 4500, 240, true, ACCENT);
	if (where.n)
		y = put(p, say_plain(where), y + 500, 130, false, GREY);
	int32_t room = PAGE_H - FOOT - BELOW - y, side = room > SYMBOL	       ? SYMBOL
							 : room < SYMBOL_LEAST ? SYMBOL_LEAST
									       : room;

	/* in the middle of what is left above the foot */
	y += room > side ? (room - side) / 2 : 0;
	pen_symbol(&p->pen, url, (PAGE_W - side) / 2, y, side);
	y = put(p, say_plain(typed), y + side + 500, 150, true, INK);
	put(p, invitation(p, page), y + 1500, 200, true, INK);
	foot(p, page);
}

enum rc poster_page(struct paper *p, const struct json *page, struct err *e)
{
	char url[CODE_URL_MAX];
	struct str typed;
	struct code code;

	pen_page(&p->pen);
	if (!code_parse(json_str(page, "code"), &code) || !json_get(page, "title") ||
		!json_str(page, "place").n)
		return err_set(e, RC_INVALID, "this is no page of a poster");
	if (!address(p, &code, url, &typed))
		return err_set(e, RC_INVALID, "the base address cannot be in a code");
	draw(p, page, url, typed);
	return paper_page(p, e);
}
