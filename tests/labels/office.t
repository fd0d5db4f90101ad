#!/bin/bash
# A sheet made by the jobs process for the office's page is, byte for byte, the one the command
# line makes of the same labels; it survives the death of the process that draws it.
. tests/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN" QRSVC_SERVER_BASE_URL=https://QR.EXAMPLE.GOV.CN
qrsvc=$(program qrsvc)
program qrsvc-jobs >/dev/null
# 600 facilities with names of every length
awk 'BEGIN {
	print "key,kind,org,name,place_key,place,address,building"
	for (i = 1; i <= 600; i++) {
		n = ""; for (k = 0; k < i % 30; k++) n = n "水箱间"
		printf "K%d,roof_tank,310107000000,%s%d,N%d,杏泽苑%d,甘泉路%d弄,%d号楼\n", i, n, i, i % 20, i % 20, i % 20, i
	}
}' >"$T/many.csv"
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null
"$qrsvc" import facilities "$T/many.csv" >"$T/import.log" 2>&1 || diag "$(cat "$T/import.log")"
account office off.a 310107000000
as off.a
start_daemon
unset QRSVC_SERVER_BASE_URL

# order [NAME=VALUE...]: posts it, waits until it is made, fetches it into $T/made.pdf
order() {
	is "$(post /staff/labels "$@")" 303 "ordered: $*"
	at=$(field Location)
	id=${at##*/}
}
sound() { qpdf --check "$1" >"$T/qpdf" 2>&1; }
done_is() { [ "$(sql "SELECT state FROM core.label_order WHERE id = $id")" = "$1" ]; }
same() {
	ok "$1: made" wait_for 120 done_is "done"
	is "$(page "$at/pdf")" 200 "$1: fetched"
	cp "$T/body" "$T/made.pdf"
	sql "SELECT unnest(codes) FROM core.label_order WHERE id = $id" >"$T/codes"
	is "$(sql "SELECT count(*) FROM core.label_batch b JOIN core.label_order o ON o.ledger = b.id WHERE o.id = $id")" 1 "$1: in the ledger"
	rm -f "$T/cli.pdf"
	shift
	# shellcheck disable=SC2046 # codes are words; of many, all that are in use
	[ "$(wc -l <"$T/codes")" -gt 50 ] && set -- "$@" --state active || set -- "$@" $(cat "$T/codes")
	"$qrsvc" --config "$T/qrsvc.conf" labels pdf "$T/cli.pdf" "$@" >"$T/out" 2>"$T/err" ||
		diag "$(cat "$T/err")"
	ok 'the command line makes the same bytes' cmp -s "$T/made.pdf" "$T/cli.pdf"
	ok 'and a sound file' sound "$T/made.pdf"
}
order w=blank n=7 t=a4-24 s=5
same 'blank ones from position 5' --template a4-24 --start 5
order w=without t=stairwell-a4-8 s=1 p=
n=$(sql "SELECT cardinality(codes) FROM core.label_order WHERE id = $id")
ok "all $n facilities" [ "$n" -gt 500 ]

# the process that draws dies in the middle; another one begins anew when the lease is over
jobs() { pgrep -P "$DAEMON" -f -- --jobs; }
drawing() { [ "$(sql "SELECT done > 0 FROM core.label_order WHERE id = $id")" = t ]; }
ok 'it is being drawn' wait_for 30 drawing
page "$at" >/dev/null
like "$(text)" "已画 [1-9][0-9]* 张，共 $n 张" 'the page says how far'
kill -9 "$(jobs)"
is "$(page "$at/pdf")" 404 'half a sheet is given to nobody'
sql "UPDATE core.job SET lease_until = now() WHERE kind = 'labels' AND done_at IS NULL" >/dev/null
same 'taken up by another process' --template stairwell-a4-8
is "$(sql "SELECT count(*) FROM core.label_batch b JOIN core.label_order o ON o.ledger = b.id WHERE o.id = $id")" 1 'one line in the ledger'

order w=blank n=3 t=a4-24 s=1
same 'three blank ones' --template a4-24
order w=blank n=2 t=a4-24 s=2
same 'two more' --template a4-24 --start 2
done_testing
