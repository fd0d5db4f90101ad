#!/bin/bash
# The static copy: every public page in both languages, no broken link from a disk or a plain web
# server, what it says of its age; what changed is written, what is gone is deleted, nothing else is
# touched; what it refuses.
. tests/lib.sh
. tests/staff.sh
town
sql "UPDATE core.site SET clock = '2026-11-22T10:00:00+08:00'" >/dev/null
for key in T1 T2 T3; do
	sql "SELECT api.label_bind('test', api.label_issue('test', NULL, 1), (SELECT f.code::text FROM core.facility f JOIN core.import_source i
		ON i.facility_id = f.id WHERE i.key = '$key'), NULL, '门上', NULL)" >/dev/null || bail "no label of $key"
done
printf 'key,facility,type,date,ph\nR1,T1,clean,2026-11-01,7.4\nR2,T2,clean,2025-01-01,7.2\n' >"$T/records.csv"
"$qrsvc" import records "$T/records.csv" >"$T/import.log" 2>&1 || bail "$(cat "$T/import.log")"
# a picture of its record: its name is the hash of its bytes
sql "SELECT api.photo_put(sha256('A'), 4, 3, NULL, NULL, NULL, NULL, NULL, ARRAY[320, 1280, 2048], ARRAY['A', 'A', 'A']::bytea[])" >/dev/null || bail 'no picture'
sql "SELECT core.photo_attach(i.record_id, 'after', sha256('A'), NULL), core.publish('facilities', ARRAY[r.facility_id])
	FROM core.import_source i JOIN core.record r ON r.id = i.record_id WHERE i.key = 'R1'" >/dev/null || bail 'no picture on the record'
sql 'SELECT api.job_snapshot()' >/dev/null || bail 'nothing is counted'
PORT=1 ADMIN_PORT=1
daemon_conf "server.clock=2026-11-22T10:00:00+08:00" "server.state=$T/state"
mkdir -p "$T/state" "$T/www"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/state" "$T/www" "$T"
mirror() { as_user "$qrsvc" --config "$T/qrsvc.conf" mirror "$@" >"$T/said" 2>"$T/err"; }
# crawl FOLDER: every relative link of every page leads to a file; prints what does not, and numbers.
crawl() {
	python3 - "$1" <<'PY'
import os, re, sys
root = os.path.realpath(sys.argv[1])
pages = 0
files = {os.path.join(d, f) for d, _, fs in os.walk(root) for f in fs if not f.startswith(".qrsvc-mirror")}
# a facility, a place, a label is found by its number alone; all else must be led to
first = [f for f in files if re.fullmatch(r"(en/)?([0-9A-Z]{9}/|f/[0-9A-Z]{9}/|b/[0-9A-Z]{9}/|coverage/|chain/)?index.html", os.path.relpath(f, root))]
seen, todo = set(), list(first)
while todo:
    at = todo.pop()
    if at in seen:
        continue
    seen.add(at)
    if not at.endswith(".html"):
        continue
    pages += 1
    text = open(at, encoding="utf-8").read()
    for link in re.findall(r'\s(?:href|src|action)="([^"]*)"', text):
        if re.match(r"(https?|tel|mailto|data):|#", link):
            continue
        to = os.path.realpath(os.path.join(os.path.dirname(at), link.split("#")[0]))
        if not to.startswith(root + "/") or not os.path.isfile(to):
            print("broken", os.path.relpath(at, root), link)
        else:
            todo.append(to)
for f in files - seen:
    print("nobody leads to", os.path.relpath(f, root))
if pages < 20 or len(first) < 20:
    print("only", pages, "pages from", len(first))
PY
}
every() { find "$T/www" -type f ! -name '.qrsvc-mirror*' -printf '%T@ %P\n' | sort; }
newer() { find "$T/www" -type f -newer "$T/mark" ! -name '.qrsvc-mirror*' -printf '%P\n' | sort; }

ok 'a copy is made' mirror "$T/www" || diag "$(grep -v '^<' "$T/err")"
like "$(cat "$T/said")" '^2026-11-22: [1-9][0-9]+ pages.* 0 deleted, 0 missing$' 'and says what it is'
is "$(crawl "$T/www")" '' 'no link is broken, and nothing lies about that nobody asked for'
T1=$(sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id WHERE i.key = 'T1'")
T2=$(sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id WHERE i.key = 'T2'")
L1=$(sql "SELECT l.code FROM core.label l JOIN core.facility f ON f.id = l.facility_id WHERE f.code = '$T1'")
page=$(cat "$T/www/f/$T1/index.html")
like "$page" '这是2026-11-22的副本' 'a page says of when it is'
like "$page" "href=\"https://QR.EXAMPLE.GOV.CN/f/$T1\?lang=zh-CN\"" 'and where the live one is'
like "$page" '下次|应在|到期' 'with the next due date'
like "$(cat "$T/www/en/f/$T1/index.html")" 'lang="en"' 'in the other language too'
like "$(cat "$T/www/en/f/$T1/index.html")" 'href="../../../f/[0-9A-Z]{9}/index.html" lang="zh-CN"' 'each leads to the other'
ok 'the number on a sticker is a folder' test -f "$T/www/$L1/index.html"
ok 'data lies beside' python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert d["state"] and d["document"]["code"]' "$T/www/f/$T1.json"
ok 'pictures too' sh -c "ls '$T/www/p/'*-1280.jpg >/dev/null"
ok 'records too' sh -c "ls '$T/www/r/' | grep -q ."
unlike "$(cat "$T/www/index.html")" 'action="(/|\.)' 'forms go to the live service'
unlike "$(find "$T/www" -path '*staff*' -o -path '*notice.pdf*')" . 'nothing from behind the login'
is "$(sql 'SELECT coalesce(sum(count), 0) FROM core.scan_day')" 0 'a copy is no scan'

# --- the first run is killed in the middle: its folder is still a copy's ---
mkdir "$T/killed" && { [ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/killed"; }
mirror "$T/killed" &
job=$!
until [ -e "$T/killed/chain/index.html" ] || ! kill -0 $job 2>/dev/null; do :; done
kill -9 $(pgrep -f -- "mirror $T/killed") 2>/dev/null
wait $job 2>/dev/null
ok 'the next run takes over' mirror "$T/killed" || diag "$(cat "$T/err")"
is "$(crawl "$T/killed")" '' 'and leaves nothing that nobody leads to'
gone() { ! pgrep -f -- "--config $T/qrsvc.conf"; }
ok 'its worker went with it' wait_for 10 gone

# --- by a plain web server ---
web=$(qr_port)
python=$(PATH=/usr/bin:/bin command -v python3)
background "$python" -m http.server --bind 127.0.0.1 --directory "$T/www" "$web"
ok 'any web server serves it' wait_for 10 curl -fsS -o "$T/served" "http://127.0.0.1:$web/$L1/"
ok 'the same bytes' cmp -s "$T/served" "$T/www/$L1/index.html"

# --- again: nothing changed, nothing is touched ---
every >"$T/before"
ok 'once more' mirror "$T/www"
like "$(cat "$T/said")" ' 0 written, .* 0 deleted' 'nothing is written'
every >"$T/after"
ok 'and no file is touched' cmp -s "$T/before" "$T/after"

# --- a change, and something that is gone ---
touch "$T/mark"
sql "UPDATE core.facility SET name = '东侧水箱' WHERE code = '$T2'; SELECT core.publish('facilities', ARRAY[(SELECT id FROM core.facility WHERE code = '$T2')])" >/dev/null
ok 'after a change' mirror "$T/www"
like "$(newer)" "^f/$T2/index.html$" 'its page is written'
unlike "$(newer)" "^f/$T1/index.html$" 'others are not'
like "$(cat "$T/www/f/$T2/index.html")" '东侧水箱' 'with what is new'
sql "DELETE FROM core.document WHERE kind = 'label' AND key = '$L1'" >/dev/null
ok 'after something went' mirror "$T/www" || diag "$(cat "$T/err")"
nok 'it is gone from the copy' test -e "$T/www/$L1"

# --- the next day: days are counted from it ---
sql "UPDATE core.site SET clock = '2026-11-23T10:00:00+08:00'" >/dev/null
sed -i 's/2026-11-22T10/2026-11-23T10/' "$T/qrsvc.conf"
ok 'the day after' mirror "$T/www"
like "$(cat "$T/www/f/$T1/index.html")" '这是2026-11-23的副本' 'pages that count days are of that day'
like "$(cat "$T/www/privacy/index.html")" '这是2026-11-22的副本' 'those that do not stay as they are'

# --- refusals ---
mkdir "$T/full" && touch "$T/full/mine" && { [ "$(id -u)" -ne 0 ] || chown "$QR_UID" "$T/full"; }
nok 'a folder with other files is left alone' mirror "$T/full"
like "$(cat "$T/err")" 'other files in it' 'and it says why'
ok 'untouched' test -f "$T/full/mine"
nok 'no folder' mirror
every >"$T/before"
sed -i "s|^dsn = .*|dsn = host=$T/none dbname=qrsvc|" "$T/qrsvc.conf"
(unset QRSVC_DATABASE_DSN && mirror "$T/www")
is $? 1 'without a database it fails'
every >"$T/after"
ok 'and the copy stays whole' cmp -s "$T/before" "$T/after"
nok 'no worker is left behind' pgrep -f -- "--config $T/qrsvc.conf"
done_testing
