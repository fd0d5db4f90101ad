#!/bin/bash
# deploy/pgbackrest.conf as it stands, but for its folders: whole and differential backups while
# acts go on, everything lost but the repository, and back; to the end and to a moment in between.
# timeout: 300
# sanitizers: no, this is about files
. tests/lib.sh
. tests/faults/lib.sh
command -v pgbackrest >/dev/null || skip_all 'pgbackrest is not installed'

cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
sock=$(readlink "$CLUSTER/socket")
mkdir "$T/repo" "$T/spool" "$T/lock"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/repo" "$T/spool" "$T/lock"
sed "s|^repo1-path=.*|repo1-path=$T/repo|; s|^repo1-cipher-pass=.*|repo1-cipher-pass=$(openssl rand -hex 24)|
	s|^spool-path=.*|spool-path=$T/spool|; s|^pg1-path=.*|pg1-path=$CLUSTER/data|; s|^pg1-socket-path=.*|pg1-socket-path=$sock|
	s|^.global.$|&\nlock-path=$T/lock|; s|^pg1-database=.*|&\npg1-user=postgres|" deploy/pgbackrest.conf >"$T/pgbackrest.conf"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/pgbackrest.conf"
chmod 600 "$T/pgbackrest.conf"
rest() { (cd / && as_user pgbackrest --config="$T/pgbackrest.conf" --stanza=qrsvc "$@") >"$T/out" 2>&1; }
good() { "$@" || { diag "$(tail -n 5 "$T/out")" && false; }; }
for s in 'fsync = on' 'synchronous_commit = on' 'full_page_writes = on' 'archive_mode = on' "archive_timeout = '2s'" \
	"archive_command = 'pgbackrest --config=$T/pgbackrest.conf --stanza=qrsvc archive-push %p'"; do
	sql "ALTER SYSTEM SET $s"
done
db_stop && db_start

ok 'a repository' good rest stanza-create
ok 'what is configured works: WAL goes there' good rest check || bail 'no archive'
ok 'a whole backup' good rest --type=full backup
"$qrsvc" labels issue --count 5 >"$T/acts" || bail 'no labels'
ok 'a difference' good rest --type=diff backup
"$qrsvc" labels issue --count 5 >>"$T/acts"
sleep 1.1
moment=$(sql 'SELECT now()')
sleep 1.1
"$qrsvc" labels issue --count 5 >>"$T/acts"
acts=$(sql 'SELECT count(*) FROM core.label')
wal=$(sql "SELECT pg_walfile_name(pg_switch_wal())")
archived() { sql "SELECT last_archived_wal >= '$wal' FROM pg_stat_archiver" | grep -q t; }
wait_for 60 archived
is "$(grep -rlaF "$(head -n 1 "$T/acts")" "$T/repo" | wc -l)" 0 'nothing can be read in the repository'

# the copy archives nothing
no_archive() { echo 'archive_mode = off' >>"$CLUSTER/data/postgresql.auto.conf"; }

# --- the machine is lost -----------------------------------------------------------------------------
db_stop immediate
as_user rm -rf "$CLUSTER/data"
began=$(date +%s%N)
as_user mkdir -m 700 "$CLUSTER/data"
ok 'everything is brought back' good rest restore || bail 'nothing to go on with'
no_archive
db_start
ended() { [ "$(sql 'SELECT pg_is_in_recovery()')" = f ]; }
wait_for 60 ended
took=$((($(date +%s%N) - began) / 1000000))
is "$(sql 'SELECT count(*) FROM core.label')" "$acts" 'with the last act of before'
"$qrsvc" verify >"$T/verify" 2>&1
is $? 0 'and every document as the tables have it' || diag "$(tail -n 3 "$T/verify")"
diag "RPO: 0 s of what was archived; RTO: $((took / 1000)).$((took % 1000 / 100)) s for a new town"

# --- back to a moment ----------------------------------------------------------------------------------
db_stop fast
ok 'a moment in between' good rest --delta --type=time "--target=$moment" --target-action=promote restore
no_archive
db_start
wait_for 60 ended
is "$(sql 'SELECT count(*) FROM core.label')" $((acts - 5)) 'is before the last acts, and after the others'
done_testing
