#!/bin/bash
# Pages of stickers in a real browser: a facility with what was seen, the forms, one of them refused:
# axe, sizes, overflow, checkers of HTML.
# timeout: 200
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
town
account office office 310107005000
account inspector ins 310107005000
label=$(sql "SELECT api.label_bind('test', c, '$(code T1)', NULL, '大堂', NULL) FROM api.label_issue('test', NULL, 1) c")
for what in damaged foreign; do
	sql "SELECT api.staff_sticker_mark(sha256(sha256('ins')), gen_random_uuid(), jsonb_build_object('code',
		'$([ $what = foreign ] && code T1 || echo "$label")', 'what', '$what', 'at', core.now() - interval '1 hour'))" >/dev/null ||
		bail 'no mark'
done
start_daemon limits.staff=0
as office
office=$staff_cookie
as ins
node tests/browser/phone_pages.js "$URL" "$T" "${staff_cookie#*=}" "${office#*=}" "$(code T1)" "$label"
