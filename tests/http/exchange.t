#!/bin/bash
# Tables that offices bring: 5,000 rows with 50 faults name exactly those; encodings, separators; what
# is shown, applied, taken back; the database changed meanwhile; who may.
# timeout: 300
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
like "$(text)" '不收 50 .*写入 4950 行' 'counts'
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
done_testing
