/* Owns how a page of a notice finds the size at which everything fits.  Never asks a database.
 * Called by jobs/print.c. */
#include "qrsvc/notice/parts.h"

#include "qrsvc/base/arena.h"

#define LARGEST 1120 /* thousandths of the usual sizes */
#define SMALLEST 600
#define STEP 40
#define PHOTO_LEAST 42000 /* um: below, a picture is small for a board */
#define PHOTO_FLOOR 26000
#define PHOTO_MOST 78000

/* ---- photos ------------------------------------------------------------------------------ */

static const struct json *in_slot(const struct json *photos, const char *slot)
{
	json_each (p, photos)
		if (str_eq(json_str(p, "slot"), str_c(slot)))
			return p;
	return NULL;
}

static size_t choose(const struct json *page, const struct json *ret_[NOTICE_PHOTOS])
{
	const struct json *photos = json_get(json_get(page, "record"), "photos");
	const struct json *before = in_slot(photos, "before"),
			  *after = in_slot(photos, "after");
	const struct json *last = NULL;
	size_t n = 0;

	if (before == NULL || after == NULL) {
		json_each (p, photos)
			last = p;
		before = json_first(photos);
		after = last != before ? last : NULL;
	}
	if (before != NULL)
		ret_[n++] = before;
	if (after != NULL)
		ret_[n++] = after;
	return n;
}

size_t notice_photos(const struct json *page, struct str ret_[NOTICE_PHOTOS])
{
	const struct json *of[NOTICE_PHOTOS] = {NULL};
	size_t n = choose(page, of);

	for (size_t i = 0; i < n; i++)
		ret_[i] = json_str(of[i], "sha256");
	return n;
}

static void take_photos(struct sheet *s, const struct str jpeg[NOTICE_PHOTOS])
{
	const struct json *of[NOTICE_PHOTOS] = {NULL};

	s->photos = (int)choose(s->page, of);
	for (int i = 0; i < s->photos; i++) {
		struct str slot = json_str(of[i], "slot"), taken = json_str(of[i], "taken");
		struct said name =
			say_name(&s->say, json_member(json_get(s->kind, "slots"), slot), slot);

		if (taken.n)
			name.main = arena_fmt(
				s->say.arena, "%.*s %.*s", STR_F(name.main), STR_F(taken));
		s->photo[i].caption = name;
		s->photo[i].there = jpeg[i].n > 0 && pdf_jpeg(jpeg[i], &s->photo[i].jpeg);
		if (s->photo[i].there)
			s->photo[i].number =
				pdf_image(s->paper->pdf, jpeg[i], &s->photo[i].jpeg);
	}
}

/* ---- a page ------------------------------------------------------------------------------ */

/* Everything above the photos; returns where they may begin. */
static int32_t body(struct sheet *s, int32_t extra)
{
	int32_t y = part_head(s, TOP);

	y = part_place(s, y + extra);
	y = part_verdict(s, y + extra);
	y = part_facts(s, y + extra);
	return part_results(s, y + extra);
}

static int32_t foot_height(struct sheet *s)
{
	return part_foot(s, 0);
}

/* What is left for the photos, or for nothing, at the scale of the pen. */
static int32_t spare(struct sheet *s, int32_t *ret_foot)
{
	s->pen->draw = false;
	s->photo_h = 0;
	int32_t below = part_photos(s, 0);

	*ret_foot = foot_height(s);
	return FOOT - *ret_foot - pen_len(s->pen, 4000) - below - body(s, 0);
}

/* Far too much for a page: results give way, then long texts, then the photos. */
static void give_way(struct sheet *s, int32_t *ret_spare, int32_t *ret_foot)
{
	s->pen->scale = SMALLEST;
	while (*ret_spare < (s->photos ? PHOTO_FLOOR : 0) && s->pen->rc == RC_OK) {
		if (s->most > s->results)
			s->most = s->results;
		if (s->most > 8)
			s->most -= s->most / 4;
		else if (!s->terse)
			s->terse = true;
		else if (s->photos > 0)
			s->photos = 0;
		else if (s->most > 0)
			s->most--;
		else
			break;
		*ret_spare = spare(s, ret_foot);
	}
}

/* The largest letters at which there is room for the photos too. */
static void find_size(struct sheet *s, int32_t *ret_spare, int32_t *ret_foot)
{
	for (int pass = 0; pass < 2; pass++) {
		int32_t least = s->photos == 0 ? 0 : pass ? PHOTO_FLOOR : PHOTO_LEAST;

		for (s->pen->scale = LARGEST; s->pen->scale >= SMALLEST;
			s->pen->scale -= STEP) {
			*ret_spare = spare(s, ret_foot);
			if (*ret_spare >= least || s->pen->rc != RC_OK)
				return;
			if (!pass &&
				s->pen->scale <= 840) /* smaller photos before tiny letters */
				break;
		}
	}
	give_way(s, ret_spare, ret_foot);
}

static void trial_mark(struct sheet *s)
{
	struct words w = {.x = SIDE,
		.y = 10200,
		.w = WIDE,
		.tenths = 110,
		.bold = true,
		.align = FIT_CENTER,
		.colour = RED};

	if (s->paper->trial)
		pen_text(s->pen,
			say_line(&s->say, say(&s->say, SAY_TRIAL, SAID_NONE, SAID_NONE)), &w);
}

static void draw(struct sheet *s)
{
	int32_t left, foot, extra;

	find_size(s, &left, &foot);
	if (s->photos > 0) {
		s->photo_h = left > PHOTO_MOST ? PHOTO_MOST : left < 1000 ? 1000 : left;
		left -= s->photo_h;
	}
	extra = left > 0 ? left / 6 : 0;
	extra = extra > 5000 ? 5000 : extra;
	s->pen->draw = true;
	trial_mark(s);
	part_photos(s, body(s, extra) + extra);
	part_foot(s, FOOT - foot);
}

static enum rc take(struct sheet *s, const struct json *page, struct err *e)
{
	struct str type;

	s->page = page;
	s->record = json_get(page, "record");
	s->facility = json_get(page, "facility");
	s->kind = json_get(page, "kind");
	if (s->record == NULL || s->facility == NULL || s->kind == NULL)
		return err_set(e, RC_INVALID, "this is no page of a notice");
	type = json_str(s->record, "type");
	s->type = say_name(&s->say, json_member(json_get(s->kind, "types"), type), type);
	s->results = (int)json_count(json_get(s->record, "results"));
	s->most = 1 << 20;
	return RC_OK;
}

enum rc notice_page(struct paper *p, const struct json *page,
	const struct str jpeg[NOTICE_PHOTOS], struct err *e)
{
	struct sheet s = {.paper = p, .pen = &p->pen, .say = p->say};
	enum rc rc;

	pen_page(&p->pen);
	rc = take(&s, page, e);
	if (rc != RC_OK)
		return rc;
	take_photos(&s, jpeg);
	draw(&s);
	return paper_page(p, e);
}
