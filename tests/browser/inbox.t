#!/bin/bash
# Reminders in a real browser, without script: the inbox of a firm and of an office, marking, an address
# for a calendar, webhooks and what did not arrive, the history of a facility.
# timeout: 300
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
qrsvc=$(program qrsvc)
awk 'BEGIN {
	print "key,kind,org,name,place_key,place,address,building,manager,since"
	for (i = 1; i <= 10; i++)
		printf "K%d,roof_tank,310107005000,%d号屋顶生活水箱,N%d,杏泽苑第%d小区,甘泉路%d弄,%d号楼,嘉禾物业服务公司（示例）,2026-0%d-15\n", i, i, i % 3, i % 3, i % 3, i, 4 + i % 3
}' >"$T/many.csv"
sql "UPDATE core.site SET clock = '2026-11-22 10:00+08'"
"$qrsvc" import facilities "$T/many.csv" >/dev/null || bail 'no facilities'
account manager manager 310107005000
sql "UPDATE core.account SET org_id = NULL, party_id = (SELECT id FROM core.party WHERE name LIKE '嘉禾%') WHERE login = 'manager'"
account office office 310107005000
account admin admin 310107000000
sql "SELECT core.remind_day()" >/dev/null || bail 'no reminders'
sql "SELECT api.staff_hook_add(sha256(sha256('admin')), '{\"org\":\"310107005000\",\"kind\":\"webhook\",\"target\":\"https://hook.example.org/reminders\"}'),
	api.staff_hook_add(sha256(sha256('admin')), '{\"org\":\"310107000000\",\"kind\":\"mail\",\"target\":\"water@example.org\"}')" >/dev/null
sql "INSERT INTO core.outbox (hook_id, body, state, attempts, status, why) SELECT min(id), '{}', 'dead', 10, 503, 'status' FROM core.hook, generate_series(1, 3) GROUP BY generate_series"
as manager
manager=${staff_cookie#*=}
as office
office=${staff_cookie#*=}
as admin
start_daemon limits.staff=0 server.clock=2026-11-22T10:00:00+08:00
NODE_PATH=${NODE_PATH:-} node tests/browser/inbox.js "$URL" "$T" "$manager" "$office" "${staff_cookie#*=}" "$(code K1)"
