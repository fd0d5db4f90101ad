#!/bin/bash
# Residents' reports over HTTP: the form, its receipt, what is refused; photos, the telephone number;
# nothing of who sent it is kept.
# timeout: 120
. tests/lib.sh
. tests/staff.sh
town
mkdir "$T/keys"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/keys"
ok 'a key for telephone numbers' as_user "$qrsvc" keygen --contact "$T/keys/contact"
nok 'is made once' as_user "$qrsvc" keygen --contact "$T/keys/contact" 2>/dev/null
is "$(stat -c %a "$T/keys/contact")" 600 'for nobody else'
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null
start_daemon limits.form=0 limits.staff=0 server.clock=2026-11-22T10:00:00+08:00 tickets.contact_key="$T/keys/contact"
F=$(code T1)
# form PATH: fetches it; KEY and STAMP are those of its hidden fields
form() {
	status "$@" >/dev/null
	KEY=$(sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body")
	STAMP=$(sed -n 's/.*name="stamp" value="\([^"]*\)".*/\1/p' "$T/body")
}
# send PATH FIELD..: the form that was fetched last
send() {
	path=$1
	shift
	for f; do
		set -- "$@" -F "$f"
		shift
	done
	status "$path" -H "Origin: $URL" -F "key=$KEY" -F "stamp=$STAMP" "$@"
}
form "/report/$F"
like "$(cat "$T/body")" '水发浑' 'the form'
is "$(send "/report/$F" kind=dirty_water 'words=发黄')" 303 'sent'
R=$(field Location)
like "$R" '^/c/[0-9A-Z]{9}$' 'leads to a receipt'
is "$(status "$R")" 200 'the receipt'
like "$(text)" '水发浑.*已收到，等待受理.*收到您的反映' 'says how far it is'
is "$(status "$R.json")" 200 'and as data'
ok 'which is JSON' python3 -m json.tool "$T/body" /dev/null
is "$(status /c/AAAAAAAAA)" 404 'no such receipt'

# --- the number of a receipt, from paper ------------------------------------------------------------
status / >/dev/null
like "$(cat "$T/body")" '<form action="/c">' 'the home page asks for it'
no=${R#/c/}
typed() { status "/c" -G --data-urlencode "no=$1" "${@:2}"; }
for as in "$no" "$(echo "$no" | tr A-Z a-z)" " ${no:0:3} ${no:3:3}-${no:6} " "$(echo "$no" | tr 01 OI)" "$(echo "$no" | tr 01 ol)"; do
	is "$(typed "$as") $(field Location)" "303 $R" "written as '$as' it is found"
done
is "$(typed "$no" --data-urlencode lang=en) $(field Location)" "303 $R?lang=en" 'in the language of the form'
is "$(typed AAAAAAAAA)" 404 'a number that is none'
like "$(text)" '没有这个查询号.*您输入的是.AAAAAAAAA' 'is said back'
like "$(cat "$T/body")" 'name="no" value="AAAAAAAAA"' 'to be put right'
like "$(field Cache-Control)" no-store 'and nobody keeps it'
unknown=$(sql 'SELECT core.code_random()')
is "$(typed "$unknown") $(field Location)" "303 /c/$unknown" 'one that could be'
is "$(status "/c/$unknown")" 404 'is looked for'
like "$(text)" "没有这个查询号.*您输入的是.$unknown" 'and not found, with the same words'
is "$(status "/c/$unknown.json")" 404 'as data too'
ok 'which stays data' python3 -m json.tool "$T/body" /dev/null
is "$(typed '<b>"&')" 404 'what is no number at all'
like "$(cat "$T/body")" '&lt;b&gt;&quot;&amp;' 'is written as it was typed'
is "$(status /c)$(typed '')$(status '/c?no=%ff')$(typed "$(printf 'x%.0s' $(seq 300))")" 404404404404 'nothing, broken and long ones'
is "$(status /c -H "Origin: $URL" -d "no=$no")" 405 'it is asked, not sent'
unlike "$(cat "$T/qrsvc.log")" "$no|$unknown" 'no log has a number'

# --- one tap -------------------------------------------------------------------------------------
L=$(sql "SELECT api.label_bind('test', c, '$F', NULL, NULL, NULL) FROM api.label_issue('test', NULL, 1) c" >/dev/null
	sql "SELECT code FROM core.label WHERE state = 'active' LIMIT 1")
wait_for 10 test "$(status "/$L")" = 200
like "$(cat "$T/body")" "action=\"/report/$L\"><button type=\"submit\" class=\"btn\" name=\"kind\" value=\"not_here\"" 'the page of a label has a button'
like "$(cat "$T/body")" "href=\"/report/$L\"" 'and the way to the form'
is "$(status "/report/$L" -H "Origin: $URL" -d kind=not_here)" 303 'one tap tells us'
one=$(field Location)
is "$(sql "SELECT kind || ' ' || coalesce(why, '-') FROM core.ticket WHERE receipt = '${one#/c/}'")" 'not_here -' 'and goes to the handlers'
is "$(status "/report/$L" -H "Origin: $URL" -d kind=not_here)$(field Location)" "303$one" 'tapped twice it is one report'
is "$(status "/report/$L" -H "Origin: $URL" -d kind=smell)" 303 'a form without stamp'
is "$(sql "SELECT why FROM core.ticket WHERE kind = 'smell'")" form 'is looked at first'
is "$(status "/report/$L" -H "Origin: $URL" -d kind=not_here -d stamp=button -d key=00000000-0000-4000-8000-000000000001)" 303 'nor is another key'
is "$(sql "SELECT why FROM core.ticket WHERE key = '00000000-0000-4000-8000-000000000001'")" form 'taken for the button'
is "$(status "/report/$L" -H "Origin: $URL" -d kind=smell -d key=x)" 400 'a key that is none'
status "/report/$L?kind=smell" >/dev/null
ok 'a link may choose' grep -q 'value="smell" checked' "$T/body"
is "$(status "/report/$L" -H 'Origin: https://elsewhere.example' -d kind=not_here)" 403 'not from another site'
is "$(status "/report/$L" -H 'Origin: null' -d kind=not_here)" 303 'a page without referrer names no origin'
is "$(status "/report/$L" -H 'Origin: null' -H 'Sec-Fetch-Site: cross-site' -d kind=not_here)" 403 'which is no way round'

# --- photos --------------------------------------------------------------------------------------
picture one before --seed 1
picture two after --seed 2
echo 'no photo' >"$T/none.jpg"
form "/report/$F"
is "$(send "/report/$F" kind=other "photo1=@$T/one.jpg" "photo3=@$T/two.jpg")" 422 'words are missing'
like "$(text)" '请写明具体情况' 'which is said'
like "$(text)" '已收到2张照片' 'the photos are not lost'
unlike "$(cat "$T/body")" 'name="photo2"' 'nor asked for again'
like "$(cat "$T/body")" "name=\"key\" value=\"$KEY\"" 'it is the same form'
printf 'a\0b' >"$T/nul"
is "$(send "/report/$F" kind=other "words=<$T/nul" "photo1=;filename=")" 400 'a byte that is no text is refused'
is "$(send "/report/$F" kind=other words=见照片 "photo1=;filename=")" 303 'sent again'
R=$(field Location)
status "$R" >/dev/null
like "$(text)" '已收到2张照片，审核以前不公开' 'the receipt has them'
sha=$(sql "SELECT encode(x.sha256, 'hex') FROM core.ticket_photo x JOIN core.ticket t ON t.id = x.ticket_id
	WHERE t.receipt = '${R#/c/}' AND pos = 1")
is "$(status "/p/$sha-320.jpg")" 404 'nobody is given one'
account office off 310107005000
account office far 310107021000
as off
is "$(page "/staff/p/$sha-320.jpg")" 200 'but the handler'
as far
is "$(page "/staff/p/$sha-320.jpg")" 404 'not another office'
as off
sql "SELECT core.ticket_photo_say(t.id, 1, 'public') FROM core.ticket t WHERE t.receipt = '${R#/c/}'" >/dev/null
is "$(status "/p/$sha-320.jpg")" 200 'until somebody makes it public'
form "/report/$F"
is "$(send "/report/$F" kind=smell "photo1=@$T/none.jpg")" 422 'what is no photo'
like "$(text)" '不是照片' 'is said to be none'
is "$(sql "SELECT count(*) FROM core.ticket WHERE key = '$KEY'")" 0 'and nothing is taken yet'
truncate -s 13M "$T/big.jpg"
is "$(send "/report/$F" kind=smell "photo1=@$T/big.jpg")" 413 '13 MiB'
KEY=00000000-0000-4000-8000-000000000002
is "$(send "/report/$F" kind=smell "photo1=@$T/one.jpg")" 403 'a photo wants a form of ours'

# --- the telephone number ------------------------------------------------------------------------
form "/report/$F"
like "$(cat "$T/body")" 'type="tel"' 'a number may be left'
is "$(send "/report/$F" kind=lid_open phone=abc)" 422 'what is no number'
like "$(text)" '这不是电话号码' 'is said to be none'
is "$(send "/report/$F" kind=lid_open 'phone=+86 138-0000-7777')" 303 'one that is'
R=$(field Location)
id=$(sql "SELECT id FROM core.ticket WHERE receipt = '${R#/c/}'")
form "/report/$F"
is "$(send "/report/$F" kind=broken 'phone=１３８０００，７７７７')" 422 'a comma is in no number'
is "$(send "/report/$F" kind=broken 'phone=＋８６　１３８００００－７７７８')" 303 'full-width digits are digits'
is "$(sql "SELECT length(sealed) FROM core.ticket_contact WHERE ticket_id = $id")" 104 'is stored sealed'
nok 'nowhere in clear' sh -c "deploy/pg psql '$CLUSTER' -qAt -c \"SELECT sealed FROM core.ticket_contact\" | xxd -r -p | grep -a 13800007777"
as off
page "/staff/tickets/$id" >/dev/null
unlike "$(cat "$T/body")" '13800007777' 'the page of the case does not have it'
is "$(post "/staff/tickets/$id" do=contact)" 200 'the handler asks'
like "$(text)" '13800007777' 'and may call'
like "$(field Cache-Control)" no-store 'the browser keeps nothing'
is "$(sql "SELECT count(*) FROM core.audit WHERE what = 'ticket.contact' AND who = 'off'")" 1 'each look is recorded'
is "$(post "/staff/tickets/$id" do=contact csrf=x)" 403 'it needs the token of the form'
as far
is "$(post "/staff/tickets/$id" do=contact)" 404 'another office gets none'
nobody
is "$(post "/staff/tickets/$id" do=contact)" 401 'nor does anybody else'
as off
sql "UPDATE core.ticket_contact SET sealed = overlay(sealed PLACING '\\x00' FROM 60)" >/dev/null
is "$(post "/staff/tickets/$id" do=contact)" 200 'one that was changed'
like "$(text)" '打不开' 'does not open'
unlike "$(cat "$T/qrsvc.log")" '13800007777|138-0000' 'no log has it'
unlike "$(cat "$T/qrsvc.log")" "${R#/c/}" 'nor a receipt'
end "$DAEMON"
chmod 644 "$T/keys/contact"
daemon_conf limits.form=0 tickets.contact_key="$T/keys/contact"
background "$(program qrsvc)" --config "$T/qrsvc.conf"
ok 'a key that others may read is refused' wait_for 20 grep -q 'others may open it' "$T/qrsvc.log"
end "$PID"
start_daemon limits.form=0
form "/report/$F"
unlike "$(cat "$T/body")" 'type="tel"' 'without a key no number is asked for'
done_testing
