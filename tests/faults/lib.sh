# For the fault tests: a daemon over the made documents of tests/data/docs.
# shellcheck shell=sh

# Labels of those documents: an active one with a facility, one of a place, a void one.
LABEL=E395F788M
PLACE_LABEL=8KRGHB008
VOID=DJ7YVWJHK

documents() {
	python3 tests/faults/docs.py >"$T/docs.sql" && sql_file "$T/docs.sql" || bail "no documents"
}
# get PATH: the body; fails unless 200.
get() { curl -fsS -m 10 "$URL$1"; }
# metric NAME: its value over all workers, e.g. qrsvc_cache_hits_total.
metric() { curl -fsS -m 5 "$ADMIN/metrics" | awk -v n="$1" '$1 == n { print $2 }'; }
workers() { pgrep -P "$DAEMON" -f -- --worker; }
# load SECONDS THREADS URL...: in the background; its result goes to $T/load, see loaded.
load() {
	python3 tests/faults/load.py "$@" >"$T/load" &
	LOAD=$!
}
loaded() {
	wait "$LOAD"
	diag "load: $(cat "$T/load")"
}
# result KEY: of the load that has ended; result status.200
result() {
	python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2].split("."):
    v = v.get(k, 0)
print(v)' "$T/load" "$1"
}
# one log line that matches
logged() { grep -Eq -e "$1" "$T/qrsvc.log"; }
# where the daemon looks for them: beside itself
program qrsvc-jobs >/dev/null
alive() { kill -0 "$1" 2>/dev/null; }

# The database, stopped and started behind the daemon's back; same socket.
PG_CTL=/usr/lib/postgresql/15/bin/pg_ctl
db_stop() { (cd / && as_user $PG_CTL -D "$CLUSTER/data" -s -w -m "${1:-fast}" stop); }
db_start() {
	sock=$(readlink "$CLUSTER/socket")
	(cd / && as_user $PG_CTL -D "$CLUSTER/data" -l "$CLUSTER/log" -s -w -o "-k $sock -p 5432" start)
}
# All processes of the cluster: postmaster and its children.
db_pids() {
	postmaster=$(head -n 1 "$CLUSTER/data/postmaster.pid")
	echo "$postmaster" && pgrep -P "$postmaster"
}
# ms COMMAND...: how many milliseconds it took.
ms() {
	ms_from=$(date +%s%N)
	"$@" >/dev/null 2>&1
	echo $((($(date +%s%N) - ms_from) / 1000000))
}
# until_status WANT PATH TENTHS: polls; prints how many tenths of a second it took.
until_status() {
	for i in $(seq 0 "$3"); do
		[ "$(status "$2" 2>/dev/null)" = "$1" ] && echo "$i" && return 0
		sleep 0.1
	done
	echo never
	return 1
}
