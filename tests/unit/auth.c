/* app/auth: tokens, cookies, where a form comes from, which passwords may be chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qrsvc/app/auth.h"
#include "qrsvc/base/crypto_password.h"
#include "qrsvc/http/parse.h"

/* A request whose head is `text`; the parser's views stay valid. */
static struct http_request *request(const char *text)
{
	static struct http_request r;
	struct http_parser p;
	const char *why;
	size_t n;
	memset(&r, 0, sizeof r);
	http_parser_init(&p);
	if (http_parse(&p, text, strlen(text), &r, &n, &why) != HTTP_HEAD_DONE)
		fail_msg("%s is no head", text);
	return &r;
}

/* RFC 4231, test cases 1, 2 and 6 (a key longer than a block). */
static void hmac(void **state)
{
	unsigned char got[SHA256_BYTES], want[SHA256_BYTES], key[131];
	(void)state;
	memset(key, 0x0b, 20);
	hmac_sha256((struct str){(char *)key, 20}, STR("Hi There"), got);
	assert_true(hex_decode(
		STR("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"), want,
		sizeof want));
	assert_memory_equal(got, want, sizeof want);
	hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), got);
	assert_true(hex_decode(
		STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"), want,
		sizeof want));
	assert_memory_equal(got, want, sizeof want);
	memset(key, 0xaa, sizeof key);
	hmac_sha256((struct str){(char *)key, sizeof key},
		STR("Test Using Larger Than Block-Size Key - Hash Key First"), got);
	assert_true(hex_decode(
		STR("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"), want,
		sizeof want));
	assert_memory_equal(got, want, sizeof want);
}

static void tokens(void **state)
{
	struct auth_token a, b;
	struct arena mem;
	(void)state;
	arena_init(&mem);
	auth_token_new(&a);
	struct str text = auth_token_text(&mem, &a);
	assert_int_equal(text.n, 43);
	assert_true(auth_token_parse(text, &b));
	assert_memory_equal(a.b, b.b, sizeof a.b);
	assert_false(auth_token_parse(str_sub(text, 0, 42), &b));
	assert_false(b.some);
	assert_false(auth_token_parse(STR_NONE, &b));
	assert_false(auth_token_parse(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), &b));

	struct str form = auth_csrf(&mem, &a);
	assert_true(auth_csrf_fits(&a, form));
	assert_false(str_eq(form, text)); /* the form does not tell the session */
	assert_false(auth_csrf_fits(&a, STR_NONE));
	assert_false(auth_csrf_fits(&a, text));
	auth_token_new(&b);
	assert_false(auth_csrf_fits(&b, form));
	assert_false(auth_csrf_fits(&(struct auth_token){.some = false}, form));

	struct str line = auth_set_cookie(&mem, AUTH_COOKIE, &a, 60);
	assert_true(str_starts(line, STR("__Host-qr=")));
	assert_true(str_find(line, text) > 0);
	assert_true(
		str_ends(line, STR("; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax")));
	line = auth_set_cookie(&mem, AUTH_COOKIE, &a, 0);
	assert_int_equal(str_find(line, text), -1);
	arena_release(&mem);
}

static void cookies(void **state)
{
	struct auth_token t;
	(void)state;
	auth_cookie(request("GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1; __Host-qr="
			    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; y=2\r\n\r\n"),
		AUTH_COOKIE, &t);
	assert_true(t.some);
	auth_cookie(request("GET / HTTP/1.1\r\nHost: a\r\nCookie: __Host-qr-form="
			    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n\r\n"),
		AUTH_COOKIE, &t);
	assert_false(t.some);
	auth_cookie(request("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), AUTH_COOKIE, &t);
	assert_false(t.some);
}

static void origins(void **state)
{
	static const struct {
		const char *fields;
		bool fine;
	} table[] = {{"", true}, {"Origin: http://qr.example:8080\r\n", true},
		{"Origin: HTTP://QR.EXAMPLE:8080\r\n", true},
		{"Origin: https://qr.example:8080\r\n", true},
		{"Origin: http://qr.example\r\n", false}, {"Origin: null\r\n", false},
		{"Origin: \r\n", false},
		{"Origin: http://qr.example:8080.evil.example\r\n", false},
		{"Origin: http://qr.example:8080@evil.example\r\n", false},
		{"Origin: http://evil.example\r\nReferer: http://qr.example:8080/x\r\n", false},
		{"Origin: ftp://qr.example:8080\r\n", false},
		{"Referer: http://qr.example:8080/staff/?x=1\r\n", true},
		{"Referer: http://qr.example:8080?x\r\n", true},
		{"Referer: http://evil.example/http://qr.example:8080/\r\n", false},
		{"Sec-Fetch-Site: same-origin\r\n", true}, {"Sec-Fetch-Site: none\r\n", true},
		{"Sec-Fetch-Site: same-site\r\n", false},
		{"Sec-Fetch-Site: cross-site\r\n", false},
		{"Sec-Fetch-Site: cross-site\r\nOrigin: http://qr.example:8080\r\n", false}};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char head[400];
		snprintf(head, sizeof head,
			"POST /staff/login HTTP/1.1\r\nHost: qr.example:8080\r\n%s\r\n",
			table[i].fields);
		if (auth_same_origin(request(head)) != table[i].fine)
			fail_msg("%s", table[i].fields);
	}
	assert_true(auth_same_origin(request("POST / HTTP/1.1\r\nHost: qr.example\r\n"
					     "Origin: https://qr.example:443\r\n\r\n")));
	assert_true(auth_same_origin(request("POST / HTTP/1.1\r\nHost: qr.example:443\r\n"
					     "Origin: https://qr.example\r\n\r\n")));
	assert_false(auth_same_origin(request("POST / HTTP/1.1\r\nHost: qr.example:443\r\n"
					      "Origin: http://qr.example\r\n\r\n")));
}

/* Forms without a session: a page that says no-referrer names no origin. */
static void open_origins(void **state)
{
	static const struct {
		const char *fields;
		bool fine;
	} table[] = {{"", true}, {"Origin: null\r\n", true},
		{"Origin: null\r\nSec-Fetch-Site: same-origin\r\n", true},
		{"Origin: null\r\nSec-Fetch-Site: none\r\n", true},
		{"Origin: null\r\nSec-Fetch-Site: cross-site\r\n", false},
		{"Origin: null\r\nSec-Fetch-Site: same-site\r\n", false},
		{"Origin: https://qr.example\r\n", true},
		{"Origin: https://other.example\r\n", false},
		{"Referer: https://other.example/\r\n", false}};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char head[400];
		snprintf(head, sizeof head,
			"POST /report/X HTTP/1.1\r\nHost: qr.example\r\n%s\r\n",
			table[i].fields);
		if (auth_open_origin(request(head)) != table[i].fine)
			fail_msg("%s", table[i].fields);
	}
}

static void devices(void **state)
{
	struct arena mem;
	(void)state;
	arena_init(&mem);
	struct str s = auth_device(&mem,
		STR("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
		    "Chrome/126.0.0.0 Mobile Safari/537.36"));
	assert_true(str_eq(s, STR("Chrome, Android")));
	s = auth_device(&mem,
		STR("Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 "
		    "(KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.30"));
	assert_true(str_eq(s, STR("WeChat, iPhone")));
	assert_int_equal(auth_device(&mem, STR("curl/7.88.1")).n, 0);
	assert_int_equal(auth_device(&mem, STR_NONE).n, 0);
	arena_release(&mem);
}

static void passwords(void **state)
{
	static const struct {
		const char *text, *why;
	} table[] = {{"", "too_short"}, {"elevenchars", "too_short"},
		{"password1234", "guessable"}, {"P@ssw0rd2026!", "guessable"},
		{"123456789012", "guessable"}, {"210987654321", "guessable"},
		{"aaaaaaaaaaaaaaaaaaaaaaaa", "guessable"}, {"abcabcabcabcabc", "guessable"},
		{"qwertyuiopas", "guessable"}, {"1qaz2wsx3edc4rfv", "guessable"},
		{"lkjhgfdsazxc", "guessable"}, {"20261122202611", "guessable"},
		{"Shanghai2026!!", "guessable"}, {"woaini1314520", "guessable"},
		{"zhaoliu-zhaoliu", "guessable"}, {"密码密码密码密码密码密码", "guessable"},
		{"seven crates beside the pump", NULL}, {"kx7vq2mpt9wz", NULL},
		{"水箱旁边有七只木箱和一只猫", NULL},
		{"\xff\xff\xff\xff\xff\xff", "bad_value"}};
	char longest[128 * 3 + 4];
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const char *why = auth_password_refused(str_c(table[i].text), STR("zhaoliu"));
		if ((why == NULL) != (table[i].why == NULL) ||
			(why && strcmp(why, table[i].why) != 0))
			fail_msg("%s: %s", table[i].text, why ? why : "taken");
	}
	/* 128 characters, not bytes; none the same as its neighbour */
	for (int i = 0; i < 129; i++) {
		unsigned c = 0x4e00 + (unsigned)i * 37;
		longest[3 * i] = (char)(0xe0 | c >> 12);
		longest[3 * i + 1] = (char)(0x80 | (c >> 6 & 63));
		longest[3 * i + 2] = (char)(0x80 | (c & 63));
	}
	assert_null(auth_password_refused((struct str){longest, 128 * 3}, STR("x")));
	assert_string_equal(
		auth_password_refused((struct str){longest, 129 * 3}, STR("x")), "too_long");
}

/* libsodium makes and checks them; here: that we ask it rightly. */
static void hashes(void **state)
{
	const struct password_cost least = {PASSWORD_KIB_MIN, 2},
				   more = {PASSWORD_KIB_MIN + 1024, 2},
				   longer = {PASSWORD_KIB_MIN, 3};
	char h[PASSWORD_HASH_MAX], other[PASSWORD_HASH_MAX];
	(void)state;
	assert_true(password_hash(STR("seven crates"), &least, h));
	assert_true(str_starts(str_c(h), STR("$argon2id$v=19$m=19456,t=2,p=1$")));
	assert_true(password_verify(str_c(h), STR("seven crates")));
	assert_false(password_verify(str_c(h), STR("seven crate")));
	assert_false(password_verify(str_c(h), STR_NONE));
	assert_true(password_hash(STR("seven crates"), &least, other));
	assert_string_not_equal(h, other); /* salted */
	assert_false(password_is_weak(str_c(h), &least));
	assert_true(password_is_weak(str_c(h), &more));
	assert_true(password_is_weak(str_c(h), &longer));
	assert_true(password_is_weak(STR("$2b$12$abc"), &least));
	assert_false(password_verify(STR("$2b$12$abc"), STR("abc")));
	assert_false(password_verify(STR_NONE, STR("abc")));
	memset(h, 'a', sizeof h);
	assert_false(password_verify((struct str){h, sizeof h}, STR("abc")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac),
		cmocka_unit_test(tokens),
		cmocka_unit_test(cookies),
		cmocka_unit_test(origins),
		cmocka_unit_test(open_origins),
		cmocka_unit_test(devices),
		cmocka_unit_test(passwords),
		cmocka_unit_test(hashes),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
