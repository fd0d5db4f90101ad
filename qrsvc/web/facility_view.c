/* Owns what the page of a facility says below its first screen: the way out, evidence, who is
 * responsible, history, proof.  Never computes a state (app/state.c) nor reads a clock: today
 * comes with the page.  Called by label.c and facility.c through common.h. */
#include "qrsvc/web/common.h"

#define TIMELINE_SHOWN 3

/* ---- the facility ----------------------------------------------------------------------- */

static struct str where_of(const struct page *pg, const struct json *doc)
{
	struct str place = json_str(json_get(doc, "place"), "name"),
		   building = json_str(doc, "building");
	if (!place.n || !building.n)
		return place.n ? place : building;
	return web_cat(pg, place, STR(" "), building);
}

bool web_facility_of(
	const struct page *pg, const struct docset *docs, size_t i, struct facility *ret_)
{
	struct facility f = {0};
	if (i >= docs->n || !str_eq(docs->doc[i].kind, STR("facility")))
		return false;
	f.doc = docset_json(docs, i);
	if (!f.doc)
		return false;
	f.ref = docset_reference(docs, i);
	struct str kind = json_str(f.doc, "kind"), own = json_str(f.doc, "name");
	f.kind = json_member(json_get(f.ref, "kinds"), kind);
	f.kind_name = web_named(pg, json_get(f.ref, "kinds"), kind);
	f.name = own.n ? web_cat(pg, f.kind_name, STR(" · "), own) : f.kind_name;
	f.where = where_of(pg, f.doc);
	state_of(f.doc, pg->today, &f.state);
	*ret_ = f;
	return true;
}

struct str web_state_word(const struct page *pg, enum fstate s)
{
	static const unsigned word[FS_COUNT] = {
		[FS_ON_TIME] = M_word_on_time,
		[FS_DUE_SOON] = M_word_due_soon,
		[FS_NO_RECORD] = M_word_no_record,
		[FS_OVERDUE] = M_word_overdue,
		[FS_FAILED] = M_word_failed,
		[FS_SUSPENDED] = M_word_suspended,
		[FS_RETIRED] = M_word_retired,
	};
	return web_text(pg, word[s]);
}

/* ---- records --------------------------------------------------------------------------------
 */

static const struct json *record_by_id(const struct json *doc, struct str id)
{
	json_each (r, json_get(doc, "records"))
		if (str_eq(json_str(r, "id"), id))
			return r;
	return NULL;
}

static const struct json *newest_with(const struct json *doc, const char *list)
{
	json_each (r, json_get(doc, "records"))
		if (json_count(json_get(r, list)))
			return r;
	return NULL;
}

/* ---- the way out ------------------------------------------------------------------------ */

static void phones(struct fpage *p)
{
	struct page *pg = p->pg;
	struct str office = json_str(json_get(p->f->doc, "org"), "phone");
	struct str manager = json_str(json_get(p->f->doc, "manager"), "phone");
	web_contacts(pg, p->v);
	if (str_eq(office, pg->site->hotline))
		office = STR_NONE; /* named once, as the hotline */
	struct str main = web_tel(pg, manager).n  ? manager
			  : web_tel(pg, office).n ? office
						  : pg->site->hotline;
	struct str second = main.p == manager.p ? office : STR_NONE;
	web_phone(pg, p->v, K_phones,
		main.p == manager.p  ? M_call_manager
		: main.p == office.p ? M_call_office
				     : M_call_hotline,
		main);
	if (main.p == pg->site->hotline.p)
		view_str(p->v, K_hotline, STR_NONE); /* it is the button */
	web_phone(pg, p->v, K_phones, M_call_office, second);
}

static void last_test(struct fpage *p)
{
	struct page *pg = p->pg;
	struct tally t = web_tally(p->tested);
	int32_t day = web_record_day(p->tested);
	if (!t.n || day == DAY_NONE)
		return;
	struct str what = web_type_name(pg, p->f, json_str(p->tested, "type"));
	struct str said = web_text(pg,
		t.fail		? M_tested_fail
		: t.pass == t.n ? M_tested_pass
				: M_tested_none,
		VALUE_S(what), VALUE_I(t.n), VALUE_I(t.fail));
	struct str date = web_date_plain(pg, day);
	view_str(p->v, K_last_test,
		day < pg->today
			? web_text(pg, M_last_test, VALUE_S(date), VALUE_S(said),
				  VALUE_I(pg->today - day))
			: web_text(pg, M_last_test_today, VALUE_S(date), VALUE_S(said)));
}

static struct str failed_items(struct fpage *p)
{
	struct sbuf b;
	sbuf_init(&b, 1024);
	json_each (r, json_get(p->failed, "results")) {
		if (!str_eq(json_str(r, "verdict"), STR("fail")))
			continue;
		if (b.n)
			sbuf_puts(&b, p->pg->lang == LANG_ZH ? "、" : ", ");
		sbuf_str(&b,
			web_named(p->pg, json_get(p->f->ref, "items"), json_str(r, "item")));
	}
	struct str s = arena_str(p->pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static void way_out(struct fpage *p)
{
	struct page *pg = p->pg;
	enum fstate s = p->f->state.state;
	if (s != FS_OVERDUE && s != FS_FAILED)
		return;
	view_flag(p->v, K_bad, true);
	if (s == FS_FAILED) {
		struct str type = json_str(p->failed, "type"), items = failed_items(p);
		if (items.n)
			view_str(
				p->v, K_bad_item, web_text(pg, M_failed_items, VALUE_S(items)));
		else if (type.n)
			view_str(p->v, K_bad_item,
				web_text(pg, M_failed_text, VALUE_S(web_type_lower(p, type))));
	} else {
		last_test(p);
	}
	struct str advice = web_word(pg, json_get(p->f->kind, "advice"));
	view_str(p->v, K_advice, advice.n ? advice : web_text(pg, M_advice));
}

/* ---- below ------------------------------------------------------------------------------ */

static void evidence(struct fpage *p)
{
	const struct json *pictured = newest_with(p->f->doc, "photos");
	const struct json *newest = json_first(json_get(p->f->doc, "records"));
	if (pictured)
		web_photos(p->pg, p->v, p->f, pictured, true);
	/* A failure that is not cured is the evidence, even if something newer has results. */
	const struct json *show = p->failed ? p->failed : p->tested;
	if (!show && json_count(json_get(newest, "flags")))
		show = newest;
	struct view *test = show ? web_results(p->pg, p->v, p->f, show) : NULL;
	if (!test)
		return;
	view_str(test, K_record_url, web_url(p->pg, STR("/r/"), json_str(show, "id")));
}

static void responsible(struct fpage *p)
{
	struct page *pg = p->pg;
	unsigned seen = 0;
	struct str manager = json_str(json_get(p->f->doc, "manager"), "name");
	web_who(pg, p->v, web_text(pg, M_role_manager),
		manager.n ? manager : web_text(pg, M_unmanaged), STR_NONE);
	json_each (r, json_get(p->f->doc, "records"))
		web_parties(pg, p->v, r, &seen);
	struct str office = json_str(json_get(p->f->doc, "org"), "name");
	if (office.n)
		web_who(pg, p->v, web_text(pg, M_role_office), office, STR_NONE);
}

static struct str summary(struct fpage *p)
{
	struct page *pg = p->pg;
	int32_t from = day_add_months(pg->today, -24);
	int n = 0, good = 0, late = 0, shown = 0;
	json_each (t, json_get(p->f->doc, "timeline")) {
		int32_t day = web_record_day(t);
		shown++;
		if (day == DAY_NONE || day < from)
			continue;
		n++;
		if (!json_get(t, "due"))
			continue;
		if (json_int(t, "late_days", 0) > 0)
			late++;
		else
			good++;
	}
	/* Twelve entries that all lie in two years may not be all there were. */
	if (!n || (n == shown && shown >= 12))
		return STR_NONE;
	struct str s = web_text(pg, M_sum_times, VALUE_I(n));
	if (good)
		s = web_text(pg, M_join, VALUE_S(s),
			VALUE_S(web_text(pg, M_sum_in_time, VALUE_I(good))));
	if (late)
		s = web_text(pg, M_join, VALUE_S(s),
			VALUE_S(web_text(pg, M_sum_late, VALUE_I(late))));
	return s;
}

/* A basis says itself how often; a rule without one says only that. */
static struct str rule_text(struct fpage *p)
{
	struct page *pg = p->pg;
	const struct duty *d = p->main;
	if (!d || (!d->months && !d->every_days))
		return STR_NONE;
	if (d->basis.n)
		return web_text(pg, M_rule_basis, VALUE_S(d->basis));
	return web_text(pg, d->months ? M_rule_months : M_rule_days,
		VALUE_I(d->months ? d->months : d->every_days),
		VALUE_S(web_type_lower(p, d->type)));
}

static void history(struct fpage *p)
{
	struct page *pg = p->pg;
	const struct json *timeline = json_get(p->f->doc, "timeline");
	int64_t count = json_int(p->f->doc, "count", 0);
	if (count < 1)
		return;
	struct view *v = p->v;
	int n = 0;
	view_flag(v, K_past, true);
	view_str(v, K_past_type,
		p->main ? web_type_lower(p, p->main->type) : web_text(pg, M_data));
	view_str(v, K_summary, summary(p));
	if (!view_count(v, K_whys))
		view_str(v, K_rule, rule_text(p));
	json_each (t, timeline) {
		if (n++ == TIMELINE_SHOWN)
			break;
		web_history_line(pg, view_add(v, K_timeline), t, json_str(t, "party"));
	}
	json_each (w, json_get(p->f->doc, "withdrawn")) {
		int32_t day = web_record_day(w);
		struct view *line = view_add(v, K_withdrawn);
		view_str(line, K_url, web_url(pg, STR("/r/"), json_str(w, "id")));
		view_str(line, K_why,
			web_text(pg, M_withdrawn_line,
				VALUE_S(day == DAY_NONE ? STR("–") : web_date_plain(pg, day)),
				VALUE_S(json_str(w, "reason"))));
		break; /* the newest; all stand in the history */
	}
	view_int(v, K_count, count);
	view_str(v, K_history_url,
		web_url(pg, STR("/f/"), json_str(p->f->doc, "code"), STR("/history")));
}

void web_proof(const struct page *pg, struct view *v, const struct json *label,
	struct str facility_code, const struct json *org, const struct json *newest)
{
	struct str hash = json_str(newest, "hash");
	if (label) {
		view_str(v, K_code, web_code(pg, json_str(label, "code")));
		view_str(v, K_spot, json_str(label, "spot"));
	}
	view_str(v, K_facility_code, web_code(pg, facility_code));
	view_str(v, K_report_url,
		web_url(pg, STR("/report/"), label ? json_str(label, "code") : facility_code));
	view_str(v, K_org, json_str(org, "name"));
	if (hash.n >= 8) {
		view_int(v, K_seq, json_int(newest, "seq", 0));
		view_str(v, K_hash, arena_fmt(pg->arena, "%.4s %.4s", hash.p, hash.p + 4));
	}
	web_phone(pg, v, K_alarm, M_call_tell,
		json_str(org, "phone").n ? json_str(org, "phone") : pg->site->hotline);
}

/* ---- the whole -------------------------------------------------------------------------- */

static enum tone tone_of(enum fstate s)
{
	switch (s) {
	case FS_ON_TIME:
		return TONE_OK;
	case FS_DUE_SOON:
		return TONE_SOON;
	case FS_OVERDUE:
	case FS_FAILED:
		return TONE_BAD;
	default:
		return TONE_MUTE;
	}
}

/* The state in few words, for the title. */
static struct str headline(struct page *pg, const struct facility *f)
{
	if (f->state.state == FS_OVERDUE)
		return web_text(pg, M_answer_overdue, VALUE_I(-f->state.days));
	return web_state_word(pg, f->state.state);
}

enum rc web_facility_page(
	struct page *pg, const struct facility *f, const struct json *label, struct str path)
{
	struct str head = headline(pg, f), building = json_str(f->doc, "building");
	int64_t latest;
	struct str title = web_text(pg, M_title, VALUE_S(f->name),
		VALUE_S(building.n ? building : f->where), VALUE_S(head));
	struct fpage p = {.pg = pg,
		.v = web_begin(pg, title, tone_of(f->state.state), path),
		.f = f,
		.main = f->state.nduties ? &f->state.duty[0] : NULL,
		.decides = f->state.deciding >= 0 ? &f->state.duty[f->state.deciding] : NULL,
		.tested = newest_with(f->doc, "results")};
	/* As long as nothing is late the page speaks of its main duty. */
	bool calm = f->state.state == FS_ON_TIME || f->state.state == FS_NO_RECORD;
	p.hero = calm && p.main && p.main->due != DAY_NONE ? p.main : p.decides;
	if (f->state.state == FS_FAILED)
		p.failed = record_by_id(f->doc, json_str(json_get(f->doc, "failed"), "record"));
	view_str(p.v, K_name, f->name);
	view_str(p.v, K_where, f->where);
	view_str(p.v, K_where_lang, web_text_lang(pg, f->where));
	view_str(p.v, K_serves, json_str(f->doc, "serves"));
	view_str(p.v, K_json_url, web_cat(pg, path, STR(".json")));
	web_facility_answer(&p);
	web_facility_dates(&p);
	phones(&p);
	way_out(&p);
	evidence(&p);
	web_voice_lines(pg, p.v, f->doc, p.failed ? p.failed : p.tested);
	web_label_alarm(pg, p.v, label);
	responsible(&p);
	web_duties(pg, p.v, f, p.hero);
	history(&p);
	web_tickets_part(pg, p.v, f->doc);
	web_proof(pg, p.v, label, json_str(f->doc, "code"), json_get(f->doc, "org"),
		json_first(json_get(f->doc, "records")));
	if (json_instant(f->doc, "latest", &latest))
		view_str(p.v, K_published, web_datetime(pg, latest));
	return web_html(pg, T_facility, p.v);
}
