/* config: every refusal says where and what would be right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/config.h"

#include <unistd.h>

static char path[64];

static void write_file(const char *text)
{
	snprintf(path, sizeof path, "/tmp/qrsvc-config-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static enum rc load(const char *text, struct config **c, struct err *e)
{
	write_file(text);
	enum rc rc = config_load(path, c, e);
	unlink(path);
	return rc;
}

static void defaults(void **state)
{
	(void)state;
	struct config *c;
	struct err e = {0};
	assert_int_equal(load("", &c, &e), RC_OK);
	assert_string_equal(c->listen, "127.0.0.1:8080");
	assert_int_equal(c->workers, 2);
	assert_int_equal(c->cache_bytes, 64 << 20);
	assert_int_equal(c->rate_page.per_minute, 6000);
	assert_int_equal(c->rate_page.burst, 2000);
	assert_true(c->access_log);
	assert_true(c->https);
	assert_int_equal(c->host_n, 1);
	assert_string_equal(c->host, "qr.example.gov.cn");
	config_free(c);
}

static void values(void **state)
{
	(void)state;
	struct config *c;
	struct err e = {0};
	assert_int_equal(load("# comment\n[server]\nworkers = 8\nlisten=[::1]:80\n"
			      "hosts = A.example, b.example:8443 ,\naccess_log = off\n"
			      "base_url = HTTP://Qr.Example.Org\n"
			      "[cache]\nbytes = 1G\n[limits]\nform = 0\npage=30,9\n"
			      "[site]\nname = 示例\n",
				 &c, &e),
		RC_INVALID); /* HTTP:// in capitals is not what labels need: https:// */
	assert_int_equal(load("[server]\nworkers = 8\nlisten=[::1]:80\n"
			      "hosts = A.example, b.example:8443 ,\naccess_log = off\n"
			      "base_url = https://Qr.Example.Org\n"
			      "[cache]\nbytes = 1G\n[limits]\nform = 0\npage=30,9\n"
			      "[site]\nname = 示例\n",
				 &c, &e),
		RC_OK);
	assert_int_equal(c->workers, 8);
	assert_int_equal(c->cache_bytes, INT64_C(1) << 30);
	assert_false(c->access_log);
	assert_int_equal(c->rate_form.per_minute, 0);
	assert_int_equal(c->rate_page.burst, 9);
	assert_int_equal(c->host_n, 3);
	assert_string_equal(c->host_list[0], "qr.example.org");
	assert_string_equal(c->host_list[1], "a.example");
	assert_string_equal(c->host_list[2], "b.example:8443");
	assert_string_equal(c->name, "示例");
	config_free(c);
}

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"[server]\n\nworker = 2\n", ":3: there is no key worker in [server]"},
		{"[srv]\nlisten = 1\n", ":2: there is no key listen in [srv]"},
		{"[server]\nworkers = 0\n", ":2: workers must be a number from 1 to 64"},
		{"[server]\nworkers = 65\n", "from 1 to 64"},
		{"[server]\nworkers = two\n", "from 1 to 64"},
		{"[server]\nworkers = 99999999999999999999\n", "from 1 to 64"},
		{"[server]\nworkers = 1\nworkers = 2\n",
			":3: workers was already given in line 2"},
		{"[server]\naccess_log = yes\n", "access_log must be on or off"},
		{"[cache]\nbytes = 12T\n", "with K, M or G"},
		{"[cache]\nbytes = 99999999999G\n", "with K, M or G"},
		{"[cache]\nbytes = 1\n", "bytes must be a number from 1048576"},
		{"[limits]\npage = fast\n", "PER_MINUTE,BURST"},
		{"[limits]\npage = 10,0\n", "PER_MINUTE,BURST"},
		{"[limits]\npage = 10,5,1\n", "PER_MINUTE,BURST"},
		{"[server]\nbase_url = qr.example.org\n", "must begin with https://"},
		{"[server]\nbase_url = https://qr.example.org/\n", "without a path"},
		{"[server]\nbase_url = https://\n", "base_url"},
		{"[server]\nlisten = 8080\n", "listen must be ADDRESS:PORT"},
		{"[server]\nlisten = 127.0.0.1:99999\n", "listen must be ADDRESS:PORT"},
		{"[server]\nadmin = :\n", "admin must be ADDRESS:PORT"},
		{"[server]\ntimezone = Mars/Olympus\n", "timezone \"Mars/Olympus\""},
		{"[server]\ntimezone = ../../etc/passwd\n", "timezone"},
		{"[server]\nclock = tomorrow\n", "clock must be like"},
		{"[server]\nlanguage = fr\n", "language must be zh-CN or en"},
		{"[outbox]\nsmtp = mail.example.org\n", "smtp must begin with smtp://"},
		{"[outbox]\nmail_from = nobody\n", "mail_from must be an address"},
		{"[outbox]\nmail_from = a@b.org> x\n", "mail_from must be an address"},
		{"[outbox]\ntimeout_ms = 60001\n", "timeout_ms must be a number from 500"},
		{"[operate]\nwithout_standby = yes\n", "must be go-on or stop"},
		{"[staff]\nhash_mem = 18M\n", "hash_mem must be a number from 19922944"},
		{"[staff]\nhash_passes = 1\n", "hash_passes must be a number from 2"},
		{"[site]\nname = \xff\xfe\n", "UTF-8"},
		{"[site]\nname =\n", "name must have 1 to"},
		{"nonsense\n", ":1: neither"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct config *c = NULL;
		struct err e = {0};
		assert_int_not_equal(load(bad[i].text, &c, &e), RC_OK);
		if (!strstr(e.detail, bad[i].says))
			fail_msg("%s: says \"%s\", not \"%s\"", bad[i].text, e.detail,
				bad[i].says);
		assert_null(strchr(e.detail, '\n'));
	}
}

static void environment_wins(void **state)
{
	(void)state;
	struct config *c;
	struct err e = {0};
	setenv("QRSVC_SERVER_WORKERS", "5", 1);
	assert_int_equal(load("[server]\nworkers = 3\n", &c, &e), RC_OK);
	assert_int_equal(c->workers, 5);
	config_free(c);
	setenv("QRSVC_SERVER_WORKERS", "many", 1);
	assert_int_equal(load("", &c, &e), RC_INVALID);
	assert_non_null(strstr(e.detail, "environment QRSVC_SERVER_WORKERS"));
	unsetenv("QRSVC_SERVER_WORKERS");
	setenv("QRSVC_SERVER_WORKER", "5", 1);
	assert_int_equal(load("", &c, &e), RC_INVALID);
	assert_non_null(strstr(e.detail, "QRSVC_SERVER_WORKER: there is no such key"));
	unsetenv("QRSVC_SERVER_WORKER");
}

static void no_file(void **state)
{
	(void)state;
	struct config *c;
	struct err e = {0};
	assert_int_not_equal(config_load("/nonexistent/q.ini", &c, &e), RC_OK);
	assert_non_null(strstr(e.detail, "/nonexistent/q.ini"));
}

/* The documented default file is a file with the defaults. */
static void doc_is_default(void **state)
{
	(void)state;
	struct config *a, *b;
	struct err e = {0};
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	config_doc(f);
	fclose(f);
	assert_int_equal(load(text, &a, &e), RC_OK);
	assert_int_equal(load("", &b, &e), RC_OK);
	assert_string_equal(a->name_en, b->name_en);
	assert_int_equal(a->photo_bytes, b->photo_bytes);
	assert_int_equal(a->rate_staff.burst, b->rate_staff.burst);
	assert_true(n > 3000); /* every key has words */
	free(text);
	config_free(a);
	config_free(b);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(values),
		cmocka_unit_test(refusals),
		cmocka_unit_test(environment_wins),
		cmocka_unit_test(no_file),
		cmocka_unit_test(doc_is_default),
	};
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
