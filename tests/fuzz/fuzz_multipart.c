/* Multipart content: whole and in pieces come to the same end, the same parts, the same bytes.
 */
#include "qrsvc/base/sbuf.h"
#include "qrsvc/http/multipart.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool part_cb(void *arg, const struct multipart_head *h)
{
	assert(h->name.p && str_utf8(h->name) && (!h->filename.p || str_utf8(h->filename)));
	sbuf_puts(arg, "[");
	sbuf_str(arg, h->name);
	sbuf_puts(arg, "]");
	return true;
}

static bool data_cb(void *arg, struct str data)
{
	assert(data.n > 0);
	sbuf_str(arg, data);
	return true;
}

static bool end_cb(void *arg)
{
	sbuf_puts(arg, "$");
	return true;
}

static const struct multipart_ops ops = {part_cb, data_cb, end_cb};

static enum multipart_rc decode(struct str s, size_t step, struct sbuf *out)
{
	static struct multipart m;
	struct arena a;
	enum multipart_rc rc = MULTIPART_OK;
	arena_init(&a);
	multipart_init(&m, &a, STR("B"), &ops, out);
	for (size_t at = 0; at < s.n && rc == MULTIPART_OK; at += step)
		rc = multipart_feed(&m, str_sub(s, at, at + step < s.n ? at + step : s.n));
	if (rc == MULTIPART_OK)
		rc = multipart_end(&m);
	arena_release(&a);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sbuf a, b;
	struct arena arena;
	struct str boundary;
	if (size < 2)
		return 0;
	struct str s = {(const char *)data + 1, size - 1};
	arena_init(&arena);
	if (multipart_boundary(&arena, s, &boundary))
		assert(boundary.n && boundary.n <= LIMIT_MULTIPART_BOUNDARY);
	arena_release(&arena);
	sbuf_init(&a, MIB);
	sbuf_init(&b, MIB);
	enum multipart_rc rc = decode(s, s.n, &a);
	assert(decode(s, data[0] % 13 + 1u, &b) == rc);
	assert(rc != MULTIPART_OK || str_eq(sbuf_view(&a), sbuf_view(&b)));
	sbuf_release(&a);
	sbuf_release(&b);
	return 0;
}
