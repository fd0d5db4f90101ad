#!/bin/bash
# `qrsvc doctor`: every warning and every failure it knows is provoked, and is gone when mended.
# timeout: 900
# sanitizers: no, it runs under a limit of memory and a preloaded clock; its units run with them
. tests/lib.sh
. tests/faults/lib.sh

# a name that resolves without asking anybody: a hosts file for the command alone
if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
	skip_all 'only root may give a command its own hosts file and disk'
fi
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-photod >/dev/null
for kind in facilities records; do
	cp deploy/examples/$kind.csv "$T/" && "$qrsvc" import $kind "$T/$kind.csv" >/dev/null ||
		bail "no $kind"
done
"$qrsvc" labels cover >/dev/null 2>&1 || bail 'no labels'
unset QRSVC_DATABASE_DSN
printf '127.0.0.1 localhost\n203.0.113.5 qr.doctor-trial.cn\n' >"$T/hosts"
key=$T/keys/chain
mkdir "$T/keys"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/keys"
as_user "$qrsvc" keygen "$key" >/dev/null
reload() { sql 'SELECT pg_reload_conf()' >/dev/null; }
set_to() { sql "ALTER SYSTEM SET $1 = $2" && reload; }
shows() { [ "$(sql "SHOW $1")" = "$2" ]; }
# a test cluster gives up what only matters when the machine dies: as in production, for now
set_to fsync on
set_to full_page_writes on
wait_for 5 shows full_page_writes on
day() { date -u -d "$1" +%F; }
utc() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }
# a certificate for NAME that ends in DAYS
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$2" \
		-subj /CN=x -addext "subjectAltName=$1" -keyout "$T/tls.key" -out "$T/$3.pem" 2>/dev/null
}
certificate DNS:other.cn,DNS:QR.doctor-trial.cn 90 good
certificate DNS:*.doctor-trial.cn 15 soon
certificate DNS:qr.doctor-trial.cn 3 now
certificate DNS:other.cn,DNS:*.cn,IP:203.0.113.5 90 other
printf 'base %s\nwal %s\ndrill %s\n' "$(utc -1hour)" "$(utc now)" "$(utc -1day)" >"$T/backup"
chmod 644 "$T/backup" "$T"/*.pem
good=(staff.hash_mem=20M server.base_url=https://QR.DOCTOR-TRIAL.CN "chain.key=$key" "operate.certificate=$T/good.pem"
	operate.domain_until="$(day +1year)" operate.backup_state="$T/backup")
start_daemon "${good[@]}"
ready() { curl -fsS -m 2 -o /dev/null "$ADMIN/readyz"; }
wait_for 20 ready
published() { [ "$(status /chain.json)" = 200 ]; }
wait_for 20 published

# doctor [section.key=value...]: its lines in $T/said, its status in $rc
doctor() {
	daemon_conf "${good[@]}" "$@"
	alone 'mount --bind "$1" /etc/hosts' "$T/hosts" env "${with[@]}" "$qrsvc" \
		--config "$T/qrsvc.conf" doctor "${words[@]}" >"$T/said" 2>"$T/err"
	rc=$?
}
words=()
# alone MOUNT ARGUMENT COMMAND...: as the ordinary user, with one mount nobody else sees
alone() {
	unshare -m sh -c "$1"' && shift && exec "$@"' - "$2" setpriv --reuid="$QR_UID" \
		--regid="$QR_GID" --clear-groups "${@:3}"
}
with=(LC_ALL=C.UTF-8)
# says MARK WHAT REGEX DESCRIPTION: there is such a line, the status fits, and it says what to do
says() {
	like "$(cat "$T/said" "$T/err")" "^$1 +$2 +.*$3.*; do: ." "$4" &&
		[ "$rc" -eq "$([ "$1" = fail ] && echo 2 || echo 1)" ]
	[ "$1" != fail ] || is "$rc" 2 "$4: exit status"
}

# --- all is well but the archive, which a test cluster has not ------------------------------------
doctor
is "$rc" 1 'nothing is broken'
is "$(grep -c '^fail' "$T/said")" 0 'no line says fail'
says warn archive off 'no WAL is kept'
for line in address certificate domain disk fonts photos passwords database settings schema roles \
	grants connections clock chain 'chain key' standby backup drill 'own codes' service 'data disk'; do
	ok "well: $line" grep -q "^ok    $line " "$T/said"
done
like "$(tail -n 1 "$T/said")" '^[0-9]+ ok, 1 to look at, 0 broken$' 'the last line counts'
set_to archive_command "'true'"
sql "ALTER SYSTEM SET archive_mode = on"
end "$DAEMON"
db_stop && db_start
start_daemon "${good[@]}"
wait_for 20 ready
doctor
is "$rc" 0 'all is well: status 0'
diag "$(cat "$T/said")"
words=(--quiet)
doctor
words=()
is "$(wc -l <"$T/said")" 1 '--quiet: only the count'
grants() { sql "SELECT md5(string_agg(p.oid || p.proacl::text, ',' ORDER BY p.oid)) FROM pg_proc p"; }
had=$(grants)
doctor
is "$(grants)" "$had" 'it changes no grant'
is "$(sql "SELECT count(*) FROM pg_class WHERE relname LIKE 'doctor%'")" 0 'and leaves no table'

# --- what runs out ---------------------------------------------------------------------------------
doctor operate.certificate=
says warn certificate 'not looked at' 'a certificate nobody named'
doctor operate.certificate="$T/soon.pem"
says warn certificate 'in 1[45] days' 'one that ends in two weeks'
doctor operate.certificate="$T/now.pem"
says fail certificate 'in [23] days' 'one that ends this week'
doctor operate.certificate="$T/other.pem"
says fail certificate 'does not name qr.doctor-trial.cn' 'one for another host'
doctor operate.certificate="$T/nothing.pem"
says fail certificate 'cannot open' 'one that is not there'
doctor operate.certificate="$T/backup"
says fail certificate 'no certificate' 'a file that is none'
doctor operate.domain_until=
says warn domain 'not known' 'a domain nobody dated'
doctor operate.domain_until="$(day +40days)"
says warn domain 'only' 'a domain that ends in 40 days'
doctor operate.domain_until="$(day -2days)"
says fail domain 'has passed' 'a domain that has ended'
doctor operate.domain_until=soon
says fail domain 'no date' 'a date that is none'

# --- the address -----------------------------------------------------------------------------------
doctor server.base_url=https://QR.EXAMPLE.GOV.CN
says fail address "the example's" 'the address of the example'
doctor server.base_url=https://192.168.1.2
says fail address '192.168.1.2' 'a private address'
doctor server.base_url=https://192.168.1.2 labels.trial=on
says warn address 'trial' 'the same for a trial'
doctor server.base_url=https://qr.no-such-name-here.cn
says fail address 'not known' 'a name that does not resolve'

# --- this machine ----------------------------------------------------------------------------------
doctor server.state="$T/none"
says fail disk 'No such file' 'no state folder'
# a small disk: a file system in memory, seen by this command alone
small() {
	daemon_conf "${good[@]}" "server.state=$T/small"
	mkdir -p "$T/small"
	alone "mount -t tmpfs -o size=$1 none \"\$1\"" "$T/small" "$qrsvc" \
		--config "$T/qrsvc.conf" doctor >"$T/said" 2>"$T/err"
	rc=$?
}
small 1G
like "$(cat "$T/said")" '^warn +disk .*1024 MiB free; do: ' 'one gigabyte left'
small 8M
says fail disk '8 MiB free' 'eight megabytes left'
printf '<?xml version="1.0"?>\n<fontconfig><dir>%s</dir><cachedir>%s</cachedir></fontconfig>\n' \
	"$T/nofonts" "$T/fc" >"$T/fonts.none"
mkdir -p "$T/nofonts" "$T/onefont"
cjk=$(fc-match -f '%{file}' 'Noto Sans CJK SC' 2>/dev/null ||
	find /usr/share/fonts -name 'NotoSansCJK-Regular.ttc' | head -n 1)
cp "$cjk" "$T/onefont/"
chmod -R a+rX "$T/onefont" "$T/nofonts"
sed "s|$T/nofonts|$T/onefont|" "$T/fonts.none" >"$T/fonts.one"
with=(FONTCONFIG_FILE="$T/fonts.none")
doctor
says fail fonts 'no label can be drawn' 'no fonts'
with=(FONTCONFIG_FILE="$T/fonts.one")
doctor
says warn fonts 'cannot be printed' 'the first font only'
with=(LC_ALL=C.UTF-8)
doctor server.photod=/bin/true
says fail photos '/bin/true' 'a photo process that ends'
doctor server.photod="$T/none"
says fail photos 'cannot run' 'one that is not there'
with=(LC_ALL=C.UTF-8 GLIBC_TUNABLES=)
daemon_conf "${good[@]}" staff.hash_mem=1G
as_user sh -c 'ulimit -v 600000 && exec "$@"' - "$qrsvc" --config "$T/qrsvc.conf" doctor \
	>"$T/said" 2>"$T/err"
rc=$?
says fail passwords 'no hash of 1024 MiB' 'a hash larger than the memory'
with=(LC_ALL=C.UTF-8)
if command -v faketime >/dev/null; then
	preload=$(find /usr/lib -name libfaketime.so.1 | head -n 1)
	with=(LD_PRELOAD="$preload" FAKETIME=-10s)
	doctor
	says warn clock '(9|10|11) s away' 'ten seconds away'
	with=(LD_PRELOAD="$preload" FAKETIME=-300s)
	doctor
	says fail clock '(299|300|301) s away' 'five minutes away'
	with=(LC_ALL=C.UTF-8)
else
	skip 3 'no faketime here'
fi
doctor server.clock=2026-11-22T08:00:00+08:00
says fail clock 'set to' 'a clock that was set'
doctor server.timezone=Asia/Urumqi
says fail clock 'days begin in' 'another time zone than the database'

# --- the chain -------------------------------------------------------------------------------------
doctor chain.key=
says warn 'chain key' 'signs no heads' 'a host without key'
doctor chain.key="$T/keys/none"
says fail 'chain key' 'none' 'a key that is not there'
cp "$key" "$T/keys/open"
chown --reference="$key" "$T/keys/open"
chmod 644 "$T/keys/open"
doctor chain.key="$T/keys/open"
says fail 'chain key' 'open' 'a key everybody may read'
old() { sql "SET session_replication_role = replica; UPDATE core.chain_head SET at = at - interval '$1'"; }
old 3h
doctor
says warn chain 'h old' 'a head of three hours'
old 30h
doctor
says fail chain 'h old' 'a head of a day'
old -33h
end "$DAEMON"
doctor
says fail 'own codes' 'nobody answers' 'the service is down'
says fail service 'nobody answers' 'and its health'
doctor server.admin=
says warn service 'no listener' 'no listener for health'
start_daemon "${good[@]}"
wait_for 20 published
wait_for 20 ready

# --- the database ----------------------------------------------------------------------------------
for setting in fsync full_page_writes synchronous_commit; do
	set_to $setting off
	wait_for 5 shows $setting off
	doctor
	says fail settings "$setting is off" "$setting off"
	set_to $setting on
	wait_for 5 shows $setting on
done
# a copy that streams: none here (tests/faults/replica.t has one)
ok 'without one nothing has to be done' grep -q '^ok    standby  *none, and none is expected$' "$T/said"
doctor operate.without_standby=go-on
says warn standby 'goes on alone, as .* says' 'a copy is expected, going on was chosen'
doctor operate.without_standby=stop
says fail standby 'stop forbids' 'stopping was chosen, and it goes on'
set_to synchronous_standby_names "'*'"
wait_for 5 shows synchronous_standby_names '*'
doctor
says fail standby 'nothing can be saved' 'commits wait for nobody'
doctor operate.without_standby=stop
says fail standby 'nothing can be saved .without_standby = stop' 'as was chosen'
set_to synchronous_standby_names "''"
wait_for 5 shows synchronous_standby_names ''
sql 'ALTER ROLE qr_rw SET synchronous_commit = off'
doctor
says fail settings 'synchronous_commit is off' 'off for the role that writes'
sql 'ALTER ROLE qr_rw RESET synchronous_commit'
# roles: each change, what is said, and back
role() {
	sql "$1"
	doctor
	says fail roles "$2" "$3"
	sql "$4"
}
role 'ALTER ROLE qr_ro SUPERUSER' 'qr_ro may do what' 'a role with power' 'ALTER ROLE qr_ro NOSUPERUSER'
role 'ALTER ROLE qr_slow NOLOGIN' 'qr_slow cannot log in' 'a role shut out' 'ALTER ROLE qr_slow LOGIN'
role 'ALTER ROLE qr_staff LOGIN' 'qr_staff can log in' 'a role let in' 'ALTER ROLE qr_staff NOLOGIN'
role 'ALTER ROLE qr_ro RESET default_transaction_read_only' 'qr_ro may write' 'a reader that writes' \
	'ALTER ROLE qr_ro SET default_transaction_read_only = on'
role "ALTER ROLE qr_rw SET statement_timeout = 0" 'qr_rw has another' 'no timeout' \
	"ALTER ROLE qr_rw SET statement_timeout = '5s'"
role 'GRANT CONNECT ON DATABASE qrsvc TO PUBLIC' 'PUBLIC may connect' 'everybody may connect' \
	'REVOKE CONNECT ON DATABASE qrsvc FROM PUBLIC'
grant() {
	sql "$1"
	doctor
	says fail grants "$2" "$3"
	sql "$4"
}
grant 'GRANT EXECUTE ON FUNCTION api.user_list() TO qr_ro' 'not by this program: api.user_list' \
	'a grant too many' 'REVOKE EXECUTE ON FUNCTION api.user_list() FROM qr_ro'
grant 'REVOKE EXECUTE ON FUNCTION api.public_label(text) FROM qr_ro' 'missing: api.public_label' \
	'a grant too few' 'GRANT EXECUTE ON FUNCTION api.public_label(text) TO qr_ro'
grant 'CREATE ROLE stranger; GRANT EXECUTE ON FUNCTION api.version() TO stranger' \
	'wrong hands: api.version' 'a stranger' 'DROP OWNED BY stranger; DROP ROLE stranger'
grant 'GRANT SELECT ON core.account TO qr_ro' 'SELECT on core.account' 'a table' \
	'REVOKE SELECT ON core.account FROM qr_ro'
grant 'ALTER TABLE core.record DISABLE ROW LEVEL SECURITY' 'row security of core.record' \
	'row security off' 'ALTER TABLE core.record ENABLE ROW LEVEL SECURITY'
doctor
is "$rc" 0 'all mended: status 0' || diag "$(cat "$T/said")"
number=$(sql 'SELECT max(number) FROM core.migration')
was=$(sql "SELECT sha256 FROM core.migration WHERE number = $number")
name=$(sql "SELECT name FROM core.migration WHERE number = $number")
sql "DELETE FROM core.migration WHERE number = $number"
doctor
says fail schema 'not applied' 'a migration that is missing'
sql "INSERT INTO core.migration (number, name, sha256) VALUES ($number, 'x', 'y')"
doctor
says fail schema 'changed' 'one that was changed'
sql "DELETE FROM core.migration WHERE number = $number"
sql "INSERT INTO core.migration (number, name, sha256) VALUES ($number, '$name', '$was'),
	($((number + 1)), 'x', 'y')"
doctor
says fail schema 'this program does not' 'one this program does not know'
sql "DELETE FROM core.migration WHERE number > $number"
set_to max_connections 30
sql "ALTER SYSTEM SET superuser_reserved_connections = 3"
end "$DAEMON"
db_stop && db_start
doctor server.workers=16
says fail connections 'a reload of this host needs' 'too few connections at all'
doctor server.workers=2
ok 'enough for two workers' grep -q '^ok    connections' "$T/said"
# others hold them
for i in $(seq 20); do
	(cd "$T" && exec sleep 60 | exec psql -XqAt "$DSN user=postgres") >/dev/null 2>&1 &
	lib_pids="$lib_pids $!"
done
held() { [ "$(sql "SELECT count(*) >= 20 FROM pg_stat_activity WHERE usename = 'postgres'")" = t ]; }
wait_for 20 held
doctor server.workers=2
says warn connections 'a reload would want' 'connections in other hands'
set_to archive_command "'false'"
failing() { [ "$(sql 'SELECT failed_count > 0 FROM pg_stat_archiver')" = t ]; }
sql 'SELECT pg_switch_wal() FROM (SELECT txid_current()) x' >/dev/null
wait_for 20 failing
doctor
says fail archive 'could not be archived' 'an archive that refuses'
# backup
doctor operate.backup_state=
says warn backup 'not known' 'no backup named'
doctor operate.backup_state="$T/none"
says fail backup 'cannot open' 'no state of it'
echo 'wal 2026-01-01T00:00:00Z' >"$T/backup"
doctor
says fail backup 'none was ever' 'none finished'
says warn drill 'never' 'none tried'
printf 'base %s\ndrill %s\n' "$(utc -30hours)" "$(utc -200days)" >"$T/backup"
doctor
says warn backup '30 h old' 'one that is late'
says warn drill 'long ago' 'a drill of last year'
printf 'base %s\n' "$(utc -80hours)" >"$T/backup"
doctor
says fail backup '80 h old' 'one that is far too old'
# a clean end, which an archive that refuses would not hold up
db_stop
as_user sh -c "cd / && /usr/lib/postgresql/15/bin/pg_checksums --disable -D '$CLUSTER/data'" >/dev/null 2>&1
db_start
doctor
says fail settings 'data_checksums is off' 'no checksums'
sql "SET session_replication_role = replica; DELETE FROM core.label;
	DELETE FROM core.chain_signature; DELETE FROM core.chain_head"
doctor
says warn chain 'no head' 'no head at all'
says warn 'own codes' 'no active label' 'no label to ask for'
db_stop
doctor
says fail database 'start PostgreSQL|connection|socket' 'no database'
is "$rc" 2 'which is status 2'
as_user "$qrsvc" doctor --nonsense >"$T/said" 2>"$T/err"
is "$?" 2 'an unknown option'
done_testing
