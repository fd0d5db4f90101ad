/* What the tests of db/pgpool share: a pool on a loop, an administrator's connection, calls
 * that say how they ended.  Needs DSN (tests/faults/pgpool.t gives it a cluster of its own). */
#ifndef TESTS_PGPOOL_HARNESS_H
#define TESTS_PGPOOL_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/log.h"
#include "qrsvc/db/pgpool.h"
#include "qrsvc/db/pgsync.h"
#include "qrsvc/net/loop.h"

static const char *dsn;
static struct loop *loop;
static struct pgpool *pool;
static struct pgsync *admin;

static struct {
	int changed, all, on, off;
	char last[80];
} heard;

static void changed_cb(void *arg, struct str kind, struct str key, int64_t version)
{
	(void)arg;
	heard.changed++;
	snprintf(heard.last, sizeof heard.last, "%.*s|%.*s|%lld", STR_F(kind), STR_F(key),
		(long long)version);
}

static void all_cb(void *arg)
{
	(void)arg;
	heard.all++;
}

static void listening_cb(void *arg, bool on)
{
	(void)arg;
	*(on ? &heard.on : &heard.off) += 1;
}

static const struct pgpool_ops ops = {changed_cb, all_cb, listening_cb};

struct call {
	int calls;
	enum rc rc;
	size_t rows;
	char cell[64];
	int64_t us;
};

static void done_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct call *c = arg;
	c->calls++;
	c->rc = rc;
	c->us = clock_mono_us() - c->us;
	assert_true(rows || rc != RC_OK); /* a refusal QRnnn may have a DETAIL */
	c->rows = rc == RC_OK ? db_count(rows) : 0;
	if (c->rows) {
		struct str s = db_cell(rows, 0, 0);
		s = s.p ? s : STR("NULL");
		snprintf(c->cell, sizeof c->cell, "%.*s", STR_F(s));
	}
}

static void run_until(const int *flag, int want, int max_ms)
{
	int64_t end = loop_now_ms() + max_ms;
	while (*flag < want && loop_now_ms() < end)
		loop_once(loop, 20);
}

static void start(int depth, int queue)
{
	struct pgpool_options opt = {.dsn = dsn,
		.connections = {1, 1, 1},
		.depth = depth,
		.queue = queue,
		.connect_ms = 3000};
	struct err e;
	memset(&heard, 0, sizeof heard);
	assert_int_equal(pgpool_new(loop, &opt, &ops, NULL, &pool, &e), RC_OK);
	run_until(&heard.on, 1, 5000);
	for (int i = 0; i < 100 && !(pgpool_up(pool, DB_RO) && pgpool_up(pool, DB_RW)); i++)
		loop_once(loop, 20);
	assert_true(pgpool_up(pool, DB_RO));
	assert_true(pgpool_listening(pool));
}

static int setup(void **state)
{
	(void)state;
	start(16, 8);
	return 0;
}

static int teardown(void **state)
{
	struct err e;
	(void)state;
	pgsync_do(admin, "ROLLBACK", &e);
	pgpool_free(pool);
	return 0;
}

static struct db_ticket *ask(
	struct call *c, enum stmt_id st, const struct db_param *p, int n, int ms)
{
	*c = (struct call){.us = clock_mono_us()};
	return db_submit(pool, st, p, n, ms, done_cb, c);
}

static void write_scan(struct call *c, int ms)
{
	struct str codes[] = {STR("0K7M2Q9XH")};
	int64_t counts[] = {1};
	struct db_param p[] = {DB_P_TEXT(STR("2026-11-22")),
		{.type = DB_TEXT_ARRAY, .list = codes, .n = 1},
		{.type = DB_INT_ARRAY, .ints = counts, .n = 1}};
	ask(c, ST_scan_add, p, 3, ms);
}

static int open_admin(void **state)
{
	struct err e;
	(void)state;
	crypto_init();
	log_threshold(LOG_ERROR);
	loop = loop_new();
	if (pgsync_open(dsn, "postgres", &admin, &e) == RC_OK)
		return 0;
	fprintf(stderr, "# %s\n", e.detail);
	return 1;
}

static int close_admin(void **state)
{
	(void)state;
	pgsync_free(admin);
	loop_free(loop);
	return 0;
}

static int run_group(const char *name, const struct CMUnitTest *tests, size_t n)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	dsn = getenv("DSN");
	if (!dsn || !dsn[0]) {
		puts("1..0 # SKIP needs a database: tests/faults/pgpool.t");
		return 0;
	}
	return _cmocka_run_group_tests(name, tests, n, open_admin, close_admin);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
