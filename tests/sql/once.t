#!/bin/sh
# One upload sent a hundred times at once, and many uploads to one facility: one record each, one
# receipt, numbers without a gap. A server that dies in the middle leaves all of it or nothing.
# timeout: 180
. tests/lib.sh
cluster_start
deploy/pg psql "$CLUSTER" -q -v ON_ERROR_STOP=1 >/dev/null <<'SQL' || bail 'no accounts'
BEGIN;
SET client_min_messages = warning;
SELECT api.import_begin('facilities', 'once', NULL, NULL) AS b \gset
INSERT INTO pg_temp.stage_facility (line, key, kind, org, place_name) VALUES (1, 'one', 'roof_tank', '310107021000', 'x');
SELECT count(*) FROM api.import_facilities(:b, 'refuse', false);
INSERT INTO core.party (name) VALUES ('cleaners');
SELECT api.user_add('test', '{"login":"clean","name":"c","role":"inspector","org":"310107021000"}', sha256('i'));
SELECT api.invite_use(sha256('i'), '$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IGhlcmUuLg$' || repeat('B', 43));
SELECT api.auth_lookup('clean', sha256('desk'))::json ->> 'account' AS id \gset
SELECT api.auth_login(:id, true, sha256('desk'), sha256('s'), false, 'Test', NULL);
SELECT api.staff_photo_put(sha256('s'), sha256(n::bytea), 4, 3, sha256(n::bytea), NULL, NULL, NULL, NULL, '{320,1280,2048}',
	ARRAY['s', n, 'l']::bytea[]) FROM unnest(ARRAY['p1', 'p2']) n;
-- publishes at once: the longest way through
INSERT INTO core.publish_rule (code, org_id, valid_from, mode, basis)
SELECT 'once', id, '2020-01-01', 'at_once', 'x' FROM core.org WHERE code = '310107021000';
COMMIT;
SQL
code=$(sql 'SELECT code FROM core.facility')
party=$(sql "SELECT id FROM core.party WHERE name = 'cleaners'")
body() { # NOTE
	printf '{"facility":"%s","type":"clean","date":"2026-01-02","parties":[{"role":"cleaner","party":%s}],' "$code" "$party"
	printf '"fields":{"disinfectant":"a","workers":2},"note":"%s","photos":[{"slot":"before","sha256":"%s"},{"slot":"after","sha256":"%s"}]}' \
		"$1" "$(printf p1 | sha256sum | cut -d' ' -f1)" "$(printf p2 | sha256sum | cut -d' ' -f1)"
}
# twenty new connections plan everything at once on full processors: this is about what they leave
put() { # UUID NOTE: the receipt, or the SQLSTATE
	PGOPTIONS='-c statement_timeout=60s' psql -XqAt -v VERBOSITY=sqlstate "$DSN user=qr_rw" -c "SELECT api.staff_record_put(sha256('s'), '$1', '$(body "$2")')" 2>&1
}
id=00000000-0000-4000-8000-000000000001
pids=
n=0
while [ $n -lt 100 ]; do
	n=$((n + 1))
	put $id same >"$T/r$n" &
	pids="$pids $!"
	# as many at a time as the pools of a few workers hold
	[ $((n % 20)) -ne 0 ] || { for p in $pids; do wait "$p"; done; pids=; }
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/r* | sort -u | grep -c .)" 1 'a hundred answers are one receipt'
like "$(cat "$T/r1")" '^{"id":"'$id'".*"state":"published"' 'and it is one'
is "$(sql 'SELECT count(*), max(seq) FROM core.record')" '1|1' 'one record'
is "$(sql 'SELECT count(*), count(DISTINCT sha256) FROM core.record_photo')" '2|2' 'each photo once'
is "$(sql "SELECT count(*) FROM core.audit WHERE what = 'record.put'")" 1 'written down once'

# The same key with twenty bodies: one wins, the others are told.
id=00000000-0000-4000-8000-000000000002
n=0
pids=
while [ $n -lt 20 ]; do
	n=$((n + 1))
	put $id "body $n" >"$T/o$n" &
	pids="$pids $!"
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/o* | grep -c '^{')" 1 'of different bodies one is taken'
is "$(cat "$T"/o* | grep -c 'QR409')" 19 'the others are told'

# Many uploads to one facility: numbers without gaps.
n=0
pids=
while [ $n -lt 20 ]; do
	n=$((n + 1))
	put "$(printf '00000000-0000-4000-9000-%012d' $n)" x >"$T/m$n" &
	pids="$pids $!"
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/m* | grep -c '"published"')" 20 'twenty at once are all taken'
is "$(sql 'SELECT count(*), min(seq), max(seq), count(DISTINCT seq) FROM core.record')" '22|1|22|22' 'numbers without a gap'

# The server dies while uploads are on their way: four phones send fifteen each, one after the other,
# and ten have their receipts.
mkdir "$T/k"
kid() { printf '00000000-0000-4000-a000-%012d' "$1"; }
phone() { # FIRST LAST
	p=$1
	while [ "$p" -le "$2" ]; do
		put "$(kid "$p")" x >"$T/k/$p.new" 2>&1
		mv "$T/k/$p.new" "$T/k/$p"
		p=$((p + 1))
	done
}
receipts() { cat "$T"/k/[0-9]* 2>/dev/null | grep -c '^{'; }
ten() { [ "$(receipts)" -ge 10 ]; }
pids=
for n in 1 16 31 46; do
	phone $n $((n + 14)) &
	pids="$pids $!"
done
ok 'the first ten are acknowledged' wait_for 60 ten
deploy/pg stop "$CLUSTER" immediate >/dev/null
for p in $pids; do wait "$p"; done
DSN=$(PG_FAST=1 deploy/pg start "$CLUSTER") || bail 'PostgreSQL does not come back'
acknowledged=$(receipts)
stored=$(sql "SELECT count(*) FROM core.record WHERE id::text LIKE '00000000-0000-4000-a000-%'")
diag "$acknowledged of 60 acknowledged, $stored stored"
ok 'some were acknowledged, some were not' test "$acknowledged" -ge 10 -a "$acknowledged" -lt 60
n=0
lost=
while [ $n -lt 60 ]; do
	n=$((n + 1))
	receipt=$(grep '^{' "$T/k/$n") || continue
	hash=$(printf %s "$receipt" | sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p')
	[ "$(sql "SELECT encode(core.head(id, rev), 'hex') FROM core.record WHERE id = '$(kid $n)'")" = "$hash" ] || lost="$lost $n"
done
is "$lost" '' 'what was acknowledged is there, with the hash of its receipt'
# one a phone may have been stored whose receipt was lost
ok 'and no more than was on its way' test "$stored" -ge "$acknowledged" -a "$stored" -le $((acknowledged + 4))
n=0
mkdir "$T/again"
while [ $n -lt 60 ]; do
	n=$((n + 1))
	put "$(kid $n)" x >"$T/again/$n" 2>&1
	! grep -q '^{' "$T/k/$n" || cmp -s "$T/k/$n" "$T/again/$n" || echo differs >>"$T/again/$n"
done
is "$(cat "$T"/again/* | grep -c '^{')" 60 'sent again, each has its receipt'
is "$(cat "$T"/again/* | grep -c differs)" 0 'the same one as before'
is "$(sql 'SELECT count(*), max(seq) FROM core.record')" '82|82' 'and is one record'
is "$(sql 'SELECT count(*) FROM core.record r WHERE (SELECT count(*) FROM core.record_photo x WHERE x.record_id = r.id) <> 2
	OR NOT EXISTS (SELECT FROM core.upload u WHERE u.record_id = r.id)
	OR NOT EXISTS (SELECT FROM core.document d WHERE d.kind = '"'record'"' AND d.key = r.id::text)')" 0 'none is half there'
is "$(sql 'SELECT count(*) FROM api.verify_records(0, 100) v WHERE v.problem IS NOT NULL')" 0 'records verify'
is "$(sql "SELECT count(*) FROM api.verify_documents('facility', '', 10) v WHERE v.problem IS NOT NULL")" 0 'documents verify'
done_testing
