/* Chunked content: whole and in pieces come to the same end and the same bytes. */
#include "qrsvc/base/sbuf.h"
#include "qrsvc/http/body.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_chunk decode(
	const char *p, size_t n, size_t step, struct sbuf *out, size_t *ret_used)
{
	struct http_chunked c;
	enum http_chunk rc = CHUNK_MORE;
	http_chunked_init(&c);
	*ret_used = 0;
	for (size_t from = 0; from < n && rc == CHUNK_MORE; from += step) {
		size_t part = n - from < step ? n - from : step, at = 0;
		struct str s;
		while ((rc = http_chunked_next(&c, p + from, part, &at, &s)) == CHUNK_DATA)
			sbuf_str(out, s);
		assert(at <= part && (rc != CHUNK_MORE || at == part));
		*ret_used = from + at;
	}
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sbuf a, b;
	size_t used_a, used_b;
	if (size < 2)
		return 0;
	const char *p = (const char *)data + 1;
	sbuf_init(&a, MIB);
	sbuf_init(&b, MIB);
	enum http_chunk rc = decode(p, size - 1, size - 1, &a, &used_a);
	assert(decode(p, size - 1, data[0] % 13 + 1u, &b, &used_b) == rc);
	assert(used_a == used_b && str_eq(sbuf_view(&a), sbuf_view(&b)) && a.n <= size);
	sbuf_release(&a);
	sbuf_release(&b);
	return 0;
}
