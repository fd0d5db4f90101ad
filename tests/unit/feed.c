/* Calendars and feeds: folding, escapes, what XML does not allow; whole ones of made-up
 * answers.  That other programs read them is shown by tests/http/feed.t. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qrsvc/web/feed.h"

#include "qrsvc/base/clock.h"

static const struct site site = {.base_url = {"https://qr.example.gov.cn", 25},
	.host = {"qr.example.gov.cn", 17},
	.name = {"示例区", 9},
	.name_en = {"Example District", 16}};
static struct arena arena;
static struct page pg = {.arena = &arena, .site = &site, .lang = LANG_EN};

static bool has(struct str s, const char *part)
{
	return memmem(s.p, s.n, part, strlen(part));
}

static void folding(void **state)
{
	struct sbuf b, back;
	char text[401];
	(void)state;
	for (size_t len = 0; len <= 400; len++) {
		size_t used = 0, from = 0;
		/* letters of one, two, three and four octets */
		static const char *const letters[] = {"a", "é", "水", "🚰"};
		for (size_t i = len; used + 4 <= len; i++) {
			const char *c = letters[i % 4];
			memcpy(text + used, c, strlen(c));
			used += strlen(c);
		}
		sbuf_init(&b, 4096);
		sbuf_init(&back, 4096);
		ical_line(&b, "SUMMARY", (struct str){text, used});
		struct str s = sbuf_view(&b);
		while (from < s.n) {
			const char *end = memmem(s.p + from, s.n - from, "\r\n", 2);
			assert_non_null(end);
			size_t n = (size_t)(end - (s.p + from));
			assert_true(n <= 75);
			/* never begins or ends within a character */
			assert_true(((unsigned char)s.p[from + (from > 0)] & 0xc0) != 0x80);
			sbuf_add(&back, s.p + from + (from > 0), n - (from > 0));
			from += n + 2;
		}
		assert_int_equal(back.n, 8 + used);
		assert_memory_equal(back.p + 8, text, used);
		sbuf_release(&b);
		sbuf_release(&back);
	}
}

static void escapes(void **state)
{
	struct sbuf b;
	(void)state;
	assert_true(str_eq(ical_text(&pg, STR("a\\b;c,d\ne\r\nf\x01g\x7fh:\"")),
		STR("a\\\\b\\;c\\,d\\ne\\nf g h:\"")));
	sbuf_init(&b, 4096);
	xml_text(&b, STR("<a href=\"x\">&'\x01\x1f\t\n\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd"));
	struct str s = sbuf_view(&b);
	assert_true(str_eq(
		s, STR("&lt;a href=&quot;x&quot;&gt;&amp;&#39;\xef\xbf\xbd\xef\xbf\xbd\t\n"
		       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")));
	sbuf_release(&b);
}

static const struct json *parse(const char *text)
{
	const struct json *doc = NULL;
	assert_int_equal(json_parse(&arena, str_c(text), 65536, false, NULL, &doc), RC_OK);
	return doc;
}

static void calendars(void **state)
{
	struct sbuf b;
	(void)state;
	sbuf_init(&b, FEED_MAX);
	feed_calendar(&pg, parse("{\"feed\":\"f\",\"name\":\"x\",\"events\":[]}"), &b);
	assert_true(has(sbuf_view(&b), "BEGIN:VTIMEZONE\r\n")); /* RFC 5545 3.4 */
	sbuf_clear(&b);
	feed_calendar(&pg,
		parse("{\"name\":\"x\",\"events\":[{\"place\":\"P1\",\"name\":\"A, B\",\"kind_code\":"
		      "\"tank\",\"type_code\":\"clean\",\"type\":\"Cleaning\",\"kind\":\"Tank\","
		      "\"due\":\"2026-12-31\",\"at\":\"2026-11-22T08:00:00+08:00\",\"n\":7,"
		      "\"facilities\":[{\"code\":\"C1\",\"building\":\"1\"}]},"
		      "{\"place\":\"P2\",\"due\":\"no day\"}]}"),
		&b);
	struct str s = sbuf_view(&b);
	assert_true(has(s, "UID:P1-tank-clean-20261231@qr.example.gov.cn\r\n"));
	assert_true(has(s, "DTSTAMP:20261122T000000Z\r\n"));
	assert_true(has(s, "DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270101\r\n"));
	assert_true(has(s, "SUMMARY:Cleaning · Tank · A\\, B (7)\r\n"));
	assert_true(has(s, "/f/C1\\nand 6 more"));
	assert_true(has(s, "URL:https://qr.example.gov.cn/b/P1\r\n"));
	assert_false(has(s, "P2"));
	assert_false(has(s, "VTIMEZONE"));
	sbuf_release(&b);
}

static void feeds(void **state)
{
	struct sbuf b;
	(void)state;
	sbuf_init(&b, FEED_MAX);
	feed_atom(&pg,
		parse("{\"feed\":\"u\",\"name\":\"x\",\"made\":\"2026-01-01T00:00:00Z\","
		      "\"reminders\":[]}"),
		STR("https://qr.example.gov.cn/feed/T.atom"), &b);
	assert_true(has(sbuf_view(&b), "<updated>2026-01-01T00:00:00Z</updated>"));
	sbuf_clear(&b);
	feed_atom(&pg,
		parse("{\"feed\":\"u\",\"name\":\"<x>\",\"reminders\":[{\"id\":9,\"at\":"
		      "\"2026-11-22T08:00:00+08:00\",\"on\":\"2026-11-22\",\"facility\":\"C1\","
		      "\"place\":\"P\",\"type\":\"Cleaning\",\"kind\":\"Tank\",\"due\":"
		      "\"2026-11-21\",\"days\":-1}]}"),
		STR("https://qr.example.gov.cn/feed/T.atom"), &b);
	struct str s = sbuf_view(&b);
	assert_true(has(s, "<id>tag:qr.example.gov.cn,2026-11-22:reminder/9</id>"));
	assert_true(has(s, "Cleaning was due by"));
	assert_true(has(s, "&lt;x&gt;"));
	assert_false(has(s, "<x>"));
	sbuf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding),
		cmocka_unit_test(escapes),
		cmocka_unit_test(calendars),
		cmocka_unit_test(feeds),
	};
	arena_init(&arena);
	clock_zone("Asia/Shanghai");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int rc = cmocka_run_group_tests_name("feed", tests, NULL, NULL);
	arena_release(&arena);
	return rc;
}
