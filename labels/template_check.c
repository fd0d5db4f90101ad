/* Owns what must hold over a whole template: contents, rooms, the grid.  Never reads a file.
 * Called by template.c. */
#include "labels/template.h"
#include <stdarg.h>

struct check {
	struct label_template *t;
	char *why;
	size_t room;
};

/* Here and not in fit.c: whoever reads templates (a worker) needs no shaping library. */
int32_t fit_line_height(int32_t size)
{
	return (int32_t)(INT64_C(11000) * size / FONT_EM);
}

static void bad(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Keeps the first fault. */
static void bad(struct check *c, const char *fmt, ...)
{
	va_list ap;

	if (c->why[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(c->why, c->room, fmt, ap);
	va_end(ap);
}

static int placeholder(struct str name)
{
	if (str_eq(name, STR("host")))
		return TPL_HOST;
	if (str_eq(name, STR("url")))
		return TPL_URL;
	if (str_eq(name, STR("code")))
		return TPL_GROUPS;
	return label_field_of(name);
}

bool template_content(struct tpl_text *x, const char *content, char *ret_why, size_t room)
{
	size_t n = strlen(content), at = 0;

	x->pieces = 0;
	x->variable = false;
	if (n >= sizeof x->content || !str_utf8((struct str){content, n})) {
		snprintf(ret_why, room, "longer than %zu bytes, or not UTF-8",
			sizeof x->content);
		return false;
	}
	memcpy(x->content, content, n + 1);
	while (at < n) {
		const char *open = strchr(content + at, '{');
		size_t stop = open ? (size_t)(open - content) : n;
		struct tpl_piece p = {(uint16_t)at, (uint16_t)(stop - at), -1};

		if (x->pieces == (int)(sizeof x->piece / sizeof *x->piece)) {
			snprintf(ret_why, room, "too many placeholders");
			return false;
		}
		at = stop;
		if (open != NULL) {
			const char *close = strchr(open, '}');
			struct str name = {open + 1, close ? (size_t)(close - open - 1) : 0};
			int what = close ? placeholder(name) : -1;

			if (what < 0) {
				snprintf(ret_why, room, "unknown placeholder {%.*s}",
					(int)(name.n < 40 ? name.n : 40), name.p);
				return false;
			}
			p.what = (int8_t)what;
			x->variable = true;
			at = (size_t)(close - content) + 1;
		}
		x->piece[x->pieces++] = p;
	}
	return true;
}

static bool inside(const struct label_template *t, int32_t x, int32_t y, int32_t w, int32_t h)
{
	return w > 0 && h > 0 && (int64_t)x + w <= t->w && (int64_t)y + h <= t->h;
}

static void check_texts(struct check *c)
{
	struct label_template *t = c->t;

	for (int i = 0; i < t->texts; i++) {
		struct tpl_text *x = &t->text[i];
		struct fit_box *b = &x->box;

		if (b->min == 0)
			b->min = b->size;
		if (x->content[0] == '\0')
			bad(c, "[text %s] has no content", x->id);
		else if (b->size == 0)
			bad(c, "[text %s] has no size", x->id);
		else if (b->min > b->size)
			bad(c, "[text %s]: min is larger than size", x->id);
		else if (!inside(t, b->x, b->y, b->w, b->h))
			bad(c, "[text %s] has no room, or lies outside the label", x->id);
		else if (b->h < fit_line_height(b->min) || b->w < 2 * b->min)
			bad(c, "[text %s] has no room for a line of its least size", x->id);
	}
}

static void check_fields(struct check *c)
{
	struct label_template *t = c->t;

	if (t->qr.size == 0)
		bad(c, "there is no [qr] section (or [fields] layout = auto-1)");
	else if (!inside(t, t->qr.x, t->qr.y, t->qr.size, t->qr.size))
		bad(c, "[qr] has no size, or lies outside the label");
	for (int i = 0; i < t->boxes; i++) {
		struct tpl_box *b = &t->box[i];

		if (!inside(t, b->x, b->y, b->w, b->h))
			bad(c, "[box %s] has no size, or lies outside the label", b->id);
		else if (b->stroke >= 0 && b->line == 0)
			bad(c, "[box %s] has a stroke but no line width", b->id);
		else if (b->radius * 2 > b->w || b->radius * 2 > b->h)
			bad(c, "[box %s]: the radius is larger than half a side", b->id);
	}
	check_texts(c);
}

static void check_grid(struct check *c)
{
	struct label_template *t = c->t;

	if (t->pitch_x == 0)
		t->pitch_x = t->w;
	if (t->pitch_y == 0)
		t->pitch_y = t->h;
	if (t->page_w == 0 && t->page_h == 0) {
		t->page_w = t->w;
		t->page_h = t->h;
	}
	if (t->w < 10000 || t->h < 10000)
		bad(c, "[label] needs a width and a height of at least 10 mm");
	else if (t->pitch_x < t->w || t->pitch_y < t->h)
		bad(c, "[grid] pitch is smaller than the label: labels would overlap");
	else if ((int64_t)t->left + (int64_t)t->pitch_x * (t->columns - 1) + t->w >
			 (int64_t)t->page_w + 10 ||
		 (int64_t)t->top + (int64_t)t->pitch_y * (t->rows - 1) + t->h >
			 (int64_t)t->page_h + 10)
		bad(c, "the labels of [grid] do not fit on [page]");
	else if (t->radius * 2 > t->w || t->radius * 2 > t->h)
		bad(c, "[label] radius is larger than half a side");
	else if (t->margin * 2 + 8000 > t->w || t->margin * 2 + 8000 > t->h)
		bad(c, "[label] margin leaves no room");
	else if (strcmp(t->kind, "sheet") == 0 && t->margin < 1500)
		bad(c, "[label] margin must be at least 1.5 mm on sheets");
}

bool template_check(struct label_template *t, char *ret_why, size_t room)
{
	struct check c = {t, ret_why, room};

	ret_why[0] = '\0';
	if (t->name[0] == '\0')
		bad(&c, "[template] has no name");
	check_grid(&c);
	if (ret_why[0] == '\0' && t->automatic) {
		if (t->texts + t->boxes > 0 || t->qr.size > 0)
			bad(&c, "layout = auto-1 cannot stand beside own fields");
		else
			template_auto(t);
	}
	if (ret_why[0] == '\0')
		check_fields(&c);
	return ret_why[0] == '\0';
}

void template_at(const struct label_template *t, unsigned position, int32_t *x, int32_t *y)
{
	*x = t->left + (int32_t)(position % t->columns) * t->pitch_x;
	*y = t->top + (int32_t)(position / t->columns) * t->pitch_y;
}
