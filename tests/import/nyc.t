#!/bin/sh
# New York's inspections: the whole file where it is at hand, an invented small one always.
# What must come out stands in tests/data/golden and is counted again by nyc_count.py.
. tests/lib.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
quiet() { "$@" >"$T/out"; }

# What the database holds of source nyc-tanks, in the words of nyc_count.py.
counted() {
	sql "SELECT 'facilities ' || count(*) FROM core.import_source WHERE source = 'nyc-tanks' AND kind = 'facility'
	UNION ALL SELECT 'places ' || count(*) FROM core.import_source WHERE source = 'nyc-tanks' AND kind = 'place'
	UNION ALL SELECT 'records ' || count(*) FROM core.record WHERE source = 'nyc-tanks'
	UNION ALL SELECT 'verdict fail ' || count(*) FROM core.record WHERE source = 'nyc-tanks' AND verdict = 'fail'
	UNION ALL SELECT 'flag ' || f || ' ' || count(*) FROM core.record r
		JOIN core.revision v ON v.record_id = r.id AND v.rev = r.rev CROSS JOIN unnest(v.flags) f
		WHERE r.source = 'nyc-tanks' GROUP BY f
	UNION ALL SELECT 'result ' || i.code || ' ' || s.word || ' ' || count(*) FROM core.record r
		JOIN core.result s ON s.record_id = r.id AND s.rev = r.rev JOIN core.item i ON i.id = s.item_id
		WHERE r.source = 'nyc-tanks' GROUP BY i.code, s.word"
}
# refusals FILE: the reasons of a rejected.csv; quoted cells hold no line ends here.
refusals() { tail -n +2 "$1" | cut -d, -f2 | sort | uniq -c | awk '{ print "refused " $2, $1 }'; }

# load FILE GOLDEN NAME
load() {
	cp "$1" "$T/$3.csv"
	ok "$3: tanks load" quiet "$qrsvc" import facilities "$T/$3.csv" --profile nyc-tanks
	nok "$3: the default is all or nothing" quiet "$qrsvc" import records "$T/$3.csv" --profile nyc-tanks \
		2>"$T/err"
	is "$(sql "SELECT count(*) FROM core.record WHERE source = 'nyc-tanks'")" 0 "$3: nothing was loaded"
	like "$(cat "$T/err")" 'nothing was loaded; .*rejected.csv names each' "$3: and it says what to do"
	cp "$T/$3.csv.rejected.csv" "$T/first"
	ok "$3: --skip-bad loads the rest" quiet "$qrsvc" import records "$T/$3.csv" --profile nyc-tanks --skip-bad
	ok "$3: the same rows are refused both times" cmp -s "$T/first" "$T/$3.csv.rejected.csv"
	{
		counted
		refusals "$T/$3.csv.rejected.csv"
		echo "rows $(($(wc -l <"$1") - 1))"
	} | sort >"$T/got"
	sort "$2" >"$T/want"
	is "$(cat "$T/got")" "$(cat "$T/want")" "$3: every count is the golden file's"
	python3 tests/import/nyc_count.py "$1" | sort >"$T/python"
	is "$(cat "$T/python")" "$(cat "$T/want")" "$3: and so counts an independent script"
	before=$(sql "SELECT max(version), count(*) FROM core.document")
	for kind in facilities records; do
		"$qrsvc" import $kind "$T/$3.csv" --profile nyc-tanks --skip-bad >"$T/out"
		like "$(cat "$T/out")" " 0 new, 0 changed, " "$3: $kind a second time change nothing"
	done
	is "$(sql "SELECT max(version), count(*) FROM core.document")" "$before" \
		"$3: no document was written again"
	is "$(sql "SELECT count(*) FROM core.facility f WHERE NOT EXISTS (SELECT FROM core.document d
		WHERE d.kind = 'facility' AND d.key = f.code)")" 0 "$3: every tank has its document"
	is "$(sql "SELECT count(*) FROM core.facility f JOIN core.document d ON d.kind = 'facility'
		AND d.key = f.code WHERE (d.doc::json ->> 'count')::int <> f.last_seq
		OR f.last_seq <> (SELECT count(*) FROM core.record r WHERE r.facility_id = f.id)")" 0 \
		"$3: count in document, numbering and plain SQL agree"
	ok "$3: verify finds nothing" quiet "$qrsvc" verify
}

load tests/data/nyc-sample.csv tests/data/golden/nyc-sample.txt sample
rejected=$(cut -d, -f1-3 "$T/sample.csv.rejected.csv")
like "$rejected" '^line,reason,detail$' 'the first line names the columns'
like "$rejected" '^9,bad_date,INSPECTION_DATE: 02/30/2015 is no date' 'line number, reason and what it is about'
like "$rejected" '^18,duplicate_key,line 2$' 'a key for the second time names the first'
is "$(sed -n 2p "$T/sample.csv.rejected.csv" | cut -d, -f4-)" "$(sed -n 5p tests/data/nyc-sample.csv)" \
	'the row stands there as it was'
is "$(sql "SELECT o.code, f.lon, f.lat, f.params ->> 'bbl' FROM core.facility f JOIN core.place p ON p.id = f.place_id
	JOIN core.org o ON o.id = p.org_id JOIN core.import_source i ON i.facility_id = f.id AND i.key = '1999001/1'")" \
	'nyc-mn-05|-73.990001|40.750001|1099990001' 'shifted columns are read where they stand'
is "$(sql "SELECT o.code FROM core.facility f JOIN core.place p ON p.id = f.place_id
	JOIN core.org o ON o.id = p.org_id JOIN core.import_source i ON i.facility_id = f.id AND i.key = '4999001/1'")" \
	nyc-qn 'a park belongs to no board'
is "$(sql "SELECT name FROM core.place p JOIN core.import_source i ON i.place_id = p.id AND i.key = 'k:1999001'")" \
	'12 EXAMPLE STREET' 'the first spelling of an address is kept'
is "$(sql "SELECT count(DISTINCT facility_id) FROM core.import_source WHERE kind = 'facility' AND key LIKE '1000000/%'")" 2 \
	'a placeholder number is told apart by address'

gzip -dc deploy/demo-data/nyc-tank-inspections-2014-2016.csv.gz >"$T/nyc.csv"
deploy/pg stop "$CLUSTER" immediate
rm -rf "$CLUSTER" 2>/dev/null || qr_folder_rm "$CLUSTER"
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
start=$(date +%s)
load "$T/nyc.csv" tests/data/golden/nyc-tanks.txt whole
diag "the whole file, twice and verified: $(($(date +%s) - start)) s"
done_testing
