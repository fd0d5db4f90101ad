/* qrsvc/cli/doctor*.c: what needs no database: certificates, bounds, versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qrsvc/base/clock.h"
#include "qrsvc/cli/doctor.h"
#include "qrsvc/cli/doctor_cert.h"

/* Made by openssl 3.0: DNS:qr.example.cn, DNS:*.street.example.cn, IP:192.0.2.7; valid from
 * 2026-01-02T03:04:05Z to 2051-02-03T04:05:06Z (UTCTime, then GeneralizedTime). */
static const char pem[] =
#include "tests/data/doctor_cert.inc"
	;

static struct arena mem;

static int setup(void **state)
{
	(void)state;
	arena_init(&mem);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&mem);
	return 0;
}

static void reads(void **state)
{
	struct certificate c;
	struct err e;
	int64_t from, until;

	(void)state;
	assert_int_equal(certificate_read(&mem, str_c(pem), &c, &e), RC_OK);
	assert_true(clock_parse(STR("2026-01-02T03:04:05Z"), &from));
	assert_true(clock_parse(STR("2051-02-03T04:05:06Z"), &until));
	assert_int_equal(c.from_us, from);
	assert_int_equal(c.until_us, until);
}

static void names(void **state)
{
	static const struct {
		const char *host;
		bool is;
	} cases[] = {{"qr.example.cn", true}, {"QR.Example.CN", true},
		{"a.street.example.cn", true}, {"street.example.cn", false},
		{"a.b.street.example.cn", false}, {"xqr.example.cn", false},
		{"qr.example.cn.evil.cn", false}, {"192.0.2.7", true}, {"192.0.2.8", false},
		{"192.0.2", false}, {"", false}, {".street.example.cn", false}};
	struct certificate c;
	struct err e;

	(void)state;
	assert_int_equal(certificate_read(&mem, str_c(pem), &c, &e), RC_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (certificate_names(&c, str_c(cases[i].host)) != cases[i].is)
			fail_msg("%s", cases[i].host);
}

/* A text cut anywhere, or with one character changed, is refused or read, never followed out of
 * its bounds (the sanitizers look). */
static void damaged(void **state)
{
	size_t n = sizeof pem - 1;
	struct certificate c;
	struct err e;
	int refused = 0;

	(void)state;
	for (size_t cut = 0; cut < n - 25; cut++) {
		char *copy = malloc(cut + 1);

		memcpy(copy, pem, cut);
		assert_int_not_equal(
			certificate_read(&mem, (struct str){copy, cut}, &c, &e), RC_OK);
		free(copy);
		arena_reset(&mem);
	}
	for (size_t i = 28; i < n - 27; i++)
		for (const char *with = "A/9z"; *with; with++) {
			char *copy = malloc(n);

			memcpy(copy, pem, n);
			copy[i] = *with;
			if (certificate_read(&mem, (struct str){copy, n}, &c, &e) != RC_OK)
				refused++;
			else
				(void)certificate_names(&c, STR("qr.example.cn"));
			free(copy);
			arena_reset(&mem);
		}
	assert_true(refused > 100);
}

static void bounds(void **state)
{
	(void)state;
	assert_int_equal(doctor_least(10, 10, 5), DOCTOR_OK);
	assert_int_equal(doctor_least(9, 10, 5), DOCTOR_WARN);
	assert_int_equal(doctor_least(5, 10, 5), DOCTOR_WARN);
	assert_int_equal(doctor_least(4, 10, 5), DOCTOR_FAIL);
	assert_int_equal(doctor_version(140010), DOCTOR_FAIL);
	assert_int_equal(doctor_version(150000), DOCTOR_OK);
	assert_int_equal(doctor_version(150099), DOCTOR_OK);
	assert_int_equal(doctor_version(160001), DOCTOR_WARN);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, setup, teardown),
		cmocka_unit_test_setup_teardown(names, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged, setup, teardown),
		cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
