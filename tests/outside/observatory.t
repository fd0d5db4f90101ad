#!/bin/bash
# MDN's HTTP Observatory about the pages as they go out through deploy/nginx: every one of its tests passes
# (security.md 12; on port 80 nobody is here).  A front without our lines is told apart.
# 230 packages of npm for one judge: only with TEST_ALL.  timeout: 400
. tests/lib.sh
. tests/faults/lib.sh
[ -n "${TEST_ALL:-}" ] || skip_all 'TEST_ALL=1 asks the Observatory'
for tool in node npm openssl /usr/sbin/nginx; do command -v $tool >/dev/null || skip_all "needs $tool"; done
here=tests/outside/observatory
mkdir -p build/test
flock build/test/npm-observatory.lock sh tests/npm-install $here >"$T/npm.log" 2>&1 || bail "$(tail -n 3 "$T/npm.log")"

cluster_start
documents
whole=$(qr_port) bare=$(qr_port)
start_daemon server.trusted_proxy=127.0.0.1 "server.hosts=localhost:$whole,localhost:$bare"
# front NAME PORT [SED]: nginx with our lines, changed
front() {
	sh deploy/nginx/demo-conf "$T/$1" "127.0.0.1:$2" "127.0.0.1:$PORT" "localhost:$2" || bail 'no configuration'
	[ -z "${3:-}" ] || sed -i "$3" "$T/$1/qrsvc.conf"
	[ "$(id -u)" -ne 0 ] || chown -R "$QR_UID:$QR_GID" "$T/$1"
	background /usr/sbin/nginx -p "$T/$1" -c "$T/$1/nginx.conf" -g 'daemon off;'
	wait_for 20 curl -fsS -m 5 --cacert "$T/$1/cert.pem" -o /dev/null "https://localhost:$2/$LABEL" || bail "no front: $1"
}
# judged NAME PORT PATH
judged() { NODE_EXTRA_CA_CERTS=$T/$1/cert.pem timeout 60 node $here/judge.mjs localhost "$2" "$3" >"$T/said" 2>&1; }
front whole "$whole"
for path in / "/$LABEL" "/f/$(sed -n 's/^f-on_time //p' tests/data/docs/names)" /privacy /staff/login; do
	judged whole "$whole" "$path"
	is "$(grep -c '^pass' "$T/said") $(grep -c '^FAIL' "$T/said") $(sed -n 's/^grade \(.*\) .*/\1/p' "$T/said")" '10 0 A+' \
		"$path: $(tail -n 1 "$T/said")" || diag "$(cat "$T/said")"
done
front bare "$bare" '/Strict-Transport-Security/d; s/^\(\t*\)proxy_pass .*/&\n\1proxy_hide_header Content-Security-Policy;/'
judged bare "$bare" /
is "$(grep '^FAIL' "$T/said" | cut -d' ' -f2 | sort | tr '\n' ' ')" 'content-security-policy strict-transport-security x-frame-options ' \
	'a front without our lines is told apart'
done_testing
