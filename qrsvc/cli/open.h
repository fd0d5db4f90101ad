/* open: a command's connection to a database this program understands. */
#ifndef QR_CLI_OPEN_H
#define QR_CLI_OPEN_H

#include "qrsvc/config.h"
#include "qrsvc/db/pgsync.h"

/* The range of api.version() (sql/api/00_base.sql) these commands can work with. */
#define CLI_API_MIN 1
#define CLI_API_MAX 1

/* Connects as `role` and looks at the schema.  Says what to do when the database is away, has
 * no schema, or one that is too old or too new. */
enum rc cli_open(
	const struct config *cfg, const char *role, struct pgsync **ret_, struct err *e);

#endif
