/* Golden files of the layout: what stands where, to a hundredth of a millimetre, on a choice of
 * templates.  A change moves what offices have printed, so it must be meant:
 * GOLDEN_UPDATE=1 build/release/tests/label_layout writes tests/labels/golden anew. */
#include "labels/layout.h"
#include "qrsvc/base/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define GOLDEN "tests/labels/golden"

static struct label_fonts *fonts;

struct dump {
	struct sbuf b;
	const struct label_template *t;
};

static int setup(void **state)
{
	struct err e = {0};

	(void)state;
	fonts = label_fonts_open(STR_NONE, &e);
	return fonts ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	label_fonts_free(fonts);
	return 0;
}

/* um as mm with two decimals: what a change of a font's last bit does not move. */
static void put(struct sbuf *b, int64_t um)
{
	int64_t h = (um < 0 ? um - 5 : um + 5) / 10;

	sbuf_fmt(b, " %s%lld.%02lld", h < 0 ? "-" : "", (long long)llabs(h) / 100,
		(long long)llabs(h) % 100);
}

static void on_box(void *arg, const struct tpl_box *x)
{
	struct dump *d = arg;

	sbuf_fmt(&d->b, "box %s", x->id);
	put(&d->b, x->x);
	put(&d->b, x->y);
	put(&d->b, x->w);
	put(&d->b, x->h);
	sbuf_byte(&d->b, '\n');
}

static void on_qr(void *arg, const struct qr *q, int32_t x, int32_t y, int32_t module)
{
	struct dump *d = arg;

	sbuf_puts(&d->b, "qr");
	put(&d->b, x);
	put(&d->b, y);
	sbuf_fmt(&d->b, " %d modules of %d nm\n", q->side, module);
}

static void put_utf8(struct sbuf *b, uint32_t c)
{
	char t[4];
	size_t n = 0;

	if (c < 0x80) {
		t[n++] = (char)c;
	} else if (c < 0x800) {
		t[n++] = (char)(0xc0 | c >> 6);
		t[n++] = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		t[n++] = (char)(0xe0 | c >> 12);
		t[n++] = (char)(0x80 | (c >> 6 & 63));
		t[n++] = (char)(0x80 | (c & 63));
	} else {
		t[n++] = (char)(0xf0 | c >> 18);
		t[n++] = (char)(0x80 | (c >> 12 & 63));
		t[n++] = (char)(0x80 | (c >> 6 & 63));
		t[n++] = (char)(0x80 | (c & 63));
	}
	sbuf_add(b, t, n);
}

/* Characters of a line in reading order: its runs cover a stretch of them. */
static void put_line(struct sbuf *b, const struct fitted *f, const struct fit_line *l)
{
	uint32_t low = UINT32_MAX, high = 0;

	for (uint32_t r = l->run0; r < l->run0 + l->runs; r++) {
		for (uint32_t i = 0; i < f->s.r[r].n; i++) {
			const struct glyph *g = &f->s.g[f->s.r[r].glyph + i];

			low = g->at < low ? g->at : low;
			high = g->at + g->len > high ? g->at + g->len : high;
		}
	}
	for (uint32_t i = low; i < high; i++)
		put_utf8(b, f->s.ch[i]);
}

static void on_text(
	void *arg, const struct tpl_text *x, const struct fitted *f, const struct fit_box *box)
{
	struct dump *d = arg;

	for (int i = 0; i < f->nlines; i++) {
		const struct fit_line *l = &f->line[i];

		sbuf_fmt(&d->b, "text %s", x->id);
		put(&d->b, l->x + box->x);
		put(&d->b, l->y + box->y);
		put(&d->b, (int64_t)l->width * f->size / FONT_EM);
		sbuf_puts(&d->b, " size");
		put(&d->b, f->size);
		sbuf_fmt(&d->b, " %s: ", fonts->all[f->s.r[l->run0].font].family);
		put_line(&d->b, f, l);
		sbuf_byte(&d->b, '\n');
		/* Whatever the golden file says: inside its box, inside the label. */
		assert_true(l->x >= 0);
		assert_true(l->x + (int64_t)l->width * f->size / FONT_EM <= box->w);
		assert_true(box->y + l->y <= d->t->h);
	}
}

static void slurp(const char *path, struct sbuf *b)
{
	FILE *f = fopen(path, "r");
	char buf[4096];
	size_t n;

	if (f == NULL)
		return;
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		sbuf_add(b, buf, n);
	fclose(f);
}

static void compare(const char *name, struct sbuf *got)
{
	char path[200];
	struct sbuf want;

	snprintf(path, sizeof path, GOLDEN "/%s.txt", name);
	if (getenv("GOLDEN_UPDATE") != NULL) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fwrite(got->p, 1, got->n, f);
		fclose(f);
		return;
	}
	sbuf_init(&want, 1u << 20);
	slurp(path, &want);
	if (!str_eq(sbuf_view(&want), sbuf_view(got))) {
		struct str a = sbuf_view(&want), b = sbuf_view(got);

		while (a.p != NULL || b.p != NULL) {
			struct str x = str_cut(&a, '\n'), y = str_cut(&b, '\n');

			if (str_eq(x, y))
				continue;
			print_message("# want %.*s\n# got  %.*s\n", STR_F(x), STR_F(y));
		}
		fail_msg("%s has another layout than %s", name, path);
	}
	sbuf_release(&want);
}

static const char long_name[] =
	"上海市虹口区凉城新村街道广灵四路第一百二十八弄锦苑小区东区七号楼"
	"屋顶生活水箱及地下室水泵房联合清洗公示点位编号甲零一";

static const char *const rows[][LABEL_FIELDS] = {
	{[LABEL_CODE] = "0K7M2Q9XH",
		[LABEL_LINE1] = "锦苑小区7号楼屋顶水箱",
		[LABEL_LINE2] = "生活水箱 12 m³",
		[LABEL_PLACE] = "广灵四路128弄",
		[LABEL_SPOT] = "2层楼梯间",
		[LABEL_ORG] = "凉城新村街道",
		[LABEL_PHONE] = "12345"},
	{[LABEL_CODE] = "7ZZZZZZZC",
		[LABEL_LINE1] = long_name,
		[LABEL_PLACE] = "ئۈرۈمچى شەھىرى، غەربىي شىمال يولى 25-نومۇر",
		[LABEL_SPOT] = "ལྷ་ས་གྲོང་ཁྱེར།"},
	{[LABEL_CODE] = "00000002Y"}, /* blank: bound on site */
};

static void golden(void **state)
{
	const char *name = *state;
	struct err e = {0};
	struct label_template *t = label_template_load(name, "labels/templates", &e);
	struct label_options o = {
		.tpl = t, .fonts = fonts, .base = STR("https://qr.example.gov.cn")};
	struct layout_plan plan;
	struct dump d = {.t = t};
	struct sink to = {&d, on_box, on_qr, on_text};

	assert_non_null(t);
	sbuf_init(&d.b, 1u << 20);
	assert_int_equal(layout_plan(&o, &plan, &e), RC_OK);
	struct layout *l = layout_new(&plan);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct label_row row = {.number = i + 1};
		char url[96];

		for (int f = 0; f < LABEL_FIELDS; f++)
			row.field[f] = str_c(rows[i][f]);
		enum rc rc = layout_row(l, &row, &to, url, &e);

		sbuf_fmt(&d.b, "%s\n\n", rc == RC_OK ? url : e.detail);
	}
	compare(name, &d.b);
	sbuf_release(&d.b);
	layout_free(l);
	label_template_free(t);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
#define GOLDEN_OF(n) cmocka_unit_test_prestate(golden, n)
	const struct CMUnitTest tests[] = {GOLDEN_OF("a4-24"), GOLDEN_OF("avery-l7160"),
		GOLDEN_OF("avery-5160"), GOLDEN_OF("stairwell-a4-8"), GOLDEN_OF("poster-a4"),
		GOLDEN_OF("plate-120"), GOLDEN_OF("roll-40x30"), GOLDEN_OF("roll-60x80"),
		GOLDEN_OF("brother-62x29")};

	return cmocka_run_group_tests_name("label layout", tests, setup, teardown);
}
