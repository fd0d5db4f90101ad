/* Owns how replies of firms, appeals and new tests stand beside a result, and the notice of a
 * sticker that may hang in the wrong place.  Never judges: what is public, decided or pending
 * comes from the document; only whether a day has passed is reckoned here.  Called by the pages
 * of records, facilities and places. */
#include "qrsvc/web/common.h"

/* Of the words of one kind: head, and the states it may be in. */
struct kind {
	const char *kind;
	unsigned head;
};

static struct str head(const struct page *pg, const struct json *s)
{
	static const struct kind kinds[] = {
		{"reply", M_vo_reply}, {"appeal", M_vo_appeal}, {"retest", M_vo_retest}};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (str_eq(json_str(s, "kind"), str_c(kinds[i].kind)))
			return web_text(pg, kinds[i].head, VALUE_S(json_str(s, "party")));
	return STR_NONE;
}

/* A day that is promised, with other words once it has passed. */
static struct str promised(
	const struct page *pg, const struct json *s, unsigned ahead, unsigned passed)
{
	int32_t due = json_day(s, "due");
	if (due == DAY_NONE)
		return STR_NONE;
	return web_text(pg, due < pg->today ? passed : ahead, VALUE_S(web_date_plain(pg, due)));
}

static struct str state(const struct page *pg, const struct json *s)
{
	bool appeal = str_eq(json_str(s, "kind"), STR("appeal"));
	struct str state = json_str(s, "state");
	if (str_eq(state, STR("open")))
		return appeal ? promised(pg, s, M_vo_appeal_open, M_vo_appeal_late)
			      : web_text(pg, M_vo_retest_open);
	if (str_eq(state, STR("accepted")))
		return promised(pg, s, M_vo_pending, M_vo_pending_late);
	if (str_eq(state, STR("granted")))
		return web_text(pg, M_vo_granted);
	if (str_eq(state, STR("rejected")))
		return web_text(pg, appeal ? M_vo_rejected : M_vo_refused);
	return str_eq(state, STR("done")) ? web_text(pg, M_vo_done) : STR_NONE;
}

static struct str day_of(const struct page *pg, const struct json *o)
{
	int64_t us;
	return json_instant(o, "at", &us) ? web_date_plain(pg, clock_day(us)) : STR_NONE;
}

/* "12 Nov · Water authority" below a decision. */
static struct str signed_by(const struct page *pg, const struct json *o)
{
	return web_cat(pg, day_of(pg, o), STR(" · "), json_str(o, "office"));
}

static void whole(const struct page *pg, struct view *to, const struct json *s)
{
	const struct json *hidden = json_get(s, "hidden"), *answer = json_get(s, "answer");
	struct str result;
	view_str(to, K_words, json_str(s, "words"));
	if (hidden)
		view_str(to, K_hidden,
			web_text(pg,
				json_bool(hidden, "erased", false) ? M_vo_gone : M_vo_hidden,
				VALUE_S(json_str(hidden, "reason")),
				VALUE_S(json_str(hidden, "office"))));
	if (answer) {
		view_str(to, K_answer_words, json_str(answer, "words"));
		view_str(to, K_answer_by, signed_by(pg, answer));
	}
	if (web_uuid(pg->arena, json_str(s, "result"), &result))
		view_str(to, K_result_url, web_url(pg, STR("/r/"), result));
}

void web_voices(const struct page *pg, struct view *v, const struct json *record)
{
	json_each (s, json_get(record, "replies")) {
		struct view *to = view_add(v, K_voices);
		view_str(to, K_head, head(pg, s));
		view_str(to, K_at, day_of(pg, s));
		struct str st = json_str(s, "state");
		view_str(to, K_state, state(pg, s));
		view_flag(to, K_stays, str_eq(st, STR("open")) || str_eq(st, STR("accepted")));
		whole(pg, to, s);
		view_flag(v, K_voices_any, true);
	}
}

/* Newest record first, and of each what was said last; the words stand on the record's page. */
void web_voice_lines(const struct page *pg, struct view *v, const struct json *facility,
	const struct json *shown)
{
	int n = 0;
	json_each (r, json_get(facility, "records")) {
		const struct json *last = NULL;
		json_each (s, json_get(r, "replies"))
			last = s;
		if (!last)
			continue;
		if (n++ == 2)
			return;
		struct view *to = view_add(v, K_voices);
		struct str pending = state(pg, last);
		struct str id;
		if (r != shown && web_uuid(pg->arena, json_str(r, "id"), &id))
			view_str(to, K_url, web_url(pg, STR("/r/"), id));
		/* the page is full: what is pending, else who said something */
		view_str(to, K_text, pending.n ? pending : head(pg, last));
		view_flag(v, K_voices_any, true);
	}
}

void web_label_alarm(const struct page *pg, struct view *v, const struct json *label)
{
	const struct json *alarm = json_get(label, "alarm");
	int32_t since = json_day(alarm, "since");
	struct str what = json_str(alarm, "what");
	if (since == DAY_NONE)
		return;
	view_str(v, K_sticker_alarm,
		web_text(pg,
			str_eq(what, STR("not_here"))  ? M_vo_alarm_not_here
			: str_eq(what, STR("foreign")) ? M_vo_alarm_foreign
						       : M_vo_alarm_damaged,
			VALUE_S(web_date_plain(pg, since))));
}
