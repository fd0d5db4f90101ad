# For the tests of the phone, beside lib.sh: a server, facilities with stickers, accounts, photos,
# and the run of phone.js, whose server is restarted when a file says so.
#   phone_town [RECORDS]   photos for so many (36): before1.jpg, during1.jpg, after1.jpg ...
#   phone_run BROWSER     prints what phone.js prints, ends as it ends
# shellcheck shell=bash disable=SC2154 # qrsvc and demophoto are town's
PHONE_LANES=3

phone_photos() {
	phone_taken=$(TZ=Asia/Shanghai date -d '-90 min' +%FT%T)
	for n in $(seq "$1"); do
		for slot in before during after; do
			echo --slot $slot --seed "$n" --width 720 --height 540 --quality 80 --taken "$phone_taken" --gps 31.2,121.4 -o "$T/$slot$n.jpg"
		done
	done | xargs -L 1 -P 2 "$demophoto" || bail 'no photos'
	for n in 1 2 3; do
		"$demophoto" --slot after --seed $((n + 900)) --width 2600 --height 1950 --quality 97 --gps 31.2,121.4 \
			--taken "$phone_taken" -o "$T/large$n.jpg" || bail 'no photos'
	done
	"$demophoto" --slot after --seed 999 --width 1200 --height 900 --quality 92 --gps 31.2,121.4 --taken "$phone_taken" -o "$T/real.jpg" ||
		bail 'no photos'
	heif-enc -q 60 -o "$T/real.heic" "$T/real.jpg" >/dev/null || bail 'no HEIC'
}

phone_town() {
	phone_n=${1:-36}
	town
	phone_lines=
	for _ in $(seq $PHONE_LANES); do phone_lines="$phone_lines${phone_lines:+,}$(qr_port)"; done
	phone_hosts=$(echo ",$phone_lines" | sed 's/,\([0-9]*\)/,127.0.0.1:\1/g; s/^,//')
	# shellcheck disable=SC2153 # PORT is start_daemon's
	start_daemon limits.staff=0 limits.page=0 limits.photo=0 "server.hosts=$phone_hosts"
	for n in $(seq 0 $((PHONE_LANES - 1))); do account inspector "ins$n" 310107000000; done
	account inspector other 310107000000
	account office office 310107000000
	for n in 4 3 3; do
		sql "SELECT api.label_bind('test', c, '$(code T$n)', NULL, '大堂', NULL) FROM api.label_issue('test', NULL, 1) c" >/dev/null ||
			bail 'no label'
	done
	phone_labels=$(sql "SELECT string_agg('\"' || l.code || '\"', ',' ORDER BY i.key DESC) FROM core.label l
		JOIN core.import_source i ON i.facility_id = l.facility_id AND i.kind = 'facility'")
	phone_blank=$(sql "SELECT api.label_issue('test', NULL, 1)")
	phone_photos "$phone_n"
	cat >"$T/given.json" <<-JSON
	{"cluster": "$CLUSTER", "lines": [$phone_lines], "port": $PORT, "facilities": ["$(code T1)", "$(code T2)", "$(code T3)", "$(code T4)"],
		"labels": [$phone_labels], "blank": "$phone_blank", "photos": $phone_n}
	JSON
}

# The daemon is this shell's child: it is restarted here.
phone_run() {
	node tests/browser/phone.js "$T" "$1" &
	phone_node=$!
	lib_pids="$lib_pids $phone_node"
	while kill -0 "$phone_node" 2>/dev/null; do
		if [ -e "$T/stop" ]; then
			end "$DAEMON"
			mv "$T/stop" "$T/stopped"
		elif [ -e "$T/start" ]; then
			background "$qrsvc" --config "$T/qrsvc.conf"
			DAEMON=$PID
			wait_for 60 curl -fsS -m 2 "$ADMIN/readyz"
			rm "$T/start"
		fi
		sleep 0.1
	done
	wait "$phone_node"
}
