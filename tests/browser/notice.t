#!/bin/bash
# Pages of notices in a real browser: axe, sizes, overflow, checkers of HTML; one click from a published
# record to its file.
# timeout: 300
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
town
program qrsvc-jobs >/dev/null
account office off 310107005000
account inspector ins 310107005000
session() { echo "sha256(sha256('$1'))"; }
firm=$(cleaner)
# published FACILITY: a record with two photos that residents see; its number
published() {
	published_id=$(cat /proc/sys/kernel/random/uuid)
	sql "SELECT api.staff_photo_put($(session ins), sha256('p$published_id'), 1280, 960, sha256('o$published_id'), NULL, NULL, NULL,
			NULL, ARRAY[320, 1280], ARRAY[bytea 'x', convert_to('p$published_id', 'UTF8')]);
		SELECT api.staff_record_put($(session ins), '$published_id', jsonb_build_object('facility', '$1', 'type', 'clean',
			'submit', true, 'from', core.now() - interval '2 hours', 'to', core.now() - interval '1 hour',
			'parties', '[{\"role\":\"cleaner\",\"party\":$firm}]'::jsonb,
			'fields', '{\"disinfectant\":\"二氧化氯\",\"workers\":\"2\"}'::jsonb,
			'photos', jsonb_build_array(jsonb_build_object('slot', 'before', 'sha256', encode(sha256('p$published_id'), 'hex')),
				jsonb_build_object('slot', 'after', 'sha256', encode(sha256('p$published_id'), 'hex')))))" >/dev/null &&
		sql "SELECT api.staff_record_act($(session off), '$published_id', 'confirm', NULL, 1)" >/dev/null || bail 'no record'
	echo "$published_id"
}
list=$(sql "SELECT f.code FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id
	WHERE o.code = '310107005000' ORDER BY f.code LIMIT 10")
# shellcheck disable=SC2086 # one code a word
set -- $list
first=$(published "$1")
[ -n "$first" ] || bail "no record"
[ $# -lt 2 ] || published "$2" >/dev/null
as off
start_daemon limits.staff=0
NODE_PATH=${NODE_PATH:-} node tests/browser/notice.js "$URL" "$T" "${staff_cookie#*=}" "$first" "$@"
