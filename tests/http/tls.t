#!/bin/bash
# The front's configuration (deploy/nginx): what it speaks, what it adds, whom it makes wait; with
# TEST_ALL=1 also testssl.sh.  timeout: 600
. tests/lib.sh
. tests/faults/lib.sh
for program in /usr/sbin/nginx openssl; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done

cluster_start
documents
front_port=$(qr_port)
start_daemon server.trusted_proxy=127.0.0.1 "server.hosts=localhost:$front_port,127.0.0.1:$front_port"
sh deploy/nginx/demo-conf "$T/nginx" "127.0.0.1:$front_port" "127.0.0.1:$PORT" "localhost:$front_port" || bail 'no configuration'
[ "$(id -u)" -ne 0 ] || chown -R "$QR_UID:$QR_GID" "$T/nginx"
background /usr/sbin/nginx -p "$T/nginx" -c "$T/nginx/nginx.conf" -g 'daemon off;'
front=https://localhost:$front_port
ask() { curl -sS -m 20 --cacert "$T/nginx/cert.pem" "$@"; }
up() { [ "$(ask -o /dev/null -w '%{http_code}' "$front/$LABEL")" = 200 ]; }
ok 'pages open behind it' wait_for 20 up
is "$(ask -D "$T/head" -o /dev/null -w '%{http_version}' "$front/$LABEL")" 2 'over HTTP/2'
like "$(tr -d '\r' <"$T/head")" '^strict-transport-security: max-age=31536000; includeSubDomains$' 'HSTS for a year, and below it'
is "$(grep -ci '^strict-transport' "$T/head")" 1 'once'
unlike "$(cat "$T/head")" '^server: .*[0-9]' 'no version is told'

# speaks VERSION: whether a handshake of that version succeeds
speaks() { openssl s_client -connect "127.0.0.1:$front_port" "$1" -cipher 'ALL:@SECLEVEL=0' </dev/null 2>/dev/null | grep -q '^New, .*Cipher is [^(]'; }
ok 'TLS 1.3' speaks -tls1_3
ok 'TLS 1.2' speaks -tls1_2
nok 'not TLS 1.1' speaks -tls1_1
nok 'not TLS 1.0' speaks -tls1
cipher() { openssl s_client -connect "127.0.0.1:$front_port" -tls1_2 -cipher "$1:@SECLEVEL=0" </dev/null 2>/dev/null | grep -q 'Cipher is [^(]'; }
ok 'forward secrecy' cipher ECDHE-ECDSA-AES128-GCM-SHA256
nok 'no CBC' cipher ECDHE-ECDSA-AES128-SHA
nok 'no key from the certificate alone' cipher AES128-GCM-SHA256

# the service sees for whom the front asks, and cuts it to a prefix
ask -o /dev/null -H 'X-Forwarded-For: 198.51.100.9' "$front/asked-by-nobody"
wait_for 5 grep -q 'asked-by-nobody' "$T/qrsvc.log"
unlike "$(grep asked-by-nobody "$T/qrsvc.log")" '198\.51\.100' 'nobody else says who he is'
is "$(find "$T/nginx" -name '*access*' | wc -l)" 0 'no address is written down'
# who says nothing is not waited for
slow() {
	(printf 'GET / HTTP/1.1\r\nHost: localhost\r\n'; exec sleep 60) |
		timeout 30 openssl s_client -quiet -connect "127.0.0.1:$front_port" -alpn http/1.1 >/dev/null 2>&1 &
	slow_pid=$!
}
slow
closed() { ! qr_alive "$slow_pid"; }
open_at_front() { grep -c -i "$(printf ':%04X' "$front_port") [0-9A-F]*:[0-9A-F]* 01" /proc/net/tcp; }
wait_for 5 sh -c "[ \$(grep -c -i '$(printf ':%04X' "$front_port") [0-9A-F]*:[0-9A-F]* 01' /proc/net/tcp) -gt 0 ]"
none_open() { [ "$(open_at_front)" -eq 0 ]; }
ok 'a head that does not come is not waited for' wait_for 25 none_open
kill "$slow_pid" 2>/dev/null
wait "$slow_pid" 2>/dev/null
up
ok 'and pages open as before' up

if [ -n "${TEST_ALL:-}" ] && command -v testssl >/dev/null; then
	(cd "$T" && testssl --quiet --color 0 --warnings off --protocols --std --fs --vulnerable --nodns min \
		--jsonfile "$T/testssl.json" "127.0.0.1:$front_port" >"$T/testssl.out" 2>&1)
	# engine_problem: its own remark that this machine's openssl has no GOST
	bad=$(python3 - "$T/testssl.json" <<'PY'
import json, sys
for f in json.load(open(sys.argv[1])):
    if f["severity"] not in ("OK", "INFO", "LOW", "DEBUG") and f["id"] != "engine_problem":
        print(f["id"], f["severity"], f["finding"])
PY
	)
	is "$bad" '' 'testssl.sh finds nothing'
	ok 'and looked at it' grep -q heartbleed "$T/testssl.json"
else
	skip 2 'TEST_ALL=1 asks testssl.sh'
fi
done_testing
