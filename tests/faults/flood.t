#!/bin/bash
# A flood of reports from a few neighbourhoods, with the limits of the front door off: pages are served
# meanwhile, an honest resident is heard, the handlers' list stays readable, nothing of the senders is
# kept.  2,000 reports; 10,000 with TEST_ALL=1.
# timeout: 300
. tests/lib.sh
. tests/staff.sh
town
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null
start_daemon limits.form=0 limits.page=0 server.trusted_proxy=127.0.0.1 server.clock=2026-11-22T10:00:00+08:00
n=$([ -n "${TEST_ALL:-}" ] && echo 10000 || echo 2000)
all=$(sql 'SELECT string_agg(code, $$ $$ ORDER BY code) FROM core.facility')
# shellcheck disable=SC2086 # codes without blanks
python3 tests/faults/flood.py "$URL" "$n" $all >"$T/said" || bail "flood.py: $(cat "$T/said")"
said() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$T/said" "$1"; }
is "$(said reports)" "$n" "$n reports were sent"
is "$(said strange)" '{}' 'each was taken or told to come later'
ok 'most were told to come later' [ "$(said refused)" -gt $((n / 2)) ]
ok 'pages were asked for meanwhile' [ "$(said pages)" -gt 0 ]
is "$(said pages_bad)" 0 'and each of them served'
# four neighbourhoods, ten an hour each, whatever they say
ok 'few reached the list' [ "$(sql "SELECT count(*) FROM core.ticket WHERE state NOT IN ('quarantine', 'joined')")" -le 41 ]
is "$(sql "SELECT count(*) FROM core.ticket WHERE state = 'quarantine' AND why NOT IN ('source', 'form', 'words', 'flood')")" 0 \
	'the others wait, and it is said why'
ok 'their number has an end' [ "$(sql 'SELECT count(*) FROM core.ticket')" -le 241 ]
is "$(sql "SELECT t.state FROM core.ticket t JOIN core.ticket_text x ON x.ticket_id = t.id WHERE x.value = 'honest'")" new \
	'the honest resident of another neighbourhood is heard at once'
is "$(sql "SELECT count(*) FROM core.ticket WHERE due_step IS NULL AND state = 'new'")" 0 'and has a clock'
nok 'no address of a sender is kept' grep -q '203\.0\.113\|198\.51\.100' <<EOF
$(deploy/pg psql "$CLUSTER" -qAt -c 'SELECT t::text FROM core.ticket t' -c 'SELECT s::text FROM core.ticket_source s' \
	-c 'SELECT x::text FROM core.ticket_step x' -c 'SELECT a::text FROM core.audit a')
EOF
ok 'the log has prefixes' grep -q 'client=203\.0\.113\.0' "$T/qrsvc.log"
nok 'and no whole address' grep -Eq '203\.0\.113\.[1-9]|198\.51\.100\.[1-9]' "$T/qrsvc.log"
done_testing
