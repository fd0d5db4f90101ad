/* Owns the words of why something is due when it is: what the days are counted from, how many,
 * by which rule on what basis.  Never computes a day: the document has them all
 * (sql/api/duty.sql).  Called by the page of a facility and by that of people who log in. */
#include "qrsvc/web/common.h"

/* "6 months", "20 working days"; STR_NONE if there is no interval. */
static struct str interval(const struct page *pg, const struct duty *d)
{
	bool started = d->within >= 0 || d->within_work >= 0;
	int months = started ? 0 : d->months, days = started ? d->within : d->every_days;
	int work = started ? d->within_work : d->every_work_days;
	struct str s = STR_NONE;
	if (work > 0)
		return web_text(pg, M_dy_work_days, VALUE_I(work));
	if (months > 0)
		s = web_text(pg, M_dy_months, VALUE_I(months));
	if (days > 0) {
		struct str more = web_text(pg, M_dy_days, VALUE_I(days));
		s = s.n ? web_cat(pg, s, STR(" + "), more) : more;
	}
	return s;
}

static struct str event_word(const struct page *pg, struct str what)
{
	static const struct {
		const char *what;
		unsigned msg;
	} table[] = {{"heat", M_dy_heat}, {"typhoon", M_dy_typhoon}, {"flood", M_dy_flood},
		{"pollution", M_dy_pollution}, {"outbreak", M_dy_outbreak}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(what, str_c(table[i].what)))
			return web_text(pg, table[i].msg);
	return web_text(pg, M_dy_other);
}

static struct str because(const struct page *pg, const struct duty *d, struct str what)
{
	static const struct {
		const char *base;
		unsigned msg, at_once;
	} table[] = {{"since", M_dy_since, M_dy_since}, {"rule", M_dy_rule, M_dy_rule},
		{"failed", M_dy_failed, M_dy_failed_now}, {"event", M_dy_event, M_dy_event_now},
		{"record", M_dy_record, M_dy_record}};
	struct str days = interval(pg, d), on = web_date_plain(pg, d->on);
	size_t i = 0;
	while (i < sizeof table / sizeof table[0] - 1 && !str_eq(d->base, str_c(table[i].base)))
		i++;
	return web_text(pg, days.n ? table[i].msg : table[i].at_once, VALUE_S(what),
		VALUE_S(days), VALUE_S(on), VALUE_S(event_word(pg, d->what)));
}

static struct str sentence(const struct page *pg, struct str so_far, struct str more)
{
	return web_cat(pg, so_far, str_c(pg->lang == LANG_ZH ? "" : " "), more);
}

/* "Water test by 2 December 2026 (10 days left)"; of the one told elsewhere only its name. */
static struct str due_by(
	const struct page *pg, struct str name, const struct duty *d, bool told)
{
	struct str day = web_date_plain(pg, d->due);
	if (told)
		return name;
	return web_text(pg, d->days < 0 ? M_dy_due_late : M_dy_due_left, VALUE_S(name),
		VALUE_S(day), VALUE_I(d->days < 0 ? -d->days : d->days));
}

/* Where the name of a text ends and what it says begins: behind the first colon; 0: nowhere. */
static size_t name_end(struct str basis)
{
	static const char *const colons[] = {"：", ": "};
	for (size_t i = 0; i < sizeof colons / sizeof colons[0]; i++) {
		ptrdiff_t at = str_find(basis, str_c(colons[i]));
		if (at > 0)
			return (size_t)at + str_c(colons[i]).n;
	}
	return 0;
}

/* The basis; of a text that was named just before only what it says. */
static void say_basis(
	const struct page *pg, struct view *v, const struct duty *d, const struct duty *before)
{
	struct str basis = d->basis;
	size_t n = name_end(basis);
	unsigned msg = M_dy_basis;
	if (d->ground.n) {
		basis = d->ground;
		msg = M_dy_announced;
	} else if (before && n && before->basis.n > n &&
		   str_eq(str_sub(before->basis, 0, n), str_sub(basis, 0, n))) {
		basis = str_sub(basis, n, basis.n);
		msg = M_dy_basis_same;
	}
	view_str(v, K_basis, web_text(pg, msg, VALUE_S(d->rule), VALUE_S(basis)));
	view_str(v, K_basis_lang, web_text_lang(pg, basis));
}

void web_duties(const struct page *pg, struct view *v, const struct facility *f,
	const struct duty *told)
{
	const struct duty *before = NULL;
	if (f->state.state == FS_SUSPENDED || f->state.state == FS_RETIRED)
		return;
	for (int i = 0; i < f->state.nduties; i++) {
		const struct duty *d = &f->state.duty[i];
		if (d->due == DAY_NONE || d->on == DAY_NONE)
			continue;
		struct view *to = view_add(v, K_whys);
		struct str name = web_type_name(pg, f, d->type);
		struct str why = because(pg, d, due_by(pg, name, d, d == told));
		if (d->regular != DAY_NONE && d->regular != d->due)
			why = sentence(pg, why,
				web_text(pg, M_dy_regular,
					VALUE_S(web_date_plain(pg, d->regular))));
		if (d->provisional)
			why = sentence(pg, why, web_text(pg, M_dy_provisional));
		view_flag(v, K_why_set, true);
		view_str(to, K_why, why);
		say_basis(pg, to, d, before);
		before = d->ground.n ? NULL : d;
	}
}
