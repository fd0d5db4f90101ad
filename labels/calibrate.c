/* Owns the calibration page: what to lay a ruler on.  Called by qrlabels and the jobs. */
#include "labels/calibrate.h"
#include "labels/pdf.h"
#include "labels/sheet.h"
#include "qrsvc/base/arena.h"

#define HAIR 80	 /* um */
#define ARM 6000 /* of a cross */

void calibrate_crosses(const struct label_template *t, int32_t near_[2], int32_t far_[2])
{
	const int32_t side[2] = {t->page_w, t->page_h};

	for (int i = 0; i < 2; i++) {
		int32_t in = side[i] < 100000 ? side[i] / 8 : 20000;

		/* Whole millimetres, so that a ruler can meet them. */
		near_[i] = in / 1000 * 1000;
		far_[i] = (side[i] - in) / 1000 * 1000;
	}
}

static void cross(struct page *p, const struct label_template *t, int32_t x, int32_t y)
{
	page_line(p, t, x - ARM, y, x + ARM, y, HAIR);
	page_line(p, t, x, y - ARM, x, y + ARM, HAIR);
}

/* A ruler of at most 100 mm from x y to the right or down. */
static void ruler(
	struct page *p, const struct label_template *t, int32_t x, int32_t y, bool down)
{
	int32_t room = (down ? t->page_h - y : t->page_w - x) - 5000;
	int32_t len = room > 100000 ? 100000 : room / 10000 * 10000;

	if (len <= 0)
		return;
	page_line(p, t, x, y, down ? x : x + len, down ? y + len : y, HAIR);
	for (int32_t mm = 0; mm <= len; mm += 1000) {
		int32_t tick = mm % 10000 == 0 ? 4000 : mm % 5000 == 0 ? 3000 : 1800;

		if (down)
			page_line(p, t, x, y + mm, x + tick, y + mm, HAIR);
		else
			page_line(p, t, x + mm, y, x + mm, y + tick, HAIR);
	}
}

static enum rc words(struct page *p, struct layout *l, const struct label_template *t,
	const int32_t near_[2], const int32_t far_[2], struct err *e)
{
	struct fit_box b = {.x = near_[0] + 8000,
		.y = near_[1] + 10000,
		.w = far_[0] - near_[0] - 16000,
		.h = far_[1] - near_[1] - 40000,
		.size = 4000,
		.min = 2000,
		.lines = 8};
	struct sink to = page_sink(p);
	char s[500];

	snprintf(s, sizeof s,
		"校准页 Calibration · %s. 按 100%% 打印。用尺量纸的左边到左右两个十字、上边到上下两"
		"个十字的距离(毫米)。Print at 100 %%. Measure in mm from the left edge of the paper "
		"to both crosses, and from the top edge: x %d and %d, y %d and %d are wanted.",
		t->name, near_[0] / 1000, far_[0] / 1000, near_[1] / 1000, far_[1] / 1000);
	if (b.w < 20000 || b.h < 10000)
		return RC_OK; /* a small label: crosses and outline only */
	page_whole(p, t);
	enum rc rc = layout_note(l, &b, s, &to, e);
	page_label_end(p);
	return rc;
}

static void draw(struct page *p, const struct label_template *t, const int32_t near_[2],
	const int32_t far_[2])
{
	for (unsigned i = 0; i < t->columns * t->rows; i++) {
		int32_t x, y;

		template_at(t, i, &x, &y);
		page_outline(p, t, x, y, t->w, t->h, t->radius, HAIR);
	}
	for (int i = 0; i < 4; i++)
		cross(p, t, i & 1 ? far_[0] : near_[0], i & 2 ? far_[1] : near_[1]);
	ruler(p, t, near_[0] + 8000, far_[1] - 12000, false);
	ruler(p, t, near_[0] + 8000, near_[1] + 45000, true);
}

enum rc label_calibrate(const struct label_options *o, struct err *e)
{
	const struct label_template *t = o->tpl;
	struct layout_plan plan = {.tpl = t, .fonts = o->fonts};
	struct layout *l = layout_new(&plan);
	struct pdf_packer *k = pdf_packer_new();
	struct pdf *d = pdf_new(o->fonts, STR("Calibration"), o->write, o->arg);
	int32_t near_[2], far_[2];
	struct sbuf plain, packed;
	struct page p;
	enum rc rc;

	page_init(&p);
	sbuf_init(&plain, 64u * 1024u * 1024u);
	sbuf_init(&packed, 64u * 1024u * 1024u);
	calibrate_crosses(t, near_, far_);
	page_begin(&p, t, &o->profile);
	draw(&p, t, near_, far_);
	rc = words(&p, l, t, near_, far_, e);
	if (rc == RC_OK) {
		pdf_resolve(d, &p, &plain);
		pdf_pack(k, sbuf_view(&plain), &packed);
		rc = pdf_page(d, sbuf_view(&packed), t->page_w, t->page_h, e);
	}
	if (rc == RC_OK)
		rc = pdf_end(d, e);
	sbuf_release(&plain);
	sbuf_release(&packed);
	page_release(&p);
	pdf_packer_free(k);
	pdf_free(d);
	layout_free(l);
	return rc;
}
