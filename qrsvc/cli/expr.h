/* expr: the small language in which an import profile says where a value comes from.
 *
 * A template is text with columns in braces and filters behind them:
 *
 *   {BIN}/{TANK_NUM}            two columns of the header row and a slash
 *   {#3}                        the third column, whatever its name
 *   {LATITUDE+1}                the column one to the right of that header
 *   {serves?}                   empty when the file has no such column
 *   {COLIFORM|map:presence}     through [map presence]; what it does not list is refused
 *   {FIRM|squeeze}              runs of blanks become one, none at the ends
 *   {DATE|date}  {T|datetime}   one of the profile's formats, to ISO 8601
 *   {NAME|alnum}                letters and digits only, capitals: a key for spellings
 *   {CB|pad:2}                  zeros to the left
 *   {VOLUME|number} {X|bool}    JSON number, JSON true/false, where JSON is made of it
 *   {SPOT|or:roof}              that text when the column is empty
 *   {{ }}                       a brace
 *
 * A column is trimmed of blanks before its filters.  A template whose columns are all empty is
 * empty (absent), whatever text stands between them; one without columns is its text.
 *
 * A condition compares templates with words:
 *
 *   {COLIFORM} = A and {ECOLI} = P or @placeholder
 *
 * with = and != (exact), ~ and !~ (shell pattern), < and > (bytes in order, right for ISO
 * dates); "" is the empty word, @name another condition of the profile; `and` binds closer. */
#ifndef QR_CLI_EXPR_H
#define QR_CLI_EXPR_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

struct expr;
struct cond;

/* What stands in JSON for a value. */
enum expr_json { EXPR_STRING, EXPR_NUMBER, EXPR_BOOL };

/* [map NAME]: from -> to; the entry "*" takes every other value ("=" as its target: unchanged).
 */
struct expr_map {
	const char *name;
	struct expr_map_entry {
		struct str from, to;
		struct expr_map_entry *next;
	} * entries;
	struct expr_map *next;
};

/* What is known while templates are compiled and bound. */
struct expr_scope {
	struct arena *mem; /* lives as long as what is compiled */
	struct expr_map *maps;
	struct cond_name {
		struct str name;
		struct cond *cond;
		struct cond_name *next;
	} * conds;
	/* the header row, once it is read */
	const struct str *header;
	size_t header_n;
	bool *used; /* by index: some template reads that header's column */
	ptrdiff_t
		shift_from; /* columns from this index on stand `shift` to the right; -1 none */
	int shift;
	const char *const *date_formats; /* strptime(3), NULL ends */
	const char *const *time_formats;
	const char *timezone; /* put behind a time without offset */
};

/* Why a row cannot be taken: the reason's word and what it is about. */
struct refusal {
	const char *reason; /* NULL: none */
	char detail[200];
};

enum rc expr_compile(struct expr_scope *s, struct str text, struct expr **ret_, struct err *e);
/* Resolves its columns against scope's header.  RC_NOT_FOUND names a column the file lacks. */
enum rc expr_bind(struct expr *x, const struct expr_scope *s, struct err *e);
/* The value for a row: STR_NONE when empty.  Memory from `row`.  False: *why says why not. */
bool expr_value(const struct expr *x, const struct expr_scope *s, const struct str *cell,
	size_t n, struct arena *row, struct str *ret_, struct refusal *why);
enum expr_json expr_json(const struct expr *x);

enum rc cond_compile(struct expr_scope *s, struct str text, struct cond **ret_, struct err *e);
enum rc cond_bind(struct cond *c, const struct expr_scope *s, struct err *e);
/* False also when a template in it cannot be evaluated; then *why is filled. */
bool cond_holds(const struct cond *c, const struct expr_scope *s, const struct str *cell,
	size_t n, struct arena *row, struct refusal *why);

#endif
