#!/bin/bash
# A year of an office, simulated: a town is built, worked on day by day through the functions that pages
# and command line call, and at the end of each month what pages and functions say is compared with an
# independent computation in plain SQL (tests/sql/year_plain.inc): what is due and how it stands,
# counts, reminders with their recipients, notices, numbers of every office. The browser looks at some
# months, with TEST_ALL=1 at all of them, and then the town has 5,000 facilities.
#
#   YEAR_FACILITIES=40   how many (names of ../shared/data/shanghai-buildings.csv when it is there)
# timeout: 3600
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
if [ -n "${TEST_ALL:-}" ]; then
	: "${YEAR_FACILITIES:=5000}"
	looked=' 01 02 03 04 05 06 07 08 09 10 11 12 '
else
	: "${YEAR_FACILITIES:=40}"
	looked=' 03 08 12 '
fi
names=../shared/data/shanghai-buildings.csv
if [ -r "$names" ]; then
	cp "$names" "$T/names.csv"
else
	awk 'BEGIN { print "name,address"; for (i = 1; i <= 4000; i++) printf "杏泽苑第%d小区,甘泉路%d弄\n", i, i }' >"$T/names.csv"
fi
chmod 755 "$T" && chmod 644 "$T/names.csv"
sql "UPDATE core.site SET clock = '2025-12-31 08:00+08'" >/dev/null
account office office 310107000000
account inspector insp 310107000000
cat >"$T/town.sql" <<SQL
CREATE TEMP TABLE names (n int GENERATED ALWAYS AS IDENTITY, name text, address text);
\copy names (name, address) FROM '$T/names.csv' CSV HEADER
CREATE TEMP TABLE town AS SELECT i, q.name, q.address FROM generate_series(1, $YEAR_FACILITIES) i
JOIN names q ON q.n = 1 + (i - 1) % (SELECT count(*) FROM names);
\i $PWD/tests/sql/year_plain.inc
\i $PWD/tests/sql/year_run.inc
SQL
chmod 644 "$T/town.sql"
deploy/pg psql "$CLUSTER" -qAt -v ON_ERROR_STOP=1 -f "$T/town.sql" >"$T/town.log" 2>&1 || bail "$(tail -n 5 "$T/town.log")"
is "$(sql 'SELECT count(*) FROM sim.facility')" "$YEAR_FACILITIES" 'the town is there'
as office
# plans of a simulated day run once: compiling them takes longer than running them
export PGOPTIONS='-c jit=off'
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do
	last=$(date -d "2026-$month-01 +1 month -1 day" +%F)
	sql "CALL sim.run('2026-$month-01', '$last')" >"$T/run.log" 2>&1 || bail "$(tail -n 5 "$T/run.log")"
	sql "SELECT sim.check('$last')" >"$T/check" 2>&1 || bail "$(tail -n 5 "$T/check")"
	while IFS= read -r line; do
		case $line in
		'ok - '*) tap 0 "${line#ok - }" ;;
		'not ok - '*) tap 1 "${line#not ok - }" || : ;;
		\#*) printf '%s\n' "$line" ;;
		esac
	done <"$T/check"
	case $looked in *" $month "*) ;; *) continue ;; esac
	sql "SELECT sim.want('$last')" >"$T/want.json" || bail 'nothing to compare with'
	# the day's reminders were given at 5; those of what its work changed come tomorrow
	sql "UPDATE core.job SET due = now() + interval '1 day' WHERE kind = 'remind'" >/dev/null || bail 'no job'
	start_daemon limits.staff=0 "server.clock=${last}T20:00:00+08:00"
	node tests/browser/year.js "$URL" "$T/want.json" "${staff_cookie#*=}" "2026-$month" >"$T/look" 2>"$T/look.err" ||
		[ -s "$T/look" ] || bail "$(tail -n 5 "$T/look.err")"
	while IFS= read -r line; do
		case $line in
		'ok '*) tap 0 "${line#ok * - }" ;;
		'not ok '*) tap 1 "${line#not ok * - }" || : ;;
		\#*) printf '%s\n' "$line" ;;
		esac
	done <"$T/look"
	like "$(tail -n 1 "$T/look")" '^1\.\.[1-9]' "2026-$month: the browser came to its end"
	end "$DAEMON"
done
is "$(sql 'SELECT count(*) FROM api.verify_records(0, 100000) WHERE problem IS NOT NULL')" 0 'the chain of the year is whole'
done_testing
