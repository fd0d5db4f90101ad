#!/bin/bash
# Backups: a base and WAL, encrypted, elsewhere; what comes back from them, and what is refused.
. tests/lib.sh
. tests/faults/lib.sh
command -v age >/dev/null || skip_all 'age is not installed'

cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-photod >/dev/null
bin=/usr/lib/postgresql/15/bin
mkdir "$T/away" "$T/keys" "$T/s" "$T/tmp"
install -m 755 deploy/backup deploy/restore-drill "$T/"
for name in backup-key other-key; do age-keygen -o "$T/keys/$name" 2>/dev/null; done
age-keygen -y "$T/keys/backup-key" >"$T/keys/backup.pub"
conf() { # TO [MORE]
	printf 'TO=%s\nRECIPIENTS=%s\nSTATE=%s\nDSN="%s user=postgres"\n%s\n' "$1" "$T/keys/backup.pub" \
		"$T/s/state" "$DSN" "${2:-}"
}
conf "$T/away" >"$T/backup.conf"
chmod 644 "$T/backup.conf"
[ "$(id -u)" -ne 0 ] || chown -R "$QR_UID:$QR_GID" "$T/away" "$T/keys" "$T/s" "$T/tmp"
export BACKUP_CONF="$T/backup.conf" TMPDIR="$T/tmp" QRSVC="$qrsvc"
backup() { (cd / && as_user "$T/backup" "$@") >"$T/out" 2>"$T/err"; }
drill() {
	(cd / && as_user env PG_FAST=1 "$T/restore-drill" --identity "$T/keys/backup-key" --config "$T/qrsvc.conf" "$@") >"$T/out" 2>"$T/err"
	rc=$?
	diag "$(cat "$T/out" "$T/err")"
	return $rc
}
nok 'without archiving the check complains' backup check
like "$(cat "$T/err")" 'archive_mode is off' 'and says why'

# --- a cluster that archives, with records, photos and labels ---------------------------------------
echo 'local replication all peer map=qrsvc' >>"$CLUSTER/data/pg_hba.conf"
sql 'ALTER SYSTEM SET archive_mode = on' && sql "ALTER SYSTEM SET archive_timeout = '1s'"
sql "ALTER SYSTEM SET archive_command = 'BACKUP_CONF=$BACKUP_CONF $T/backup wal %p'"
db_stop && db_start
cp deploy/examples/*.csv "$T/"
mkdir "$T/photos"
make -s B="$B" "$B/demophoto" >/dev/null
for slot in before after; do
	"$B/demophoto" --slot $slot --width 640 --height 480 -o "$T/photos/t1-$slot.jpg"
done
for kind in facilities records photos; do
	"$qrsvc" import $kind "$T/$kind.csv" >/dev/null 2>"$T/err" || bail "no $kind: $(cat "$T/err")"
done
"$qrsvc" labels cover >/dev/null 2>&1
ok 'what is configured works' backup check
ok 'a base' backup base
base=$(cat "$T/out")
is "$(find "$T/away/base" -type f | wc -l)" 2 'stands there, with what it needs'
is "$(find "$T/away" -type f -perm /077 | wc -l)" 0 'for its owner alone'
like "$(cat "$T/s/state")" '^base 20[0-9-]+T[0-9:]+Z$' 'noted for the doctor'
is "$(stat -c %a "$T/s/state")" 644 'who may read it'
start_daemon server.base_url=https://QR.EXAMPLE.GOV.CN
# acts after the base: only WAL has them
for i in $(seq 12); do "$qrsvc" labels issue --count 1 >/dev/null; done
written() { ls "$T"/away/wal/*.gz.age 2>/dev/null | sed 's|.*/||' | cut -c9-24 | sort | tail -n 1; }
there() { [ -n "$(written)" ] && ! [ "$(written)" \< "$1" ]; }
# the piece before the one in use now holds all acts
piece=$(sql "SELECT substr(pg_walfile_name(pg_switch_wal()), 9, 16)")
ok 'WAL goes away by itself' wait_for 20 there "$piece"

# --- the drill --------------------------------------------------------------------------------------
ok 'the drill: all of it comes back' drill
like "$(cat "$T/out")" '^well   service: ([0-9]+) of \1 pages open' 'pages open on the copy'
like "$(cat "$T/out")" '^well   pg_amcheck' 'every page of the tables is whole'
like "$(cat "$T/out")" '^well   verified: [0-9]+ facilities, 5 records, 2 photos' 'everything verifies'
like "$(cat "$T/out")" '^well   documents: ([0-9]+) in the copy, \1 in the original; \1 compared' 'as many documents'
like "$(cat "$T/out")" '^well   pages: ([1-9][0-9]*) of \1 equal to the byte' 'pages are equal to the byte'
like "$(cat "$T/out")" '^RPO: 0 s, nothing' 'nothing was missing'
seconds() { sed -n "s/^$1: \([0-9]*\).*/\1/p" "$T/out"; }
ok 'RTO: under 15 minutes' [ "$(seconds RTO)" -lt 900 ]
like "$(cat "$T/s/state")" '^drill 20' 'the drill is noted, too'
is "$(ls "$T/tmp")" '' 'nothing of it is left'
# from here on nothing goes away
sql "ALTER SYSTEM SET archive_command = '/bin/false'" && sql 'SELECT pg_reload_conf()' >/dev/null
stopped() { [ "$(sql 'SHOW archive_command')" = /bin/false ]; }
wait_for 5 stopped
"$qrsvc" labels issue --count 1 >/dev/null
tamper() { sql "SET session_replication_role = replica; UPDATE core.document SET doc = $1
	WHERE kind = 'label' AND key = (SELECT min(key) FROM core.document WHERE kind = 'label')"; }
tamper "doc || ' '"
nok 'a document changed behind its version' drill
like "$(cat "$T/out")" '^WRONG  documents: .*; differs: label/' 'is named'
like "$(cat "$T/out")" '^RPO: [0-9.]+ s at most' 'and what is not away yet is counted'
read -r copied there <<<"$(sed -n 's/^WRONG  documents: \([0-9]*\) in the copy, \([0-9]*\) in the original.*/\1 \2/p' "$T/out")"
is "$there" $((copied + 1)) 'one document'
tamper 'rtrim(doc)'
# --- nobody else reads it -----------------------------------------------------------------------------
nok 'no text of a record stands in it' grep -rqa -e "$(sql 'SELECT name FROM core.place LIMIT 1')" "$T/away"
nok 'another key opens nothing' drill --identity "$T/keys/other-key"
like "$(cat "$T/err")" 'age' 'which age says'
nok 'restoring wants the key' backup restore "$T/s/none"
mkdir -p "$T/s/full" && touch "$T/s/full/x"
nok 'and an empty folder' backup restore "$T/s/full"

# --- the original is lost -----------------------------------------------------------------------------
end "$DAEMON"
labels=$(sql 'SELECT count(*) FROM core.label')
db_pids >"$T/pids"
xargs kill -9 <"$T/pids" 2>/dev/null
ended() { ! xargs -n 1 kill -0 <"$T/pids" 2>/dev/null; }
wait_for 10 ended
mv "$CLUSTER/data" "$CLUSTER/lost"
ok 'restored without the original' drill
like "$(cat "$T/out")" '^RPO: [0-9.]+ s at most, since the last commit in the copy' 'it says how old the last commit is'
ok 'RPO: under 5 minutes' [ "$(seconds RPO)" -lt 300 ]
# for good: where the cluster was
ok 'restored for good' drill --keep "$CLUSTER/data"
as_user "$bin/pg_ctl" -D "$CLUSTER/data" -s -m fast stop
cp "$CLUSTER/lost/pg_hba.conf" "$CLUSTER/lost/pg_ident.conf" "$CLUSTER/lost/postgresql.conf" "$CLUSTER/data/"
ok 'starts in its place' db_start
is "$(sql 'SELECT count(*) FROM core.label')" $((labels - 1)) 'with every label but the one that never went away'
rm -rf "$T"/tmp/qrsvc-drill.*

# --- what goes wrong ------------------------------------------------------------------------------------
piece=$(find "$T/away/wal" -name '*.sha256' | sort | head -n 1)
name=$(basename "$piece" .sha256)
echo other >"$T/s/$name" && chmod 644 "$T/s/$name"
nok 'WAL that is there is not replaced by another' backup wal "$T/s/$name"
like "$(cat "$T/err")" 'is another one' 'and it says so'
(cd / && IDENTITY=$T/keys/backup-key as_user env IDENTITY="$T/keys/backup-key" "$T/backup" fetch "$name" "$T/s/$name") 2>/dev/null
is "$(sha256sum <"$T/s/$name" | cut -d' ' -f1)" "$(cat "$piece")" 'fetched, it is what it was'
ok 'the same again is no fault' backup wal "$T/s/$name"
nok 'a name that is none' backup wal "/tmp/x;y"
nok 'no such piece: the end' backup fetch 00000001000000000000FFFF "$T/s/y"
# a base that does not end well leaves nothing
before=$(ls "$T/away/base")
conf "$T/away" "DSN='host=$T/none user=postgres'" >"$T/bad.conf" && chmod 644 "$T/bad.conf"
BACKUP_CONF=$T/bad.conf backup base
is "$?$(ls "$T/away/base")" "1$before" 'a base without a database leaves nothing behind'
conf "$T/away" 'RECIPIENTS=/nonexistent' >"$T/bad.conf"
BACKUP_CONF=$T/bad.conf backup base
is "$?$(ls "$T/away/base")" "1$before" 'nor one that cannot be encrypted'
conf relative >"$T/bad.conf"
BACKUP_CONF=$T/bad.conf backup list
is $? 1 'a place that is none is refused'
# a byte of the base is turned
cp "$T/away/base/$base.tar.gz.age" "$T/s/good"
printf 'X' | dd of="$T/away/base/$base.tar.gz.age" bs=1 seek=200000 conv=notrunc 2>/dev/null
nok 'a damaged base is refused' drill
like "$(cat "$T/err")" 'failed|damaged' 'and said to be'
cp "$T/s/good" "$T/away/base/$base.tar.gz.age"
# --- what is too old goes, by way of another host --------------------------------------------------------
mkdir "$T/bin"
printf '#!/bin/sh\n# plays the other host\nwhile [ "$1" = -o ]; do shift 2; done\n[ "$1" = far.example ] || exit 255\nexec sh -c "$2"\n' >"$T/bin/ssh"
chmod 755 "$T/bin/ssh"
conf "ssh:far.example:$T/away" KEEP=0 >"$T/ssh.conf" && chmod 644 "$T/ssh.conf"
for i in 1 2; do
	# a base is named by its second
	now=$(date +%s) && wait_for 5 sh -c "[ \$(date +%s) -gt $now ]"
	sql 'SELECT pg_switch_wal()' >/dev/null
	(cd / && PATH=$T/bin:$PATH BACKUP_CONF=$T/ssh.conf as_user "$T/backup" base) >"$T/out" 2>"$T/err"
	is $? 0 "a base over ssh ($i)"
done
is "$(find "$T/away/base" -name '*.age' | wc -l)" 2 'the newest two stay'
nok 'the oldest is gone' test -e "$T/away/base/$base.tar.gz.age"
nok 'and WAL that only it needed' test -e "$T/away/wal/$name.gz.age"
PATH=$T/bin:$PATH BACKUP_CONF=$T/ssh.conf backup list
is "$(grep -c '^base' "$T/out")" 2 'the list says so'
done_testing
