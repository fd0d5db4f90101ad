#!/bin/bash
# Surveys in a real browser: written, released, answered on line without script and on paper,
# published the day after; posters whose codes lead to the forms; numbers recomputed from the table.
# timeout: 300
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
qrsvc=$(program qrsvc)
awk 'BEGIN {
	print "key,kind,org,name,place_key,place,address,building,since"
	for (i = 1; i <= 10; i++)
		printf "K%d,roof_tank,310107005000,%d号屋顶生活水箱,N%d,杏泽苑第%d小区,甘泉路%d弄,%d号楼,2026-10-01\n", i, i, i, i, i, i
}' >"$T/many.csv"
# before anything is imported: a document of a later day than the clock's would not be replaced
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null
"$qrsvc" import facilities "$T/many.csv" >/dev/null || bail 'no facilities'
sql "UPDATE core.org SET phone = '021-5555 0100' WHERE code = '310107005000'"
PLACE=$(sql 'SELECT code FROM core.place ORDER BY name, id LIMIT 1')
sql "WITH t AS (INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, place_id, lang, at)
		SELECT core.code_random(), gen_random_uuid(), p.org_id, p.org_id, 2026, 1, 'other', 'ordinary', p.id, 'zh-CN', core.now()
		FROM core.place p WHERE p.code = '$PLACE' RETURNING id)
	SELECT core.ticket_act(t.id, 'received', NULL, NULL, NULL, NULL, NULL) FROM t" >/dev/null || bail 'no report'
sql "SELECT core.ticket_act(1, 'accept', NULL, NULL, NULL, NULL, NULL), core.ticket_act(1, 'answer', NULL, NULL, '已更换', NULL, NULL);
	UPDATE core.ticket SET public_answer = '门卫处的贴纸已更换';
	SELECT core.ticket_act(1, 'publish', NULL, NULL, NULL, NULL, NULL)" >/dev/null || bail 'no answer'
account office office 310107005000
as office
start_daemon limits.staff=0 limits.form=0 limits.page=0 server.clock=2026-11-22T10:00:00+08:00
NODE_PATH=${NODE_PATH:-} node tests/browser/survey.js "$URL" "$T" "${staff_cookie#*=}" open "$PLACE" >"$T/open.tap"
sed '/^1\.\./d' "$T/open.tap"
tap_n=$(grep -c -e '^ok' -e '^not ok' "$T/open.tap")
tap_bad=$(grep -c '^not ok' "$T/open.tap")
grep -q '^1\.\.' "$T/open.tap" || bail 'the browser did not come to its end'

# what the posters say is what the tables say
for f in "$T"/poster-*.pdf; do
	pdftoppm -r 80 -gray "$f" "$T/page" && zbarimg -q --raw "$T"/page-*.pgm | sort >"$T/codes" 2>/dev/null
	is "$(grep -c . "$T/codes")" 10 "${f##*/}: ten pages, each with a code that can be read"
	rm -f "$T"/page-*.pgm
	like "$(head -n 1 "$T/codes")" '/V/[0-9A-Z]{9}$' 'of a survey'
	at=$(head -n 1 "$T/codes" | sed 's#.*/V/##')
	is "$(status "/V/$at")" 200 'which leads to the form, in capitals as it is printed'
	ok 'and this is the form' grep -q 'name="key"' "$T/body"
done
unlike "$(curl -sI "$URL/v/$at" | tr -d '\r')" '^[Ss]et-[Cc]ookie' 'no cookie'

# the day after
end "$DAEMON"
sql "UPDATE core.site SET clock = '2026-11-23 10:00:00+08';
	UPDATE core.session SET since = core.now(), seen_at = core.now(), proved_at = core.now(), expires_at = core.now() + interval '8 hours'"
start_daemon limits.staff=0 limits.form=0 limits.page=0 server.clock=2026-11-23T10:00:00+08:00
NODE_PATH=${NODE_PATH:-} node tests/browser/survey.js "$URL" "$T" "${staff_cookie#*=}" over "$PLACE" >"$T/over.tap"
sed '/^1\.\./d' "$T/over.tap"
tap_n=$((tap_n + $(grep -c -e '^ok' -e '^not ok' "$T/over.tap")))
tap_bad=$((tap_bad + $(grep -c '^not ok' "$T/over.tap")))
grep -q '^1\.\.' "$T/over.tap" || bail 'the browser did not come to its end'

# shares from the counts of the table alone
code=$(sql "SELECT code FROM core.survey ORDER BY id LIMIT 1")
is "$(status "/v/$code/results.csv")" 200 'the table'
is "$(tail -c +4 "$T/body" | awk -F, 'NR > 1 && NF == 9 {n[$1] += $3; c[NR] = $3; q[NR] = $1; s[NR] = $4}
	END {for (i in c) if (sprintf("%.1f", int(c[i] * 1000 / n[q[i]] + 0.5) / 10) != s[i]) bad++; print length(c), bad + 0}')" \
	'15 0' 'three questions, five levels, every share as its count says'
like "$(tail -n 1 "$T/body")" '15' 'its last line says that it is whole'
is "$(status "/v/$code/results.json")" 200 'as JSON'
is "$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1]))["document"]["results"]; print(r["received"], r["valid"], r["online"])' "$T/body")" \
	"$(sql "SELECT count(*) || ' ' || count(*) FILTER (WHERE why IS NULL) || ' ' || count(key) FROM core.survey_response r JOIN core.survey s ON s.id = r.survey_id WHERE s.code = '$code' AND NOT void")" \
	'the numbers of the database'
nok 'what people wrote is in no answer' grep -rq '水压' "$T/body"
is "$(status "/v/0K7M2Q9XH")" 404 'an unknown code'
is "$(status "/v/0K7M2Q9XH/results.csv")" 404 'and its table'
done_testing
