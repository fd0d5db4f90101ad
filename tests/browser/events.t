#!/bin/bash
# Events in a real browser: nothing announced, a form refused, heat announced, the jobs process
# writes the new dates onto public pages, the event is ended.
# timeout: 200
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
qrsvc=$(program qrsvc)
awk 'BEGIN {
	print "key,kind,org,name,place_key,place,address,building,since"
	for (i = 1; i <= 12; i++)
		printf "K%d,roof_tank,310107005000,%d号屋顶生活水箱,N%d,杏泽苑第%d小区,甘泉路%d弄,%d号楼,2026-10-01\n", i, i, i % 3, i % 3, i % 3, i
}' >"$T/many.csv"
# before anything is imported: a document of a later day than the clock's would not be replaced
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null
"$qrsvc" import facilities "$T/many.csv" >/dev/null || bail 'no facilities'
account office office 310107005000
as office
start_daemon limits.staff=0 server.clock=2026-11-22T10:00:00+08:00
one=$(sql 'SELECT code FROM core.facility ORDER BY id LIMIT 1')
NODE_PATH=${NODE_PATH:-} node tests/browser/events.js "$URL" "$T" "${staff_cookie#*=}" "$one"
