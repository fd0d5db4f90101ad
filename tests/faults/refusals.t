#!/bin/bash
# What the service refuses to start with: one line that says what to do, a status that is not 0,
# nothing half done.
. tests/lib.sh
. tests/faults/lib.sh

Q=$(program qrsvc)
# refused STATUS REGEX DESCRIPTION COMMAND...: as the ordinary user; ends by itself, one line.
refused() {
	want=$1 says=$2 what=$3
	shift 3
	as_user timeout 20 "$@" >"$T/out" 2>"$T/err" </dev/null
	is $? "$want" "$what: exit status $want"
	is "$(wc -l <"$T/err")" 1 "$what: one line"
	like "$(cat "$T/err")" "$says" "$what: says what to do"
	is "$(cat "$T/out")" '' "$what: nothing on standard output"
}
PORT=$(qr_port)
ADMIN_PORT=$(qr_port)
mkdir -p "$T/state"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/state"
chmod 755 "$T"

# --- configuration ---
conf() {
	printf '%s\n' "$@" >"$T/bad.conf"
	chmod 644 "$T/bad.conf"
}
conf '[server]' 'wrokers = 2'
refused 2 'bad\.conf:2: there is no key wrokers in \[server\]' 'unknown key' \
	"$Q" --config "$T/bad.conf"
refused 2 'bad\.conf:2: there is no key wrokers' 'check-config' \
	"$Q" --config "$T/bad.conf" check-config
conf '[server]' 'workers = 1000'
refused 2 'bad\.conf:2: workers must be a number from 1 to 64' 'out of range' \
	"$Q" --config "$T/bad.conf"
refused 2 'cannot open .*nowhere.conf' 'no such file' "$Q" --config "$T/nowhere.conf"
: >"$T/closed.conf"
chmod 000 "$T/closed.conf"
refused 2 'closed.conf.*Permission denied' 'unreadable file' "$Q" --config "$T/closed.conf"
conf '[server]' "state = $T/nowhere"
refused 2 'there is no folder .*nowhere; make it' 'no state folder' "$Q" --config "$T/bad.conf"
mkdir -p "$T/closed"
chmod 555 "$T/closed"
conf '[server]' "state = $T/closed"
refused 2 'state: .*closed: .*must belong to' 'state folder of somebody else' \
	"$Q" --config "$T/bad.conf"
conf '[server]' 'trusted_proxy = localhost'
refused 2 'trusted_proxy: localhost is neither' 'a proxy by name' "$Q" --config "$T/bad.conf"
conf '[database]' 'dsn = host=db.example.org dbname=qrsvc'
refused 2 'host=db.example.org would have to be looked up.*hostaddr' 'a database by name' \
	"$Q" --config "$T/bad.conf"
conf '[database]' 'dsn = user=postgres dbname=qrsvc'
refused 2 'leave out user' 'a user in the dsn' "$Q" --config "$T/bad.conf"
conf '[database]' 'dsn = dbnam=qrsvc'
refused 2 'dsn: .*dbnam' 'a dsn that is none' "$Q" --config "$T/bad.conf"
refused 2 'there is no command serve; see' 'unknown command' "$Q" serve
refused 2 'there is no option --port' 'unknown option' "$Q" --port 80
refused 2 'wants a value' 'an option without its value' "$Q" --config
as_user "$Q" config-doc >"$T/doc.conf"
ok 'config-doc prints a file check-config accepts' as_user "$Q" --config "$T/doc.conf" check-config
if [ "$(id -u)" -eq 0 ]; then
	"$Q" --config "$T/doc.conf" >"$T/out" 2>"$T/err"
	is $? 2 'root: exit status 2'
	like "$(cat "$T/err")" 'does not run as root.*setpriv' 'root: says what to do'
else
	skip 2 'needs root to try'
fi

# --- database ---
conf '[server]' "listen = 127.0.0.1:$PORT" "admin = 127.0.0.1:$ADMIN_PORT" "state = $T/state" \
	'[database]' "dsn = host=$T/nowhere dbname=qrsvc"
refused 1 'qrsvc: .*(database|connect)' 'no database' "$Q" --config "$T/bad.conf"
nok 'and nothing listens' curl -s -m 2 -o /dev/null "http://127.0.0.1:$PORT/"
cluster_start empty
conf '[server]' "listen = 127.0.0.1:$PORT" "admin = 127.0.0.1:$ADMIN_PORT" "state = $T/state" \
	'[database]' "dsn = $DSN"
refused 1 'migrate' 'an empty database: says to migrate' "$Q" --config "$T/bad.conf"
deploy/pg stop "$CLUSTER"
rm -rf "$CLUSTER"
cluster_start
conf '[server]' "listen = 127.0.0.1:$PORT" "admin = 127.0.0.1:$ADMIN_PORT" "state = $T/state" \
	'[database]' "dsn = $DSN"
sql "CREATE OR REPLACE FUNCTION api.version() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 999'"
refused 1 '999.*' 'a schema too new' "$Q" --config "$T/bad.conf"
sql "CREATE OR REPLACE FUNCTION api.version() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0'"
refused 1 'migrate' 'a schema too old: says to migrate' "$Q" --config "$T/bad.conf"
sql "CREATE OR REPLACE FUNCTION api.version() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'"

# --- sockets ---
documents
start_daemon
conf '[server]' "listen = 127.0.0.1:$PORT" "admin = 127.0.0.1:$(qr_port)" "state = $T/state" \
	'[database]' "dsn = $DSN"
refused 1 "127.0.0.1:$PORT" 'port in use' "$Q" --config "$T/bad.conf"
is "$(status /$LABEL)" 200 'and whoever has it goes on'
conf '[server]' "listen = unix:$T/nowhere/sock" "state = $T/state" '[database]' "dsn = $DSN"
refused 1 'nowhere' 'a socket in no folder' "$Q" --config "$T/bad.conf"
conf '[server]' 'listen = 127.0.0.1:80' "admin = 127.0.0.1:$(qr_port)" "state = $T/state" \
	'[database]' "dsn = $DSN"
if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ]; then
	refused 1 '127.0.0.1:80' 'a port that needs rights' "$Q" --config "$T/bad.conf"
else
	skip 4 'any user may bind port 80 here'
fi

# --- what is refused while running ---
is "$(status /$LABEL -H 'Host: evil.example')" 421 'another host name: 421'
is "$(status /$LABEL -X POST -d a=b)" 405 'a method the page does not know: 405'
like "$(field Allow)" 'GET, HEAD' 'with Allow'
is "$(status /no/such/page)" 404 'no such page: 404'
like "$(cat "$T/body")" '<html lang="zh-CN"' 'as a page'
like "$(field Content-Security-Policy)" "default-src 'none'" 'with a policy'
nobody=$(printf 'a%.0s' $(seq 64))
is "$(status /p/00-320.jpg)" 404 'a photo that is none'
is "$(status /p/$nobody-320.jpg)" 404 'a photo nobody has'
is "$(status /p/$nobody-321.jpg)" 404 'a width that is none'
end "$DAEMON"
# connections of one address: as many as are allowed, and nobody else is the worse for it
start_daemon server.workers=1 server.connections_per_address=3 server.idle_ms=60000
python3 - "$PORT" >"$T/many" <<'PY'
import socket, sys
def connect(me):
    s = socket.socket()
    s.bind((me, 0))
    s.settimeout(20)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    return s
def asks(s):
    try:
        s.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n" % sys.argv[1].encode())
        return s.recv(12) == b"HTTP/1.1 200"
    except ConnectionError:
        return False
held = [connect("127.0.0.1") for _ in range(3)]
print("three:", all([asks(s) for s in held]))
print("a fourth:", asks(connect("127.0.0.1")))
print("another address:", asks(connect("127.0.0.2")))
PY
is "$(cat "$T/many")" 'three: True
a fourth: False
another address: True' 'three connections of one address, no fourth; another address has its own'
end "$DAEMON"
start_daemon limits.page=60,3
for _ in 1 2 3; do status /$LABEL >/dev/null; done
is "$(status /$LABEL)" 429 'too often: 429'
like "$(field Retry-After)" '^[0-9]+$' 'with Retry-After'
is "$(status /robots.txt)" 200 'another class of route still answers'
done_testing
