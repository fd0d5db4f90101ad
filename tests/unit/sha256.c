/* SHA-256 by whatever this processor has, against libsodium's own and the standard's vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/sha256_cpu.h"

static void test_vectors(void **state)
{
	/* FIPS 180-2 B.1, B.2 and a million times "a", B.3. */
	char hex[SHA256_HEX + 1], *a = xmalloc(1000000);

	(void)state;
	sha256_hex(STR(""), hex);
	assert_string_equal(
		hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex(STR("abc"), hex);
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hex);
	assert_string_equal(
		hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(a, 'a', 1000000);
	sha256_hex((struct str){a, 1000000}, hex);
	assert_string_equal(
		hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(a);
}

static void test_every_length(void **state)
{
	unsigned char b[1400], want[32], got[32];

	(void)state;
	crypto_random(b, sizeof b);
	for (size_t n = 0; n < sizeof b; n++) {
		crypto_hash_sha256(want, b, n);
		sha256((struct str){(char *)b, n}, got);
		assert_memory_equal(want, got, 32);
	}
}

/* A stream cut anywhere is the same stream. */
static void test_pieces(void **state)
{
	unsigned char b[5000], want[32], got[32];

	(void)state;
	crypto_random(b, sizeof b);
	crypto_hash_sha256(want, b, sizeof b);
	for (uint32_t round = 0; round < 500; round++) {
		struct sha256_ctx c;
		size_t at = 0;

		sha256_init(&c);
		while (at < sizeof b) {
			size_t n = crypto_uniform(round % 2 ? 70 : 900);

			n = n < sizeof b - at ? n : sizeof b - at;
			sha256_update(&c, (struct str){(char *)b + at, n});
			at += n;
		}
		sha256_final(&c, got);
		assert_memory_equal(want, got, 32);
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_pieces),
	};
	crypto_init();
	print_message("# instructions of the processor: %s\n", sha256_cpu_has() ? "yes" : "no");
	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
