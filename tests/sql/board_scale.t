#!/bin/bash
# The board at size: with 100,000 facilities in one office, and in 400 offices of a tree, neither its
# lists nor its numbers read a big table from end to end. Times are printed for information: the first
# page, called as the daemon calls it.
#
#   SCALE_FACILITIES=1000000 tests/sql/board_scale.t     ten times that
# timeout: 900
. tests/lib.sh
: "${SCALE_FACILITIES:=100000}" "${SCALE_RECORDS:=1}"
cluster_start
deploy/pg stop "$CLUSTER" >/dev/null
cat >>"$CLUSTER/data/postgresql.conf" <<'CONF'
shared_buffers = 256MB
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
autovacuum = off
CONF
deploy/pg start "$CLUSTER" >/dev/null || bail 'PostgreSQL does not start again'
# before accounts are made: they hold from the day on which they are
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null || bail 'no clock'
deploy/pg psql "$CLUSTER" -qAt -v facilities="$SCALE_FACILITIES" -v per="$SCALE_RECORDS" \
	-f "$PWD/tests/sql/scale.inc" >"$T/fill.log" 2>&1 || bail "filling failed: $(tail -n 3 "$T/fill.log")"
n=$(sql 'SELECT count(*) FROM core.facility_line')
ok 'as many lines as facilities asked for' [ "$n" -gt $((SCALE_FACILITIES * 99 / 100)) ]
sql "UPDATE core.session SET since = core.now(), seen_at = core.now(), proved_at = core.now(), expires_at = core.now() + interval '8 hours'" ||
	bail 'no session'

plans='LOAD $$auto_explain$$; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
	SET auto_explain.log_format = json; SET auto_explain.log_timing = off; SET jit = off; SET work_mem = $$4MB$$;'
explain() {
	at=$(stat -L -c %s "$CLUSTER/log")
	deploy/pg psql "$CLUSTER" -qAt -v ON_ERROR_STOP=1 -c "$plans SET plan_cache_mode = force_generic_plan" -f "$1" >"$T/out" 2>"$T/err" ||
		bail "$(head -n 5 "$T/err")"
}
scans() { python3 tests/sql/scale_plans.py "$CLUSTER/log" "$at" facility_line facility place facility_find document record label; }
# what rows and their parts are looked for: the whole board, each list, a page far behind, a search, a firm
cat >"$T/board.sql" <<'SQL'
SELECT api.staff_board(sha256('street'), '{}');
SELECT api.staff_board(sha256('hall'), '{}');
SELECT api.staff_board(sha256('hall'), '{"s":"overdue","n":"50"}');
SELECT api.staff_board(sha256('hall'), '{"s":"failed"}');
SELECT api.staff_board(sha256('hall'), '{"s":"no_record"}');
SELECT api.staff_board(sha256('hall'), '{"s":"due_soon"}');
SELECT api.staff_board(sha256('hall'), '{"s":"on_time","after":"1.2027-03-01.5000"}');
SELECT api.staff_board(sha256('hall'), '{"s":"waiting"}');
SELECT api.staff_board(sha256('hall'), '{"s":"unmanaged"}');
SELECT api.staff_board(sha256('hall'), '{"s":"no_manager"}');
SELECT api.staff_board(sha256('hall'), '{"s":"no_sticker"}');
SELECT api.staff_board(sha256('hall'), '{"s":"unscanned"}');
SELECT api.staff_board(sha256('hall'), '{"s":"overdue","kind":"roof_tank"}');
SELECT api.staff_board(sha256('hall'), '{"s":"all","kind":"lift"}');
SELECT api.staff_board(sha256('hall'), '{"s":"all","m":"6"}');
SELECT api.staff_board(sha256('hall'), '{"s":"all","q":"小区777 5号楼"}');
SELECT api.staff_board(sha256('firm'), '{}');
SELECT api.staff_coverage(sha256('street'), NULL);
SQL
{ cat "$T/board.sql" "$T/board.sql"; } >"$T/run.sql"
explain "$T/run.sql"
got=$(scans)
rc=$?
[ "$(printf '%s\n' "$got" | sed -n 's/^plans //p')" -gt 200 ]
tap $? 'one office: every plan was read'
tap $rc 'one office: no big table is read from end to end' || diag "$(printf '%s\n' "$got" | tail -n +3)"
is "$(sql "SELECT (SELECT sum(n) FROM core.line_tally t JOIN core.org o ON o.id = t.org_id WHERE o.code = '310107021000')")" "$n" 'each line is counted once'

times() { # of the first page, the fifth call on in one connection: 99th of 100 of 200 calls
	{
		printf 'SET jit = off; SET plan_cache_mode = force_generic_plan;\n'
		for _ in 1 2 3 4; do echo "$1;"; done
		printf '\\timing on\n'
		i=0
		while [ $i -lt 200 ]; do
			echo "$1;"
			i=$((i + 1))
		done
	} >"$T/time.sql"
	deploy/pg psql "$CLUSTER" -qAt -f "$T/time.sql" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n |
		awk -v w="$2" '{ t[NR] = $1 } END { printf "%s: median %s ms, p99 %s ms\n", w, t[int(NR / 2)], t[int(NR * 0.99)] }'
}
diag "$(times "SELECT api.staff_board(sha256('hall'), '{}')" "first page, $n facilities in one office")"

# The same in a tree: 20 streets below the district, 20 communities in each.
sql "SET session_replication_role = replica;
	INSERT INTO core.org (parent_id, path, code, name) SELECT d.id, d.path, 's-' || i, '街道' || i FROM core.org d, generate_series(1, 20) i WHERE d.code = '310107000000';
	UPDATE core.org SET path = path || id WHERE code LIKE 's-%';
	INSERT INTO core.org (parent_id, path, code, name) SELECT d.id, d.path, 'c-' || d.id || '-' || i, '居委会' || i FROM core.org d, generate_series(1, 20) i WHERE d.code LIKE 's-%';
	UPDATE core.org SET path = path || id WHERE code LIKE 'c-%';
	CREATE TEMPORARY TABLE c AS SELECT id, path, row_number() OVER (ORDER BY id) - 1 AS k FROM core.org WHERE code LIKE 'c-%';
	UPDATE core.place p SET org_id = c.id FROM c WHERE p.id % 400 = c.k;
	UPDATE core.facility_line l SET org_id = c.id, path = c.path FROM core.place p JOIN c ON c.id = p.org_id WHERE p.id = l.place_id;
	TRUNCATE core.line_tally, core.flag_tally;
	SELECT core.tally_add(ARRAY(SELECT l FROM core.facility_line l), '{}')" >/dev/null || bail 'no tree'
sql 'VACUUM ANALYZE' >/dev/null
sed 's/hall/street/' "$T/board.sql" >"$T/tree.sql"
street=$(sql "SELECT code FROM core.org WHERE code LIKE 's-%' ORDER BY id LIMIT 1")
{
	cat "$T/tree.sql"
	printf "SELECT api.staff_board(sha256('street'), '{\"org\":\"%s\"}');\n" "$street"
} >"$T/tree2.sql"
{ cat "$T/tree2.sql" "$T/tree2.sql"; } >"$T/run.sql"
explain "$T/run.sql"
got=$(scans)
tap $? '400 offices: no big table is read from end to end' || diag "$(printf '%s\n' "$got" | tail -n +3)"
diag "$(times "SELECT api.staff_board(sha256('street'), '{}')" "first page, $n facilities in 400 offices")"
diag "$(times "SELECT api.staff_board(sha256('street'), '{\"org\":\"$street\"}')" "first page, one street of 20 communities")"
diag "$(times "SELECT api.staff_coverage(sha256('street'), NULL)" 'coverage of 20 streets')"
done_testing
