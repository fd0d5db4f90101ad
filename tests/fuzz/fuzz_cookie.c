/* Cookies: the first byte's worth of input is the name that is looked for. */
#include "qrsvc/http/parse.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nCookie: ";
	static struct http_request r;
	struct http_parser p;
	const char *why;
	size_t head_n, n = sizeof start - 1;
	if (size < 1 || size > 4096)
		return 0;
	size_t name_n = data[0] % 16;
	if (name_n > size - 1)
		name_n = size - 1;
	char *text = malloc(n + size + 4);
	memcpy(text, start, n);
	memcpy(text + n, data + 1, size - 1);
	n += size - 1;
	memcpy(text + n, "\r\n\r\n", 4);
	n += 4;
	memset(&r, 0, sizeof r);
	http_parser_init(&p);
	if (http_parse(&p, text, n, &r, &head_n, &why) == HTTP_HEAD_DONE) {
		struct str v = http_cookie(&r, (struct str){(const char *)data + 1, name_n});
		assert(!v.p || (v.p > text && v.p + v.n <= text + n));
		assert(!v.p || str_chr(v, ';') < 0);
	}
	free(text);
	return 0;
}
