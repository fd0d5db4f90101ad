#!/bin/bash
# What every answer carries, of every address there is (qrsvc/web/routes.c), with and without a session:
# policy, type, language of caches, no cookie, no name of the program, nothing of its inside; and 21,000
# ways out of a folder.  New addresses are asked without a word here.  timeout: 600
. tests/lib.sh
. tests/staff.sh
. tests/faults/lib.sh
cluster_start
documents
account office off 310107000000
as off
# shellcheck disable=SC2154 # set by `as`
cookie=$staff_cookie
start_daemon limits.staff=0 limits.page=0 limits.photo=0 site.security_contact=security@example.gov.cn

# the lines of answers.py become lines of this test
lines() {
	python3 tests/http/answers.py "$PORT" "$@" >"$T/lines" 2>&1 || bail "$(tail -n 3 "$T/lines")"
	while IFS= read -r line; do
		case $line in
		'ok '*) tap 0 "${line#* - }" ;;
		'not ok '*) tap 1 "${line#* - }" || : ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$T/lines"
}
lines routes "$cookie"

# a log line is a line, whatever is asked (security.md 42)
before=$(grep -c '' "$T/qrsvc.log")
python3 - "$PORT" <<'PY'
import socket, sys
for bad in (b"%0aqrsvc%5b1%5d: http status=200", b"%0d%0aX: y", b"%1b%5b2J", b"%e2%80%a8", b"%00", b"%22 level=crit", b"%7f"):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    s.sendall(b"GET /planted-%s?password=hunter2 HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nUser-Agent: planted-agent \"<2>master x=\r\n"
              b"Cookie: a=planted-cookie\r\nConnection: close\r\n\r\n" % (bad.replace(b" ", b"%20"), sys.argv[1].encode()))
    while s.recv(4096):
        pass
PY
ok 'they are written down' wait_for 10 sh -c "[ \$(tail -n +$((before + 1)) '$T/qrsvc.log' | grep -c planted-) -ge 2 ]"
tail -n +$((before + 1)) "$T/qrsvc.log" >"$T/said"
is "$(LC_ALL=C grep -cP '[\x00-\x08\x0b-\x1f\x7f]' "$T/said")" 0 'no control byte is in the log'
is "$(grep -cvE '^<[4-7]>(master|worker\[[0-9]+\]|jobs|[a-z]+) [a-z_.]+( |$)' "$T/said")" 0 'each line begins as ours do: nothing that was asked begins one'
for word in hunter2 planted-cookie planted-agent; do
	nok "nor is $word" grep -q -e "$word" "$T/said"
done
# what an error calls itself is in the log (security.md 43)
is "$(status /f/ZZZZZZZZZ.json)" 404 'a code of nothing, as data'
id=$(sed -n 's/.*"id":"\([0-9a-f]\{16\}\)".*/\1/p' "$T/body")
like "$id" '^[0-9a-f]{16}$' 'the answer has a number'
ok 'which is in the log' wait_for 5 grep -q "status=404 .*id=$id" "$T/qrsvc.log"
# numbers and health have a listener of their own (security.md 44)
for path in /metrics /healthz /readyz; do
	is "$(curl -sS -m 10 -o /dev/null -w '%{http_code}' "$ADMIN$path") $(status $path)" '200 404' "$path: nothing of it where pages are"
done
lines times
lines paths
done_testing
