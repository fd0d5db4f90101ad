/* What the tests of pages share besides the harness: looking for text in a page. */
#ifndef TESTS_UNIT_WEB_CHECKS_H
#define TESTS_UNIT_WEB_CHECKS_H

#include "tests/unit/web_harness.h"

static const struct harness_want zh = {.lang = LANG_ZH}, en = {.lang = LANG_EN};

static bool has(struct got g, const char *text)
{
	return str_find(g.body, str_c(text)) >= 0;
}

#define HAS(g, text)                                                                      \
	do {                                                                              \
		if (!has((g), (text)))                                                    \
			fail_msg("does not hold \"%s\":\n%.*s", (text), STR_F((g).body)); \
	} while (0)
#define HAS_NOT(g, text)                                                          \
	do {                                                                      \
		if (has((g), (text)))                                             \
			fail_msg("holds \"%s\":\n%.*s", (text), STR_F((g).body)); \
	} while (0)

#endif
