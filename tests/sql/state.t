#!/bin/sh
# The state of a facility is computed twice, by qrsvc/app/state.c for pages and by
# core.state_of() for checks and lists: on made-up facilities of every sort both must agree, day
# by day.
# timeout: 120
. tests/lib.sh
cluster_start
# 240 facilities, the same ones each time: since, cleanings, tests, failures, status by counting
sql "
BEGIN;
UPDATE core.site SET clock = '2026-11-22 10:00:00+08';
SELECT api.import_begin('facilities', 'state', NULL, NULL);
INSERT INTO pg_temp.stage_facility (line, key, kind, org, place_key, place_name, since, status, status_since)
SELECT i, i::text, CASE WHEN i % 12 = 5 THEN 'elderly_care' WHEN i % 12 = 7 THEN 'lift' ELSE 'roof_tank' END,
	CASE i % 4 WHEN 0 THEN 'nyc-mn-05' ELSE '310107021000' END, (i / 8)::text, 'P' || i / 8,
	'2026-11-22'::date - (i * 37) % 500,
	CASE WHEN i % 23 = 0 THEN 'suspended' WHEN i % 29 = 0 THEN 'retired' ELSE 'in_service' END, '2026-11-20'
FROM generate_series(1, 240) i;
SELECT count(*) FROM api.import_facilities((SELECT max(id) FROM core.import_batch), 'refuse', false);
SELECT api.import_begin('records', 'state', NULL, NULL);
INSERT INTO pg_temp.stage_record (line, key, facility_key, type, performed_on, results)
SELECT i * 10 + n, i || '/' || n, i::text,
	CASE WHEN i % 12 IN (5, 7) OR i % 4 = 0 THEN 'inspect' WHEN (i + n) % 2 = 0 THEN 'clean' ELSE 'test' END,
	'2026-11-22'::date - (i * 53 + n * 97) % 420,
	CASE WHEN i % 12 NOT IN (5, 7) AND (i + n) % 3 <> 0 THEN json_build_array(json_build_object('item', 'e_coli', 'word',
		CASE WHEN (i * n) % 7 = 3 THEN 'detected' ELSE 'not_detected' END)) END
FROM generate_series(1, 240) i, generate_series(1, 4) n WHERE n <= i % 5;
SELECT count(*) FROM api.import_records((SELECT max(id) FROM core.import_batch), 'refuse', false);
UPDATE core.site SET clock = NULL;
COMMIT" >/dev/null || bail 'the facilities cannot be made'
is "$(sql "SELECT count(*) FROM core.document WHERE kind = 'facility'")" 240 '240 facilities'
sql 'SELECT code FROM core.facility ORDER BY code' >"$T/codes"
for day in 2026-11-22 2026-12-23 2027-02-28 2027-11-23; do
	start_daemon "server.clock=${day}T20:00:00+08:00"
	sed "s|.*|url = $URL/f/&.json|" "$T/codes" >"$T/urls"
	curl -sS -m 60 -w '\n' -K "$T/urls" | python3 -c '
import json, sys
for line in sys.stdin:
    if line.strip():
        page = json.loads(line)
        print(page["document"]["code"], page["state"])' >"$T/c"
	sql "SELECT f.code || ' ' || api.facility_state(f.code, '$day') FROM core.facility f ORDER BY f.code" >"$T/s"
	is "$(wc -l <"$T/c")" 240 "$day: every page answers"
	diff "$T/c" "$T/s" >"$T/diff"
	tap $? "$day: C and SQL agree" || diag "$(head -n 10 "$T/diff")"
	cut -d' ' -f2 "$T/s" >>"$T/all"
	end "$DAEMON"
done
is "$(sort -u "$T/all" | tr '\n' ' ')" 'due_soon failed no_record on_time overdue retired suspended ' \
	'every state was met'
done_testing
