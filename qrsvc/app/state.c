/* Owns the one table of states.  Never reads a clock, never looks at anything but the facility
 * document.  Called by the pages and by commands that list facilities. */
#include "qrsvc/app/state.h"

#include "qrsvc/base/json.h"

const char *fstate_name(enum fstate s)
{
	static const char *const name[FS_COUNT] = {
		[FS_ON_TIME] = "on_time",
		[FS_DUE_SOON] = "due_soon",
		[FS_NO_RECORD] = "no_record",
		[FS_OVERDUE] = "overdue",
		[FS_FAILED] = "failed",
		[FS_SUSPENDED] = "suspended",
		[FS_RETIRED] = "retired",
	};
	return name[s];
}

struct facts {
	struct str status;
	bool failed;
	bool never; /* the main duty has no record */
	bool overdue, soon;
};

static bool is_retired(const struct facts *f)
{
	return str_eq(f->status, STR("retired"));
}

static bool is_suspended(const struct facts *f)
{
	return str_eq(f->status, STR("suspended"));
}

static bool is_failed(const struct facts *f)
{
	return f->failed;
}

static bool is_overdue(const struct facts *f)
{
	return f->overdue;
}

static bool is_never(const struct facts *f)
{
	return f->never;
}

static bool is_soon(const struct facts *f)
{
	return f->soon;
}

/* The first that holds wins. */
static const struct {
	enum fstate state;
	bool (*holds)(const struct facts *f);
} fstate_rules[] = {
	{FS_RETIRED, is_retired},
	{FS_SUSPENDED, is_suspended},
	{FS_FAILED, is_failed},
	{FS_OVERDUE, is_overdue},
	{FS_NO_RECORD, is_never},
	{FS_DUE_SOON, is_soon},
};

static enum fstate decide(const struct facts *f)
{
	for (size_t i = 0; i < sizeof fstate_rules / sizeof fstate_rules[0]; i++)
		if (fstate_rules[i].holds(f))
			return fstate_rules[i].state;
	return FS_ON_TIME;
}

static int bounded(int64_t v)
{
	return v < 0 ? 0 : v > 100000 ? 100000 : (int)v;
}

static void read_why(const struct json *why, struct duty *d)
{
	struct str base = json_str(why, "base");
	d->base = base.n ? base : STR("record");
	d->on = why ? json_day(why, "on") : d->last;
	d->what = json_str(why, "what");
	d->ground = json_str(why, "basis");
	d->regular = json_day(why, "regular");
	d->within = json_get(why, "days") ? bounded(json_int(why, "days", 0)) : -1;
	d->within_work =
		json_get(why, "work_days") ? bounded(json_int(why, "work_days", 0)) : -1;
	d->provisional = json_bool(why, "provisional", false);
}

static struct duty read_duty(const struct json *v, int32_t today, bool main_never)
{
	struct duty d = {
		.type = json_str(v, "type"),
		.rule = json_str(v, "rule"),
		.basis = json_str(v, "basis"),
		.last = json_day(v, "last"),
		.due = json_day(v, "due"),
		.soon_days = bounded(json_int(v, "soon_days", 0)),
		.months = bounded(json_int(v, "months", 0)),
		.every_days = bounded(json_int(v, "days", 0)),
		.every_work_days = bounded(json_int(v, "work_days", 0)),
	};
	read_why(json_get(v, "why"), &d);
	if (d.due == DAY_NONE)
		return d;
	d.days = d.due - today;
	/* A new facility is not late before it has begun: as long as its main work was never
	 * recorded, what was never done is "no record yet". */
	d.overdue = d.days < 0 && !(main_never && d.last == DAY_NONE);
	d.soon = d.days >= 0 && d.days <= d.soon_days;
	return d;
}

/* True if a decides rather than b: what is overdue first, then what is due first. */
static bool sooner(const struct duty *a, const struct duty *b)
{
	return a->overdue != b->overdue ? a->overdue : a->due < b->due;
}

static int deciding(const struct fstate_info *s)
{
	int best = -1;
	for (int i = 0; i < s->nduties; i++)
		if (s->duty[i].due != DAY_NONE &&
			(best < 0 || sooner(&s->duty[i], &s->duty[best])))
			best = i;
	return best;
}

void state_of(const struct json *facility, int32_t today, struct fstate_info *ret_)
{
	struct fstate_info s = {.failed_on = json_day(json_get(facility, "failed"), "date"),
		.status_since = json_day(facility, "status_since")};
	const struct json *duties = json_get(facility, "duties");
	struct facts f = {.status = json_str(facility, "status"),
		.failed = json_get(facility, "failed") != NULL,
		.never = json_day(json_first(duties), "last") == DAY_NONE};
	json_each (d, duties) {
		if (s.nduties == STATE_DUTIES)
			break;
		struct duty *to = &s.duty[s.nduties++];
		*to = read_duty(d, today, f.never);
		f.overdue |= to->overdue;
		f.soon |= to->soon;
	}
	s.state = decide(&f);
	s.deciding = deciding(&s);
	s.has_days = s.deciding >= 0 && !is_retired(&f) && !is_suspended(&f);
	if (s.has_days)
		s.days = s.duty[s.deciding].days;
	*ret_ = s;
}

int32_t state_next_change(const struct json *facility, int32_t today)
{
	struct fstate_info now;
	int32_t first = DAY_NONE;
	state_of(facility, today, &now);
	for (int i = 0; i < now.nduties; i++) {
		const struct duty *d = &now.duty[i];
		if (d->due == DAY_NONE)
			continue;
		int32_t when[] = {d->due - d->soon_days, d->due + 1};
		for (size_t k = 0; k < 2; k++) {
			struct fstate_info then;
			if (when[k] <= today || (first != DAY_NONE && when[k] >= first))
				continue;
			state_of(facility, when[k], &then);
			if (then.state != now.state)
				first = when[k];
		}
	}
	return first;
}
