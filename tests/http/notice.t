#!/bin/bash
# Notices for the board over HTTP, made by the real jobs process: one click from a published record,
# a whole compound, in both languages; sound PDF files with their text, their code and their photos
# in them; the same bytes for the same question; who asked is written down; what is not public,
# withdrawn, out of the scope or nonsense is refused in words.
# timeout: 300
. tests/lib.sh
. tests/staff.sh
town
program qrsvc-jobs >/dev/null
start_daemon limits.staff=0 limits.photo=0 limits.page=0 server.clock=2026-11-22T10:00:00+08:00
account inspector ins 310107005000
account office off 310107005000
account office far 310107021000
F=$(code T1) F2=$(code T2)
picture before before --seed 1
picture after after --seed 1 --width 600 --height 800

# upload FACILITY: a record of today with two photos; its number in $K
upload() {
	as ins
	page "/staff/f/$1/new?type=clean" >/dev/null
	K=$(sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body" | cut -c1-36)
	status "/staff/f/$1/new?type=clean" -H "Cookie: $staff_cookie" -H "Origin: $URL" -F "csrf=$staff_csrf" -F "key=$K" \
		-F from=2026-11-22T08:30 -F to=2026-11-22T09:30 -F "party-cleaner=$(cleaner)" -F fields-workers=2 \
		-F fields-disinfectant=二氧化氯 -F results-turbidity=0.4 -F results-free_chlorine=0.3 \
		-F "photos-before=@$T/before.jpg" -F "photos-after=@$T/after.jpg" >/dev/null
	as off
}
publish() { post "/staff/r/$K" act=confirm "rev=$(sql "SELECT rev FROM core.record WHERE id = '$K'")" >/dev/null; }
# order FIELD..: leaves its address in $at and waits for the file, in $T/NAME.pdf
made() { page "$at" >/dev/null && grep -q "href=\"$at/pdf\"" "$T/body"; }
order() {
	order_name=$1
	shift
	is "$(post /staff/notices "$@")" 303 "an order of $order_name"
	at=$(field Location)
	at=${at%%\?*}
	ok "$order_name is made" wait_for 60 made
	page "$at/pdf" >/dev/null
	cp "$T/body" "$T/$order_name.pdf"
}
sound() { qpdf --check "$1" >"$T/qpdf" 2>&1; }
# codes FILE: what the symbols of its pages say
codes() {
	rm -f "$T"/codes*.png
	pdftoppm -r 150 -gray -png "$1" "$T/codes"
	for png in "$T"/codes*.png; do zbarimg -q --raw "$png" 2>/dev/null; done
}
notices() { sql 'SELECT count(*) FROM core.notice'; }

# --- what is not published -----------------------------------------------------------------------
upload "$F"
page "/staff/r/$K" >/dev/null
unlike "$(text)" '打印公示单' 'a record that waits offers no notice'
is "$(post /staff/notices "r=$K")" 409 'nor can one be ordered'
like "$(text)" '还没有公布的记录不能打印公示单' 'which is said'
is "$(status "/r/$K/notice.pdf")" 404 'visitors get none'
is "$(sql 'SELECT count(*) FROM core.notice_file')$(notices)" 00 'nothing was made of it'

# --- one click -----------------------------------------------------------------------------------
publish
shown() { [ "$(status "/r/$K")" = 200 ]; }
ok 'it is published' wait_for 10 shown
like "$(cat "$T/body")" "href=\"/r/$K/notice.pdf\"" 'the public page links to its notice'
is "$(page /staff/notices)" 200 'what is to be printed'
like "$(cat "$T/body")" "name=\"r\[\]\" value=\"$K\" checked" 'lists it'
page "/staff/r/$K" >/dev/null
like "$(cat "$T/body")" "name=\"r\" value=\"$K\".*name=\"notice\" value=\"zh-CN\"" 'the record has the button'
is "$(post /staff/notices "r=$K" notice=zh-CN)" 303 'one click'
at=$(field Location)
like "$at" '^/staff/notices/[1-9][0-9]*\?go=1$' 'leads to the order'
is "$(page "$at")" 200 'which has a page'
like "$(field Refresh)" '^(1|0; url=/staff/notices/[0-9]*/pdf)$' 'that renews itself, then fetches the file'
at=${at%%\?*}
ok 'it is made' wait_for 60 made
page "$at?go=1" >/dev/null
is "$(field Refresh)" "0; url=$at/pdf" 'the file follows by itself'
page "$at" >/dev/null
is "$(field Refresh)" '' 'but not when one comes back'
is "$(page "$at/pdf")" 200 'the file'
is "$(field Content-Type) $(field Cache-Control)" 'application/pdf no-store' 'is a PDF that is not kept'
like "$(field Content-Disposition)" 'attachment; filename="notice-[0-9]*\.pdf"' 'to be saved'
cp "$T/body" "$T/one.pdf"
ok 'a sound one' sound "$T/one.pdf"
pdftotext -layout "$T/one.pdf" "$T/one.txt"
like "$(cat "$T/one.txt")" '公示单' 'with its heading'
like "$(cat "$T/one.txt")" '清洗时间 *2026年11月22日 8:30 至 9:30' 'when it was done'
like "$(cat "$T/one.txt")" '清源水箱清洗公司' 'by whom'
like "$(cat "$T/one.txt")" '备案（资质）号 备' 'under which filing'
like "$(cat "$T/one.txt")" '消毒剂 *二氧化氯' 'with what'
like "$(cat "$T/one.txt")" '浑浊度 *0.4 NTU *≤ *1 *合格' 'the results beside their limits'
like "$(cat "$T/one.txt")" '2 项检测，全部合格' 'the answer in one line'
like "$(cat "$T/one.txt")" '不迟于 2026年11月23日 9:30' 'until when it must hang'
like "$(cat "$T/one.txt")" "$(sql "SELECT left(basis, 12) FROM core.rule WHERE code = 'sh-clean' AND valid_to IS NULL")" \
	'on the basis of the rule in force'
like "$(cat "$T/one.txt")" '下次清洗 *不迟于 2027年5月22日' 'and when the next is due'
is "$(pdfimages -list "$T/one.pdf" | awk 'NR > 2 {print $4, $5, $9}')" "$(printf '800 600 jpeg\n600 800 jpeg')" \
	'two photos as they are'
is "$(codes "$T/one.pdf")" "HTTPS://QR.EXAMPLE.GOV.CN/F/$F" 'without a label the code leads to the facility'
is "$(status "/F/$F")" 200 'in capitals, as it is printed'
page "/staff/r/$K" >/dev/null
like "$(text)" '公示单打印于 [^ ]*20[0-9][0-9]年[^ ]* [0-9]*:[0-9]* · N off' 'the record says who had it printed'
is "$(notices)" 1 'one row for one click'
is "$(page /staff/notices)" 200 'what is to be printed'
unlike "$(cat "$T/body")" "$K" 'no longer lists it'

# --- the same again -------------------------------------------------------------------------------
order again "r=$K" notice=zh-CN
ok 'the same question has the same bytes' cmp -s "$T/one.pdf" "$T/again.pdf"
sql 'DELETE FROM core.notice_file' >/dev/null
order fresh "r=$K" notice=zh-CN
ok 'made anew as well' cmp -s "$T/one.pdf" "$T/fresh.pdf"
is "$(notices)" 3 'each click has its row'
no_change() { sql "$1" >/dev/null 2>&1 && return 1 || return 0; }
ok 'which nobody changes' no_change "UPDATE core.notice SET at = core.now()"
ok 'nor takes away' no_change "DELETE FROM core.notice"

# --- visitors --------------------------------------------------------------------------------------
public_made() { [ "$(status "/r/$K/notice.pdf?lang=both")" = 200 ] && [ "$(field Content-Type)" = application/pdf ]; }
status "/r/$K/notice.pdf?lang=both" >/dev/null
like "$(field Refresh)$(field Content-Type)" '^2text/html|pdf$' 'a visitor waits on a page that renews itself'
ok 'and gets the file' wait_for 60 public_made
cp "$T/body" "$T/both.pdf"
ok 'a sound one' sound "$T/both.pdf"
pdftotext -layout "$T/both.pdf" "$T/both.txt"
like "$(cat "$T/both.txt")" 'Public notice' 'in both languages'
like "$(cat "$T/both.txt")" '22 November 2026, 8:30–9:30' 'dates too'
is "$(notices)" 3 'nobody is written down for it'
is "$(status "/r/$K/notice.pdf?lang=zh-CN")" 200 'the Chinese one is there already'
ok 'with the bytes of the office' cmp -s "$T/body" "$T/one.pdf"
is "$(status "/r/11111111-2222-4333-8444-555555555555/notice.pdf")" 404 'a record that is not there'
is "$(status "/r/x/notice.pdf")" 404 'or no record at all'

# --- a whole compound --------------------------------------------------------------------------------
k1=$K
label=$("$qrsvc" labels issue --org 310107005000 --count 1 2>/dev/null | tail -n 1) || label=
label=$(sql "SELECT api.label_issue('test', '310107005000', 1)")
sql "SELECT api.label_bind('test', '$label', '$F2', NULL, '2F', NULL)" >/dev/null
upload "$F2"
publish
ok 'another is published' wait_for 10 shown
place=$(sql "SELECT p.code FROM core.place p JOIN core.facility f ON f.place_id = p.id WHERE f.code = '$F'")
is "$(page "/staff/notices?place=$place")" 200 'the page of a compound'
like "$(text)" '的公示单' 'says so'
is "$(page "/staff/notices?f=$F&f=$F2")" 200 'two facilities'
is "$(grep -o 'name="r\[\]" value=' "$T/body" | wc -l)" 2 'are two boxes'
order two "f=$F2" "f=$F" notice=both
is "$(pdfinfo "$T/two.pdf" | awk '/^Pages/ {print $2}')" 2 'two pages'
ok 'sound' sound "$T/two.pdf"
is "$(codes "$T/two.pdf" | sort)" "$(printf '%s\n' "HTTPS://QR.EXAMPLE.GOV.CN/$label" "HTTPS://QR.EXAMPLE.GOV.CN/F/$F" | sort)" \
	'each with its own code, that of the label where there is one'
is "$(notices)" 5 'two rows more'
raw=$(page "/staff/notices?f=$F&f=$F2" >/dev/null; wc -c <"$T/body")
ok "its size is in the budget ($raw of 14336 bytes)" [ "$raw" -le 14336 ]

# --- what changes ------------------------------------------------------------------------------------
two=$at
as off
is "$(post "/staff/r/$k1" act=withdraw "reason=记错了" "rev=$(sql "SELECT rev FROM core.record WHERE id = '$k1'")")" 303 'one is withdrawn'
is "$(page "$two/pdf")" 404 'a file that shows it is given out no more'
is "$(status "/r/$k1/notice.pdf")" 404 'nor its own'
is "$(post /staff/notices "r=$k1")" 409 'and no other is made'
is "$(post /staff/notices "f=$F" "f=$F2")" 303 'of facilities the other one is'

# --- refusals -----------------------------------------------------------------------------------------
is "$(post /staff/notices "r[]=$K" notice=en)" 303 'boxes of a list'
is "$(post /staff/notices "r=$K" csrf=)" 403 'no order without its token'
is "$(post /staff/notices)" 422 'an order of nothing'
is "$(post /staff/notices r=x)" 400 'of nonsense'
is "$(page '/staff/notices?f=AAAAAAAAA')" 400 'a code with a slip'
is "$(page '/staff/notices?f=0K7M2Q9XH')" 404 'a facility that is not there'
is "$(page '/staff/notices?place=0K7M2Q9XH')" 404 'nor its place'
is "$(post /staff/notices "f=$F2" notice=xx)" 303 'an unknown language is Chinese'
is "$(page /staff/notices/999999)" 404 'an order that is not there'
is "$(page /staff/notices/x/pdf)" 404 'or no number'
as far
is "$(post /staff/notices "r=$K")" 404 'not the record of another office'
is "$(page "$at")" 404 'nor its order'
is "$(page "$at/pdf")" 404 'nor its file'
is "$(page "/staff/notices?f=$F2")" 404 'nor its facility'
nobody
is "$(page /staff/notices)" 303 'without a login: to the login'
is "$(sql "SELECT string_agg(DISTINCT what, ' ') FROM core.audit WHERE what LIKE 'notice%'")" notice.print 'the audit has it'
done_testing
