#!/bin/sh
# `qrsvc erase`: what the law wants gone goes, with its ground; the chain stays whole, and verify
# says "erased", not tampered.
. tests/lib.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
quiet() { "$@" >"$T/out" 2>"$T/err"; }
cp deploy/examples/*.csv "$T/"
mkdir "$T/photos"
make -s B="$B" "$B/demophoto" >/dev/null
for slot in before after; do
	"$B/demophoto" --slot $slot --width 640 --height 480 -o "$T/photos/t1-$slot.jpg"
done
program qrsvc-photod >/dev/null
for kind in facilities records photos; do
	ok "$kind load" quiet "$qrsvc" import $kind "$T/$kind.csv"
done
photo=$(sql "SELECT encode(sha256, 'hex') FROM core.record_photo WHERE pos = 1 LIMIT 1")
bytes() { sql "SELECT count(*) FROM core.photo_bytes WHERE sha256 = decode('$photo', 'hex')"; }
is "$(bytes)" 3 'a photo in three sizes'

for args in "photo $photo" "photo" "paint $photo --ground x" "photo $photo --ground="; do
	# shellcheck disable=SC2086 # words
	nok "refused: erase ${args% *}" quiet "$qrsvc" erase $args
	is "$(bytes)" 3 'nothing is gone'
done
nok 'a photo nobody knows' quiet "$qrsvc" erase photo "$(printf %064d 0)" --ground 'PIPL 47'
like "$(cat "$T/err")" 'nothing to erase' 'is said to be none'
nok 'an id that is none' quiet "$qrsvc" erase photo 12 --ground 'PIPL 47'

ok 'a photo is erased' quiet "$qrsvc" erase photo "$photo" --ground '个人信息保护法第四十七条' --who dpo
like "$(cat "$T/out")" "^photo $photo" 'it is named'
like "$(cat "$T/out")" '^erased: 0 texts, 1 photos, 0 reports; [1-9]' 'with what was published anew'
like "$(cat "$T/out")" 'backups until they age out' 'and with the copies that are left'
is "$(bytes)" 0 'no size of it is left'
is "$(sql "SELECT count(*) FROM core.document WHERE doc LIKE '%\"sha256\":\"$photo\"%'")" 0 'nor a page that shows it'
is "$(sql "SELECT who || ' ' || (detail ->> 'ground') FROM core.audit WHERE what = 'erase'")" \
	'dpo 个人信息保护法第四十七条' 'the audit has who and on what ground'
ok 'everything verifies' quiet "$qrsvc" verify
like "$(cat "$T/out")" '^erased: 1 of kind photo' 'and says what was erased'
sql "SET session_replication_role = replica; DELETE FROM core.photo_bytes" >/dev/null
nok 'a photo that is gone without a ground' quiet "$qrsvc" verify
like "$(cat "$T/out")" '^photo [0-9a-f]{64}: ' 'is tampering'
done_testing
