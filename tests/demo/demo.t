#!/bin/sh
# The first command of the README, end to end, from outside.  timeout: 1200
# A demo in a folder of its own: what it says, what it writes, every label state, every code of
# the printed sheet, counts in page, JSON and SQL, second start, refusals, nothing left behind.
. tests/lib.sh

# qr_folder made T the ordinary user's; the demo is started by the caller
PORT=$(qr_port)
URL=http://127.0.0.1:$PORT
STATE=$T/demo
export STATE PORT
log=$T/demo.log

# start_demo: in the background; returns when it is ready or has ended.
start_demo() {
	: >"$log"
	env --default-signal=INT sh deploy/demo >"$log" 2>&1 &
	demo=$!
	lib_pids="$lib_pids $demo"
	until grep -q '^ready: ' "$log"; do
		qr_alive "$demo" || return 1
		sleep 0.2
	done
}
# info KEY[.KEY]: a value of info.json
info() { python3 tests/demo/look.py info "$STATE/info.json" "$1"; }
quiet() { "$@" >/dev/null; }
# refused DESCRIPTION REGEX [VARIABLE=VALUE...]: deploy/demo ends at once with one line.
refused() {
	what=$1 want=$2
	shift 2
	out=$(env "$@" timeout 60 sh deploy/demo ${word:-} 2>&1)
	rc=$?
	is "$([ $rc -gt 0 ] && [ $rc -lt 124 ] && echo refused):$(printf '%s\n' "$out" | wc -l)" refused:1 "$what: one line, status not 0" ||
		diag "$out"
	like "$out" "$want" "$what: says what to do"
}

# --- refusals, before anything is made ---------------------------------------------------------

refused 'a port that is no number' 'PORT=x' PORT=x
refused 'a port out of range' 'between' PORT=70000
refused 'a private BASE_URL' 'TRIAL=1' BASE_URL=http://192.168.1.7:8080
refused 'a loopback BASE_URL' 'TRIAL=1' BASE_URL=http://localhost:8080
refused 'a BASE_URL without scheme' 'https://' BASE_URL=qr.example.gov.cn
word=begin refused 'an unknown word' 'stop and reset'
nok 'reset leaves a folder alone that holds no demo' env STATE="$T" sh deploy/demo reset 2>/dev/null
ok 'which is still there' test -d "$T"

# --- first start --------------------------------------------------------------------------------

start_demo || {
	tail -n 30 "$log" | sed 's/^/# /'
	bail 'the demo does not start'
}
like "$(cat "$log")" "^ready: $URL/\$" 'it says where it is ready'
is "$(info url)" "$URL/" 'info.json: url'
is "$(info staff_url)" "$URL/staff/" 'info.json: staff_url'
for key in pids.demo pids.qrsvc pids.postgres labels accounts sheet dsn admin_url; do
	ok "info.json has $key" quiet info "$key"
done
is "$(curl -s -o /dev/null -w '%{http_code}' "$(info admin_url)readyz")" 200 'the second listener answers'
uid=$(awk '$1 == "Uid:" { print $2 }' "/proc/$(info pids.qrsvc)/status")
ok 'the service does not run as root' test "$uid" -ne 0
dsn=$(info dsn)
query() { psql -XqAt -v ON_ERROR_STOP=1 "$dsn" -c "$1"; }
is "$(query 'select 1')" 1 'info.json: dsn works'

# --- every label state --------------------------------------------------------------------------

today=$(TZ=Asia/Shanghai date +%F)
# state_page STATE ZH EN [STATUS]: the page of the label chosen for it; sets code
state_page() {
	want=${4:-200}
	code=$(info "labels.$1") && [ -n "$code" ]
	tap $? "$1: the demo has such a label" || return 1
	is "$(status "/$code" -H 'Accept-Language: en')" "$want" "$1: /$code is there in English"
	like "$(cat "$T/body")" "$3" "$1: the page says so"
	like "$(cat "$T/body")" '<html[^>]* lang="?en' "$1: and is marked as English"
	is "$(status "/$code" -H 'Accept-Language: zh-CN')" "$want" "$1: and in Chinese"
	like "$(cat "$T/body")" "$2" "$1: the page says so"
	unlike "$(cat "$T/body")" '<script' "$1: without a script"
	like "$(sed 's/<[^>]*>//g; s/&nbsp;/ /g' "$T/body")" \
		"$(printf %s "$code" | sed 's/\(...\)\(...\)\(...\)/\1[^0-9A-Z]?\2[^0-9A-Z]?\3/')" \
		"$1: with the number printed on the sticker"
	cp "$T/body" "$T/page"
	is "$(status "/$code.json")" "$want" "$1: and as JSON"
}
while IFS='|' read -r st zh en; do
	state_page "$st" "$zh" "$en" || continue
	like "$(cat "$T/body")" "\"state\": *\"$st\"" "$st: the JSON says the same"
	facility=$(query "select f.code from core.label l
		join core.facility f on f.id = l.facility_id where l.code = '$code'")
	is "$(query "select api.facility_state('$facility', '$today')")" "$st" "$st: and so does SQL"
	query "select doc from core.document where kind = 'facility' and key = '$facility'" >"$T/doc"
	ok "$st: the JSON carries the stored bytes" python3 tests/demo/look.py holds "$T/body" "$T/doc"
done <<STATES
on_time|按期|[Oo]n time
due_soon|快到期|[Dd]ue soon
overdue|超期|[Oo]verdue
failed|不合格|[Ff]ail
no_record|还没有|[Nn]o .*record
suspended|暂停使用|Out of use for now
retired|已停用|No longer in use
STATES
state_page void 这张标签已作废 'This label is void' 410 # gone for good (RFC 9110 15.5.11)
state_page replaced 这张标签换过了 'This label was replaced'
state_page blank 这张标签还没启用 'This label is not in use yet'
if state_page place . .; then
	like "$(grep -o '"/f/[0-9A-Z]*"' "$T/page" | sort -u | wc -l)" '^([2-9]|[1-9][0-9]+)$' \
		'place: several facilities are listed'
fi

# --- the sheet ----------------------------------------------------------------------------------

sheet=$(info sheet)
ok 'the sheet is a PDF' grep -aq '^%PDF-1' "$sheet"
# each label of the 3 x 8 sheets by itself, as a phone sees it
pdftoppm -r 300 -gray "$sheet" "$T/sheet"
python3 tests/demo/look.py cut 3 8 "$T"/sheet-*.pgm
zbarimg --nodbus -q --raw -S disable -S qrcode.enable "$T"/label-*.pgm 2>"$T/zbar" | sort -u >"$T/codes"
printed=$(pdftotext -layout "$sheet" - | grep -oE '\b[0-9A-HJKMNP-TV-Z]{3} [0-9A-HJKMNP-TV-Z]{3} [0-9A-HJKMNP-TV-Z]{3}\b' |
	tr -d ' ' | sort -u | wc -l)
ok "codes can be read from the sheet: $(wc -l <"$T/codes")" test -s "$T/codes"
is "$(wc -l <"$T/codes")" "$printed" 'every code printed in plain digits is read as a QR code'
bad=
while read -r content; do
	case $content in
	HTTPS://QR.EXAMPLE.GOV.CN/?????????) ;;
	*) bad="$bad $content" ;;
	esac
	[ "$(status "/${content##*/}")" = 200 ] || bad="$bad ${content##*/}"
done <"$T/codes"
is "$bad" '' 'each is HTTPS://HOST/CODE and opens its page'
for st in on_time overdue place; do
	ok "the label for $st is on the sheet" grep -q "/$(info "labels.$st")\$" "$T/codes"
done

# --- what residents say -------------------------------------------------------------------------

# voice NAME REGEX: the address printed under that name says so in Chinese, and is there in English
voice() {
	at=$(info "voice.$1") && [ -n "$at" ]
	tap $? "$1: the demo has one" || return 1
	like "$(cat "$log")" "^  $1 +$URL$at\$" "$1: and its closing lines say where"
	says() { status "$at" -H 'Accept-Language: zh-CN' >/dev/null && sed 's/<[^>]*>//g' "$T/body" | grep -qE -e "$2"; }
	wait_for 60 says "$1" "$2" # the jobs process publishes
	tap $? "$1: the page says $2" || head -c 2000 "$T/body" | sed 's/^/# /'
	unlike "$(cat "$T/body")" '<script' "$1: without a script"
	is "$(status "$at" -H 'Accept-Language: en')" 200 "$1: and is there in English"
}
while IFS='|' read -r name regex; do
	voice "$name" "$regex"
done <<VOICES
report|是什么问题
receipt|已评价：非常满意
escalated|超过时限，已报普陀区
answer|水已变清
numbers|收到反映[0-9]+件
alarm|标签的位置可能不对
reply|嘉禾物业服务公司（示例）的回应
survey|共4题
results|满意率
VOICES
is "$(query "select string_agg(state, ' ' order by state) from (select distinct state from core.ticket) x")" \
	'answered closed joined new quarantine working' 'reports in every state'
is "$(query "select count(*) from core.ticket t where exists (select from core.ticket_photo p where p.ticket_id = t.id)
	and exists (select from core.ticket_contact c where c.ticket_id = t.id)")" 1 'one with a photo and a number to call'
is "$(query "select count(*) from core.ticket where hidden_at is not null")$(query \
	"select count(*) from core.reply where shown = 'waiting'")" 11 'one hidden, a reply to be checked'
poster() { [ "$(query "select state from core.survey_poster")" = 'done' ]; }
ok 'the poster of the open survey is drawn' wait_for 60 poster
is "$(query "select (clock is null)::text from core.site")" true 'the clock is that of this machine again'
is "$(query "select count(*) from core.session where ended_at is null")" 0 'and nobody is logged in'

# --- every facility, counted three ways ------------------------------------------------------------

query "select f.code, count(r.id) filter (where r.state = 'published')
	from core.facility f left join core.record r on r.facility_id = f.id
	group by f.code order by f.code" >"$T/counts"
python3 tests/demo/look.py walk "$URL" "$T/counts" >"$T/walk" 2>&1
tap $? "every facility has a page; page, JSON and SQL agree: $(tail -n 1 "$T/walk")" ||
	head -n 20 "$T/walk" | sed 's/^/# /'
ok 'the New York file is there' test "$(query "select count(*) from core.record where source = 'nyc-tanks'")" -gt 8000

# --- one STATE, one demo -----------------------------------------------------------------------------

refused 'a second demo in the same STATE' 'already runs' PORT="$(qr_port)"
refused 'a port in use' "port $PORT is in use" STATE="$T/other"

# --- second start, end ----------------------------------------------------------------------------------

# nothing_left DESCRIPTION: no process works in STATE or runs a binary of it
nothing_left() {
	for p in /proc/[0-9]*; do
		for l in cwd exe; do
			case $(readlink "$p/$l") in
			"$STATE"/*) echo "$p $(tr '\0' ' ' <"$p/cmdline")" ;;
			esac
		done
	done >"$T/left"
	is "$(cat "$T/left")" '' "$1"
}
before=$(query 'select count(*), max(published_at) from core.record')
cp "$STATE/info.json" "$T/first.json"
kill -INT "$demo"
wait_for 30 test ! -d "/proc/$demo"
nothing_left 'Ctrl-C stops everything it started'
nok 'and the port is free' curl -s -o /dev/null "$URL/"

start_demo || {
	tail -n 30 "$log" | sed 's/^/# /'
	bail 'the demo does not start a second time'
}
unlike "$(cat "$log")" 'Loading|Building' 'the second start loads nothing'
dsn=$(info dsn)
is "$(query 'select count(*), max(published_at) from core.record')" "$before" 'and keeps the data'
is "$(info voice)" "$(python3 tests/demo/look.py info "$T/first.json" voice)" 'and the same of what residents said'
is "$(python3 tests/demo/look.py labels "$STATE/info.json")" \
	"$(python3 tests/demo/look.py labels "$T/first.json")" 'and offers the same labels'

ok 'make demo-stop ends it' make -s demo-stop
nothing_left 'completely'
nok 'so that nothing answers' curl -s -o /dev/null "$URL/"
ok 'make demo-reset removes its folder' make -s demo-reset
nok 'with all in it' test -e "$STATE"

done_testing
