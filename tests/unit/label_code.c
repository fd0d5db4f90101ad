/* Label codes: the check character's promises, reading, guessing, addresses. */
#include "labels/code.h"
#include "labels/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* A small generator with a fixed seed: the same codes in every run. */
static uint64_t state_ = 88172645463325252u;
static uint64_t next_random(void)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return state_;
}

static struct code draw(void)
{
	struct code c;
	unsigned char r[CODE_RANDOM];

	do {
		uint64_t v = next_random();

		memcpy(r, &v, sizeof r);
	} while (!code_make(r, &c));
	return c;
}

static void vectors(void **state)
{
	(void)state;
	assert_int_equal(code_check_char("0K7M2Q9X"), 'H');
	assert_int_equal(code_check_char("7ZZZZZZZ"), 'C');
	assert_int_equal(code_check_char("00000001"), 0);
	struct code c;

	assert_true(code_parse(STR("0K7M2Q9XH"), &c) && code_check(&c));
	assert_true(code_parse(STR("0K7M2Q9XK"), &c) && !code_check(&c));
}

static void drawing(void **state)
{
	struct code c;
	int issued = 0;

	(void)state;
	/* 00000001 as bits: 39 zeros and a one. */
	assert_false(code_make((const unsigned char[]){0, 0, 0, 0, 1}, &c));
	assert_true(code_make((const unsigned char[]){0, 0, 0, 0, 0}, &c));
	for (int i = 0; i < 20000; i++) {
		uint64_t v = next_random();
		unsigned char r[CODE_RANDOM];

		memcpy(r, &v, sizeof r);
		if (!code_make(r, &c))
			continue;
		issued++;
		assert_true(code_check(&c));
		assert_int_equal(strspn(c.c, letters), CODE_LEN);
	}
	/* 32 of 37 checks are letters: 86.5 % of draws. */
	assert_in_range(issued, 17000, 17600);
}

static void reading(void **state)
{
	static const char *const good[] = {"0K7M2Q9XH", "0k7m2q9xh", "0K7 M2Q 9XH",
		"0K7-M2Q-9XH", "oK7M2q9Xh", "  0K7M2Q9XH  "};
	static const char *const bad[] = {"", "0K7M2Q9X", "0K7M2Q9XHH", "0K7M2Q9X*",
		"0K7M2Q9XU", "0K7M2Q9X\xc3", "0K7/M2Q9XH", "0K7M2Q9XH\n"};
	struct code c;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(code_parse(str_c(good[i]), &c));
		assert_string_equal(c.c, "0K7M2Q9XH");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(code_parse(str_c(bad[i]), &c));
	assert_false(code_parse((struct str){"0K7\0M2Q9X", 9}, &c));
	assert_true(code_parse(STR("iLI000000"), &c));
	assert_string_equal(c.c, "111000000");
}

static void single_errors(void **state)
{
	(void)state;
	for (int n = 0; n < 500; n++) {
		struct code c = draw(), t;

		for (int i = 0; i < CODE_LEN; i++) {
			for (const char *a = letters; *a; a++) {
				t = c;
				t.c[i] = *a;
				assert_int_equal(code_check(&t), *a == c.c[i]);
			}
		}
	}
}

/* Neighbours and next-but-one: MOD 37-2 sees every such swap of different characters. */
static void swaps(void **state)
{
	(void)state;
	for (int n = 0; n < 5000; n++) {
		struct code c = draw();

		for (int far = 1; far <= 2; far++) {
			for (int i = 0; i + far < CODE_LEN; i++) {
				struct code t = c;

				t.c[i] = c.c[i + far];
				t.c[i + far] = c.c[i];
				assert_int_equal(code_check(&t), t.c[i] == c.c[i]);
			}
		}
	}
}

static bool among(struct code *list, size_t n, const char *want)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].c, want) == 0)
			return true;
	return false;
}

static void guesses(void **state)
{
	struct code got[CODE_GUESSES];

	(void)state;
	assert_int_equal(code_guesses(STR("0K7M2Q9XH"), got), 0);
	assert_true(among(got, code_guesses(STR("DK7M2Q9XH"), got), "0K7M2Q9XH"));
	assert_true(among(got, code_guesses(STR("0K7MZQ9XH"), got), "0K7M2Q9XH"));
	assert_true(among(got, code_guesses(STR("K07M2Q9XH"), got), "0K7M2Q9XH"));
	assert_true(among(got, code_guesses(STR("0K7M2Q9X"), got), "0K7M2Q9XH"));
	assert_true(among(got, code_guesses(STR("0K77M2Q9XH"), got), "0K7M2Q9XH"));
	assert_int_equal(code_guesses(STR("not a code at all"), got), 0);
	assert_int_equal(code_guesses(STR(""), got), 0);
	/* Every swap of neighbours leads back, and every guess is a right code. */
	for (int n = 0; n < 3000; n++) {
		struct code c = draw(), t = c;
		int i = (int)(next_random() % 8);

		t.c[i] = c.c[i + 1];
		t.c[i + 1] = c.c[i];
		size_t k = code_guesses(str_c(t.c), got);

		assert_true(t.c[i] == c.c[i] || among(got, k, c.c));
		for (size_t g = 0; g < k; g++)
			assert_true(code_check(&got[g]));
	}
	/* A V read as U. */
	for (int n = 0; n < 3000; n++) {
		struct code c = draw(), t = c;
		char *v = strchr(t.c, 'V');

		if (v == NULL)
			continue;
		*v = 'U';
		assert_true(among(got, code_guesses(str_c(t.c), got), c.c));
	}
}

static void shown(void **state)
{
	struct code c;
	char groups[CODE_LEN + 3], url[CODE_URL_MAX];

	(void)state;
	assert_true(code_parse(STR("7k3m9qx2r"), &c));
	code_format(&c, groups);
	assert_string_equal(groups, "7K3 M9Q X2R");
	assert_true(code_url(STR("https://qr.example.gov.cn"), &c, url));
	assert_string_equal(url, "HTTPS://QR.EXAMPLE.GOV.CN/7K3M9QX2R");
	assert_int_equal(strlen(url), 35);
	assert_true(code_url(STR("https://qr.example.gov.cn:8443/"), &c, url));
	assert_string_equal(url, "HTTPS://QR.EXAMPLE.GOV.CN:8443/7K3M9QX2R");
	assert_false(code_url(STR(""), &c, url));
	assert_false(code_url(STR("https://qr.example.gov.cn/?x"), &c, url));
	assert_false(code_url(STR("https://\xe6\xb0\xb4.cn"), &c, url));
	char most[200];

	memset(most, 'a', sizeof most);
	assert_true(code_url((struct str){most, CODE_URL_MAX - 11}, &c, url));
	assert_false(code_url((struct str){most, CODE_URL_MAX - 10}, &c, url));
}

static void set_of_codes(void **state)
{
	struct seen s = {0};
	struct code *all = calloc(30000, sizeof *all);

	(void)state;
	assert_true(seen_add(&s, "000000000"));
	assert_false(seen_add(&s, "000000000"));
	for (int i = 0; i < 30000; i++) {
		all[i] = draw();
		assert_true(seen_add(&s, all[i].c));
	}
	for (int i = 0; i < 30000; i++)
		assert_false(seen_add(&s, all[i].c));
	assert_true(s.cap * 5 < 30000 * 12);
	free(s.slot);
	free(all);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(drawing),
		cmocka_unit_test(reading), cmocka_unit_test(single_errors),
		cmocka_unit_test(swaps), cmocka_unit_test(guesses), cmocka_unit_test(shown),
		cmocka_unit_test(set_of_codes)};

	return cmocka_run_group_tests_name("label codes", tests, NULL, NULL);
}
