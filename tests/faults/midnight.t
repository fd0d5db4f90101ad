#!/bin/bash
# Local midnight: every page says what is true today, with and without a database.
. tests/lib.sh
. tests/faults/lib.sh

cluster_start
documents
# the tank whose cleaning is due on 2026-12-10
F=HVC2QVZCB
state() { get "/f/$F.json" | sed -n 's/.*"state":"\([a-z_]*\)".*/\1/p'; }
state_is() { [ "$(state)" = "$1" ]; }

# 12 s before midnight in Shanghai; the machine's own zone does not matter
TZ=America/New_York
export TZ
start_daemon server.workers=2 limits.page=0 'server.clock=2026-12-10T23:59:48+08:00'
wait_for 5 curl -fsS "$ADMIN/readyz"
is "$(state)" due_soon 'on the day it is due: due soon'
for _ in $(seq 20); do state >/dev/null; get "/f/$F" >"$T/before"; done
misses=$(metric qrsvc_cache_misses_total)
etag=$(curl -sS -o /dev/null -D - "$URL/f/$F" | tr -d '\r' | awk 'tolower($1) == "etag:" { print $2 }')
wait_for 20 state_is overdue
is "$(state)" overdue 'the day after: overdue'
for _ in $(seq 20); do get "/f/$F" >"$T/after"; done
nok 'the page is another one' cmp -s "$T/before" "$T/after"
like "$(cat "$T/after")" '<main class="bad"' 'and says so'
is "$(metric qrsvc_cache_misses_total)" "$misses" 'made from the kept documents, not read again'
ok 'and counted as remade' [ "$(metric qrsvc_cache_remade_total)" -gt 0 ]
is "$(status "/f/$F" -H "If-None-Match: $etag")" 200 "yesterday's page is no longer current"
end "$DAEMON"

# --- the same while the database is gone ---
start_daemon server.workers=1 limits.page=0 'server.clock=2026-12-10T23:59:48+08:00'
wait_for 5 curl -fsS "$ADMIN/readyz"
is "$(state)" due_soon 'before midnight'
db_stop
wait_for 20 state_is overdue
is "$(state)" overdue 'after midnight without a database: overdue'
like "$(get "/f/$F")" 'class="old"' 'with "data as of"'
db_start
end "$DAEMON"

# --- a worker that is started again keeps the shifted clock ---
start_daemon server.workers=1 'server.clock=2026-12-31T12:00:00+08:00'
wait_for 5 curl -fsS "$ADMIN/readyz"
is "$(state)" overdue 'three weeks later'
victim=$(workers)
kill -9 "$victim"
wait_for 5 sh -c "! kill -0 $victim 2>/dev/null"
wait_for 5 curl -fsS "$ADMIN/readyz"
is "$(state)" overdue 'the same after a worker was started again'
kill -HUP "$DAEMON"
renewed() { grep -q 'master.ready' "$T/qrsvc.log" && [ -n "$(workers)" ] && ! grep -q "$(workers)" "$T/old"; }
workers >"$T/old"
wait_for 10 renewed
is "$(state)" overdue 'and after a reload'

# --- a date on which documents change: read again on that day ---
end "$DAEMON"
sql "UPDATE core.document SET next_change = '2026-12-11' WHERE (kind, key) = ('facility', '$F')"
start_daemon server.workers=1 limits.page=0 'server.clock=2026-12-10T23:59:50+08:00'
wait_for 5 curl -fsS "$ADMIN/readyz"
get "/f/$F" >/dev/null
get "/f/$F" >/dev/null
misses=$(metric qrsvc_cache_misses_total)
is "$misses" 1 'read once before that day'
wait_for 20 state_is overdue
is "$(metric qrsvc_cache_misses_total)" 2 'and once more when it comes'
done_testing
