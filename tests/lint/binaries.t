#!/bin/sh
# What the built programs are made of: which libraries they link (security.md 1, supply chain), and what
# Debian's hardening asks for (46).  A program built without it shows that the test would notice.
. tests/lib.sh
for tool in readelf objdump dpkg-query; do command -v $tool >/dev/null || skip_all "needs $tool"; done

links() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | LC_ALL=C sort; }
# weak PROGRAM: what of the hardening it lacks, one line each
weak() {
	readelf -hlW "$1" >"$T/elf" && readelf -dW "$1" >>"$T/elf"
	grep -q 'Type: *DYN (Position-Independent' "$T/elf" || echo 'no position-independent executable'
	grep -q GNU_RELRO "$T/elf" || echo 'no relro'
	grep -Eq '\(FLAGS_1\).*NOW|\(BIND_NOW\)' "$T/elf" || echo 'symbols are bound late'
	grep -Eq 'GNU_STACK.* RW ' "$T/elf" || echo 'a stack that can be executed'
	! grep -Eq 'LOAD .* RWE ' "$T/elf" || echo 'memory to write and to execute'
	! grep -Eq '\((RPATH|RUNPATH)\)' "$T/elf" || echo 'libraries from a folder of its own'
	readelf --dyn-syms -W "$1" | grep -q __stack_chk_fail || echo 'no stack protector'
	readelf --dyn-syms -W "$1" | grep -Eq '__(memcpy|snprintf|vsnprintf|read|printf|fprintf|memset|vfprintf)_chk' ||
		echo 'no fortified calls'
	# by its marks, since Debian's own start files lack the note that would say so
	[ "$(uname -m)" != x86_64 ] || [ "$(objdump -d "$1" | grep -c endbr64)" -gt 50 ] || echo 'no -fcf-protection'
}
programs='qrsvc qrsvc-jobs qrsvc-photod qrlabels'
case $B in *release*) ;; *) programs= ;; esac # sanitizers bring their own
for program in $programs; do
	is "$(weak "$B/$program")" '' "$program is hardened"
	[ ! -u "$B/$program" ]
	tap $? "$program is not setuid"
done
cat >"$T/w.c" <<'C'
#include <stdio.h>
int main(void) { puts("x"); return 0; }
C
gcc -O0 -no-pie -z norelro -z lazy -z execstack -fno-stack-protector -fcf-protection=none -o "$T/weak" "$T/w.c" 2>/dev/null ||
	bail 'no compiler'
is "$(weak "$T/weak" | wc -l)" "$([ "$(uname -m)" = x86_64 ] && echo 7 || echo 6)" 'a program without any of it is told apart'

# who may link what: the network only where it is needed, nothing that decodes or draws where requests arrive
is "$(links "$B/qrsvc" | grep -E 'libevent' | tr '\n' ' ')" 'libevent_core-2.1.so.7 ' 'of libevent only its core'
is "$(links "$B/qrsvc" | grep -E 'libssl|libcrypto|libcurl|libjpeg|libpng|libwebp|libheif|libzbar|harfbuzz|fontconfig|libxlsxwriter')" '' \
	'what faces the network decodes no picture, draws no text, speaks no TLS'
is "$(links "$B/qrsvc-photod" | grep -E 'libpq|libevent|libcurl|libssl')" '' 'the photo process has no network and no database to speak with'
is "$(links "$B/qrlabels" | grep -E 'libpq|libevent|libcurl')" '' 'nor has the label command'
# every library is Debian's, none is built in
for program in qrsvc qrsvc-jobs qrsvc-photod qrlabels; do links "$B/$program"; done | sort -u >"$T/needed"
while read -r lib; do
	path=$(ldconfig -p | sed -n "s/^\t$lib ([^)]*) => //p" | head -n 1)
	dpkg-query -S "$lib" >/dev/null 2>&1 || echo "$lib ${path:-nowhere}"
done <"$T/needed" >"$T/strange"
is "$(cat "$T/strange")" '' "each of $(wc -l <"$T/needed") libraries comes from a Debian package"
# the first with Debian's fixes (security.md 1); deploy/debian/build asks for the same
least=$(sed -n 's/^libevent=//p' deploy/debian/build)
have=$(dpkg-query -W -f '${Version}' libevent-core-2.1-7)
ok "libevent $have is at least $least" dpkg --compare-versions "$have" ge "$least"

# the flags themselves, as the Makefile gives them
flags=$(make -s VARIANT=release lint-flags)
for flag in -O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -Wall -Wextra \
	-Wconversion -Werror; do
	case " $flags " in *" $flag "*) tap 0 "$flag" ;; *) tap 1 "$flag" || : ;; esac
done
done_testing
