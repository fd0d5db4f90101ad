#!/bin/bash
# Records uploaded by the plain form: with photos, without, wrong in every way, twice, corrected,
# returned, confirmed, withdrawn; over HTTP, without script, against a real database.
# timeout: 300
# shellcheck disable=SC2046 # texts and photods print lists of words
. tests/lib.sh
. tests/staff.sh
town
start_daemon limits.staff=0 limits.photo=0 server.clock=2026-11-22T10:00:00+08:00
account inspector ins 310107005000
account inspector other 310107021000
account office off 310107005000
account auditor aud 310000000000
F=$(code T1)
FAR=$(code T3)
FORM="/staff/f/$F/new?type=clean"
records() { sql "SELECT count(*) FROM core.record WHERE state <> 'draft'"; }
photos() { sql 'SELECT count(*) FROM core.photo'; }

picture before before --seed 1 --gps 31.2,121.4 --dirty
picture after after --seed 1
picture lid lid --seed 1

# key: of the form shown last; party: the first one of its list
key() { sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body" | cut -c1-36; }
party() { grep -o '<option value="[1-9][0-9]*"' "$T/body" | head -n 1 | tr -dc 0-9; }
# upload PATH FIELD...: a multipart post with the token; NAME=@FILE sends a file
upload() {
	up_path=$1
	shift
	up_args=()
	for up_f; do
		case $up_f in
		*=@*) up_args+=(-F "$up_f") ;;
		*) up_args+=(--form-string "$up_f") ;;
		esac
	done
	status "$up_path" -H "Cookie: $staff_cookie" -H "Origin: $URL" -H 'Sec-Fetch-Site: same-origin' \
		-F "csrf=$staff_csrf" "${up_args[@]}"
}
texts() { printf '%s\n' "key=$1" from=2026-11-22T08:30 to=2026-11-22T09:30 "party-cleaner=$P" fields-workers=2 fields-disinfectant=二氧化氯; }

# --- the form ---------------------------------------------------------------------------------
nobody
is "$(page "$FORM")" 303 'without a session the form leads to the login'
like "$(field Location)" '^/staff/login\?next=' 'and back'
as ins
is "$(page /staff/)" 200 'the home page'
like "$(text)" '要做的' 'has a list'
is "$(page "/staff/f/$F")" 200 'the page of a facility'
like "$(cat "$T/body")" "/staff/f/$F/new\?type=clean" 'offers what may be recorded'
is "$(page "$FORM")" 200 'the form of a cleaning'
K=$(key)
P=$(party)
like "$K" '^[0-9a-f-]{36}$' 'carries a key made by the server'
page "$FORM" >/dev/null
unlike "$(key)" "$K" 'another one each time'
unlike "$(cat "$T/body")" '<script>|javascript:' 'has no script of its own'
is "$(field Cache-Control)" no-store 'is never kept'
like "$(field Permissions-Policy)" 'camera=\(self\)' 'may use the camera'
raw=$(wc -c <"$T/body")
packed=$(gzip -9c "$T/body" | wc -c)
ok "is small: $raw of 8192 bytes, $packed of 3584 packed" [ "$raw" -le 8192 -a "$packed" -le 3584 ]
like "$(cat "$T/body")" 'value="2026-11-22T10:00"' 'begins with the time of day'
is "$(page "/staff/f/$FAR/new?type=clean")" 403 'not for a facility of somebody else'
is "$(page "/staff/f/$F/new?type=nothing")" 404 'nor for work nobody knows'
is "$(page "/staff/f/nothing/new")" 404 'nor for no facility'

# --- refused before the body ------------------------------------------------------------------
nobody
is "$(upload "$FORM" $(texts "$K") "photos-before=@$T/before.jpg")" 401 'no upload without a session'
as aud
is "$(upload "$FORM" $(texts "$K"))" 403 'nor by an auditor'
as other
is "$(upload "$FORM" $(texts "$K"))" 403 'nor by an inspector of elsewhere'
as ins
is "$(status "$FORM" -H "Cookie: $staff_cookie" -H 'Origin: https://evil.example' -F "csrf=$staff_csrf" -F a=b)" \
	403 'nor from another site'
is "$(status "$FORM" -H "Cookie: $staff_cookie" -H "Origin: $URL" -F a=b)" 403 'nor without its token'
head -c 42000000 /dev/zero >"$T/huge"
is "$(upload "$FORM" $(texts "$K") "photos-before=@$T/huge")" 413 'nor of more than 40 MiB'
head -c 12700000 /dev/zero >"$T/big"
is "$(upload "$FORM" $(texts "$K") "photos-before=@$T/big")" 413 'nor a photo of more than 12 MiB'
is "$(records)|$(photos)" '0|0' 'nothing of it is kept'

# --- mistakes ---------------------------------------------------------------------------------
is "$(upload "$FORM" "key=$K" from=2026-11-22T09:40 to=2026-11-22T09:30 "party-cleaner=$P" fields-workers=two \
	'fields-amount=<b>50 mL' fields-disinfectant=次氯酸钠 "photos-before=@$T/before.jpg")" 422 'a form with mistakes'
like "$(text)" '有[3-9]处要改' 'says how many'
for id in to fields-workers photos-after; do
	like "$(cat "$T/body")" "href=\"#$id\"" "links to $id"
	like "$(cat "$T/body")" "id=\"$id-e\"" "has words beside $id"
done
like "$(cat "$T/body")" 'value="&lt;b&gt;50 mL"' 'keeps what was typed'
like "$(cat "$T/body")" "name=\"key\" value=\"$K\"" 'and its key'
kept=$(sed -n 's/.*name="kept-before" value="\([0-9a-f]*\)".*/\1/p' "$T/body")
is "${#kept}" 64 'and the photo it has received'
is "$(page "/staff/p/$kept-320.jpg")" 200 'which is shown'
is "$(field Content-Type)" image/jpeg 'as a picture'
nobody
is "$(page "/staff/p/$kept-320.jpg")" 303 'to those who are logged in'
as ins
is "$(records)|$(photos)" '0|1' 'no record, one photo'

echo not a picture >"$T/note.jpg"
head -c 9000 "$T/after.jpg" >"$T/cut.jpg"
: >"$T/none.jpg"
is "$(upload "$FORM" $(texts "$K") "kept-before=$kept" "photos-after=@$T/note.jpg")" 415 'a text that is called a photo'
like "$(text)" '不是照片' 'is told so'
is "$(upload "$FORM" $(texts "$K") "kept-before=$kept" "photos-after=@$T/cut.jpg")" 422 'half a photo'
like "$(text)" '照片不完整' 'is told so'
is "$(upload "$FORM" $(texts "$K") "kept-before=$kept" "photos-after=@$T/none.jpg")" 422 'an empty file'
python3 - "$T/bomb.png" <<'PY'
import struct, sys, zlib
def chunk(t, d): return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))
w = h = 11000
z = zlib.compressobj(9)
data = b''.join(z.compress(bytes(w)) for _ in range(10)) + z.flush()
open(sys.argv[1], 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 0, 0, 0, 0))
	+ chunk(b'IDAT', data) + chunk(b'IEND', b''))
PY
is "$(upload "$FORM" $(texts "$K") "kept-before=$kept" "photos-after=@$T/bomb.png")" 413 'a picture of 121 megapixels'
like "$(text)" '像素太多' 'is told so'
is "$(upload "$FORM" $(texts "$K") "kept-before=$kept" "photos-other=@$T/after.jpg")" 400 'a photo nobody asked for'
is "$(upload "$FORM" $(texts not-a-key) "kept-before=$kept" "photos-after=@$T/after.jpg")" 400 'a key that is none'
stranger=$(printf x | sha256sum | cut -c1-64)
is "$(upload "$FORM" $(texts "$K") "kept-before=$stranger" "photos-after=@$T/after.jpg")" 422 'a photo nobody stored'
is "$(records)" 0 'still no record'

# --- the upload ---------------------------------------------------------------------------------
is "$(upload "$FORM" $(texts "$K") "kept-before=$kept" "photos-after=@$T/after.jpg" "photos-lid=@$T/lid.jpg" \
	'results-turbidity=＜0.5' 'note=门锁坏了')" 303 'an upload with three photos'
R=$(field Location)
is "$R" "/staff/r/$K?new=1" 'leads to its receipt'
is "$(records)|$(photos)" '1|3' 'one record, three photos'
is "$(page "$R")" 200 'the receipt'
like "$(text)" '已收到，这是回执' 'says that it was received'
like "$(text)" '记录号 1 ' 'with its number'
like "$(text)" '等管理单位确认|居民已经能看到' 'and what comes next'
hash=$(sql "SELECT encode(core.head('$K', 1), 'hex')")
like "$(cat "$T/body")" "<code>${hash:0:12}" 'and its check sum'
like "$(text)" '门锁坏了' 'the note is there'
for p in $(sql 'SELECT encode(sha256, $$hex$$) FROM core.photo'); do
	is "$(page "/staff/p/$p-1280.jpg")" 200 'a photo'
	is "$(exiftool -q -if 'defined $GPSLatitude or defined $SerialNumber or defined $ThumbnailImage or defined $OwnerName' \
		-p x "$T/body" 2>/dev/null)" '' 'has nothing in it but the picture'
done
is "$(sql "SELECT count(*) FROM core.photo WHERE original IS NOT NULL AND taken = '2026-11-22 09:10+08'")" 3 \
	'the record keeps hash and time of the originals'
like "$(sql "SELECT round(lat, 1) || ' ' || round(lon, 1) FROM core.photo WHERE lat IS NOT NULL")" '^31.2 121.4$' \
	'and where it was taken'

# --- twice --------------------------------------------------------------------------------------
is "$(upload "$FORM" $(texts "$K") "kept-before=$kept" "photos-after=@$T/after.jpg" "photos-lid=@$T/lid.jpg" \
	'results-turbidity=＜0.5' 'note=门锁坏了')" 303 'the same once more'
is "$(field Location)|$(records)|$(photos)" "/staff/r/$K?new=1|1|3" 'is the same record'
is "$(upload "$FORM" $(texts "$K") "kept-before=$kept" "photos-after=@$T/after.jpg" fields-amount=9)" 409 \
	'the same key with other content'
like "$(text)" '这条记录已经上传过' 'is told so'
like "$(cat "$T/body")" "/staff/r/$K\"" 'with a link to what is stored'
like "$(cat "$T/body")" 'name="fields-amount"[^>]*value="9"' 'and shows what was typed'
is "$(records)" 1 'nothing has changed'

# --- confirmed, corrected, withdrawn ------------------------------------------------------------
is "$(status "/r/$K")" 404 'not published yet'
is "$(post "/staff/r/$K" act=confirm rev=1)" 403 'the inspector does not confirm'
as off
is "$(page "/staff/r/$K")" 200 'the office sees it'
like "$(text)" '确认并公布' 'and may confirm'
is "$(post "/staff/r/$K" act=return rev=1)" 422 'returning needs a reason'
like "$(cat "$T/body")" 'id="reason-e"' 'which is asked for'
is "$(post "/staff/r/$K" act=confirm rev=7)" 409 'not a revision nobody has seen'
is "$(post "/staff/r/$K" act=explode rev=1)" 400 'not an act nobody knows'
is "$(post "/staff/r/$K" act=return rev=1 'reason=照片看不清')" 303 'it is returned'
as ins
page /staff/ >/dev/null
like "$(text)" '退回的，请改.*照片看不清' 'the inspector finds it on top, with the reason'
page "/staff/r/$K" >/dev/null
rev() { sql "SELECT rev FROM core.record WHERE id = '$1'"; }
is "$(page "/staff/r/$K/edit")" 200 'it can be corrected'
like "$(cat "$T/body")" 'name="kept-before"' 'its photos are there'
like "$(cat "$T/body")" 'value="2026-11-22T08:30"' 'and its times'
EDIT="/staff/r/$K/edit"
kept() { for s in before after lid; do echo "kept-$s=$(sed -n "s/.*name=\"kept-$s\" value=\"\([0-9a-f]*\)\".*/\1/p" "$T/body")"; done; }
k3=$(kept)
is "$(upload "$EDIT" $(texts "$K") "rev=$(rev "$K")" $k3)" 422 'not without saying why'
is "$(upload "$EDIT" $(texts "$K") "rev=$(rev "$K")" $k3 reason=重拍)" 303 'it is sent again'
as off
is "$(post "/staff/r/$K" act=confirm "rev=$(rev "$K")")" 303 'it is confirmed'
shown() { [ "$(status "/r/$K")" = 200 ]; }
ok 'residents see it within a second' wait_for 1 shown
like "$(cat "$T/body")" "/p/$kept-320.jpg" 'with its photos'
unlike "$(cat "$T/body")" '门锁坏了|N ins' 'without note and name'
is "$(status "/p/$kept-320.jpg")" 200 'which they may fetch'
is "$(page "/staff/r/$K/redact?pos=1")" 200 'a photo may be redacted'
is "$(post "/staff/r/$K/redact" act=remove "rev=$(rev "$K")" pos=1)" 422 'not without a ground'
is "$(post "/staff/r/$K/redact" act=remove "rev=$(rev "$K")" pos=1 ground=拍到了人脸)" 303 'it is removed'
gone() { [ "$(status "/p/$kept-2048.jpg")" = 404 ]; }
ok 'and is not given out any more' wait_for 5 gone
is "$(post "/staff/r/$K" act=withdraw "rev=$(rev "$K")" reason=登记错了)" 303 'it is withdrawn'

# --- a test with its report ---------------------------------------------------------------------
as ins
is "$(page "/staff/f/$F/new?type=test")" 200 'the form of a water test'
K2=$(key)
printf '%%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%%%EOF\n' >"$T/report.pdf"
t=("key=$K2" to=2026-11-21T09:00 party-lab=城东水质检测站 fields-report_no=J-1 results-total_coliform=not_detected results-turbidity=3 results-e_coli=not_detected)
is "$(upload "/staff/f/$F/new?type=test" "${t[@]}" "report=@$T/note.jpg")" 415 'a report that is no PDF'
is "$(upload "/staff/f/$F/new?type=test" "${t[@]}" "report=@$T/report.pdf")" 303 'a test with its report'
page "/staff/r/$K2" >/dev/null
like "$(text)" '浑浊度.*3.*不合格' 'is judged'
pdf=$(sha256sum "$T/report.pdf" | cut -c1-64)
is "$(page "/staff/report/$pdf.pdf")" 200 'the report can be read'
ok 'as it was sent' cmp -s "$T/body" "$T/report.pdf"
like "$(field Content-Disposition)" '^attachment' 'as a file'
is "$(status "/d/$pdf.pdf")" 404 'not by residents before it is published'
as off
is "$(post "/staff/r/$K2" act=confirm rev=1)" 303 'it is confirmed'
is "$(status "/d/$pdf.pdf")" 200 'then by all'

# --- signed by owners, who have no account -------------------------------------------------------
sql "UPDATE core.publish_rule SET mode = 'owners', signs = 2 WHERE code = 'sh-manager'" >/dev/null
as ins
page "$FORM" >/dev/null
K4=$(key)
is "$(upload "$FORM" $(texts "$K4") "photos-before=@$T/lid.jpg" "photos-after=@$T/after.jpg")" 303 'an upload where owners sign'
page "/staff/r/$K4" >/dev/null
like "$(text)" '等2位业主代表签字后公布' 'waits for two of them'
like "$(text)" '同一张照片用过' 'and says that a photo was used before'
as off
# link: makes one, prints its path
link() {
	post "/staff/r/$K4" act=sign "rev=$(rev "$K4")" >/dev/null
	grep -o 'https://[^<]*/s/[A-Za-z0-9_-]*' "$T/body" | sed 's,^https://[^/]*,,'
}
l1=$(link)
l2=$(link)
like "$l1 $l2" '^/s/[A-Za-z0-9_-]{43} /s/[A-Za-z0-9_-]{43}$' 'the office makes two links'
is "$(grep -c -e "$l1" "$T/qrsvc.log")" 0 'which no log has'
# sign LINK FIELD...: opens it and answers
sign() {
	sign_at=$1
	shift
	status "$sign_at" >/dev/null
	sign_cookie=$(field Set-Cookie)
	sign_cookie=${sign_cookie%%;*}
	sign_csrf=$(grep -o 'name="csrf" value="[^"]*"' "$T/body" | head -n 1 | cut -d'"' -f4)
	sign_args=()
	for sign_f; do sign_args+=(--data-urlencode "$sign_f"); done
	status "$sign_at" -H "Cookie: $sign_cookie" -H "Origin: $URL" --data-urlencode "csrf=$sign_csrf" "${sign_args[@]}"
}
is "$(status "$l1")" 200 'a link opens without an account'
like "$(text)" '情况属实吗' 'and asks'
small=$(grep -o -e "$l1/[0-9a-f]*.jpg" "$T/body" | head -n 1)
is "$(status "$small")|$(field Content-Type)" '200|image/jpeg' 'its photos are shown'
is "$(status "/s/${l1#/s/}x")" 404 'a link nobody made'
is "$(status "$l1" -H "Origin: $URL" -d ok=yes)" 403 'an answer without its token'
is "$(sign "$l1" ok=no)" 422 'no needs a reason'
is "$(sign "$l1" ok=yes)" 200 'the first owner agrees'
like "$(text)" '谢谢，已记下。还差1位' 'one is still to sign'
is "$(status "$l1")" 200 'a link works once'
like "$(text)" '已经用过或过期' 'and says so'
is "$(status "$small")" 404 'its photos are gone'
is "$(status "/r/$K4")" 404 'not published yet'
is "$(sign "$l2" ok=yes)" 200 'the second owner agrees'
like "$(text)" '记录已公布' 'that publishes it'
shown() { [ "$(status "/r/$K4")" = 200 ]; }
ok 'for residents' wait_for 1 shown

# --- drafts, stickers, search --------------------------------------------------------------------
as ins
page "$FORM" >/dev/null
K3=$(key)
is "$(upload "$FORM" "key=$K3" do=draft fields-workers=3)" 303 'a draft with next to nothing'
page /staff/ >/dev/null
like "$(cat "$T/body")" "/staff/r/$K3" 'waits on the home page'
is "$(page "/staff/s?code=$F")" 303 'the code of a facility leads to it'
is "$(field Location)" "/staff/f/$F" 'to its page'
is "$(page '/staff/s?code=HTTPS://QR.EXAMPLE.GOV.CN/0K7M2Q9XH')" 200 'a sticker nobody knows'
like "$(text)" '查不到编号' 'is told so'
is "$(page "/staff/search?q=%E6%9D%8F%E6%B3%BD%E8%8B%91")" 200 'search by name'
like "$(cat "$T/body")" "/staff/f/$F" 'finds it'
page '/staff/search?q=%3Cscript%3E' >/dev/null
unlike "$(cat "$T/body")" '<script>' 'and repeats nothing raw'
is "$(status /staff/r/$K3 -H 'Cookie: __Host-qr=x')" 303 'a record needs a login'

ok 'the chain holds' "$qrsvc" verify
unlike "$(cat "$T/qrsvc.log")" '"level":"error"' 'no error in the log'
done_testing
