/* doctor: what the parts of `qrsvc doctor` share.
 *
 * Each check looks at one thing and says one line: "ok", "warn" (it serves, but somebody should
 * act), or "fail" (something is broken, or soon will be), with what to do.  A check never
 * changes anything that lasts and never ends the command: what it cannot find out is a line,
 * too.  Thresholds stand beside the checks. */
#ifndef QR_CLI_DOCTOR_H
#define QR_CLI_DOCTOR_H

#include "qrsvc/base/arena.h"
#include "qrsvc/config.h"
#include "qrsvc/db/pgsync.h"

enum doctor_mark { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor {
	const struct config *cfg;
	const char *sql;   /* folder of SQL files */
	struct arena mem;  /* texts of one check */
	struct pgsync *pg; /* qr_migrate, acting as qr_owner; NULL: the database is away */
	bool standby;	   /* pg is one: it takes no writes */
	bool quiet;	   /* good lines are left out */
	int said[3];	   /* lines of each mark */
};

/* One line.  mend: what to do, "" with DOCTOR_OK. */
void doctor_say(struct doctor *d, enum doctor_mark mark, const char *what, const char *mend,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* value against two bounds: below fail DOCTOR_FAIL, below warn DOCTOR_WARN. */
enum doctor_mark doctor_least(int64_t value, int64_t warn, int64_t fail);
/* The first row of a question to the database; false: said on a line `what`. */
bool doctor_ask(
	struct doctor *d, const char *what, const char *sql, struct pgsync_rows *ret_rows);

/* doctor_host.c: this machine and the way to it. */
void doctor_address(struct doctor *d);
void doctor_certificate(struct doctor *d);
void doctor_domain(struct doctor *d);
void doctor_service(struct doctor *d);
void doctor_disk(struct doctor *d);
void doctor_data_disk(struct doctor *d);
/* doctor_helpers.c: the processes beside the workers and what they need. */
void doctor_photod(struct doctor *d);
void doctor_hasher(struct doctor *d);
void doctor_fonts(struct doctor *d);
void doctor_chain(struct doctor *d);
/* doctor_db.c */
void doctor_open(struct doctor *d);
void doctor_settings(struct doctor *d);
void doctor_schema(struct doctor *d);
void doctor_connections(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_backup(struct doctor *d);
/* doctor_standby.c: copies of the database that stream. */
void doctor_standby(struct doctor *d);
/* doctor_rights.c */
void doctor_roles(struct doctor *d);
void doctor_grants(struct doctor *d);

/* The server's number (150014) as this program sees it. */
enum doctor_mark doctor_version(int64_t number);

#endif
