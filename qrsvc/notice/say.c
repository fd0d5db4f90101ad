/* Owns the words of a notice and how dates, numbers and limits are written.  Never places
 * anything. Called by notice.c and parts.c. */
#include "qrsvc/notice/say.h"

#include "qrsvc/base/clock.h"
#include "qrsvc/base/sbuf.h"

#define TEXT_MAX 16384

static const struct {
	const char *zh, *en;
} words[SAY_WORDS] = {
	[SAY_NOTICE] = {"公示单", "Public notice"},
	[SAY_WHEN] = {"{}时间", "Time of {}"},
	[SAY_FILING] = {"备案（资质）号", "Filing no."},
	[SAY_NEXT] = {"下次{}", "Next {}"},
	[SAY_BY] = {"不迟于 {}", "due by {}"},
	[SAY_ITEM] = {"项目", "Item"},
	[SAY_VALUE] = {"结果", "Result"},
	[SAY_LIMIT] = {"限值", "Limit"},
	[SAY_VERDICT] = {"判定", "Verdict"},
	[SAY_PASS] = {"合格", "Pass"},
	[SAY_FAIL] = {"不合格", "Fail"},
	[SAY_LIMITS_OF] = {"限值依据", "Limits by"},
	[SAY_ALL_PASS] = {"{} 项检测，全部合格", "{} results, all passed"},
	[SAY_SOME_FAIL] = {"{} 项不合格", "{} failed"},
	[SAY_SOME_PASS] = {"{} 项合格，共 {} 项", "{} of {} results passed"},
	[SAY_ALL_BACK] = {"合格", "Passed"},
	[SAY_ALL_BAD] = {"不合格", "Failed"},
	[SAY_NO_PHOTO] = {"照片已撤下", "photo withdrawn"},
	[SAY_SCAN] = {"扫码查看本设施全部公开记录", "Scan for all public records"},
	[SAY_OFFICE] = {"监督单位", "Responsible office"},
	[SAY_PHONE] = {"电话", "Phone"},
	[SAY_POSTED_BY] = {"公示单位", "Posted by"},
	[SAY_POSTED_ON] = {"公示日期", "Posted on"},
	[SAY_LATEST] = {"不迟于 {}", "by {}"},
	[SAY_BASIS] = {"公示依据", "Basis"},
	[SAY_WITHIN] = {"结束后 {} 小时内公示", "to be posted within {} hours of the work"},
	[SAY_STAMP] = {"（盖章）", "(stamp)"},
	[SAY_TRIAL] = {"试用，不得张贴", "Trial, not for posting"},
	[SAY_MORE] = {"另有 {} 项结果，请扫码查看", "{} more results: scan the code"},
	[SAY_RECORD] = {"记录", "Record"},
	[SAY_CHECK] = {"校验码", "Check"},
	[SAY_SERVES] = {"供水范围", "Serves"},
	[SAY_YES] = {"是", "yes"},
	[SAY_NO] = {"否", "no"},
	[SAY_CLEANER] = {"作业单位", "Done by"},
	[SAY_LAB] = {"检测单位", "Tested by"},
	[SAY_INSPECTOR] = {"检查单位", "Inspected by"},
	[SAY_REPAIRER] = {"维修单位", "Repaired by"},
	[SAY_PARTY] = {"参与单位", "With"},
	[SAY_CORRECTED] = {"第 {} 版（已更正）", "revision {} (corrected)"},
};

enum paper_lang paper_lang(struct str tag)
{
	return str_eq(tag, STR("both")) ? PAPER_BOTH
	       : str_eq(tag, STR("en")) ? PAPER_EN
					: PAPER_ZH;
}

struct said say_plain(struct str text)
{
	return (struct said){text, STR_NONE};
}

static struct str filled(const struct sayer *s, const char *form, struct str a, struct str b)
{
	const struct str arg[2] = {a, b};
	struct sbuf out;
	int n = 0;

	sbuf_init(&out, TEXT_MAX);
	for (const char *p = form; *p; p++)
		if (p[0] == '{' && p[1] == '}') {
			sbuf_str(&out, arg[n < 2 ? n : 1]);
			n++;
			p++;
		} else {
			sbuf_byte(&out, *p);
		}
	struct str text = arena_str(s->arena, sbuf_view(&out));

	sbuf_release(&out);
	return text;
}

/* Of a said: the Chinese and the English wording, whichever the notice has. */
static struct str second(struct said t)
{
	return t.other.n ? t.other : t.main;
}

struct said say(const struct sayer *s, enum say_word w, struct said a, struct said b)
{
	struct said t = {STR_NONE, STR_NONE};

	if (s->lang == PAPER_EN)
		t.main = filled(s, words[w].en, a.main, b.main);
	else
		t.main = filled(s, words[w].zh, a.main, b.main);
	if (s->lang == PAPER_BOTH)
		t.other = filled(s, words[w].en, second(a), second(b));
	return t;
}

struct said say_name(const struct sayer *s, const struct json *names, struct str fallback)
{
	const struct json *inner = json_get(names, "name");
	const struct json *of = inner ? inner : names;
	struct str zh = json_str(of, "zh-CN"), en = json_str(of, "en");

	if (!zh.n && !en.n) {
		json_each (x, of) /* in whatever language there is */
			if (!zh.n)
				zh = json_text(x);
		if (!zh.n)
			return say_plain(fallback);
	}
	if (s->lang == PAPER_EN)
		return say_plain(en.n ? en : zh);
	if (!zh.n)
		return say_plain(en);
	return (struct said){zh, s->lang == PAPER_BOTH && en.n ? en : STR_NONE};
}

/* ---- dates ------------------------------------------------------------------------------- */

static const char *const months[] = {"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December"};

static struct str day_in(const struct sayer *s, const struct civil *c, bool english)
{
	return english ? arena_fmt(s->arena, "%d %s %d", c->day, months[c->month - 1], c->year)
		       : arena_fmt(s->arena, "%d年%d月%d日", c->year, c->month, c->day);
}

static struct str how_day(const struct sayer *s, int32_t day, bool english)
{
	struct civil c = day_to_civil(day);

	return day_in(s, &c, english);
}

struct said say_day(const struct sayer *s, int32_t day)
{
	struct said t = SAID_NONE;

	if (day == DAY_NONE)
		return t;
	t.main = how_day(s, day, s->lang == PAPER_EN);
	if (s->lang == PAPER_BOTH)
		t.other = how_day(s, day, true);
	return t;
}

static struct str how_time(const struct sayer *s, int64_t us, bool english)
{
	struct civil c = clock_civil(us);

	return arena_fmt(s->arena, "%.*s%s%d:%02d", STR_F(day_in(s, &c, english)),
		english ? ", " : " ", c.hour, c.minute);
}

struct said say_time(const struct sayer *s, int64_t us)
{
	struct said t = {how_time(s, us, s->lang == PAPER_EN), STR_NONE};

	if (s->lang == PAPER_BOTH)
		t.other = how_time(s, us, true);
	return t;
}

static struct str how_span(const struct sayer *s, int64_t from, int64_t to, bool english)
{
	struct str begin = how_time(s, from, english);
	struct civil end = clock_civil(to);

	if (clock_day(from) == clock_day(to))
		return arena_fmt(s->arena, english ? "%.*s–%d:%02d" : "%.*s 至 %d:%02d",
			STR_F(begin), end.hour, end.minute);
	return arena_fmt(s->arena, english ? "%.*s to %.*s" : "%.*s 至 %.*s", STR_F(begin),
		STR_F(how_time(s, to, english)));
}

struct said say_when(const struct sayer *s, const struct json *record)
{
	int64_t from, to;

	if (!json_instant(record, "to", &to))
		return say_day(s, json_day(record, "date"));
	if (!json_instant(record, "from", &from) || from >= to)
		return say_time(s, to);
	struct said t = {how_span(s, from, to, s->lang == PAPER_EN), STR_NONE};

	if (s->lang == PAPER_BOTH)
		t.other = how_span(s, from, to, true);
	return t;
}

/* ---- values ------------------------------------------------------------------------------ */

static struct str sign(struct str op)
{
	return str_eq(op, STR("<="))   ? STR("≤ ")
	       : str_eq(op, STR(">=")) ? STR("≥ ")
	       : str_eq(op, STR("<"))  ? STR("< ")
	       : str_eq(op, STR(">"))  ? STR("> ")
				       : STR("");
}

static struct said word_of(const struct sayer *s, const struct json *page, struct str code)
{
	return say_name(s, json_member(json_get(page, "words"), code), code);
}

struct said say_result(
	const struct sayer *s, const struct json *page, const struct json *result)
{
	struct str word = json_str(result, "word"), unit = json_str(result, "unit"),
		   op = sign(json_str(result, "op")), num = json_str(result, "num");

	if (word.n)
		return word_of(s, page, word);
	struct str value = arena_fmt(s->arena, "%.*s%.*s", STR_F(op), STR_F(num));
	const struct json *names = json_member(json_get(page, "units"), unit);

	if (!unit.n || (names && !say_name(s, names, STR_NONE).main.n))
		return say_plain(value); /* pH has a unit without a name */
	struct said name = say_name(s, names, unit);
	struct said t = {
		arena_fmt(s->arena, "%.*s %.*s", STR_F(value), STR_F(name.main)), STR_NONE};

	if (name.other.n && !str_eq(name.other, name.main))
		t.other = arena_fmt(s->arena, "%.*s %.*s", STR_F(value), STR_F(name.other));
	return t;
}

struct said say_limit(const struct sayer *s, const struct json *page, const struct json *limit)
{
	struct str op = json_str(limit, "op"), lo = json_str(limit, "lo"),
		   hi = json_str(limit, "hi"), word = json_str(limit, "word");

	if (word.n)
		return word_of(s, page, word);
	if (lo.n && hi.n)
		return say_plain(arena_fmt(s->arena, "%.*s–%.*s", STR_F(lo), STR_F(hi)));
	struct str bound = hi.n ? hi : lo;

	if (!bound.n)
		return SAID_NONE;
	return say_plain(arena_fmt(s->arena, "%.*s%.*s", STR_F(sign(op)), STR_F(bound)));
}

struct said say_field(const struct sayer *s, const struct json *page, const struct json *def,
	const struct json *v)
{
	int32_t day;
	int64_t n;

	switch (json_type(v)) {
	case JSON_BOOL:
		return say(s, json_is_true(v) ? SAY_YES : SAY_NO, SAID_NONE, SAID_NONE);
	case JSON_NUMBER:
		if (json_integer(v, &n))
			return say_plain(arena_fmt(s->arena, "%lld", (long long)n));
		return say_plain(json_number_text(v));
	case JSON_STRING:
		if (str_eq(json_str(def, "type"), STR("date")) && day_parse(json_text(v), &day))
			return say_day(s, day);
		return word_of(s, page, json_text(v));
	default:
		return SAID_NONE;
	}
}

struct str say_with(const struct sayer *s, enum say_word w, struct str value)
{
	struct str key = say_line(s, say(s, w, SAID_NONE, SAID_NONE));

	return arena_fmt(s->arena, "%.*s %.*s", STR_F(key), STR_F(value));
}

struct str say_line(const struct sayer *s, struct said t)
{
	if (!t.other.n || str_eq(t.other, t.main))
		return t.main;
	return arena_fmt(s->arena, "%.*s %.*s", STR_F(t.main), STR_F(t.other));
}
