/* Owns: one blocking connection of a command-line tool.  Never runs inside a daemon's loop and
 * never puts a value into the text of a statement.  Called by qrsvc/cli and by tests. */
#include "qrsvc/db/pgsync.h"

#include <libpq-fe.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/db/pgconn.h"

struct pgsync {
	PGconn *conn;
	pgsync_notice_cb *notice;
	void *notice_arg;
};

/* The first line of a server message, without the trailing newline. */
static struct str first_line(const char *msg)
{
	struct str s = str_trim(str_c(msg ? msg : ""), " \n\t");

	return str_trim(str_cut(&s, '\n'), " ");
}

static enum rc rc_of_state(const char *state, ConnStatusType status)
{
	static const struct {
		char state[6];
		enum rc rc;
	} known[] = {
		{"QR400", RC_BAD},
		{"QR401", RC_AUTH},
		{"QR403", RC_FORBIDDEN},
		{"QR404", RC_NOT_FOUND},
		{"QR409", RC_CONFLICT},
		{"QR413", RC_TOO_LARGE},
		{"QR422", RC_INVALID},
		{"QR429", RC_RATE},
		{"QR503", RC_UNAVAILABLE},
		{"42501", RC_FORBIDDEN},
		{"57014", RC_TIMEOUT},
		{"55P03", RC_BUSY},
		{"57P01", RC_UNAVAILABLE},
		{"57P02", RC_UNAVAILABLE},
		{"57P03", RC_UNAVAILABLE},
	};

	if (!state)
		return status == CONNECTION_OK ? RC_INTERNAL : RC_UNAVAILABLE;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].state, state) == 0)
			return known[i].rc;
	return strncmp(state, "08", 2) == 0 ? RC_UNAVAILABLE : RC_INTERNAL;
}

static enum rc fail_result(
	struct pgsync *pg, const PGresult *res, const char *name, struct err *e)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *primary = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	const char *detail = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL) : NULL;
	struct str msg = first_line(primary ? primary : PQerrorMessage(pg->conn));
	struct str more = first_line(detail);
	enum rc rc = rc_of_state(state, PQstatus(pg->conn));

	return err_set(e, rc, "%s%s%.*s%s%.*s%s%s%s", name ? name : "", name ? ": " : "",
		STR_F(msg), more.n ? " - " : "", STR_F(more), state ? " (SQLSTATE " : "",
		state ? state : "", state ? ")" : "");
}

static void on_notice(void *arg, const PGresult *res)
{
	struct pgsync *pg = arg;

	if (pg->notice)
		pg->notice(pg->notice_arg,
			str_c(PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED)),
			first_line(PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY)));
}

static enum rc open_at(const char *dsn, const char *role, const char *attrs,
	struct pgsync **ret_, struct err *e)
{
	/* expand_dbname: the first dbname may be a whole conninfo string; what follows wins. */
	const char *keys[] = {"dbname", "connect_timeout", "client_encoding",
		"application_name", "target_session_attrs", role ? "user" : NULL, NULL};
	const char *values[] = {
		dsn ? dsn : "", "10", "UTF8", "qrsvc command", attrs, role, NULL};
	struct pgsync *pg = xcalloc(1, sizeof *pg);

	pg->conn = PQconnectdbParams(keys, values, 1);
	if (!pg->conn || PQstatus(pg->conn) != CONNECTION_OK) {
		struct str why = first_line(pg->conn ? PQerrorMessage(pg->conn) : "no memory");
		enum rc rc = err_set(e, RC_UNAVAILABLE,
			"no database: %.*s; is PostgreSQL running, and does "
			"[database] dsn name it?",
			STR_F(why));

		pgsync_free(pg);
		return rc;
	}
	PQsetNoticeReceiver(pg->conn, on_notice, pg);
	*ret_ = pg;
	return RC_OK;
}

int pgsync_hosts(const char *dsn)
{
	int hosts = 1;
	if (dsn)
		pgconn_check_dsn(dsn, &hosts, NULL);
	return hosts;
}

enum rc pgsync_open(const char *dsn, const char *role, struct pgsync **ret_, struct err *e)
{
	/* commands mean the primary, where there are several */
	return open_at(dsn, role, pgsync_hosts(dsn) > 1 ? "primary" : "any", ret_, e);
}

enum rc pgsync_open_standby(
	const char *dsn, const char *role, struct pgsync **ret_, struct err *e)
{
	return open_at(dsn, role, "standby", ret_, e);
}

void pgsync_free(struct pgsync *pg)
{
	if (!pg)
		return;
	PQfinish(pg->conn);
	free(pg);
}

void pgsync_on_notice(struct pgsync *pg, pgsync_notice_cb *cb, void *arg)
{
	pg->notice = cb;
	pg->notice_arg = arg;
}

/* Parameters in the shape libpq takes: texts need a NUL, bytes go in binary. */
struct sent {
	struct arena mem;
	const char *value[PGSYNC_PARAMS];
	int length[PGSYNC_PARAMS], format[PGSYNC_PARAMS];
	Oid type[PGSYNC_PARAMS];
};

#define BYTEAOID 17 /* pg_type.dat; catalog numbers of base types never change */

static void sent_init(struct sent *t, const struct pgsync_param *params, int n)
{
	memset(t, 0, sizeof *t);
	arena_init(&t->mem);
	for (int i = 0; i < n; i++) {
		const struct pgsync_param *p = &params[i];

		if (p->is == PG_P_INT) {
			t->value[i] = arena_fmt(&t->mem, "%lld", (long long)p->i).p;
		} else if (p->is != PG_P_NULL && p->s.p) {
			t->value[i] = arena_str(&t->mem, p->s).p;
			t->length[i] = (int)p->s.n;
			t->format[i] = p->is == PG_P_BYTES;
			t->type[i] = p->is == PG_P_BYTES ? BYTEAOID : 0;
		}
	}
}

enum rc pgsync_query(struct pgsync *pg, const char *sql, const struct pgsync_param *params,
	int n, struct pgsync_rows *ret_rows, struct err *e)
{
	struct sent t;
	PGresult *res;
	ExecStatusType st;
	enum rc rc = RC_OK;

	if (n > PGSYNC_PARAMS)
		return err_set(e, RC_INTERNAL, "more than %d parameters", PGSYNC_PARAMS);
	sent_init(&t, params, n);
	res = PQexecParams(pg->conn, sql, n, t.type, t.value, t.length, t.format, 0);
	arena_release(&t.mem);
	st = PQresultStatus(res);
	if (st != PGRES_TUPLES_OK && st != PGRES_COMMAND_OK)
		rc = fail_result(pg, res, NULL, e);
	if (rc == RC_OK && ret_rows)
		ret_rows->res = res;
	else
		PQclear(res);
	return rc;
}

enum rc pgsync_do(struct pgsync *pg, const char *sql, struct err *e)
{
	return pgsync_query(pg, sql, NULL, 0, NULL, e);
}

/* Line of the `position`-th character (1-based, as PG_DIAG_STATEMENT_POSITION counts them). */
static int line_at(const char *sql, long position)
{
	const char *p = sql, *end = sql + strlen(sql);
	int line = 1;

	while (p < end && --position > 0)
		if (str_utf8_next(&p, end) == '\n')
			line++;
	return line;
}

enum rc pgsync_script(struct pgsync *pg, const char *name, const char *sql, struct err *e)
{
	PGresult *res = PQexec(pg->conn, sql);
	ExecStatusType st = PQresultStatus(res);
	enum rc rc = RC_OK;

	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK && st != PGRES_EMPTY_QUERY) {
		const char *at = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
		char where[200];

		if (at)
			snprintf(where, sizeof where, "%s:%d", name,
				line_at(sql, strtol(at, NULL, 10)));
		else
			snprintf(where, sizeof where, "%s", name);
		rc = fail_result(pg, res, where, e);
	}
	PQclear(res);
	return rc;
}

size_t pgsync_count(const struct pgsync_rows *rows)
{
	return rows->res ? (size_t)PQntuples(rows->res) : 0;
}

struct str pgsync_cell(const struct pgsync_rows *rows, size_t row, int col)
{
	if (!rows->res || PQgetisnull(rows->res, (int)row, col))
		return STR_NONE;
	return (struct str){PQgetvalue(rows->res, (int)row, col),
		(size_t)PQgetlength(rows->res, (int)row, col)};
}

int64_t pgsync_int(const struct pgsync_rows *rows, size_t row, int col)
{
	int64_t v = 0;

	(void)str_i64(pgsync_cell(rows, row, col), &v);
	return v;
}

void pgsync_rows_release(struct pgsync_rows *rows)
{
	PQclear(rows->res);
	rows->res = NULL;
}

enum rc pgsync_each(struct pgsync *pg, const char *sql, const struct pgsync_param *params,
	int n, pgsync_row_cb *cb, void *arg, struct err *e)
{
	struct sent t;
	PGresult *res;
	enum rc rc = RC_OK;
	int ok;

	if (n > PGSYNC_PARAMS)
		return err_set(e, RC_INTERNAL, "more than %d parameters", PGSYNC_PARAMS);
	sent_init(&t, params, n);
	ok = PQsendQueryParams(pg->conn, sql, n, t.type, t.value, t.length, t.format, 0) &&
	     PQsetSingleRowMode(pg->conn);
	arena_release(&t.mem);
	if (!ok)
		return fail_result(pg, NULL, NULL, e);
	/* Every result is read to the end, also after the callback has had enough. */
	while ((res = PQgetResult(pg->conn))) {
		ExecStatusType st = PQresultStatus(res);

		if (st == PGRES_SINGLE_TUPLE && rc == RC_OK)
			rc = cb(arg, &(struct pgsync_rows){res}, e);
		else if (st != PGRES_SINGLE_TUPLE && st != PGRES_TUPLES_OK && rc == RC_OK)
			rc = fail_result(pg, res, NULL, e);
		PQclear(res);
	}
	return rc;
}

enum rc pgsync_copy_begin(struct pgsync *pg, const char *sql, struct err *e)
{
	PGresult *res = PQexec(pg->conn, sql);
	enum rc rc = RC_OK;

	if (PQresultStatus(res) != PGRES_COPY_IN)
		rc = fail_result(pg, res, NULL, e);
	PQclear(res);
	return rc;
}

enum rc pgsync_copy_put(struct pgsync *pg, struct str bytes, struct err *e)
{
	if (PQputCopyData(pg->conn, bytes.p, (int)bytes.n) != 1)
		return fail_result(pg, NULL, NULL, e);
	return RC_OK;
}

static enum rc copy_finish(struct pgsync *pg, const char *why, struct err *e)
{
	PGresult *res;
	enum rc rc = RC_OK;

	if (PQputCopyEnd(pg->conn, why) != 1)
		return fail_result(pg, NULL, NULL, e);
	while ((res = PQgetResult(pg->conn))) {
		if (PQresultStatus(res) != PGRES_COMMAND_OK && rc == RC_OK)
			rc = fail_result(pg, res, NULL, e);
		PQclear(res);
	}
	return rc;
}

enum rc pgsync_copy_end(struct pgsync *pg, struct err *e)
{
	return copy_finish(pg, NULL, e);
}

void pgsync_copy_abort(struct pgsync *pg, const char *why)
{
	(void)copy_finish(pg, why, NULL);
}

void pgsync_copy_field(struct sbuf *b, struct str s, bool last)
{
	/* PostgreSQL, COPY, "Text Format": backslash, newline, carriage return and the
	 * delimiter must be escaped. */
	if (!s.p)
		sbuf_puts(b, "\\N");
	for (size_t i = 0; s.p && i < s.n; i++) {
		switch (s.p[i]) {
		case '\\':
			sbuf_puts(b, "\\\\");
			break;
		case '\n':
			sbuf_puts(b, "\\n");
			break;
		case '\r':
			sbuf_puts(b, "\\r");
			break;
		case '\t':
			sbuf_puts(b, "\\t");
			break;
		default:
			sbuf_byte(b, s.p[i]);
		}
	}
	sbuf_byte(b, last ? '\n' : '\t');
}
