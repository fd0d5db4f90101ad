#!/bin/bash
# The app on an inspector's phone over a bad line: nothing that was typed or photographed is lost,
# and everything arrives once. Chromium, a line that breaks on purpose (line.js), the real server.
# TEST_ALL=1: the long haul of 30 records as well.
# timeout: 1800
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh

cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-photod >/dev/null
demophoto=$(program demophoto)
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
LINE=$(qr_port)
# shellcheck disable=SC2153 # PORT is start_daemon's
start_daemon limits.staff=0 limits.page=0 limits.photo=0 "server.hosts=127.0.0.1:$LINE"
account inspector ins 310107005000
account inspector other 310107005000
sql "WITH p AS (INSERT INTO core.party (name) VALUES ('清源水箱清洗公司') RETURNING id)
	INSERT INTO core.party_filing (party_id, number, valid_from) SELECT id, '备 ' || id, '2020-01-01' FROM p" >/dev/null
code() { sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id
	WHERE i.kind = 'facility' AND i.key = '$1'"; }

# Each record of the test has photos of its own: before1.jpg, during1.jpg, after1.jpg ...
taken=$(TZ=Asia/Shanghai date -d '-90 min' +%FT%T)
last=$((${TEST_ALL:+30} + 32))
for n in $(seq $last); do
	for slot in before during after; do
		echo --slot $slot --seed "$n" --width 1280 --height 960 --quality 80 --taken "$taken" --gps 31.2,121.4 -o "$T/$slot$n.jpg"
	done
done | xargs -L 1 -P 2 "$demophoto" || bail 'no photos'
for n in 1 2 3; do
	"$demophoto" --slot after --seed $((n + 90)) --width 4000 --height 3000 --quality 97 --gps 31.2,121.4 \
		--taken "$taken" -o "$T/large$n.jpg" || bail 'no photos'
done
cat >"$T/given.json" <<JSON
{"cluster": "$CLUSTER", "line": $LINE, "port": $PORT, "facilities": ["$(code T1)", "$(code T2)"]}
JSON

# The daemon is this shell's child: it is restarted here when a file says so.
node tests/browser/phone.js "$T" &
node=$!
lib_pids="$lib_pids $node"
while kill -0 "$node" 2>/dev/null; do
	if [ -e "$T/stop" ]; then
		end "$DAEMON"
		mv "$T/stop" "$T/stopped"
	elif [ -e "$T/start" ]; then
		background "$qrsvc" --config "$T/qrsvc.conf"
		DAEMON=$PID
		wait_for 15 curl -fsS -m 2 "$ADMIN/readyz"
		rm "$T/start"
	fi
	sleep 0.1
done
wait "$node"
