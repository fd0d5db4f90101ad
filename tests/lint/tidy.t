#!/bin/sh
# clang-tidy (.clang-tidy) and cppcheck over the whole tree; timeout: 1200
# A file's clean bill is kept in build/test/tidy under the hash of all that clang reads for it,
# so that only what changed is looked at again.
. tests/lib.sh
# Ten minutes of two processors, and findings are open: not yet part of the default run.
[ -n "${TEST_ALL:-}${LINT:-}" ] || skip_all 'make lint and make test-all look with clang-tidy and cppcheck'

cache=$PWD/build/test/tidy
mkdir -p "$cache"
make -s gen >/dev/null 2>&1
flags=$(make -s lint-flags | sed 's/-fcf-protection//; s/-fstack-clash-protection//
	s/-D_FORTIFY_SOURCE=3//; s/-Werror//')
export flags cache T
git ls-files 'qrsvc/*.c' 'labels/*.c' 'tests/unit/*.c' 'tests/fuzz/*.c' >"$T/files"

# one FILE: prints what clang-tidy finds
cat >"$T/one" <<'SH'
f=$1
[ -f "$f" ] || exit 0
key=$({ cat .clang-tidy; clang $flags -E "$f" 2>&1; } | sha256sum | cut -c1-32)
[ -f "$cache/$key" ] && { touch "$cache/$key"; exit 0; }
if clang-tidy -quiet "$f" -- $flags -Wno-unknown-warning-option >"$T/out.$key" 2>/dev/null; then
	touch "$cache/$key"
else
	grep -A3 -E '(error|warning):' "$T/out.$key" | sed "s|$PWD/||" >&2
	echo "$f"
fi
rm -f "$T/out.$key"
SH
xargs -P 2 -n 1 nice sh "$T/one" <"$T/files" >"$T/bad" 2>"$T/tidy"
tap "$(test ! -s "$T/bad"; echo $?)" "clang-tidy: $(wc -l <"$T/files") files" || head -n 60 "$T/tidy" | sed 's/^/# /'
find "$cache" -type f -mtime +14 -delete

# the check can fail: a leak that clang-tidy must find
printf '#include <stdlib.h>\nint leak(void);\nint leak(void)\n{\n\tchar *p = malloc(4);\n\treturn p == NULL;\n}\n' >"$T/leak.c"
nok 'clang-tidy finds a planted leak' clang-tidy -quiet "--config-file=$PWD/.clang-tidy" "$T/leak.c" -- >"$T/o" 2>&1

# cppcheck 2.10 does not know __VA_OPT__: it gets a log.h that says the same without
mkdir -p build/test/cppcheck "$T/shadow/qrsvc/base"
sed 's/{__VA_ARGS__ __VA_OPT__(, ){0}}/{{0}, ##__VA_ARGS__}/' qrsvc/base/log.h >"$T/shadow/qrsvc/base/log.h"
# unusedStructMember, constParameter...: style checks stay off; what is asked for is errors,
# warnings, performance and portability
# shellcheck disable=SC2086
cppcheck --quiet --enable=warning,performance,portability --inline-suppr --std=c11 \
	--suppressions-list=tests/lint/cppcheck-suppressions --library=posix -j 2 \
	--cppcheck-build-dir=build/test/cppcheck --error-exitcode=1 --template=gcc "-I$T/shadow" -I. \
	-Ibuild/release/gen -D_GNU_SOURCE qrsvc labels >"$T/cpp" 2>&1
tap $? 'cppcheck' || head -n 40 "$T/cpp" | sed 's/^/# /'

done_testing
