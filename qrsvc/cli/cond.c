/* Owns: conditions of import profiles ("{A} = x and {B} != y").  Called by profile.c. */
#include <fnmatch.h>

#include "qrsvc/cli/expr.h"

enum op { OP_EQ, OP_NE, OP_LIKE, OP_UNLIKE, OP_LT, OP_GT, OP_NAMED };

struct term {
	enum op op;
	struct expr *left;
	const char *right;
	struct cond *named;
	struct term *next;
};

struct cond {
	struct term *all;     /* every one must hold ... */
	struct cond *or_else; /* ... or this does */
};

/* Cuts at the word (" and ", " or "), outside of braces. */
static struct str cut_word(struct str *rest, struct str word)
{
	struct str all = *rest;
	int depth = 0;

	for (size_t i = 0; i + word.n <= all.n; i++) {
		depth += all.p[i] == '{' ? 1 : all.p[i] == '}' ? -1 : 0;
		if (depth == 0 && memcmp(all.p + i, word.p, word.n) == 0) {
			*rest = str_sub(all, i + word.n, all.n);
			return str_trim(str_sub(all, 0, i), " ");
		}
	}
	*rest = STR_NONE;
	return str_trim(all, " ");
}

static const struct {
	struct str text;
	enum op op;
} ops[] = {{{" != ", 4}, OP_NE}, {{" !~ ", 4}, OP_UNLIKE}, {{" = ", 3}, OP_EQ},
	{{" ~ ", 3}, OP_LIKE}, {{" < ", 3}, OP_LT}, {{" > ", 3}, OP_GT}};

static enum rc term_compile(
	struct expr_scope *s, struct str text, struct term *t, struct err *e)
{
	if (text.n > 1 && text.p[0] == '@') {
		const struct cond_name *c = s->conds;

		while (c && !str_eq(c->name, str_sub(text, 1, text.n)))
			c = c->next;
		if (!c)
			return err_set(
				e, RC_BAD, "no condition %.*s stands above", STR_F(text));
		t->op = OP_NAMED;
		t->named = c->cond;
		return RC_OK;
	}
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		ptrdiff_t at = str_find(text, ops[i].text);
		struct str right;

		if (at < 0)
			continue;
		right = str_trim(str_sub(text, (size_t)at + ops[i].text.n, text.n), " ");
		if (str_eq(right, STR("\"\"")))
			right = STR("");
		t->op = ops[i].op;
		t->right = arena_str(s->mem, right).p;
		return expr_compile(
			s, str_trim(str_sub(text, 0, (size_t)at), " "), &t->left, e);
	}
	return err_set(
		e, RC_BAD, "\"%.*s\" is no comparison such as {COLUMN} = word", STR_F(text));
}

enum rc cond_compile(struct expr_scope *s, struct str text, struct cond **ret_, struct err *e)
{
	struct cond **tail = ret_;
	struct str rest = text;

	while (rest.p) {
		struct str all = cut_word(&rest, STR(" or "));
		struct cond *c = *tail = arena_alloc(s->mem, sizeof *c);
		struct term **end = &c->all;

		while (all.p) {
			struct str one = cut_word(&all, STR(" and "));
			enum rc rc;

			*end = arena_alloc(s->mem, sizeof **end);
			rc = term_compile(s, one, *end, e);
			if (rc != RC_OK)
				return rc;
			end = &(*end)->next;
		}
		tail = &c->or_else;
	}
	return RC_OK;
}

enum rc cond_bind(struct cond *c, const struct expr_scope *s, struct err *e)
{
	for (; c; c = c->or_else)
		for (struct term *t = c->all; t; t = t->next) {
			enum rc rc =
				t->named ? cond_bind(t->named, s, e) : expr_bind(t->left, s, e);

			if (rc != RC_OK)
				return rc;
		}
	return RC_OK;
}

static bool term_holds(const struct term *t, const struct expr_scope *s, const struct str *cell,
	size_t n, struct arena *row, struct refusal *why)
{
	struct str v;
	const char *left;

	if (t->op == OP_NAMED)
		return cond_holds(t->named, s, cell, n, row, why);
	if (!expr_value(t->left, s, cell, n, row, &v, why))
		return false;
	left = v.p ? arena_str(row, v).p : "";
	switch (t->op) {
	case OP_EQ:
		return strcmp(left, t->right) == 0;
	case OP_NE:
		return strcmp(left, t->right) != 0;
	case OP_LIKE:
		return fnmatch(t->right, left, 0) == 0;
	case OP_UNLIKE:
		return fnmatch(t->right, left, 0) != 0;
	case OP_LT:
		return *left && strcmp(left, t->right) < 0;
	case OP_GT:
		return *left && strcmp(left, t->right) > 0;
	case OP_NAMED:
		break;
	}
	return false;
}

bool cond_holds(const struct cond *c, const struct expr_scope *s, const struct str *cell,
	size_t n, struct arena *row, struct refusal *why)
{
	for (; c; c = c->or_else) {
		const struct term *t = c->all;

		while (t && term_holds(t, s, cell, n, row, why))
			t = t->next;
		if (why->reason)
			return false;
		if (!t)
			return true;
	}
	return false;
}
