/* Owns the first screen of a facility's page: the answer in words, the days, the due date. Same
 * fact, same place in every state.  Called by facility_view.c. */
#include "qrsvc/web/common.h"

static struct str type_done(const struct fpage *p, struct str type)
{
	const struct json *t = json_member(json_get(p->f->kind, "types"), type);
	struct str done = web_word(p->pg, json_get(t, "done"));
	struct str name = web_type_name(p->pg, p->f, type);
	return done.n ? done : web_text(p->pg, M_answer_on_time, VALUE_S(name));
}

struct str web_type_lower(const struct fpage *p, struct str type)
{
	return web_lower(p->pg, web_type_name(p->pg, p->f, type));
}

static struct str type_last(const struct fpage *p, struct str type)
{
	const struct json *t = json_member(json_get(p->f->kind, "types"), type);
	struct str last = web_word(p->pg, json_get(t, "last"));
	return last.n ? last : web_text(p->pg, M_last_what, VALUE_S(web_type_lower(p, type)));
}

/* ---- first screen ----------------------------------------------------------------------- */

static void answer_good(struct fpage *p)
{
	struct tally t = web_tally(p->tested);
	web_answer(p->pg, p->v, ICON_TICK,
		web_text(p->pg, M_answer_comma, VALUE_S(type_done(p, p->main->type))));
	if (p->f->state.state == FS_DUE_SOON)
		web_answer_more(p->pg, p->v, web_text(p->pg, M_answer_due_soon));
	else if (t.n && t.pass == t.n && !json_count(json_get(p->tested, "flags"))) {
		struct str type = json_str(p->tested, "type");
		web_answer_more(p->pg, p->v,
			web_is_work(type) ? web_text(p->pg, M_answer_results_passed)
					  : web_text(p->pg, M_answer_passed,
						    VALUE_S(web_type_name(p->pg, p->f, type))));
	}
}

static void answer_bad(struct fpage *p)
{
	if (p->f->state.state == FS_FAILED) {
		struct str type = json_str(p->failed, "type");
		struct str what =
			type.n ? web_type_name(p->pg, p->f, type) : web_text(p->pg, M_result);
		struct str text = web_text(p->pg, M_answer_failed, VALUE_S(what));
		web_answer(
			p->pg, p->v, ICON_WARN, web_text(p->pg, M_answer_comma, VALUE_S(text)));
		web_answer_more(p->pg, p->v, web_text(p->pg, M_answer_not_cured));
		return;
	}
	struct str text = web_text(p->pg, M_answer_overdue, VALUE_I(-p->f->state.days));
	web_answer(p->pg, p->v, ICON_WARN, web_text(p->pg, M_answer_comma, VALUE_S(text)));
	web_answer_more(p->pg, p->v,
		web_text(p->pg, M_answer_not_done,
			VALUE_S(web_type_lower(p, p->decides->type))));
}

/* "on time," alone must not end in a comma. */
static void answer_one(struct fpage *p, enum icon icon, struct str text)
{
	web_answer(p->pg, p->v, icon, text);
}

void web_facility_answer(struct fpage *p)
{
	struct page *pg = p->pg;
	view_str(p->v, K_question, web_word(pg, json_get(p->f->kind, "question")));
	switch (p->f->state.state) {
	case FS_ON_TIME:
	case FS_DUE_SOON:
		answer_good(p);
		break;
	case FS_OVERDUE:
	case FS_FAILED:
		answer_bad(p);
		break;
	case FS_NO_RECORD:
		answer_one(p, ICON_ASK,
			web_text(pg, M_answer_no_record,
				VALUE_S(p->main ? web_type_lower(p, p->main->type)
						: STR_NONE)));
		break;
	case FS_SUSPENDED:
		answer_one(p, ICON_MINUS, web_text(pg, M_answer_suspended));
		break;
	default:
		answer_one(p, ICON_MINUS, web_text(pg, M_answer_retired));
		break;
	}
}

static void ago(struct fpage *p, struct str what, int32_t day)
{
	view_flag(p->v, K_ago, true);
	view_str(p->v, K_ago_what, what);
	view_str(p->v, K_ago_date, web_date(p->pg, day));
	/* A document from after the page's day (a clock behind) counts as today. */
	if (day < p->pg->today)
		view_int(p->v, K_ago_n, p->pg->today - day);
}

/* The bar between the last time and the due date, and how far past it. */
static void cycle(struct fpage *p, const struct duty *d)
{
	int total = d->due - d->last, gone = p->pg->today - d->last;
	if (d->due == DAY_NONE || d->last == DAY_NONE || total <= 0 || gone < 0)
		return;
	bool over = gone > total;
	int pct = over ? total * 100 / gone : gone * 100 / total;
	view_flag(p->v, K_cycle, true);
	view_flag(p->v, K_over, over);
	view_int(p->v, K_pct, pct);
	view_int(p->v, K_from, pct < 99 ? pct + 1 : pct);
}

static void due_line(struct fpage *p, const struct duty *d)
{
	struct str what = web_type_lower(p, d->type), date = web_date_plain(p->pg, d->due);
	if (d->due == DAY_NONE)
		return;
	if (d->days < 0) {
		view_str(p->v, K_was_due, date);
		view_str(p->v, K_was_what, web_type_name(p->pg, p->f, d->type));
		return;
	}
	view_str(p->v, K_next_what, what);
	view_str(p->v, d->days ? K_next : K_next_today, date);
	view_int(p->v, K_next_days, d->days);
}

void web_facility_dates(struct fpage *p)
{
	const struct fstate_info *s = &p->f->state;
	int32_t since = json_day(p->f->doc, "since");
	if (s->state == FS_SUSPENDED || s->state == FS_RETIRED) {
		if (s->status_since != DAY_NONE)
			view_str(p->v, K_since, web_date_plain(p->pg, s->status_since));
		view_str(p->v, K_reason, json_str(p->f->doc, "status_reason"));
		return;
	}
	if (s->state == FS_FAILED) {
		if (s->failed_on != DAY_NONE)
			ago(p, web_text(p->pg, M_failed_what), s->failed_on);
		return;
	}
	if (s->state == FS_NO_RECORD && since != DAY_NONE)
		view_str(p->v, K_registered, web_date_plain(p->pg, since));
	const struct duty *d = s->state == FS_OVERDUE ? p->decides : p->main;
	if (d && d->last != DAY_NONE) {
		ago(p, type_last(p, d->type), d->last);
		cycle(p, d);
	}
	if (p->hero)
		due_line(p, p->hero);
}
