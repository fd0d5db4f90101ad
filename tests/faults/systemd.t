#!/bin/bash
# Socket activation, readiness, watchdog and unix sockets, as systemd would use them.
. tests/lib.sh
. tests/faults/lib.sh

cluster_start
documents
mkdir -p "$T/state" "$T/s"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/state" "$T/s"
PORT=1 ADMIN_PORT=1
daemon_conf server.listen=127.0.0.1:1 server.admin=127.0.0.1:2 server.hosts=served.example
cp tests/faults/activate.py "$T/activate.py"
background /usr/bin/python3 "$T/activate.py" "$T/s" "$(program qrsvc)" --config "$T/qrsvc.conf"
SYSTEMD=$PID
said() { grep -q -e "$1" "$T/s/said" 2>/dev/null; }
wait_for 15 said '^READY=1'
ok 'says READY=1' said '^READY=1'
URL=http://127.0.0.1:$(cat "$T/s/port")
admin() { curl -fsS -m 5 --unix-socket "$T/s/admin.sock" "http://x$1"; }
is "$(status /$LABEL -H 'Host: served.example')" 200 'serves on the socket it was given'
wait_for 5 admin /readyz
is "$(admin /readyz)" ready 'and the admin listener on its unix socket'
like "$(admin /metrics)" '^qrsvc_workers 2$' 'with metrics'
wait_for 5 said '^WATCHDOG=1'
ok 'says WATCHDOG=1' said '^WATCHDOG=1'
DAEMON=$(cat "$T/s/pid")
before=$(workers | sort | tr '\n' ' ')
kill -HUP "$DAEMON"
# none of the old ones: one old and one new would be two as well
renewed() {
	for p in $before; do alive "$p" && return 1; done
	[ "$(workers | wc -l)" -eq 2 ]
}
wait_for 40 renewed
ok 'SIGHUP: new workers' renewed
ok 'announced as a reload' said '^RELOADING=1 MONOTONIC_USEC='
ready_twice() { [ "$(grep -c '^READY=1' "$T/s/said")" -eq 2 ]; }
wait_for 15 ready_twice
ok 'and as ready again' ready_twice
is "$(status /$LABEL -H 'Host: served.example')" 200 'still on the same socket'
kill -TERM "$DAEMON"
wait "$SYSTEMD"
is $? 0 'SIGTERM: exit status 0'
ok "leaves systemd's own socket alone" [ -S "$T/s/admin.sock" ]
ok 'says STOPPING=1' said '^STOPPING=1'

# --- own unix sockets ---
daemon_conf "server.listen=unix:$T/s/web.sock" "server.admin=unix:$T/s/own.sock" \
	server.hosts=served.example server.trusted_proxy=unix
background "$(program qrsvc)" --config "$T/qrsvc.conf"
DAEMON=$PID
web() { curl -sS -m 5 -o "$T/body" -w '%{http_code}' --unix-socket "$T/s/web.sock" "$@"; }
up() { [ "$(web http://served.example/$LABEL)" = 200 ]; }
wait_for 10 up
ok 'listens on a unix socket' up
is "$(curl -fsS --unix-socket "$T/s/own.sock" http://x/healthz)" alive 'both'
web -H 'X-Forwarded-For: 198.51.100.77' http://served.example/no-such >/dev/null
wait_for 3 grep -q 'client=198.51.100.0' "$T/qrsvc.log"
ok 'a trusted front says for whom it asks' grep -q 'client=198.51.100.0' "$T/qrsvc.log"
kill -TERM "$DAEMON"
wait "$DAEMON"
is $? 0 'ends'
nok 'and removes its sockets' sh -c "ls '$T/s/web.sock' '$T/s/own.sock' 2>/dev/null"
# a socket left behind by a crash is no obstacle
background "$(program qrsvc)" --config "$T/qrsvc.conf"
DAEMON=$PID
wait_for 10 up
kill -9 "$DAEMON"
gone() { ! up; }
wait_for 10 gone
background "$(program qrsvc)" --config "$T/qrsvc.conf"
DAEMON=$PID
wait_for 10 up
ok 'a master that was killed takes its workers with it and starts again' up
done_testing
