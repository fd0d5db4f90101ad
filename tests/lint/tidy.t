#!/bin/sh
# clang-tidy (.clang-tidy) and cppcheck over every tracked source; timeout: 1200
# A file's clean bill is kept in build/test/tidy under the hash of all that clang reads for it,
# so that only what changed is looked at again.
. tests/lib.sh

cache=$PWD/build/test/tidy
mkdir -p "$cache" build/test/cppcheck
make -s B="$B" gen >/dev/null 2>&1
flags=$(make -s B="$B" lint-flags | sed 's/-fcf-protection//; s/-fstack-clash-protection//
	s/-D_FORTIFY_SOURCE=3//; s/-Werror//')
# Steps of the analyser in one function: a third of its own limit, since it spends two thirds of
# its time on the last paths of the longest functions; all findings so far came before.  The
# full matrix goes to its limit.
flags="$flags -Wno-unknown-warning-option -Xclang -analyzer-config \
-Xclang max-nodes=$([ -n "${TEST_ALL:-}" ] && echo 225000 || echo 75000)"
tool=$({ clang-tidy --version; cat .clang-tidy; echo "$flags"; } | sha256sum)
export flags tool cache T

# the longest first, so that the last ones of all lanes end together
git ls-files 'qrsvc/*.c' 'labels/*.c' 'tests/unit/*.c' 'tests/fuzz/*.c' |
	while read -r f; do [ -f "$f" ] && echo "$(wc -c <"$f") $f"; done |
	sort -rn | cut -d' ' -f2 >"$T/files"

# one FILE: prints what clang-tidy finds.  The hash is of macros and comments too (NOLINT).
cat >"$T/one" <<'SH'
f=$1
# shellcheck disable=SC2086 # flags
key=$({ echo "$tool"; clang $flags -E -CC -dD "$f" 2>&1; } | sha256sum | cut -c1-32)
[ -f "$cache/$key" ] && { touch "$cache/$key"; exit 0; }
if clang-tidy -quiet "$f" -- $flags >"$T/out.$key" 2>"$T/err.$key"; then
	touch "$cache/$key"
else
	grep -A3 -E '(error|warning):' "$T/out.$key" || { echo "$f: no verdict"; tail -n 5 "$T/err.$key"; }
fi
rm -f "$T/out.$key" "$T/err.$key"
SH
# tidy LIST: what is wrong with the files in it
tidy() { xargs -P "$(nproc)" -n 1 nice sh "$T/one" <"$1" | sed "s|$PWD/||"; }
tidy "$T/files" >"$T/tidy"
tap "$(test -s "$T/files" && test ! -s "$T/tidy"; echo $?)" \
	"clang-tidy: $(wc -l <"$T/files") files" || head -n 60 "$T/tidy" | sed 's/^/# /'
find "$cache" -type f -mtime +14 -delete

# the check can fail: a leak that clang-tidy must find, and find again
cat >"$T/leak.c" <<'C'
#include <stdlib.h>
int leak(void);
int leak(void)
{
	char *p = malloc(4);
	return p == NULL;
}
C
cp .clang-tidy "$T/"
echo "$T/leak.c" >"$T/planted"
like "$(tidy "$T/planted")" 'leak.c:6:.*unix.Malloc' 'clang-tidy finds a planted leak'
like "$(tidy "$T/planted")" 'leak.c:6:.*unix.Malloc' '... and does not keep it as clean'

# unusedStructMember, constParameter...: style checks stay off; what is asked for is errors,
# warnings, performance and portability
check() {
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --std=c11 \
		--suppressions-list=tests/lint/cppcheck-suppressions --library=posix -j "$(nproc)" \
		--error-exitcode=1 --template=gcc -I. -I"$B/gen" -D_GNU_SOURCE "$@" 2>&1
}
grep -v '^tests/' "$T/files" >"$T/product"
check --cppcheck-build-dir=build/test/cppcheck --file-list="$T/product" >"$T/cpp"
tap $? "cppcheck: $(wc -l <"$T/product") files" || head -n 40 "$T/cpp" | sed 's/^/# /'

printf 'int past(void);\nint past(void)\n{\n\tint a[4] = {0};\n\treturn a[4];\n}\n' >"$T/past.c"
like "$(check "$T/past.c")" 'past.c:5:.*arrayIndexOutOfBounds' 'cppcheck finds a planted overrun'

done_testing
