/* Owns how facilities, records, states and warnings are said on pages behind the login.  Never
 * decides what somebody may do: the database's answers say that.  Called by the staff pages of
 * facilities and records. */
#include "qrsvc/web/work.h"

struct str work_facility(const struct page *pg, const struct json *ref, const struct json *f)
{
	struct str kind = json_str(f, "kind"), name = json_str(f, "name"),
		   building = json_str(f, "building");
	struct str s = web_named(pg, json_get(ref, "kinds"), kind);
	if (building.n)
		s = web_cat(pg, building, STR(" "), s);
	return name.n ? web_cat(pg, s, STR(" · "), name) : s;
}

struct str work_where(const struct page *pg, const struct json *f)
{
	const struct json *at = json_get(f, "place");
	struct str place = json_text(at), address = json_str(f, "address");
	if (!place.p) {
		place = json_str(at, "name");
		address = json_str(at, "address");
	}
	return address.n ? web_cat(pg, place, STR(" · "), address) : place;
}

struct str work_type(
	const struct page *pg, const struct json *ref, struct str kind, struct str type)
{
	const struct json *k = json_member(json_get(ref, "kinds"), kind);
	return web_named(pg, json_get(k, "types"), type);
}

/* ---- states -------------------------------------------------------------------------------
 */

static const struct {
	const char *state;
	unsigned words;
	const char *class;
} states[] = {{"draft", M_wk_state_draft, "w"}, {"submitted", M_wk_state_submitted, "w"},
	{"returned", M_wk_state_returned, "no"}, {"published", M_wk_state_published, "ok"},
	{"withdrawn", M_wk_state_withdrawn, "no"}};
#define STATES (sizeof states / sizeof states[0])

struct str work_state(const struct page *pg, struct str state)
{
	for (size_t i = 0; i < STATES; i++)
		if (str_eq(state, str_c(states[i].state)))
			return web_text(pg, states[i].words);
	return state;
}

const char *work_state_class(struct str state)
{
	for (size_t i = 0; i < STATES; i++)
		if (str_eq(state, str_c(states[i].state)))
			return states[i].class;
	return "";
}

static bool facility_state(struct str name, enum fstate *ret_)
{
	static const enum fstate all[] = {FS_ON_TIME, FS_DUE_SOON, FS_NO_RECORD, FS_OVERDUE,
		FS_FAILED, FS_SUSPENDED, FS_RETIRED};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (str_eq(name, str_c(fstate_name(all[i])))) {
			*ret_ = all[i];
			return true;
		}
	return false;
}

/* ---- lines --------------------------------------------------------------------------------
 */

bool work_can(const struct json *doc, const char *act)
{
	json_each (c, json_get(doc, "can"))
		if (str_eq(json_text(c), str_c(act)))
			return true;
	return false;
}

void work_facility_line(const struct page *pg, const struct json *ref, struct view *v,
	unsigned list, const struct json *fac)
{
	struct view *line = view_add(v, list);
	struct str kind = json_str(fac, "kind"), type = json_str(fac, "type");
	int32_t due = json_day(fac, "due");
	int64_t days = json_int(fac, "days", 0);
	enum fstate state;
	view_str(line, K_url, web_url(pg, STR("/staff/f/"), json_str(fac, "code")));
	view_str(line, K_name, work_facility(pg, ref, fac));
	view_str(line, K_where, work_where(pg, fac));
	if (facility_state(json_str(fac, "state"), &state)) {
		bool bad = state == FS_OVERDUE || state == FS_FAILED || state == FS_NO_RECORD;
		view_str(line, K_state, web_state_word(pg, state));
		view_str(line, K_class,
			bad		       ? STR("no")
			: state == FS_ON_TIME  ? STR("ok")
			: state == FS_DUE_SOON ? STR("w")
					       : STR_NONE);
	}
	if (due != DAY_NONE && type.n)
		view_str(line, K_due,
			web_text(pg, days < 0 ? M_wk_was_due : M_wk_due,
				VALUE_S(work_type(pg, ref, kind, type)),
				VALUE_S(web_date_plain(pg, due)),
				VALUE_I(days < 0 ? -days : days)));
	if (json_get(fac, "m"))
		view_str(line, K_near,
			web_text(pg, M_wk_metres, VALUE_I(json_int(fac, "m", 0))));
}

void work_record_line(const struct page *pg, const struct json *ref, struct view *v,
	unsigned list, const struct json *rec)
{
	struct view *line = view_add(v, list);
	struct str state = json_str(rec, "state"), kind = json_str(rec, "kind");
	int32_t day = json_day(rec, "on");
	int64_t us;
	view_str(line, K_url, web_url(pg, STR("/staff/r/"), json_str(rec, "id")));
	view_str(line, K_type, work_type(pg, ref, kind, json_str(rec, "type")));
	if (json_get(rec, "place")) {
		view_str(line, K_name, work_facility(pg, ref, rec));
		view_str(line, K_where, work_where(pg, rec));
	}
	if (day != DAY_NONE)
		view_str(line, K_day, web_date_plain(pg, day));
	view_str(line, K_state, work_state(pg, state));
	view_str(line, K_class, str_c(work_state_class(state)));
	view_str(line, K_by, json_str(rec, "by"));
	view_str(line, K_reason, json_str(rec, "reason"));
	view_flag(line, K_fail, str_eq(json_str(rec, "verdict"), STR("fail")));
	if (str_eq(state, STR("submitted")) && json_instant(rec, "post_due", &us)) {
		view_str(line, K_post_due, web_datetime(pg, us));
		view_flag(line, K_late, us < pg->as_of);
	}
}

/* ---- warnings -----------------------------------------------------------------------------
 */

static struct str slot_name(
	const struct page *pg, const struct json *ref, struct str kind, const struct json *w)
{
	const struct json *k = json_member(json_get(ref, "kinds"), kind);
	return web_named(pg, json_get(k, "slots"), json_str(w, "slot"));
}

static struct str warning(const struct page *pg, struct str slot, const struct json *w)
{
	struct str what = json_str(w, "what");
	int32_t day = json_day(w, "on");
	struct str on = day == DAY_NONE ? STR("–") : web_date_plain(pg, day);
	int64_t minutes = json_int(w, "minutes", 0), m = json_int(w, "m", 0);
	if (str_eq(what, STR("time_far")))
		return minutes < 120 ? web_text(pg, M_wk_warn_minutes, VALUE_S(slot),
					       VALUE_I(minutes))
				     : web_text(pg, M_wk_warn_hours, VALUE_S(slot),
					       VALUE_I(minutes / 60));
	if (str_eq(what, STR("photo_reused")))
		return web_text(pg, M_wk_warn_reused, VALUE_S(slot), VALUE_S(on));
	if (str_eq(what, STR("photo_similar")))
		return web_text(pg, M_wk_warn_similar, VALUE_S(slot), VALUE_S(on));
	if (str_eq(what, STR("far_away")))
		return m < 2000 ? web_text(pg, M_wk_warn_metres, VALUE_S(slot), VALUE_I(m))
				: web_text(pg, M_wk_warn_km, VALUE_S(slot), VALUE_I(m / 1000));
	return web_text(pg, M_wk_warn_other, VALUE_S(slot));
}

void work_warnings(const struct page *pg, const struct json *ref, struct str kind,
	struct view *v, const struct json *list)
{
	json_each (w, list)
		view_item(v, K_warnings, warning(pg, slot_name(pg, ref, kind, w), w));
	view_flag(v, K_warnings_any, json_count(list) > 0);
}

/* ---- addresses ----------------------------------------------------------------------------
 */

struct str work_photo_url(const struct page *pg, struct str sha, int width)
{
	if (!form_is_hash(sha))
		return STR_NONE;
	return arena_fmt(pg->arena, "/staff/p/%.*s-%d.jpg", STR_F(sha), width);
}
