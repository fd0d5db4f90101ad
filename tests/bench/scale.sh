#!/bin/sh
# `make bench-scale`: how a look-up grows with the city. Four databases of one cluster hold 10^4,
# 10^5, 10^6 and 10^7 facilities, each with its label and both documents (short ones, so that the
# largest fits into memory: about 9 GB of disk, ten minutes).  Rounds go from one to the next, so
# that a drifting machine hits all alike; within a round the time of every call of
# api.public_label() is taken inside the server, and the median of a round counts.
# SCALE_SIZES="4 5 6 7", SCALE_ROUNDS, SCALE_CALLS; target: 10^7 within 1.7 times 10^4.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${SCALE_SIZES:=4 5 6 7}" "${SCALE_ROUNDS:=7}" "${SCALE_CALLS:=20000}"
. tests/lib.sh
free=$(df -Pk build | awk 'NR == 2 { print int($4 / 1048576) }')
case $SCALE_SIZES in
*7*) [ "$free" -ge 20 ] || bail "20 GB of disk are needed, $free GB are free" ;;
esac
cluster_start
deploy/pg stop "$CLUSTER" >/dev/null
# the largest in PostgreSQL's own memory, as a server for a city would have it
buffers=$(awk '/MemTotal/ { mb = int($2 / 3072); print (mb > 7168 ? 7168 : mb) }' /proc/meminfo)
# and in large pages, as PostgreSQL's manual (19.4.5) asks for so much of it: with pages of 4 KB every
# new connection first maps 2 million of them, one fault each, and the rounds measure that
pages=/proc/sys/vm/nr_hugepages large=off
had=$(cat $pages)
if [ "$(id -u)" -eq 0 ] && echo $((buffers / 2 + 160)) 2>/dev/null >$pages; then
	large=try
fi
back() {
	scale_rc=$?
	[ $large = off ] || echo "$had" >$pages
	return $scale_rc
}
trap 'back; lib_cleanup' EXIT
cat >>"$CLUSTER/data/postgresql.conf" <<CONF
shared_buffers = ${buffers}MB
huge_pages = $large
max_wal_size = 16GB
checkpoint_timeout = 1h
wal_level = minimal
max_wal_senders = 0
autovacuum = off
CONF
deploy/pg start "$CLUSTER" >/dev/null || bail 'PostgreSQL does not start again'
echo "large pages: $(awk '/HugePages_(Total|Rsvd|Free)/ { printf "%s %d  ", $1, $2 }' /proc/meminfo)" >&2

# ten EXPONENT: that power of ten
ten() {
	printf '1'
	printf "%0${1}d" 0
}
# in_db DATABASE [psql option...]: the superuser in one of them
in_db() {
	scale_db=$1
	shift
	psql -XqAt -v ON_ERROR_STOP=1 "$DSN user=postgres dbname=$scale_db" "$@"
}
for e in $SCALE_SIZES; do
	sql "CREATE DATABASE scale$e TEMPLATE qrsvc"
	n=$(ten "$e")
	began=$(date +%s)
	in_db "scale$e" -v n="$n" >"$T/load.log" 2>&1 <<'SQL' || bail "$(tail -n 3 "$T/load.log")"
SET session_replication_role = replica;
SET maintenance_work_mem = '1GB';
SET synchronous_commit = off;
BEGIN;
TRUNCATE core.document;
ALTER TABLE core.document DROP CONSTRAINT document_pkey;
INSERT INTO core.document (kind, key, version, link_kind, links, doc)
SELECT 'label', 'L' || substr(md5(i::text), 1, 16), i, 'facility', ARRAY['F' || substr(md5(i::text), 1, 16)],
	'{"state":"active"}'
FROM generate_series(1, :n) i;
INSERT INTO core.document (kind, key, version, doc)
SELECT 'facility', 'F' || substr(md5(i::text), 1, 16), i, '{"ref":1,"x":"' || repeat(md5(i::text), 6) || '"}'
FROM generate_series(1, :n) i;
ALTER TABLE core.document ADD CONSTRAINT document_pkey PRIMARY KEY (kind, key);
COMMIT;
VACUUM (ANALYZE) core.document;
-- what is loaded goes past the server's memory; a look-up is measured warm
CREATE EXTENSION pg_prewarm;
SELECT pg_prewarm('core.document'), pg_prewarm('core.document_pkey');
CREATE SCHEMA scale;
-- microseconds of each call, the median of them
CREATE FUNCTION scale.median(p_n bigint, p_calls int) RETURNS numeric LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
	keys text[] := ARRAY(SELECT 'L' || substr(md5((1 + floor(random() * p_n)::bigint)::text), 1, 16)
		FROM generate_series(1, p_calls));
	us float8[] := array_fill(0::float8, ARRAY[p_calls]);
	t timestamptz;
	rows int;
BEGIN
	FOR i IN 1 .. p_calls LOOP
		t := clock_timestamp();
		SELECT count(*) INTO rows FROM api.public_label(keys[i]);
		us[i] := extract(epoch FROM clock_timestamp() - t) * 1e6;
		IF rows <> 2 THEN
			RAISE EXCEPTION '% documents for %', rows, keys[i];
		END IF;
	END LOOP;
	RETURN (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY u) FROM unnest(us) u);
END
$$;
SQL
	echo "10^$e facilities loaded in $(($(date +%s) - began)) s: $(in_db "scale$e" -c \
		"SELECT pg_size_pretty(pg_total_relation_size('core.document'))")" >&2
done
r=0
while [ $r -le "$SCALE_ROUNDS" ]; do # round 0 warms up
	for e in $SCALE_SIZES; do
		us=$(in_db "scale$e" -c "SELECT scale.median($(ten "$e"), $SCALE_CALLS)") || bail 'a round failed'
		[ $r -eq 0 ] || echo "$r $e $us"
	done
	r=$((r + 1))
done >"$T/rounds"
SIZES=$SCALE_SIZES python3 - "$T/rounds" build/bench.json <<'PY'
import os
import sys

sys.path.insert(0, "tests/bench")
from measure import Table

rows = [line.split() for line in open(sys.argv[1])]
by = {e: [float(us) for _, x, us in rows if x == e] for e in os.environ["SIZES"].split()}
first, *rest = by
table = Table()
for e in rest:
    table.add(f"label to facility, p50 at 10^{e}", "us", by[e], {f"10^{first}": by[first]}, 1.7)
table.write(sys.argv[2], "scale")
PY
