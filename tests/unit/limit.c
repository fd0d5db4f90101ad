/* app/limit: rates per neighbourhood, host-wide, forgotten daily; app/peers: open connections.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/app/limit.h"
#include "qrsvc/app/peers.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"

#include <sys/mman.h>
#include <unistd.h>

#define S INT64_C(1000000)

static struct shared *shared;
static int shared_fd;

static int make_shared(void **state)
{
	(void)state;
	crypto_init();
	shared_fd = shared_create(&shared);
	return shared_fd < 0;
}

static int drop_shared(void **state)
{
	(void)state;
	munmap(shared, sizeof *shared);
	return close(shared_fd);
}

static struct addr ip(const char *text)
{
	struct addr a;
	assert_true(addr_parse(str_c(text), &a));
	return a;
}

static struct limiter limiter(int64_t per_minute, int64_t burst)
{
	struct limiter l;
	struct limit_rate rates[CLASS_COUNT] = {{per_minute, burst}, {per_minute, burst}};
	limiter_init(&l, shared, rates);
	return l;
}

static int take(struct limiter *l, const char *who, int32_t day, int64_t now, int n)
{
	struct addr a = ip(who);
	int passed = 0;
	for (int i = 0; i < n; i++)
		passed += limiter_take(l, &a, CLASS_PAGE, day, now, NULL);
	return passed;
}

static void burst_then_rate(void **state)
{
	(void)state;
	struct limiter l = limiter(60, 10);
	int64_t now = 1000 * S;
	int retry = 0;
	struct addr a = ip("192.0.2.1");
	assert_int_equal(take(&l, "192.0.2.1", 1, now, 100), 10);
	assert_false(limiter_take(&l, &a, CLASS_PAGE, 1, now, &retry));
	assert_in_range(retry, 1, 2);
	assert_int_equal(take(&l, "192.0.2.1", 1, now + 3 * S, 100), 3);
	assert_int_equal(take(&l, "192.0.2.1", 1, now + 3600 * S, 100), 10);
}

static void one_neighbourhood(void **state)
{
	(void)state;
	struct limiter l = limiter(60, 10);
	int64_t now = 2000 * S;
	assert_int_equal(take(&l, "198.51.100.1", 1, now, 6), 6);
	assert_int_equal(take(&l, "198.51.100.254", 1, now, 6), 4);
	assert_int_equal(take(&l, "198.51.101.1", 1, now, 6), 6);
	/* /56 of IPv6 */
	assert_int_equal(take(&l, "2001:db8:0:1::1", 1, now, 6), 6);
	assert_int_equal(take(&l, "2001:db8:0:ff::2", 1, now, 6), 4);
	assert_int_equal(take(&l, "2001:db8:0:100::1", 1, now, 6), 6);
}

static void classes_apart(void **state)
{
	(void)state;
	struct limiter l = limiter(60, 5);
	struct addr a = ip("203.0.113.9");
	assert_int_equal(take(&l, "203.0.113.9", 1, 3000 * S, 9), 5);
	assert_true(limiter_take(&l, &a, CLASS_PHOTO, 1, 3000 * S, NULL));
	/* per_minute 0: no limit */
	for (int i = 0; i < 1000; i++)
		assert_true(limiter_take(&l, &a, CLASS_STATIC, 1, 3000 * S, NULL));
}

static void host_wide(void **state)
{
	(void)state;
	struct shared *other = shared_map(shared_fd);
	struct limiter a = limiter(60, 10), b;
	assert_non_null(other);
	limiter_init(&b, other, a.rate);
	assert_int_equal(take(&a, "203.0.113.77", 1, 4000 * S, 7), 7);
	assert_int_equal(take(&b, "203.0.113.77", 1, 4000 * S, 7), 3);
	munmap(other, sizeof *other);
}

static void new_day_new_key(void **state)
{
	(void)state;
	struct limiter l = limiter(60, 10);
	assert_int_equal(take(&l, "192.0.2.200", 1, 5000 * S, 20), 10);
	assert_int_equal(take(&l, "192.0.2.200", 2, 5000 * S, 20), 10);
}

/* The table is bounded: a flood of neighbourhoods neither fails nor lets one of them pass more
 * than its share at once. */
static void bounded(void **state)
{
	(void)state;
	struct limiter l = limiter(60, 2);
	struct addr a = {.kind = ADDR_IP6};
	for (uint32_t i = 0; i < 3 * LIMIT_TABLE; i++) {
		memcpy(a.b, &i, sizeof i);
		assert_true(limiter_take(&l, &a, CLASS_PAGE, 1, 6000 * S + i, NULL));
	}
	assert_in_range(take(&l, "192.0.2.5", 1, 6001 * S, 50), 2, 3);
}

static void other_layout(void **state)
{
	(void)state;
	int fd = memfd_create("x", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, sizeof(struct shared)), 0);
	assert_null(shared_map(fd)); /* no magic */
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_null(shared_map(fd));
	close(fd);
}

static void peers_count_exactly(void **state)
{
	(void)state;
	struct peers *p = peers_new(1000, 3);
	struct addr a = ip("192.0.2.1"), b = ip("192.0.2.2");
	for (int i = 0; i < 3; i++)
		assert_true(peers_enter(p, &a));
	assert_false(peers_enter(p, &a));
	assert_true(peers_enter(p, &b)); /* one address, not its neighbourhood */
	peers_leave(p, &a);
	assert_true(peers_enter(p, &a));
	for (int i = 0; i < 3; i++)
		peers_leave(p, &a);
	peers_leave(p, &b);
	assert_int_equal(peers_count(p), 0);
	peers_leave(p, &b); /* not there: nothing happens */
	assert_int_equal(peers_count(p), 0);
	peers_free(p);
}

/* Against plain counters: 300 addresses, 200,000 random steps. */
static void peers_model(void **state)
{
	(void)state;
	enum { N = 300, EACH = 4 };
	unsigned model[N] = {0};
	size_t present = 0;
	struct peers *p = peers_new(N, EACH);
	for (int step = 0; step < 200000; step++) {
		uint32_t i = crypto_uniform(N);
		struct addr a = {.kind = ADDR_IP4};
		a.b[0] = (unsigned char)i, a.b[1] = (unsigned char)(i >> 8);
		if (crypto_uniform(2)) {
			assert_int_equal(peers_enter(p, &a), model[i] < EACH);
			present += model[i] == 0;
			model[i] += model[i] < EACH;
		} else if (model[i]) {
			peers_leave(p, &a);
			present -= --model[i] == 0;
		}
		assert_int_equal(peers_count(p), present);
	}
	peers_free(p);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_then_rate),
		cmocka_unit_test(one_neighbourhood),
		cmocka_unit_test(classes_apart),
		cmocka_unit_test(host_wide),
		cmocka_unit_test(new_day_new_key),
		cmocka_unit_test(bounded),
		cmocka_unit_test(other_layout),
		cmocka_unit_test(peers_count_exactly),
		cmocka_unit_test(peers_model),
	};
	return cmocka_run_group_tests_name("limit", tests, make_shared, drop_shared);
}
