#!/bin/bash
# Tables that offices bring: 5,000 rows with 50 faults name exactly those; encodings, separators; what
# is shown, applied, taken back; the database changed meanwhile; who may.
# timeout: 900
. tests/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
qrsvc=$(program qrsvc)
printf 'key,kind,org,place,building\nA,roof_tank,310107005000,旧小区,1号楼\nB,roof_tank,310110000000,外面,1号楼\n' >"$T/first.csv"
"$qrsvc" import facilities "$T/first.csv" >/dev/null || bail 'no facilities'
sql "INSERT INTO core.party (name, phone, credit_code) VALUES ('同名物业', NULL, NULL), ('同名 物业', NULL, NULL),
	('有电话物业', '021-1', NULL), ('清源', NULL, '91350100M000100Y43')" >/dev/null
code_of() { sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id WHERE i.key = '$1'"; }
inside=$(code_of A) outside=$(code_of B)
account office off.a 310107000000
account supervisor sup 310107000000
account office away 310110000000
start_daemon limits.staff=0
as off.a

# upload FILE WHAT [NAME]: the status; the import's number in $id
upload() {
	up_s=$(status /staff/import -H "Cookie: $staff_cookie" -H "Origin: $URL" -H 'Sec-Fetch-Site: same-origin' \
		-F "csrf=${up_csrf-$staff_csrf}" -F "what=$2" -F "file=@$1;filename=${3:-table.csv};type=text/csv")
	id=$(field Location)
	id=${id##*/}
	printf %s "$up_s"
}
# upload() in a substitution forgets $id: bring FILE WHAT, then wait until it has been read.
bring() {
	upload "$1" "$2" "${3:-table.csv}" >"$T/up"
	at=/staff/import/$id
	[ "$(cat "$T/up")" = 303 ] && wait_for 60 rests
}
state() { sql "SELECT state FROM core.import_file WHERE id = $id"; }
rests() { case $(state) in waiting | reading | applying | undoing) return 1 ;; esac; }
mark() { sql "SELECT encode(mark, 'hex') FROM core.import_file WHERE id = $id"; }
act() { # apply, undo
	fresh off.a
	act_s=$(post "$at" "do=$1" "mark=$(mark)")
	[ "$act_s" = 303 ] && wait_for 90 rests
}
counts() { sql "SELECT concat_ws(' ', rows, created, changed, unchanged, refused) FROM core.import_file WHERE id = $id"; }

# --- 50 faults in 5,000 rows ---
python3 tests/http/exchange_rows.py "$T" "$inside" "$outside" || bail 'no table'
ok 'a table of 5,000 rows is read' bring "$T/faults.csv" facilities
is "$(state)" shown 'and shown'
is "$(counts)" '5000 4950 0 0 50' 'with what it would do'
sql "SELECT line || ' ' || reason FROM core.import_line WHERE file_id = $id AND fate = 'refused' ORDER BY line" >"$T/got"
ok 'the 50 faults, each by its line and its name, and no other' diff "$T/faults.want" "$T/got"
is "$(page "$at")" 200 'its page'
like "$(text)" '写入 4950 行.*新增 4950 .*不收 50 ' 'counts'
like "$(text)" '识别为UTF-8，逗号分隔' 'says what the file is'
is "$(page "$at/refused.csv")" 200 'the list of what is refused'
like "$(head -n 1 "$T/body")" '行,原因,设施编码' 'with headings'
is "$(sed -n '2,51p' "$T/body" | cut -d, -f1 | tr '\n' ' ')" "$(cut -d' ' -f1 "$T/faults.want" | tr '\n' ' ')" 'has the same lines'
is "$(tail -n 1 "$T/body" | tr -d '\r')" '完，共50行' 'and says that it is whole'
is "$(sql 'SELECT count(*) FROM core.facility')" 2 'looking changes nothing'
first=$id
ok 'the same in GB18030 with semicolons' bring "$T/faults.gb.csv" facilities
sql "SELECT line || ' ' || reason FROM core.import_line WHERE file_id = $id AND fate = 'refused' ORDER BY line" >"$T/got"
ok 'names the same' diff "$T/faults.want" "$T/got"
is "$(sql "SELECT encoding || separator FROM core.import_file WHERE id = $id")" 'GB18030;' 'it was told apart'
is "$(post "$at" do=drop)" 303 'one file is forgotten'
is "$(page "$at")" 404 'really'
id=$first at=/staff/import/$first
ok 'the other is applied' act apply
is "$(state)" applied 'all of it'
is "$(sql 'SELECT count(*) FROM core.facility')" 4952 'as it said'
is "$(sql "SELECT count(*) FROM core.document WHERE kind = 'facility'")" 4952 'published with it'
is "$(sql "SELECT count(*) FROM core.audit WHERE what = 'import.apply.line'")" 4950 'each in the audit'
ok 'the same table again' bring "$T/faults.csv" facilities
is "$(counts)" '5000 0 0 4950 50' 'would change nothing'
fresh off.a
is "$(post "$at" do=apply "mark=$(mark)")" 409 'and cannot be applied'

# --- taking it back ---
id=$first at=/staff/import/$first
stale off.a
is "$(post "$at" do=undo)" 428 'taking back needs the password of the last five minutes'
f=$(sql "SELECT target FROM core.import_line WHERE file_id = $id AND fate = 'created' ORDER BY line LIMIT 1")
sql "UPDATE core.facility SET building = '改过' WHERE code = '$f'" >/dev/null
ok 'something newer was built upon a line' act undo
is "$(state) $(sql "SELECT undo_refused FROM core.import_file WHERE id = $id")" 'applied 1' 'so nothing is taken back'
page "$at" >/dev/null
like "$(text)" '1 行之后又有改动，没有撤销' 'which the page says'
page "$at/refused.csv?u=1" >/dev/null
like "$(cat "$T/body")" '之后又有改动' 'and a list names'
sql "UPDATE core.facility SET building = (SELECT cells ->> 'building' FROM core.import_line WHERE file_id = $id AND target = '$f') WHERE code = '$f'" >/dev/null
ok 'put right' act undo
is "$(state)" undone 'it is taken back'
is "$(sql "SELECT count(*) FROM core.document WHERE kind = 'facility' AND doc ~ '\"status\":\"retired\"'")" 4950 'what it made is retired'
is "$(sql "SELECT count(*) FROM core.audit WHERE what = 'import.undo.line'")" 4950 'in the audit again'

# --- encodings, small tables ---
printf '\357\273\277编码,楼栋\r\n%s,"7,号楼"\r\n' "$inside" >"$T/bom.csv"
ok 'UTF-8 with its mark' bring "$T/bom.csv" facilities
is "$(sql "SELECT encoding FROM core.import_file WHERE id = $id") $(counts)" 'UTF-8 BOM 1 0 1 0 0' 'is one change'
like "$(sql "SELECT change FROM core.import_line WHERE file_id = $id")" '1号楼.*7,号楼' 'from the old to the new value'
page "$at?show=changed" >/dev/null
like "$(text)" '楼栋：1号楼 → 7,号楼' 'shown so'
printf '编码\t楼栋\r\n%s\t8号楼\r\n' "$inside" | iconv -t UTF-16LE | { printf '\377\376'; cat; } >"$T/utf16.csv"
ok 'UTF-16 with tabs, as a spreadsheet saves it' bring "$T/utf16.csv" facilities
is "$(sql "SELECT encoding FROM core.import_file WHERE id = $id") $(counts)" 'UTF-16 1 0 1 0 0' 'too'
printf '\377\000\001\002' >"$T/none.csv"
ok 'what is no text' bring "$T/none.csv" facilities
is "$(state) $(sql "SELECT why FROM core.import_file WHERE id = $id")" 'failed no_table' 'is no table'
printf '甲,乙\n1,2\n' >"$T/heads.csv"
ok 'a table with other headings' bring "$T/heads.csv" facilities
page "$at" >/dev/null
like "$(text)" '第一行没有认得的列名' 'is told so'
printf '编码,code\n1,2\n' >"$T/twice.csv"
ok 'two columns of one meaning' bring "$T/twice.csv" facilities
is "$(sql "SELECT why FROM core.import_file WHERE id = $id")" head_twice 'are refused'
awk 'BEGIN { print "编码,楼栋"; for (i = 0; i < 10001; i++) print "x,1" }' >"$T/many.csv"
ok 'more than 10,000 rows' bring "$T/many.csv" facilities
is "$(sql "SELECT why FROM core.import_file WHERE id = $id")" too_many_rows 'are too many'
: >"$T/empty.csv"
is "$(upload "$T/empty.csv" facilities)" 422 'an empty file'
head -c 8388609 /dev/zero >"$T/large.csv"
is "$(upload "$T/large.csv" facilities)" 422 'a file of more than 8 MiB'
is "$(up_csrf='' upload "$T/bom.csv" facilities)" 403 'without its token'
stale off.a
is "$(page /staff/import)" 303 'the page asks for the password first'
fresh off.a

# --- the database moves between looking and applying ---
ok 'a change is shown' bring "$T/bom.csv" facilities
sql "UPDATE core.facility SET building = '别人改的' WHERE code = '$inside'" >/dev/null
ok 'somebody else is faster' act apply
is "$(state) $(sql "SELECT moved FROM core.import_file WHERE id = $id")" 'shown t' 'so it is shown again'
page "$at?show=changed" >/dev/null
like "$(text)" '预览以后数据有了变化.*楼栋：别人改的 → 7,号楼' 'with what would change now'
is "$(sql "SELECT building FROM core.facility WHERE code = '$inside'")" 别人改的 'and nothing was applied'
old=$(printf '%064d' 0)
is "$(post "$at" do=apply "mark=$old")" 409 'an older page cannot confirm'
ok 'confirmed' act apply
is "$(sql "SELECT building FROM core.facility WHERE code = '$inside'")" '7,号楼' 'it is applied'
ok 'and taken back' act undo
is "$(sql "SELECT building FROM core.facility WHERE code = '$inside'")" 别人改的 'to what stood there before'

# --- managers, offices, records ---
printf '设施编码,管理单位,管理起始\n%s,新来物业,2026-01-01\n%s,外人物业,2026-01-01\n' "$inside" "$outside" >"$T/m.csv"
ok 'managers' bring "$T/m.csv" managers
is "$(counts)" '2 0 1 0 1' 'of one facility of ours'
ok 'are applied' act apply
is "$(sql "SELECT p.name FROM core.facility_manager m JOIN core.party p ON p.id = m.party_id JOIN core.facility f ON f.id = m.facility_id WHERE f.code = '$inside'")" 新来物业 'really'
ok 'and taken back' act undo
is "$(sql "SELECT count(*) FROM core.facility_manager m JOIN core.facility f ON f.id = m.facility_id WHERE f.code = '$inside'")" 0 'to nobody known'
printf '机构编码,机构名称,上级编码\n310107005901,甲居委会,310107005000\n310107005902,乙,310107005901\n310110001000,外,310110000000\n' >"$T/o.csv"
ok 'offices' bring "$T/o.csv" offices
is "$(counts)" '3 2 0 0 1' 'below ours'
ok 'are made' act apply
is "$(sql "SELECT division_code FROM core.org WHERE code = '310107005902'")" 310107005902 'with their division codes'
is "$(sql "SELECT doc::json #>> '{parents,0,code}' FROM core.document WHERE kind = 'org' AND key = '310107005902'")" 310107005901 'and their pages'
ok 'and taken back' act undo
is "$(sql "SELECT count(*) FROM core.org WHERE code LIKE '3101070059%'") $(sql "SELECT count(*) FROM core.document WHERE kind = 'org' AND key LIKE '3101070059%'")" '0 0' 'with their pages'
printf '设施编码,记录类型,日期,清洗单位,浑浊度,总大肠菌群,消毒剂\n%s,清洗,2026/5/1,洁净公司,<0.5,未检出,次氯酸钠\n%s,清洗,2026-05-02,x,,,\n' "$inside" "$outside" >"$T/r.csv"
ok 'records' bring "$T/r.csv" records
is "$(counts)" '2 1 0 0 1' 'of our facilities'
ok 'are made' act apply
r=$(sql "SELECT target FROM core.import_line WHERE file_id = $id AND fate = 'created'")
is "$(status "/r/$r")" 200 'and public'
ok 'and withdrawn' act undo
status "/r/$r" >/dev/null
like "$(text)" '撤回' 'which their pages say'
is "$(sql "SELECT count(*) FROM core.record")" 1 'nothing is deleted'

# --- who may ---
as sup
is "$(page /staff/import) $(page "$at")" '403 403' 'supervisors do not import'
as away
fresh away
is "$(page "$at") $(page "$at/refused.csv")" '404 404' 'another office does not see it'
is "$(post "$at" do=undo)" 404 'nor touch it'
as off.a

# --- exports ---
sql "UPDATE core.facility SET name = '=HYPERLINK(\"http://x\")', serves = '+1', building = '-2', params = '{\"volume\":-1.5,\"material\":\"@x\"}' WHERE code = '$inside';
	SELECT core.publish('facilities', ARRAY[(SELECT id FROM core.facility WHERE code = '$inside')])" >/dev/null
# export WHAT FORMAT [FIELD=VALUE...]: the file in $T/out
export_() {
	fresh off.a
	ex_what=$1 ex_format=$2
	shift 2
	[ "$(post /staff/export "what=$ex_what" "format=$ex_format" "$@")" = 303 ] || return 1
	ex_at=$(field Location)
	ex_ready() { page "$ex_at" >/dev/null; grep -q '/file"' "$T/body"; }
	wait_for 60 ex_ready || return 1
	[ "$(status "$ex_at/file" -H "Cookie: $staff_cookie")" = 200 ] && cp "$T/body" "$T/out"
}
ok 'facilities as CSV' export_ facilities csv
like "$(field Content-Disposition)" 'facilities-[0-9]+\.csv' 'to be kept'
is "$(tail -n 1 "$T/out" | tr -d '\r')" '完，共4951行' 'all of ours, and it says so'
is "$(head -c 3 "$T/out" | od -An -tx1)" ' e8 ae be' 'without a mark of UTF-8'
line=$(grep "^$inside," "$T/out")
like "$line" "\"'=HYPERLINK" 'a formula gets its apostrophe'
like "$line" "\"'\\+1\"" 'so does a plus'
like "$line" "\"'-2\"" 'and a minus'
like "$line" ",-1.5,\"'@x\"" 'a number is a number'
unlike "$line" NULL 'NULL is empty'
ok 'brought back' bring "$T/out" facilities
is "$(counts)" '4951 0 0 4951 0' 'it changes nothing'
ok 'with the mark' export_ facilities csv-bom "f=$inside" "f=$outside"
is "$(head -c 3 "$T/out" | od -An -tx1)$(wc -l <"$T/out")" ' ef bb bf3' 'only what was chosen, and of that what is ours'
ok 'by state, office and kind' export_ facilities csv state=retired org=310107014000 kind=roof_tank
is "$(tail -n 1 "$T/out" | tr -d '\r')" "完，共$(sql "SELECT count(*) FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.org o ON o.id = p.org_id WHERE o.code = '310107014000'")行" 'as many as there are'
ok 'XLSX' export_ facilities xlsx "f=$inside"
python3 - "$T/out" >"$T/xlsx" <<'PY'
import re, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
page = z.read("xl/worksheets/sheet1.xml").decode()
print("formulas", page.count("<f>"), "text", "=HYPERLINK(&quot;" in page or '=HYPERLINK("' in page, "number", "<v>-1.5</v>" in page)
print(re.findall(r"<t>(完[^<]*)</t>", page)[0])
PY
is "$(tr '\n' ' ' <"$T/xlsx")" 'formulas 0 text True number True 完，共1行 ' 'a sound file whose text is text'
for what in records results offices managers; do
	ok "$what" export_ $what csv
	like "$(tail -n 1 "$T/out")" '^完，共[0-9]+行' 'whole'
done
ok 'in English' export_ offices csv lang=en
mine=$ex_at
as sup
is "$(page "$mine") $(page "$mine/file")" '404 404' 'a table is its maker'"'"'s alone'
as off.a
stale off.a
is "$(post /staff/export what=offices format=csv)" 428 'exports need the password of the last five minutes'
fresh off.a
is "$(post /staff/export what=money format=csv)" 422 'what nobody knows'

# --- numbers ---
is "$(page /staff/numbers)" 200 'numbers'
like "$(text)" '普陀区：.*到期应办.*各下级机构' 'by month and office'
is "$(page '/staff/numbers.csv?from=2026-10&to=2026-11')" 200 'as a table'
like "$(tail -n 1 "$T/body")" '^完，共[0-9]+行' 'whole'
is "$(page '/staff/numbers?org=310110000000')" 403 'not of others'
is "$(page '/staff/numbers?from=x')" 200 'a month that is none is not asked for'
is "$(page '/staff/numbers?from=2019-01')" 422 'more than 36 months'

# --- the divisions of Shanghai, shipped as an example ---
account admin city 310000000000
as city
ok 'all of Shanghai' bring deploy/examples/shanghai-divisions.csv offices
is "$(counts)" '250 224 0 26 0' 'of which the seeds have some'
mark=$(mark)
is "$(post "$at" do=apply "mark=$mark")" 303 'confirmed'
ok 'it is applied' wait_for 60 rests
is "$(sql "SELECT count(*) FROM core.org WHERE division_year = 2023 AND division_code = code")" 251 'with codes and their year'
done_testing
