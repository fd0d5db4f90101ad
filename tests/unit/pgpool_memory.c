/* db/pgpool when libpq finds no memory: no call is told what is another's (db/pgconn.c).  Needs
 * DSN, as pgpool.c. */
#include "tests/unit/pgpool_harness.h"

#include <dlfcn.h>
#include <libpq-fe.h>

/* These stand before libpq's own: the call with that number (from 0) does what libpq does when
 * malloc fails. */

static struct {
	int query, sync, answer; /* which one fails; -1: none */
} no_memory = {-1, -1, -1};

#define REAL(f) ((__typeof__(&(f)))dlsym(RTLD_NEXT, #f))

int PQsendQueryPrepared(PGconn *conn, const char *name, int n, const char *const *values,
	const int *lengths, const int *formats, int format)
{
	return no_memory.query-- != 0 &&
	       REAL(PQsendQueryPrepared)(conn, name, n, values, lengths, formats, format);
}

int PQpipelineSync(PGconn *conn)
{
	return no_memory.sync-- != 0 && REAL(PQpipelineSync)(conn);
}

/* The answer to a Sync: 'Z' in pqParseInput3(). */
PGresult *PQgetResult(PGconn *conn)
{
	PGresult *res = REAL(PQgetResult)(conn);
	if (PQresultStatus(res) != PGRES_PIPELINE_SYNC || no_memory.answer-- != 0)
		return res;
	PQclear(res);
	return PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR);
}

/* Two writes of one turn; the first, its Sync, or the answer to its Sync finds no memory. */
static void no_write_gets_its_neighbours_answer(void **state)
{
	struct call first, second;
	struct pgpool_stats st;
	struct db_param unknown[] = {{.type = DB_NULL}, {.type = DB_NULL}};
	(void)state;
	for (int i = 0; i < 3; i++) {
		no_memory.query = i == 0 ? 0 : -1;
		no_memory.sync = i < 2 ? 0 : -1;
		no_memory.answer = i == 2 ? 0 : -1;
		ask(&first, ST_staff_notice, unknown, 2,
			3000); /* would be refused: no session */
		write_scan(&second, 3000);
		run_until(&second.calls, 1, 3000);
		assert_int_equal(first.calls, 1);
		assert_int_equal(first.rc, RC_UNKNOWN);
		assert_true(second.rc == RC_UNKNOWN || second.rc == RC_OK);
		pgpool_stats(pool, DB_RW, &st);
		assert_int_equal(st.lost, i + 1);
		no_memory.sync = -1; /* not asked, where the call before it failed */
		for (int n = 0; n < 100 && !pgpool_up(pool, DB_RW); n++)
			loop_once(loop, 20);
		write_scan(&second, 3000); /* and the next connection is sound */
		run_until(&second.calls, 1, 3000);
		assert_int_equal(second.rc, RC_OK);
	}
}

/* Reads of one batch likewise: sent again, and each gets its own. */
static void no_read_gets_its_neighbours_answer(void **state)
{
	struct call c[3];
	struct db_param null[] = {{.type = DB_NULL}};
	(void)state;
	for (int i = 0; i < 3; i++) {
		no_memory.query = i == 0 ? 0 : -1;
		no_memory.sync = i == 1 ? 0 : -1;
		no_memory.answer = i == 2 ? 0 : -1;
		ask(&c[0], ST_public_label, null, 1, 3000);
		ask(&c[1], ST_version, NULL, 0, 3000);
		ask(&c[2], ST_public_label, null, 1, 3000);
		run_until(&c[2].calls, 1, 3000);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(c[k].calls, 1);
			assert_int_equal(c[k].rc, RC_OK);
			assert_int_equal(c[k].rows, k == 1);
		}
		assert_string_equal(c[1].cell, "1");
		assert_true(no_memory.query < 0 && no_memory.sync < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_write_gets_its_neighbours_answer),
		T(no_read_gets_its_neighbours_answer),
	};
	return run_group("pgpool_memory", tests, sizeof tests / sizeof tests[0]);
}
