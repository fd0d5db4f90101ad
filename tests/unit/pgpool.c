/* db/pgpool against a real database: pipelining, failures of neighbours, retries, deadlines,
 * notices.  Needs DSN (tests/faults/pgpool.t gives it a cluster of its own); without it,
 * skipped. A second connection plays the administrator who locks tables and ends sessions. */
#include "tests/unit/pgpool_harness.h"

static void do_sql(const char *sql)
{
	struct err e;
	if (pgsync_do(admin, sql, &e) != RC_OK)
		fail_msg("%s: %s", sql, e.detail);
}

static void end_sessions(const char *role)
{
	char sql[160];
	snprintf(sql, sizeof sql,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s'",
		role);
	do_sql(sql);
}

/* ---- answers ----------------------------------------------------------------------------- */

static void one_call(void **state)
{
	struct call c;
	(void)state;
	ask(&c, ST_version, NULL, 0, 2000);
	assert_int_equal(c.calls, 0); /* never inside submit */
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.calls, 1);
	assert_int_equal(c.rc, RC_OK);
	assert_string_equal(c.cell, "1");
}

static int order[24], norder;

static void order_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	(void)rows;
	assert_int_equal(rc, RC_OK);
	order[norder++] = (int)(intptr_t)arg;
}

static void many_in_order(void **state)
{
	(void)state;
	norder = 0;
	for (intptr_t i = 0; i < 24; i++) /* depth 16 + queue 8 */
		db_submit(pool, ST_version, NULL, 0, 5000, order_cb, (void *)i);
	run_until(&norder, 24, 5000);
	assert_int_equal(norder, 24);
	for (int i = 0; i < 24; i++)
		assert_int_equal(order[i], i);
}

static void a_failure_disturbs_nobody(void **state)
{
	struct call c[9];
	struct db_param bad[] = {DB_P_TEXT(STR("no uuid"))};
	(void)state;
	for (int i = 0; i < 9; i++)
		if (i % 3 == 1)
			ask(&c[i], ST_public_record, bad, 1, 3000);
		else
			ask(&c[i], ST_version, NULL, 0, 3000);
	run_until(&c[8].calls, 1, 3000);
	for (int i = 0; i < 9; i++) {
		assert_int_equal(c[i].calls, 1);
		assert_int_equal(c[i].rc, i % 3 == 1 ? RC_BAD : RC_OK);
	}
}

static void raised_errors_are_statuses(void **state)
{
	struct call c;
	struct str codes[17];
	struct db_param p[] = {{.type = DB_TEXT_ARRAY, .list = codes, .n = 17}};
	(void)state;
	for (int i = 0; i < 17; i++)
		codes[i] = STR("0K7M2Q9XH");
	ask(&c, ST_label_guess, p, 1, 3000);
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.rc, RC_INVALID); /* QR422 */
}

static void parameters_are_data(void **state)
{
	struct call c;
	struct str odd[] = {STR("a\"b"), STR("back\\slash"), STR("{},NULL"), STR("NULL"),
		STR(""), STR("'; DROP TABLE x; --"), STR_NONE, STR("\xe4\xb8\xad\xe6\x96\x87")};
	struct db_param list[] = {{.type = DB_TEXT_ARRAY, .list = odd, .n = 8}};
	struct db_param bytes[] = {DB_P_BYTES(STR("\0\1\xff\0")), DB_P_INT(320)};
	struct db_param null[] = {{.type = DB_NULL}};
	(void)state;
	ask(&c, ST_label_guess, list, 1, 3000);
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.rc, RC_OK);
	assert_int_equal(c.rows, 0);
	ask(&c, ST_photo_get, bytes, 2, 3000);
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.rc, RC_OK);
	assert_string_equal(c.cell, "NULL");
	ask(&c, ST_public_label, null, 1, 3000);
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.rc, RC_OK);
	assert_int_equal(c.rows, 0);
}

static void forgotten(void **state)
{
	struct call a, b;
	(void)state;
	struct db_ticket *t = ask(&a, ST_version, NULL, 0, 3000);
	ask(&b, ST_version, NULL, 0, 3000);
	db_forget(t);
	run_until(&b.calls, 1, 3000);
	assert_int_equal(b.calls, 1);
	assert_int_equal(a.calls, 0);
}

/* ---- limits ------------------------------------------------------------------------------ */

static void bounded_queue(void **state)
{
	struct call c[26];
	(void)state;
	for (int i = 0; i < 26; i++)
		ask(&c[i], ST_version, NULL, 0, 3000);
	run_until(&c[23].calls, 1, 3000);
	for (int i = 0; i < 24; i++)
		assert_int_equal(c[i].rc, RC_OK);
	assert_int_equal(c[24].rc, RC_BUSY);
	assert_int_equal(c[25].rc, RC_BUSY);
}

static void deadline_of_a_read(void **state)
{
	struct call c;
	struct db_param p[] = {DB_P_TEXT(STR("X"))};
	(void)state;
	do_sql("BEGIN");
	do_sql("LOCK TABLE core.document IN ACCESS EXCLUSIVE MODE");
	ask(&c, ST_public_label, p, 1, 300);
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.rc, RC_TIMEOUT);
	assert_in_range(c.us, 290000, 600000);
	do_sql("ROLLBACK");
	/* the connection was given up as wedged; another one follows by itself */
	for (int i = 0; i < 100 && !pgpool_up(pool, DB_RO); i++)
		loop_once(loop, 20);
	ask(&c, ST_version, NULL, 0, 2000);
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.rc, RC_OK);
}

static void deadline_of_a_write(void **state)
{
	struct call c;
	(void)state;
	do_sql("BEGIN");
	do_sql("LOCK TABLE core.scan_day IN ACCESS EXCLUSIVE MODE");
	write_scan(&c, 300);
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.rc, RC_UNKNOWN);
}

/* ---- lost connections -------------------------------------------------------------------- */

static void a_read_is_sent_again(void **state)
{
	struct call c;
	struct db_param p[] = {DB_P_TEXT(STR("X"))};
	struct pgpool_stats st;
	(void)state;
	do_sql("BEGIN");
	do_sql("LOCK TABLE core.document IN ACCESS EXCLUSIVE MODE");
	ask(&c, ST_public_label, p, 1, 5000);
	for (int i = 0; i < 5; i++)
		loop_once(loop, 20);
	end_sessions("qr_ro");
	do_sql("ROLLBACK");
	run_until(&c.calls, 1, 5000);
	assert_int_equal(c.calls, 1);
	assert_int_equal(c.rc, RC_OK);
	pgpool_stats(pool, DB_RO, &st);
	assert_int_equal(st.retries, 1);
	assert_int_equal(st.lost, 1);
}

static void a_write_is_not(void **state)
{
	struct call c;
	struct pgpool_stats st;
	(void)state;
	do_sql("BEGIN");
	do_sql("LOCK TABLE core.scan_day IN ACCESS EXCLUSIVE MODE");
	write_scan(&c, 5000);
	for (int i = 0; i < 5; i++)
		loop_once(loop, 20);
	end_sessions("qr_rw");
	run_until(&c.calls, 1, 5000);
	assert_int_equal(c.rc, RC_UNKNOWN);
	pgpool_stats(pool, DB_RW, &st);
	assert_int_equal(st.retries, 0);
	assert_int_equal(st.unknown, 1);
}

static void freed_with_calls_under_way(void **state)
{
	struct call c[20];
	(void)state;
	for (int i = 0; i < 20; i++)
		ask(&c[i], ST_version, NULL, 0, 3000);
	pgpool_free(pool);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(c[i].calls, 1);
		assert_int_equal(c[i].rc, RC_UNAVAILABLE);
	}
	start(16, 8); /* for teardown */
}

/* ---- notices ----------------------------------------------------------------------------- */

static void notices(void **state)
{
	(void)state;
	assert_int_equal(heard.all, 1); /* at the beginning anything may have changed */
	do_sql("SELECT pg_notify('qr_doc', 'facility F1 77')");
	run_until(&heard.changed, 1, 2000);
	assert_string_equal(heard.last, "facility|F1|77");
	do_sql("NOTIFY qr_doc, 'all'");
	run_until(&heard.all, 2, 2000);
	assert_int_equal(heard.all, 2);
	/* what nobody understands may mean anything */
	do_sql("NOTIFY qr_doc, 'facility F1'");
	run_until(&heard.all, 3, 2000);
	assert_int_equal(heard.all, 3);
}

static void notices_after_a_loss(void **state)
{
	(void)state;
	end_sessions("qr_listen");
	run_until(&heard.off, 1, 3000);
	assert_int_equal(heard.off, 1);
	run_until(&heard.on, 2, 5000);
	assert_int_equal(heard.on, 2);
	assert_int_equal(heard.all, 2); /* some may have been missed */
	do_sql("SELECT pg_notify('qr_doc', 'label L1 5')");
	run_until(&heard.changed, 1, 2000);
	assert_string_equal(heard.last, "label|L1|5");
}

/* A statement whose result type has changed is prepared anew, on another connection. */
static void functions_replaced(void **state)
{
	struct call c;
	struct db_param p[] = {DB_P_TEXT(STR("X"))};
	(void)state;
	ask(&c, ST_public_facility, p, 1, 3000);
	run_until(&c.calls, 1, 3000);
	assert_int_equal(c.rc, RC_OK);
	do_sql("BEGIN");
	do_sql("ALTER FUNCTION api.public_facility(text) RENAME TO kept");
	do_sql("CREATE FUNCTION api.public_facility(text) RETURNS TABLE (kind text, key text, "
	       "version int, next_change date, doc text) LANGUAGE sql SECURITY DEFINER AS "
	       "$$ SELECT 'facility', $1, 1, NULL::date, '{}' $$");
	do_sql("COMMIT");
	ask(&c, ST_public_facility, p, 1, 3000);
	run_until(&c.calls, 1, 3000);
	do_sql("DROP FUNCTION api.public_facility(text)");
	do_sql("ALTER FUNCTION api.kept(text) RENAME TO public_facility");
	assert_int_equal(c.rc, RC_OK);
	assert_int_equal(c.rows, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_call),
		T(many_in_order),
		T(a_failure_disturbs_nobody),
		T(raised_errors_are_statuses),
		T(parameters_are_data),
		T(forgotten),
		T(bounded_queue),
		T(deadline_of_a_read),
		T(deadline_of_a_write),
		T(a_read_is_sent_again),
		T(a_write_is_not),
		T(freed_with_calls_under_way),
		T(notices),
		T(notices_after_a_loss),
		T(functions_replaced),
	};
	return run_group("pgpool", tests, sizeof tests / sizeof tests[0]);
}
