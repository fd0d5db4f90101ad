/* Owns: the filters of templates ("{DATE|date}"), one value in, one out or a refusal.  Called
 * by expr.c. */
#include "qrsvc/cli/filter.h"

#include <ctype.h>
#include <stdarg.h>

#include "qrsvc/base/clock.h"

static const struct {
	const char *name;
	enum filter_kind kind;
	bool arg;
} filters[] = {
	{"map", F_MAP, true},
	{"squeeze", F_SQUEEZE, false},
	{"alnum", F_ALNUM, false},
	{"pad", F_PAD, true},
	{"date", F_DATE, false},
	{"datetime", F_DATETIME, false},
	{"or", F_OR, true},
	{"number", F_NUMBER, false},
	{"bool", F_BOOL, false},
	{"upper", F_UPPER, false},
	{"lower", F_LOWER, false},
};

static const struct expr_map *map_find(const struct expr_scope *s, struct str name)
{
	const struct expr_map *m = s->maps;

	while (m && !str_eq(str_c(m->name), name))
		m = m->next;
	return m;
}

enum rc filter_compile(
	struct expr_scope *s, struct str text, struct filter **ret_, struct err *e)
{
	struct str rest = text, name = str_cut(&rest, ':');
	struct filter *f = arena_alloc(s->mem, sizeof *f);
	size_t i = 0, n = sizeof filters / sizeof filters[0];
	uint64_t width;

	while (i < n && !str_eq(str_c(filters[i].name), name))
		i++;
	if (i == n || filters[i].arg != (rest.p != NULL))
		return err_set(e, RC_BAD, "no such filter: |%.*s", STR_F(text));
	f->kind = filters[i].kind;
	f->arg = rest;
	if (f->kind == F_MAP && (!rest.p || !(f->map = map_find(s, rest))))
		return err_set(e, RC_BAD, "no section [map %.*s]", STR_F(rest));
	if (f->kind == F_PAD && (!str_u64(rest, &width) || width > 20))
		return err_set(e, RC_BAD, "|pad:%.*s is no width up to 20", STR_F(rest));
	*ret_ = f;
	return RC_OK;
}

static bool refuse(struct refusal *why, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static bool refuse(struct refusal *why, const char *reason, const char *fmt, ...)
{
	va_list ap;

	why->reason = reason;
	va_start(ap, fmt);
	vsnprintf(why->detail, sizeof why->detail, fmt, ap);
	va_end(ap);
	return false;
}

static struct str squeeze(struct str v, struct arena *row)
{
	char *out = arena_alloc(row, v.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		if (!strchr(" \t\r\n", v.p[i]) || (n && out[n - 1] != ' '))
			out[n++] = strchr("\t\r\n", v.p[i]) ? ' ' : v.p[i];
	while (n && out[n - 1] == ' ')
		n--;
	return (struct str){out, n};
}

/* ASCII letters as asked; other bytes stay. keep_all false: drops ASCII that is no letter or
 * digit. */
static struct str recase(struct str v, struct arena *row, bool upper, bool keep_all)
{
	char *out = arena_alloc(row, v.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (keep_all || c > 0x7f || isalnum(c))
			out[n++] = (char)(upper ? toupper(c) : tolower(c));
	}
	return (struct str){out, n};
}

static struct str pad(struct str v, struct str width, struct arena *row)
{
	uint64_t w = 0;

	(void)str_u64(width, &w);
	if (v.n >= w)
		return v;
	return arena_fmt(row, "%.*s%.*s", (int)(w - v.n), "00000000000000000000", STR_F(v));
}

/* strptime(3) takes more than it should (blanks, dates that do not exist): the result is
 * checked again. */
static bool parse_date(struct str v, const char *const *formats, struct tm *ret_,
	struct arena *row, const char **ret_rest)
{
	const char *text = arena_str(row, v).p;

	for (; formats && *formats; formats++) {
		const char *end;

		*ret_ = (struct tm){.tm_mday = 1};
		end = strptime(text, *formats, ret_);
		if (end && (*end == 0 || ret_rest) &&
			day_valid(ret_->tm_year + 1900, ret_->tm_mon + 1, ret_->tm_mday)) {
			if (ret_rest)
				*ret_rest = end;
			return true;
		}
	}
	return false;
}

static bool to_date(struct str *v, const struct expr_scope *s, struct arena *row,
	struct refusal *why, struct str column)
{
	struct tm tm;

	if (!parse_date(*v, s->date_formats, &tm, row, NULL))
		return refuse(why, "bad_date", "%.*s: %.*s is no date of the profile's formats",
			STR_F(column), STR_F(*v));
	*v = arena_fmt(row, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	return true;
}

/* "" or an offset as RFC 3339 has it. */
static bool is_offset(const char *p)
{
	int h, m;

	if (*p == 0 || strcmp(p, "Z") == 0)
		return true;
	return strlen(p) == 6 && strchr("+-", *p) && p[3] == ':' &&
	       isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2]) &&
	       isdigit((unsigned char)p[4]) && isdigit((unsigned char)p[5]) &&
	       (h = (p[1] - '0') * 10 + p[2] - '0', m = (p[4] - '0') * 10 + p[5] - '0',
		       h < 16 && m < 60);
}

static bool to_datetime(struct str *v, const struct expr_scope *s, struct arena *row,
	struct refusal *why, struct str column)
{
	const char *rest = "";
	struct tm tm;

	if (!parse_date(*v, s->time_formats, &tm, row, &rest) || !is_offset(rest))
		return refuse(why, "bad_time", "%.*s: %.*s is no time of the profile's formats",
			STR_F(column), STR_F(*v));
	*v = arena_fmt(row, "%04d-%02d-%02dT%02d:%02d:%02d%s%s", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, *rest ? "" : " ",
		*rest ? rest : s->timezone);
	return true;
}

/* A JSON number (RFC 8259 6). */
static bool is_number(struct str v)
{
	size_t i = v.n && v.p[0] == '-', start = i;

	while (i < v.n && isdigit((unsigned char)v.p[i]))
		i++;
	if (i == start || (v.p[start] == '0' && i - start > 1))
		return false;
	if (i < v.n && v.p[i] == '.') {
		start = ++i;
		while (i < v.n && isdigit((unsigned char)v.p[i]))
			i++;
		if (i == start)
			return false;
	}
	return i == v.n;
}

static bool to_bool(struct str *v)
{
	static const char *const yes[] = {"true", "yes", "y", "1", "是"}, *const no[] = {
										  "false", "no",
										  "n", "0",
										  "否"};

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		bool t = str_ieq(*v, str_c(yes[i]));

		if (t || str_ieq(*v, str_c(no[i]))) {
			*v = t ? STR("true") : STR("false");
			return true;
		}
	}
	return false;
}

static bool through_map(const struct expr_map *m, struct str *v)
{
	const struct expr_map_entry *other = NULL;

	for (const struct expr_map_entry *x = m->entries; x; x = x->next) {
		if (str_eq(x->from, *v)) {
			*v = x->to;
			return true;
		}
		if (str_eq(x->from, STR("*")))
			other = x;
	}
	if (other && !str_eq(other->to, STR("=")))
		*v = other->to;
	return other != NULL;
}

bool filter_apply(const struct filter *f, const struct expr_scope *s, struct arena *row,
	struct str column, struct str *v, struct refusal *why)
{
	if (f->kind == F_OR) {
		if (v->n == 0)
			*v = f->arg;
		return true;
	}
	if (v->n == 0)
		return true; /* absent stays absent */
	switch (f->kind) {
	case F_MAP:
		if (!through_map(f->map, v))
			return refuse(why, "unknown_value", "%.*s: %.*s is not in [map %s]",
				STR_F(column), STR_F(*v), f->map->name);
		return true;
	case F_SQUEEZE:
		*v = squeeze(*v, row);
		return true;
	case F_ALNUM:
		*v = recase(*v, row, true, false);
		return true;
	case F_UPPER:
	case F_LOWER:
		*v = recase(*v, row, f->kind == F_UPPER, true);
		return true;
	case F_PAD:
		*v = pad(*v, f->arg, row);
		return true;
	case F_DATE:
		return to_date(v, s, row, why, column);
	case F_DATETIME:
		return to_datetime(v, s, row, why, column);
	case F_NUMBER:
		if (!is_number(*v))
			return refuse(why, "bad_number", "%.*s: %.*s is no number",
				STR_F(column), STR_F(*v));
		return true;
	case F_BOOL:
		if (!to_bool(v))
			return refuse(why, "unknown_value", "%.*s: %.*s is neither yes nor no",
				STR_F(column), STR_F(*v));
		return true;
	case F_OR:
		break;
	}
	return true;
}
