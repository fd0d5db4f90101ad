#!/bin/bash
# Reads from a replica that lags: never an older page than what has been announced.
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
# what is committed shows there six seconds later
echo "recovery_min_apply_delay = '6s'" >>"$T/r/data/postgresql.conf"
as_user mkdir -p "$T/r/s"
(cd / && as_user $bin/pg_ctl -D "$T/r/data" -l "$T/r/log" -s -w -o "-k $T/r/s -p 5432" start) ||
	bail 'the replica does not start'
replica() { (cd / && as_user $bin/psql -XqAt -h "$T/r/s" -p 5432 -U postgres -d qrsvc -c "$1"); }
is "$(replica 'SELECT pg_is_in_recovery()')" t 'a replica that lags by six seconds'

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
