/* Heads: fed whole and in pieces, both must come to the same; views stay inside the input. */
#include "qrsvc/http/negotiate.h"
#include "qrsvc/http/parse.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(const char *p, size_t n, size_t step, struct http_request *r, size_t *ret_n)
{
	struct http_parser parser;
	const char *why;
	int rc = HTTP_MORE;
	memset(r, 0, sizeof *r);
	http_parser_init(&parser);
	for (size_t have = step; rc == HTTP_MORE; have += step) {
		rc = http_parse(&parser, p, have < n ? have : n, r, ret_n, &why);
		if (have >= n)
			break;
	}
	return rc;
}

static void inside(struct str s, const char *p, size_t n)
{
	assert(!s.p || (s.p >= p && s.p + s.n <= p + n));
}

static void use(const struct http_request *r)
{
	static const struct str tags[] = {STR("zh-CN"), STR("en")};
	uint64_t from = 0, n = 0;
	assert(http_language(r, tags, 2, 0) < 2);
	(void)http_accepts_gzip(r);
	assert(http_accepts_type(r, STR("application/json")) <= 1000);
	(void)http_condition(r, STR("\"a\""), 784111777);
	if (http_range(r, 1000, STR("\"a\""), 784111777, &from, &n) == HTTP_RANGE_PART)
		assert(n > 0 && from + n <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_request whole, parts;
	size_t whole_n = 0, parts_n = 0;
	if (size < 1)
		return 0;
	size_t n = size - 1, step = data[0] % 37 + 1u;
	char *p = malloc(n ? n : 1);
	memcpy(p, data + 1, n);
	int rc = parse(p, n, n ? n : 1, &whole, &whole_n);
	int rc2 = parse(p, n, step, &parts, &parts_n);
	/* In pieces it may be refused earlier, and then with another reason for refusing. */
	assert((rc == HTTP_HEAD_DONE) == (rc2 == HTTP_HEAD_DONE));
	assert((rc == HTTP_MORE) == (rc2 == HTTP_MORE) || rc >= 400 || rc2 >= 400);
	if (rc == HTTP_HEAD_DONE) {
		assert(whole_n == parts_n && whole_n <= n && whole_n <= LIMIT_HTTP_HEAD);
		assert(whole.nfields == parts.nfields && whole.nfields <= LIMIT_HTTP_FIELDS);
		inside(whole.target, p, whole_n);
		inside(whole.host, p, whole_n);
		for (size_t i = 0; i < whole.nfields; i++) {
			inside(http_field_name(&whole, i), p, whole_n);
			inside(http_field_value(&whole, i), p, whole_n);
		}
		assert(!whole.chunked || !whole.has_length);
		use(&whole);
	}
	free(p);
	return 0;
}
