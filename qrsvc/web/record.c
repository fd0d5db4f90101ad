/* Owns /r/{record}: one record with all that was published of it. */
#include "qrsvc/web/common.h"

/* "9:20-11:05", "11:05" or nothing. */
struct str web_hours(const struct page *pg, const struct json *r)
{
	int64_t from, to;
	if (!json_instant(r, "to", &to))
		return STR_NONE;
	struct civil b = clock_civil(to);
	struct str end = arena_fmt(pg->arena, "%d:%02d", b.hour, b.minute);
	if (!json_instant(r, "from", &from) || from >= to || clock_day(from) != clock_day(to))
		return end;
	struct civil a = clock_civil(from);
	return arena_fmt(pg->arena, "%d:%02d–%.*s", a.hour, a.minute, STR_F(end));
}

static struct str field_value(const struct page *pg, const struct facility *f,
	const struct json *def, const struct json *value)
{
	int64_t i;
	int32_t day;
	struct str text = json_text(value);
	switch (json_type(value)) {
	case JSON_BOOL:
		return web_text(pg, json_is_true(value) ? M_yes : M_no);
	case JSON_NUMBER:
		return json_integer(value, &i) ? arena_fmt(pg->arena, "%lld", (long long)i)
					       : json_number_text(value);
	case JSON_STRING:
		if (str_eq(json_str(def, "type"), STR("date")) && day_parse(text, &day))
			return web_date_plain(pg, day);
		return web_named(pg, json_get(f->ref, "words"), text);
	default:
		return STR_NONE;
	}
}

void web_fields(
	const struct page *pg, struct view *v, const struct facility *f, const struct json *r)
{
	const struct json *defs = json_get(f->kind, "fields");
	json_each (value, json_get(r, "fields")) {
		struct str key = json_key(value);
		struct str text = field_value(pg, f, json_member(defs, key), value);
		if (!text.n)
			continue;
		struct view *row = view_add(v, K_fields);
		view_str(row, K_field, web_named(pg, defs, key));
		view_str(row, K_value, text);
		view_flag(v, K_fields_any, true);
	}
}

/* The revisions that were public, each older one with its own address.  `newest` > 0: the page
 * shows an older one. */
static void revisions(const struct page *pg, struct view *v, const struct json *doc,
	struct str id, int64_t newest)
{
	const struct json *list = json_get(doc, "revisions");
	int64_t us, rev = json_int(json_get(doc, "record"), "rev", 1);
	view_flag(v, K_newer_rev, rev > 1 && !newest);
	if (rev > 1 || newest)
		view_int(v, K_rev, rev);
	if (newest) {
		view_str(v, K_newest_url, web_url(pg, STR("/r/"), id));
		if (json_instant(doc, "at", &us))
			view_str(v, K_replaced_at, web_datetime(pg, us));
	}
	if (json_count(list) < 2)
		return;
	view_flag(v, K_revisions_any, true);
	json_each (r, list) {
		struct view *line = view_add(v, K_revisions);
		int64_t n = json_int(r, "rev", 0);
		view_int(line, K_n, n);
		if (json_instant(r, "at", &us))
			view_str(line, K_at, web_datetime(pg, us));
		view_str(line, K_why, json_str(r, "reason"));
		view_str(line, K_who_name, json_str(r, "office"));
		if (n > 0 && n < rev)
			view_str(line, K_old_url,
				web_url(pg, STR("/r/"), id, STR("/"), web_number(pg, (int)n)));
	}
}

/* What was taken back, blackened or erased, by which office and on what ground. */
static void taken_back(
	const struct page *pg, struct view *v, const struct facility *f, const struct json *r)
{
	const struct json *gone = json_get(r, "withdrawn");
	int64_t us;
	if (gone) {
		view_flag(v, K_withdrawn, true);
		view_str(v, K_withdrawn_why, json_str(gone, "reason"));
		view_str(v, K_withdrawn_by, json_str(gone, "office"));
		if (json_instant(gone, "at", &us))
			view_str(v, K_withdrawn_at, web_datetime(pg, us));
	}
	json_each (x, json_get(r, "redactions")) {
		struct view *line = view_add(v, K_redactions);
		view_str(line, K_slot,
			web_named(pg, json_get(f->kind, "slots"), json_str(x, "slot")));
		if (json_instant(x, "at", &us))
			view_str(line, K_at, web_datetime(pg, us));
		view_str(line, K_who_name, json_str(x, "office"));
		view_str(line, K_why, json_str(x, "ground"));
		if (json_int(x, "boxes", 0) > 0)
			view_int(line, K_boxes, json_int(x, "boxes", 0));
	}
	json_each (x, json_get(r, "photos_gone"))
		if (str_eq(json_str(x, "why"), STR("erased")))
			view_item(v, K_erased,
				web_named(pg, json_get(f->kind, "slots"), json_str(x, "slot")));
	json_each (x, json_get(r, "erased"))
		view_item(
			v, K_erased, web_named(pg, json_get(f->kind, "fields"), json_text(x)));
	view_flag(v, K_changed_any,
		json_count(json_get(r, "redactions")) || json_count(json_get(r, "erased")) ||
			json_count(json_get(r, "photos_gone")));
}

static enum icon verdict(const struct json *r, enum tone *tone, unsigned *msg)
{
	struct str verdict = json_str(r, "verdict");
	if (json_get(r, "withdrawn")) {
		*tone = TONE_MUTE;
		*msg = M_answer_record_withdrawn;
		return ICON_WARN;
	}
	if (str_eq(verdict, STR("pass"))) {
		*tone = TONE_OK;
		*msg = M_answer_record_pass;
		return ICON_TICK;
	}
	if (str_eq(verdict, STR("fail"))) {
		*tone = TONE_BAD;
		*msg = M_answer_record_fail;
		return ICON_WARN;
	}
	*tone = TONE_MUTE;
	*msg = M_answer_record_none;
	return ICON_TICK;
}

static void times(struct page *pg, struct view *v, const struct json *r)
{
	int64_t us, late = json_int(r, "late_days", 0);
	int32_t day = web_record_day(r), due = json_day(r, "due");
	if (day != DAY_NONE)
		view_str(v, K_day, web_date(pg, day));
	view_str(v, K_hours, web_hours(pg, r));
	if (due != DAY_NONE) {
		view_str(v, K_due, web_date_plain(pg, due));
		view_flag(v, K_in_time, late == 0);
		if (late > 0)
			view_int(v, K_late, late);
	}
	if (json_instant(r, "published", &us))
		view_str(v, K_published, web_datetime(pg, us));
	view_str(v, K_posted, web_posted(pg, r));
}

static enum rc html(struct page *pg, const struct facility *f, const struct json *doc)
{
	const struct json *r = json_get(doc, "record");
	struct str id = json_str(r, "id"), code = json_str(f->doc, "code");
	struct str type = web_type_name(pg, f, json_str(r, "type"));
	int64_t newest = json_int(doc, "newest", 0);
	struct str path = web_cat(pg, STR("/r/"), id);
	if (newest)
		path = web_cat(pg, path, STR("/"), web_number(pg, (int)json_int(r, "rev", 1)));
	int32_t day = web_record_day(r);
	unsigned said, seen = 0;
	enum tone tone;
	enum icon icon = verdict(r, &tone, &said);
	struct str date = day == DAY_NONE ? STR("–") : web_date_plain(pg, day);
	struct str title = web_text(
		pg, M_title, VALUE_S(type), VALUE_S(date), VALUE_S(web_text(pg, said)));
	struct view *v = web_begin(pg, title, tone, path);
	web_answer(pg, v, icon, web_text(pg, said));
	view_str(v, K_description,
		web_text(pg, M_title, VALUE_S(f->where), VALUE_S(f->name), VALUE_S(type)));
	view_str(v, K_type, type);
	view_str(v, K_name, f->name);
	view_str(v, K_where, f->where);
	view_str(v, K_where_lang, web_text_lang(pg, f->where));
	view_str(v, K_facility_url, web_url(pg, STR("/f/"), code));
	view_str(v, K_history_url, web_url(pg, STR("/f/"), code, STR("/history")));
	view_str(v, K_json_url, web_cat(pg, path, STR(".json")));
	times(pg, v, r);
	web_photos(pg, v, f, r, false);
	web_results(pg, v, f, r);
	web_fields(pg, v, f, r);
	web_parties(pg, v, r, &seen);
	struct str office = json_str(json_get(f->doc, "org"), "name");
	if (office.n)
		web_who(pg, v, web_text(pg, M_role_office), office, STR_NONE);
	view_int(v, K_seq, json_int(r, "seq", 0));
	view_str(v, K_source, json_str(r, "source"));
	view_str(v, K_hash, json_str(r, "hash"));
	if (json_str(r, "report").n)
		view_str(v, K_report_url,
			web_cat(pg, STR("/d/"), json_str(r, "report"), STR(".pdf")));
	web_voices(pg, v, r);
	taken_back(pg, v, f, r);
	revisions(pg, v, doc, id, newest);
	if (!newest && !json_get(r, "withdrawn"))
		view_str(v, K_notice_url, web_url(pg, STR("/r/"), id, STR("/notice.pdf")));
	return web_html(pg, T_record, v);
}

static enum rc render(struct page *pg, const struct docset *docs)
{
	struct facility f;
	const struct json *doc = docs->n ? docset_json(docs, 0) : NULL;
	if (!doc || !web_facility_of(pg, docs, 1, &f))
		return RC_NOT_FOUND;
	if (!pg->json)
		return html(pg, &f, doc);
	web_json_begin(pg, NULL, docs->doc[0].bytes);
	return web_json_end(pg);
}

/* /r/{record}/{rev}: what it said before. */
void web_revision(struct request *rq)
{
	static const struct page_kind kind = {.name = "revision",
		.stmt = ST_public_revision,
		.doc_kind = "record",
		.guess = ST_NONE,
		.render = render};
	struct str id;
	uint64_t rev;
	if (!web_uuid(rq->arena, rq->arg[0], &id) || !str_u64(rq->arg[1], &rev) || rev < 1 ||
		rev > 9999) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param params[] = {DB_P_TEXT(id), DB_P_INT((int64_t)rev)};
	struct str key = arena_fmt(rq->arena, "%.*s/%d", STR_F(id), (int)rev);
	request_page(rq, &kind, &(struct page_args){.key = key, .params = params, .n = 2});
}

void web_record(struct request *rq)
{
	static const struct page_kind kind = {.name = "record",
		.stmt = ST_public_record,
		.doc_kind = "record",
		.guess = ST_NONE,
		.render = render};
	struct str id;
	if (!web_uuid(rq->arena, rq->arg[0], &id)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param param = DB_P_TEXT(id);
	request_page(rq, &kind, &(struct page_args){.key = id, .params = &param, .n = 1});
}
