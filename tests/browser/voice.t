#!/bin/bash
# Residents' reports as everybody sees them: numbers of offices that can be reckoned again from the
# tables, published and hidden cases, the page of a facility, the rating by the receipt; nothing
# personal, no receipt in anything public; in a real browser, without script.
# timeout: 300
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
program qrsvc-photod >/dev/null
qrsvc=$(program qrsvc)
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
F=$(code T1)
ORG=$(sql "SELECT o.code FROM core.org o JOIN core.place p ON p.org_id = o.id JOIN core.facility f ON f.place_id = p.id WHERE f.code = '$F'")
# 47 cases: every third one rated, one in seven late, the last four open; words with what must never be seen.
cat >"$T/cases.sql" <<SQL
DO \$\$
DECLARE
	f core.facility;
	org int;
	n bigint;
BEGIN
	SELECT * INTO f FROM core.facility WHERE code = '$F';
	SELECT p.org_id INTO org FROM core.place p WHERE p.id = f.place_id;
	FOR i IN 1 .. 47 LOOP
		UPDATE core.site SET clock = '2026-11-02 08:00+08'::timestamptz + make_interval(hours => 9 * i);
		INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, lang, at)
		VALUES (core.code_random(), gen_random_uuid(), org, org, 2026, i, (SELECT code FROM core.ticket_kind ORDER BY rank LIMIT 1), 'ordinary',
			f.id, 'zh-CN', core.now()) RETURNING id INTO n;
		INSERT INTO core.ticket_text VALUES (n, 0, '我叫张三丰，电话13912345678，水黄');
		PERFORM core.ticket_act(n, 'received', NULL, NULL, NULL, NULL, NULL);
		CONTINUE WHEN i > 43;
		PERFORM core.ticket_act(n, 'accept', NULL, NULL, NULL, NULL, NULL);
		IF i % 7 = 0 THEN
			UPDATE core.ticket SET late = true WHERE id = n;
		END IF;
		UPDATE core.site SET clock = clock + make_interval(mins => 37 * i + 20);
		PERFORM core.ticket_act(n, 'answer', NULL, NULL, '答复住户：已冲洗', '内部：张三丰', NULL);
		IF i > 30 THEN
			UPDATE core.ticket SET public_words = '水发黄 <b>"x"</b>', public_answer = '水箱出口的旧管道生锈，已经更换，' || repeat('并多次冲洗，', 20) || '水已变清。'
			WHERE id = n;
			PERFORM core.ticket_act(n, 'publish', NULL, NULL, NULL, NULL, NULL);
		END IF;
		IF i = 31 THEN
			PERFORM core.ticket_act(n, 'hide', NULL, NULL, '含住户姓名', NULL, NULL);
		END IF;
		IF i % 3 = 0 THEN
			PERFORM core.ticket_act(n, 'rate', NULL, NULL, NULL, NULL, (1 + i % 5)::smallint);
		END IF;
	END LOOP;
	UPDATE core.site SET clock = '2026-11-22 10:00:00+08';
END
\$\$;
SQL
sql_file "$T/cases.sql" >/dev/null || bail 'no cases'
start_daemon limits.form=0 limits.page=0 server.clock=2026-11-22T10:00:00+08:00
said() { status "/f/$F" >/dev/null && grep -q '居民反映' "$T/body" && status "/tickets/$ORG" >/dev/null && grep -q '收到反映47件' "$T/body"; }
ok 'the jobs process publishes what changed' wait_for 60 said
status "/f/$F" >/dev/null
like "$(text)" '今年收到反映47件，已答复43件' 'the facility says so'

# --- reckoned again, from the table alone --------------------------------------------------------
is "$(status "/tickets/$ORG/2026.csv" -H 'Accept-Language: en')" 200 'each case as a row'
like "$(field Content-Type)" '^text/csv; charset=utf-8' 'of the right type'
ok 'compressed too, of the same type' test "$(curl -sS --compressed -D - -o "$T/packed" -H 'Accept-Language: en' "$URL/tickets/$ORG/2026.csv" |
	tr -d '\r' | grep -ci -e '^content-type: text/csv' -e '^content-encoding: gzip')$(cmp "$T/packed" "$T/body")" = 2
cp "$T/body" "$T/cases.csv"
status "/tickets/$ORG.json" >/dev/null
cp "$T/body" "$T/numbers.json"
is "$(awk -F, '/^2026-/ { n++
		if ($3 != "") { a++; h[a] = $4 }
		if ($5 == "yes") t++
		if ($6 != "") { r++; if ($6 >= 3) s++ } }
	END { for (i = 1; i <= a; i++) for (j = i + 1; j <= a; j++) if (h[j] + 0 < h[i] + 0) { x = h[i]; h[i] = h[j]; h[j] = x }
		m = a % 2 ? h[(a + 1) / 2] : (h[a / 2] + h[a / 2 + 1]) / 2
		printf "%d %d %d %d %d %d", n, a, t, int(m + 0.5), r, s }' "$T/cases.csv")" \
	"$(python3 -c 'import json, sys
t = json.load(open(sys.argv[1]))["document"]["itself"]
print(*(t[k] for k in ("received", "answered", "in_time", "median_h", "rated", "satisfied")))' "$T/numbers.json")" 'the rows give the numbers'
like "$(tail -1 "$T/cases.csv")" 'complete, 47 rows' 'its last line says that it is complete'
is "$(status /tickets.csv)" 200 'the offices as rows'
is "$(awk -F, -v o="$ORG" '$1 == o { print $4, $5 }' "$T/body")" '47 43' 'with what came to each itself'
status "/tickets/$ORG" >/dev/null
like "$(text)" '已答复43（91.5%）' 'shares are rounded half up'

# --- before anything was counted -----------------------------------------------------------------
sql "DELETE FROM core.document WHERE kind = 'tickets' AND key = 'current'; NOTIFY qr_doc, 'all'" >/dev/null
empty() { status /tickets >/dev/null && grep -q '收到反映0件' "$T/body"; }
ok 'all offices have a page at once' wait_for 20 empty
is "$(status /tickets.json)" 404 'but no numbers'
sql 'SELECT api.job_ticket_numbers()' >/dev/null
full() { status /tickets >/dev/null && grep -q '收到反映47件' "$T/body"; }
ok 'and then the numbers' wait_for 20 full

# --- cases ----------------------------------------------------------------------------------------
is "$(status "/tickets/$ORG/2026-43")" 200 'a published case'
like "$(text)" '水已变清' 'with its answer'
is "$(status "/tickets/$ORG/2026-31")" 200 'a hidden one'
like "$(text)" '已隐去.*理由：含住户姓名' 'says who hid it and why'
unlike "$(cat "$T/body")" '旧管道' 'and not what it said'
for path in "$ORG/2026-44" "$ORG/2026-1" "$ORG/2026-0" "$ORG/2026-" "$ORG/2026-1x" "$ORG/x" x "x/2026-1" "$ORG/2031" 'A/2026-1' "$ORG/2026.csvx"; do
	is "$(status "/tickets/$path")" 404 "nothing at $path"
done
is "$(status "/tickets/$ORG/26.csv")$(status "/tickets/x/2026.csv")" 404404 'nor tables'

# --- the rating -----------------------------------------------------------------------------------
R=$(sql 'SELECT receipt FROM core.ticket WHERE no = 41')
status "/c/$R" >/dev/null
ok 'the receipt asks' grep -q 'name="level" value="5"' "$T/body"
rate() { status "/c/$R" -H "Origin: $URL" -d "$1"; }
is "$(rate level=6)$(rate level=)$(rate x=1)" 422422422 'five levels'
is "$(status "/c/$R" -H 'Origin: https://elsewhere.example' -d level=1)" 403 'not from another site'
is "$(status /c/AAAAAAAAA -H "Origin: $URL" -d level=1)" 404 'no such receipt'
is "$(sql "SELECT count(*) FROM core.ticket_step s JOIN core.ticket t ON t.id = s.ticket_id WHERE t.no = 41 AND s.act = 'rate'")" 0 'nothing was rated'
is "$(rate level=2)" 303 'rated'
is "$(status "/c/$R")" 200 'the receipt again'
like "$(text)" '已评价：不满意' 'says how'
unlike "$(cat "$T/body")" 'name="level"' 'and asks no more'
is "$(sql 'SELECT state, due_step FROM core.ticket WHERE no = 41')" 'working|callback' 'whoever is not content is called back'
is "$(rate level=5)" 303 'a second time'
is "$(sql "SELECT string_agg(s.level::text, ' ') FROM core.ticket_step s JOIN core.ticket t ON t.id = s.ticket_id WHERE t.no = 41 AND s.act = 'rate'")" 2 'changes nothing'

# --- nothing personal -------------------------------------------------------------------------------
sql 'SELECT receipt FROM core.ticket' >"$T/receipts"
printf '%s\n' 张三 13912345678 答复住户 内部：张 >>"$T/receipts"
: >"$T/all"
for path in "/f/$F" "/f/$F.json" /tickets /tickets.json /tickets.csv "/tickets/$ORG" "/tickets/$ORG.json" "/tickets/$ORG/2026.csv" \
	"/tickets/$ORG/2026-43" "/tickets/$ORG/2026-43.json" "/tickets/$ORG/2026-31" "/tickets/$ORG/2026-31.json" /tickets/310107000000; do
	is "$(status "$path")" 200 "$path"
	cat "$T/body" >>"$T/all"
done
nok 'no receipt, no name, no number in any of them' grep -F -f "$T/receipts" "$T/all"
sql 'SELECT doc FROM core.document' >"$T/documents"
nok 'nor in any document' grep -F -f "$T/receipts" "$T/documents"
nok 'nor in the log' grep -F -f "$T/receipts" "$T/qrsvc.log"
other=$(sql 'SELECT receipt FROM core.ticket WHERE no = 43')
node tests/browser/voice.js "$URL" "$T" "$F" "$ORG" "$other" >"$T/look"
while IFS= read -r line; do
	case $line in
	'ok '*) tap 0 "${line#ok * - }" ;;
	'not ok '*) tap 1 "${line#not ok * - }" || : ;;
	\#* | Bail*) printf '%s\n' "$line" ;;
	esac
done <"$T/look"
ok 'the browser came to its end' grep -q '^1\.\.' "$T/look"
done_testing
