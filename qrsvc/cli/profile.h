/* profile: how the columns of somebody's table become our staging columns.
 *
 * A profile is an INI file (base/ini.h); deploy/profiles/ ships `plain` and `nyc-tanks`, and
 * deploy/profiles/README.md explains every section with examples.  In short:
 *
 *   [profile]     title, source, encoding, delimiter, header, timezone, date_formats,
 *                 datetime_formats, column_shift_from, shift, other_columns = ignore | refuse
 *   [map NAME]    from = to
 *   [conditions]  name = condition                       (expr.h)
 *   [facilities] [records] [photos]   staging column = template; "column @condition = template"
 *                 stands for rows on which the condition holds, the first that fits wins
 *   [facilities.params] [records.fields]     JSON object: name = template
 *   [records.parties]   role = template (name), role.filing = template
 *   [records.results]   item = template, item.unit = template; a value is a number, an operator
 *                       and a number ("<0.5", "≤ 5"), or the code of a word
 *   [records.flags]     name = condition; [records.contradictions] likewise, as
 * contradiction:name [KIND.refuse]       reason = condition: the row is refused by that name,
 * in this order
 *
 * A section is complete before another uses it: maps and conditions stand at the top. */
#ifndef QR_CLI_PROFILE_H
#define QR_CLI_PROFILE_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/err.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/app/csv.h"
#include "qrsvc/cli/expr.h"

enum import_kind { IMPORT_FACILITIES, IMPORT_RECORDS, IMPORT_PHOTOS, IMPORT_KINDS };
extern const char *const import_kind_names[IMPORT_KINDS];

/* Columns of the staging tables without `line`, in the order of COPY (sql/api/import.sql);
 * NULL ends.  photos has `file` in the place of sha256. */
extern const char *const import_columns[IMPORT_KINDS][32];

enum target_group {
	TG_COLUMN,
	TG_OBJECT, /* params, fields */
	TG_PARTY,
	TG_RESULT,
	TG_FLAG,
	TG_REFUSE
};

struct target {
	enum target_group group;
	const char *name; /* column, key, role, item, flag, reason */
	const char *sub;  /* "filing", "unit" or NULL */
	struct expr *expr;
	struct cond *cond; /* NULL: always */
	struct target *next;
};

struct profile {
	struct arena mem;
	const char *path;
	const char *title, *source, *encoding;
	char delimiter;
	bool has_header;
	bool keep;   /* facilities on_change = keep */
	bool strict; /* a column the profile does not read is refused */
	const char *shift_from;
	struct expr_scope scope;
	struct target *targets[IMPORT_KINDS];
};

/* name: of a shipped profile ("plain"), or a path (it has a slash or ends in .ini).  RC_BAD is
 * "FILE:LINE: ...". */
enum rc profile_load(const char *name, struct profile **ret_, struct err *e);
void profile_free(struct profile *p);

/* RC_BAD when the profile says nothing about kind. */
enum rc profile_has(const struct profile *p, enum import_kind kind, struct err *e);

/* Resolves the columns kind needs against the header row (n 0: positions only).  RC_NOT_FOUND
 * names a column the file lacks. */
enum rc profile_bind(struct profile *p, enum import_kind kind, const struct str *header,
	size_t n, struct err *e);

/* The values of a row, one per import_columns[kind]: STR_NONE = NULL.  Memory from `row`.
 * False: refused, *why says why. */
bool profile_row(const struct profile *p, enum import_kind kind, const struct csv_row *csv,
	struct arena *row, struct str *ret_values, struct refusal *why);

#endif
