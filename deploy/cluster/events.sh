# For deploy/cluster-trial: the load, what happens under it, and what is asked afterwards.
# shellcheck shell=bash disable=SC2154,SC2034 # names of lib.sh, staff.sh and of one another

# load_on HOST URL WORD WRITERS READERS: load.py there; ledger and counts in $T/WORD/
load_on() {
	mkdir -p "$T/$3"
	chown "$QR_UID:$QR_GID" "$T/$3"
	codes=$(for i in 1 2; do code "T$i"; done | sed 's/.*/"&"/' | paste -sd,)
	cat >"$T/$3/config.json" <<JSON
{"url": "$2", "cookie": "$staff_cookie", "csrf": "$staff_csrf", "facilities": [$codes], "party": "$(cleaner)",
 "photos": [["before", "$T/before.jpg"], ["after", "$T/after.jpg"], ["lid", "$T/lid.jpg"]], "writers": $4, "readers": $5,
 "pause": 0.2, "issue": $6, "qrsvc": "$qrsvc", "ledger": "$T/$3/ledger", "folder": "$T/$3"}
JSON
	host_start "$1" "$3" env "QRSVC_DATABASE_DSN=$web_dsn" "PGPASSFILE=$T/pgpass" \
		/usr/bin/python3 "$T/load.py" "$T/$3/config.json"
	eval "load_$3=\$HOST_PID"
}
load_start() {
	for slot in before after lid; do
		"$demophoto" --slot $slot --width 320 --height 240 -o "$T/$slot.jpg"
	done
	install -m 644 deploy/cluster/load.py tests/chaos/ledger.py "$T/"
	touch "$T/phase"
	load_on lb "$FRONT" main 3 3 true
	wait_for 20 flowing || bail "no load: $(tail -n 3 "$T/lb.main.log")"
	printf '| event | new primary after | longest without a page | longest without a write | pages | records |\n|---|---|---|---|---|---|\n' >"$T/table"
}
# said WORD KEY...: from the counts of a load
said() {
	said_word=$1
	shift
	/usr/bin/python3 - "$T/$said_word/state.json" "$@" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
for k in sys.argv[2:]:
    r = r.get(k, 0) if isinstance(r, dict) else r
print(", ".join(f"{n} x {k}" for k, n in r.items()) or "-" if isinstance(r, dict) else r)
PY
}
flowing() { [ "$(said main flowing)" = True ]; } # a write a moment ago, and a page
flowing_for() { # for so many tenths of a second on end
	n=0
	while [ $n -lt "$1" ]; do
		flowing && n=$((n + 1)) || n=0
		sleep 0.1
		[ $(($(date +%s) - event_began)) -lt 240 ] || return 1
	done
}
# event NAME SECONDS DO UNDO: DO under load, at least so long, until writes flow; UNDO until all is whole.
event() {
	event_began=$(date +%s)
	event_from=$(date +%s%N)
	event_leader=-
	was=$(leader)
	printf '%s' "$1" >"$T/phase"
	wait_for 5 test "$(said main phase)" = "$1"
	$3
	left=$(($2 - ($(date +%s) - event_began)))
	[ $left -le 0 ] || sleep $left
	ok "$1: writes go on" flowing_for 30 || diag "$(members)"
	back_from=$(date +%s%N)
	$4
	ok "$1: and all is whole again, with a synchronous standby" wait_for 150 synchronous || diag "$(members)"
	printf quiet >"$T/phase"
	wait_for 5 test "$(said main phase)" = quiet
	back=$((($(date +%s%N) - back_from) / 1000000))
	row="$(said main gap "$1") s, $(said main write_gap "$1") s"
	diag "$1: leader $was -> $(leader), new primary after $event_leader s; longest without a page, a write: $row; whole again $((back / 1000)) s after the mend"
	printf '| %s | %s s | %s s | %s s | %s | %s |\n' "$1" "$event_leader" "$(said main gap "$1")" \
		"$(said main write_gap "$1")" "$(said main reads "$1")" "$(said main writes "$1")" >>"$T/table"
}
new_leader() { # OLD: waits for another one, says after how long
	wait_for 90 leader_other "$1" || diag "no new primary: $(members)"
	event_leader=$(awk -v ns=$(($(date +%s%N) - event_from)) 'BEGIN { printf "%.1f", ns / 1e9 }')
}

kill_web() { host_kill web1; }
back_web() { web_start web1; }
kill_primary() {
	old=$(leader)
	host_kill "$old"
	new_leader "$old"
}
back_primary() {
	etcd_start "$old"
	db_host_start "$old"
}
kill_standby() {
	old=$(standby)
	host_kill "$old"
}
back_standby() { back_primary; }
writes_here() { on_db "$1" 'CREATE TABLE trial_split (n int)' >/dev/null 2>&1; }
cut_primary() {
	old=$(leader)
	host_cut "$old"
	new_leader "$old"
	nok 'the one that was cut off takes no writes' writes_here "$old"
}
heal_primary() { host_heal "$old"; }
# Primary and web1 keep each other, without the rest: what a client asks of web1 must not be
# acknowledged by a primary that is none any more.
split() {
	old=$(leader)
	load_on web1 "http://$(addr web1):8080" inside 2 1 false
	wait_for 20 test -s "$T/inside/ledger"
	host_cut "$old" web1
	# the two on a cable of their own
	ip -n "$(net_ns net)" link add br1 type bridge
	ip -n "$(net_ns net)" link set br1 up
	for n in "$old" web1; do ip -n "$(net_ns net)" link set "p-$n" master br1; done
	sleep 1 # what was on its way
	inside_acks=$(wc -l <"$T/inside/ledger")
	new_leader "$old"
}
heal_split() {
	is "$(wc -l <"$T/inside/ledger")" "$inside_acks" 'split: no write was acknowledged on the lonely side'
	diag "there, meanwhile: pages $(said inside reads -), records $(said inside writes -)"
	touch "$T/inside/stop"
	wait_for 70 gone "$load_inside"
	ip -n "$(net_ns net)" link set "p-$old" nomaster
	ip -n "$(net_ns net)" link set p-web1 nomaster
	host_heal "$old" web1
	ip -n "$(net_ns net)" link del br1
}
load_stop() {
	touch "$T/main/stop"
	wait_for 70 gone "$load_main"
}

trial_judge() {
	cat "$T/main/ledger" "$T/inside/ledger" >"$T/ledger"
	awk '$1 == "record" { print $2 }' "$T/ledger" | LC_ALL=C sort >"$T/acked"
	awk '$1 == "label" { print $2 }' "$T/ledger" | LC_ALL=C sort >"$T/labels"
	caught_up() {
		[ "$(on_db "$(standby)" 'SELECT count(*) FROM core.record')" = "$(sql 'SELECT count(*) FROM core.record')" ]
	}
	ok 'the standby has caught up' wait_for 30 caught_up
	for n in $(leader) $(standby); do
		on_db "$n" 'SELECT id FROM core.record' | LC_ALL=C sort >"$T/there"
		is "$(LC_ALL=C comm -23 "$T/acked" "$T/there" | wc -l)" 0 "each acknowledged record is on $n ($(wc -l <"$T/acked"))"
		on_db "$n" 'SELECT code FROM core.label' | LC_ALL=C sort >"$T/there"
		is "$(LC_ALL=C comm -23 "$T/labels" "$T/there" | wc -l)" 0 "and each label ($(wc -l <"$T/labels"))"
	done
	QRSVC_DATABASE_DSN="host=$T/$(leader)/sock port=5432 dbname=qrsvc" "$qrsvc" verify >"$T/verify" 2>&1
	is $? 0 'every document and hash follows from the tables' || diag "$(tail -n 3 "$T/verify")"
	is "$(said main torn)" 0 'no page was half a page'
	stale=$(/usr/bin/python3 -c 'import json, sys
r = json.load(open(sys.argv[1])); print(sum(v.get("stale", 0) for v in r["reads"].values()))' "$T/main/state.json")
	ok "pages said \"data as of\" while there was no primary ($stale)" [ "$stale" -gt 0 ]
	mkdir -p build/test
	{
		printf '# Cluster trial\n\nttl 20 s, loop_wait 5 s; %s acknowledged writes, none lost.\n\n' "$(wc -l <"$T/ledger")"
		cat "$T/table"
	} >"${TRIAL_REPORT:-build/test/cluster.md}"
	sed 's/^/# /' "$T/table"
}
