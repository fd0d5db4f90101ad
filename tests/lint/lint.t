#!/bin/sh
# The rules of the house that a program can check.  See also tidy.t (clang-tidy, cppcheck).
. tests/lib.sh

tracked() { git ls-files -- "$@" | while read -r f; do [ -f "$f" ] && echo "$f"; done; }
tracked '*.c' '*.h' >"$T/c"
tracked '*.h' >"$T/h"
{
	tracked 'deploy/*' 'tests/*' .ci/run | while read -r f; do
		head -n 1 "$f" | tr -d '\0' | grep -Eq '^#!(/bin/sh|/usr/bin/env bash|/bin/bash)' && echo "$f"
	done
	tracked deploy/lib.sh tests/lib.sh
} | sort -u >"$T/sh"

# rule DESCRIPTION COMMAND...: what it prints is what is wrong.
rule() {
	what=$1
	shift
	"$@" >"$T/out" 2>&1
	if [ -s "$T/out" ]; then
		tap 1 "$what" || :
		head -n 30 "$T/out" | sed 's/^/# /'
	else
		tap 0 "$what"
	fi
}
# text PATTERN [pathspec...]: lines of tracked text files that match.
text() {
	pattern=$1
	shift
	git grep -nIP -e "$pattern" -- "$@"
}

format() { xargs -P 2 -n 12 clang-format --dry-run -Werror <"$T/c" 2>&1 | grep -E 'error:'; }
rule 'C is formatted as .clang-format says (make format)' format

make -s B="$B" gen >/dev/null 2>&1
includes() { xargs awk -f tests/lint/includes.awk tests/lint/ranks <"$T/c"; }
rule 'ranks and doors hold' includes

# the checker itself: a tree with one wrong include of each kind
mkdir -p "$T/wrong/qrsvc/http" "$T/wrong/qrsvc/app" "$T/wrong/qrsvc/web"
touch "$T/wrong/qrsvc/app/state.h" "$T/wrong/qrsvc/web/one.h"
printf '#include "qrsvc/app/state.h"\n#include <event2/event.h>\n' >"$T/wrong/qrsvc/http/x.c"
printf '#include "qrsvc/web/one.h"\n#include "one.h"\n#include <libpq-fe.h>\n' \
	>"$T/wrong/qrsvc/web/two.c"
ranks=$PWD/tests/lint
complaints=$(cd "$T/wrong" && awk -f "$ranks/includes.awk" "$ranks/ranks" qrsvc/http/x.c qrsvc/web/two.c)
is "$(printf '%s\n' "$complaints" | cut -d: -f1,2 | tr '\n' ' ')" \
	'qrsvc/http/x.c:1 qrsvc/http/x.c:2 qrsvc/web/two.c:1 qrsvc/web/two.c:2 qrsvc/web/two.c:3 ' \
	'an upward include, a peer, a short path and two doors are refused'

flags=$(make -s B="$B" lint-flags)
headers() {
	# shellcheck disable=SC2086 # flags
	xargs -P 2 -I {} gcc $flags -O0 -U_FORTIFY_SOURCE -Wno-unused-function \
		-Wno-unused-const-variable -fsyntax-only -x c {} <"$T/h" 2>&1
}
rule 'each header compiles alone' headers

guards() {
	while read -r f; do
		awk '/^#ifndef/ { g = $2 } /^#define/ { if ($2 == g) f = 1 } END { exit !f }' "$f" ||
			echo "$f: no include guard"
		head -n 1 "$f" | grep -q '^/\*' || echo "$f: the first line does not say what it is for"
	done <"$T/h"
}
rule 'each header has a guard and begins as a manual' guards

owners() { while read -r f; do head -n 1 "$f" | grep -q '^/\*' || echo "$f"; done <"$T/c"; }
rule 'each C file begins with what it owns' owners

shell() { xargs shellcheck -x -S warning -f gcc <"$T/sh"; }
rule 'shellcheck has nothing to say' shell

rule 'no path or name of a machine, no registry' \
	text '(^|[^.\w])/(work|home/\w+|root/\w+|Users)/|registry[.]npmjs|deb[.]debian[.]org|snapshot[.]debian' \
	. ':!tests/lint/lint.t'
rule 'nothing is left to do in the code' \
	text '\b(TODO|FIXME|XXX|HACK)\b' '*.c' '*.h' '*.sql' '*.js' '*.sh' '*.html' deploy tests .ci \
	':!tests/lint/lint.t'

rule 'no secret key is in the tree (security.md 50)' text 'BEGIN ([A-Z]+ )?PRIVATE KEY|AGE-SECRET-KEY-1[A-Z0-9]' ':!tests/lint/lint.t'

# A statement is a constant; values travel as parameters (security.md 30).
rule 'no SQL is put together by printf' \
	text '(printf|sbuf_(f|add|put)\w*)\s*\([^;]*"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|COPY|CALL|DROP|ALTER|CREATE)\s[^"]*%[^%\s]' \
	'*.c' '*.h'
rule 'no format is a variable' \
	text '\b(printf|syslog)\s*\(\s*[a-z_]+\s*[,)]' 'qrsvc/*.c' 'labels/*.c'
rule 'no blanks at the end of a line' text '[ \t]+$' '*.c' '*.h' '*.sql' '*.sh' '*.js' '*.css' \
	'*.awk' deploy tests/run .ci Makefile '*.md'
rule 'C is indented with tabs' text '^ {8}' '*.c' '*.h'
rule 'no typedef of a struct' text '^\s*typedef\s+(struct|enum|union)\s*(\w+\s*)?(\{|\*|\w+\s*;)' '*.c' '*.h'

# A file of more than 450 lines is split by meaning, or stands here with its reason.
long() {
	tracked '*.c' '*.h' '*.js' '*.sql' '*.sh' '*.py' '*.t' deploy/demo tests/run | sort -u | while read -r f; do
		n=$(wc -l <"$f")
		[ "$n" -le 450 ] || grep -q "^${f}[[:space:]]" tests/lint/long-files || echo "$f: $n lines"
	done
}
rule 'no file is longer than 450 lines without a reason' long

binaries() {
	git ls-files -s | awk '{ print $4 }' | while read -r f; do
		[ -f "$f" ] && [ "$(wc -c <"$f")" -gt 3000000 ] && echo "$f: $(wc -c <"$f") bytes"
	done
}
rule 'nothing larger than 3 MB is kept in the tree' binaries

executable() {
	tracked '*.t' deploy/demo deploy/pg .ci/run tests/run | while read -r f; do
		[ -x "$f" ] || echo "$f is not executable"
	done
}
rule 'what is to be run can be run' executable

done_testing
