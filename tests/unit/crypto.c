/* qrsvc/base/crypto: against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qrsvc/base/crypto_seal.h"
#include "qrsvc/base/crypto.h"

/* FIPS 180-4 examples (NIST, "SHA256.pdf"). */
static void sha256_vectors(void **state)
{
	char hex[SHA256_HEX + 1];

	(void)state;
	sha256_hex(STR("abc"), hex);
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(STR_NONE, hex);
	assert_string_equal(
		hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void sha256_pieces(void **state)
{
	unsigned char whole[SHA256_BYTES], pieces[SHA256_BYTES];
	struct str text =
		STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq, in any pieces");
	struct sha256_ctx c;

	(void)state;
	sha256(text, whole);
	for (size_t cut = 0; cut <= text.n; cut++) {
		sha256_init(&c);
		sha256_update(&c, str_sub(text, 0, cut));
		sha256_update(&c, str_sub(text, cut, text.n));
		sha256_final(&c, pieces);
		assert_memory_equal(whole, pieces, SHA256_BYTES);
	}
}

static void hex_both_ways(void **state)
{
	unsigned char b[4];
	char hex[9];

	(void)state;
	assert_true(hex_decode(STR("00Ff10aB"), b, 4));
	hex_encode(b, 4, hex);
	assert_string_equal(hex, "00ff10ab");
	assert_false(hex_decode(STR("00ff10a"), b, 4));
	assert_false(hex_decode(STR("00ff10"), b, 4));
	assert_false(hex_decode(STR("00ff10ag"), b, 4));
	assert_false(hex_decode(STR("00ff10ab00"), b, 4));
}

/* RFC 4648 10, without padding, and its own letters. */
static void base64url(void **state)
{
	unsigned char b[6];
	struct sbuf out;

	(void)state;
	sbuf_init(&out, 100);
	base64url_encode("foobar", 6, &out);
	assert_string_equal(sbuf_c(&out), "Zm9vYmFy");
	sbuf_clear(&out);
	base64url_encode("\xfb\xff", 2, &out);
	assert_string_equal(sbuf_c(&out), "-_8");
	sbuf_release(&out);
	assert_true(base64url_decode(STR("Zm9vYg"), b, 4));
	assert_memory_equal(b, "foob", 4);
	assert_false(base64url_decode(STR("Zm9vYg=="), b, 4));
	assert_false(base64url_decode(STR("Zm9vYg"), b, 5));
	assert_false(base64url_decode(STR("Zm9vYmFyZm9v"), b, 6));
	assert_false(base64url_decode(STR("Zm+v"), b, 3));
}

static void equal(void **state)
{
	(void)state;
	assert_true(crypto_equal(STR("token"), STR("token")));
	assert_false(crypto_equal(STR("token"), STR("tokem")));
	assert_false(crypto_equal(STR("token"), STR("toke")));
	assert_true(crypto_equal(STR_NONE, STR("")));
}

static void randomness(void **state)
{
	char a[37], b[37];
	unsigned seen = 0;

	(void)state;
	crypto_uuid(a);
	crypto_uuid(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), 36);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89ab", a[19]));
	for (int i = 0; i < 1000; i++) {
		uint32_t v = crypto_uniform(5);

		assert_true(v < 5);
		seen |= 1u << v;
	}
	assert_int_equal(seen, 31);
}

/* What was sealed opens with the same key, once as before and never when it was changed. */
static void seals(void **state)
{
	struct seal_key a, b;
	unsigned char one[SEAL_BYTES], two[SEAL_BYTES];
	char text[SEAL_PLAIN], longest[SEAL_PLAIN + 1];
	size_t n;
	(void)state;
	seal_key_new(&a);
	seal_key_new(&b);
	struct str sealed = {(const char *)one, sizeof one};
	assert_true(seal_text(&a, STR("+8613800000000"), one));
	assert_true(seal_text(&a, STR("+8613800000000"), two));
	assert_memory_not_equal(one, two, sizeof one);
	assert_true(seal_open(&a, sealed, text, &n));
	assert_int_equal(n, 14);
	assert_memory_equal(text, "+8613800000000", 14);
	assert_false(seal_open(&b, sealed, text, &n));
	for (size_t i = 0; i < sizeof one; i++) {
		one[i] ^= 1;
		assert_false(seal_open(&a, sealed, text, &n));
		one[i] ^= 1;
	}
	sealed.n--;
	assert_false(seal_open(&a, sealed, text, &n));
	memset(longest, '1', sizeof longest);
	assert_true(seal_text(&a, (struct str){longest, SEAL_PLAIN}, one));
	assert_false(seal_text(&a, (struct str){longest, SEAL_PLAIN + 1}, one));
	assert_false(seal_text(&a, (struct str){"1\0002", 3}, one));
	assert_true(seal_text(&a, STR(""), one));
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	crypto_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seals),
		cmocka_unit_test(sha256_vectors),
		cmocka_unit_test(sha256_pieces),
		cmocka_unit_test(hex_both_ways),
		cmocka_unit_test(base64url),
		cmocka_unit_test(equal),
		cmocka_unit_test(randomness),
	};
	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
