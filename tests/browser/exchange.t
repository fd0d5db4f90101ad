#!/bin/bash
# Tables brought and taken in a real browser, without script: upload, look, apply, take back; a table
# made and fetched; the numbers. axe, sizes, overflow, checkers of HTML.
# timeout: 400
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
qrsvc=$(program qrsvc)
awk 'BEGIN {
	print "key,kind,org,place_key,place,address,building,since,manager"
	for (i = 1; i <= 24; i++)
		printf "K%d,roof_tank,3101070%s,N%d,杏泽苑第%d小区,甘泉路%d弄,%d号楼,2024-01-15,%s\n", i, i % 2 ? "05000" : "15000",
			i % 5, i % 5, i % 5, i, i % 3 ? "安居物业公司" : ""
}' >"$T/many.csv"
awk 'BEGIN {
	print "key,facility,type,date"
	for (i = 1; i <= 20; i++)
		for (m = 1; m <= 4; m++)
			printf "R%d-%d,K%d,clean,2026-%02d-%02d\n", i, m, i, m * 2 + i % 2, 1 + i * 7 % 27
}' >"$T/records.csv"
"$qrsvc" import facilities "$T/many.csv" >/dev/null || bail 'no facilities'
"$qrsvc" import records "$T/records.csv" >/dev/null || bail 'no records'
code=$(sql "SELECT min(code::text) FROM core.facility")
awk -v c="$code" 'BEGIN {
	print "设施编码,设施类别,机构编码,小区,楼栋,状态,管理单位,备注"
	printf "%s,,,,9号楼,停用,新来的物业公司,\n", c
	for (i = 1; i <= 9; i++)
		printf ",屋顶生活水箱,310107005000,新小区,%d号楼,,,\n", i
	print ",喷泉,310107005000,新小区,10号楼,,,"
	print "0K7M2Q9XJ,,,,1号楼,,,"
}' | iconv -t GB18030 >"$T/table.csv"
account office office 310107000000
as office
sql "UPDATE core.session SET proved_at = core.now() + interval '1 hour'" >/dev/null
start_daemon limits.staff=0
NODE_PATH=${NODE_PATH:-} node tests/browser/exchange.js "$URL" "$T" "${staff_cookie#*=}"
