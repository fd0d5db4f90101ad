#!/bin/bash
# The database changes, stops, hangs, comes back, is migrated: what residents see.
. tests/lib.sh
. tests/faults/lib.sh

cluster_start
documents
start_daemon server.workers=2 limits.page=0 database.read_ms=1000
wait_for 10 curl -fsS "$ADMIN/readyz" || bail 'never ready'

# --- a change shows within a second, on every worker ---
# both workers have the page: many connections, so that each gets some
for _ in $(seq 30); do get /$LABEL >"$T/before"; done
unlike "$(cat "$T/before")" '新地址1号' 'the page before the change'
change() {
	sql "BEGIN;
	UPDATE core.document SET doc = replace(doc, '\"name\":\"', '\"name\":\"$1'),
		version = nextval('core.document_version')
		WHERE (kind, key) = ('facility', 'YMEBNPSDW');
	SELECT pg_notify('qr_doc', 'facility YMEBNPSDW ' || version) FROM core.document
		WHERE (kind, key) = ('facility', 'YMEBNPSDW');
	COMMIT" >/dev/null
}
change '新地址1号'
sleep 1
old=0
for _ in $(seq 30); do get /$LABEL | grep -q '新地址1号' || old=$((old + 1)); done
is "$old" 0 'a committed change is on every worker within 1 s'
# without a notice nobody would know: the cache is what answered before
sql "UPDATE core.document SET doc = replace(doc, '新地址1号', '新地址2号')
	WHERE (kind, key) = ('facility', 'YMEBNPSDW')"
like "$(get /$LABEL)" '新地址1号' 'answered from the cache'
sql "NOTIFY qr_doc, 'all'"
sleep 1
like "$(get /$LABEL)" '新地址2号' '"all" expires everything'
is "$(status /0000000G0)" 404 'an unknown code'
sql "INSERT INTO core.document (kind, key, version, doc) VALUES ('label', '0000000G0',
	nextval('core.document_version'),
	'{\"ref\":7,\"code\":\"0000000G0\",\"state\":\"blank\",\"since\":\"2026-05-20\"}')"
sql "SELECT pg_notify('qr_doc', 'label 0000000G0 ' || version) FROM core.document
	WHERE (kind, key) = ('label', '0000000G0')" >/dev/null
sleep 1
is "$(status /0000000G0)" 200 'a label that is issued is found at once, though it was unknown'

# --- the database stops ---
for _ in $(seq 20); do get /$LABEL >/dev/null; get /f/YMEBNPSDW >/dev/null; done
fresh=$(get /$LABEL)
unlike "$fresh" 'class="old"' 'a fresh page does not say "data as of"'
db_stop fast
sleep 0.5
is "$(status /$LABEL)" 200 'the database is gone: a cached page is still served'
like "$(cat "$T/body")" 'class="old"' 'and says as of when'
like "$(curl -sS -H 'Accept-Language: en' "$URL/$LABEL")" 'class="old"' \
	'also in the other language, made from the kept documents'
is "$(status /f/VWZKK035S)" 503 'a page that is not cached: 503'
like "$(field Retry-After)" '^[0-9]+$' 'with Retry-After'
like "$(cat "$T/body")" '<html' 'as a page'
is "$(status /f/VWZKK035S.json)" 503 'as JSON likewise'
ok 'quickly' [ "$(ms status /f/VWZKK035S)" -lt 500 ]
is "$(curl -sS -o /dev/null -w '%{http_code}' "$ADMIN/healthz")" 200 'alive'
is "$(curl -sS -o /dev/null -w '%{http_code}' "$ADMIN/readyz")" 503 'not ready'
# a worker that starts now answers as well as it can
victim=$(workers | head -n 1)
kill -9 "$victim"
wait_for 5 sh -c "! kill -0 $victim"
sleep 1
is "$(workers | wc -l)" 2 'a worker that dies meanwhile is started again'
answers=$(for _ in 1 2 3 4 5 6 7 8; do status /$LABEL; echo; done | sort -u | tr '\n' ' ')
like "$answers" '^(200 |503 |200 503 )$' "and answers what it can ($answers)"

# --- it comes back ---
db_start
took=$(until_status 200 /f/VWZKK035S 60)
ok "recovered by itself within 5 s ($took tenths)" [ "$took" -le 50 ]
wait_for 5 curl -fsS "$ADMIN/readyz"
sleep 2.5
is "$(curl -sS -o /dev/null -w '%{http_code}' "$ADMIN/readyz")" 200 'ready again'
unlike "$(get /$LABEL)" 'class="old"' 'and the page is fresh again'
change '新地址3号'
sleep 1
like "$(get /$LABEL)" '新地址3号' 'changes are heard again'

# --- crashes under load: only 200 and 503, nothing is lost ---
load 6 6 "$URL/$LABEL" "$URL/f/VWZKK035S" "$URL/b/C5G7SN7DG"
sleep 1
db_stop immediate
sleep 1.5
db_start
loaded
is "$(result lost)" 0 'a database that crashes under load costs no connection'
is "$(($(result ok) + $(result status.503)))" "$(python3 -c 'import json, sys
print(sum(json.load(open(sys.argv[1]))["status"].values()))' "$T/load")" 'every answer is 200 or 503'
ok 'stale pages were served meanwhile' [ "$(result stale)" -gt 0 ]

# --- the database hangs: no answer, no error ---
until_status 200 /f/VWZKK035S 50 >/dev/null
for _ in $(seq 20); do get /$LABEL >/dev/null; done
wait_for 5 curl -fsS "$ADMIN/readyz"
frozen=$(db_pids)
# shellcheck disable=SC2086 # several numbers
kill -STOP $frozen
sleep 5
took=$(ms status /$LABEL)
is "$(status /$LABEL)" 200 'a database that hangs: the cached page is served'
ok "within 5 s ($took ms)" [ "$took" -lt 5000 ]
like "$(cat "$T/body")" 'class="old"' 'with "data as of": nobody knows whether it changed'
took=$(ms status /f/RCGGC3R3A)
is "$(status /f/RCGGC3R3A)" 503 'others get 503'
ok "within 5 s ($took ms)" [ "$took" -lt 5000 ]
# shellcheck disable=SC2086
kill -CONT $frozen
took=$(until_status 200 /f/RCGGC3R3A 60)
ok "recovered within 5 s ($took tenths)" [ "$took" -le 50 ]

# --- scans ---
sql 'DELETE FROM core.scan_day'
curl -sS -o /dev/null -A 'Mozilla/5.0 (phone)' "$URL/$LABEL"
curl -sS -o /dev/null -A 'Mozilla/5.0 (phone)' "$URL/$LABEL"
curl -sS -o /dev/null -A 'Mozilla/5.0 (phone)' -I "$URL/$LABEL"
curl -sS -o /dev/null -A 'Mozilla/5.0 (phone)' -H 'Sec-Purpose: prefetch' "$URL/$LABEL"
curl -sS -o /dev/null -A 'Googlebot/2.1' "$URL/$LABEL"
curl -sS -o /dev/null -A 'Mozilla/5.0 (phone)' "$URL/$LABEL.json"
curl -sS -o /dev/null -A 'Mozilla/5.0 (phone)' "$URL/ZZZZZZZZZ"
wait_for 8 sh -c "[ -n \"\$(psql -XqAt '$DSN user=postgres' -c 'select 1 from core.scan_day')\" ]"
is "$(sql 'SELECT code, count FROM core.scan_day')" "$LABEL|2" \
	'two looks are two scans; HEAD, prefetch, bots, JSON and unknown codes are none'
curl -sS -o /dev/null -A 'Mozilla/5.0 (phone)' "$URL/$LABEL"
sleep 0.2
kill -TERM "$DAEMON"
wait "$DAEMON"
is "$(sql 'SELECT sum(count) FROM core.scan_day')" 3 'scans not yet written are written at the end'

# --- privacy of the log (security.md 41, 42) ---
unlike "$(grep ' http ' "$T/qrsvc.log")" '127\.0\.0\.[1-9]' 'no whole address of a client in the log'
unlike "$(cat "$T/qrsvc.log")" 'Mozilla' 'no agent'
unlike "$(grep "key=$LABEL" "$T/qrsvc.log")" 'client=' \
	'what was looked at and who looked are not on one line'
done_testing
