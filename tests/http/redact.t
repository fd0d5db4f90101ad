#!/bin/bash
# Photos with black boxes: chosen by cells in a plain form, black in each size of a new photo, the
# old one given to nobody, the note public; wrong input refused with words; over HTTP, without
# script, against a real database.
# timeout: 300
. tests/lib.sh
. tests/staff.sh
town
start_daemon limits.staff=0 limits.photo=0 server.clock=2026-11-22T10:00:00+08:00
account inspector ins 310107005000
account office off 310107005000
account office far 310107021000
F=$(code T1)
for s in before after lid; do
	picture $s $s --seed 1
done

# black FILE X0 Y0 X1 Y1: share of that part, in percent of the sides, that is black, in percent
black() {
	djpeg -pnm "$1" | python3 -c '
import sys
kind, size, _, px = sys.stdin.buffer.read().split(b"\n", 3)
n = 3 if kind == b"P6" else 1
w, h = map(int, size.split())
x0, y0, x1, y1 = (float(v) / 100 for v in sys.argv[1:])
dark = all_of = 0
for y in range(int(y0 * h), int(y1 * h)):
    for x in range(int(x0 * w), int(x1 * w)):
        at = (y * w + x) * n
        all_of += 1
        dark += max(px[at:at + n]) <= 24
print(100 * dark // all_of)' "${@:2}"
}
# sha N: of the photo of the record as it is published
sha() { sql "SELECT encode(x.sha256, 'hex') FROM core.record_photo x JOIN core.record r ON r.id = x.record_id AND r.rev = x.rev
	WHERE r.id = '$K' AND x.pos = $1"; }
rev() { sql "SELECT rev FROM core.record WHERE id = '$K'"; }
photos() { sql 'SELECT count(*) FROM core.photo'; }

# --- a record that residents see ----------------------------------------------------------------
as ins
page "/staff/f/$F/new?type=clean" >/dev/null
K=$(sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body" | cut -c1-36)
P=$(grep -o '<option value="[1-9][0-9]*"' "$T/body" | head -n 1 | tr -dc 0-9)
is "$(status "/staff/f/$F/new?type=clean" -H "Cookie: $staff_cookie" -H "Origin: $URL" -F "csrf=$staff_csrf" -F "key=$K" \
	-F from=2026-11-22T08:30 -F to=2026-11-22T09:30 -F "party-cleaner=$P" -F fields-workers=2 -F fields-disinfectant=二氧化氯 \
	-F "photos-before=@$T/before.jpg" -F "photos-after=@$T/after.jpg" -F "photos-lid=@$T/lid.jpg")" 303 'an upload with three photos'
REDACT="/staff/r/$K/redact"
is "$(page "$REDACT?pos=1")" 403 'the inspector redacts nothing'
as off
post "/staff/r/$K" act=confirm "rev=$(rev)" >/dev/null
shown() { [ "$(status "/r/$K")" = 200 ]; }
ok 'it is published' wait_for 5 shown
old=$(sha 1) other=$(sha 2)
is "$(status "/p/$old-1280.jpg")" 200 'with its photo'
cp "$T/body" "$T/old.jpg"

# --- the page -----------------------------------------------------------------------------------
is "$(page "$REDACT?pos=1")" 200 'the page of a photo'
like "$(cat "$T/body")" "/staff/p/$old-1280.jpg" 'shows it'
is "$(grep -o 'name="cell-' "$T/body" | wc -l)" 48 'under 48 cells'
like "$(cat "$T/body")" 'aria-label="第6行第8列"' 'each with its place'
unlike "$(cat "$T/body")" '<script>' 'without a script'
raw=$(wc -c <"$T/body")
packed=$(gzip -9c "$T/body" | wc -c)
ok "is small: $raw of 12288 bytes, $packed of 4096 packed" [ "$raw" -le 12288 -a "$packed" -le 4096 ]
is "$(page "$REDACT?pos=1&lang=en")" 200 'in English'
like "$(text)" 'Black out the chosen squares' 'too'
is "$(page "$REDACT?pos=9")" 404 'not for a photo that is not there'

# --- refused ------------------------------------------------------------------------------------
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 ground=拍到了人脸)" 422 'no cell'
like "$(text)" '有1处需要修改.*请至少选一格' 'is told so'
like "$(cat "$T/body")" 'href="#cell"' 'with a link to the cells'
like "$(cat "$T/body")" 'id="cell-e"' 'and words beside them'
like "$(cat "$T/body")" 'value="拍到了人脸"' 'keeps the ground'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-0=on cell-9=on)" 422 'no ground'
like "$(cat "$T/body")" 'id="ground-e"' 'has words beside it'
is "$(grep -o 'name="cell-[0-9]*" aria-label="[^"]*" checked' "$T/body" | sed 's/name="cell-\([0-9]*\).*/\1/' | tr '\n' ' ')" '0 9 ' 'keeps the cells'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1)" 422 'neither'
like "$(text)" '有2处需要修改' 'is two mistakes'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-48=on ground=x)" 400 'a cell that is none'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-x=on ground=x)" 400 'nor a number'
is "$(post "$REDACT" act=blur "rev=$(rev)" pos=1 cell-1=on ground=x)" 400 'an act that is none'
is "$(post "$REDACT" "rev=$(rev)" pos=1 ground=x)" 400 'without an act nothing is removed'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=0 cell-1=on ground=x)" 400 'a photo before the first'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=9 cell-1=on ground=x)" 404 'a photo that is not there'
is "$(post "$REDACT" act=black rev=7 pos=1 cell-1=on ground=x)" 409 'a revision nobody has seen'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-1=on ground=x csrf=no)" 403 'without its token'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-1=on "ground=$(printf '%0301d' 0)")" 422 'a ground as long as a story'
as ins
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-1=on ground=x)" 403 'the inspector'
as far
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-1=on ground=x)" 404 'an office of elsewhere'
nobody
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-1=on ground=x)" 401 'nobody'
like "$(cat "$T/body")" 'name="keep\.cell-1"' 'whose cells are kept for after the login'
is "$(sha 1)|$(sql 'SELECT count(*) FROM core.redaction')" "$old|0" 'nothing has changed'

# --- two cells ----------------------------------------------------------------------------------
# row 2, column 2 and row 6, column 8 of 6 rows and 8 columns: apart, so two boxes
as off
was=$(rev)
is "$(post "$REDACT" act=black "rev=$was" pos=1 cell-9=on cell-47=on ground=拍到了人脸)" 303 'two cells are blackened'
is "$(field Location)" "/staff/r/$K" 'and back to the record'
new=$(sha 1)
unlike "$new" "$old" 'it has another photo'
is "$(sha 2)" "$other" 'the second is the same'
is "$(sql "SELECT boxes FROM core.redaction WHERE record_id = '$K'")" '[[125, 166, 125, 168], [875, 833, 125, 167]]' 'the boxes are kept'
resident() { [ "$(status "/r/$K?lang=zh-CN")" = 200 ] && grep -q "/p/$new-320.jpg" "$T/body"; }
ok 'residents see the new photo' wait_for 5 resident
unlike "$(cat "$T/body")" "$old" 'not the old one'
like "$(text)" '照片遮盖了2处.*万里街道.*拍到了人脸|照片遮盖了2处.*拍到了人脸' 'with a note: what, who and on what ground'
unlike "$(text)" '照片已删除' 'which does not say that it was removed'
gone() { [ "$(status "/p/$old-1280.jpg")" = 404 ]; }
ok 'the old photo is gone' wait_for 5 gone
is "$(status "/p/$old-320.jpg")|$(status "/p/$old-2048.jpg")" '404|404' 'in every size'
for w in 320 1280 2048; do
	is "$(status "/p/$new-$w.jpg")" 200 "the new one, $w"
	cp "$T/body" "$T/new.jpg"
	is "$(black "$T/new.jpg" 15 20 22.5 30)|$(black "$T/new.jpg" 90 87 99 99)" '100|100' 'is black in both cells'
	is "$(black "$T/new.jpg" 30 20 60 80)" "$(black "$T/old.jpg" 30 20 60 80)" 'and as before elsewhere'
	is "$(exiftool -q -if 'defined $XMP or defined $GPSLatitude or defined $ThumbnailImage' -p x "$T/new.jpg" 2>/dev/null)" '' \
		'with nothing in it but the picture'
done
is "$(black "$T/old.jpg" 15 20 22.5 30)" 0 'where the old one was not'
status "/r/$K?lang=en" >/dev/null
like "$(text)" '2 areas blackened' 'the note in English'

# --- once more, and removed ---------------------------------------------------------------------
is "$(post "$REDACT" act=black "rev=$was" pos=1 cell-1=on ground=x)" 409 'the page one had before is too old'
like "$(cat "$T/body")" "name=\"rev\" value=\"$(rev)\"" 'and is shown anew'
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-0=on ground=门牌)" 303 'more of it may be blackened'
third=$(sha 1)
status "/p/$third-1280.jpg" >/dev/null
cp "$T/body" "$T/third.jpg"
is "$(black "$T/third.jpg" 2 2 10 14)|$(black "$T/third.jpg" 15 20 22.5 30)" '100|100' 'what was black stays so'
is "$(post "$REDACT" act=remove "rev=$(rev)" pos=1 cell-3=on ground=仍能认出)" 303 'it is removed after all'
removed() { [ "$(status "/r/$K?lang=zh-CN")" = 200 ] && text | grep -q '照片已删除'; }
ok 'residents are told so' wait_for 5 removed
n=$(photos)

ok 'the chain holds' "$qrsvc" verify

# --- what fails in between ----------------------------------------------------------------------
mv "$T/state" "$T/away"
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-5=on ground=门牌)" 503 'no room for the photo'
like "$(text)" '现在不能处理照片' 'is told so'
like "$(cat "$T/body")" 'name="cell-5" aria-label="[^"]*" checked' 'keeps the cells'
mv "$T/away" "$T/state"
sql "DELETE FROM core.photo_bytes WHERE sha256 = decode('$other', 'hex') AND width = 2048" >/dev/null
is "$(post "$REDACT" act=black "rev=$(rev)" pos=1 cell-0=on ground=门牌)" 422 'a photo whose largest size is not there'
like "$(text)" '照片已不在' 'is told so'
is "$(photos)|$(sha 1)" "$n|$other" 'and nothing has changed'

unlike "$(cat "$T/qrsvc.log")" '"level":"error"' 'no error in the log'
done_testing
