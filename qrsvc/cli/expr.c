/* Owns: templates of import profiles, compiled once, evaluated per row.  Never touches a file
 * or the database; filters are in filter.c, conditions in cond.c.  Called by profile.c. */
#include "qrsvc/cli/expr.h"

#include "qrsvc/base/sbuf.h"
#include "qrsvc/cli/filter.h"

struct part {
	bool is_column;
	struct str text; /* literal, or the column as written */
	struct str name; /* of the column, "" for a position */
	bool optional;	 /* a column the file need not have */
	int offset;	 /* +1 and so on; for a position, its index */
	ptrdiff_t index; /* bound; -1 = beyond the row */
	struct filter *filters;
	struct part *next;
};

struct expr {
	struct part *parts;
	enum expr_json json;
	bool has_column;
};

enum expr_json expr_json(const struct expr *x)
{
	return x->json;
}

/* --- compiling --- */

/* What stands between the braces. */
static enum rc column_compile(
	struct expr_scope *s, struct str text, struct expr *x, struct part *p, struct err *e)
{
	struct str rest = text;
	struct filter **tail = &p->filters;
	uint64_t v;

	p->is_column = x->has_column = true;
	p->text = p->name = str_trim(str_cut(&rest, '|'), " ");
	if (p->name.n > 1 && p->name.p[p->name.n - 1] == '?') {
		p->optional = true;
		p->name.n--;
	}
	if (p->name.n > 1 && p->name.p[0] == '#') {
		if (!str_u64(str_sub(p->name, 1, p->name.n), &v) || v < 1 || v > 10000)
			return err_set(e, RC_BAD, "{%.*s} is no position", STR_F(p->name));
		p->offset = (int)v - 1;
		p->name = STR("");
	} else {
		for (size_t i = p->name.n; i-- > 1;)
			if (p->name.p[i] == '+' &&
				str_u64(str_sub(p->name, i + 1, p->name.n), &v) && v < 1000) {
				p->offset = (int)v;
				p->name = str_sub(p->name, 0, i);
				break;
			}
		if (p->name.n == 0)
			return err_set(e, RC_BAD, "a column without a name");
	}
	while (rest.p) {
		enum rc rc = filter_compile(s, str_trim(str_cut(&rest, '|'), " "), tail, e);

		if (rc != RC_OK)
			return rc;
		if ((*tail)->kind == F_NUMBER || (*tail)->kind == F_BOOL)
			x->json = (*tail)->kind == F_NUMBER ? EXPR_NUMBER : EXPR_BOOL;
		tail = &(*tail)->next;
	}
	return RC_OK;
}

/* Length of literal text at the start of t: up to a brace; {{ and }} count as one character and
 * end the piece behind the first of the two. */
static size_t literal_length(struct str t)
{
	size_t i = 0;

	while (i < t.n && t.p[i] != '{' && t.p[i] != '}')
		i++;
	return i;
}

enum rc expr_compile(struct expr_scope *s, struct str text, struct expr **ret_, struct err *e)
{
	struct expr *x = arena_alloc(s->mem, sizeof *x);
	struct part **tail = &x->parts;
	struct str t = text;

	while (t.n > 0) {
		struct part *p = *tail = arena_alloc(s->mem, sizeof *p);
		size_t n = literal_length(t);

		tail = &p->next;
		if (n > 0) {
			p->text = str_sub(t, 0, n);
		} else if (t.n > 1 && t.p[0] == t.p[1]) {
			p->text = str_sub(t, 0, 1);
			n = 2;
		} else {
			ptrdiff_t end = str_chr(t, '}');
			enum rc rc;

			if (end < 1)
				return err_set(e, RC_BAD,
					"a brace that does not match in \"%.*s\"", STR_F(text));
			n = (size_t)end + 1;
			rc = column_compile(s, str_sub(t, 1, n - 1), x, p, e);
			if (rc != RC_OK)
				return rc;
		}
		t = str_sub(t, n, t.n);
	}
	if (x->json != EXPR_STRING && (!x->parts || x->parts->next))
		return err_set(
			e, RC_BAD, "|number and |bool stand alone in \"%.*s\"", STR_F(text));
	*ret_ = x;
	return RC_OK;
}

enum rc expr_bind(struct expr *x, const struct expr_scope *s, struct err *e)
{
	for (struct part *p = x->parts; p; p = p->next) {
		size_t i = 0;

		if (!p->is_column)
			continue;
		if (p->name.n == 0) {
			p->index = p->offset;
			continue;
		}
		while (i < s->header_n && !str_eq(s->header[i], p->name))
			i++;
		if (i == s->header_n && p->optional) {
			p->index = -1;
			continue;
		}
		if (i == s->header_n)
			return err_set(e, RC_NOT_FOUND,
				"the profile names column %.*s, which the file does not have",
				STR_F(p->name));
		s->used[i] = true;
		p->index = (ptrdiff_t)i + p->offset;
		if (s->shift_from >= 0 && (ptrdiff_t)i >= s->shift_from)
			p->index += s->shift;
	}
	return RC_OK;
}

/* --- evaluating --- */

static bool column_value(const struct part *p, const struct expr_scope *s,
	const struct str *cell, size_t n, struct arena *row, struct str *ret_,
	struct refusal *why)
{
	struct str v = STR("");

	if (p->index >= 0 && (size_t)p->index < n)
		v = str_trim(cell[p->index], " \t\r\n");
	for (const struct filter *f = p->filters; f; f = f->next)
		if (!filter_apply(f, s, row, p->text, &v, why))
			return false;
	*ret_ = v;
	return true;
}

bool expr_value(const struct expr *x, const struct expr_scope *s, const struct str *cell,
	size_t n, struct arena *row, struct str *ret_, struct refusal *why)
{
	struct sbuf b;
	bool some = !x->has_column;

	if (x->parts && !x->parts->next && x->parts->is_column) {
		if (!column_value(x->parts, s, cell, n, row, ret_, why))
			return false;
		if (ret_->n == 0)
			*ret_ = STR_NONE;
		return true;
	}
	sbuf_init(&b, 64 * 1024);
	for (const struct part *p = x->parts; p; p = p->next) {
		struct str v = p->text;

		if (p->is_column && !column_value(p, s, cell, n, row, &v, why)) {
			sbuf_release(&b);
			return false;
		}
		some = some || (p->is_column && v.n > 0);
		sbuf_str(&b, v);
	}
	*ret_ = some && b.n ? arena_str(row, sbuf_view(&b)) : STR_NONE;
	sbuf_release(&b);
	return true;
}
