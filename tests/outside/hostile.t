#!/bin/bash
# Strings that others collected to break programs, stored as names and shown on pages, in documents, in
# tables; and what a judge of policies says of ours (security.md 12 to 14).  timeout: 900
. tests/lib.sh
. tests/staff.sh
for tool in node npm; do command -v $tool >/dev/null || skip_all "needs $tool"; done
mkdir -p build/test
flock build/test/npm-outside.lock sh tests/npm-install tests/outside >"$T/npm.log" 2>&1 || bail "$(tail -n 3 "$T/npm.log")"
NODE_PATH=$PWD/tests/outside/node_modules
export NODE_PATH
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-jobs >/dev/null
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null
python3 tests/outside/hostile.py make "$T/names.csv"
"$qrsvc" import facilities "$T/names.csv" --skip-bad >"$T/import" 2>&1
ok "they are stored: $(sed -n 's/^[a-z]*: //p' "$T/import")" grep -q ' 0 refused' "$T/import"
sql "SELECT i.key, f.code FROM core.import_source i JOIN core.facility f ON f.id = i.facility_id ORDER BY length(i.key), i.key" |
	tr '|' ' ' >"$T/codes"
account office off 310107000000
as off
start_daemon limits.staff=0 limits.page=0 server.clock=2026-11-22T10:00:00+08:00

# lines COMMAND...: its TAP lines become lines of this test
lines() {
	"$@" >"$T/lines" 2>&1 || bail "$(tail -n 3 "$T/lines")"
	while IFS= read -r line; do
		case $line in
		'ok '*) tap 0 "${line#* - }" ;;
		'not ok '*) tap 1 "${line#* - }" || : ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$T/lines"
}
# shellcheck disable=SC2154 # set by `as`
lines python3 tests/outside/hostile.py look "$PORT" "$staff_cookie" "$T/codes"
is "$(post /staff/export what=facilities format=csv)" 303 'the table is ordered'
at=$(field Location)
ready() { page "$at" >/dev/null; grep -q '/file"' "$T/body"; }
ok 'and made' wait_for 60 ready
is "$(page "$at/file")" 200 'and fetched'
cp "$T/body" "$T/table.csv"
lines python3 tests/outside/hostile.py read "$T/table.csv" "$T/codes"
unlike "$(cat "$T/qrsvc.log")" '^<[0-3]>' 'no error is in the log'
ok 'all of it verifies' "$qrsvc" verify

# --- policies ---
judged() { node tests/outside/csp.js "$1"; }
like "$(judged "script-src 'unsafe-inline' *")" HIGH 'the judge finds a loose policy'
for at in / /staff/login "/$(sed -n '1s/.* //p' "$T/codes")" /staff/account; do
	page "$at" >/dev/null
	is "$(judged "$(field Content-Security-Policy)")" '' "$at: nothing high or medium in the policy"
done
done_testing
