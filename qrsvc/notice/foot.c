/* Owns the foot of a notice: the code, who answers for it, who posts it and by when, on what
 * basis; and the small print.  Called by notice.c, twice a page. */
#include "qrsvc/notice/parts.h"

#include "labels/code.h"
#include "qrsvc/base/clock.h"

struct link {
	char url[CODE_URL_MAX];
	struct code code;
	bool label;
};

/* The label that is in use; without one the page of the facility. */
static bool link_of(struct sheet *s, struct link *l)
{
	struct str label = json_str(s->page, "label");
	char host[CODE_URL_MAX + 4];

	*l = (struct link){.label = label.n > 0};
	if (!code_parse(l->label ? label : json_str(s->facility, "code"), &l->code))
		return false;
	if (l->label)
		return code_url(s->paper->base, &l->code, l->url);
	struct str base = s->paper->base;

	if (str_ends(base, STR("/")))
		base.n--;
	int n = snprintf(host, sizeof host, "%.*s/F", STR_F(base));

	return n > 0 && (size_t)n < CODE_URL_MAX &&
	       code_url((struct str){host, (size_t)n}, &l->code, l->url);
}

/* "qr.example.gov.cn" */
static struct str host_of(const struct sheet *s)
{
	ptrdiff_t at = str_find(s->paper->base, STR("://"));
	struct str h = at >= 0 ? str_sub(s->paper->base, (size_t)at + 3, s->paper->base.n)
			       : s->paper->base;

	if (str_ends(h, STR("/")))
		h.n--;
	h = arena_str(s->say.arena, h);
	for (size_t i = 0; i < h.n; i++)
		if (h.p[i] >= 'A' && h.p[i] <= 'Z')
			((char *)(uintptr_t)h.p)[i] = (char)(h.p[i] + 32);
	return h;
}

/* "Responsible office   Putuo" and below it the phone. */
static int32_t foot_line(struct sheet *s, enum say_word key, struct said value,
	struct str phone, int32_t x, int32_t y, int32_t w)
{
	const int32_t key_w = 25000;
	struct words k = {.x = x,
		.y = y,
		.w = key_w - 500,
		.tenths = 100,
		.lines = 2,
		.bold = true,
		.colour = ACCENT};
	struct words v = {.x = x + key_w,
		.y = y,
		.w = w - key_w,
		.tenths = 110,
		.lines = 3,
		.colour = INK};
	int32_t left = put_said(s, say(&s->say, key, SAID_NONE, SAID_NONE), &k),
		right = put_said(s, value, &v);

	if (phone.n) {
		v.y += right;
		v.lines = 1;
		right += pen_text(s->pen, say_with(&s->say, SAY_PHONE, phone), &v);
	}
	return y + (left > right ? left : right) + gap(s, 1000);
}

static int32_t foot_lines(struct sheet *s, int32_t x, int32_t y, int32_t w)
{
	const struct json *org = json_get(s->facility, "org"),
			  *manager = json_get(s->facility, "manager");
	struct words c = {
		.x = x, .y = y, .w = w, .tenths = 130, .lines = 2, .bold = true, .colour = INK};
	bool managed = json_str(manager, "name").n > 0;
	int64_t us;

	y += put_said(s, say(&s->say, SAY_SCAN, SAID_NONE, SAID_NONE), &c) + gap(s, 1400);
	y = foot_line(s, SAY_POSTED_BY, say_plain(json_str(managed ? manager : org, "name")),
		managed ? json_str(manager, "phone") : STR_NONE, x, y, w);
	if (json_instant(s->record, "published", &us))
		y = foot_line(s, SAY_POSTED_ON, say_time(&s->say, us), STR_NONE, x, y, w);
	return foot_line(s, SAY_OFFICE, say_plain(json_str(org, "name")),
		json_str(org, "phone"), x, y, w);
}

/* The room for a stamp, with what stands above and below one. */
static void stamp(struct sheet *s, int32_t x, int32_t y, int32_t w, int32_t h)
{
	struct words t = {.x = x,
		.y = y + h - gap(s, 7500),
		.w = w,
		.tenths = 95,
		.align = FIT_CENTER,
		.colour = GREY};

	pen_box(s->pen, x, y, w, h, -1, LINE, 200);
	put_said(s, say(&s->say, SAY_STAMP, SAID_NONE, SAID_NONE), &t);
}

/* The rule, hours and basis, as its row says them; and until when. */
static int32_t legal(struct sheet *s, int32_t y)
{
	const struct json *post = json_get(s->page, "post");
	int64_t hours = json_int(post, "hours", 0), to;
	struct words w = {
		.x = SIDE, .y = y, .w = WIDE, .tenths = 85, .lines = 3, .colour = GREY};
	struct str basis = json_str(post, "basis"),
		   limits = json_str(s->record, "limits_basis");

	if (hours > 0 && basis.n) {
		struct said t = say(&s->say, SAY_WITHIN, number(s, (int)hours), SAID_NONE);

		if (json_instant(s->record, "to", &to)) {
			struct said by = say(&s->say, SAY_LATEST,
				say_time(&s->say, to + hours * 3600 * US_PER_S), SAID_NONE);

			t.main = arena_fmt(
				s->say.arena, "%.*s, %.*s", STR_F(t.main), STR_F(by.main));
			if (by.other.n)
				t.other = arena_fmt(s->say.arena, "%.*s, %.*s", STR_F(t.other),
					STR_F(by.other));
		}
		w.y += pen_text(s->pen, say_with(&s->say, SAY_BASIS, basis), &w);
		w.y += pen_text(s->pen, say_line(&s->say, t), &w);
	}
	if (limits.n && s->results > 0)
		w.y += pen_text(s->pen, say_with(&s->say, SAY_LIMITS_OF, limits), &w);
	return w.y;
}

static int32_t small_print(struct sheet *s, int32_t y)
{
	struct str hash = json_str(s->record, "hash");
	int64_t rev = json_int(s->record, "rev", 1);
	struct said no = number(s, (int)json_int(s->record, "seq", 0));
	struct words w = {.x = SIDE, .y = y, .w = WIDE, .tenths = 75, .colour = GREY};

	hash.n = hash.n > 16 ? 16 : hash.n;
	struct str line = arena_fmt(s->say.arena, "%.*s　%.*s",
		STR_F(say_with(&s->say, SAY_RECORD, no.main)),
		STR_F(say_with(&s->say, SAY_CHECK, hash)));

	if (rev > 1) {
		struct said t = say(&s->say, SAY_CORRECTED, number(s, (int)rev), SAID_NONE);

		line = arena_fmt(
			s->say.arena, "%.*s　%.*s", STR_F(line), STR_F(say_line(&s->say, t)));
	}
	return y + pen_text(s->pen, line, &w);
}

int32_t part_foot(struct sheet *s, int32_t y)
{
	const int32_t symbol = 40000, stamp_w = 34000;
	struct words w = {.x = SIDE,
		.w = symbol,
		.align = FIT_CENTER,
		.bold = true,
		.tenths = 120,
		.colour = INK};
	char groups[CODE_LEN + 3];
	struct link l;

	if (!link_of(s, &l)) {
		s->pen->rc = err_set(
			&s->pen->err, RC_INVALID, "the base address cannot be in a code");
		return y;
	}
	pen_rule(s->pen, SIDE, y, WIDE, 500, ACCENT);
	y += 500 + gap(s, 1500);
	pen_symbol(s->pen, l.url, SIDE, y, symbol);
	w.y = y + symbol - 800;
	code_format(&l.code, groups);
	w.y += pen_text(s->pen, str_c(groups), &w);
	w.tenths = 80;
	w.bold = false;
	w.colour = GREY;
	w.y += pen_text(s->pen, arena_fmt(s->say.arena, "%.*s", STR_F(host_of(s))), &w);
	int32_t left = w.y, top = y + gap(s, 2500);
	int32_t right =
		foot_lines(s, SIDE + symbol + 4000, top, WIDE - symbol - 4000 - stamp_w - 3000);

	stamp(s, SIDE + WIDE - stamp_w, top, stamp_w, (left > right ? left : right) - top);
	y = legal(s, (left > right ? left : right) + gap(s, 1500));
	return small_print(s, y);
}
