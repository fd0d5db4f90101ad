#!/bin/bash
# qrsvc calendar: what is loaded, a year loaded, loaded again, and refused.
. tests/lib.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
like "$("$qrsvc" calendar)" '^cn 2026: 33 days off, 6 worked instead; ' 'what is loaded'
printf 'day,works,name\n2027-01-01,off,元旦\n2027-01-02,work,\n' >"$T/2027.csv"
is "$("$qrsvc" calendar "$T/2027.csv" --year 2027 --basis 通知 --who test)" '{"year":2027,"off":1,"worked":1}' 'a year is loaded'
like "$("$qrsvc" calendar)" '^cn 2027: 1 days off, 1 worked instead; 通知' 'and there'
is "$(sql "SELECT concat_ws(' ', w.day, w.provisional) FROM core.org o, core.add_working_days(o.id, '2026-12-31', 1) w
	WHERE o.code = '310000000000'")" '2027-01-02 f' 'it counts'
is "$(sql "SELECT who FROM core.audit WHERE what = 'calendar.put'")" test 'it stands in the audit'
printf '2027-01-01,off\n' | iconv -t UTF-8 >"$T/short.csv"
is "$("$qrsvc" calendar "$T/short.csv" --year 2027 --basis 更正)" '{"year":2027,"off":1,"worked":0}' 'loaded again, in its place'
printf '2027-01-01,maybe\n' >"$T/bad.csv"
like "$("$qrsvc" calendar "$T/bad.csv" --year 2027 --basis x 2>&1)" 'line 1' 'a bad row is named'
nok 'days of another year' "$qrsvc" calendar "$T/2027.csv" --year 2028 --basis x 2>/dev/null
nok 'no such calendar' "$qrsvc" calendar "$T/2027.csv" --year 2027 --basis x --calendar none 2>/dev/null
is "$("$qrsvc" calendar "$T/2027.csv" --basis x >/dev/null 2>&1; echo $?)" 2 'a year is needed'
is "$("$qrsvc" calendar "$T/2027.csv" --year 2027 >/dev/null 2>&1; echo $?)" 2 'and an announcement'
nok 'no such file' "$qrsvc" calendar "$T/none.csv" --year 2027 --basis x 2>/dev/null
done_testing
