/* Owns the words, dates and frame of all pages.  Never decides what a page says about a
 * facility.  Called by the render functions of every subject. */
#include "qrsvc/web/common.h"

#include "labels/code.h"

struct str web_word(const struct page *pg, const struct json *names)
{
	struct str s = json_str(names, lang_tag(pg->lang));
	for (int l = 0; !s.p && l < LANG_COUNT; l++)
		s = json_str(names, lang_tag((enum lang)l));
	return s;
}

struct str web_named(const struct page *pg, const struct json *obj, struct str key)
{
	const struct json *named = json_member(obj, key);
	const struct json *names = json_get(named, "name");
	struct str s = web_word(pg, names ? names : named);
	return s.p ? s : key;
}

struct str web_lower(const struct page *pg, struct str s)
{
	if (pg->lang != LANG_EN || s.n < 2 || s.p[0] < 'A' || s.p[0] > 'Z' || s.p[1] < 'a' ||
		s.p[1] > 'z')
		return s;
	struct str low = arena_str(pg->arena, s);
	((char *)(uintptr_t)low.p)[0] = (char)(low.p[0] + 32);
	return low;
}

static bool has_han(struct str s)
{
	const char *p = s.p, *end = s.p + s.n;
	while (p < end) {
		uint32_t c = str_utf8_next(&p, end);
		if ((c >= 0x3400 && c <= 0x9fff) || (c >= 0x20000 && c <= 0x3ffff))
			return true;
	}
	return false;
}

static bool has_latin_word(struct str s)
{
	size_t run = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		run = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? run + 1 : 0;
		if (run == 3)
			return true;
	}
	return false;
}

struct str web_text_lang(const struct page *pg, struct str s)
{
	bool han = has_han(s);
	if (pg->lang == LANG_EN && han)
		return str_c(lang_tag(LANG_ZH));
	if (pg->lang == LANG_ZH && !han && has_latin_word(s))
		return str_c(lang_tag(LANG_EN));
	return STR_NONE;
}

struct str web_site_name(const struct page *pg)
{
	const struct site *s = pg->site;
	if (pg->lang == LANG_EN && s->name_en.n)
		return s->name_en;
	return s->name;
}

struct str web_date_plain(const struct page *pg, int32_t day)
{
	struct civil c = day_to_civil(day);
	return web_text(pg, M_date_plain, VALUE_I(c.year),
		VALUE_S(web_text(pg, (unsigned)(M_month_1 + c.month - 1))), VALUE_I(c.day));
}

struct str web_date(const struct page *pg, int32_t day)
{
	struct civil c = day_to_civil(day);
	return web_text(pg, M_date, VALUE_I(c.year),
		VALUE_S(web_text(pg, (unsigned)(M_month_1 + c.month - 1))), VALUE_I(c.day),
		VALUE_S(web_text(pg, (unsigned)(M_weekday_1 + day_weekday(day) - 1))));
}

struct str web_datetime(const struct page *pg, int64_t us)
{
	struct civil c = clock_civil(us);
	return web_text(pg, M_date_time, VALUE_S(web_date_plain(pg, clock_day(us))),
		VALUE_S(arena_fmt(pg->arena, "%d:%02d", c.hour, c.minute)));
}

struct str web_deadline(const struct page *pg, int64_t us)
{
	struct civil c = clock_civil(us);
	if (c.hour || c.minute)
		return web_datetime(pg, us);
	return web_text(pg, M_date_time, VALUE_S(web_date_plain(pg, clock_day(us) - 1)),
		VALUE_S(STR("24:00")));
}

struct str web_rfc3339(const struct page *pg, int64_t us)
{
	struct civil c = clock_civil(us);
	int off = c.offset < 0 ? -c.offset : c.offset;
	return arena_fmt(pg->arena, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month,
		c.day, c.hour, c.minute, c.second, c.offset < 0 ? '-' : '+', off / 3600,
		off / 60 % 60);
}

int32_t web_record_day(const struct json *record)
{
	int64_t us;
	int32_t day = json_day(record, "date");
	if (day == DAY_NONE && json_instant(record, "to", &us))
		day = clock_day(us);
	return day;
}

struct str web_code(const struct page *pg, struct str code)
{
	struct code c;
	char spaced[CODE_LEN + 3];
	if (!code_parse(code, &c))
		return code;
	code_format(&c, spaced);
	return arena_str(pg->arena, str_c(spaced));
}

struct str web_cat_of(const struct page *pg, const struct str *s, size_t n)
{
	size_t total = 0;
	for (size_t i = 0; i < n; i++)
		total += s[i].n;
	char *to = arena_raw(pg->arena, total + 1), *at = to;
	for (size_t i = 0; i < n; i++) {
		if (s[i].n)
			memcpy(at, s[i].p, s[i].n);
		at += s[i].n;
	}
	*at = 0;
	return (struct str){to, total};
}

struct str web_number(const struct page *pg, int64_t n)
{
	return arena_fmt(pg->arena, "%lld", (long long)n);
}

struct str web_url_end(const struct page *pg)
{
	if (!pg->lang_asked)
		return STR("");
	return pg->lang == LANG_ZH ? STR("?lang=zh-CN") : STR("?lang=en");
}

bool web_uuid(struct arena *a, struct str s, struct str *ret_)
{
	if (s.n != 36)
		return false;
	struct str id = arena_str(a, s);
	char *p = (char *)(uintptr_t)id.p;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (p[i] >= 'A' && p[i] <= 'F')
			p[i] = (char)(p[i] + 32);
		bool hex = (p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f');
		if (dash ? p[i] != '-' : !hex)
			return false;
	}
	*ret_ = id;
	return true;
}

struct str web_tel(const struct page *pg, struct str phone)
{
	char *p = arena_alloc(pg->arena, phone.n + 5);
	size_t n = 4;
	memcpy(p, "tel:", 4);
	for (size_t i = 0; i < phone.n; i++)
		if ((phone.p[i] >= '0' && phone.p[i] <= '9') || (phone.p[i] == '+' && n == 4))
			p[n++] = phone.p[i];
	return n >= 7 ? (struct str){p, n} : STR_NONE;
}

/* ---- frame ------------------------------------------------------------------------------ */

static const struct {
	const char *class, *colour;
} tones[] = {
	[TONE_OK] = {"", "#0b6448"},
	[TONE_SOON] = {"soon", "#6b4300"},
	[TONE_BAD] = {"bad", "#9d1c1c"},
	[TONE_MUTE] = {"mute", "#43505c"},
};

static void language_link(const struct page *pg, struct view *v, struct str path)
{
	enum lang other = pg->lang == LANG_ZH ? LANG_EN : LANG_ZH;
	view_str(v, K_lang, str_c(lang_tag(pg->lang)));
	view_str(v, K_lang_other, str_c(lang_tag(other)));
	view_str(v, K_lang_name, other == LANG_ZH ? STR("中文") : STR("English"));
	view_str(v, K_lang_url,
		web_cat(pg, path.p ? path : STR("/"),
			str_chr(path, '?') < 0 ? STR("?lang=") : STR("&lang="),
			str_c(lang_tag(other))));
	view_flag(v, K_lang_asked, pg->lang_asked);
	view_flag(v, K_zh, pg->lang == LANG_ZH);
}

struct view *web_begin(const struct page *pg, struct str title, enum tone tone, struct str path)
{
	struct view *v = view_new(pg->arena);
	language_link(pg, v, path);
	view_str(v, K_title, title);
	view_str(v, K_tone, str_c(tones[tone].class));
	view_str(v, K_theme, str_c(tones[tone].colour));
	view_str(v, K_bar, web_site_name(pg));
	view_str(v, K_host, pg->site->host);
	if (pg->stale)
		view_str(v, K_stale, web_datetime(pg, pg->as_of));
	view_str(v, K_accessibility_url, web_url(pg, STR("/accessibility")));
	view_str(v, K_privacy_url, web_url(pg, STR("/privacy")));
	view_str(v, K_home_url, web_url(pg, STR("/")));
	return v;
}

void web_answer(const struct page *pg, struct view *v, enum icon icon, struct str text)
{
	(void)pg;
	view_flag(v, K_tick, icon == ICON_TICK);
	view_flag(v, K_warn, icon == ICON_WARN);
	view_flag(v, K_minus, icon == ICON_MINUS);
	view_flag(v, K_ask, icon == ICON_ASK);
	view_item(v, K_answer, text);
}

void web_answer_more(const struct page *pg, struct view *v, struct str text)
{
	view_item(v, K_answer, web_lower(pg, text));
}

void web_phone(const struct page *pg, struct view *v, unsigned list, unsigned label_msg,
	struct str phone)
{
	struct str tel = web_tel(pg, phone);
	if (!tel.n)
		return;
	struct view *b = view_add(v, list);
	view_flag(b, K_first, view_count(v, list) == 1);
	view_str(b, K_tel, tel);
	view_str(b, K_label, web_text(pg, label_msg));
	view_str(b, K_phone, phone);
}

void web_contacts(const struct page *pg, struct view *v)
{
	const struct site *s = pg->site;
	view_str(v, K_hotline, s->hotline);
	view_str(v, K_hotline_tel, web_tel(pg, s->hotline));
	view_str(v, K_contact, s->contact);
	if (str_chr(s->contact, '@') > 0 && !str_starts(s->contact, STR("mailto:")))
		view_str(v, K_contact_url, web_cat(pg, STR("mailto:"), s->contact));
	else
		view_str(v, K_contact_url, s->contact);
}

enum rc web_html(struct page *pg, unsigned tpl, const struct view *v)
{
	tpl_render(&site_tpl, tpl, pg->lang, v, pg->out);
	return pg->out->over ? RC_INTERNAL : RC_OK;
}

/* ---- JSON ------------------------------------------------------------------------------- */

void web_json_begin(struct page *pg, const struct fstate_info *state, struct str document)
{
	sbuf_puts(pg->out, "{\"as_of\":");
	sbuf_json(pg->out, web_rfc3339(pg, pg->as_of));
	if (pg->stale)
		sbuf_puts(pg->out, ",\"stale\":true");
	if (state) {
		sbuf_fmt(pg->out, ",\"state\":\"%s\",\"days\":", fstate_name(state->state));
		if (state->has_days)
			sbuf_fmt(pg->out, "%d", state->days);
		else
			sbuf_puts(pg->out, "null");
	}
	web_json_more(pg, "document", document);
}

void web_json_more(struct page *pg, const char *key, struct str bytes)
{
	sbuf_fmt(pg->out, ",\"%s\":", key);
	sbuf_str(pg->out, bytes);
}

enum rc web_json_end(struct page *pg)
{
	sbuf_puts(pg->out, "}\n");
	return pg->out->over ? RC_INTERNAL : RC_OK;
}
