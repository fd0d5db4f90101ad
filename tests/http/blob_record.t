#!/bin/bash
# A record as the script of the form sends it: photos piece by piece before, then the fields with
# their hashes, answered in JSON; sent twice, with other content, with photos that are not there or
# are none, while the photo process is away.  timeout: 240
. tests/lib.sh
. tests/staff.sh
town
start_daemon limits.staff=0 limits.photo=0 server.clock=2026-11-22T10:00:00+08:00
account inspector ins 310107005000
account inspector other 310107005000
P=$(cleaner)
F=$(code T1)
FORM="/staff/f/$F/new?type=clean"
records() { sql "SELECT count(*) FROM core.record"; }
photos() { sql 'SELECT count(*) FROM core.photo'; }
json() {
	python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2].split("."):
    v = v[int(k)] if isinstance(v, list) else v.get(k)
print(v)' "$T/body" "$1"
}
# hashed NAME SLOT [option...]: a made-up photo; its hash is in $NAME
hashed() {
	picture "$@"
	eval "$1=$(sha256sum <"$T/$1.jpg" | cut -c1-64)"
}
# blob FILE: sends it in pieces of 128 KiB
blob() {
	sum=$(sha256sum <"$1" | cut -c1-64) total=$(wc -c <"$1") at=0
	while [ "$at" -lt "$total" ]; do
		tail -c +$((at + 1)) "$1" | head -c 131072 >"$T/piece"
		code=$(status "/staff/blobs/$sum" -X PATCH -H "Cookie: $staff_cookie" -H "X-CSRF: $staff_csrf" \
			-H 'Content-Type: application/offset+octet-stream' -H "Upload-Offset: $at" \
			-H "Upload-Length: $total" --data-binary "@$T/piece")
		[ "$code" = 204 ] || return 1
		at=$(field upload-offset)
	done
}
# send KEY NAME=VALUE...: the record as the script does
send() {
	send_key=$1
	shift
	set -- "key=$send_key" from=2026-11-22T08:30 to=2026-11-22T09:30 "party-cleaner=$P" fields-workers=2 \
		fields-disinfectant=二氧化氯 "$@"
	send_args=()
	for send_f; do send_args+=(--data-urlencode "$send_f"); done
	status "$FORM" -H "Cookie: $staff_cookie" -H "Origin: $URL" -H 'Accept: application/json' \
		-H "X-CSRF: $staff_csrf" "${send_args[@]}"
}
uuid() { cat /proc/sys/kernel/random/uuid; }
before='' after='' lid='' big=''
hashed before before --seed 1 --gps 31.2,121.4 --dirty
hashed after after --seed 1
hashed lid lid --seed 1
head -c 40000 /dev/urandom >"$T/odd.jpg"
odd=$(sha256sum <"$T/odd.jpg" | cut -c1-64)

# --- once ------------------------------------------------------------------------------------
nobody
is "$(send "$(uuid)" "blob-photos-before=$before")" 401 'without a session'
like "$(cat "$T/body")" '"error":"auth"' 'in JSON'
as ins
ok 'a photo in pieces' blob "$T/before.jpg"
ok 'another' blob "$T/after.jpg"
K=$(uuid)
is "$(send "$K" "blob-photos-before=$before")" 422 'a required photo is missing'
like "$(cat "$T/body")" '"field":"photos-after","why":"missing","text":"[^"]+"' 'said beside its field, with words'
is "$(records)" 0 'nothing is stored'
# its first photo was made of the blob all the same: what is stored twice is stored once
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$after")" 201 'complete'
cp "$T/body" "$T/receipt"
is "$(json receipt.id) $(json receipt.rev)" "$K 1" 'a receipt'
is "$(json url)" "/staff/r/$K?new=1" 'where it is shown'
is "$(records) $(photos)" '1 2' 'one record, each photo once'
is "$(sql 'SELECT count(*) FROM core.blob_piece')" 0 'no piece is left'
is "$(sql "SELECT string_agg(encode(o.original, 'hex'), ' ' ORDER BY x.pos) FROM core.record_photo x
	JOIN core.photo o ON o.sha256 = x.sha256")" "$before $after" 'each from the blob that was named'
is "$(page "/staff/r/$K")" 200 'its page'

# --- again -----------------------------------------------------------------------------------
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$after")" 201 'the same again'
ok 'has the same receipt, byte by byte' cmp -s "$T/body" "$T/receipt"
sql 'DELETE FROM core.blob' >/dev/null
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$after")" 201 'and when the blobs were swept'
ok 'too' cmp -s "$T/body" "$T/receipt"
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$after" note=other)" 409 'the same key with other content'
is "$(json why)" other_body 'is a conflict'
is "$(json stored.note) $(json sent.note)" 'None other' 'both versions are in the answer'
for _ in 1 2 3 4; do
	(send "$K" "blob-photos-before=$before" "blob-photos-after=$after" >/dev/null) &
	twins="${twins:-} $!"
done
# shellcheck disable=SC2086 # a list of numbers
wait $twins
is "$(records) $(photos)" '1 2' 'four at once change nothing'

# --- photos that are not there, or are none --------------------------------------------------
K=$(uuid)
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$lid")" 404 'a photo that never came'
is "$(json why)" blob 'says that it is the photo'
head -c 20000 "$T/lid.jpg" >"$T/piece"
is "$(status "/staff/blobs/$lid" -X PATCH -H "Cookie: $staff_cookie" -H "X-CSRF: $staff_csrf" -H 'Upload-Offset: 0' \
	-H 'Content-Type: application/offset+octet-stream' -H "Upload-Length: $(wc -c <"$T/lid.jpg")" \
	--data-binary "@$T/piece")" 204 'the begin of one'
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$lid")" 404 'is no photo yet'
as other
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$after")" 404 'what another account sent is not there'
blob "$T/before.jpg"
blob "$T/after.jpg"
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$after")" 201 'until it was sent by this one, too'
like "$(cat "$T/body")" photo_reused 'which is noticed'
is "$(photos)" 2 'and stored once'
as ins
blob "$T/before.jpg"
blob "$T/after.jpg"
blob "$T/odd.jpg"
K=$(uuid)
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$odd")" 415 'what is no picture'
is "$(json errors.0.field) $(json errors.0.why)" 'photos-after type' 'is said beside its field'
is "$(send "$K" "blob-photos-before=xyz" "blob-photos-after=$after")" 422 'a hash that is none'
is "$(records)" 2 'none of this is stored'
is "$(status "$FORM" -H "Cookie: $staff_cookie" -H 'Accept: application/json' -H 'X-CSRF: x' -d "key=$K")" 403 \
	'a wrong token'
is "$(json why)" token 'says so'

# --- a large one, while photod and workers die -----------------------------------------------
hashed big lid --seed 9 --width 4000 --height 3000 --quality 98
total=$(wc -c <"$T/big.jpg")
ok "a large photo ($total bytes) in pieces" blob "$T/big.jpg"
K=$(uuid)
pkill -9 -P "$DAEMON" -f photod
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$big")" 201 'the photo process is killed: it is waited for'
K=$(uuid)
(send "$K" "blob-photos-before=$before" "blob-photos-after=$after" "blob-photos-lid=$big" >/dev/null 2>&1) &
PID=$!
for w in $(pgrep -P "$DAEMON" -f -- --worker); do kill -9 "$w"; done
wait $PID
wait_for 20 curl -fsS -m 2 -o /dev/null "$URL/robots.txt"
is "$(send "$K" "blob-photos-before=$before" "blob-photos-after=$after" "blob-photos-lid=$big")" 201 \
	'all workers are killed: the same again'
is "$(sql "SELECT count(*) FROM core.record WHERE id = '$K'") $(photos)" '1 3' 'one record, each photo once'
is "$(find "$T/state" -type f | grep -cv keys)" 0 'no file is left' || find "$T/state" -type f | sed 's/^/# /'
done_testing
