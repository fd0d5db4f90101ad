#!/bin/bash
# Load and writes while PostgreSQL is restarted and crashed, the daemon is reloaded, and its
# processes are killed, in turn: what was acknowledged is there, and every complete request got
# an answer, but those a killed worker held.  `make soak` runs it for ten minutes.
# timeout: 1500
. tests/lib.sh
. tests/faults/lib.sh
seconds=${SOAK_SECONDS:-40}

cluster_start
documents
# acknowledged means durable: what PG_FAST took away is given back
for s in 'fsync = on' 'synchronous_commit = on' 'full_page_writes = on'; do
	sql "ALTER SYSTEM SET $s"
done
db_stop fast && db_start
start_daemon server.workers=2 limits.page=0 server.access_log=off
wait_for 10 curl -fsS "$ADMIN/readyz" || bail 'never ready'
export QRSVC_DATABASE_DSN="$DSN" QRSVC_SERVER_BASE_URL=https://QR.EXAMPLE.GOV.CN
qrsvc=$(program qrsvc)
# the made documents have no tables behind them: verify names them before and after
verify() { "$qrsvc" verify 2>/dev/null | grep '^document'; }
verify >"$T/before"

# The ledger: codes of labels whose issue was acknowledged by exit status 0.
: >"$T/acknowledged"
writer() {
	while [ ! -e "$T/stop" ]; do
		if timeout 20 "$qrsvc" labels issue --count 5 --who soak >"$T/issued" 2>>"$T/writer.err"; then
			cat "$T/issued" >>"$T/acknowledged"
		else
			sleep 0.2
		fi
	done
}
writer &
writer=$!
threads=8
load "$seconds" $threads "$URL/$LABEL" "$URL/$PLACE_LABEL" "$URL/$VOID" "$URL/0K7M2Q9XH" "$URL/"

# killed processes take a moment to let go of the folder
db_again() { wait_for 20 db_start || diag 'PostgreSQL does not start'; }
kills=0
turns=0
end=$(($(date +%s) + seconds - 8))
while [ "$(date +%s)" -lt $end ]; do
	sleep 3
	case $((turns % 6)) in
	0) kill -HUP "$DAEMON" ;;
	1)
		db_stop immediate
		db_again ;;
	2) kill -9 "$(workers | head -n 1)" && kills=$((kills + 1)) ;;
	3) # shellcheck disable=SC2046 # a list of process ids
		kill -9 $(db_pids) 2>/dev/null
		db_again ;;
	4) pkill -9 -P "$DAEMON" -f -- --jobs ;;
	5) pkill -9 -P "$DAEMON" -f photod ;;
	esac
	turns=$((turns + 1))
done
loaded
touch "$T/stop"
wait $writer
diag "$turns faults, $kills killed workers, $(wc -l <"$T/acknowledged") codes acknowledged"

ok 'all kinds of faults had their turn' [ "$turns" -ge 6 ]
ok 'pages were answered all along' [ "$(result ok)" -gt $((seconds * 50)) ]
ok 'a killed worker loses at most one request a connection, nobody else loses any' \
	[ $(($(result lost) + $(result refused))) -le $((kills * threads)) ]
is "$(($(result status.500) + $(result status.502)))" 0 'nothing failed without saying when to come back'
wait_for 15 curl -fsS "$ADMIN/readyz"
ok 'the daemon is ready by itself' curl -fsS -o /dev/null "$ADMIN/readyz"
is "$(workers | wc -l)" 2 'both workers are there'

ok 'writes were acknowledged meanwhile' [ "$(wc -l <"$T/acknowledged")" -ge 10 ]
sort -u "$T/acknowledged" >"$T/want"
sql "SELECT code FROM core.label JOIN core.document d ON d.kind = 'label' AND d.key = code" |
	LC_ALL=C sort >"$T/have"
is "$(LC_ALL=C comm -23 "$T/want" "$T/have" | wc -l)" 0 'each acknowledged code is stored and published'
is "$(wc -l <"$T/want")" "$(wc -l <"$T/acknowledged")" 'and none was given twice'
is "$(status "/$(tail -n 1 "$T/want")")" 200 'and has its page'
verify >"$T/after"
is "$(cat "$T/after")" "$(cat "$T/before")" 'no document differs from the tables but the made ones'
done_testing
