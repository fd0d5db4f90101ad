/* Owns nothing: parameters to libpq's arrays, its results to views, SQLSTATEs to rc.  Called by
 * pgpool.c. */
#include "qrsvc/db/pgcall.h"

#include <assert.h>

static size_t array_size(const struct db_param *p)
{
	size_t n = 3;
	for (size_t i = 0; i < p->n; i++)
		n += p->type == DB_INT_ARRAY ? 21 : p->list[i].n * 2 + 5;
	return n;
}

static size_t param_size(const struct db_param *p)
{
	switch (p->type) {
	case DB_TEXT:
	case DB_BYTES:
		return p->s.n + 1;
	case DB_INT:
		return 24;
	case DB_TEXT_ARRAY:
	case DB_INT_ARRAY:
		return array_size(p);
	case DB_NULL:
		break;
	}
	return 0;
}

/* PostgreSQL's array text: {"a","b\"c"}, every element quoted; NULL for STR_NONE. */
static char *put_array(char *at, const struct db_param *p)
{
	*at++ = '{';
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			*at++ = ',';
		if (p->type == DB_INT_ARRAY) {
			at += snprintf(at, 22, "%lld", (long long)p->ints[i]);
			continue;
		}
		if (!p->list[i].p) {
			memcpy(at, "NULL", 4);
			at += 4;
			continue;
		}
		*at++ = '"';
		for (size_t j = 0; j < p->list[i].n; j++) {
			if (p->list[i].p[j] == '"' || p->list[i].p[j] == '\\')
				*at++ = '\\';
			*at++ = p->list[i].p[j];
		}
		*at++ = '"';
	}
	*at++ = '}';
	*at++ = 0;
	return at;
}

static char *put_param(struct pgcall *c, int i, char *at, const struct db_param *p)
{
	c->values[i] = at;
	c->formats[i] = p->type == DB_BYTES;
	switch (p->type) {
	case DB_TEXT:
	case DB_BYTES:
		if (!p->s.p)
			break;
		memcpy(at, p->s.p, p->s.n);
		at[p->s.n] = 0;
		c->lengths[i] = (int)p->s.n;
		return at + p->s.n + 1;
	case DB_INT:
		return at + snprintf(at, 24, "%lld", (long long)p->i) + 1;
	case DB_TEXT_ARRAY:
	case DB_INT_ARRAY:
		return put_array(at, p);
	case DB_NULL:
		break;
	}
	c->values[i] = NULL;
	return at;
}

size_t pgcall_size(const struct db_param *params, int n)
{
	size_t size = 0;
	for (int i = 0; i < n; i++)
		size += param_size(&params[i]);
	return size;
}

void pgcall_set(
	struct pgcall *c, enum stmt_id id, const struct db_param *params, int n, char *room)
{
	assert(n == stmt_get(id)->nparams && n <= PGCONN_PARAMS);
	c->id = id;
	c->n = n;
	for (int i = 0; i < n; i++)
		room = put_param(c, i, room, &params[i]);
}

size_t db_count(const struct db_rows *r)
{
	return (size_t)PQntuples(r->res);
}

int db_columns(const struct db_rows *r)
{
	return PQnfields(r->res);
}

struct str db_cell(const struct db_rows *r, size_t row, int col)
{
	int i = (int)row;
	if (PQgetisnull(r->res, i, col))
		return STR_NONE;
	return (struct str){PQgetvalue(r->res, i, col), (size_t)PQgetlength(r->res, i, col)};
}

struct str db_detail(const struct db_rows *r)
{
	return str_c(r ? PQresultErrorField(r->res, PG_DIAG_MESSAGE_DETAIL) : NULL);
}

static enum rc rc_of_http(int http)
{
	for (enum rc rc = RC_BAD; rc < RC_COUNT; rc++)
		if (rc_info(rc)->http == http)
			return rc;
	return RC_INTERNAL;
}

enum rc pgcall_rc(const char *state)
{
	uint64_t http;
	if (state[0] == 'Q' && state[1] == 'R' && str_u64(str_c(state + 2), &http))
		return rc_of_http((int)http);
	if (strcmp(state, "22P02") == 0) /* a parameter that is no uuid, date ... */
		return RC_BAD;
	if (strcmp(state, "57014") == 0) /* statement_timeout */
		return RC_TIMEOUT;
	if (strcmp(state, "55P03") == 0 || strncmp(state, "40", 2) == 0)
		return RC_BUSY; /* lock timeout, deadlock: nothing was done */
	if (strncmp(state, "53", 2) == 0 || strncmp(state, "57P", 3) == 0 ||
		strcmp(state, "25006") == 0)
		return RC_UNAVAILABLE; /* out of resources, shutting down, read-only now */
	return RC_INTERNAL;
}

bool pgcall_untried(const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	if (PQresultStatus(res) == PGRES_PIPELINE_ABORTED)
		return true;
	return state && (strcmp(state, "26000") == 0 || strcmp(state, "0A000") == 0);
}
