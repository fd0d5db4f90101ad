/* Messages on their way out: which addresses are of the internet, what a letter looks like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qrsvc/jobs/send.h"

#include "qrsvc/base/clock.h"

#include <arpa/inet.h>
#include <string.h>

static bool public(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	if (strchr(text, ':')) {
		assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		return egress_public((const struct sockaddr *)&in6);
	}
	assert_int_equal(inet_pton(AF_INET, text, &in.sin_addr), 1);
	return egress_public((const struct sockaddr *)&in);
}

static void inner_addresses(void **state)
{
	static const char *const shut[] = {"0.0.0.0", "0.255.255.255", "10.0.0.1", "100.64.0.1",
		"100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
		"192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7",
		"203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
		"64:ff9b::7f00:1", "100::1", "2001::1", "2001:1ff::1", "2001:db8::1",
		"2002:7f00:1::1", "3fff::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1",
		"ff02::1", "5f00::1"};
	static const char *const open[] = {"1.1.1.1", "9.255.255.255", "11.0.0.1",
		"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.0.1",
		"172.15.255.255", "172.32.0.1", "192.0.1.1", "192.169.0.1", "198.17.0.1",
		"198.20.0.1", "223.255.255.255", "2001:200::1", "2606:4700::1111", "2003::1",
		"240e::1", "3ffe:1000::1"};
	struct sockaddr other = {.sa_family = AF_UNIX};
	(void)state;
	for (size_t i = 0; i < sizeof shut / sizeof shut[0]; i++)
		if (public(shut[i]))
			fail_msg("%s is taken for an address of the internet", shut[i]);
	for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
		if (!public(open[i]))
			fail_msg("%s is not taken for an address of the internet", open[i]);
	assert_false(egress_public(&other));
}

static enum rc letter(struct arena *a, const char *to, const char *body, struct str *ret_)
{
	struct message m = {.id = STR("0000"), .target = str_c(to), .body = str_c(body)};
	return mail_text(a, &m, STR("qr@example.gov.cn"), STR("qr.example.gov.cn"),
		INT64_C(1795336800) * US_PER_S, ret_);
}

static void letters(void **state)
{
	struct arena a;
	struct str s;
	(void)state;
	arena_init(&a);
	clock_zone("Asia/Shanghai");
	assert_int_equal(
		letter(&a, "a@b.org",
			"{\"subject\":\"水箱水箱水箱水箱水箱水箱水箱水箱水箱\",\"text\":"
			"\"due\\nsoon\"}",
			&s),
		RC_OK);
	/* 15 characters are 45 octets: the rest begins a second word */
	assert_non_null(memmem(s.p, s.n,
		"Subject: =?UTF-8?B?5rC0566x5rC0566x5rC0566x5rC0566x5rC0566x5rC0566x5rC0566x5rC0?=\r\n"
		" =?UTF-8?B?566x5rC0566x?=\r\n",
		strlen("Subject: =?UTF-8?B?5rC0566x5rC0566x5rC0566x5rC0566x5rC0566x5rC0566x5rC0566x5rC0?=\r\n"
		       " =?UTF-8?B?566x5rC0566x?=\r\n")));
	assert_non_null(memmem(s.p, s.n, "Date: Sun, 22 Nov 2026 16:40:00 +0800\r\n", 39));
	assert_non_null(memmem(s.p, s.n, "\r\n\r\nZHVlCnNvb24=\r\n", 18));
	for (size_t i = 0; i < s.n; i++)
		assert_true(s.p[i] != '\n' || (i && s.p[i - 1] == '\r'));
	assert_int_equal(
		letter(&a, "a@b.org\r\nBcc: x@y.org", "{\"subject\":\"s\",\"text\":\"t\"}", &s),
		RC_INVALID);
	assert_int_equal(
		letter(&a, "a@b.org>", "{\"subject\":\"s\",\"text\":\"t\"}", &s), RC_INVALID);
	assert_int_equal(
		letter(&a, "a.b.org", "{\"subject\":\"s\",\"text\":\"t\"}", &s), RC_INVALID);
	assert_int_equal(
		letter(&a, "a@b.org", "{\"subject\":\"\",\"text\":\"t\"}", &s), RC_INVALID);
	assert_int_equal(letter(&a, "a@b.org", "not json", &s), RC_INVALID);
	/* a line break in a subject is part of an encoded word, never of the head */
	assert_int_equal(letter(&a, "a@b.org",
				 "{\"subject\":\"s\\r\\nBcc: x@y.org\",\"text\":\"t\"}", &s),
		RC_OK);
	assert_null(memmem(s.p, s.n, "Bcc", 3));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inner_addresses),
		cmocka_unit_test(letters),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("send", tests, NULL, NULL);
}
