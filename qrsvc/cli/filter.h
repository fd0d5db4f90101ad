/* filter: what stands behind a | in a template of an import profile; private to expr.c. */
#ifndef QR_CLI_FILTER_H
#define QR_CLI_FILTER_H

#include "qrsvc/cli/expr.h"

enum filter_kind {
	F_MAP,
	F_SQUEEZE,
	F_ALNUM,
	F_PAD,
	F_DATE,
	F_DATETIME,
	F_OR,
	F_NUMBER,
	F_BOOL,
	F_UPPER,
	F_LOWER
};

struct filter {
	enum filter_kind kind;
	struct str arg;
	const struct expr_map *map;
	struct filter *next;
};

/* "pad:4": RC_BAD when there is no such filter, or its argument makes no sense. */
enum rc filter_compile(
	struct expr_scope *s, struct str text, struct filter **ret_, struct err *e);
/* Changes *v.  column: as the template names it, for the refusal's detail. */
bool filter_apply(const struct filter *f, const struct expr_scope *s, struct arena *row,
	struct str column, struct str *v, struct refusal *why);

#endif
