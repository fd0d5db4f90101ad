#!/bin/sh
# Photos that come piece by piece: they go on at the exact byte after whatever cut them off, belong
# to one account, and are what their hash says.  timeout: 180
. tests/lib.sh
cluster_start
start_daemon

# account LOGIN ORG ROLE: makes one, logged in; its cookie is in $T/LOGIN.cookie
account() {
	sql "SELECT api.user_add('test', '{\"login\":\"$1\",\"name\":\"$1\",\"role\":\"$3\",\"org\":\"$2\"}', sha256('i $1'));
		SELECT api.invite_use(sha256('i $1'), '\$argon2id\$v=19\$m=19456,t=2,p=1\$c29tZSBzYWx0IGhlcmUuLg\$' || repeat('B', 43))" >/dev/null
	session "$1"
}
# session LOGIN: a new one
session() {
	head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d = >"$T/$1.cookie"
	sql "SELECT api.auth_lookup('$1', NULL);
		SELECT api.auth_login((SELECT id FROM core.account WHERE login = '$1'), true, NULL,
			sha256(decode(translate('$(cat "$T/$1.cookie")', '-_', '+/') || '=', 'base64')), true, 'Test', NULL)" >/dev/null
}
# as LOGIN PATH [curl option...]: its status
as() {
	as_who=$1 as_path=$2
	shift 2
	status "$as_path" -H "Cookie: __Host-qr=$(cat "$T/$as_who.cookie")" "$@"
}
json() {
	python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2].split("."):
    v = v[int(k)] if isinstance(v, list) else v.get(k)
print(v)' "$T/body" "$1"
}
# token LOGIN: fetches it into $T/LOGIN.csrf
token() {
	as "$1" /staff/token >/dev/null && json csrf >"$T/$1.csrf"
}
# at LOGIN SHA: where it stands
at() {
	as "$1" "/staff/blobs/$2" -I >/dev/null
	field upload-offset
}
# cut_out FILE FROM N: those bytes, into $T/piece
cut_out() { tail -c +$(($2 + 1)) "$1" | head -c "$3" >"$T/piece"; }
# patch LOGIN SHA OFFSET [curl option...]: sends $T/piece
patch() {
	patch_who=$1 patch_sha=$2 patch_at=$3
	shift 3
	as "$patch_who" "/staff/blobs/$patch_sha" -X PATCH -H "X-CSRF: $(cat "$T/$patch_who.csrf")" \
		-H 'Content-Type: application/offset+octet-stream' -H "Upload-Offset: $patch_at" \
		--data-binary "@$T/piece" "$@"
}
# file NAME SIZE: random bytes; sets SHA
file() {
	head -c "$2" /dev/urandom >"$T/$1"
	SHA=$(sha256sum <"$T/$1" | cut -c1-64)
}
stored() { sql "SELECT encode(sha256(string_agg(p.bytes, '' ORDER BY p.at)), 'hex') FROM core.blob b
	JOIN core.blob_piece p ON p.blob_id = b.id WHERE b.sha256 = decode('$1', 'hex')"; }

account ins 310107021000 inspector
account ins2 310107021000 inspector
account aud 310107000000 auditor
K=131072

# --- who is asking ---------------------------------------------------------------------------
file one 300000
is "$(status "/staff/blobs/$SHA" -I)" 401 'without a login: HEAD'
is "$(status /staff/token)" 401 'nor a token'
like "$(cat "$T/body")" '"error":"auth","text":"[^"]+' 'said in words, as JSON'
is "$(status /staff/today.json)" 401 'the list neither, and no page of a login'
is "$(as ins /staff/token)" 200 'logged in: a token'
is "$(json login)" ins 'whose it is'
ok 'what time it is' test "$(($(date +%s) - $(date +%s -d "$(json now)")))" -lt 5
is "$(field cache-control)" no-store 'and never cached'
token ins
token ins2
is "$(as ins /staff/today.json)" 200 'the list of today'
is "$(json me.login)" ins 'is of who asks'
is "$(as ins '/staff/today.json?lon=121.4&lat=abc')" 200 'a place that is none is no reason to refuse it'
cut_out "$T/one" 0 $K
is "$(status "/staff/blobs/$SHA" -X PATCH -H 'Upload-Offset: 0' -H 'Content-Type: application/offset+octet-stream' \
	--data-binary "@$T/piece")" 401 'without a login: PATCH'
like "$(cat "$T/body")" '"why":"none"' 'says that there is none'
is "$(as ins "/staff/blobs/$SHA" -X PATCH -H 'Upload-Offset: 0' -H 'Content-Type: application/offset+octet-stream' \
	--data-binary "@$T/piece")" 403 'without a token'
cp "$T/ins.csrf" "$T/right"
cp "$T/ins2.csrf" "$T/ins.csrf"
is "$(patch ins "$SHA" 0 -H "Upload-Length: 300000")" 403 'the token of another session'
is "$(json why)" token 'says that it is the token'
cp "$T/right" "$T/ins.csrf"
is "$(patch ins "$SHA" 0 -H "Upload-Length: 300000" -H 'Origin: https://other.example')" 403 'from another site'
is "$(as ins "/staff/blobs/$SHA" -X PATCH -H "X-CSRF: $(cat "$T/ins.csrf")" -H 'Upload-Offset: 0' \
	--data-binary "@$T/piece")" 415 'not a piece by its type'
is "$(patch ins "$SHA" x -H "Upload-Length: 300000")" 400 'an offset that is no number'
is "$(as ins "/staff/blobs/$SHA" -X POST -H "X-CSRF: $(cat "$T/ins.csrf")" -d x)" 405 'a blob is not posted'
like "$(field allow)" PATCH 'what is, is said'
is "$(as ins "/staff/blobs/${SHA%?}")" 404 'a name that is no hash'
is "$(as ins "/staff/blobs/$(echo "$SHA" | tr a-f A-F)")" 404 'one name a blob'
token aud
is "$(patch aud "$SHA" 0 -H "Upload-Length: 300000")" 403 'who may not upload'
is "$(at ins "$SHA")" 0 'none of this left anything'

# --- piece by piece --------------------------------------------------------------------------
is "$(patch ins "$SHA" 0)" 422 'the first piece says how much will come'
is "$(patch ins "$SHA" 0 -H 'Upload-Length: 300000')" 204 'the first piece'
is "$(field upload-offset)" $K 'where it stands now'
is "$(field upload-length)" 300000 'of how much'
is "$(as ins "/staff/blobs/$SHA" -I)" 200 'asked for'
is "$(field upload-offset)" $K 'it stands there'
is "$(field tus-resumable)" 1.0.0 'by its version'
is "$(as ins "/staff/blobs/$SHA")" 200 'and as JSON'
is "$(json length)" 300000 'the same'
is "$(patch ins "$SHA" 0)" 409 'the same piece again'
is "$(field upload-offset)" $K 'is told the true offset'
is "$(json why) $(json offset)" "offset $K" 'in JSON, too'
cut_out "$T/one" $((K + 1)) 20000
is "$(patch ins "$SHA" $((K + 1)))" 409 'a byte left out'
cut_out "$T/one" $K 200
is "$(patch ins "$SHA" $K)" 422 'a piece that is too small'
head -c 200000 /dev/zero >"$T/piece"
is "$(patch ins "$SHA" $K)" 413 'more than there is to come'
head -c 1048577 /dev/zero >"$T/piece"
is "$(patch ins "$SHA" $K)" 413 'a piece of more than 1 MiB'
is "$(json why)" piece 'says so'
is "$(patch ins "$SHA" $K -H 'Transfer-Encoding: chunked')" 413 'nor without a length'
is "$(patch ins "$SHA" $K -H 'Upload-Length: 12582913')" 413 'more than 12 MiB'
is "$(at ins "$SHA")" $K 'it stands where it stood'

# --- cut off in the middle of a piece --------------------------------------------------------
cut_out "$T/one" $K 150000
# half_piece SHA OFFSET BYTES: sends so many of its bytes, then the line is gone
half_piece() {
	python3 - "$PORT" "$(cat "$T/ins.cookie")" "$(cat "$T/ins.csrf")" "$T/piece" "$@" <<'PY'
import socket, struct, sys
port, cookie, csrf, path, sha, at, n = sys.argv[1:]
piece = open(path, "rb").read()
s = socket.create_connection(("127.0.0.1", int(port)))
s.sendall((f"PATCH /staff/blobs/{sha} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: __Host-qr={cookie}\r\n"
    f"X-CSRF: {csrf}\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: {at}\r\n"
    f"Content-Length: {len(piece)}\r\n\r\n").encode() + piece[:int(n)])
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
PY
}
for n in 0 1 70000 149999; do
	half_piece "$SHA" $K $n
	is "$(at ins "$SHA")" $K "cut off after $n bytes of a piece"
done
is "$(patch ins "$SHA" $K)" 204 'goes on at the exact byte'
now=$((K + 150000))

# --- another worker, a new server, another host ----------------------------------------------
victim=$(pgrep -P "$DAEMON" -f -- --worker | head -n 1)
kill -9 "$victim"
wait_for 10 curl -fsS -m 2 -o /dev/null "$URL/robots.txt"
is "$(at ins "$SHA")" $now 'a worker is killed'
end "$DAEMON"
start_daemon
is "$(at ins "$SHA")" $now 'the server is started anew'
head -c 30000 /dev/zero >"$T/piece"
is "$(patch ins "$SHA" $now)" 413 'more than was announced, still known'
cut_out "$T/one" $now 18928
is "$(patch ins "$SHA" $now)" 204 'the last piece'
is "$(field upload-offset)" 300000 'all of it'
is "$(stored "$SHA")" "$SHA" 'every byte in its place'
: >"$T/piece"
is "$(patch ins "$SHA" 300000)" 204 'nothing more to send is no mistake'

# --- not what the hash says ------------------------------------------------------------------
file two 60000
head -c 60000 /dev/urandom >"$T/piece"
is "$(patch ins "$SHA" 0 -H 'Upload-Length: 60000')" 422 'other bytes than its hash says'
is "$(json errors.0.why)" hash 'are said to be so'
like "$(json text)" . 'in words'
is "$(at ins "$SHA")" 0 'and dropped'
cp "$T/two" "$T/piece"
is "$(patch ins "$SHA" 0 -H 'Upload-Length: 60000')" 204 'the right ones are taken'

# --- other accounts, other sessions ----------------------------------------------------------
is "$(at ins2 "$SHA")" 0 'another account does not see it'
is "$(as ins2 "/staff/blobs/$SHA")" 200 'nor is told that it is somewhere'
is "$(json length)" None 'or how long it is'
file three 200000
cut_out "$T/three" 0 100000
is "$(patch ins "$SHA" 0 -H 'Upload-Length: 200000')" 204 'half a photo'
sql "UPDATE core.session SET ended_at = core.now()"
cut_out "$T/three" 100000 100000
is "$(patch ins "$SHA" 100000)" 401 'the session ended'
is "$(json why)" ended 'which is said'
session ins
is "$(patch ins "$SHA" 100000)" 403 'a new one has a new token'
token ins
is "$(patch ins "$SHA" 100000)" 204 'and goes on where the old one was'
is "$(stored "$SHA")" "$SHA" 'to its end'

# --- two tabs --------------------------------------------------------------------------------
file four 500000
cut_out "$T/four" 0 250000
for i in 1 2 3 4 5 6; do
	(
		cp "$T/piece" "$T/piece.$i"
		curl -sS -o /dev/null -w '%{http_code}\n' -X PATCH -H "Cookie: __Host-qr=$(cat "$T/ins.cookie")" \
			-H "X-CSRF: $(cat "$T/ins.csrf")" -H 'Content-Type: application/offset+octet-stream' \
			-H 'Upload-Offset: 0' -H 'Upload-Length: 500000' --data-binary "@$T/piece.$i" "$URL/staff/blobs/$SHA" >"$T/tab.$i"
	) &
	tabs="${tabs:-} $!"
done
# shellcheck disable=SC2086 # a list of numbers
wait $tabs
is "$(cat "$T"/tab.* | grep -vc '204\|409')" 0 'six tabs send the same piece at once'
ok 'one of them at least succeeds' grep -q 204 "$T"/tab.*
is "$(at ins "$SHA")" 250000 'it is there'
is "$(sql "SELECT count(*) FROM core.blob_piece p JOIN core.blob b ON b.id = p.blob_id
	WHERE b.sha256 = decode('$SHA', 'hex')")" 1 'once'
cut_out "$T/four" 250000 250000
is "$(patch ins "$SHA" 250000 -H 'Transfer-Encoding: chunked')" 204 'a piece in chunks'
is "$(stored "$SHA")" "$SHA" 'is the same'

# --- the database is away --------------------------------------------------------------------
file five 100000
cp "$T/five" "$T/piece"
deploy/pg stop "$CLUSTER" fast >/dev/null 2>&1
code=$(patch ins "$SHA" 0 -H 'Upload-Length: 100000')
is "$code" 503 'without a database nothing is acknowledged'
like "$(field retry-after)" '^[0-9]+$' 'but it is said when to try again'
PG_FAST=1 deploy/pg start "$CLUSTER" >/dev/null
wait_for 20 curl -fsS -m 2 -o /dev/null "$ADMIN/readyz"
# as the phone does: again and again, until it is acknowledged
for _ in $(seq 1 100); do
	code=$(patch ins "$SHA" 0 -H 'Upload-Length: 100000')
	[ "$code" = 503 ] || break
	sleep 0.1
done
is "$code" 204 'and then it goes on'

# --- a week later ----------------------------------------------------------------------------
sql "UPDATE core.blob SET touched_at = touched_at - interval '7 days 1 second' WHERE sha256 <> decode('$SHA', 'hex');
	SELECT api.job_sweep()" >/dev/null
is "$(sql 'SELECT count(*) FROM core.blob') $(sql 'SELECT count(DISTINCT blob_id) FROM core.blob_piece')" '1 1' \
	'what nobody went on with for a week is swept'
is "$(grep -c -e "$(cat "$T/ins.csrf")\|$(cat "$T/ins.cookie")" "$T/qrsvc.log")" 0 'no token in the log'
done_testing
