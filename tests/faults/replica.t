#!/bin/bash
# Reads from a replica that lags: never an older page than what has been announced, from none that is five
# seconds behind while there is a primary, and without one the page says since when; the doctor knows all that.
# timeout: 300
. tests/lib.sh
. tests/faults/lib.sh

cluster_start
documents
primary=$CLUSTER
psock=$(readlink "$primary/socket")
bin=/usr/lib/postgresql/15/bin
echo 'local replication all peer map=qrsvc' >>"$primary/data/pg_hba.conf"
sql 'SELECT pg_reload_conf()' >/dev/null
mkdir -p "$T/r" && [ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/r"
(cd / && as_user $bin/pg_basebackup -h "$psock" -p 5432 -U postgres -D "$T/r/data" -R -c fast -X stream) ||
	bail 'no replica'
# what is committed shows there a moment later, which is less than the five seconds pages may be behind
echo "recovery_min_apply_delay = '3500ms'" >>"$T/r/data/postgresql.conf"
as_user mkdir -p "$T/r/s"
(cd / && as_user $bin/pg_ctl -D "$T/r/data" -l "$T/r/log" -s -w -o "-k $T/r/s -p 5432" start) ||
	bail 'the replica does not start'
replica() { (cd / && as_user $bin/psql -XqAt -h "$T/r/s" -p 5432 -U postgres -d qrsvc -c "$1"); }
is "$(replica 'SELECT pg_is_in_recovery()')" t 'a replica that lags by three seconds and a half'

DSN="host=$psock,$T/r/s port=5432,5432 dbname=qrsvc"
start_daemon server.workers=2 limits.page=0
wait_for 10 curl -fsS "$ADMIN/readyz"
pages() { replica "SELECT count(*) FROM pg_stat_activity WHERE usename = 'qr_ro' AND application_name = 'qrsvc'"; }
ok 'pages are read from the replica' [ "$(pages)" -ge 2 ]
is "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename IN ('qr_listen', 'qr_rw')
	AND application_name = 'qrsvc'")" 4 'changes are heard of, and written, at the primary'
is "$(status /$LABEL)" 200 'a page'
for _ in $(seq 20); do get /$LABEL >/dev/null; done

change() {
	sql "BEGIN;
	UPDATE core.document SET doc = replace(doc, '\"name\":\"', '\"name\":\"$1'),
		version = nextval('core.document_version')
		WHERE (kind, key) = ('facility', 'YMEBNPSDW');
	SELECT pg_notify('qr_doc', 'facility YMEBNPSDW ' || version) FROM core.document
		WHERE (kind, key) = ('facility', 'YMEBNPSDW');
	COMMIT" >/dev/null
}
# for ten seconds after LISTEN began all reads go to the primary
sleep 10
for n in 1 2 3; do
	change "新地址$n号"
	sleep 0.3
	old=0
	for _ in $(seq 20); do get /$LABEL | grep -q "新地址$n号" || old=$((old + 1)); done
	is "$old" 0 "change $n is on the pages though the replica does not have it yet"
	is "$(replica "SELECT count(*) FROM core.document WHERE (kind, key) = ('facility', 'YMEBNPSDW')
		AND doc LIKE '%新地址$n号%'")" 0 'which it has not'
done
sleep 1.5
ok 'reads were repeated at the primary' [ "$(metric qrsvc_cache_refetched_total)" -gt 0 ]
# a page that is read for the first time after the announcement
is "$(get /f/YMEBNPSDW | grep -c '新地址3号')" 1 'nor does a page come old that nobody has asked for before'
# a label that is new to the replica too
is "$(status /0000000G0)" 404 'an unknown code'
sql "INSERT INTO core.document (kind, key, version, doc) VALUES ('label', '0000000G0',
	nextval('core.document_version'),
	'{\"ref\":7,\"code\":\"0000000G0\",\"state\":\"blank\",\"since\":\"2026-05-20\"}')"
sql "SELECT pg_notify('qr_doc', 'label 0000000G0 ' || version) FROM core.document
	WHERE (kind, key) = ('label', '0000000G0')" >/dev/null
sleep 0.3
is "$(status /0000000G0)" 200 'a label is found though the replica does not know it yet'
change '新地址4号'
sql "NOTIFY qr_doc, 'all'"
sleep 0.3
is "$(get /$LABEL | grep -c '新地址4号')" 1 'after "all" too'

# --- the doctor, with and without synchronous commits ---
qrsvc=$(program qrsvc)
# doctor MARK REGEX WHAT [section.key=value...]: its line on standbys
doctor() {
	daemon_conf server.workers=2 limits.page=0 "${@:4}"
	as_user "$qrsvc" --config "$T/qrsvc.conf" doctor >"$T/said" 2>&1
	like "$(grep ' standby ' "$T/said")" "^$1 +standby +.*$2" "$3"
}
set_to() { sql "ALTER SYSTEM SET $1 = $2" && sql 'SELECT pg_reload_conf()' >/dev/null; }
shows() { [ "$(sql "SHOW $1")" = "$2" ]; }
primary_at() { sql 'SELECT pg_current_wal_flush_lsn()'; }
has() { [ "$(replica "SELECT pg_last_wal_replay_lsn() >= '$1'")" = t ]; }
doctor warn '1 streams, but commits do not wait for it.*; do: .*synchronous_mode' 'a copy nobody waits for'
set_to synchronous_standby_names "'*'"
wait_for 5 shows synchronous_standby_names '*'
doctor warn 'not said what holds with none left; do: .*without_standby' 'a choice nobody named'
doctor ok '1 streams, commits wait for it; with none left the primary goes on$' 'all is well' \
	operate.without_standby=go-on
doctor ok 'with none left writes stop$' 'the other choice' operate.without_standby=stop
sql 'ALTER ROLE qr_rw SET synchronous_commit = local'
doctor warn 'commits do not wait for it' 'those of the role that writes do not' operate.without_standby=stop
sql 'ALTER ROLE qr_rw RESET synchronous_commit'
set_to synchronous_standby_names "'somebody_else'"
wait_for 5 shows synchronous_standby_names somebody_else
psql -XqAt "$DSN user=qr_rw target_session_attrs=primary" \
	-c "SELECT pg_logical_emit_message(true, 'qrsvc', 'waits')" >/dev/null 2>&1 &
lib_pids="$lib_pids $!"
waits() {
	[ "$(sql "SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'qr_rw' AND wait_event = 'SyncRep'
		AND clock_timestamp() - query_start > interval '5 s'")" = t ]
}
wait_for 30 waits
doctor fail 'commits wait for another .[1-9][0-9]* writes now.; do: ' 'the one that is waited for is another' \
	operate.without_standby=stop
set_to synchronous_standby_names "''"
wait_for 5 shows synchronous_standby_names ''

# --- replay is paused: pages are read from the primary ---
lagging() { [ "$(metric qrsvc_db_standby_lags)" -ge "$1" ]; }
level() { [ "$(metric qrsvc_db_standby_lags)" = 0 ]; }
wait_for 30 has "$(primary_at)"
wait_for 30 level
ok 'nobody says that the replica lags' level
now() { date +%s%N | cut -c1-13; }
replica 'SELECT pg_wal_replay_pause()' >/dev/null
paused=$(now)
# nobody is told which documents change: only how far the replica is says that it is old
sql "UPDATE core.document SET doc = replace(doc, '\"name\":\"', '\"name\":\"新地址5号'),
	version = nextval('core.document_version') WHERE kind = 'facility'"
sql "NOTIFY qr_doc, 'all'"
ok 'both workers notice that it lags' wait_for 30 lagging 2
diag "noticed $(($(now) - paused)) ms after the pause"
# beyond the ten seconds in which all reads go to the primary
while [ $(($(now) - paused)) -lt 13000 ]; do sleep 0.2; done
old=0 marked=0 n=0
for key in $(sql "SELECT key FROM core.document WHERE kind = 'facility' ORDER BY key"); do
	get "/f/$key.json" >"$T/page"
	grep -q '新地址5号' "$T/page" || old=$((old + 1))
	! grep -q '"stale":true' "$T/page" || marked=$((marked + 1))
	n=$((n + 1))
done
is "$old" 0 "no page is old that nobody had asked for since ($n asked)"
is "$marked" 0 'and none has to say that it is'
nok 'which the replica still is' has "$(primary_at)"
ok 'the log says so' logged 'db.standby_lags'
doctor warn 'lags: .* missing.*; do: .*pg_wal_replay_resume' 'the doctor says it, too' operate.without_standby=stop

# --- and the primary is gone meanwhile: its pages say of when they are ---
db_stop immediate
gone=$(now)
marked() { [ "$(status "/f/$1.json")" = 200 ] && grep -q '"stale":true' "$T/body"; }
ok 'a page of the replica says "data as of"' wait_for 20 marked RCGGC3R3A
diag "said $(($(now) - gone)) ms after the primary was gone"
as_of=$(date -d "$(sed -n 's/.*"as_of":"\([^"]*\)".*/\1/p' "$T/body")" +%s)
# nothing that was committed after the pause is on it, so it may not claim a later time
ok "and of when replay stopped, not of when the primary was last heard ($((as_of - paused / 1000)) s)" \
	[ "$as_of" -le $((paused / 1000 + 1)) ]
ok 'nor of long before' [ "$as_of" -ge $((paused / 1000 - 60)) ]
replica 'SELECT pg_wal_replay_resume()' >/dev/null
db_start
back=$(now)
clean() { [ "$(status "/f/$1.json")" = 200 ] && ! grep -q '"stale":true' "$T/body"; }
ok 'with the primary back the words go' wait_for 30 clean RCGGC3R3A
diag "gone $(($(now) - back)) ms after the primary was back"
ok 'and the replica is believed again when it has caught up' wait_for 60 logged 'db.standby_caught_up'
diag "caught up and believed after $(($(now) - back)) ms"
ok 'by both workers' wait_for 30 level
wait_for 30 has "$(primary_at)"

# --- the replica goes, then the primary ---
(cd / && as_user $bin/pg_ctl -D "$T/r/data" -s -w -m immediate stop)
took=$(until_status 200 /f/RCGGC3R3A 50)
ok "without the replica pages come from the primary ($took tenths)" [ "$took" != never ]
(cd / && as_user $bin/pg_ctl -D "$T/r/data" -l "$T/r/log" -s -w -o "-k $T/r/s -p 5432" start)
db_stop immediate
took=$(until_status 200 /f/VWZKK035S 60)
ok "without the primary pages come from the replica ($took tenths)" [ "$took" != never ]
is "$(grep -c 'class="old"' "$T/body")" 1 'and say as of when: the replica may lag'
is "$(status /$LABEL)" 200 'a page seen before'
# ten seconds after the loss reads go to the replica at once, and are no fresher for that
lost=$(date +%s)
fresh() { # a page that does not say that it is old, within fifteen seconds
	while [ $(($(date +%s) - lost)) -lt 15 ]; do
		get "/$1" | grep -q 'class="old"' || return 0
		sleep 0.2
	done
	return 1
}
nok 'pages go on saying so for as long as the primary is gone' fresh "$LABEL"
is "$(get /f/RCGGC3R3A | grep -c 'class="old"')" 1 'so does one that had not been asked for meanwhile'
(cd / && as_user $bin/pg_ctl -D "$T/r/data" -s -m immediate stop)
done_testing
