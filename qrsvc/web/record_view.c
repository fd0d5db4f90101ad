/* Owns how one record is shown: photos, results beside their limits, parties, a line of a
 * history.  Never judges: verdicts, due dates and flags come from the document.  Called by the
 * pages of facilities, records and histories. */
#include "qrsvc/web/common.h"

/* Of the widths the photo process makes the page shows 320 and links to 1280. */
#define PHOTO_SMALL 320

struct str web_type_name(const struct page *pg, const struct facility *f, struct str type)
{
	return web_named(pg, json_get(f->kind, "types"), type);
}

static bool is_hex64(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == 64;
}

static void photo(const struct page *pg, struct view *v, const struct facility *f,
	const struct json *p, struct str day, bool wide)
{
	struct str sha = json_str(p, "sha256");
	int64_t w = json_int(p, "w", 0), h = json_int(p, "h", 0);
	if (!is_hex64(sha) || w < 1 || h < 1 || w > 20000 || h > 20000)
		return;
	struct view *to = view_add(v, K_photos);
	struct str slot = json_str(p, "slot");
	struct str name = web_named(pg, json_get(f->kind, "slots"), slot);
	int64_t small = w < PHOTO_SMALL ? w : PHOTO_SMALL;
	int64_t height = (h * small + w / 2) / w;
	view_str(to, K_full, web_cat(pg, STR("/p/"), sha, STR("-1280.jpg")));
	view_str(to, K_small, web_cat(pg, STR("/p/"), sha, STR("-320.jpg")));
	view_flag(to, K_wide, wide);
	view_int(to, K_w, small);
	view_int(to, K_h, height ? height : 1);
	view_str(to, K_slot, name);
	view_str(to, K_taken, json_str(p, "taken"));
	view_str(to, K_alt, web_text(pg, M_photo_alt, VALUE_S(name), VALUE_S(day)));
}

void web_photos(const struct page *pg, struct view *v, const struct facility *f,
	const struct json *record, bool say_day)
{
	const struct json *photos = json_get(record, "photos");
	int32_t day = web_record_day(record);
	struct str when = day == DAY_NONE ? STR_NONE : web_date_plain(pg, day);
	size_t n = json_count(photos), i = 0;
	if (!n)
		return;
	view_flag(v, K_photo_set, true);
	if (say_day)
		view_str(v, K_photo_day, when);
	json_each (p, photos)
		photo(pg, v, f, p, when, ++i == n && n % 2); /* an odd one stands alone */
}

struct tally web_tally(const struct json *record)
{
	struct tally t = {0};
	json_each (r, json_get(record, "results")) {
		struct str verdict = json_str(r, "verdict");
		t.n++;
		t.pass += str_eq(verdict, STR("pass"));
		t.fail += str_eq(verdict, STR("fail"));
	}
	return t;
}

/* "<", "<=" as people write them. */
static struct str op_sign(struct str op)
{
	if (str_eq(op, STR("<=")))
		return STR("≤");
	if (str_eq(op, STR(">=")))
		return STR("≥");
	return op;
}

struct str web_limit(const struct page *pg, const struct json *ref, const struct json *limit)
{
	struct str op = json_str(limit, "op"), lo = json_str(limit, "lo"),
		   hi = json_str(limit, "hi"), word = json_str(limit, "word");
	if (word.p)
		return web_named(pg, json_get(ref, "words"), word);
	if (lo.p && hi.p)
		return web_text(pg, M_range, VALUE_S(lo), VALUE_S(hi));
	struct str bound = str_starts(op, STR(">")) ? lo : hi;
	if (!bound.p)
		bound = lo.p ? lo : hi;
	return bound.p ? web_cat(pg, op_sign(op), bound) : STR_NONE;
}

static bool result(const struct page *pg, struct view *test, const struct facility *f,
	const struct json *r)
{
	struct view *row = view_add(test, K_results);
	struct str code = json_str(r, "item"), word = json_str(r, "word"),
		   unit = json_str(r, "unit");
	const struct json *item = json_member(json_get(f->ref, "items"), code);
	struct str name = web_word(pg, json_get(item, "name"));
	view_str(row, K_item, name.n ? name : code);
	view_str(row, K_plain, web_word(pg, json_get(item, "plain")));
	if (word.p)
		view_str(row, K_value, web_named(pg, json_get(f->ref, "words"), word));
	else
		view_str(row, K_value,
			web_cat(pg, op_sign(json_str(r, "op")), json_str(r, "num")));
	if (unit.n) {
		/* A unit may be known and empty (pH): then nothing is shown. */
		struct str shown = web_word(pg, json_member(json_get(f->ref, "units"), unit));
		view_str(row, K_unit, shown.p ? shown : unit);
	}
	view_flag(row, K_fail, str_eq(json_str(r, "verdict"), STR("fail")));
	struct str limit = web_limit(pg, f->ref, json_get(r, "limit"));
	view_str(row, K_limit, limit.n ? limit : STR("–"));
	return limit.n > 0;
}

static void flags(const struct page *pg, struct view *test, const struct facility *f,
	const struct json *record)
{
	json_each (flag, json_get(record, "flags")) {
		struct str text =
			web_word(pg, json_member(json_get(f->ref, "flags"), json_text(flag)));
		view_item(test, K_flags, text.n ? text : web_text(pg, M_flag_other));
	}
}

struct str web_posted(const struct page *pg, const struct json *record)
{
	int64_t h = json_int(record, "posted_h", -1), late = json_int(record, "post_late_h", 0);
	if (h < 0)
		return STR_NONE;
	if (late > 0)
		return late < 48 ? web_text(pg, M_posted_late_h, VALUE_I(late))
				 : web_text(pg, M_posted_late_d, VALUE_I(late / 24));
	if (h == 0)
		return web_text(pg, M_posted_now);
	return h < 48 ? web_text(pg, M_posted_h, VALUE_I(h))
		      : web_text(pg, M_posted_d, VALUE_I(h / 24));
}

/* "Sampled 12 November 2026, published 14 November 2026", or "..., published after 5 h". */
static struct str test_when(const struct page *pg, const struct json *record)
{
	int64_t us;
	int32_t day = web_record_day(record);
	if (day == DAY_NONE)
		return STR_NONE;
	struct str s = web_text(pg, M_sampled, VALUE_S(web_date_plain(pg, day)));
	struct str posted = web_posted(pg, record);
	if (posted.n)
		return web_text(pg, M_join, VALUE_S(s), VALUE_S(posted));
	/* An import is published long after the work; that says nothing about the test. */
	if (json_get(record, "source") || !json_instant(record, "published", &us))
		return s;
	struct str p =
		web_text(pg, M_published_day, VALUE_S(web_date_plain(pg, clock_day(us))));
	return web_text(pg, M_join, VALUE_S(s), VALUE_S(p));
}

bool web_is_work(struct str type)
{
	return str_eq(type, STR("clean")) || str_eq(type, STR("repair"));
}

struct view *web_results(const struct page *pg, struct view *v, const struct facility *f,
	const struct json *record)
{
	const struct json *results = json_get(record, "results");
	if (!json_count(results) && !json_count(json_get(record, "flags")))
		return NULL;
	struct view *test = view_add(v, K_test);
	struct tally t = web_tally(record);
	bool limits = false;
	struct str type = json_str(record, "type");
	view_str(test, K_test_name,
		web_is_work(type) ? web_text(pg, M_results) : web_type_name(pg, f, type));
	view_int(test, K_items, t.n);
	view_flag(test, K_all_pass, t.n > 0 && t.pass == t.n);
	if (t.fail)
		view_int(test, K_fails, t.fail);
	view_str(test, K_test_when, test_when(pg, record));
	flags(pg, test, f, record);
	json_each (r, results)
		limits |= result(pg, test, f, r);
	view_flag(test, K_table, t.n > 0);
	view_flag(test, K_limits, limits);
	if (limits)
		view_str(test, K_limits_basis, json_str(record, "limits_basis"));
	return test;
}

void web_who(const struct page *pg, struct view *v, struct str role, struct str name,
	struct str note)
{
	struct view *w = view_add(v, K_who);
	view_str(w, K_role, role);
	view_str(w, K_who_name, name);
	view_str(w, K_who_lang, web_text_lang(pg, name));
	view_str(w, K_note, note);
}

void web_parties(
	const struct page *pg, struct view *v, const struct json *record, unsigned *seen)
{
	static const struct {
		const char *role;
		unsigned msg;
	} roles[] = {
		{"cleaner", M_role_cleaner},
		{"lab", M_role_lab},
		{"inspector", M_role_inspector},
		{"repairer", M_role_repairer},
	};
	const size_t nroles = sizeof roles / sizeof roles[0];
	unsigned met = 0; /* a record may name two firms of one role */
	json_each (p, json_get(record, "parties")) {
		struct str role = json_str(p, "role"), name = json_str(p, "name"),
			   filing = json_str(p, "filing");
		size_t i = 0;
		while (i < nroles && !str_eq(role, str_c(roles[i].role)))
			i++;
		if (!name.n || (*seen & 1u << i))
			continue;
		met |= 1u << i;
		web_who(pg, v, web_text(pg, i < nroles ? roles[i].msg : M_role_other), name,
			filing.n ? web_text(pg, M_filing, VALUE_S(filing)) : STR_NONE);
	}
	*seen |= met;
}

static struct str verdict_word(const struct page *pg, struct str verdict)
{
	if (str_eq(verdict, STR("pass")))
		return web_text(pg, M_verdict_pass);
	if (str_eq(verdict, STR("fail")))
		return web_text(pg, M_verdict_fail);
	return STR_NONE;
}

void web_history_line(
	const struct page *pg, struct view *line, const struct json *entry, struct str party)
{
	int32_t day = web_record_day(entry);
	int64_t late = json_int(entry, "late_days", 0);
	bool due = json_get(entry, "due") != NULL;
	struct str verdict = verdict_word(pg, json_str(entry, "verdict"));
	bool fail = str_eq(json_str(entry, "verdict"), STR("fail"));
	view_str(line, K_url, web_url(pg, STR("/r/"), json_str(entry, "id")));
	view_str(line, K_day, day == DAY_NONE ? STR("–") : web_date_plain(pg, day));
	view_flag(line, K_in_time, due && late == 0);
	if (due && late > 0)
		view_int(line, K_late, late);
	view_str(line, K_mark,
		fail || (due && late > 0) ? STR("late")
		: due			  ? STR_NONE
					  : STR("u"));
	if (party.n && verdict.n)
		view_str(line, K_below, web_cat(pg, party, STR(" · "), verdict));
	else
		view_str(line, K_below, party.n ? party : verdict);
}
