#!/bin/bash
# Pages of an office in a real browser: axe, sizes, overflow, checkers of HTML; an order of labels
# from the first look to the file, without script.
# timeout: 400
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
qrsvc=$(program qrsvc)
awk 'BEGIN {
	print "key,kind,org,name,place_key,place,address,building"
	for (i = 1; i <= 40; i++)
		printf "K%d,roof_tank,310107005000,%d号屋顶生活水箱,N%d,杏泽苑第%d小区,甘泉路%d弄,%d号楼\n", i, i, i % 5, i % 5, i % 5, i
}' >"$T/many.csv"
"$qrsvc" import facilities "$T/many.csv" >/dev/null
account office office 310107005000
account auditor auditor 310000000000
sql "INSERT INTO core.party (name, credit_code) VALUES ('清源水箱清洗服务公司', '91350100M000100Y43'), ('没有备案的公司', NULL);
	INSERT INTO core.party_filing (party_id, number, authority, valid_from, valid_to) SELECT id, n, '区卫健委', f, t
	FROM core.party, (VALUES ('沪水清2024-001', date '2024-01-01', date '2025-01-01'), ('沪水清2026-007', '2026-01-01', '2027-01-01')) v (n, f, t)
	WHERE credit_code IS NOT NULL" >/dev/null || bail 'no companies'
as office
office=$staff_cookie
as auditor
start_daemon limits.staff=0
NODE_PATH=${NODE_PATH:-} node tests/browser/office.js "$URL" "$T" "${office#*=}" "${staff_cookie#*=}"
