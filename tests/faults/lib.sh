# For the fault tests: a daemon over the made documents of tests/data/docs.
# shellcheck shell=sh

# Labels of those documents: an active one with a facility, one of a place, a void one.
LABEL=E395F788M
PLACE_LABEL=8KRGHB008
VOID=DJ7YVWJHK

documents() {
	python3 tests/faults/docs.py >"$T/docs.sql" && sql_file "$T/docs.sql"
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
alive() { kill -0 "$1" 2>/dev/null; }
