#!/bin/bash
# Twenty phones upload while everything is killed at random, ten times (TEST_ALL=1: a hundred): what
# was acknowledged is there, once, with its photos, and nothing lies about.
# timeout: 900
# shellcheck disable=SC2046 # workers and the like print lists of words
. tests/lib.sh
. tests/staff.sh
. tests/faults/lib.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-photod >/dev/null
demophoto=$(program demophoto)
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
start_daemon server.workers=2 limits.staff=0 limits.photo=0 server.clock=2026-11-22T10:00:00+08:00
for i in $(seq 20); do
	account inspector "phone$i" 310107005000
	as "phone$i"
	echo "phone$i $staff_cookie" >>"$T/accounts"
done
sql "WITH p AS (INSERT INTO core.party (name) VALUES ('清源水箱清洗公司') RETURNING id)
	INSERT INTO core.party_filing (party_id, number, valid_from) SELECT id, '备 ' || id, '2020-01-01' FROM p" >/dev/null
P=$(sql "SELECT party_id FROM core.party_filing ORDER BY id LIMIT 1")
F=$(sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id
	WHERE i.kind = 'facility' AND i.key = 'T1'")
mkdir "$T/pics"
for i in $(seq 12); do
	"$demophoto" --slot before --seed "$i" --date 2026-11-22 --taken 2026-11-22T09:10:00 -o "$T/pics/$i.jpg" ||
		bail 'no photos'
done

children() { pgrep -P "$DAEMON" -f -- "$1"; }
kill_one() {
	case $1 in
	worker) kill -9 $(workers | shuf -n 1) ;;
	photod) kill -9 $(children qrsvc-photod) ;;
	hasher) kill -9 $(children --hasher) ;;
	backend) kill -9 $(db_pids | tail -n +2 | shuf -n 1) ;;
	database) db_stop immediate && db_start ;;
	master)
		kill -9 "$DAEMON"
		# the same configuration: a phone knows one address; the port is free once the workers
		# have noticed
		for _ in $(seq 50); do
			background "$qrsvc" --config "$T/qrsvc.conf"
			DAEMON=$PID
			sleep 0.5
			alive "$DAEMON" && break
		done
		;;
	esac
} 2>/dev/null

rounds=10
[ -z "${TEST_ALL:-}" ] || rounds=100
python3 tests/faults/phones.py "$URL" "$T/accounts" "/staff/f/$F/new?type=clean" "$P" "$T/pics" \
	$((rounds * 3)) "$T/sent" >"$T/phones" &
phones=$!
: >"$T/kills"
for _ in $(seq $((rounds / 10))); do
	printf '%s\n' worker worker photod photod backend backend database hasher master master | shuf >>"$T/kills"
done
while read -r what; do
	sleep 2
	kill_one "$what"
done <"$T/kills"
wait "$phones"
diag "$(sort "$T/kills" | uniq -c | tr -s ' \n' ' ')"
diag "$(cat "$T/phones")"

ok 'records were sent all along' [ "$(wc -l <"$T/sent")" -ge 20 ]
is "$(cut -d ' ' -f 2 "$T/sent" | grep -c '^-$')" 0 'each has its receipt in the end'
wait_for 20 sql 'SELECT 1'
sql "CREATE TABLE public.sent (id uuid, hash text, photos text[])"
awk '{ print $1 "\t" $2 "\t{" $3 "," $4 "}" }' "$T/sent" | deploy/pg psql "$CLUSTER" -q -c '\copy public.sent FROM STDIN'
is "$(sql "SELECT count(*) FROM public.sent s LEFT JOIN core.record r ON r.id = s.id WHERE r.id IS NULL")" 0 \
	'what was acknowledged is there'
is "$(sql "SELECT count(*) FROM core.record r WHERE NOT EXISTS (SELECT FROM public.sent s WHERE s.id = r.id)")" 0 \
	'and nothing else'
is "$(sql "SELECT count(*) FROM public.sent s JOIN core.revision v ON v.record_id = s.id WHERE v.rev = 1
	AND encode(core.head(v.record_id, 1), 'hex') <> s.hash AND encode(v.hash, 'hex') <> s.hash")" 0 \
	'with the hash of its receipt'
is "$(sql "SELECT count(*) FROM public.sent s WHERE (SELECT count(*) FROM core.record_photo x
	WHERE x.record_id = s.id AND x.rev = 1) <> 2")" 0 'and two photos'
is "$(sql "SELECT count(*) FROM public.sent s JOIN core.record_photo x ON x.record_id = s.id AND x.rev = 1
	JOIN core.photo o ON o.sha256 = x.sha256 WHERE encode(o.original, 'hex') <> ALL (s.photos)")" 0 'which are those of the phone'
is "$(sql "SELECT count(*) FROM (SELECT facility_id FROM core.record GROUP BY 1
	HAVING max(seq) <> count(*)) x")" 0 'numbers have no gap'
is "$(sql "SELECT count(*) FROM core.photo o WHERE NOT EXISTS
	(SELECT FROM core.record_photo x WHERE x.sha256 = o.sha256)")" 0 'no photo without a record'
sql 'DROP TABLE public.sent'
ok 'and the history is whole' "$qrsvc" verify
done_testing
