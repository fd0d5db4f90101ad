/* JSON from outside: parsed trees are finite, their texts UTF-8 without NUL. */
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct json *v, unsigned depth)
{
	size_t n = 1;
	int64_t i;
	assert(depth <= JSON_DEPTH + 1);
	struct str s = json_text(v);
	assert(!s.p || (str_utf8(s) && str_chr(s, 0) < 0));
	if (json_integer(v, &i))
		assert(i >= -(INT64_C(1) << 53) && i <= INT64_C(1) << 53);
	(void)json_number_text(v);
	for (const struct json *item = json_first(v); item; item = json_next(item)) {
		struct str key = json_key(item);
		assert(!key.p || str_utf8(key));
		n += walk(item, depth + 1);
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	const struct json *root;
	arena_init(&a);
	if (json_parse(&a, (struct str){(const char *)data, size}, LIMIT_DOCUMENT, false, NULL,
		    &root) == RC_OK) {
		assert(walk(root, 0) <= size + 1);
		(void)json_day(root, "date");
		(void)json_get(root, "a");
	}
	arena_release(&a);
	return 0;
}
