/* Every kind of page from documents of tests/data/docs, in both languages: golden files, what
 * must and must not stand on a page, budgets in bytes, and hostile strings.
 *
 * With PAGES_OUT=FOLDER it writes all pages there as files instead (to look at them, and for
 * the browser tests); with GOLDEN=update it rewrites tests/data/golden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/web_checks.h"

/* Budgets of pages.md, raw bytes; 0: none stated. */
#define RESIDENT 12288
#define LABEL 9216

static const struct {
	const char *name;
	request_cb *handler;
	const char *arg; /* a name of the fixtures, or "=text" as it is */
	int status;
	unsigned budget;
	bool golden;
} pages[] = {
	{"on_time", web_label, "on_time", 200, RESIDENT, true},
	{"due_soon", web_label, "due_soon", 200, RESIDENT, true},
	{"overdue", web_label, "overdue", 200, RESIDENT, true},
	{"failed", web_label, "failed", 200, RESIDENT, true},
	{"no_record", web_label, "no_record", 200, RESIDENT, true},
	{"announced", web_label, "announced", 200, RESIDENT, true},
	{"suspended", web_label, "suspended", 200, RESIDENT, true},
	{"retired", web_label, "retired", 200, RESIDENT, true},
	{"many", web_label, "many", 200, RESIDENT, false},
	{"nyc", web_label, "nyc", 200, RESIDENT, true},
	{"nyc_flag", web_label, "nyc_flag", 200, RESIDENT, true},
	{"place_label", web_label, "place", 200, RESIDENT, true},
	{"void", web_label, "void", 410, LABEL, true},
	{"replaced", web_label, "replaced", 200, LABEL, true},
	{"blank", web_label, "blank", 200, LABEL, true},
	{"unknown", web_label, "=0K7M2Q9XH", 404, LABEL, true},
	{"facility", web_facility, "f-on_time", 200, RESIDENT, false},
	{"history", web_history, "f-on_time", 200, RESIDENT, true},
	{"history_long", web_history, "f-many", 200, 0, false},
	{"record_clean", web_record, "r-clean", 200, RESIDENT, true},
	{"record_test", web_record, "r-test", 200, RESIDENT, true},
	{"record_revised", web_record, "r-revised", 200, RESIDENT, true},
	{"record_withdrawn", web_record, "r-withdrawn", 200, RESIDENT, true},
	{"record_old", web_revision, "r-revised", 200, RESIDENT, true},
	{"record_nyc", web_record, "r-nyc", 200, RESIDENT, true},
	{"record_replied", web_record, "r-replied", 200, RESIDENT, true},
	{"place", web_place, "b-place", 200, RESIDENT, true},
	{"place_empty", web_place, "b-empty", 200, RESIDENT, false},
	{"home", web_home, "=", 200, LABEL, true},
	{"accessibility", web_accessibility, "=", 200, LABEL, false},
	{"privacy", web_privacy, "=", 200, LABEL, false},
	{"not_found", web_facility, "=nothing", 404, LABEL, true},
	{"hostile", web_label, "hostile", 200, 0, false},
	{"hostile_record", web_record, "r-hostile", 200, 0, false},
	{"hostile_history", web_history, "f-hostile", 200, 0, false},
};
#define NPAGES (sizeof pages / sizeof pages[0])

static struct got get(size_t i, struct harness_want w)
{
	struct str arg =
		pages[i].arg[0] == '=' ? str_c(pages[i].arg + 1) : harness_name(pages[i].arg);
	return harness_get(pages[i].handler, arg,
		pages[i].handler == web_revision ? STR("1") : STR_NONE, w);
}

static struct got get_name(const char *name, struct harness_want w)
{
	for (size_t i = 0; i < NPAGES; i++)
		if (strcmp(pages[i].name, name) == 0)
			return get(i, w);
	fail_msg("no page %s", name);
	return (struct got){0};
}

/* ---- tests ------------------------------------------------------------------------------ */

static void write_file(const char *path, struct str s)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	fclose(f);
}

/* The golden files hold no style: it is long, and a change of colour is no change of words. */
static struct str without_style(struct str s)
{
	ptrdiff_t from = str_find(s, STR("<style>")), to = str_find(s, STR("</style>"));
	if (from < 0 || to < from)
		return s;
	return arena_fmt(&harness_arena, "%.*s%.*s", STR_F(str_sub(s, 0, (size_t)from)),
		STR_F(str_sub(s, (size_t)to + 8, s.n)));
}

/* One tag a line, so that a difference can be read. */
static struct str lines(struct str s)
{
	struct sbuf b;
	sbuf_init(&b, 2u << 20);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '<' && i && s.p[i - 1] != '\n' && i + 1 < s.n &&
			s.p[i + 1] != '/')
			sbuf_byte(&b, '\n');
		sbuf_byte(&b, s.p[i]);
	}
	sbuf_byte(&b, '\n');
	struct str out = arena_str(&harness_arena, sbuf_view(&b));
	sbuf_release(&b);
	return out;
}

static void test_golden(void **state)
{
	(void)state;
	const char *update = getenv("GOLDEN");
	int bad = 0;
	for (size_t i = 0; i < NPAGES; i++) {
		for (int l = 0; l < LANG_COUNT && pages[i].golden; l++) {
			char path[256];
			snprintf(path, sizeof path, "tests/data/golden/%s.%s.html",
				pages[i].name, lang_tag((enum lang)l));
			struct got g = get(i, (struct harness_want){.lang = (enum lang)l});
			struct str now = lines(without_style(g.body));
			if (update && strcmp(update, "update") == 0) {
				write_file(path, now);
				continue;
			}
			if (!str_eq(harness_file(path), now)) {
				char was[264];
				snprintf(was, sizeof was, "%s.new", path);
				write_file(was, now);
				print_message("# differs: diff %s %s\n", path, was);
				bad++;
			}
		}
	}
	assert_int_equal(bad, 0);
}

static void test_status_and_budget(void **state)
{
	(void)state;
	for (size_t i = 0; i < NPAGES; i++) {
		for (int l = 0; l < LANG_COUNT; l++) {
			struct got g = get(i, (struct harness_want){.lang = (enum lang)l});
			if (g.status != pages[i].status)
				fail_msg("%s: status %d", pages[i].name, g.status);
			if (pages[i].budget && g.body.n > pages[i].budget)
				fail_msg("%s.%d: %zu bytes, at most %u", pages[i].name, l,
					g.body.n, pages[i].budget);
			assert_true(str_utf8(g.body));
		}
	}
}

/* Rules of pages.md that hold on each page. */
static void test_every_page(void **state)
{
	(void)state;
	for (size_t i = 0; i < NPAGES; i++) {
		for (int l = 0; l < LANG_COUNT; l++) {
			struct got g = get(i, (struct harness_want){.lang = (enum lang)l});
			HAS(g, l == LANG_ZH ? "<html lang=\"zh-CN\">" : "<html lang=\"en\">");
			HAS(g, l == LANG_ZH ? "?lang=en\"" : "?lang=zh-CN\"");
			HAS(g, "width=device-width,initial-scale=1\"");
			HAS(g, "wechat-enable-text-zoom-em");
			HAS(g, "href=\"data:,\"");
			HAS_NOT(g, "<script");
			HAS_NOT(g, "href=\"#\"");
			HAS_NOT(g, "<h1></h1>");
			HAS_NOT(g, "<title></title>");
			if (strncmp(pages[i].name, "hostile", 7) != 0) {
				HAS_NOT(g, "{{");
				HAS_NOT(g, " safe");
				HAS_NOT(g, "水是安全");
			}
		}
	}
}

static void test_states(void **state)
{
	(void)state;
	struct got g = get_name("on_time", zh);
	HAS(g, "按期清洗，");
	HAS(g, "<b>10</b>天前");
	HAS(g, "2026年11月12日 周四");
	HAS(g, "下次清洗最迟 <strong>2027年5月12日</strong>，还有171天");
	HAS(g, "8项全部合格");
	HAS(g, "E39 5F7 88M"); /* the number on the sticker */
	HAS(g, "qr.example.gov.cn");
	HAS(g, "本页不收费");
	HAS(g, "<p>清洗：上次2026年11月12日，之后6个月。</p>");
	HAS(g, "规定 sh-clean：《上海市生活饮用水卫生监督管理办法》");
	HAS(g, "规定 sh-test（同上）：水质每季度检测一次并向业主公示");
	g = get_name("announced", zh);
	HAS(g, "清洗：因台风，2026年11月20日之后3个工作日。否则最迟2027年2月20日。");
	HAS(g, "通知：沪防汛〔2026〕18号");
	HAS(g, "上次2026年11月20日，之后40个工作日。暂定：");
	g = get_name("failed", en);
	HAS(g, "Cleaning: at once after the failed result of 16 November 2026. Otherwise");
	g = get_name("no_record", en);
	HAS(g, "6 months after 1 June 2026, the first day of the facility here.");
	HAS(g, "Water test was due by 1 September 2026 (82 days late): 3 months after");
	g = get_name("suspended", en);
	HAS_NOT(g, "months after");
	g = get_name("on_time", en);
	HAS(g, "<b>10</b>days ago");
	HAS(g, "Thu 12 November 2026");
	HAS(g, "Next cleaning by <strong>12 May 2027</strong>, 171 days left");
	g = get_name("overdue", zh);
	HAS(g, "超期23天，");
	HAS(g, "还没清洗");
	HAS(g, "<b>206</b>天前");
	HAS(g, "最迟应在");
	HAS(g, "距今81天");
	HAS(g, "tel:4000000175");
	HAS(g, "tel:12345");
	g = get_name("failed", zh);
	HAS(g, "水质检测不合格，");
	HAS(g, "不合格的项目：浑浊度、总氯、菌落总数");
	HAS(g, "8项中3项不合格");
	g = get_name("no_record", zh);
	HAS(g, "还没有清洗记录");
	HAS(g, "目前没有管理单位");
	g = get_name("suspended", zh);
	HAS(g, "暂停使用");
	HAS(g, "屋面大修");
	HAS_NOT(g, "还有");
	g = get_name("due_soon", en);
	HAS(g, "due soon");
	HAS(g, "18 days left");
}

/* What firms say stands beside the result, in words on its page, in a line on the facility's;
 * a day that has passed is said to have passed. */
static void test_replies(void **state)
{
	(void)state;
	struct got g = get_name("record_replied", zh);
	HAS(g, "加药泵已更换，水箱已再次冲洗。");
	HAS(g, "文字未公开：含他人电话（");
	HAS(g, "申诉不成立");
	HAS(g, "采样点与方案一致。");
	HAS(g, "新结果待公布，最迟2026年12月1日");
	HAS(g, "不合格");
	g = get_name("failed", zh);
	HAS(g, "新结果待公布，最迟2026年12月1日");
	HAS_NOT(g, "加药泵");
	g = get_name("record_clean", zh);
	HAS_NOT(g, "当事人");
	struct harness_want later = zh;
	later.today = day_from_civil(2026, 12, 2);
	g = get_name("record_replied", later);
	HAS(g, "新结果应在2026年12月1日前公布，已超期");
	g = get_name("place_label", zh);
	HAS(g, "2026年11月20日起，多人反映标签不在登记的位置。");
	g = get_name("place", zh);
	HAS_NOT(g, "多人反映");
}

/* A record that was imported has neither cleaning, hour nor photo. */
static void test_imported(void **state)
{
	(void)state;
	struct got g = get_name("nyc", en);
	HAS(g, "E. coli");
	HAS(g, "absent");
	HAS_NOT(g, "class=\"ph\"");
	HAS_NOT(g, "published 20 November 2026");
	g = get_name("nyc_flag", en);
	HAS(g, "The report contradicts itself: no coliforms, yet E. coli present");
	HAS(g, "failed");
	g = get_name("record_nyc", zh);
	HAS(g, "报告自相矛盾");
	HAS(g, "nyc-tanks");
	HAS(g, "检测机构有资质");
	HAS(g, "<dd>否</dd>");
}

/* ?lang= goes on from page to page; Accept-Language does not need it. */
static void test_language_links(void **state)
{
	(void)state;
	struct got g =
		get_name("on_time", (struct harness_want){LANG_EN, true, false, false, 0});
	HAS(g, "/history?lang=en\"");
	HAS(g, "/privacy?lang=en\"");
	g = get_name("on_time", en);
	HAS(g, "/history\"");
}

static void test_stale(void **state)
{
	(void)state;
	struct got g =
		get_name("on_time", (struct harness_want){.lang = LANG_ZH, .stale = true});
	HAS(g, "本页数据截至2026年11月22日 9:30");
	g = get_name(
		"on_time", (struct harness_want){.lang = LANG_ZH, .stale = true, .json = true});
	HAS(g, "\"stale\":true");
}

/* The same document on other days. */
static void test_midnight(void **state)
{
	(void)state;
	struct got g = get_name("due_soon",
		(struct harness_want){.lang = LANG_ZH, .today = day_from_civil(2026, 12, 10)});
	HAS(g, "下次清洗最迟 <strong>今天</strong>（2026年12月10日）");
	g = get_name("due_soon",
		(struct harness_want){.lang = LANG_ZH, .today = day_from_civil(2026, 12, 11)});
	HAS(g, "超期1天，");
	g = get_name("on_time",
		(struct harness_want){.lang = LANG_ZH, .today = day_from_civil(2026, 11, 12)});
	HAS(g, ">今天</p>");
	g = get_name("due_soon",
		(struct harness_want){.lang = LANG_EN, .today = day_from_civil(2026, 12, 11)});
	HAS(g, "1 day overdue");
}

static void test_json(void **state)
{
	(void)state;
	const struct harness_want json = {.lang = LANG_ZH, .json = true};
	const char *const names[] = {"on_time", "overdue", "place_label", "void", "unknown",
		"facility", "history", "record_test", "place", "not_found", "hostile"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct got g = get_name(names[i], json);
		const struct json *v;
		struct err e;
		if (json_parse(&harness_arena, g.body, 1u << 20, false, &e, &v) != RC_OK)
			fail_msg("%s: %s\n%.*s", names[i], e.detail, STR_F(g.body));
	}
	struct got g = get_name("overdue", json);
	HAS(g, "{\"as_of\":\"2026-11-22T00:00:00+08:00\",\"state\":\"overdue\",\"days\":-23,"
	       "\"document\":{\"ref\":7,");
	HAS(g, "\"label\":{\"ref\":7,\"code\":\"NZ3ZXTB4F\"");
	/* The stored bytes, unchanged. */
	g = get_name("facility", json);
	assert_true(str_find(g.body, harness_doc[0].bytes) > 0);
	g = get_name("retired", json);
	HAS(g, "\"state\":\"retired\",\"days\":null");
	g = get_name("not_found", json);
	HAS(g, "\"error\":\"not_found\"");
}

/* Whatever stands in the documents comes out as text: the tags of a page are those of its
 * template (security.md 13). */
static void test_hostile(void **state)
{
	(void)state;
	static const char *const bad[] = {"<script", "<img src=x", "<svg onload", "<b>key",
		"<i>NTU", "<flag>", "</table>\"", "<h1>office", "\" onmouseover=\"",
		"href=\"javascript", "href='javascript"};
	static const char *const names[] = {"hostile", "hostile_record", "hostile_history"};
	for (size_t i = 0; i < 3; i++) {
		struct got g = get_name(names[i], en);
		for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
			HAS_NOT(g, bad[k]);
	}
	struct got g = get_name("hostile", en);
	HAS(g, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
	HAS(g, "tel:+86215550");
	HAS_NOT(g, "tel:4");
}

static void test_history(void **state)
{
	(void)state;
	struct got g = get_name("history_long", zh);
	HAS(g, "第1页，共2页");
	HAS(g, "/history/1\"");
	g = harness_get(web_history, harness_name("f-many"), STR("1"), zh);
	HAS(g, "第2页，共2页");
	HAS(g, "/history\">看更近的记录");
}

/* ---- writing pages ---------------------------------------------------------------------- */

static int dump(const char *folder)
{
	char path[512];
	mkdir(folder, 0755);
	for (size_t i = 0; i < NPAGES; i++) {
		for (int l = 0; l < LANG_COUNT; l++) {
			struct got g = get(i, (struct harness_want){.lang = (enum lang)l});
			snprintf(path, sizeof path, "%s/%s.%s.html", folder, pages[i].name,
				lang_tag((enum lang)l));
			write_file(path, g.body);
		}
	}
	struct got g =
		get_name("overdue", (struct harness_want){.lang = LANG_ZH, .stale = true});
	snprintf(path, sizeof path, "%s/stale.zh-CN.html", folder);
	write_file(path, g.body);
	g = harness_get(web_label, STR("E39SF788M"), STR_NONE, zh);
	snprintf(path, sizeof path, "%s/guess.zh-CN.html", folder);
	write_file(path, g.body);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_and_budget),
		cmocka_unit_test(test_every_page),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_imported),
		cmocka_unit_test(test_language_links),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_midnight),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_golden),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	harness_init();
	const char *out = getenv("PAGES_OUT");
	if (out)
		return dump(out);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
