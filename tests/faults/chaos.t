#!/bin/bash
# Everything breaks in turn under load, and a ledger says what was acknowledged: each of it is there
# afterwards, once, and every document still follows from the tables.  Some four minutes with each
# fault once; CHAOS_SECONDS=3600 (`make chaos`) goes on drawing faults, CHAOS_SEED repeats a run,
# CHAOS_ONLY='hole fiu_net' takes only those.
# The report lies in build/test/chaos.md.  tests/chaos/faults.py has the faults.
# timeout: 5400
# sanitizers: no, libfiu stands where they want to stand
. tests/lib.sh
. tests/staff.sh
. tests/faults/lib.sh
seconds=${CHAOS_SECONDS:-150}
make -s B="$B" "$B/tests/chaos_preload.so" >"$T/make.log" 2>&1 || bail "$(tail -n 3 "$T/make.log")"
install -m 755 "$B/tests/chaos_preload.so" "$T/preload.so"
fiu=/usr/lib/fiu
[ -e $fiu/fiu_posix_preload.so ] || bail 'libfiu is not installed'

# --- small file systems, for disks that are full --------------------------------------------------
small=
trap 'chaos_end; lib_cleanup' EXIT
chaos_end() {
	chaos_rc=$?
	[ -n "$small" ] || return $chaos_rc
	# shellcheck disable=SC2086,SC2154 # a list; of lib.sh
	[ -z "$lib_pids" ] || qr_stop 5 $lib_pids
	lib_pids=
	deploy/pg stop "$T/pg" immediate >/dev/null 2>&1
	umount "$T/pg" "$T/small"
	return $chaos_rc
}
if [ "$(id -u)" -eq 0 ] && mkdir -p "$T/small" "$T/pg" &&
	mount -t tmpfs -o "size=16m,mode=0700,uid=$QR_UID,gid=$QR_GID" none "$T/small" 2>/dev/null; then
	# room for what an hour writes, since no fault waits for the ballast of another
	mount -t tmpfs -o "size=$((400 + seconds / 4))m,mode=0700,uid=$QR_UID,gid=$QR_GID" none "$T/pg" || bail 'no room'
	small=$T/small
fi

# --- a town whose PostgreSQL keeps what it acknowledged, behind a relay that can be cut ------------
head -c 8 /dev/zero >"$T/clock"
head -c 8 /dev/zero >"$T/db_clock"
chmod 644 "$T/clock" "$T/db_clock"
town
account inspector ins 310107005000
as ins
for s in 'fsync = on' 'synchronous_commit = on' 'full_page_writes = on' "max_wal_size = '64MB'"; do
	sql "ALTER SYSTEM SET $s"
done
db_stop fast
pg_preload=$T/preload.so
LD_PRELOAD=$pg_preload CHAOS_CLOCK=$T/db_clock db_start || bail 'PostgreSQL does not start'
sock=$(readlink "$CLUSTER/socket")
mkdir "$T/relay"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/relay"
echo pass >"$T/relay/mode"
install -m 644 tests/chaos/relay.py tests/chaos/keep.py "$T/"
background /usr/bin/python3 "$T/relay.py" "$T/relay/.s.PGSQL.5432" "$sock/.s.PGSQL.5432" "$T/relay/mode"
wait_for 10 test -S "$T/relay/.s.PGSQL.5432" || bail 'the relay does not start'

# --- the daemon, kept by what stands in for systemd ------------------------------------------------
PORT=$(qr_port)
ADMIN_PORT=$(qr_port)
URL=http://127.0.0.1:$PORT
ADMIN=http://127.0.0.1:$ADMIN_PORT
photod=$(program qrsvc-photod)
# its jail knows no threads of a preloaded library
printf '#!/bin/sh\nunset LD_PRELOAD FIU_CTRL_FIFO CHAOS_CLOCK\nexec %s "$@"\n' "$photod" >"$T/photod"
chmod 755 "$T/photod"
mkdir -p "$T/state" "$T/fiu" "$T/keys"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/state" "$T/fiu" "$T/keys"
as_user "$qrsvc" keygen "$T/keys/chain" >"$T/chain.pub" || bail 'no key'
relayed="host=$T/relay port=5432 dbname=qrsvc"
daemon_conf limits.staff=0 limits.page=0 limits.photo=0 server.workers=2 server.access_log=off "database.dsn=$relayed" \
	"server.photod=$T/photod" "server.state=${small:-$T/state}" "chain.key=$T/keys/chain"
: >"$T/state/restarts"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/state/restarts"
background /usr/bin/python3 "$T/keep.py" "$T/state/pid" "$T/state/restarts" \
	env -u QRSVC_DATABASE_DSN LD_PRELOAD="$fiu/fiu_run_preload.so $fiu/fiu_posix_preload.so $T/preload.so" \
	FIU_CTRL_FIFO="$T/fiu/c" CHAOS_CLOCK="$T/clock" "$qrsvc" --config "$T/qrsvc.conf"
keeper=$PID
wait_for 20 curl -fsS "$ADMIN/readyz" || bail "the daemon does not start: $(tail -n 3 "$T/python3.log")"
log=$T/python3.log

# --- the run ------------------------------------------------------------------------------------------
for slot in before after lid; do
	"$demophoto" --slot $slot --width 320 --height 240 -o "$T/$slot.jpg"
done
as_user=
[ "$(id -u)" -ne 0 ] || as_user="\"setpriv\", \"--reuid=$QR_UID\", \"--regid=$QR_GID\", \"--clear-groups\""
only=$(for f in ${CHAOS_ONLY:-}; do echo "\"$f\""; done | paste -sd,)
seed=${CHAOS_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
codes=$(for i in 1 2; do code "T$i"; done | sed 's/.*/"&"/' | paste -sd,)
cat >"$T/config.json" <<JSON
{"url": "$URL", "admin": "$ADMIN", "pid_file": "$T/state/pid", "mode": "$T/relay/mode", "clock": "$T/clock",
 "db_clock": "$T/db_clock", "fiu": "$T/fiu/c", "small": "$small", "pg": "$CLUSTER", "seconds": $seconds, "seed": $seed,
 "pg_env": {"LD_PRELOAD": "$pg_preload", "CHAOS_CLOCK": "$T/db_clock", "PG_FAST": "1"}, "workers": 2,
 "ledger": "$T/ledger", "result": "$T/result.json", "report": "$T/report.md", "cookie": "$staff_cookie",
 "csrf": "$staff_csrf", "facilities": [$codes], "party": "$(cleaner)", "writers": 3, "readers": 3, "pause": 0.2,
 "as_user": [$as_user], "only": [$only], "limit": ${CHAOS_LIMIT:-90}, "qrsvc": "$qrsvc",
 "photos": [["before", "$T/before.jpg"], ["after", "$T/after.jpg"], ["lid", "$T/lid.jpg"]]}
JSON
descriptors() { for p in $(daemon_pids); do ls "/proc/$p/fd" 2>/dev/null; done | wc -l; }
daemon_pids() { cat "$T/state/pid" && pgrep -P "$(cat "$T/state/pid")"; }
QRSVC_DATABASE_DSN=$relayed python3 tests/chaos/chaos.py "$T/config.json" 2>"$T/chaos.err" || diag "$(tail -n 5 "$T/chaos.err")"
[ -s "$T/result.json" ] || bail 'no result'
cp "$T/report.md" build/test/chaos.md
said() { python3 -c 'import json, sys; r = json.load(open(sys.argv[1]))
for k in sys.argv[2:]: r = r.get(k, 0) if isinstance(r, dict) else r
print(json.dumps(r, ensure_ascii=False) if isinstance(r, (dict, list)) else r)' "$T/result.json" "$@"; }
diag "seed $seed, $(said seconds) s, $(said faults) faults of $(said kinds) kinds, restarts of the service: $(wc -l <"$T/state/restarts" 2>/dev/null || echo 0)"
diag "back after $(said recovery_median) s (median), $(said recovery_max) s (worst); pages $(said reads); records $(said writes)"

# --- what has to hold -----------------------------------------------------------------------------------
[ -n "$only" ] || ok 'each kind of fault had its turn' [ "$(said kinds)" -ge "$([ -n "$small" ] && echo 30 || echo 28)" ]
is "$(said not_back)" 0 'after each fault the service came back by itself: ready, all workers, a new write taken'
is "$(said fiu_deaf)" 0 'libfiu was heard each time'
is "$(said torn)" '[]' 'no page with status 200 was half a page'
is "$(($(said reads 500) + $(said quiet_reads 503)))" 0 'no page was answered 500; without a fault none 503'
is "$(said writes '503 without Retry-After')|$(said reads '503 without Retry-After')|$(said writes login)" '0|0|0' \
	'who is put off hears until when, and nobody lost the session'
ok 'pages were answered' [ "$(said reads 200)" -gt "$((seconds * 5))" ]

# --- the ledger -------------------------------------------------------------------------------------------
ok 'writes were acknowledged all along' [ "$(wc -l <"$T/ledger")" -gt 50 ]
awk '$1 == "record" { print $2 }' "$T/ledger" | LC_ALL=C sort >"$T/acked"
awk '$1 == "label" { print $2 }' "$T/ledger" | LC_ALL=C sort >"$T/acked_labels"
sql 'SELECT id FROM core.record' | LC_ALL=C sort >"$T/stored"
sql 'SELECT code FROM core.label' | LC_ALL=C sort >"$T/labels"
is "$(LC_ALL=C comm -23 "$T/acked" "$T/stored" | wc -l)" 0 "each acknowledged record is there ($(wc -l <"$T/acked"))"
is "$(LC_ALL=C comm -23 "$T/acked_labels" "$T/labels" | wc -l)" 0 "each acknowledged label too ($(wc -l <"$T/acked_labels"))"
is "$(uniq -d "$T/acked_labels" | wc -l)" 0 'and none was given twice'
ok 'no more records than were sent: those of the last moment' \
	[ $(($(wc -l <"$T/stored") - $(wc -l <"$T/acked"))) -le 3 ]
is "$(sql 'SELECT count(*) FROM core.record r WHERE rev <> 1 OR (SELECT count(*) FROM core.record_photo p WHERE p.record_id = r.id) <> 3')" \
	0 'each once, with its three photos'
is "$(sql 'SELECT count(*) FROM core.photo')" 3 'which are stored once'
"$qrsvc" verify >"$T/verify" 2>&1
is $? 0 'every document and hash follows from the tables' || diag "$(tail -n 5 "$T/verify")"
sql 'CREATE EXTENSION IF NOT EXISTS amcheck' && (cd / && as_user /usr/lib/postgresql/15/bin/pg_amcheck -h "$sock" -p 5432 \
	-U postgres -d qrsvc --heapallindexed) >"$T/amcheck" 2>&1
is $? 0 'no table and no index is damaged' || diag "$(tail -n 5 "$T/amcheck")"

# --- nothing stays behind -----------------------------------------------------------------------------------
is "$(pgrep -P "$(cat "$T/state/pid")" -f -- --worker | wc -l)" 2 'two workers at the end'
few() { [ "$(descriptors)" -lt 250 ]; }
wait_for 20 few
ok "no descriptors leak ($(descriptors) in all processes)" few
is "$(find "${small:-$T/state}" -name '*.tmp*' -o -name 'spool*' | wc -l)" 0 'no half written file lies about'
waiting() {
	[ "$(sql "SELECT count(*) FROM core.job WHERE done_at IS NULL AND attempts > 1 AND due < core.now() - interval '5 minutes'")" = 0 ]
}
wait_for 30 waiting
ok 'no job is stuck' waiting
is "$(grep -c 'AddressSanitizer\|Assertion\|stack smashing' "$log")" 0 'no assertion failed'
qr_stop 15 "$keeper"
is "$(tail -n 1 "$T/state/restarts")" '0 0' 'in the end SIGTERM ends all of it, exit status 0'
done_testing
