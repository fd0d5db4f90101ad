/* Owns: what a row of a table says in the words of the staging tables.  Called by import.c for
 * each row; keeps nothing between rows. */
#include <ctype.h>

#include "qrsvc/cli/profile.h"

struct making {
	const struct profile *p;
	enum import_kind kind;
	const struct csv_row *csv;
	struct arena *row;
	struct refusal *why;
};

static bool value_of(const struct making *m, const struct target *t, struct str *ret_)
{
	return expr_value(t->expr, &m->p->scope, m->csv->cell, m->csv->n, m->row, ret_, m->why);
}

static bool holds(const struct making *m, const struct target *t)
{
	return !t->cond ||
	       cond_holds(t->cond, &m->p->scope, m->csv->cell, m->csv->n, m->row, m->why);
}

/* The next target of a group from t on that applies to this row. */
static const struct target *next_of(
	const struct making *m, enum target_group g, const struct target *t)
{
	while (t && !(t->group == g && holds(m, t)) && !m->why->reason)
		t = t->next;
	return m->why->reason ? NULL : t;
}

/* The value of the same name with that sub-key ("filing", "unit"). */
static bool sub_value(const struct making *m, const struct target *of, struct str *ret_)
{
	*ret_ = STR_NONE;
	for (const struct target *t = m->p->targets[m->kind]; t; t = t->next)
		if (t->group == of->group && t->sub && strcmp(t->name, of->name) == 0)
			return value_of(m, t, ret_);
	return true;
}

static void comma(struct sbuf *b)
{
	if (b->n > 1)
		sbuf_byte(b, ',');
}

static void member(struct sbuf *b, const char *key, struct str v)
{
	if (b->n && b->p[b->n - 1] != '{')
		sbuf_byte(b, ',');
	sbuf_json(b, str_c(key));
	sbuf_byte(b, ':');
	sbuf_json(b, v);
}

static bool put_object(
	const struct making *m, const struct target *t, struct str v, struct sbuf *b)
{
	(void)m;
	comma(b);
	sbuf_json(b, str_c(t->name));
	sbuf_byte(b, ':');
	if (expr_json(t->expr) == EXPR_STRING)
		sbuf_json(b, v);
	else
		sbuf_str(b, v);
	return true;
}

static bool put_party(
	const struct making *m, const struct target *t, struct str v, struct sbuf *b)
{
	struct str filing;

	if (!sub_value(m, t, &filing))
		return false;
	comma(b);
	sbuf_byte(b, '{');
	member(b, "role", str_c(t->name));
	member(b, "name", v);
	if (filing.p)
		member(b, "filing", filing);
	sbuf_byte(b, '}');
	return true;
}

/* Operators as people write them in tables of results (domain.md: "<0.00001", "≤5"). */
static struct str cut_operator(struct str *v)
{
	static const struct {
		struct str from, to;
	} ops[] = {
		{{"<=", 2}, {"<=", 2}},
		{{">=", 2}, {">=", 2}},
		{{"≤", 3}, {"<=", 2}},
		{{"≥", 3}, {">=", 2}},
		{{"＜", 3}, {"<", 1}},
		{{"＞", 3}, {">", 1}},
		{{"<", 1}, {"<", 1}},
		{{">", 1}, {">", 1}},
	};

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (str_starts(*v, ops[i].from)) {
			*v = str_trim(str_sub(*v, ops[i].from.n, v->n), " ");
			return ops[i].to;
		}
	return STR_NONE;
}

static bool is_decimal(struct str v)
{
	size_t digits = 0, dots = 0;

	for (size_t i = v.n && v.p[0] == '-'; i < v.n; i++) {
		digits += isdigit((unsigned char)v.p[i]) != 0;
		dots += v.p[i] == '.';
		if (!isdigit((unsigned char)v.p[i]) && v.p[i] != '.')
			return false;
	}
	return digits > 0 && digits <= 30 && dots <= 1;
}

static bool put_result(
	const struct making *m, const struct target *t, struct str v, struct sbuf *b)
{
	struct str op = cut_operator(&v), unit;

	if (!sub_value(m, t, &unit))
		return false;
	if (op.p && !is_decimal(v)) {
		m->why->reason = "bad_results";
		snprintf(m->why->detail, sizeof m->why->detail, "%s: no number behind %.*s",
			t->name, STR_F(op));
		return false;
	}
	comma(b);
	sbuf_byte(b, '{');
	member(b, "item", str_c(t->name));
	if (op.p)
		member(b, "op", op);
	member(b, is_decimal(v) ? "num" : "word", v);
	if (unit.p)
		member(b, "unit", unit);
	sbuf_byte(b, '}');
	return true;
}

static bool put_flag(
	const struct making *m, const struct target *t, struct str v, struct sbuf *b)
{
	(void)m, (void)v;
	comma(b);
	sbuf_json(b, str_c(t->name));
	return true;
}

/* Columns that are JSON made of several targets. */
static const struct group {
	const char *column;
	enum target_group group;
	const char *brackets;
	bool (*put)(
		const struct making *m, const struct target *t, struct str v, struct sbuf *b);
} groups[] = {
	{"params", TG_OBJECT, "{}", put_object},
	{"fields", TG_OBJECT, "{}", put_object},
	{"parties", TG_PARTY, "[]", put_party},
	{"results", TG_RESULT, "[]", put_result},
	{"flags", TG_FLAG, "[]", put_flag},
};

static bool make_group(const struct making *m, const struct group *g, struct str *ret_)
{
	struct sbuf b;
	bool ok = true;

	sbuf_init(&b, LIMIT_CSV_ROW * 2);
	sbuf_byte(&b, g->brackets[0]);
	for (const struct target *t = next_of(m, g->group, m->p->targets[m->kind]); ok && t;
		t = next_of(m, g->group, t->next)) {
		struct str v = STR_NONE;

		if (t->sub)
			continue;
		if (t->expr)
			ok = value_of(m, t, &v);
		if (ok && (v.p || !t->expr))
			ok = g->put(m, t, v, &b);
	}
	sbuf_byte(&b, g->brackets[1]);
	*ret_ = b.n > 2 ? arena_str(m->row, sbuf_view(&b)) : STR_NONE;
	sbuf_release(&b);
	return ok && !m->why->reason;
}

static bool make_column(const struct making *m, const char *column, struct str *ret_)
{
	const struct target *t;

	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if (strcmp(groups[i].column, column) == 0)
			return make_group(m, &groups[i], ret_);
	*ret_ = STR_NONE;
	for (t = next_of(m, TG_COLUMN, m->p->targets[m->kind]); t;
		t = next_of(m, TG_COLUMN, t->next))
		if (strcmp(t->name, column) == 0)
			return value_of(m, t, ret_);
	return !m->why->reason;
}

bool profile_row(const struct profile *p, enum import_kind kind, const struct csv_row *csv,
	struct arena *row, struct str *ret_values, struct refusal *why)
{
	struct making m = {p, kind, csv, row, why};
	const struct target *t;

	why->reason = NULL;
	why->detail[0] = 0;
	if (p->scope.header_n && csv->n > p->scope.header_n + (size_t)p->scope.shift) {
		why->reason = "too_many_cells";
		snprintf(why->detail, sizeof why->detail, "%zu cells under %zu headers", csv->n,
			p->scope.header_n);
		return false;
	}
	t = next_of(&m, TG_REFUSE, p->targets[kind]);
	if (t) {
		why->reason = t->name;
		return false;
	}
	for (size_t i = 0; import_columns[kind][i]; i++)
		if (!make_column(&m, import_columns[kind][i], &ret_values[i]))
			return false;
	return true;
}
