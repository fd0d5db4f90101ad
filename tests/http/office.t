#!/bin/bash
# Pages of an office: labels chosen, counted, ordered, made, fetched, bound, replaced, voided;
# companies and their filings; the audit and its table; who may not.
. tests/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-jobs >/dev/null
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null
start_daemon
account office off.a 310107000000
account auditor aud 310000000000
account inspector ins.a 310107000000
as off.a

# --- choosing ---
is "$(page /staff/labels)" 200 'the label page'
is "$(field Cache-Control)" no-store 'is never kept'
like "$(text)" '要打 [1-9][0-9]* 张标签' 'the count comes first'
count=$(text | grep -o '要打 [0-9]* 张标签' | head -n 1 | tr -dc 0-9)
is "$count" "$(sql "SELECT count(*) FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.org o
	ON o.id = p.org_id WHERE o.path @> ARRAY[(SELECT id FROM core.org WHERE code = '310107000000')]
	AND NOT EXISTS (SELECT FROM core.label l WHERE l.facility_id = f.id AND l.state = 'active')")" \
	'of facilities without a label'
like "$(cat "$T/body")" '<svg viewBox="0 0 700 370"' 'the first label is drawn'
is "$(grep -o '<td[^>]*><a href="?[^"]*s=[0-9]*"' "$T/body" | wc -l)" 24 'the sheet is a table of links'
unlike "$(cat "$T/body")" '<script' 'without script'
is "$(sql 'SELECT count(*) FROM core.label')" 0 'looking issues nothing'
is "$(page '/staff/labels?t=avery-l7160&s=5')" 200 'another sheet, from its fifth position'
is "$(grep -c 'class="u"' "$T/body")$(grep -o 'class="u"' "$T/body" | wc -l)" 14 'four are used'
like "$(text)" '从第 5 格' 'which is said'
is "$(page '/staff/labels?w=damaged')" 200 'damaged ones'
like "$(text)" '没有要打的标签' 'there are none'
is "$(page '/staff/labels?w=blank&n=3' -H 'Accept-Language: en')" 200 'blank ones, in English'
like "$(text)" '3 labels to print' 'as many as asked for'
is "$(page '/staff/labels?o=999999999999')" 422 'an office nobody knows'
size=$(page '/staff/labels' >/dev/null; wc -c <"$T/body")
packed=$(gzip -9c "$T/body" | wc -c)
ok "its size is in the budget ($size of 14336 bytes, $packed of 4608 packed)" \
	[ "$size" -le 14336 ] && [ "$packed" -le 4608 ]

# --- ordering ---
is "$(post /staff/labels w=without t=a4-24 s=1 csrf=)" 403 'no order without its token'
is "$(sql 'SELECT count(*) FROM core.label_order')" 0 'nothing was ordered'
stale off.a
is "$(post /staff/labels w=without t=a4-24 s=1)" 428 'an order needs the password of the last five minutes'
is "$(sql 'SELECT count(*) FROM core.label')" 0 'until then nothing is issued'
fresh off.a
is "$(post /staff/labels w=without t=a4-24 s=5 printer=门厅)" 303 'an order'
at=$(field Location)
like "$at" '^/staff/labels/[1-9][0-9]*$' 'leads to its batch'
id=${at##*/}
is "$(page "$at")" 200 'which has a page'
like "$(field Refresh)$(text)" '^2|已制成' 'that renews itself while it waits'
made() { page "$at" >/dev/null; text | grep -q '已制成'; }
ok 'it is made' wait_for 30 made
is "$(field Refresh)" '' 'then it rests'
like "$(text)" '下次从第几格' 'and says where the next begins'
is "$(page "$at/pdf")" 200 'the file'
is "$(field Content-Type)" application/pdf 'is a PDF'
like "$(field Content-Disposition)" "attachment; filename=\"?labels-$id\.pdf" 'to be kept'
cp "$T/body" "$T/made.pdf"
sound() { qpdf --check "$1" >"$T/qpdf" 2>&1; }
ok 'a sound one' sound "$T/made.pdf"
pdftoppm -r 200 -gray -png "$T/made.pdf" "$T/page"
zbarimg -q --raw "$T"/page*.png 2>/dev/null | sort >"$T/read"
sql "SELECT 'HTTPS://QR.EXAMPLE.GOV.CN/' || unnest(codes) FROM core.label_order" | sort >"$T/want"
ok 'with every code of the order' cmp -s "$T/read" "$T/want"
is "$(wc -l <"$T/want")" "$count" 'one for each that had none'
is "$(sql "SELECT who, template, printer, positions[1] FROM core.label_batch")" 'off.a|a4-24|门厅|5' \
	'the ledger has who, what and where'
is "$(page /staff/labels/batches)" 200 'the list of batches'
like "$(text)" "第${id}批" 'names it'
is "$(page /staff/labels)" 200 'the label page again'
is "$(page '/staff/labels?w=unprinted')" 200 'none is unprinted'
like "$(text)" '没有要打的标签' 'really'
is "$(page /staff/labels/99999)" 404 'a batch that is not there'
is "$(page /staff/labels/99999/pdf)" 404 'nor is its file'
is "$(page /staff/labels/x)" 404 'nor is a word'

# --- an order that cannot be carried out ---
is "$(post /staff/labels w=blank n=2 t=a4-24 s=1)" 303 'two blank ones'
at=$(field Location)
ok 'are made too' wait_for 30 made
blank=$(sql "SELECT code FROM core.label WHERE state = 'blank' ORDER BY code LIMIT 1")
is "$(post /staff/labels w=damaged t=a4-24 s=1)" 422 'nothing damaged: nothing to order'
like "$(cat "$T/body")" 'role="alert"' 'the summary says so'
gone=$(sql "INSERT INTO core.label_order (made_at, account, office_id, job_id, filter, codes, template, start)
	SELECT core.now(), id, office_id, (SELECT max(id) FROM core.job), '{}', ARRAY['$blank'], 'nowhere', 1 FROM core.account WHERE login = 'off.a' RETURNING id")
sql "SELECT core.job_add('labels', '{\"order\": $gone}')" >/dev/null
at=/staff/labels/$gone
failed() { page "$at" >/dev/null; text | grep -q '没有制成'; }
ok 'a stock that is gone since' wait_for 30 failed
like "$(text)" 'nowhere' 'is named'
is "$(page "$at/pdf")" 404 'there is no file of it'
is "$(sql 'SELECT count(*) FROM core.label_batch')" 2 'nor a line in the ledger'

# --- single labels ---
f=$(sql "SELECT code FROM core.facility f ORDER BY code LIMIT 1")
f2=$(sql "SELECT code FROM core.facility f ORDER BY code DESC LIMIT 1")
is "$(page "/staff/labels/bind?code=$blank&facility=$f")" 200 'the page that binds'
like "$(cat "$T/body")" "value=\"$blank\"" 'has the code that was scanned'
is "$(post /staff/labels/bind "code=$(echo "$blank" | tr 'A-Z' 'a-z' | sed 's/^.../& /')" "facility=$f" spot=2F)" 303 \
	'bound, as one types it'
is "$(sql "SELECT l.state || ' ' || f.code || ' ' || l.spot FROM core.label l JOIN core.facility f ON f.id = l.facility_id
	WHERE l.code = '$blank'")" "active $f 2F" 'to the facility'
page "$(field Location)" >/dev/null
like "$(text)" '已绑定' 'and said so'
is "$(post /staff/labels/bind "code=$blank" "facility=$f2" spot=3F reason=改挂)" 303 'bound again'
is "$(sql "SELECT count(*) FROM core.label_event WHERE code = '$blank' AND what = 'bound'")" 2 'which leaves a trace'
is "$(post /staff/labels/bind code=AAAAAAAAA "facility=$f")" 422 'a code with a slip'
like "$(cat "$T/body")" 'id="code-e"' 'is said beside the field'
like "$(cat "$T/body")" 'value="AAAAAAAAA"' 'and is still there'
is "$(post /staff/labels/bind "code=$blank")" 422 'bound to nothing'
is "$(post /staff/labels/bind "code=$blank" "facility=$f" "place=$f")" 422 'or to two things'
is "$(post /staff/labels/bind "code=$blank" facility=0K7M2Q9XH)" 404 'or to what is not there'
is "$(post /staff/labels/replace "code=$blank" reason=torn)" 303 'replaced'
new=$(sql "SELECT replaced_by FROM core.label WHERE code = '$blank'")
like "$(field Location)" "done=$new" 'by a new one'
is "$(post /staff/labels/replace "code=$blank")" 409 'only once'
stale off.a
is "$(post /staff/labels/void "codes=$new" reason=lost)" 428 'voiding needs the password'
fresh off.a
is "$(post /staff/labels/void "codes=$new")" 422 'and a reason'
is "$(post /staff/labels/void "codes=$new, nonsense" reason=lost)" 422 'and codes'
is "$(sql "SELECT state FROM core.label WHERE code = '$new'")" active 'nothing was voided yet'
is "$(post /staff/labels/void "codes=$new" reason=lost)" 303 'voided'
is "$(sql "SELECT state FROM core.label WHERE code = '$new'")" void 'for good'
is "$(page "/staff/labels/void?batch=$id")" 200 'a stolen sheet'
is "$(post /staff/labels/void "batch=$id" reason=stolen)" 303 'is voided in one step'
is "$(sql "SELECT count(*) FROM core.label_order o, unnest(o.codes) c JOIN core.label l ON l.code = c
	WHERE o.id = $id AND l.state <> 'void'")" 0 'all of it'

# --- companies ---
is "$(page /staff/filings)" 200 'companies'
is "$(page /staff/filings/new)" 200 'a new one'
is "$(post /staff/filings/new name=清源水箱 credit_code=91350100M000100Y42 number=沪水清1 from=2026-01-01 to=2026-12-31)" 422 \
	'a credit code with a slip is refused'
like "$(cat "$T/body")" 'id="credit_code-e"' 'beside its field'
like "$(cat "$T/body")" 'value="沪水清1"' 'nothing typed is lost'
is "$(post /staff/filings/new name=清源水箱 credit_code=91350100M000100Y43 number=沪水清1 from=2026-01-01 to=2026-12-31)" 303 \
	'the right one is taken'
one=$(field Location)
is "$(page "${one%%\?*}")" 200 'it has a page'
like "$(text)" '沪水清1.*有效' 'with its filing'
is "$(post "${one%%\?*}" name=清源水箱 number=沪水清2 from=2025-01-01 to=2025-06-30)" 303 'another filing'
is "$(page '/staff/filings?q=%E6%B8%85%E6%BA%90')" 200 'found by name'
like "$(text)" '沪水清2.*已过期' 'the expired one is marked'
is "$(post "${one%%\?*}" name=清源水箱 number=沪水清3 from=2026-02-30)" 422 'a day that is none'
is "$(page /staff/filings/999999)" 404 'a company that is not there'

# --- the audit ---
is "$(page /staff/audit)" 403 'an office does not read the audit'
is "$(page /staff/audit.csv)" 403 'nor its table'
as aud
is "$(page /staff/audit)" 200 'an auditor does'
like "$(text)" 'label\.void' 'who did what'
like "$(text)" 'off\.a' 'by whom'
is "$(page '/staff/audit?what=label.order&who=off.a')" 200 'searched'
is "$(grep -o '<tr><th scope="row">' "$T/body" | wc -l)" "$(sql "SELECT count(*) FROM core.audit
	WHERE what = 'label.order' AND who = 'off.a'")" 'only those'
is "$(page '/staff/audit?from=2030-01-01')" 200 'by day'
like "$(text)" '没有找到' 'none yet'
is "$(page '/staff/audit?from=nonsense&before=x')" 200 'nonsense narrows nothing'
for n in $(seq 1 60); do echo "INSERT INTO core.audit (who, what, subject) VALUES ('=cmd|''/C calc''!A0', '+test', '@SUM(1+9)*$n');"; done >"$T/many.sql"
printf "INSERT INTO core.audit (who, what, subject) VALUES (E'\\\\tTAB', '-2+3', E'\\\\rCR \"quoted\", with comma');" >>"$T/many.sql"
sql_file "$T/many.sql" >/dev/null
is "$(page /staff/audit)" 200 'more than a page'
older=$(grep -o 'href="/staff/audit?before=[0-9]*"' "$T/body" | grep -o '/[^"]*')
is "$(page "$older")" 200 'the older ones'
stale aud
is "$(page /staff/audit.csv)" 303 'the table needs the password of the last five minutes'
like "$(field Location)" '^/staff/again\?next=' 'and asks for it'
fresh aud
is "$(page /staff/audit.csv)" 200 'the table'
is "$(field Content-Type)" 'text/csv; charset=utf-8' 'is CSV'
cp "$T/body" "$T/audit.csv"
ok 'has every act once, and no cell a spreadsheet would run' python3 - "$T/audit.csv" "$(sql 'SELECT count(*) FROM core.audit')" <<'PY'
import csv, sys
raw = open(sys.argv[1], encoding="utf-8", newline="").read()
assert raw[0] == "\ufeff"
rows = list(csv.reader(raw[1:].splitlines(True)))
assert rows[0][0] == "seq", rows[0]
# raw was cut at bare CRs by splitlines: read it whole
import io
rows = list(csv.reader(io.StringIO(raw[1:], newline="")))
seqs = [int(r[0]) for r in rows[1:]]
assert len(seqs) == len(set(seqs)) >= int(sys.argv[2]) - 1, (len(seqs), sys.argv[2])
for r in rows[1:]:
    for cell in r:
        assert not cell or cell[0] not in "=+-@\t\r", cell
assert any("=cmd" in c for r in rows for c in r)
PY

# --- who may not ---
as ins.a
for p in /staff/labels /staff/labels/batches "/staff/labels/$id" "/staff/labels/$id/pdf" /staff/filings /staff/audit /staff/audit.csv; do
	is "$(page "$p")" 403 "an inspector: $p"
done
for p in /staff/labels /staff/labels/bind /staff/labels/replace /staff/labels/void /staff/filings/new; do
	is "$(post "$p" w=blank n=1 t=a4-24 code="$blank" codes="$blank" facility="$f" reason=x name=x)" 403 "an inspector: POST $p"
	is "$(post "$p" csrf= w=blank)" 403 "without its token: POST $p"
done
nobody
is "$(page /staff/labels)" 303 'nobody: to the login'
like "$(field Location)" '^/staff/login\?next=' 'and back'
verifies() { "$qrsvc" verify >"$T/verify" 2>&1; }
ok 'everything verifies' verifies
done_testing
