#!/bin/bash
# Reminders by HTTP: the inbox, its count on every page; the calendar and the feed at secret addresses,
# read by a parser of their own, until they are ended; the history of a facility.
# timeout: 90
. tests/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-photod >/dev/null
cat >"$T/f.csv" <<'CSV'
key,kind,org,name,place_key,place,address,building,manager,since
A,roof_tank,310107005000,1号水箱,PA,"杏泽苑,一期;东 \ 西",柳溪路37弄,1号楼,嘉禾物业服务公司（示例）,2026-06-01
B,roof_tank,310107005000,2号水箱,PA,"杏泽苑,一期;东 \ 西",柳溪路37弄,2号楼,嘉禾物业服务公司（示例）,2026-06-01
C,lift,310107005000,"<b>&amp;""电梯",PC,很长很长的小区名称很长很长的小区名称很长很长的小区名称很长很长的小区名称很长,曹杨路1号,3号楼,,2026-06-01
X,roof_tank,310110000000,9号水箱,PX,云岫坊,云岫路1弄,9号楼,云岫物业服务公司（示例）,2026-06-01
CSV
sql "UPDATE core.site SET clock = '2026-11-24 10:00+08'"
"$qrsvc" import facilities "$T/f.csv" >/dev/null || bail 'no facilities'
account office off 310107005000
account office away 310110000000
account manager mgr 310107005000
sql "UPDATE core.account SET org_id = NULL, party_id = (SELECT id FROM core.party WHERE name LIKE '嘉禾%') WHERE login = 'mgr'"
start_daemon server.clock=2026-11-24T10:00:00+08:00
ok 'the daily job reminds' wait_for 20 sh -c "[ \"\$(deploy/pg psql '$CLUSTER' -qAtc 'SELECT count(*) FROM core.reminder')\" -gt 3 ]"
rows() { sql "SELECT count(*) FROM core.inbox b JOIN core.account a ON b.box = coalesce(a.org_id, -a.party_id) WHERE a.login = '$1' AND b.seen_at IS NULL"; }
todo=$(rows mgr)

# read ics|atom FILE: into $T/read
read_as() { python3 tests/http/feed.py "$@" >"$T/read"; }

# --- the inbox ---------------------------------------------------------------------------------------
nobody
is "$(page /staff/inbox)" 303 'nobody: to the login'
as mgr
is "$(page /staff/inbox)" 200 'a manager has an inbox'
ok 'with what the firm is to do' grep -q "/staff/f/$(code A)" "$T/body"
nok 'and nothing of others' grep -q -e "/staff/f/$(code X)" -e "/staff/f/$(code C)" "$T/body"
ok 'the menu says how many' grep -q "提醒（$todo）" "$T/body"
is "$(page '/staff/inbox?lang=en')" 200 'in English'
like "$(text)" "$todo not seen" 'says how many'
as away
page /staff/inbox >/dev/null
theirs=$(grep -o 'name="id\[\]" value="[0-9]*"' "$T/body" | head -n 1 | tr -dc 0-9)
as mgr
page /staff/inbox >/dev/null
mine=$(grep -o 'name="id\[\]" value="[0-9]*"' "$T/body" | head -n 1 | tr -dc 0-9)
is "$(post /staff/inbox do=seen "id[]=$mine" "id[]=$theirs" "id[]=x")" 303 'what is ticked is seen'
like "$(field Location)" 'seen=1$' 'of one'"'"'s own alone'
is "$(rows mgr)" $((todo - 1)) 'one less'
page "$(field Location)" >/dev/null
like "$(text)" '已将1条标为已阅' 'and the page says so'
upto=$(grep -o 'name="upto" value="[0-9]*"' "$T/body" | tr -dc 0-9)
is "$(post /staff/inbox do=seen "id[]=$mine" csrf=x)" 403 'not without the token'
is "$(post /staff/inbox do=all "upto=$upto")" 303 'all that the page showed'
is "$(rows mgr)" 0 'none is left'
as off
is "$(page "/staff/f/$(code A)")" 200 'the page of a facility'
like "$(text)" '嘉禾物业服务公司.*已阅' 'says who was reminded when, and that it was seen'

# --- the calendar and the feed ---------------------------------------------------------------------------
as mgr
is "$(post /staff/inbox do=feed)" 200 'a new address is shown'
ics=$(grep -oE '/feed/[A-Za-z0-9_-]{43}\.ics' "$T/body")
atom=${ics%.ics}.atom
is "$(sql "SELECT count(*) FROM core.feed f WHERE f.token = sha256(decode(translate('${atom:6:43}', '-_', '+/') || '=', 'base64'))")" 1 \
	'the database knows its hash alone'
nobody
is "$(page "$ics")" 200 'it is read without a login'
is "$(field Content-Type)" 'text/calendar; charset=utf-8' 'a calendar'
is "$(field Cache-Control)" 'private, no-cache' 'kept by its reader alone'
etag=$(field ETag)
cp "$T/body" "$T/mgr.ics"
ok 'that another program can read' read_as ics "$T/mgr.ics"
sql "SELECT d.due || ' ' || p.code || '-roof_tank-' || d.type || '-' || to_char(d.due, 'YYYYMMDD') || '@qr.example.gov.cn'
	FROM core.facility f JOIN core.place p ON p.id = f.place_id
	CROSS JOIN LATERAL core.remind_duties(ARRAY[f.id]) d
	JOIN core.facility_manager m ON m.facility_id = f.id JOIN core.party y ON y.id = m.party_id
	WHERE y.name LIKE '嘉禾%' AND d.due >= core.today() - 60 GROUP BY 1 ORDER BY 1" >"$T/want"
ok 'with an event for each due date' [ "$(wc -l <"$T/want")" -ge 1 ]
cut -d' ' -f1,2 "$T/read" | diff - "$T/want" >"$T/diff" || diag "$(cat "$T/diff")"
nok 'and no other' [ -s "$T/diff" ]
like "$(cat "$T/read")" '杏泽苑,一期;东 \\ 西（2处）' 'commas, semicolons, backslashes are what they were'
like "$(cat "$T/read")" "1号楼 1号水箱 \| https?://[^ ]*/f/$(code A)" 'with the facilities'
is "$(page "$ics" -H "If-None-Match: $etag")" 304 'the same again is not sent again'
is "$(page "$ics" -I)" 200 'HEAD'
is "$(page "$ics")" 200 'and again'
ok 'byte by byte the same' cmp -s "$T/body" "$T/mgr.ics"
is "$(page "$atom")" 200 'the feed'
is "$(field Content-Type)" 'application/atom+xml; charset=utf-8' 'an Atom feed'
ok 'that another program can read' read_as atom "$T/body"
is "$(wc -l <"$T/read")" "$(sql "SELECT count(*) FROM core.reminder_to t JOIN core.party p ON p.id = t.party_id WHERE p.name LIKE '嘉禾%'")" \
	'one entry a reminder'
like "$(cat "$T/read")" "/staff/f/$(code A) 杏泽苑,一期;东 \\\\ 西 1号楼" 'which says where'

# an office's: what is nobody's too, names that no program may take for its own
as off
page '/staff/inbox?lang=en' >/dev/null
post '/staff/inbox?lang=en' do=feed >/dev/null
off=$(grep -oE '/feed/[A-Za-z0-9_-]{43}' "$T/body" | head -n 1)
nobody
page "$off.ics" >/dev/null
ok 'of an office' read_as ics "$T/body"
like "$(cat "$T/read")" '很长的小区名称很长 / ' 'long lines were folded, and are whole again'
like "$(cat "$T/read")" 'Rooftop water tank' 'in the language it was made in'
page "$off.atom" >/dev/null
ok 'and its feed' read_as atom "$T/body"
like "$(cat "$T/read")" '<b>&amp;"电梯:' 'no name is markup'

# --- the end --------------------------------------------------------------------------------------------
is "$(page "/feed/$(printf 'A%.0s' $(seq 43)).ics")" 404 'an address nobody made'
is "$(page /feed/x.atom)" 404 'and none at all'
as mgr
page /staff/inbox >/dev/null
id=$(grep -o 'name="feed" value="[0-9]*"' "$T/body" | tr -dc 0-9)
as off
is "$(post /staff/inbox do=end "feed=$id")" 404 'nobody ends the address of another'
as mgr
is "$(post /staff/inbox do=end "feed=$id")" 303 'its owner does'
is "$(page "$ics")" 404 'then it is gone'
is "$(page "$atom")" 404 'with the feed'
nobody
is "$(page "$off.ics")" 200 'others stay'
sql "UPDATE core.account SET ended_at = core.now() WHERE login = 'off'"
is "$(page "$off.ics")" 404 'until the account has ended'
as mgr
for _ in 1 2 3 4 5 6 7 8 9 10; do post /staff/inbox do=feed >/dev/null; done
is "$(post /staff/inbox do=feed)" 409 'ten addresses are enough'
nok 'no address is in the log' grep -q -e "${ics:6:43}" -e "${off:6:43}" "$T/qrsvc.log"
done_testing
