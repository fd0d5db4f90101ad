/* Chunked content in random pieces, and spool files. */
#include "qrsvc/http/body.h"

#include "qrsvc/base/sbuf.h"

#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Builds random content and its chunked form, decodes it in random pieces. */
static void round_trip(void **state)
{
	(void)state;
	srandom(7);
	for (unsigned run = 0; run < 300; run++) {
		struct sbuf plain, coded, got;
		struct http_chunked c;
		sbuf_init(&plain, MIB);
		sbuf_init(&coded, MIB);
		sbuf_init(&got, MIB);
		for (unsigned i = (unsigned)random() % 8; i--;) {
			size_t n = 1 + (size_t)random() % 300;
			sbuf_fmt(&coded, random() % 2 ? "%zx" : "%zX", n);
			sbuf_puts(&coded, random() % 3 ? "\r\n" : ";a=\"\\\"b\";c\r\n");
			while (n--) {
				char byte = (char)random();
				sbuf_byte(&plain, byte);
				sbuf_byte(&coded, byte);
			}
			sbuf_puts(&coded, "\r\n");
		}
		sbuf_puts(&coded, random() % 2 ? "0\r\n\r\n" : "00;x\r\nA: b\r\nC:\r\n\r\n");
		size_t end = coded.n, from = 0;
		sbuf_puts(&coded, "GET /");
		http_chunked_init(&c);
		enum http_chunk rc = CHUNK_MORE;
		while (rc != CHUNK_END) {
			size_t n = 1 + (size_t)random() % 50, at = 0;
			struct str data;
			if (n > coded.n - from)
				n = coded.n - from;
			while ((rc = http_chunked_next(&c, coded.p + from, n, &at, &data)) ==
				CHUNK_DATA)
				sbuf_str(&got, data);
			assert_true(rc == CHUNK_MORE || rc == CHUNK_END);
			assert_true(rc == CHUNK_END || at == n);
			from += at;
		}
		assert_int_equal(from, end); /* not a byte of what follows */
		assert_true(str_eq(sbuf_view(&got), sbuf_view(&plain)));
		sbuf_release(&plain);
		sbuf_release(&coded);
		sbuf_release(&got);
	}
}

static void spool(void **state)
{
	char back[8] = {0};
	(void)state;
	int fd = http_spool_open("/tmp");
	assert_true(fd >= 0);
	assert_true(http_spool_write(fd, STR("abc")));
	assert_true(http_spool_write(fd, STR("")));
	assert_true(http_spool_write(fd, STR("de")));
	assert_int_equal(pread(fd, back, sizeof back, 0), 5);
	assert_string_equal(back, "abcde");
	close(fd);
	assert_int_equal(http_spool_open("/nowhere/at/all"), -1);
	assert_false(http_spool_write(-1, STR("x")));
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(spool)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
