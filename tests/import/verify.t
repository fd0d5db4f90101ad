#!/bin/sh
# `qrsvc verify` finds what a superuser changed behind the functions' back, and names it.
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
sed 's/^\(T1-2026-05-14,.*\),0\.42,/\1,0.52,/' "$T/records.csv" >"$T/again.csv"
ok 'a revision' quiet "$qrsvc" import records "$T/again.csv" --revise
ok 'nothing is wrong' quiet "$qrsvc" verify
like "$(cat "$T/out")" 'verified: 4 facilities, 5 records, 2 photos, 0 labels' 'and it says how much was looked at'

# tampered REGEX DESCRIPTION SQL: as superuser, with triggers and keys switched off, in a copy of
# the database; verify must fail and name it.
sql 'CREATE DATABASE whole TEMPLATE qrsvc' -d postgres
n=0
tampered() {
	n=$((n + 1))
	sql "CREATE DATABASE t$n TEMPLATE whole" -d postgres
	sql "SET session_replication_role = replica; $3" -d t$n >/dev/null
	QRSVC_DATABASE_DSN=$(echo "$DSN" | sed "s/dbname=[^ ]*/dbname=t$n/") \
		"$qrsvc" verify >"$T/out" 2>"$T/err"
	is $? 1 "$2: found"
	like "$(cat "$T/out")" "$1" "$2: named"
	like "$(cat "$T/err")" '^qrsvc verify: [0-9]+ faults, the first: ' "$2: one line"
	sql "DROP DATABASE t$n" -d postgres
}
one="(SELECT record_id FROM core.import_source WHERE key = 'T1-2026-05-14')"
test="(SELECT record_id FROM core.import_source WHERE key = 'T1-2026-06-02-test')"
id=$(sql "SELECT $one")
tampered "^record $id rev 1: hash of the text" 'a canonical text' \
	"UPDATE core.revision SET canonical = replace(canonical, '0.42', '0.12') WHERE record_id = $one"
tampered "^record $id rev 1: " 'a text together with its hash' \
	"UPDATE core.revision SET canonical = c, hash = sha256(convert_to(c, 'UTF8')) FROM
	(SELECT replace(canonical, '0.42', '0.12') AS c FROM core.revision WHERE record_id = $one AND rev = 1) x
	WHERE record_id = $one AND rev = 1"
tampered "^record $(sql "SELECT $test") rev 1: text" 'a failed result' \
	"UPDATE core.result SET num = 0.4, verdict = 'pass' WHERE record_id = $test AND num = 1.6"
tampered "^record $id rev [12]: text" 'the name of a firm' \
	"UPDATE core.revision_party SET name = '别的公司' WHERE record_id = $one"
tampered '^facility .*: has 2 records, numbered to 3' 'a record taken out' \
	"DELETE FROM core.record WHERE id = $test"
tampered '^facility .*: has 4 records, numbered to 3' 'a record put in' \
	"INSERT INTO core.record SELECT gen_random_uuid(), facility_id, 4, type, source, created_at, rev,
		state, on_date, verdict, published_at FROM core.record WHERE id = $test"
tampered "^record $id" 'a revision taken out' \
	"DELETE FROM core.revision WHERE record_id = $one AND rev = 1"
tampered "^record $(sql "SELECT $test") rev 1: head row" 'a verdict in the head row' \
	"UPDATE core.record SET verdict = 'pass' WHERE id = $test"
tampered '^photo [0-9a-f]{64}: bytes are not those' 'the bytes of a photo' \
	"UPDATE core.photo_bytes SET bytes = bytes || '\\x00' WHERE width = 1280"
tampered '^photo [0-9a-f]{64}: lacks a size' 'a size of a photo' \
	"DELETE FROM core.photo_bytes WHERE width = 320"
tampered "^record $id rev [12]: photos" 'a photo exchanged for another' \
	"UPDATE core.record_photo x SET sha256 = (SELECT sha256 FROM core.photo o WHERE o.sha256 <> x.sha256)
	WHERE pos = 1"
tampered '^document facility .*: differs' 'a published document' \
	"UPDATE core.document SET doc = replace(doc, 'fail', 'pass') WHERE kind = 'facility' AND doc LIKE '%fail%'"
tampered "^document record $id: missing" 'a published document taken out' \
	"DELETE FROM core.document WHERE kind = 'record' AND key = '$id'"
tampered '^document place .*: differs' 'the name of a place' \
	"UPDATE core.place SET name = '别处' WHERE name = '杏泽苑'"
ok 'the original still verifies' quiet "$qrsvc" verify
done_testing
