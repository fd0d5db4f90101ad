/* Owns the table of statements made from stmt.def; sends nothing.  Used by pgconn and pgpool.
 */
#include "qrsvc/db/stmt.h"

#include <assert.h>

static const struct stmt table[ST_COUNT] = {
#define STMT(name, class, nparams, sql) [ST_##name] = {#name, sql, class, nparams, false},
#define STMT_BIN(name, class, nparams, sql) [ST_##name] = {#name, sql, class, nparams, true},
#include "qrsvc/db/stmt.def"
};

const struct stmt *stmt_get(enum stmt_id id)
{
	assert(id < ST_COUNT);
	return &table[id];
}

bool stmt_is_read(enum stmt_id id)
{
	const struct stmt *st = stmt_get(id);
	return st->class == DB_RO || st->binary;
}
