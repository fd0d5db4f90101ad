#!/bin/bash
# Two at the same case at once: whoever comes second sees what the first one did, and no report, rating
# or number is lost.
# timeout: 60
. tests/lib.sh
cluster_start
deploy/pg psql "$CLUSTER" -q -v ON_ERROR_STOP=1 >/dev/null <<'SQL' || bail 'no accounts'
BEGIN;
SET client_min_messages = warning;
UPDATE core.site SET clock = '2026-11-22T10:00:00+08:00';
SELECT api.import_begin('facilities', 'race', NULL, NULL) AS b \gset
INSERT INTO pg_temp.stage_facility (line, key, kind, org, place_name) VALUES (1, 'one', 'roof_tank', '310107021000', 'x');
SELECT count(*) FROM api.import_facilities(:b, 'refuse', false);
SELECT api.user_add('test', '{"login":"hall","name":"h","role":"office","org":"310107021000"}', sha256('i'));
SELECT api.invite_use(sha256('i'), '$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IGhlcmUuLg$' || repeat('B', 43));
SELECT api.auth_lookup('hall', sha256('desk'))::json ->> 'account' AS id \gset
SELECT api.auth_login(:id, true, sha256('desk'), sha256('s'), true, 'Test', NULL);
UPDATE core.session SET state = 'full'; -- the second factor is not what this is about
COMMIT;
SQL
F=$(sql 'SELECT code FROM core.facility')
key() { printf "'00000000-0000-4000-8000-%012d'" "$1"; }
report() { # N [KIND]: as SQL
	echo "SELECT api.ticket_new('a$1', '$F', $(key "$1"), core.ticket_stamp('$F', $(key "$1"), extract(epoch FROM core.now())::bigint - 60), '{\"kind\":\"${2:-smell}\"}', '\\x01')"
}
id() { sql "SELECT id FROM core.ticket WHERE key = $(key "$1")"; }
receipt() { sql "SELECT receipt FROM core.ticket WHERE key = $(key "$1")"; }
act() { echo "SELECT core.ticket_act($1, '$2', NULL, $3, 'x', NULL, NULL)"; } # ID ACT TO
answered() { # N: a case of its own that has an answer
	sql "$(report "$1")" >/dev/null
	sql "$(act "$(id "$1")" accept NULL); $(act "$(id "$1")" answer NULL)" >/dev/null
}
blocked() { test "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")" = 1; }
# at_once FIRST SECOND: the second begins while the first one is under way; what it says is in $T/said.
at_once() {
	rm -f "$T/in"
	mkfifo "$T/in"
	deploy/pg psql "$CLUSTER" -qAt -v ON_ERROR_STOP=1 <"$T/in" >"$T/first" 2>&1 &
	first=$!
	exec 3>"$T/in"
	echo "BEGIN; $1; SELECT 'held';" >&3
	wait_for 10 grep -q held "$T/first" || bail "$(cat "$T/first")"
	sql "$2" -v VERBOSITY=verbose >"$T/said" 2>&1 &
	second=$!
	wait_for 10 blocked || bail "the second one does not wait: $(cat "$T/said")"
	echo 'COMMIT;' >&3
	exec 3>&-
	wait $first $second
}

sql "$(report 1)" >/dev/null
at_once "$(act "$(id 1)" quarantine NULL)" "$(report 2)"
like "$(cat "$T/said")" '"receipt":' 'the same is reported while the first report is set aside: it is taken'
is "$(sql "SELECT state, joined_to FROM core.ticket WHERE id = $(id 2)")" 'new|' 'as a case of its own'
at_once "$(report 3)" "$(report 3)"
like "$(cat "$T/said")" '"again":true' 'one form on two lines at once'
is "$(sql "SELECT count(*), max(no) - min(no) FROM core.ticket WHERE key = $(key 3)")" '1|0' 'is one report'
sql "$(act "$(id 2)" accept NULL); $(act "$(id 2)" answer NULL)" >/dev/null
at_once "SELECT api.ticket_rate('$(receipt 2)', 5)" "SELECT api.ticket_rate('$(receipt 2)', 1)"
like "$(cat "$T/said")" '"rated"' 'two ratings at once: the second one is told'
is "$(sql "SELECT state FROM core.ticket WHERE id = $(id 2)")" answered 'and reopens nothing'
answered 4
at_once "$(act "$(id 4)" close NULL)" "SELECT api.ticket_rate('$(receipt 4)', 1)"
is "$(sql "SELECT t.state, t.due_step, t.closed_at, c.delete_on FROM core.ticket t JOIN core.ticket_contact c ON c.ticket_id = t.id WHERE t.id = $(id 4)")" \
	'working|callback||' 'rated low while it is closed: it is open again, and the number stays'
sql "$(report 5 lid_open)" >/dev/null
at_once "$(act "$(id 5)" transfer "(SELECT id FROM core.org WHERE code = '310107014000')")" \
	"SELECT api.staff_ticket_act(sha256('s'), $(id 5), 'answer', '{\"words\":\"done\"}')"
like "$(cat "$T/said")" 'QR403' 'answered while it is passed on: the office that had it is told'
is "$(sql "SELECT state, answered_at FROM core.ticket WHERE id = $(id 5)")" 'new|' 'and nothing was answered'
done_testing
