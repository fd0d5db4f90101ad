/* Addresses and prefixes. */
#include "qrsvc/net/addr.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool in(const char *addr, const char *net)
{
	struct addr a;
	struct addr_net n;
	assert_true(addr_parse(str_c(addr), &a));
	assert_true(addr_net_parse(str_c(net), &n));
	return addr_in(&a, &n);
}

static void nets(void **state)
{
	(void)state;
	assert_true(in("192.0.2.1", "192.0.2.0/24"));
	assert_false(in("192.0.3.1", "192.0.2.0/24"));
	assert_true(in("192.0.3.1", "192.0.2.0/23"));
	assert_true(in("10.0.0.1", "0.0.0.0/0"));
	assert_false(in("::1", "0.0.0.0/0"));
	assert_true(in("192.0.2.1", "192.0.2.1"));
	assert_false(in("192.0.2.2", "192.0.2.1"));
	assert_true(in("2001:db8:0:ff::1", "2001:db8::/48"));
	assert_false(in("2001:db8:1::1", "2001:db8::/48"));
	assert_true(in("2001:db8:0:7f::", "2001:db8::/57"));
	assert_false(in("2001:db8:0:80::", "2001:db8::/57"));
	assert_true(in("::ffff:192.0.2.1", "192.0.2.0/24"));
}

static void refused(void **state)
{
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "[::1]",
		"1.2.3.4:5", "::1%lo", "a", "1.2.3.4 ", "2001:db8::1::2"};
	static const char *const bad_nets[] = {"", "1.2.3.4/", "1.2.3.4/33", "::/129",
		"1.2.3.4/-1", "1.2.3.4/a", "/8", "unixes"};
	struct addr a;
	struct addr_net n;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(addr_parse(str_c(bad[i]), &a));
	for (size_t i = 0; i < sizeof bad_nets / sizeof bad_nets[0]; i++)
		assert_false(addr_net_parse(str_c(bad_nets[i]), &n));
	assert_false(addr_parse((struct str){"1.2.3.4\0", 8}, &a));
}

static void prefixes(void **state)
{
	struct addr a, p;
	char text[ADDR_TEXT];
	(void)state;
	assert_true(addr_parse(STR("192.0.2.77"), &a));
	p = addr_prefix(&a);
	assert_string_equal(addr_text(&p, text), "192.0.2.0");
	assert_true(addr_parse(STR("2001:db8:1:2:3:4:5:6"), &a));
	p = addr_prefix(&a);
	assert_string_equal(addr_text(&p, text), "2001:db8:1::");
	assert_false(addr_eq(&a, &p));
	assert_true(addr_eq(&p, &p));
}

static void sockets(void **state)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_addr = {htonl(0xc0000201)}};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct addr_net n;
	char text[ADDR_TEXT];
	(void)state;
	struct addr a = addr_from_sockaddr((struct sockaddr *)&in4);
	assert_string_equal(addr_text(&a, text), "192.0.2.1");
	a = addr_from_sockaddr((struct sockaddr *)&un);
	assert_string_equal(addr_text(&a, text), "local");
	assert_true(addr_net_parse(STR("unix"), &n));
	assert_true(addr_in(&a, &n));
	a = (struct addr){0};
	assert_string_equal(addr_text(&a, text), "-");
	assert_false(addr_in(&a, &n));
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(nets), cmocka_unit_test(refused),
		cmocka_unit_test(prefixes), cmocka_unit_test(sockets)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
