/* db: notices, connection strings, the table of statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/db/notify.h"

static void notices(void **state)
{
	struct notice n;
	(void)state;
	assert_true(notify_parse(STR("facility 7K3M9QX2R 123"), &n));
	assert_true(str_eq(n.kind, STR("facility")));
	assert_true(str_eq(n.key, STR("7K3M9QX2R")));
	assert_int_equal(n.version, 123);
	assert_false(n.all);
	assert_true(notify_parse(STR("history 7K3M9QX2R/12 9223372036854775807"), &n));
	assert_int_equal(n.version, INT64_MAX);
	assert_true(notify_parse(STR("all"), &n));
	assert_true(n.all);
}

static void not_notices(void **state)
{
	static const char *const bad[] = {"", " ", "facility", "facility X", "facility X ",
		"facility X 1x", "facility X 1 2", " X 1", "facility  1", "ALL", "all ",
		"facility X 9223372036854775808"};
	struct notice n;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (notify_parse(str_c(bad[i]), &n))
			fail_msg("\"%s\" is taken", bad[i]);
}

static void connection_strings(void **state)
{
	static const struct {
		const char *dsn;
		int hosts; /* 0: refused */
	} cases[] = {
		{"host=/run/postgresql dbname=qrsvc", 1},
		{"dbname=qrsvc", 1},
		{"host=127.0.0.1 port=5433", 1},
		{"host=::1", 1},
		{"host=@abstract", 1},
		{"hostaddr=192.0.2.1 host=db.example.org sslmode=verify-full", 1},
		{"host=192.0.2.1,192.0.2.2,192.0.2.3", 3},
		{"postgresql://192.0.2.1,192.0.2.2/qrsvc", 2},
		{"host=db.example.org", 0},
		{"host=192.0.2.1,db.example.org", 0},
		{"host=localhost", 0},
		{"user=postgres", 0},
		{"password=secret", 0},
		{"postgresql://qr_ro@192.0.2.1/qrsvc", 0},
		{"hots=x", 0},
		{"host='", 0},
	};
	struct err e;
	(void)state;
	unsetenv("PGHOST");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int hosts = -1;
		enum rc rc = pgconn_check_dsn(cases[i].dsn, &hosts, &e);
		if ((rc == RC_OK) != (cases[i].hosts > 0) ||
			(rc == RC_OK && hosts != cases[i].hosts))
			fail_msg("%s: rc %d, %d hosts", cases[i].dsn, (int)rc, hosts);
	}
	setenv("PGHOST", "db.example.org", 1);
	assert_int_equal(pgconn_check_dsn("dbname=x", &(int){0}, &e), RC_INVALID);
	unsetenv("PGHOST");
}

static void no_secret_in_messages(void **state)
{
	struct err e;
	int hosts;
	(void)state;
	assert_int_equal(pgconn_check_dsn("host=/x password=hunter2", &hosts, &e), RC_INVALID);
	assert_null(strstr(e.detail, "hunter2"));
}

/* Each statement names one api function with $1..$n, once each, in order. */
static void statements(void **state)
{
	(void)state;
	for (enum stmt_id id = 0; id < ST_COUNT; id++) {
		const struct stmt *st = stmt_get(id);
		char want[8];
		assert_true(str_starts(str_c(st->sql), STR("SELECT ")));
		assert_non_null(strstr(st->sql, "api."));
		assert_null(strchr(st->sql, ';'));
		for (int i = 1; i <= 9; i++) {
			snprintf(want, sizeof want, "$%d", i);
			if ((strstr(st->sql, want) != NULL) != (i <= st->nparams))
				fail_msg("%s: %s", st->name, want);
		}
		assert_in_range(st->nparams, 0, PGCONN_PARAMS);
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notices),
		cmocka_unit_test(not_notices),
		cmocka_unit_test(connection_strings),
		cmocka_unit_test(no_secret_in_messages),
		cmocka_unit_test(statements),
	};
	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
