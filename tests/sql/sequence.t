#!/bin/sh
# Many writers on one facility at once: numbers without gaps, versions in the order of commits,
# documents that match what is stored, one notice a document, one 'all' for many.
# timeout: 120
. tests/lib.sh
cluster_start
writers=8 rounds=6
import() { # SOURCE KEY-PREFIX COUNT: an import of its own on the one facility
	psql -XqAt -v ON_ERROR_STOP=1 "$DSN user=qr_migrate" <<SQL
BEGIN;
SELECT api.import_begin('records', '$1', NULL, NULL) AS b \\gset
INSERT INTO pg_temp.stage_record (line, key, facility_source, facility_key, type, performed_on)
SELECT i, '$2' || i, 'seq', 'one', 'clean', '2026-01-01'::date + i FROM generate_series(1, $3) i;
SELECT count(*) FROM api.import_records(:b, 'refuse', false);
SELECT pg_sleep(random() * 0.02);
COMMIT;
SQL
}
psql -XqAt -v ON_ERROR_STOP=1 "$DSN user=qr_migrate" >/dev/null <<'SQL' || bail 'no facility'
BEGIN;
SELECT api.import_begin('facilities', 'seq', NULL, NULL) AS b \gset
INSERT INTO pg_temp.stage_facility (line, key, kind, org, place_name) VALUES (1, 'one', 'roof_tank', '310107021000', 'x');
SELECT count(*) FROM api.import_facilities(:b, 'refuse', false);
COMMIT;
SQL
pids=
w=1
while [ $w -le $writers ]; do
	(
		r=1
		while [ $r -le $rounds ]; do
			import "w$w" "r$r-" 3 >>"$T/w$w.out" 2>>"$T/w$w.err" || echo failed >>"$T/w$w.err"
			r=$((r + 1))
		done
	) &
	pids="$pids $!"
	w=$((w + 1))
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/w*.err)" '' 'every writer succeeded'
all=$((writers * rounds * 3))
is "$(sql 'SELECT count(*), min(seq), max(seq), count(DISTINCT seq) FROM core.record')" "$all|1|$all|$all" \
	'numbers 1 to the last without a gap'
is "$(sql 'SELECT last_seq FROM core.facility')" $all 'the facility knows the last number'
is "$(sql "SELECT doc::json ->> 'count' FROM core.document WHERE kind = 'facility'")" $all \
	'the document counts them all'
is "$(sql "SELECT count(*) FROM api.verify_records(0, 10) v WHERE v.problem IS NOT NULL")" 0 'records verify'
is "$(sql "SELECT count(*) FROM api.verify_documents('facility', '', 10) v WHERE v.problem IS NOT NULL")" 0 \
	'documents verify'

# A writer that gives up leaves no gap.
psql -XqAt "$DSN user=qr_migrate" >/dev/null <<'SQL'
BEGIN;
SELECT api.import_begin('records', 'gone', NULL, NULL) AS b \gset
INSERT INTO pg_temp.stage_record (line, key, facility_source, facility_key, type, performed_on)
VALUES (1, 'x', 'seq', 'one', 'clean', '2026-01-01');
SELECT count(*) FROM api.import_records(:b, 'refuse', false);
ROLLBACK;
SQL
import after x 1 >/dev/null
is "$(sql 'SELECT max(seq), count(*) FROM core.record')" "$((all + 1))|$((all + 1))" \
	'a transaction rolled back leaves no gap'
# Two imports of one source and key at the same time: one record.
import same k 1 >"$T/same1" 2>&1 &
p1=$!
import same k 1 >"$T/same2" 2>&1 &
p2=$!
wait $p1
wait $p2
is "$(sql "SELECT count(*) FROM core.record WHERE source = 'same'")" 1 'the same row from two imports is one record'

# Notices: one a changed document, in the transaction of the change.
sql_notices() { # SQL: what a listener of this session is told
	deploy/pg psql "$CLUSTER" -qAt -v ON_ERROR_STOP=1 -c 'LISTEN qr_doc' -c "$1" -c 'SELECT 1' |
		sed -n 's/^Asynchronous notification "qr_doc" with payload "\(.*\)" received.*$/\1/p' | sort
}
code=$(sql 'SELECT code FROM core.facility')
got=$(sql_notices "UPDATE core.facility SET name = 'neu'; SELECT core.publish('facilities', array_agg(id)) FROM core.facility")
is "$got" "facility $code $(sql "SELECT version FROM core.document WHERE kind = 'facility'")" \
	'one notice with key and version'
is "$(sql_notices "SELECT core.publish('facilities', array_agg(id)) FROM core.facility")" '' \
	'nothing changed: no notice'
told=$(sql_notices "UPDATE core.word SET name = '{\"zh-CN\":\"x\",\"en\":\"x\"}' WHERE code = 'none';
	SELECT api.publish_seeds()")
is "$(printf '%s\n' "$told" | grep -c '^all$')" 1 'more than a hundred documents: all'
is "$(printf '%s\n' "$told" | grep -c '^record ')" 0 'without naming each'
is "$(sql_notices "BEGIN; UPDATE core.facility SET name = 'x'; SELECT core.publish('facilities', array_agg(id)) FROM core.facility; ROLLBACK")" '' \
	'a rollback tells nobody'
done_testing
