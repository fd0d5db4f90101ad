#!/bin/bash
# Nothing personal is found where it does not belong: names, numbers, plates, addresses and words are planted
# wherever people can write, played through the whole life of reports, replies and surveys, and searched for in
# whatever spelling in every page, table, copy, printed sheet, log, count, message and dump.  timeout: 400
# sanitizers: no, about what is written, not about how
. tests/lib.sh
. tests/staff.sh
for tool in pdftotext exiftool; do command -v $tool >/dev/null || skip_all "needs $tool"; done
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc) demophoto=$(program demophoto)
program qrsvc-jobs >/dev/null
program qrsvc-photod >/dev/null
planted() { python3 tests/faults/planted.py "$@"; }
planted make "$T/planted" || bail 'nothing to plant'
# p NAME: the planted text of that name, "R.phone"
p() { awk -F '\t' -v n="$1" '$1 "." $2 == n { print $3; f = 1 } END { exit !f }' "$T/planted" || bail "nothing is called $1"; }
is "$(planted tries "$T/tries")" missed: 'the search finds each way of writing, and nothing that is not there'

# --- a small town --------------------------------------------------------------------------------------
day() {
	NOW=$1
	sql "UPDATE core.site SET clock = '$1'; UPDATE core.session SET since = core.now(), seen_at = core.now(), proved_at = core.now(),
		expires_at = core.now() + interval '8 hours'" >/dev/null
}
OFFICE=310107005000 FAR=310107021000 DISTRICT=310107000000
CONTROL=对照公开词
day 2026-11-22T10:00:00+08:00
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
sql "WITH p AS (INSERT INTO core.party (name) VALUES ('清源水箱清洗公司') RETURNING id)
	INSERT INTO core.party_filing (party_id, number, valid_from) SELECT id, '备 ' || id, '2020-01-01' FROM p" >/dev/null
sql "UPDATE core.org SET name = '对照街道', phone = '021-5555 0100' WHERE code = '$OFFICE';
	UPDATE core.place SET name = '对照小区' WHERE name = '杏泽苑';
	SELECT core.publish('orgs', ARRAY(SELECT id::bigint FROM core.org)), core.publish('places', ARRAY(SELECT id FROM core.place)),
		core.publish('facilities', ARRAY(SELECT id FROM core.facility))" >/dev/null || bail 'no town'
F=$(code T1) F2=$(code T2)
PLACE=$(sql "SELECT p.code FROM core.place p JOIN core.facility f ON f.place_id = p.id WHERE f.code = '$F'")
LABEL=$(sql "SELECT api.label_bind('test', c, '$F', NULL, '门上', NULL) FROM api.label_issue('test', NULL, 1) c" >/dev/null
	sql "SELECT code FROM core.label WHERE state = 'active'")
PLACE_LABEL=$(sql "SELECT api.label_bind('test', c, NULL, '$PLACE', '门卫', NULL) FROM api.label_issue('test', NULL, 1) c" >/dev/null
	sql "SELECT code FROM core.label WHERE state = 'active' AND facility_id IS NULL")
account inspector ins $OFFICE
account manager mgr $OFFICE
account office off $OFFICE
account office far $FAR
account supervisor sup $DISTRICT
account auditor aud 310000000000
account inspector "$(p U.login)" $OFFICE
sql "UPDATE core.account SET name = '$(p U.inspector)' WHERE login IN ('ins', '$(p U.login)');
	UPDATE core.account SET name = '$(p U.office)' WHERE login = 'off';
	UPDATE core.account SET org_id = NULL, party_id = (SELECT id FROM core.party WHERE name LIKE '嘉禾%'), name = '$(p U.manager)'
	WHERE login = 'mgr'" >/dev/null
sql "INSERT INTO core.hook (office_id, kind, target, lang, made_at, made_by)
	SELECT o.id, 'mail', 'nobody@example.org', 'zh-CN', core.now(), a.id FROM core.org o, core.account a
	WHERE o.code IN ('$OFFICE', '$DISTRICT') AND a.login = 'off'" >/dev/null ||
	bail 'no hook'
mkdir "$T/keys" "$T/out"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/keys"
as_user "$qrsvc" keygen --contact "$T/keys/contact" >/dev/null || bail 'no key'
serve() {
	start_daemon limits.form=0 limits.staff=0 limits.page=0 limits.photo=0 server.trusted_proxy=127.0.0.1 server.clock="$NOW" \
		tickets.contact_key="$T/keys/contact"
}
serve

# --- what residents send -------------------------------------------------------------------------------
SENDER=(-H "X-Forwarded-For: $(p W.address)" -A "$(p W.agent) (phone)" -e "https://$(p W.referrer)/x" -b "x=$(p W.cookie)")
# report CODE KIND FIELD...: the case's number in ID, its receipt in RECEIPT
report() {
	rp_code=$1 rp_args=("-F" "kind=$2")
	shift 2
	for f; do rp_args+=(-F "$f"); done
	status "/report/$rp_code?q=$(p W.query)" "${SENDER[@]}" >/dev/null
	rp_key=$(sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body")
	rp_stamp=$(sed -n 's/.*name="stamp" value="\([^"]*\)".*/\1/p' "$T/body")
	rp_status=$(status "/report/$rp_code?q=$(p W.query)" "${SENDER[@]}" -H "Origin: $URL" -F "key=$rp_key" -F "stamp=$rp_stamp" "${rp_args[@]}")
	RECEIPT=$(field Location)
	RECEIPT=${RECEIPT#/c/}
	RECEIPT=${RECEIPT%%\?*}
	ID=$(sql "SELECT id FROM core.ticket WHERE receipt = '$RECEIPT'")
	[ "$rp_status" = 303 ] && [ -n "$ID" ] || { diag "$rp_code: $rp_status $(text | cut -c1-600)"; return 1; }
}
for i in 1 2 3 4 5 6; do
	picture "$(p W.file)-$i" before --seed $i --gps 31.2345,121.4567 --dirty
	is "$(planted search "$T/planted" X "$T/$(p W.file)-$i.jpg" | cut -f1 | sort -u | wc -l)" 4 'a photo that tells who took it'
done
words="我叫$(p R.name)，住$(p R.flat)，电话$(p R.plain)、$(p R.spaces)、$(p R.hyphens)、$(p R.wide)、$(p R.abroad)、$(p R.abroad2)，座机$(p R.land)。
身份证$(p R.id)，老伴$(p R.id2)。车牌$(p R.plate)和$(p R.plate2)。信箱$(p R.mail)，微信$(p R.wechat)。邻居$(p R.neighbour)也看到水是黄的。"
ok 'a report with all of it' report "$LABEL" wrong_info "words=$words" "phone=$(p K.phone)" "photo1=@$T/$(p W.file)-1.jpg" \
	"photo2=@$T/$(p W.file)-2.jpg" "photo3=@$T/$(p W.file)-3.jpg"
CASE_A=$ID A_RECEIPT=$RECEIPT
SENDER[1]="X-Forwarded-For: $(p W.address6)"
ok 'one of a place, by a neighbour' report "$PLACE_LABEL" other "words=$(p R.place)说：电话$(p R.place_number)，水黄" "phone=$(p K.phone2)"
CASE_B=$ID B_RECEIPT=$RECEIPT
ok 'a first one in a word' report "$F2" smell "words=$(p R.held) $(p R.held_number)"
CASE_C=$ID
ok 'and the same' report "$F2" smell "words=$(p R.joined)" "phone=$(p K.phone3)"
is "$(sql "SELECT joined_to FROM core.ticket WHERE id = $ID")" "$CASE_C" 'is joined'
ok 'advertising' report "$F2" other "words=$(p R.refused) 代开发票"
CASE_D=$ID
is "$(sql "SELECT state FROM core.ticket WHERE id = $CASE_D")" quarantine 'is set aside'
# mistakes: what was typed comes back to who typed it, and goes nowhere else
status "/report/$LABEL" "${SENDER[@]}" -H "Origin: $URL" -F "words=$(p R.name)" -F "phone=x$(p K.phone)" -F kind=none >/dev/null
for at in "/report/$(p R.plain)" "/$(p R.plain)" "/q?no=$(p R.plain)" "/c?no=$(p R.plain)" "/c/$(p R.plain)" "/$(p R.name)" "/f/$(p R.id)" \
	"/tickets/$(p R.abroad2)" "/staff/f/$(p R.plain)" "/none/$(p R.plain)?x=$(p R.wide)" "/%E6%A4%8D%E7%94%B2%E4%B8%80"; do
	status "$at" "${SENDER[@]}" >/dev/null 2>&1
done

# --- handled ---------------------------------------------------------------------------------------------
act() { # WHO CASE DO FIELD...
	as "$1"
	fresh "$1"
	act_at=/staff/tickets/$2
	act_do=$3
	shift 3
	act_status=$(post "$act_at" "do=$act_do" "$@")
	[ "$act_status" = 303 ] || { diag "$act_do: $act_status $(text | cut -c1-400)"; return 1; }
}
area() { # ID: a textarea of the last body, as a browser sends it
	python3 -c 'import html, re, sys
m = re.search(r"<textarea id=\"%s\"[^>]*>(.*?)</textarea>" % sys.argv[2], open(sys.argv[1], encoding="utf-8").read(), re.S)
print(html.unescape(m.group(1)) if m else "", end="")' "$T/body" "$1"
}
# proposed CASE: what the program proposes to publish, in $T/words and $T/answer
proposed() {
	as off
	page "/staff/tickets/$1" >/dev/null
	area public_words >"$T/words"
	area public_answer >"$T/answer"
}
ok 'taken' act off "$CASE_A" accept
ok 'noted' act off "$CASE_A" note "note=$(p N.note) 说打 $(p N.note_number)，证 $(p N.note_id)"
ok 'sent to another office' act off "$CASE_A" transfer to=$FAR "reason=找$(p A.transfer)，$(p A.transfer_number)"
ok 'which takes it' act far "$CASE_A" accept
ok 'and sends it back' act far "$CASE_A" transfer to=$OFFICE reason=不是我们的
ok 'taken again' act off "$CASE_A" accept
ok 'answered' act off "$CASE_A" answer "words=$CONTROL：水箱已清洗。姓名$(p A.answer)，电话$(p A.answer_number)。"
proposed "$CASE_A"
cp "$T/words" "$T/out.words"
is "$(planted search "$T/planted" RK "$T/words" | cut -f1 | sort -u)" R.neighbour 'the proposal leaves out all but a name that stands alone'
is "$(planted search "$T/planted" A "$T/answer")" '' 'of the answer too'
ok 'a person takes that out and publishes' act off "$CASE_A" publish "public_words=$(sed "s/$(p R.neighbour)/***/" "$T/words")" \
	"public_answer=$(cat "$T/answer")" 'photo[]=1'
for id in "$CASE_B" "$CASE_C"; do
	ok "$id is answered" act off "$id" answer "words=$CONTROL，姓名$(p A.hidden_answer)"
	proposed "$id"
	ok "$id is published" act off "$id" publish "public_words=$(sed "s/植甲./***/g" "$T/words")" "public_answer=$(cat "$T/answer")"
done
ok 'one is hidden' act off "$CASE_C" hide 'reason=对照理由'
ok 'what is in quarantine is noted upon' act off "$CASE_D" note "note=$(p N.set_aside)"
rate() { status "/c/$1" "${SENDER[@]}" -H "Origin: $URL" --data-urlencode "level=$2" --data-urlencode "words=$(p G.rating) $(p G.rating_number)"; }
is "$(rate "$A_RECEIPT" 1)" 303 'rated, with words nobody asked for'
ok 'called back' act off "$CASE_A" callback "words=$(p A.callback)已上门"
is "$(rate "$B_RECEIPT" 5)" 303 'the other too'
for id in "$CASE_A" "$CASE_B" "$CASE_C"; do ok "$id is closed" act off "$id" close; done
ok 'a look at the number' [ "$(as off && post "/staff/tickets/$CASE_A" do=contact)" = 200 ]
ok 'one that stays open' report "$F" lid_open
OPEN=$ID

# --- records, replies, appeals ----------------------------------------------------------------------------
as ins
id=00000000-0000-4000-8000-000000000001
is "$(status "/staff/f/$F/new?type=clean" -H "Cookie: $staff_cookie" "${SENDER[@]}" -b "$staff_cookie" -H "Origin: $URL" -F "csrf=$staff_csrf" -F "key=$id" \
	-F from=2026-11-22T08:30 -F to=2026-11-22T09:30 -F "party-cleaner=$(cleaner)" -F fields-workers=2 -F fields-disinfectant=x \
	-F "photos-before=@$T/$(p W.file)-4.jpg" -F "photos-after=@$T/$(p W.file)-5.jpg" -F "photos-lid=@$T/$(p W.file)-6.jpg")" 303 'a record with photos' || diag "$(text | cut -c1-900)"
as off
is "$(post "/staff/r/$id" act=confirm rev=1)" 303 'is public'
as ins
draft=00000000-0000-4000-8000-000000000002
is "$(status "/staff/f/$F/new?type=clean" -H "Cookie: $staff_cookie" -H "Origin: $URL" -F "csrf=$staff_csrf" -F "key=$draft" \
	-F from=2026-11-21T08:30 -F to=2026-11-21T09:30 -F "party-cleaner=$(cleaner)" -F fields-workers=2 \
	-F "fields-disinfectant=$(p I.draft) $(p I.draft_number)" \
	-F "photos-before=@$T/$(p W.file)-4.jpg" -F "photos-after=@$T/$(p W.file)-5.jpg" -F "photos-lid=@$T/$(p W.file)-6.jpg")" 303 'another one' || diag "$(text | cut -c1-900)"
as off
is "$(post "/staff/r/$draft" act=return rev=1 "reason=$(p B.returned)")" 303 'is sent back'
sql "UPDATE core.voice_rule SET replies = 4" >/dev/null
say() { # KIND WORDS: prints the number of the reply
	as mgr
	[ "$(post "/staff/r/$id/reply" "key=$(cat /proc/sys/kernel/random/uuid)" "kind=$1" "words=$2")" = 303 ] || return 1
	say_at=$(field Location)
	echo "${say_at##*/}"
}
judge() { # REPLY ACT WORDS
	as sup
	fresh sup
	[ "$(post "/staff/replies/$1" "act=$2" "words=$3")" = 303 ]
}
reply=$(say reply "$(p V.refused)骂人")
ok 'a reply is refused' judge "$reply" refuse 对照理由
reply=$(say reply "$(p V.hidden)，打 $(p V.hidden_number)")
ok 'one is published' judge "$reply" publish ""
ok 'and hidden' judge "$reply" hide 对照理由
reply=$(say reply "$(p V.erased)，证 $(p V.erased_id)")
ok 'another one too' judge "$reply" publish ""
there_once() { wait_for 10 grepped "/r/$id" "$(p V.erased)"; }
grepped() { status "$1" >/dev/null && grep -qF -e "$2" "$T/body"; }
ok 'is public for a while' there_once
ok 'then erased' judge "$reply" erase 对照理由
reply=$(say appeal "$(p V.appeal)，证 $(p V.appeal_id)")
ok 'an appeal, its words refused' judge "$reply" refuse 对照理由
ok 'decided' judge "$reply" reject "$CONTROL"
ok 'one waits for the check' [ -n "$(say reply "$(p V.waiting)")" ]

# --- a survey ---------------------------------------------------------------------------------------------
as off
fresh off
is "$(post /staff/surveys do=put title=对照问卷 purpose=了解意见 org=$OFFICE from=2026-11-22 to=2026-11-22 levels=满意吗？ words=还有呢？ places="$PLACE")" 303 'a survey'
survey=$(sql 'SELECT max(id) FROM core.survey')
is "$(post "/staff/surveys/$survey" do=release)" 303 'is open'
S=$(sql "SELECT code FROM core.survey_place WHERE survey_id = $survey") WHOLE=$(sql "SELECT code FROM core.survey WHERE id = $survey")
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	status "/v/$S" "${SENDER[@]}" >/dev/null
	key=$(sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body")
	[ "$(status "/v/$S" "${SENDER[@]}" -H "Origin: $URL" -d "key=$key" -d q1=$((1 + i % 5)) --data-urlencode "q2=$(p S.words) $(p S.number)")" = 303 ] ||
		diag "no answer $i: $(text | cut -c1-300)"
done
is "$(sql "SELECT count(*) FROM core.survey_response")" 12 'it is answered'
page "/staff/surveys/$survey/paper?place=$S" >/dev/null
key=$(sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body")
is "$(post "/staff/surveys/$survey/paper" "key=$key" "place=$S" rows=1 no-1=1 l-1=5 "w-1-2=$(p S.paper) $(p S.paper_number)")" 303 'and on paper'
is "$(post "/staff/surveys/$survey" do=poster poster=both)" 303 'posters are ordered'

# --- time passes ----------------------------------------------------------------------------------------
jobs_rest() { [ "$(sql "SELECT count(*) FROM core.job WHERE done_at IS NULL AND last_error IS NULL AND due <= now()")" = 0 ]; }
ok 'the jobs come to rest' wait_for 60 jobs_rest || diag "$(sql 'SELECT * FROM core.job WHERE done_at IS NULL')"
end "$DAEMON"
day 2026-11-26T10:00:00+08:00
serve
sql "UPDATE core.job SET due = now() WHERE done_at IS NULL AND lease_until IS NULL" >/dev/null
risen() { [ "$(sql "SELECT count(*) FROM core.ticket_step WHERE ticket_id = $OPEN AND act = 'escalate'")" -ge 1 ]; }
ok 'a clock runs out and rises' wait_for 30 risen
as off
fresh off
is "$(post "/staff/surveys/$survey" do=publish)" 303 'results of the survey are published'
counted() { status "/tickets/$OFFICE" >/dev/null && grep -q "$CONTROL\|tickets/$OFFICE/2026-" "$T/body"; }
ok 'cases are published' wait_for 30 counted
ok 'the jobs come to rest again' wait_for 60 jobs_rest
sql 'SELECT api.job_snapshot()' >/dev/null
[ "$(sql 'SELECT count(*) FROM core.chain_head')" -gt 0 ] || sql "SELECT api.head_next()" >/dev/null

# --- everything that others can see -------------------------------------------------------------------------
mkdir -p "$T/out/pages" "$T/out/mirror" "$T/out/exports" "$T/out/feeds" "$T/out/sheets" "$T/out/metrics" "$T/out/logs" "$T/out/messages" "$T/out/dump" "$T/out/receipts"
chmod 777 "$T/out" "$T/out/mirror"
planted crawl "$URL" "$T/out/pages" / "/$LABEL" "/$PLACE_LABEL" "/f/$F" "/f/$F2" "/b/$PLACE" /tickets /tickets.csv /tickets.json "/tickets/$OFFICE" \
	"/tickets/$OFFICE/2026.csv" "/tickets/$OFFICE.json" /coverage /coverage.json "/coverage/$OFFICE" /chain /chain.json "/v/$S" "/v/$S/results" \
	"/v/$S/results.json" "/v/$S/results.csv" "/v/$WHOLE/results" "/r/$id" "/r/$id.json" "/r/$id/1" "/r/$draft" "/tickets/$OFFICE/2026-99" \
	/robots.txt /.well-known/security.txt /none "/report/$LABEL" >"$T/crawled"
diag "$(cat "$T/crawled")"
nok 'every page answers' grep -q '^[0-9][0-9][0-9] /' "$T/crawled"
ok 'some hundred of them' test "$(find "$T/out/pages" -type f | wc -l)" -ge 100
as_user "$qrsvc" --config "$T/qrsvc.conf" mirror "$T/out/mirror" >/dev/null 2>"$T/mirror.err" || bail "$(tail -n 3 "$T/mirror.err")"
as off
notice() { # waits for the sheet
	sheet_at=$1
	shift
	sheet() { [ "$(status "$sheet_at" "$@")" = 200 ] && head -c 5 "$T/body" | grep -q %PDF; }
	wait_for 60 sheet "$@" && cp "$T/body" "$T/out/sheets/$(basename "$sheet_at" | tr -dc a-z0-9).$(find "$T/out/sheets" -type f | wc -l).pdf"
}
ok 'a notice' notice "/r/$id/notice.pdf?lang=both"
ok 'the posters' notice "/staff/surveys/$survey/poster?poster=both" -H "Cookie: $staff_cookie"
for what in facilities records results offices managers; do
	for format in csv xlsx; do
		fresh off
		post /staff/export "what=$what" "format=$format" >/dev/null
		at=$(field Location)
		ready() { page "$at" >/dev/null && grep -q '/file"' "$T/body"; }
		wait_for 60 ready
		[ "$(status "$at/file" -H "Cookie: $staff_cookie")" = 200 ] && cp "$T/body" "$T/out/exports/$what.$format"
		tap $? "$what as $format" || :
	done
done
for at in '/staff/numbers.csv?from=2026-10&to=2026-11' '/staff/coverage' '/staff/status'; do
	is "$(page "$at")" 200 "$at"
	# the frame of a page names who looks at it
	sed "s/$(p U.office)//g" "$T/body" >"$T/out/exports/$(echo "$at" | tr -dc "[:lower:]")"
done
post /staff/inbox do=feed >/dev/null
feed=$(grep -oE '/feed/[A-Za-z0-9_-]{43}' "$T/body" | head -n 1)
for form in ics atom; do
	is "$(status "$feed.$form")" 200 "the feed as $form"
	cp "$T/body" "$T/out/feeds/$form"
done
curl -fsS "$ADMIN/metrics" >"$T/out/metrics/metrics" || bail 'no metrics'
curl -fsS "$ADMIN/healthz" >"$T/out/metrics/healthz"
sql "SELECT body FROM core.outbox" >"$T/out/messages/outbox"
sql "SELECT text FROM core.chain_head" >"$T/out/messages/heads"
for r in $(sql 'SELECT receipt FROM core.ticket'); do
	for form in "" .json '?lang=en'; do
		status "/c/$r$form" >/dev/null
		cat "$T/head" "$T/body" >"$T/out/receipts/$r$form"
	done
done
sql 'SELECT seq, who, what, subject, detail FROM core.audit' >"$T/audit"
sql 'SELECT kind, key, doc FROM core.document' >"$T/documents"
end "$DAEMON"
cp "$T"/qrsvc*.log "$T/out/logs/"
cp -r "$CLUSTER/log" "$T/out/logs/cluster" 2>/dev/null || cp "$CLUSTER"/log* "$T/out/logs/"
dump() { pg_dump -h "$(readlink "$CLUSTER/socket")" -p 5432 -U postgres qrsvc >"$1" 2>"$T/dump.err" || bail "$(cat "$T/dump.err")"; }

# none GROUPS DESCRIPTION WHERE...: none of them is there
none() {
	none_groups=$1 none_what=$2
	shift 2
	is "$(planted search "$T/planted" "$none_groups" "$@" | sed "s|$T/||" | head -n 20)" '' "$none_what"
}
# there TEXT WHERE: the same search finds what is meant to be there
there() {
	printf 'Z\tcontrol\t%s\n' "$1" >"$T/control"
	ok "which finds $1 in ${2##*/}" test "$(planted search "$T/control" Z "$2" | grep -c "Z.control")" -ge "${3:-1}"
}
all=RKGWXNBAVSUI
none $all 'nothing in any public page, table or file' "$T/out/pages"
there "$CONTROL" "$T/out/pages" 4
there 对照街道 "$T/out/pages" 20
there 对照问卷 "$T/out/pages"
none $all 'nor in any document' "$T/documents"
there "$CONTROL" "$T/documents"
none $all 'nor in the static copy' "$T/out/mirror"
there "$CONTROL" "$T/out/mirror"
none $all 'nor on a notice or poster' "$T/out/sheets"
there 对照小区 "$T/out/sheets" 2
none $all 'nor in tables of facilities, records, offices, statistics' "$T/out/exports"
there 对照街道 "$T/out/exports" 3
for format in csv xlsx; do there 对照小区 "$T/out/exports/facilities.$format"; done
none $all 'nor in calendars and feeds' "$T/out/feeds"
for form in ics atom; do there 对照街道 "$T/out/feeds/$form"; done
none $all 'nor in metrics' "$T/out/metrics"
there qrsvc_ "$T/out/metrics"
none $all 'nor in logs of service, jobs or database' "$T/out/logs"
there 2001:db8:77:8800:: "$T/out/logs"
there route=report_form "$T/out/logs"
none $all 'nor in messages to offices, nor in heads of the chain' "$T/out/messages"
there 对照小区 "$T/out/messages/outbox"
there audit_seq "$T/out/messages/heads"
none RKGWXNBVSI 'a receipt tells nothing of what was written, nor inside of the office' "$T/out/receipts"
there "$CONTROL" "$T/out/receipts"
there "$(p A.transfer)" "$T/out/receipts"
none RKGWXNAVSI 'nor does the audit' "$T/audit"
there ticket.publish "$T/audit"

# --- in the database ---------------------------------------------------------------------------------------
dump "$T/out/dump/now"
printf 'V\terased\t%s\nV\terased_id\t%s\n' "$(p V.erased)" "$(p V.erased_id)" >"$T/erased"
is "$(planted search "$T/erased" V "$T/out/dump/now")" '' 'words of a reply that were erased are not in the database'
none KGW 'no telephone number, no word beside a rating, nothing of who sent it is ever in a dump' "$T/out/dump/now"
there "$CONTROL" "$T/out/dump/now"
there "$(p R.name)" "$T/out/dump/now"
is "$(sql 'SELECT count(*) FROM core.ticket_contact')" 3 'three numbers, sealed'
rm "$T/out/dump/now"
SEALED=$(sql "SELECT encode(sealed, 'hex') FROM core.ticket_contact" | cut -c1-40 | sort)
# swept DAY: that day's jobs have run
swept() {
	day "$1"
	serve
	sql "UPDATE core.job SET due = now() WHERE kind = 'sweep'" >/dev/null
	ran() { [ "$(sql "SELECT count(*) FROM core.job WHERE kind = 'sweep' AND done_at IS NULL AND due > now()")" = 1 ]; }
	wait_for 30 ran
	ok "the jobs of $1" ran
	end "$DAEMON"
}
swept 2026-12-21T10:00:00+08:00
is "$(sql 'SELECT count(*) FROM core.ticket_contact')" 3 'the day before they are to go, numbers are there'
swept 2026-12-22T10:00:00+08:00
is "$(sql "SELECT count(*) FROM core.ticket_contact")" 0 'thirty days after closing they are gone'
dump "$T/out/dump/later"
nok 'from the dump too' grep -qF "$SEALED" "$T/out/dump/later"
rm "$T/out/dump/later"
swept 2028-01-10T10:00:00+08:00
dump "$T/out/dump/last"
none RKGWNS 'after their year nothing that residents or handlers wrote is in the database' "$T/out/dump/last"
there "$CONTROL" "$T/out/dump/last"
cp "$T"/qrsvc*.log "$T/out/logs/"
none $all 'and the logs have still nothing' "$T/out/logs"
done_testing
