#!/bin/sh
# Size must not change a plan: with 100,000 facilities and 1,000,000 records every statement behind
# the hot functions looks rows up by index; none reads a big table from end to end.
#
#   SCALE_FACILITIES=1000000 tests/sql/scale.t     ten times that (make bench-scale)
#
# Times are printed for information; only plans are judged. Small tables may be read whole.
# timeout: 1800
. tests/lib.sh
: "${SCALE_FACILITIES:=100000}" "${SCALE_RECORDS:=10}"
cluster_start
deploy/pg stop "$CLUSTER" >/dev/null
cat >>"$CLUSTER/data/postgresql.conf" <<'CONF'
shared_buffers = 512MB
max_wal_size = 8GB
checkpoint_timeout = 1h
wal_level = minimal
max_wal_senders = 0
autovacuum = off
CONF
deploy/pg start "$CLUSTER" >/dev/null || bail 'PostgreSQL does not start again'
before=$(date +%s)
deploy/pg psql "$CLUSTER" -qAt -v facilities="$SCALE_FACILITIES" -v per="$SCALE_RECORDS" \
	-f "$PWD/tests/sql/scale.inc" >"$T/fill.log" 2>&1 || bail "filling failed: $(tail -n 3 "$T/fill.log")"
diag "filled in $(($(date +%s) - before)) s, $(sql "SELECT pg_size_pretty(pg_database_size('qrsvc'))")"
n=$(sql 'SELECT count(*) FROM core.facility')
ok 'as many facilities as asked for' [ "$n" -gt $((SCALE_FACILITIES * 99 / 100)) ]
is "$(sql 'SELECT count(*) FROM core.record')" $((n * SCALE_RECORDS)) 'as many records'
big=$(sql "SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'core'::regnamespace
	AND relkind = 'r' AND reltuples > $SCALE_FACILITIES / 4")
diag "big tables: $big"

plans='LOAD $$auto_explain$$; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
	SET auto_explain.log_format = json; SET auto_explain.log_timing = off; SET jit = off; SET work_mem = $$4MB$$;'
# explain MODE FILE: runs a file of statements with their plans logged, under the daemon's settings.
explain() {
	at=$(stat -L -c %s "$CLUSTER/log")
	deploy/pg psql "$CLUSTER" -qAt -v ON_ERROR_STOP=1 -c "$plans SET plan_cache_mode = $1" -f "$2" >"$T/out" 2>"$T/err" ||
		bail "$(head -n 5 "$T/err")"
}
# shellcheck disable=SC2086 # a list of names
scans() { python3 tests/sql/scale_plans.py "$CLUSTER/log" "$at" $big; }

# The check itself must see a full scan.
echo 'SELECT count(*) FROM core.record WHERE source = $$x$$;' >"$T/bad.sql"
explain auto "$T/bad.sql"
scans >"$T/seen"
like "$(cat "$T/seen")" '^record: SELECT count' 'a full scan is seen'

# What the daemon calls, each twice (the second time from the cached plan).
sql "SELECT format('\\set label %s
\\set facility %s
\\set id %s
\\set place %s
\\set record %s
\\set photo %s', l.code, f.code, f.id, p.code, r.id, encode(x.sha256, 'hex'))
FROM core.facility f JOIN core.label l ON l.facility_id = f.id JOIN core.place p ON p.id = f.place_id
JOIN core.record r ON r.facility_id = f.id AND r.seq = 1 CROSS JOIN (SELECT sha256 FROM core.photo LIMIT 1) x
WHERE f.id = 785" >"$T/vars.sql"
cat >"$T/hot.sql" <<'SQL'
SELECT count(*) FROM api.public_label(:'label');
SELECT count(*) FROM api.public_facility(:'facility');
SELECT count(*) FROM api.public_history(:'facility', 0);
SELECT count(*) FROM api.public_history(:'facility', 1);
SELECT count(*) FROM api.public_record(:'record');
SELECT count(*) FROM api.public_place(:'place');
SELECT count(*) FROM api.public_document('facility', :'facility');
SELECT count(*) FROM api.public_document('reference', 'current');
SELECT count(*) FROM api.label_guess(ARRAY['0K7M2Q9XH', :'label', '7ZZZZZZZC']);
SELECT api.facility_state(:'facility', '2026-11-22');
SELECT length(api.photo_get(decode(:'photo', 'hex'), 320));
SELECT api.scan_add('2026-11-22', ARRAY[:'label', '7ZZZZZZZC'], ARRAY[1, 1]);
SELECT core.publish('facilities', ARRAY[:id]);
SELECT core.publish('places', ARRAY(SELECT id FROM core.place WHERE code = :'place'));
SELECT core.publish_labels(ARRAY[:'label']);
SELECT api.publish_due(10);
SELECT count(*) FROM api.job_take('scale', 10);
SQL
{ cat "$T/vars.sql" "$T/hot.sql" "$T/hot.sql"; } >"$T/run.sql"
for mode in force_generic_plan auto; do
	explain $mode "$T/run.sql"
	got=$(scans)
	rc=$?
	diag "$(printf '%s\n' "$got" | head -n 2)"
	[ "$(printf '%s\n' "$got" | sed -n 's/^plans //p')" -gt 60 ]
	tap $? "$mode: every statement's plan was read"
	tap $rc "$mode: what the daemon calls uses indexes" || diag "$(printf '%s\n' "$got" | tail -n +3)"
done

# What those who log in call: an office above everything, a firm with a few facilities, an upload.
body() {
	printf '{"facility":":facility","type":"clean","date":"2026-10-02","parties":[{"role":"cleaner","party":6}],"fields":{"disinfectant":"a","workers":2},'
	printf '"photos":[{"slot":"before","sha256":"%s"},{"slot":"after","sha256":"%s"}]}' \
		"$(printf p1 | sha256sum | cut -d' ' -f1)" "$(printf p2 | sha256sum | cut -d' ' -f1)"
}
cat >"$T/staff.sql" <<SQL
SELECT api.staff_home(sha256('hall'), NULL, NULL);
SELECT api.staff_home(sha256('hall'), 121.4, 31.1);
SELECT api.staff_home(sha256('firm'), NULL, NULL);
SELECT api.staff_search(sha256('hall'), '小区777 5号楼');
SELECT api.staff_search(sha256('hall'), '小区');
SELECT api.staff_search(sha256('firm'), '小区');
SELECT api.staff_facility(sha256('hall'), :'facility');
SELECT api.staff_facility(sha256('hall'), :'label');
SELECT api.staff_record_form(sha256('hall'), :'facility', 'clean');
SELECT api.staff_record(sha256('hall'), :'record');
BEGIN;
SELECT api.staff_photo_put(sha256('hall'), sha256(n::bytea), 4, 3, sha256(n::bytea), NULL, NULL, NULL, 5, '{320,1280,2048}',
	ARRAY['s', n, 'l']::bytea[]) FROM unnest(ARRAY['p1', 'p2']) n;
SELECT api.staff_record_put(sha256('hall'), '00000000-0000-4000-8000-000000000001',
	replace('$(body)', ':facility', :'facility')::jsonb);
SELECT api.staff_record_act(sha256('street'), '00000000-0000-4000-8000-000000000001', 'confirm', NULL, 1);
SELECT api.staff_home(sha256('street'), NULL, NULL);
ROLLBACK;
SQL
{ cat "$T/vars.sql" "$T/staff.sql" "$T/staff.sql"; } >"$T/run.sql"
for mode in force_generic_plan auto; do
	explain $mode "$T/run.sql"
	got=$(scans)
	tap $? "$mode: what those who log in call uses indexes" || diag "$(printf '%s\n' "$got" | tail -n +3)"
done

# What the command line does to one row, and a piece of verification.
cat "$T/vars.sql" - >"$T/run.sql" <<'SQL'
BEGIN;
SELECT api.import_begin('facilities', 'scale', NULL, NULL) AS b \gset
INSERT INTO pg_temp.stage_facility (line, key, kind, org, place_key, place_name) VALUES
	(1, '790', 'roof_tank', '310107021000', '1', 'x'), (2, 'new', 'roof_tank', '310107021000', 'new', 'y');
SELECT count(*) FROM api.import_facilities(:b, 'revise', false);
SELECT api.import_begin('records', 'scale', NULL, NULL) AS b \gset
INSERT INTO pg_temp.stage_record (line, key, facility_key, type, performed_on, parties, results) VALUES
	(1, '790/1', '790', 'test', '2026-01-01', '[{"role":"lab","name":"x"}]', '[{"item":"ph","num":"7"}]'),
	(2, 'new', '795', 'clean', '2026-01-01', '[{"role":"lab","name":"x"}]', '[{"item":"ph","num":"7"}]');
SELECT count(*) FROM api.import_records(:b, 'revise', true);
SELECT api.import_begin('photos', 'scale', NULL, NULL) AS b \gset
INSERT INTO pg_temp.stage_photo (line, record_key, slot, sha256) VALUES (1, '800/1', 'after', :'photo');
SELECT count(*) FROM api.import_photos(:b, false);
SELECT api.label_damaged('x', :'label', 'torn');
SELECT api.label_replace('x', :'label', 'torn') AS fresh \gset
SELECT api.label_bind('x', :'fresh', :'facility', NULL, '2F', 'moved');
SELECT api.label_printed('x', ARRAY[:'fresh'], 't', NULL, ARRAY[1], NULL);
SELECT api.label_void('x', ARRAY[:'fresh'], 'stolen');
SELECT count(*) FROM api.label_list(ARRAY[:'label'], NULL, NULL, NULL, NULL, NULL, NULL);
ROLLBACK;
SELECT count(*) FROM api.verify_documents('facility', '5', 50);
SELECT count(*) FROM api.verify_documents('label', '5', 50);
SELECT count(*) FROM api.verify_documents('place', '5', 50);
SELECT count(*) FROM api.verify_records(500, 50);
SELECT count(*) FROM api.verify_photos('\x50', 10);
SQL
explain auto "$T/run.sql"
got=$(scans)
tap $? 'import of a row, labels and a piece of verification use indexes' ||
	diag "$(printf '%s\n' "$got" | tail -n +3)"

# For information.
cpu() { # SQL: milliseconds of the server process, user and system
	cat >"$T/cpu.sql" <<SQL
SET jit = off;
SELECT pg_backend_pid() AS p \\gset
\\setenv P :p
\\! cut -d' ' -f14,15 /proc/\$P/stat >&2
$1;
\\! cut -d' ' -f14,15 /proc/\$P/stat >&2
SQL
	deploy/pg psql "$CLUSTER" -qAt -f "$T/cpu.sql" 2>&1 >/dev/null |
		awk -v hz="$(getconf CLK_TCK)" '{ t[NR] = $1 + $2 } END { print int((t[2] - t[1]) * 1000 / hz) }'
}
k=2000
t=$(cpu "SELECT core.publish('facilities', ARRAY(SELECT id FROM core.facility ORDER BY id LIMIT $k))")
diag "documents of $k facilities with $((k * SCALE_RECORDS)) records built and stored: $t ms CPU," \
	"so 100,000 in $((t * 50 / 1000)) s"
{
	echo 'SET plan_cache_mode = force_generic_plan; SET jit = off;'
	cat "$T/vars.sql"
	printf '%s\n' '\timing on'
	sed '/^BEGIN/,$d' "$T/staff.sql"
} >"$T/run.sql"
diag 'first call in a connection, then the second:'
{ cat "$T/run.sql"; sed '/^BEGIN/,$d' "$T/staff.sql"; } >"$T/run2.sql"
deploy/pg psql "$CLUSTER" -qAt -f "$T/run2.sql" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' >"$T/times"
sed -n 's/^SELECT api\.\(staff_[^;]*\);$/\1/p' "$T/run.sql" | while IFS= read -r f; do
	i=$((${i:-0} + 1))
	diag "$(sed -n "${i}p" "$T/times") ms, $(sed -n "$((i + 10))p" "$T/times") ms: $f"
done
code=$(sql 'SELECT code FROM core.label LIMIT 1')
fac=$(sql 'SELECT code FROM core.facility LIMIT 1')
for f in "public_label('$code')" "public_facility('$fac')"; do
	t=$(cpu "DO 'BEGIN FOR i IN 1 .. 50000 LOOP PERFORM * FROM api.${f%%(*}(''$(echo "$f" | cut -d"'" -f2)''); END LOOP; END'")
	diag "api.$f: $((t * 1000 / 50000)) us CPU in the server, without the protocol"
done
done_testing
