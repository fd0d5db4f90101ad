#!/bin/sh
# Http11Probe's requests (../shared/conformance, not kept here) against the test server: what
# does not pass must be what conformance.known lists.  About 30 s.  timeout: 120
: "${B:=build/release}"
suite=../shared/conformance
if [ ! -f "$suite/h11_run.py" ] || [ ! -f "$suite/http11probe.json.gz" ]; then
	echo "1..0 # SKIP $suite is not there"
	exit 0
fi
case $B in
*san*) echo "1..0 # SKIP once is enough: the table of our own runs under the sanitizers" && exit 0 ;;
esac
[ -x "$B/tests/http_echo" ] || make -s "B=$B" "$B/tests/http_echo" >&2 || exit 1
T=$(mktemp -d "$B/conformance.XXXXXX") || exit 1
"$B/tests/http_echo" --spool "$T" >"$T/port" &
echo=$!
trap 'kill $echo 2>/dev/null; rm -rf "$T"' EXIT
i=0
while ! grep -q port "$T/port" && [ $i -lt 50 ]; do
	sleep 0.1
	i=$((i + 1))
done
python3 "$suite/h11_run.py" "$suite/http11probe.json.gz" "$(sed 's/port //' "$T/port")" 1 >"$T/out"
sed -n 's/^\([FWE?]\) \([^ ]*\) .*got \([0-9]*\).*/\2 \3/p' "$T/out" | sort >"$T/got"
awk '!/^#/ { print $1, $2 }' tests/http/conformance.known | sort >"$T/known"
passed=$(sed -n 's/^\([0-9]*\) passed.*/\1/p' "$T/out")
bad=0
echo 1..2
if [ "${passed:-0}" -ge 150 ]; then
	echo "ok 1 - $passed passed, at least 150"
else
	echo "not ok 1 - ${passed:-0} passed, at least 150"
	bad=1
fi
if cmp -s "$T/got" "$T/known"; then
	echo "ok 2 - the differences are the known ones"
else
	echo "not ok 2 - the differences are the known ones"
	diff "$T/known" "$T/got" | sed 's/^/# /'
	bad=1
fi
exit $bad
