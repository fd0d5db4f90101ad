#!/bin/bash
# The browser tests once more, through nginx as deploy/nginx has it: TLS, HTTP/2, the cookies a browser keeps
# for https alone, uploads that are passed on unbuffered.  Public pages, log-in and second factor, uploads;
# TEST_ALL=1: every test of this folder but the phone's, whose bad line stands where nginx would.
# timeout: 5400
. tests/lib.sh
. tests/browser/lib.sh
for program in /usr/sbin/nginx openssl; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
suites='browser account staff'
[ -z "${TEST_ALL:-}" ] || suites=$(cd tests/browser && ls ./*.t | sed 's|^./||; s|[.]t$||' | grep -Ev '^(front|year|phone|phone_firefox)$')
for suite in $suites; do
	FRONT=1 "tests/browser/$suite.t" >"$T/$suite.tap" 2>"$T/$suite.err"
	rc=$?
	passed=$(grep -c '^ok ' "$T/$suite.tap") failed=$(grep -c '^not ok ' "$T/$suite.tap")
	plan=$(sed -n 's/^1\.\.//p' "$T/$suite.tap" | tail -n 1)
	[ "$rc" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] && [ "$passed" = "$plan" ]
	tap $? "$suite through nginx: $passed passed, $failed failed" || {
		grep -A 4 -E '^(not ok|Bail out)' "$T/$suite.tap" | head -n 40 | sed 's/^/# /'
		tail -n 5 "$T/$suite.err" | sed 's/^/# /'
	}
done
done_testing
