/* multipart/form-data: whole, cut at every byte, at its limits, and malformed. */
#include "qrsvc/http/multipart.h"

#include "qrsvc/base/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena a;
static struct sbuf out;

static bool part_cb(void *arg, const struct multipart_head *h)
{
	(void)arg;
	sbuf_fmt(&out, "[%.*s|%.*s|%.*s]", STR_F(h->name),
		STR_F(h->filename.p ? h->filename : STR("-")),
		STR_F(h->type.p ? h->type : STR("-")));
	return true;
}

static bool data_cb(void *arg, struct str data)
{
	(void)arg;
	sbuf_str(&out, data);
	return true;
}

static bool end_cb(void *arg)
{
	(void)arg;
	sbuf_puts(&out, "$");
	return true;
}

static const struct multipart_ops ops = {part_cb, data_cb, end_cb};

/* Feeds `first` bytes, then pieces of `step`. */
static enum multipart_rc feed(struct str body, size_t first, size_t step)
{
	static struct multipart m;
	enum multipart_rc rc = MULTIPART_OK;
	sbuf_clear(&out);
	multipart_init(&m, &a, STR("xYz"), &ops, NULL);
	for (size_t at = 0; at < body.n && rc == MULTIPART_OK;) {
		size_t n = at == 0 && first ? first : step;
		if (n > body.n - at)
			n = body.n - at;
		rc = multipart_feed(&m, str_sub(body, at, at + n));
		at += n;
	}
	return rc == MULTIPART_OK ? multipart_end(&m) : rc;
}

#define CD "Content-Disposition: form-data; "

static const char form[] = "--xYz\r\n" CD "name=\"a\"\r\n\r\none\r\n"
			   "--xYz\r\n" CD "name=\"f\"; filename=\"p \\%22q.jpg\"\r\n"
			   "Content-Type: image/jpeg\r\n\r\n"
			   "\r\n--xY\r\n-\r\r\n--xYZ\r\n--x--xYz\r\n"
			   "--xYz\r\n" CD "name=e\r\n\r\n\r\n"
			   "--xYz--\r\n";
static const char form_out[] = "[a|-|-]one$[f|p \\\"q.jpg|image/jpeg]"
			       "\r\n--xY\r\n-\r\r\n--xYZ\r\n--x--xYz$[e|-|-]$";

static void whole_and_cut(void **state)
{
	struct str body = str_c(form);
	(void)state;
	assert_int_equal(feed(body, 0, body.n), MULTIPART_OK);
	assert_true(str_eq(sbuf_view(&out), str_c(form_out)));
	for (size_t at = 1; at < body.n; at++) {
		assert_int_equal(feed(body, at, body.n), MULTIPART_OK);
		assert_true(str_eq(sbuf_view(&out), str_c(form_out)));
	}
	for (size_t step = 1; step < 40; step++) {
		assert_int_equal(feed(body, 0, step), MULTIPART_OK);
		assert_true(str_eq(sbuf_view(&out), str_c(form_out)));
	}
	/* Cut short, it is refused at its end at the latest. */
	for (size_t n = 0; n < body.n - 2; n++)
		assert_int_equal(feed(str_sub(body, 0, n), 0, 7), MULTIPART_BAD);
	assert_int_equal(feed(STR("--xYz--"), 0, 1), MULTIPART_OK);
}

static void malformed(void **state)
{
	static const char *const bad[] = {"", "x", "\r\n--xYz--", "preamble\r\n--xYz--",
		"--xYz\r\n\r\n\r\n--xYz--", "--xYz\r\n" CD "name=a\r\n\r\nb\r\n--xYz",
		"--xYz\n" CD "name=a\n\nb\n--xYz--",
		"--xYz\r\n" CD "filename=a\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD "name=a; name=b\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD "name=\"a\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD "name=\"a\x01\"\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD "name=\"\xff\"\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD "name=a\r\n" CD "name=b\r\n\r\nb\r\n--xYz--",
		"--xYz\r\nContent-Type: a/b\r\n\r\nb\r\n--xYz--",
		"--xYz\r\nContent-Disposition: attachment; name=a\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD
		"name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD "name=a\r\n folded\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD "name=a\r\nno colon\r\n\r\nb\r\n--xYz--",
		"--xYz\r\n" CD "name=a\r\n\r\nb\r\n--xYz-x", "--xYz--\r\nepilogue",
		"--xYz \r\n", "--xYz--\r\n\r\n"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (feed(str_c(bad[i]), 0, 3) != MULTIPART_BAD)
			print_error("taken: %s\n", bad[i]);
		assert_int_equal(feed(str_c(bad[i]), 0, 3), MULTIPART_BAD);
		assert_int_equal(feed(str_c(bad[i]), 0, 1000), MULTIPART_BAD);
	}
}

static void limits(void **state)
{
	struct sbuf b;
	(void)state;
	for (unsigned over = 0; over < 2; over++) {
		sbuf_init(&b, MIB);
		for (unsigned i = 0; i < LIMIT_MULTIPART_PARTS + over; i++)
			sbuf_puts(&b, "--xYz\r\n" CD "name=a\r\n\r\nb\r\n");
		sbuf_puts(&b, "--xYz--");
		assert_int_equal(
			feed(sbuf_view(&b), 0, 1000), over ? MULTIPART_LIMIT : MULTIPART_OK);
		sbuf_release(&b);
		sbuf_init(&b, MIB);
		sbuf_puts(&b, "--xYz\r\n" CD "name=a\r\nX: ");
		while (b.n < 7 + LIMIT_MULTIPART_HEAD - 4 + over)
			sbuf_byte(&b, 'x');
		sbuf_puts(&b, "\r\n\r\nb\r\n--xYz--");
		assert_int_equal(
			feed(sbuf_view(&b), 0, 1000), over ? MULTIPART_LIMIT : MULTIPART_OK);
		sbuf_release(&b);
	}
}

static void boundaries(void **state)
{
	static const char *const good[] = {"multipart/form-data; boundary=abc",
		"Multipart/Form-Data;boundary=\"abc\"",
		"multipart/form-data; charset=utf-8; Boundary=abc "};
	static const char *const bad[] = {"", "multipart/form-data",
		"multipart/form-data; boundary=", "multipart/mixed; boundary=abc",
		"multipart/form-data; boundary=\"a\" b",
		"multipart/form-data; boundary=a; boundary=b",
		"multipart/form-data; boundary=\"a \"",
		"multipart/form-data; boundary=\"a\xff\"", "multipart/form-data, boundary=abc",
		"multipart/form-data; boundary=a/b"};
	struct str b;
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(multipart_boundary(&a, str_c(good[i]), &b));
		assert_true(str_eq(b, STR("abc")));
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(multipart_boundary(&a, str_c(bad[i]), &b));
	for (int n = 70; n <= 71; n++) {
		struct str type = arena_fmt(&a, "multipart/form-data; boundary=%0*d", n, 1);
		assert_int_equal(multipart_boundary(&a, type, &b), n <= 70);
	}
}

static int setup(void **state)
{
	(void)state;
	arena_init(&a);
	sbuf_init(&out, MIB);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&a);
	sbuf_release(&out);
	return 0;
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_and_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed, setup, teardown),
		cmocka_unit_test_setup_teardown(limits, setup, teardown),
		cmocka_unit_test_setup_teardown(boundaries, setup, teardown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
