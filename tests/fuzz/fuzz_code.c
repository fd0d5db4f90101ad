/* Label codes: what is read is normalised; guesses are right codes; no byte outside. */
#include "labels/code.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)data, size};
	struct code c, again, guesses[CODE_GUESSES];
	char shown[CODE_LEN + 3], url[CODE_URL_MAX];
	if (code_parse(in, &c)) {
		assert(strlen(c.c) == CODE_LEN);
		assert(strspn(c.c, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == CODE_LEN);
		assert(code_parse(str_c(c.c), &again) && strcmp(c.c, again.c) == 0);
		code_format(&c, shown);
		assert(code_parse(str_c(shown), &again) && strcmp(c.c, again.c) == 0);
		if (code_url(in, &c, url))
			assert(strlen(url) < CODE_URL_MAX);
	}
	size_t n = code_guesses(in, guesses);
	assert(n <= CODE_GUESSES);
	for (size_t i = 0; i < n; i++)
		assert(code_check(&guesses[i]));
	return 0;
}
