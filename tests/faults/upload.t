#!/bin/bash
# Uploads while things break: 100 posts of one upload at once under kill -9 of worker, photo process
# and PostgreSQL; a full disk, no database, no photo process; memory of 20 large ones at once.
# timeout: 420
# shellcheck disable=SC2046 # texts and photods print lists of words
. tests/lib.sh
. tests/staff.sh
. tests/faults/lib.sh
town
account inspector ins 310107005000
as ins
F=$(code T1)
P=$(cleaner)
CLOCK=server.clock=2026-11-22T10:00:00+08:00
for i in 1 2 3; do "$demophoto" --slot before --seed $i -o "$T/p$i.jpg"; done
fields=(from=2026-11-22T08:30 to=2026-11-22T09:30 "party-cleaner=$P" fields-workers=2 fields-disinfectant=二氧化氯)
uuid() { printf '00000000-0000-4000-8000-%012d' "$1"; }
posts() { # N AT_ONCE FIELD...
	po_n=$1 po_at=$2
	shift 2
	python3 tests/faults/upload.py "$po_n" "$po_at" "$URL/staff/f/$F/new?type=clean" "$staff_cookie" "$staff_csrf" "${fields[@]}" "$@"
}
said() { python3 -c 'import json, sys; print(json.loads(sys.argv[1]).get(sys.argv[2], 0))' "$1" "$2"; }
records() { sql 'SELECT count(*) FROM core.record'; }
photos() { sql 'SELECT count(*) FROM core.photo'; }
photods() { pgrep -P "$DAEMON" -x qrsvc-photod; }
three=("photos-before=@$T/p1.jpg" "photos-after=@$T/p2.jpg" "photos-lid=@$T/p3.jpg")

# --- one upload, 100 times at once, while things are killed --------------------------------------
start_daemon limits.staff=0 server.workers=2 "$CLOCK"
wait_for 10 curl -fsS "$ADMIN/readyz"
UNTIL=1 posts 100 100 "key=$(uuid 1)" "${three[@]}" >"$T/hundred" &
posting=$!
sleep 1
for _ in 1 2 3; do
	kill -9 "$(workers | head -n 1)"
	sleep 1
	kill -9 $(photods)
	sleep 1
done
db_stop immediate
sleep 1
db_start
wait "$posting"
all=$(cat "$T/hundred")
diag "$all"
is "$(said "$all" 303)" 100 'all hundred end with the receipt'
ok 'some of them had to be sent again' [ "$(said "$all" tries)" -gt 100 ]
is "$(records)|$(photos)" '1|3' 'one record, each photo once'
is "$(sql 'SELECT count(*) FROM core.record_photo')|$(sql 'SELECT count(*) FROM core.photo_bytes')" '3|9' \
	'each in its slot, in three sizes'
is "$(sql "SELECT count(*) FROM core.record WHERE rev <> 1")" 0 'in one revision'
as_user "$qrsvc" --config "$T/qrsvc.conf" verify >"$T/verify" 2>&1
is $? 0 'and the chain holds'

# --- no database ----------------------------------------------------------------------------------
db_stop fast
no=$(posts 2 2 "key=$(uuid 2)" "${three[@]}")
diag "$no"
is "$(said "$no" 503)" 2 'without a database an upload is refused'
db_start
wait_for 20 test "$(status /)" = 200
is "$(records)" 1 'nothing of it is stored'
again=$(UNTIL=1 posts 1 1 "key=$(uuid 2)" "${three[@]}")
is "$(said "$again" 303)|$(records)|$(photos)" '1|2|3' 'later it is taken'

# --- the database goes away in the middle -----------------------------------------------------------
UNTIL=1 posts 20 20 "key=$(uuid 3)" "${three[@]}" >"$T/middle" &
posting=$!
sleep 0.7
db_stop immediate
sleep 2
db_start
wait "$posting"
is "$(said "$(cat "$T/middle")" 303)|$(records)" '20|3' 'cut in the middle: one record more'

# --- memory -----------------------------------------------------------------------------------------
end "$DAEMON"
start_daemon limits.staff=0 server.workers=1 "$CLOCK"
wait_for 10 curl -fsS "$ADMIN/readyz"
for i in 0 1 2 3; do
	"$demophoto" --slot after --seed $((i + 100)) --width 2800 --height 2100 --quality 97 -o "$T/l$i.jpg"
done
for i in $(seq 0 19); do
	# what stands behind the end of a picture is not part of it
	cat "$T/l$((i % 4)).jpg" >"$T/m$i.jpg"
	head -c $((10 * 1024 * 1024 - $(stat -c %s "$T/m$i.jpg"))) /dev/urandom >>"$T/m$i.jpg"
done
is "$(said "$(posts 1 1 "key=$(uuid 10)" "photos-before=@$T/m0.jpg" "photos-after=@$T/p2.jpg")" 303)" 1 'a large one first'
w=$(workers)
before=$(awk '/^VmRSS/ { print $2 }' "/proc/$w/status")
echo 5 >"/proc/$w/clear_refs" 2>/dev/null || :
peak() { awk '/^VmHWM/ { print $2 }' "/proc/$w/status"; }
many=$(posts 20 20 'key=00000000-0000-4000-8001-{k}' "photos-before=@$T/m{i}.jpg" "photos-after=@$T/p2.jpg")
diag "$many, worker $before KiB, then $(peak) KiB"
is "$(said "$many" 303)" 20 'twenty of 10 MB at once'
ok 'grow the worker by less than 32 MiB' [ $(($(peak) - before)) -lt 32768 ]

# --- a full disk --------------------------------------------------------------------------------------
end "$DAEMON"
rows=$(records)
if [ "$(id -u)" -eq 0 ] && mkdir -p "$T/small" && mount -t tmpfs -o "size=2m,mode=0700,uid=$QR_UID,gid=$QR_GID" none "$T/small" 2>/dev/null; then
	start_daemon limits.staff=0 server.workers=1 "server.state=$T/small" "$CLOCK"
	wait_for 10 curl -fsS "$ADMIN/readyz"
	full=$(posts 1 1 "key=$(uuid 20)" "photos-before=@$T/m1.jpg" "photos-after=@$T/p2.jpg")
	is "$(said "$full" 503)" 1 'no room for the spool: refused'
	is "$(records)" "$rows" 'nothing is stored'
	is "$(said "$(posts 1 1 "key=$(uuid 20)" "${three[@]}")" 303)" 1 'what fits is taken'
	end "$DAEMON"
	umount "$T/small"
	rows=$((rows + 1))
else
	skip 3 'no small file system can be made here'
fi

# --- no photo process ---------------------------------------------------------------------------------
printf '#!/bin/sh\nexit 1\n' >"$T/nothing"
chmod 755 "$T/nothing"
start_daemon limits.staff=0 server.workers=1 "server.photod=$T/nothing" "$CLOCK"
wait_for 10 curl -fsS "$ADMIN/readyz"
none=$(posts 1 1 "key=$(uuid 30)" "${three[@]}")
diag "$none"
is "$(said "$none" 503)" 1 'without the photo process an upload is refused'
is "$(records)" "$rows" 'nothing is stored'
is "$(status "/staff/f/$F/new?type=clean" -H "Cookie: $staff_cookie")" 200 'the form is there'
as_user "$qrsvc" --config "$T/qrsvc.conf" verify >"$T/verify" 2>&1
is $? 0 'the chain holds after all'
done_testing
