/* qrsvc/base/crypto_sign and qrsvc/app/keyfile: against RFC 8032's vectors, and who may read a
 * key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qrsvc/app/keyfile.h"
#include "qrsvc/base/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/qrsvc-sign.XXXXXX";
static char path[64], pub[72];

static int setup(void **state)
{
	(void)state;
	crypto_init();
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/key", folder);
	snprintf(pub, sizeof pub, "%s.pub", path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(pub);
	return rmdir(folder);
}

/* RFC 8032 7.1: TEST 1 (empty text), TEST 2 (one byte), TEST 3 (two bytes). */
static void vectors(void **state)
{
	static const struct {
		const char *seed, *public, *text, *signature;
	} test[] = {
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33b"
			"acc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
			"72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e1599"
			"6e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
			"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
			"af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f2"
			"90ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof test / sizeof test[0]; i++) {
		unsigned char seed[SIGN_SEED], public[SIGN_PUBLIC], want[SIGN_BYTES],
			got[SIGN_BYTES];
		char text[8];
		struct str t = {text, strlen(test[i].text) / 2};
		struct sign_key k;

		assert_true(hex_decode(str_c(test[i].seed), seed, sizeof seed));
		assert_true(hex_decode(str_c(test[i].public), public, sizeof public));
		assert_true(hex_decode(str_c(test[i].signature), want, sizeof want));
		assert_true(hex_decode(str_c(test[i].text), text, t.n));
		sign_key_of(seed, &k);
		assert_memory_equal(k.public, public, sizeof public);
		sign_text(&k, t, got);
		assert_memory_equal(got, want, sizeof want);
		assert_true(sign_check(public, t, got));
		got[i] ^= 1;
		assert_false(sign_check(public, t, got));
		sign_key_seed(&k, got);
		assert_memory_equal(got, seed, sizeof seed);
		sign_key_wipe(&k);
	}
}

static void other_text_or_key(void **state)
{
	struct sign_key a, b;
	unsigned char s[SIGN_BYTES];

	(void)state;
	sign_key_new(&a);
	sign_key_new(&b);
	assert_memory_not_equal(a.public, b.public, SIGN_PUBLIC);
	sign_text(&a, STR("head 7"), s);
	assert_true(sign_check(a.public, STR("head 7"), s));
	assert_false(sign_check(a.public, STR("head 8"), s));
	assert_false(sign_check(a.public, STR("head 7 "), s));
	assert_false(sign_check(b.public, STR("head 7"), s));
}

static void files(void **state)
{
	char text[KEYFILE_PUBLIC_TEXT];
	unsigned char public[SIGN_PUBLIC];
	struct sign_key k;
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(keyfile_make(path, text, &e), RC_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(keyfile_read(path, &k, &e), RC_OK);
	assert_int_equal(keyfile_public(text, public, &e), RC_OK);
	assert_memory_equal(public, k.public, SIGN_PUBLIC);
	assert_int_equal(keyfile_public(pub, public, &e), RC_OK);
	assert_memory_equal(public, k.public, SIGN_PUBLIC);

	assert_int_equal(keyfile_make(path, text, &e), RC_CONFLICT); /* never replaced */
	assert_int_equal(keyfile_read(path, &k, &e), RC_OK);
	assert_memory_equal(public, k.public, SIGN_PUBLIC);

	assert_int_equal(keyfile_read(pub, &k, &e), RC_FORBIDDEN);
	chmod(pub, 0600);
	assert_int_equal(keyfile_read(pub, &k, &e), RC_BAD); /* the public half */
	assert_int_equal(keyfile_public(path, public, &e), RC_BAD);
	chmod(path, 0640);
	assert_int_equal(keyfile_read(path, &k, &e), RC_FORBIDDEN);
	chmod(path, 0604);
	assert_int_equal(keyfile_read(path, &k, &e), RC_FORBIDDEN);
	assert_int_equal(keyfile_read("/nonexistent/key", &k, &e), RC_IO);
	assert_int_equal(keyfile_read(folder, &k, &e), RC_IO);
	assert_int_equal(keyfile_make("/nonexistent/key", text, &e), RC_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(other_text_or_key),
		cmocka_unit_test(files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
