#!/bin/bash
# Photos: from the database into the folder of files, ranges, damaged files, limits of space.
. tests/lib.sh
. tests/faults/lib.sh

cluster_start
# photo N BYTES: a photo of that many made-up bytes per width; prints its name
photo() {
	for w in 320 1280 2048; do
		head -c "$2" /dev/urandom >"$T/photo.$1.$w"
	done
	name=$(sha256sum "$T/photo.$1.1280" | cut -d ' ' -f 1)
	for w in 320 1280 2048; do
		printf '%s\n' "\\set hex '$(od -An -v -tx1 "$T/photo.$1.$w" | tr -d ' \n')'" \
			"INSERT INTO core.photo_bytes (sha256, width, bytes) VALUES (decode('$name', 'hex'), $w, decode(:'hex', 'hex'));"
	done >"$T/photo.sql"
	sql "INSERT INTO core.photo (sha256, w, h) VALUES (decode('$name', 'hex'), 1280, 960)"
	sql_file "$T/photo.sql"
	echo "$name"
}
a=$(photo a 50000)
start_daemon server.workers=1
wait_for 10 curl -fsS "$ADMIN/readyz"

for w in 320 1280 2048; do
	is "$(status "/p/$a-$w.jpg")" 200 "width $w from the database"
	ok 'byte by byte' cmp -s "$T/body" "$T/photo.a.$w"
	is "$(status "/p/$a-$w.jpg")" 200 "width $w from its file"
	ok 'byte by byte' cmp -s "$T/body" "$T/photo.a.$w"
done
is "$(metric qrsvc_photo_misses_total)" 3 'read once each'
is "$(metric qrsvc_photo_hits_total)" 3 'then from files'
is "$(field Content-Type)" image/jpeg 'type'
like "$(field Cache-Control)" 'immutable' 'may be kept for ever'
is "$(field X-Content-Type-Options)" nosniff 'nosniff'
is "$(field Content-Security-Policy)" "sandbox; default-src 'none'" 'sandboxed'
etag=$(field ETag)
is "$(status "/p/$a-2048.jpg" -H "If-None-Match: $etag")" 304 'known already: 304'
is "$(status "/p/$a-1280.jpg" -r 100-199)" 206 'a range'
ok 'of those bytes' cmp -s "$T/body" <(tail -c +101 "$T/photo.a.1280" | head -c 100)
is "$(status "/p/$a-1280.jpg" -r 50000-)" 416 'a range behind the end'
is "$(status "/p/$a-1280.jpg" -I)" 200 'HEAD'
is "$(field Content-Length)" 50000 'with the length'
upper=$(echo "$a" | tr a-f A-F)
is "$(status "/p/$upper-1280.jpg")" 404 'one address for one photo'
is "$(status "/p/$a-01280.jpg")" 404 'and one spelling of its width'

# --- a photo that was blackened or erased: told, or missed ---
b=$(photo b 40000)
is "$(status "/p/$b-320.jpg")" 200 'another photo'
is "$(status "/p/$b-320.jpg")" 200 'kept'
sql "UPDATE core.photo SET hidden_at = now() WHERE sha256 = decode('$b', 'hex');
	SELECT pg_notify('qr_doc', 'photo $b 0')" >/dev/null
gone() { [ "$(status "/p/$b-320.jpg")" = 404 ]; }
wait_for 2 gone
ok 'blackened: gone within a second' gone
nok 'its file too' [ -n "$(find "$T/state/photos" -name "$b-*")" ]
c=$(photo c 40000)
is "$(status "/p/$c-320.jpg")" 200 'a third one'
end "$DAEMON"
sql "UPDATE core.photo SET hidden_at = now() WHERE sha256 = decode('$c', 'hex')"
start_daemon server.workers=1
wait_for 10 curl -fsS "$ADMIN/readyz"
is "$(status "/p/$c-320.jpg")" 404 'blackened while nobody listened: not served from its file'
nok 'which is gone' [ -n "$(find "$T/state/photos" -name "$c-*")" ]
is "$(status "/p/$a-320.jpg")" 200 'what is still published is asked for once'
is "$(metric qrsvc_photo_misses_total)" 0 'and not read again'

# --- files that were changed or cut off are never served ---
end "$DAEMON"
file=$(find "$T/state/photos" -name "$a-1280")
ok 'the file is there' [ -f "$file" ]
printf 12345678 | dd of="$file" bs=1 seek=1000 conv=notrunc status=none
truncate -s 20000 "$(find "$T/state/photos" -name "$a-320")"
start_daemon server.workers=1
wait_for 10 curl -fsS "$ADMIN/readyz"
is "$(status "/p/$a-1280.jpg")" 200 'a changed file'
ok 'is read anew' cmp -s "$T/body" "$T/photo.a.1280"
is "$(status "/p/$a-320.jpg")" 200 'a cut-off file'
ok 'is read anew' cmp -s "$T/body" "$T/photo.a.320"
is "$(metric qrsvc_photo_bad_files_total)" 2 'both were noticed'
is "$(status "/p/$a-2048.jpg")" 200 'the whole one'
is "$(metric qrsvc_photo_misses_total)" 2 'is not read again'

# --- without a database, and without files ---
rm -rf "$T/state/photos"/*
db_stop
is "$(status "/p/$a-1280.jpg")" 200 'an open file is served without database and folder'
b=$(printf 'b%.0s' $(seq 64))
is "$(status "/p/$b-1280.jpg")" 503 'another one: 503'
db_start
wait_for 5 curl -fsS "$ADMIN/readyz"
end "$DAEMON"

# --- bytes that are not what their name says ---
sql "ALTER TABLE core.photo_bytes DISABLE TRIGGER USER" 2>/dev/null
sql "UPDATE core.photo_bytes SET bytes = bytes || '\\x00' WHERE width = 1280"
rm -rf "$T/state/photos"/*
start_daemon server.workers=1 cache.photo_bytes=1M
wait_for 10 curl -fsS "$ADMIN/readyz"
is "$(status "/p/$a-1280.jpg")" 500 'a photo whose bytes were changed in the database is not served'

# --- bounded: 1 MiB of files, 16 KiB in each of 64 folders ---
for i in $(seq 1 12); do photo "s$i" 9000 >>"$T/names"; done
while read -r n; do
	for w in 320 1280 2048; do
		[ "$(status "/p/$n-$w.jpg")" = 200 ] || echo "$n $w" >>"$T/bad"
	done
done <"$T/names"
nok 'all are served' [ -s "$T/bad" ]
over=0
for d in "$T/state/photos"/*; do
	[ "$(cat "$d"/* | wc -c)" -le 16384 ] || over=$((over + 1))
done
is "$over" 0 'and no folder holds more than its share'
ok 'files were deleted for that' [ "$(metric qrsvc_photo_evicted_total)" -gt 0 ]
done_testing
