/* Pages of people who work with records, from documents as sql/STAFF.md gives them: what must
 * and must not stand there, bytes, and hostile strings.  With PAGES_OUT=FOLDER all pages are
 * written there as files, to look at them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "qrsvc/base/clock.h"
#include "qrsvc/http/msg.h"
#include "qrsvc/web/work.h"

/* pages.md: an inspector's form, raw bytes. */
#define FORM_BUDGET 8192

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID "7d444840-9dc0-4d1b-b0f5-1b7a6a0f0f01"
#define ME                                                                                      \
	"\"me\":{\"account\":3,\"login\":\"li\",\"name\":\"李师傅\",\"role\":\"inspector\"," \
	"\"rights\":[\"view\",\"submit\"],\"party\":{\"id\":7,\"name\":\"清源\"},\"reauth\":false}"
#define WHERE                                                                                           \
	"\"facility\":{\"code\":\"0K7M2Q9XH\",\"kind\":\"roof_tank\",\"place\":\"中环家园小区\"," \
	"\"building\":\"75号楼\"}"

static const char form_doc[] =
	"{" ME ",\"ref\":7,\"id\":\"" ID "\"," WHERE ",\"type\":\"clean\",\"types\":[\"clean\","
	"\"inspect\",\"repair\"],\"roles\":[{\"role\":\"cleaner\",\"required\":true,\"parties\":[{"
	"\"id\":7,\"name\":\"上海清源水箱清洗有限公司\",\"filing_state\":\"valid\"}]}],\"slots\":[{"
	"\"slot\":\"before\",\"required\":true},{\"slot\":\"during\",\"required\":false},{\"slot\":"
	"\"after\",\"required\":true},{\"slot\":\"lid\",\"required\":false}],\"photos_min\":2,"
	"\"fields\":[{\"field\":\"disinfectant\",\"type\":\"text\"},{\"field\":\"amount\",\"type\":"
	"\"text\"},{\"field\":\"workers\",\"type\":\"integer\",\"required\":true},{\"field\":"
	"\"witnesses\",\"type\":\"integer\"}],\"items\":[{\"item\":\"turbidity\",\"unit\":\"NTU\","
	"\"limit\":{\"op\":\"<=\",\"hi\":\"1\"}},{\"item\":\"free_chlorine\",\"unit\":\"mg/L\","
	"\"limit\":{\"op\":\"range\",\"lo\":\"0.05\",\"hi\":\"2\"}}],\"item_words\":["
	"\"not_detected\",\"detected\"],\"publish\":{\"mode\":\"manager\"},\"zone\":"
	"\"Asia/Shanghai\"}";

#define REC                                                                                                  \
	"{\"id\":\"" ID "\",\"facility\":\"0K7M2Q9XH\",\"kind\":\"roof_tank\",\"place\":"                    \
	"\"中环家园小区\",\"building\":\"75号楼\",\"type\":\"clean\",\"state\":\"returned\",\"on\":" \
	"\"2026-11-12\",\"rev\":2,\"by\":\"李师傅\",\"reason\":\"照片看不清\",\"verdict\":\"none\"}"
#define FAC                                                                                             \
	"{\"code\":\"0K7M2Q9XH\",\"kind\":\"roof_tank\",\"place\":\"中环家园小区\",\"building\":" \
	"\"75号楼\",\"state\":\"overdue\",\"type\":\"clean\",\"due\":\"2026-11-12\",\"days\":-10,"    \
	"\"m\":120}"

static const char home_doc[] = "{" ME ",\"ref\":7,\"today\":\"2026-11-22\",\"counts\":{"
			       "\"facilities\":12,\"overdue\":1,\"failed\":0,\"due_soon\":2},"
			       "\"returned\":[" REC "],\"drafts\":[],\"waiting\":[],"
			       "\"facilities\":[" FAC "," FAC "," FAC "]}";

#define RECORD                                                                                          \
	"\"record\":{\"id\":\"" ID "\",\"seq\":17,\"rev\":1,\"type\":\"clean\",\"from\":"               \
	"\"2026-11-22T08:00:00+08:00\",\"to\":\"2026-11-22T09:00:00+08:00\",\"received\":"              \
	"\"2026-11-22T09:31:00+08:00\",\"parties\":[{\"role\":\"cleaner\",\"name\":\"清源\","         \
	"\"filing\":\"沪水备 1\"}],\"fields\":{\"workers\":2},\"results\":[{\"item\":\"turbidity\"," \
	"\"num\":\"3\",\"unit\":\"NTU\",\"limit\":{\"op\":\"<=\",\"hi\":\"1\"},\"verdict\":"            \
	"\"fail\"}],\"verdict\":\"fail\",\"photos\":[{\"slot\":\"before\",\"sha256\":\"" HASH           \
	"\",\"w\":1280,\"h\":960,\"taken\":\"08:05\"},{\"slot\":\"after\",\"gone\":\"redacted\"}],"     \
	"\"hash\":\"" HASH "\"}"

static const char record_doc[] =
	"{" ME ",\"ref\":7," WHERE "," RECORD
	",\"state\":\"submitted\",\"rev\":1,\"by\":\"李师傅\","
	"\"note\":\"门锁坏了\",\"revisions\":[{\"rev\":1,\"act\":\"put\",\"state\":\"submitted\","
	"\"at\":\"2026-11-22T09:31:00+08:00\",\"by\":\"李师傅\"}],\"signs\":[{\"n\":1,\"state\":"
	"\"open\",\"until\":\"2026-12-06T09:31:00+08:00\"}],\"publish\":{\"mode\":\"owners\","
	"\"signs\":2},\"warnings\":[{\"what\":\"time_far\",\"slot\":\"before\",\"minutes\":190},{"
	"\"what\":\"photo_similar\",\"slot\":\"before\",\"on\":\"2026-05-14\"},{\"what\":"
	"\"far_away\",\"slot\":\"before\",\"m\":900}],\"can\":[\"confirm\",\"return\",\"withdraw\","
	"\"correct\",\"redact\",\"sign\"],\"body\":{}}";

static const char facility_doc[] =
	"{" ME
	",\"ref\":7,\"facility\":{\"code\":\"0K7M2Q9XH\",\"kind\":\"roof_tank\",\"place\":{"
	"\"code\":\"P\",\"name\":\"中环家园小区\",\"address\":\"宁夏路1号\"},\"building\":\"75号楼\","
	"\"status\":\"in_service\",\"duties\":[],\"records\":[]},\"records\":[" REC
	"],\"types\":[\"clean\",\"test\"],\"labels\":[{\"code\":\"E395F788M\",\"spot\":\"2楼\","
	"\"since\":\"2026-01-01\",\"damaged\":true}],\"can\":[\"submit\"]}";

static struct arena arena;
static const struct json *ref;
static struct site site = {.base_url = {"https://qr.example.gov.cn", 25},
	.host = {"qr.example.gov.cn", 17},
	.name = {"桥东区", 9},
	.name_en = {"Qiaodong District", 17}};

static const struct json *parse(struct str text)
{
	const struct json *v = NULL;
	struct err e;
	if (json_parse(&arena, text, 1u << 20, false, &e, &v) != RC_OK)
		fail_msg("%s", e.detail);
	return v;
}

static void keep(const char *name, enum lang lang, struct str html)
{
	const char *folder = getenv("PAGES_OUT");
	if (!folder)
		return;
	struct str path = arena_fmt(&arena, "%s/%s.%s.html", folder, name, lang_tag(lang));
	FILE *f = fopen(path.p, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(html.p, 1, html.n, f), html.n);
	assert_int_equal(fclose(f), 0);
}

/* Renders kind over a document; query: of the address; arg: rq->user. */
static struct str show(const char *name, const struct staff_kind *kind, const char *doc,
	const char *query, void *arg, enum lang lang)
{
	struct http_request http = {.query = str_c(query)};
	struct request rq = {
		.http = &http, .site = &site, .arena = &arena, .lang = lang, .user = arg};
	struct staff_view sv = {.rq = &rq,
		.doc = parse(str_c(doc)),
		.ref = ref,
		.csrf = STR("FmZ4Yq0pXh0d5m1cZlqg9JY3yqzVYJQ1x4kR0TnXoXk"),
		.arg = arg};
	struct sbuf out;
	sv.me = json_get(sv.doc, "me");
	sbuf_init(&out, 1u << 20);
	struct page pg = {.out = &out,
		.arena = &arena,
		.site = &site,
		.lang = lang,
		.today = day_from_civil(2026, 11, 22),
		.as_of = clock_day_start(day_from_civil(2026, 11, 22)) + 34200 * US_PER_S,
		.status = 200};
	assert_int_equal(kind->render(&pg, &sv), RC_OK);
	struct str html = arena_str(&arena, sbuf_view(&out));
	sbuf_release(&out);
	keep(name, lang, html);
	return html;
}

static void has(struct str html, const char *text)
{
	if (!strstr(html.p, text))
		fail_msg("missing: %s\n%s", text, html.p);
}

static void has_not(struct str html, const char *text)
{
	const char *at = strstr(html.p, text);
	if (at)
		fail_msg("there is: %.200s", at);
}

/* Boxes of a set of cells, as text: "x,y,w,h ..". */
static const char *boxes(int64_t w, int64_t h, uint64_t cells)
{
	struct photo_boxes b;
	struct sbuf s;
	work_boxes(work_grid(w, h), cells, &b);
	assert_true(photo_boxes_valid(&b));
	sbuf_init(&s, 4096);
	for (uint32_t i = 0; i < b.n; i++)
		sbuf_fmt(&s, "%s%d,%d,%d,%d", i ? " " : "", b.box[i].x, b.box[i].y, b.box[i].w,
			b.box[i].h);
	const char *text = arena_fmt(&arena, "%.*s", STR_F(sbuf_view(&s))).p;
	sbuf_release(&s);
	return text;
}

static void test_boxes(void **state)
{
	(void)state;
	assert_string_equal(boxes(4, 3, 0), "");
	assert_string_equal(boxes(4, 3, 1), "0,0,125,167");
	assert_string_equal(boxes(3, 4, 1), "0,0,167,125");
	assert_string_equal(boxes(3, 3, 1), "0,0,167,125");
	assert_string_equal(boxes(4, 3, UINT64_C(1) << 47), "875,833,125,167");
	assert_string_equal(boxes(4, 3, (UINT64_C(1) << 48) - 1), "0,0,1000,1000");
	assert_string_equal(boxes(3, 4, (UINT64_C(1) << 48) - 1), "0,0,1000,1000");
	/* Neighbours beside and below are one; the end of a row is none of the next one's. */
	assert_string_equal(boxes(4, 3, 0x0303), "0,0,250,334");
	assert_string_equal(boxes(4, 3, 0x0180), "875,0,125,167 0,166,125,168");
	assert_string_equal(boxes(4, 3, 0x0301), "0,0,125,334 125,166,125,168");
}

/* How often the middle of each cell is covered: once if it was chosen, else never. */
static void covers(struct work_grid g, uint64_t cells)
{
	struct photo_boxes b;
	work_boxes(g, cells, &b);
	assert_true(photo_boxes_valid(&b));
	for (int n = 0; n < WORK_CELLS; n++) {
		int x = (n % g.columns * 2 + 1) * 500 / g.columns,
		    y = (n / g.columns * 2 + 1) * 500 / g.rows, times = 0;
		for (const struct photo_box *p = b.box; p < b.box + b.n; p++)
			times += x >= p->x && x < p->x + p->w && y >= p->y && y < p->y + p->h;
		assert_int_equal(times, cells >> n & 1);
	}
}

/* No choice needs more boxes than there may be, and none loses a cell. */
static void test_any_cells(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int shape = 0; shape < 2; shape++) {
		struct work_grid g = work_grid(shape, 1 - shape);
		for (uint64_t even = 0, i = 0; i < 2; i++, even = 0) {
			for (int n = 0; n < WORK_CELLS; n++)
				if ((n / g.columns + n % g.columns) % 2 == (int)i)
					even |= UINT64_C(1) << n;
			covers(g, even); /* a chessboard: the most there can be */
		}
		for (int i = 0; i < 2000; i++) {
			seed = seed * UINT64_C(6364136223846793005) +
			       UINT64_C(1442695040888963407);
			covers(g, seed >> 16);
		}
	}
}

static void test_redact(void **state)
{
	(void)state;
	for (int l = 0; l < LANG_COUNT; l++) {
		struct str html = show(
			"redact", &work_redact_kind, record_doc, "pos=1", NULL, (enum lang)l);
		printf("# redact %s: %zu bytes\n", lang_tag((enum lang)l), html.n);
		assert_true(html.n <= 12288);
		has(html, "/staff/p/" HASH "-1280.jpg");
		has(html, "name=\"act\" value=\"black\"");
		has(html, "name=\"act\" value=\"remove\"");
		has(html, "name=\"cell-0\"");
		has(html, l == LANG_ZH ? "name=\"cell-47\" aria-label=\"第6行第8列\""
				       : "name=\"cell-47\" aria-label=\"row 6, column 8\"");
		has_not(html, "cell-48");
		has_not(html, " checked");
		has_not(html, "<script>");
	}
}

static void test_form(void **state)
{
	(void)state;
	for (int l = 0; l < LANG_COUNT; l++) {
		struct str html = show("form", &work_form_kind, form_doc, "type=clean",
			work_form_new(&arena), (enum lang)l);
		printf("# form %s: %zu bytes\n", lang_tag((enum lang)l), html.n);
		assert_true(html.n <= FORM_BUDGET);
		has(html, "enctype=\"multipart/form-data\"");
		has(html, "name=\"key\" value=\"" ID "\"");
		has(html, "type=\"datetime-local\" value=\"2026-11-22T09:30\"");
		has(html, "<option value=\"7\" selected>");
		has(html, "inputmode=\"decimal\"");
		has(html, "0.05");
		has(html, "id=\"photos-before\" name=\"photos-before\" accept=\"image/*\" "
			  "capture=\"environment\" required");
		has_not(html, "<script>");
		has_not(html, "class=\"err\"");
	}
}

static void test_record(void **state)
{
	(void)state;
	for (int l = 0; l < LANG_COUNT; l++) {
		struct str html = show(
			"receipt", &work_record_kind, record_doc, "new=1", NULL, (enum lang)l);
		has(html, "role=\"status\"");
		has(html, "<b>17</b>");
		has(html, "<code>0123456789ab</code>");
		has(html, "/staff/p/" HASH "-320.jpg");
		has(html, "value=\"confirm\"");
		has(html, "/staff/r/" ID "/redact?pos=1");
		has(html, "/staff/r/" ID "/edit");
		html = show("record", &work_record_kind, record_doc, "", NULL, (enum lang)l);
		has_not(html, "role=\"status\"");
	}
	struct str html = show("record", &work_record_kind, record_doc, "", NULL, LANG_ZH);
	has(html, "拍摄时间和填的时间差3小时");
	has(html, "和以前的照片很像（2026年5月14日）");
	has(html, "拍摄地点离设施900米");
	has(html, "清洗后：照片已删除");
	has(html, "等2位业主代表签字后公布");
	has(html, "门锁坏了");
	struct work_link link = {STR("TOKEN"), STR("2026-12-06T09:31:00+08:00")};
	html = show("record_link", &work_record_kind, record_doc, "", &link, LANG_ZH);
	has(html, "https://qr.example.gov.cn/s/TOKEN");
}

static void test_lists(void **state)
{
	(void)state;
	for (int l = 0; l < LANG_COUNT; l++) {
		struct str html =
			show("home", &work_home_kind, home_doc, "", NULL, (enum lang)l);
		has(html, "/staff/r/" ID);
		has(html, "/staff/f/0K7M2Q9XH");
		has(html, "照片看不清");
		html = show(
			"facility", &work_facility_kind, facility_doc, "", NULL, (enum lang)l);
		has(html, "/staff/f/0K7M2Q9XH/new?type=test");
		has(html, "0K7 M2Q 9XH");
	}
	struct str html = show("home", &work_home_kind, home_doc, "", NULL, LANG_ZH);
	has(html, "1处超期，0处不合格，2处快到期。");
	has(html, "120米");
	has(html, "已超10天");
}

/* Whatever a document holds comes out as text. */
static void test_hostile(void **state)
{
	(void)state;
	static const char evil[] = "\\\"><script>alert(1)</script>'&<!--";
	static const struct {
		const char *doc, *from;
		const struct staff_kind *kind;
	} table[] = {{record_doc, "门锁坏了", &work_record_kind},
		{record_doc, "中环家园小区", &work_record_kind},
		{record_doc, "before", &work_record_kind},
		{record_doc, "李师傅", &work_record_kind},
		{home_doc, "照片看不清", &work_home_kind},
		{home_doc, "0K7M2Q9XH", &work_home_kind},
		{facility_doc, "2楼", &work_facility_kind},
		{form_doc, "75号楼", &work_form_kind},
		{form_doc, "disinfectant", &work_form_kind}, {form_doc, ID, &work_form_kind}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct sbuf b;
		sbuf_init(&b, 1u << 20);
		struct str rest = str_c(table[i].doc), from = str_c(table[i].from);
		for (ptrdiff_t at; (at = str_find(rest, from)) >= 0;) {
			sbuf_add(&b, rest.p, (size_t)at);
			sbuf_puts(&b, evil);
			rest = str_sub(rest, (size_t)at + from.n, rest.n);
		}
		sbuf_str(&b, rest);
		struct str doc = arena_str(&arena, sbuf_view(&b));
		sbuf_release(&b);
		assert_null(strstr(doc.p, table[i].from));
		struct str html = show("hostile", table[i].kind, doc.p, "",
			table[i].kind == &work_form_kind ? work_form_new(&arena) : NULL,
			LANG_EN);
		has_not(html, "<script>");
		has_not(html, "<!--");
	}
}

/* Nothing but an object: every page stands it or says that there is no such thing. */
static void test_empty(void **state)
{
	(void)state;
	show("empty", &work_record_kind, "{}", "", NULL, LANG_ZH);
	show("empty", &work_home_kind, "{}", "", NULL, LANG_ZH);
	show("empty", &work_facility_kind, "{}", "", NULL, LANG_ZH);
}

static void load_reference(void)
{
	FILE *f = fopen("tests/data/docs/documents.tsv", "rb");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	static const char head[] = "reference\t7\t";
	if (!f)
		exit(99);
	while ((n = getline(&line, &cap, f)) > 0)
		if (strncmp(line, head, sizeof head - 1) == 0)
			ref = parse(
				(struct str){line + sizeof head - 1, (size_t)n - sizeof head});
	free(line);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_any_cells), cmocka_unit_test(test_redact),
		cmocka_unit_test(test_form), cmocka_unit_test(test_record),
		cmocka_unit_test(test_lists), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_empty)};
	if (!clock_zone("Asia/Shanghai"))
		return 99;
	arena_init(&arena);
	load_reference();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
