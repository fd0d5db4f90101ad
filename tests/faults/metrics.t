#!/bin/bash
# Numbers for machines: every metric in the form Prometheus reads, requests by route and answer,
# sums that survive their worker, numbers of the database and what becomes of them without one; the
# dashboard and the rules of deploy/monitor ask for nothing else.
. tests/lib.sh
. tests/faults/lib.sh

all() { curl -fsS -m 5 "$ADMIN/metrics"; }
has() { all >"$T/has" && grep -Eqx -e "$1" "$T/has"; }

cluster_start
documents
sql "UPDATE core.site SET clock = '2026-11-22T10:00:00+08:00'" >/dev/null
sql "INSERT INTO core.line_tally (org_id, kind_id, status, failed, never, overdue_from, soon_from, n)
	SELECT o.id, k.id, 'in_service', false, false, '2026-11-20', '2026-10-20', 7
	FROM core.org o, core.kind k WHERE o.parent_id IS NULL ORDER BY k.id LIMIT 1" >/dev/null || bail 'no tally'
start_daemon server.workers=2 limits.page=0 'server.clock=2026-11-22T10:00:00+08:00'
wait_for 10 curl -fsS "$ADMIN/readyz" || bail 'never ready'
curl -fsS -D "$T/fields" -o "$T/first" "$ADMIN/metrics"
like "$(cat "$T/fields")" 'Content-Type: text/plain; version=0.0.4' 'metrics as Prometheus text'

# --- requests: by route and class of the answer ---
for _ in 1 2 3; do status /$LABEL >/dev/null; done
status "/$VOID" >/dev/null # 410
status /nowhere/at/all >/dev/null
status /staff/board >/dev/null # 303
status /staff/blobs/none >/dev/null # one of the last lines of the table of routes
ok 'three labels' wait_for 5 has 'qrsvc_requests_total\{route="label",status="2xx"\} 3'
ok 'one that is void' has 'qrsvc_requests_total\{route="label",status="4xx"\} 1'
ok 'a page that leads to the login' has 'qrsvc_requests_total\{route="staff_board",status="3xx"\} 1'
ok 'no address at all' has 'qrsvc_requests_total\{route="none",status="4xx"\} 1'
ok 'routes far down the table have their own' has 'qrsvc_requests_total\{route="staff_blob",status="4xx"\} 1'
ok 'times: all of the class' has 'qrsvc_request_seconds_count\{class="staff"\} 2'
all >"$T/all"
is "$(awk '/^qrsvc_request_seconds_bucket\{class="page"/ { if ($2 < last) bad = 1; last = $2 } END { print bad + 0, last }' "$T/all")" \
	"0 $(awk '$1 == "qrsvc_request_seconds_count{class=\"page\"}" { print $2 }' "$T/all")" 'buckets rise to the count'

# --- the database ---
ok 'facilities by state' wait_for 10 has 'qrsvc_facilities\{state="overdue"\} 7'
ok 'those that are none too' wait_for 10 has 'qrsvc_facilities\{state="failed"\} 0'
ok 'jobs by kind' wait_for 10 has 'qrsvc_jobs_failing\{kind="publish_due"\} 0'
ok 'and what is told of the database is new' wait_for 10 has 'qrsvc_facts_up 1'
seven=$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = 'qr_slow'")
asked=
for _ in 1 2 3 4 5 6 7 8; do
	all >/dev/null &
	asked="$asked $!"
done
# shellcheck disable=SC2086 # a list of numbers
wait $asked
ok 'eight that ask at once need no more connections' \
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = 'qr_slow'")" -le "$seven" ]

# --- sums survive the worker that counted ---
before=$(all | awk '/^qrsvc_requests_total\{route="label",status="2xx"/ { print $2 }')
kill -9 "$(workers | head -n 1)" "$(workers | tail -n 1)"
wait_for 10 has 'qrsvc_respawns_total 2'
wait_for 10 has 'qrsvc_workers 2'
is "$(all | awk '/^qrsvc_requests_total\{route="label",status="2xx"/ { print $2 }')" "$before" \
	'what killed workers counted is not forgotten'
wait_for 10 curl -fsS "$ADMIN/readyz"
status /$LABEL >/dev/null
ok 'and goes on' wait_for 5 has "qrsvc_requests_total\\{route=\"label\",status=\"2xx\"\\} $((before + 1))"

# --- the form, the dashboard, the rules ---
all >"$T/all"
python3 - "$T/all" deploy/monitor/dashboard.json deploy/monitor/alerts.yml >"$T/names" <<'PY'
import json, re, sys
text = open(sys.argv[1]).read()
known = {m for m in re.findall(r"^# TYPE (\S+) ", text, re.M)}
known |= {m + s for m in re.findall(r"^# TYPE (\S+) histogram", text, re.M) for s in ("_bucket", "_sum", "_count")}
# absent while there is nothing that could have an age
known |= {"qrsvc_outbox_oldest_seconds", "qrsvc_chain_head_age_seconds"}
for line in text.splitlines():
    if not line.startswith("#") and not re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.]+', line):
        print("form", line)
dash = json.load(open(sys.argv[2]))
asked = [t["expr"] for p in dash["panels"] for t in p.get("targets", [])]
print("panels", len([p for p in dash["panels"] if p["type"] != "row"]), file=sys.stderr)
for name in sorted(set(re.findall(r"qrsvc_[a-z_]+", " ".join(asked) + open(sys.argv[3]).read())) - known):
    print("unknown", name)
boxes = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in dash["panels"]]
if len(set(boxes)) != len(boxes) or len({p["id"] for p in dash["panels"]}) != len(boxes):
    print("panels lie on one another")
PY
is "$(cat "$T/names")" '' 'each line is well-formed; dashboard and rules ask for what there is'
if command -v promtool >/dev/null; then
	# names: _total and the like; it has an opinion on microseconds and on help texts too
	ok 'promtool finds nothing' promtool check metrics <"$T/all"
	ok 'the rules are rules' promtool check rules deploy/monitor/alerts.yml
	ok 'they fire when they must, and only then' promtool test rules deploy/monitor/alerts.test.yml
	ok 'the configuration' promtool check config deploy/monitor/prometheus.yml
else
	skip 4 'no promtool: Debian package prometheus'
fi

# --- without a database ---
db_stop immediate
# a worker tells what it read within the last 10 s; then one answer must say both
without() { all >"$T/without" && grep -qx 'qrsvc_facts_up 0' "$T/without"; }
ok 'without a database that is said' wait_for 30 without
nok 'and old numbers are not told as new ones' grep -q '^qrsvc_facilities' "$T/without"
ok 'all else goes on' grep -qx 'qrsvc_workers 2' "$T/without"
db_start
# each worker connects for itself
ok 'it comes back' wait_for 30 has 'qrsvc_facilities\{state="overdue"\} 7'
done_testing
