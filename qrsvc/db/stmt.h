/* stmt: the table of statements (stmt.def) as an enum and as rows.
 *
 * SQL exists only there and in cli/: every statement is a literal with $n parameters
 * (security.md 30), prepared on a connection when it is first used. */
#ifndef QR_DB_STMT_H
#define QR_DB_STMT_H

#include <stdbool.h>

/* Which role and which connections (architecture.md 5). */
enum db_class {
	DB_RO,	 /* qr_ro: published documents, may be a replica */
	DB_RW,	 /* qr_rw: writes, always the primary */
	DB_SLOW, /* qr_slow: photos, exports, jobs */
	DB_CLASSES
};

enum stmt_id {
#define STMT(name, class, nparams, sql) ST_##name,
#define STMT_BIN STMT
#include "qrsvc/db/stmt.def"
#undef STMT
#undef STMT_BIN
	ST_COUNT,
	ST_NONE = ST_COUNT
};

struct stmt {
	const char *name; /* also its name as a prepared statement */
	const char *sql;
	enum db_class class;
	int nparams;
	bool binary; /* results in binary format */
};

/* id < ST_COUNT. */
const struct stmt *stmt_get(enum stmt_id id);
/* It changes nothing: it may be sent again, and its loss is no doubt. */
bool stmt_is_read(enum stmt_id id);

#endif
