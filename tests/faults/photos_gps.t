#!/bin/bash
# Photos that say where they were taken, by whom and with which device, through the real upload: what
# residents and staff get has none of it, in any size; the database keeps place and time for itself.
# Real ones of ../shared/data/photos (QR_SAMPLES names another folder) where they are, and made ones.
# timeout: 240
. tests/lib.sh
. tests/staff.sh
command -v exiftool >/dev/null || skip_all 'needs exiftool'
town
start_daemon limits.staff=0 limits.photo=0 limits.page=0 server.clock=2026-11-22T10:00:00+08:00
account inspector ins 310107005000
account office off 310107005000
F=$(code T1)
P=$(cleaner)

# --- what comes in ------------------------------------------------------------------------------------
mkdir "$T/in" "$T/out"
for i in 1 2 3; do
	"$demophoto" --slot before --seed $i --gps 31.2,121.4 --dirty --orientation $((2 * i)) -o "$T/in/made$i.jpg" || bail 'no photos'
done
samples=${QR_SAMPLES:-../shared/data/photos}
[ ! -d "$samples" ] || cp "$samples"/* "$T/in/"
# private FILE...: those that hold any of it; -a -G1: of all groups, thumbnails and maker notes too
private() {
	exiftool -q -q -a -if 'defined $GPSLatitude or defined $GPSPosition or defined $SerialNumber or defined $ThumbnailImage or
		defined $PreviewImage or defined $OwnerName or defined $Artist or defined $Make or defined $Model or defined $MakerNote or
		defined $DateTimeOriginal or defined $CreateDate or defined $XMPToolkit or defined $Comment or defined $UserComment or
		defined $ImageUniqueID or defined $Software' -p '$FileName' "$@" 2>/dev/null
}
with=$(exiftool -q -q -if 'defined $GPSLatitude' -p '$FileName' "$T/in" | wc -l)
count=$(find "$T/in" -type f | wc -l)
telling=$(private "$T/in" | wc -l)
ok "$telling of $count photos give something away, $with of them the place" [ "$telling" -ge "$with" -a "$with" -ge 3 ]
chmod 644 "$T/in"/*

# --- through the upload ---------------------------------------------------------------------------------
as ins
cleaning=0
taken=0
ids=()
# three a cleaning: before, after, lid
while read -r before && read -r after && read -r lid; do
	cleaning=$((cleaning + 1))
	id=$(printf '00000000-0000-4000-8000-%012d' $cleaning)
	got=$(status "/staff/f/$F/new?type=clean" -H "Cookie: $staff_cookie" -H "Origin: $URL" -F "csrf=$staff_csrf" -F "key=$id" \
		-F from=2026-11-22T08:30 -F to=2026-11-22T09:30 -F "party-cleaner=$P" -F fields-workers=2 -F fields-disinfectant=x \
		-F "photos-before=@$T/in/$before" -F "photos-after=@$T/in/$after" -F "photos-lid=@$T/in/$lid")
	is "$got" 303 "taken: $before, $after, $lid" || diag "$(text | cut -c1-300)"
	[ "$got" != 303 ] || taken=$((taken + 3))
	ids+=("$id")
	# the last row is filled up with made ones
done < <({
	ls "$T/in"
	[ $((count % 3)) -eq 0 ] || echo made1.jpg
	[ $((count % 3)) -ne 1 ] || echo made2.jpg
})
is "$(sql 'SELECT count(*) FROM core.photo')" "$count" "$count photos are stored, each once"
as off
for id in "${ids[@]}"; do
	[ "$(post "/staff/r/$id" act=confirm rev=1)" = 303 ] || diag "$id is not confirmed"
done

# --- what comes out ------------------------------------------------------------------------------------
as ins
got=0
for sha in $(sql "SELECT encode(sha256, 'hex') FROM core.photo"); do
	for width in 320 1280 2048; do
		[ "$(status "/p/$sha-$width.jpg")" = 200 ] && cp "$T/body" "$T/out/$sha-$width.jpg" && got=$((got + 1))
		[ "$(page "/staff/p/$sha-$width.jpg")" = 200 ] && cmp -s "$T/body" "$T/out/$sha-$width.jpg" || got=0
	done
done
is "$got" $((3 * count)) 'residents and staff get the same bytes, in three sizes'
is "$(private "$T/out" | wc -l)" 0 'none of them gives anything away'
is "$(exiftool -q -q -a -G1 -s3 -if '$FileType ne "JPEG"' -p '$FileName' "$T/out")" '' 'all of them are JPEG'
# shellcheck disable=SC2016 # exiftool's variables
is "$(exiftool -q -q -a -G1 -j "$T/out" | python3 -c 'import json, sys
print(sorted({k.split(":")[0] for p in json.load(sys.stdin) for k in p if ":" in k} - {"System", "File", "Composite", "ExifTool", "JFIF"}))')" '[]' \
	'they hold no block of metadata at all'
is "$(sql 'SELECT count(*) FROM core.photo WHERE lat IS NOT NULL')" "$with" 'the database keeps the place of those that had one'
for at in "/f/$F.json" "/f/$F" "/r/${ids[0]}.json" "/r/${ids[0]}" "/f/$F/history.json"; do
	is "$(status "$at")" 200 "$at"
	unlike "$(cat "$T/body")" '"(lat|lon|original|phash)"|121\.4' 'has neither place nor fingerprint'
done
done_testing
