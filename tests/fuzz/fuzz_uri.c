/* Targets and queries: what is taken keeps the promises of uri.h. */
#include "qrsvc/http/uri.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct str target = {(const char *)data, size}, path, query, name, value;
	arena_init(&a);
	if (uri_split(&a, target, &path, &query)) {
		struct str rest = path;
		assert(path.n && path.n <= size && path.p[0] == '/' && str_utf8(path));
		for (size_t i = 0; i < path.n; i++)
			assert((unsigned char)path.p[i] >= 0x20 && path.p[i] != '\\' &&
				path.p[i] != 0x7f);
		while (rest.p) {
			struct str seg = str_cut(&rest, '/');
			assert(!str_eq(seg, STR(".")) && !str_eq(seg, STR("..")));
		}
		target = query;
	}
	while (uri_pair_next(&a, &target, &name, &value) == URI_PAIR)
		assert(str_utf8(name) && str_utf8(value) && str_chr(value, 0) < 0);
	arena_release(&a);
	return 0;
}
