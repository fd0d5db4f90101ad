#!/bin/bash
# The board of an office in a real browser: axe, sizes, overflow, checkers of HTML; what is overdue is
# found, narrowed, paged and acted on in two clicks, without script.
# timeout: 400
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
qrsvc=$(program qrsvc)
today=$(TZ=Asia/Shanghai date +%F)
# 48 tanks and lifts in three streets: cleaned lately, long ago, failed, never; some with nobody.
python3 - "$T" "$today" <<'PY'
import csv, sys
from datetime import date, timedelta
folder, today = sys.argv[1], date.fromisoformat(sys.argv[2])
orgs = ("310107005000", "310107014000", "310107021000")
with open(folder + "/many.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow("key kind org place_key place address building since manager unmanaged".split())
    for i in range(1, 49):
        w.writerow([f"K{i}", "roof_tank" if i % 8 else "lift", orgs[i % 3], f"N{i % 6}", f"杏泽苑第{i % 6}小区", f"甘泉路{i % 6}弄",
                    f"{i}号楼", "2024-01-01", "桥东里物业管理有限公司" if i % 4 == 1 else "", "true" if i % 12 == 2 else ""])
with open(folder + "/records.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow("key facility type date ph".split())
    for i in range(1, 49):
        if i % 7:
            w.writerow([f"R{i}", f"K{i}", "clean" if i % 8 else "inspect", today - timedelta(days=i * 4),
                        ("11" if i == 20 else "7.4") if i % 8 else ""])
PY
"$qrsvc" import facilities "$T/many.csv" >"$T/import.log" 2>&1 || bail "$(cat "$T/import.log")"
"$qrsvc" import records "$T/records.csv" >"$T/import.log" 2>&1 || bail "$(cat "$T/import.log")"
sql "INSERT INTO core.month_snapshot SELECT o.id, m::date, (m + interval '1 month - 1 day')::date, 48, 9 + extract(month FROM m)::int % 5, 1, 6, 8, 20, 0, 5, 9, 48
	FROM core.org o, generate_series(date_trunc('month', date '$today') - interval '5 months', date_trunc('month', date '$today') - interval '1 month', '1 month') m
	WHERE o.code IN ('310107000000', '310107005000')" >/dev/null || bail 'no months'
sql 'SELECT api.job_snapshot()' >/dev/null || bail 'nothing is counted'
account supervisor district 310107000000
account office street 310107005000
account inspector ins 310107005000
as ins
ins=$staff_cookie
as street
street=$staff_cookie
as district
start_daemon limits.staff=0
NODE_PATH=${NODE_PATH:-} node tests/browser/board.js "$URL" "$T" "${staff_cookie#*=}" "${street#*=}" "${ins#*=}"
