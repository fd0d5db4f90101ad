#!/bin/sh
# The project's own columns: encodings, all or nothing, once only, revisions, photos.
. tests/lib.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-photod >/dev/null
quiet() { "$@" >"$T/out" 2>"$T/err"; }
import() { quiet "$qrsvc" import "$@"; }
outcome() { sed -n 's/^[a-z]*: [0-9]* rows, //p' "$T/out"; }

# --- the examples of the documentation load as they are ---
cp deploy/examples/*.csv "$T/"
ok 'the example of facilities loads' import facilities "$T/facilities.csv"
is "$(outcome)" '4 new, 0 changed, 0 unchanged, 0 refused' 'all of it'
ok 'the example of records loads' import records "$T/records.csv"
is "$(outcome)" '5 new, 0 changed, 0 unchanged, 0 refused' 'all of it'
is "$(sql "SELECT s.op, s.num, i.code FROM core.result s JOIN core.item i ON i.id = s.item_id
	WHERE s.op IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1")" '<|5|color
<=|5|color' 'operators and numbers'
is "$(sql "SELECT DISTINCT s.word FROM core.result s JOIN core.item i ON i.id = s.item_id
	WHERE i.code = 'total_coliform' AND s.verdict = 'pass'")" not_detected 'a word in Chinese'
is "$(sql "SELECT count(*) FROM core.revision WHERE 'contradiction:coliform_ecoli' = ANY (flags)")" 1 \
	'a contradiction is flagged'
is "$(sql "SELECT performed_to AT TIME ZONE 'Asia/Shanghai' FROM core.revision v
	JOIN core.import_source i ON i.record_id = v.record_id WHERE i.key = 'T1-2026-05-14'")" \
	'2026-05-14 11:40:00' 'times are those of the deployment'
is "$(sql "SELECT p.name, p.filing FROM core.revision_party p JOIN core.import_source i USING (record_id)
	WHERE i.key = 'T1-2026-05-14' AND p.role = 'cleaner'")" '清源水箱清洗公司（示例）|示备〔2024〕011号' \
	'a party and its filing'

# --- the same table in other encodings is the same table ---
for form in bom gb18030 crlf; do
	case $form in
	bom) { printf '\357\273\277'; cat deploy/examples/facilities.csv; } ;;
	gb18030) iconv -f UTF-8 -t GB18030 deploy/examples/facilities.csv ;;
	crlf) sed 's/$/\r/' deploy/examples/facilities.csv ;;
	esac >"$T/$form.csv"
	ok "$form: loads" import facilities "$T/$form.csv"
	is "$(outcome)" '0 new, 0 changed, 4 unchanged, 0 refused' "$form: says the same"
done
nok 'GB18030 said to be UTF-8 is refused' import facilities "$T/gb18030.csv" --profile "$(
	sed 's/^encoding = auto/encoding = utf-8/' deploy/profiles/plain.ini >"$T/utf8.ini"
	echo "$T/utf8.ini"
)"
like "$(cat "$T/err")" 'line 2: bytes that are no UTF-8' 'with the line'

# --- all or nothing ---
head=$(head -n 1 deploy/examples/facilities.csv)
{
	echo "$head"
	sed -n '2s/^T1/N1/p; 3s/^T2,[^,]*/N2,boat/p; 4s/^T3/N3/p' deploy/examples/facilities.csv
} >"$T/mixed.csv"
nok 'one bad row of three' import facilities "$T/mixed.csv"
is "$(sql "SELECT count(*) FROM core.import_source WHERE key LIKE 'N%'")" 0 'nothing was loaded'
is "$(cut -d, -f1-3 "$T/mixed.csv.rejected.csv" | tail -n 1)" '3,unknown_kind,boat' 'the bad row is named'
is "$(sed -n 2p "$T/mixed.csv.rejected.csv" | tr -d '\r' | cut -d, -f4-)" "$(sed -n 3p "$T/mixed.csv")" \
	'and copied as it was'
ok 'with --dry-run and --skip-bad' import facilities "$T/mixed.csv" --skip-bad --dry-run
is "$(sql "SELECT count(*) FROM core.import_source WHERE key LIKE 'N%'")" 0 'still nothing'
ok 'with --skip-bad' import facilities "$T/mixed.csv" --skip-bad
is "$(sql "SELECT count(*) FROM core.import_source WHERE key LIKE 'N%'")" 2 'the other two are there'
sed -i 3d "$T/mixed.csv"
ok 'without the bad row' import facilities "$T/mixed.csv"
nok 'the old list of refusals is gone' test -e "$T/mixed.csv.rejected.csv"

# --- once only, revisions ---
sed 's/^\(T1-2026-05-14,.*\),0\.42,/\1,0.52,/' deploy/examples/records.csv >"$T/records.csv"
nok 'changed content is refused' import records "$T/records.csv"
is "$(cut -d, -f2,3 "$T/records.csv.rejected.csv" | sed -n 2p)" 'changed,T1-2026-05-14' 'by name'
is "$(sql 'SELECT max(rev) FROM core.revision')" 1 'no revision was made'
ok 'unless --revise' import records "$T/records.csv" --revise
is "$(outcome)" '0 new, 1 changed, 4 unchanged, 0 refused' 'makes one revision'
is "$(sql "SELECT string_agg(s.num::text, ' ' ORDER BY s.rev) FROM core.result s JOIN core.item i ON i.id = s.item_id
	JOIN core.import_source m ON m.record_id = s.record_id AND m.key = 'T1-2026-05-14' WHERE i.code = 'turbidity'")" \
	'0.42 0.52' 'the old one stays readable'
ok 'the same once more' import records "$T/records.csv" --revise
is "$(outcome)" '0 new, 0 changed, 5 unchanged, 0 refused' 'changes nothing'
printf '%s\n' "$head" 'T1,roof_tank,310107005000,1号水箱,P1,杏泽苑,柳溪路37弄,2号楼,,,,,,,,,,' >"$T/moved.csv"
nok 'a facility that changed' import facilities "$T/moved.csv"
ok 'is updated by --revise' import facilities "$T/moved.csv" --revise
ok 'another source has keys of its own' import facilities deploy/examples/facilities.csv --source other \
	--rejected "$T/other.csv"
is "$(outcome)" '4 new, 0 changed, 0 unchanged, 0 refused' 'so all is new'

# --- photos ---
mkdir -p "$T/p/photos" "$T/folder/T1-2026-05-14"
make -s B="$B" "$B/demophoto" >/dev/null
photo() { "$B/demophoto" --title T1 --date 2026-05-14 --width 640 --height 480 "$@"; }
photo --slot before --seed 1 --taken 2026-05-14T09:20:00 --gps 31.2,121.4 --dirty -o "$T/p/photos/b.jpg"
photo --slot after --seed 1 -o "$T/p/photos/a.jpg"
head -c 20000 "$T/p/photos/a.jpg" >"$T/p/photos/cut.jpg"
echo 'no picture' >"$T/p/photos/text.jpg"
cat >"$T/p/photos.csv" <<'CSV'
record,slot,file
T1-2026-05-14,before,photos/b.jpg
T1-2026-05-14,after,photos/a.jpg
T1-2026-05-14,after,photos/cut.jpg
T1-2026-05-14,after,photos/text.jpg
T1-2026-05-14,after,photos/none.jpg
T1-2026-05-14,after,../p/photos/a.jpg
T1-2026-05-14,roof,photos/a.jpg
T9,after,photos/a.jpg
CSV
nok 'photos: all or nothing' import photos "$T/p/photos.csv"
is "$(sql 'SELECT count(*) FROM core.photo')" 0 'photos: none was stored'
ok 'photos: --skip-bad' import photos "$T/p/photos.csv" --skip-bad
is "$(outcome)" '2 new, 0 changed, 0 unchanged, 6 refused' 'photos: two are good'
is "$(tail -n +2 "$T/p/photos.csv.rejected.csv" | cut -d, -f1,2 | tr '\n' ' ')" \
	'4,photo.damaged 5,photo.type 6,no_file 7,bad_file 8,bad_slot 9,unknown_record ' \
	'photos: each refusal has its name'
is "$(sql "SELECT string_agg(x.slot || ' ' || coalesce((x.taken AT TIME ZONE 'Asia/Shanghai')::text, '-'), ', '
	ORDER BY x.pos) FROM core.record_photo x")" 'before 2026-05-14 09:20:00, after -' \
	'photos: slots in order, the camera clock is the place'"'"'s'
is "$(sql "SELECT count(*), count(DISTINCT width) FROM core.photo_bytes")" '6|3' 'photos: three sizes each'
is "$(sql "SELECT lat, lon FROM core.photo WHERE lat IS NOT NULL")" '31.200000|121.400000' \
	'photos: where it was taken stays in the private table'
is "$(sql "SELECT count(*) FROM core.document WHERE doc LIKE '%121.4%'")" 0 'photos: and out of every document'
sed -i '4,$d' "$T/p/photos.csv"
ok 'photos: once more' import photos "$T/p/photos.csv"
is "$(outcome)" '0 new, 0 changed, 2 unchanged, 0 refused' 'photos: change nothing'
photo --slot during --seed 2 -o "$T/folder/T1-2026-05-14/during-1.jpg"
photo --slot during --seed 3 -o "$T/folder/T1-2026-05-14/during-2.jpg"
ok 'photos: a folder KEY/SLOT-N.jpg' import photos "$T/folder"
is "$(outcome)" '2 new, 0 changed, 0 unchanged, 0 refused' 'photos: is read by its names'
ok 'all that was loaded verifies' quiet "$qrsvc" verify

# --- memory, progress ---
{ echo "$head"; awk 'BEGIN { for (i = 0; i < 400000; i++) print "X" i ",,310107005000,1号水箱,P1,杏泽苑,柳溪路37弄,1号楼,,,,,,,,," (i % 7) ",x" }'; } \
	>"$T/big.csv"
# (the sanitizers reserve more addresses than that: there the rest of the test counts)
small() {
	case $B in
	*san*) "$qrsvc" "$@" ;;
	*) prlimit --as=220000000 "$qrsvc" "$@" ;;
	esac >"$T/out" 2>"$T/err"
}
sed 's/^\[facilities\]$/[facilities.refuse]\nno_kind = {kind} = ""\n\n[facilities]/' \
	deploy/profiles/plain.ini >"$T/refuse.ini"
nok "$(($(wc -c <"$T/big.csv") >> 20)) MB in constant memory" small import facilities "$T/big.csv" \
	--profile "$T/refuse.ini"
like "$(cat "$T/err")" '400000 of 400000 rows are refused \(no_kind: 400000\)' 'to its end'
is "$(wc -l <"$T/big.csv.rejected.csv")" 400001 'every row is named'
if command -v script >/dev/null; then
	script -qec "$qrsvc import facilities $T/big.csv --profile $T/refuse.ini" /dev/null >"$T/tty" </dev/null
	ok 'a progress bar on a terminal' grep -q 'facilities \[#' "$T/tty"
else
	skip 1 'script(1) is missing'
fi
unlike "$(cat "$T/err")" '\[#' 'and only there'
done_testing
