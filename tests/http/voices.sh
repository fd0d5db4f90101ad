# A town whose residents have spoken, for tests that attack the pages made of it.  Sourced after
# tests/lib.sh and tests/staff.sh; the clock of database and daemon stands at $NOW.
#
#   voices_town    a cluster with facilities, accounts (mgr of a manager, off of an office, sup of the
#                  district), a failed test, one reply to it and one appeal, reports in every state, one
#                  survey that is over and published and one that is open; no limit stands in the way.
#                  Sets F and ORG (facility, its office), RECORD, REPLY, SHUT and OPEN (codes of the
#                  surveys), SURVEY (number of the open one), and, of the reports,
#                  ASK (receipt that asks for a rating), DONE (receipt of one that is closed and rated),
#                  TICKET (number of one being worked at), SEEN, HIDDEN (published; then hidden)
#   voices_daemon  starts the daemon, with a key for telephone numbers
# shellcheck shell=bash disable=SC2034 # what it sets is for who sources it
NOW='2026-11-22 10:00:00+08'
voices_session() { echo "sha256(sha256('$1'))"; }

# The failed test that the manager may speak about.
voices_record() {
	RECORD=00000000-0000-4000-8000-00000000000f
	account inspector ins 310107005000
	account manager mgr 310107005000
	sql "UPDATE core.account SET org_id = NULL, party_id = (SELECT id FROM core.party WHERE name LIKE '嘉禾%') WHERE login = 'mgr'"
	sql "SELECT api.staff_report_put($(voices_session ins), sha256('%PDF-1.4 x'), '%PDF-1.4 x');
		SELECT api.staff_record_put($(voices_session ins), '$RECORD', jsonb_build_object('facility', '$F', 'type', 'test',
			'submit', true, 'from', '2026-11-20T09:00', 'to', '2026-11-20T10:00', 'report', encode(sha256('%PDF-1.4 x'), 'hex'),
			'fields', '{\"report_no\":\"J1\"}'::jsonb, 'parties', '[{\"role\":\"lab\",\"name\":\"城东水质检测站\"}]'::jsonb,
			'results', '[{\"item\":\"turbidity\",\"num\":\"3\"},{\"item\":\"total_coliform\",\"word\":\"not_detected\"}]'::jsonb));
		SELECT api.staff_record_act($(voices_session off), '$RECORD', 'confirm', NULL, 1);
		SELECT api.staff_reply_add($(voices_session mgr), '$RECORD', gen_random_uuid(), '{\"kind\":\"reply\",\"words\":\"已冲洗\"}')" >/dev/null ||
		bail 'no record'
	REPLY=$(sql 'SELECT max(id) FROM core.reply')
}

# survey LAST-DAY PLACES: made today, released; its number
voices_survey() {
	sql "SELECT api.staff_survey_put($(voices_session off), NULL, '{\"title\":\"物业服务满意度调查\",\"title_en\":\"Survey\",
		\"purpose\":\"了解居民意见\",\"org\":\"310107005000\",\"places\":\"\",\"from\":\"$1\",\"to\":\"$2\",
		\"levels\":\"保洁 | Cleaning\\n供水 | Water\",\"words\":\"还有什么建议？ | Anything else?\",\"rules\":[\"one_each\"]}')" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])' >"$T/survey" || bail 'no survey'
	sql "SELECT api.staff_survey_act($(voices_session off), $(cat "$T/survey"), '{\"do\":\"release\"}')" >/dev/null || bail 'not released'
	cat "$T/survey"
}

voices_reports() {
	cat >"$T/voices.sql" <<SQL
DO \$\$
DECLARE
	acts constant text[] := ARRAY['', 'quarantine', 'accept', 'accept answer', 'accept answer publish', 'accept answer publish hide',
		'accept answer publish rate close', 'accept answer', 'accept work'];
	f core.facility;
	org int;
	n bigint;
	act text;
BEGIN
	SELECT * INTO f FROM core.facility WHERE code = '$F';
	SELECT p.org_id INTO org FROM core.place p WHERE p.id = f.place_id;
	FOR i IN 1 .. cardinality(acts) LOOP
		INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, lang, at)
		VALUES (core.code_random(), gen_random_uuid(), org, org, 2026, i, 'other', 'ordinary', f.id, 'zh-CN', core.now() - interval '3 hours')
		RETURNING id INTO n;
		INSERT INTO core.ticket_text VALUES (n, 0, '水发黄');
		PERFORM core.ticket_act(n, 'received', NULL, NULL, NULL, NULL, NULL);
		FOREACH act IN ARRAY string_to_array(acts[i], ' ') LOOP
			IF act = 'publish' THEN
				UPDATE core.ticket SET public_words = '水发黄', public_answer = '已冲洗' WHERE id = n;
			END IF;
			PERFORM core.ticket_act(n, act, NULL, NULL, CASE WHEN act IN ('answer', 'hide', 'quarantine') THEN '已冲洗' END, NULL,
				CASE act WHEN 'rate' THEN 5 END::smallint);
		END LOOP;
	END LOOP;
END
\$\$;
SQL
	sql_file "$T/voices.sql" >/dev/null || bail 'no reports'
	receipt() { sql "SELECT receipt FROM core.ticket WHERE no = $1"; }
	ASK=$(receipt 8) DONE=$(receipt 7) SEEN=2026-5 HIDDEN=2026-6
	TICKET=$(sql 'SELECT id FROM core.ticket WHERE no = 9')
}

voices_town() {
	cluster_start
	export QRSVC_DATABASE_DSN="$DSN"
	qrsvc=$(program qrsvc)
	program qrsvc-jobs >/dev/null
	program qrsvc-photod >/dev/null
	sql "UPDATE core.site SET clock = '$NOW'::timestamptz - interval '1 day';
		ALTER TABLE core.survey ALTER prefix_day SET DEFAULT 32767, ALTER all_day SET DEFAULT 32767;
		UPDATE core.voice_rule SET replies = 10;
		UPDATE core.ticket_limit SET n = 1000000 WHERE code <> 'keep_days' AND code <> 'join_hours'" >/dev/null
	cp deploy/examples/facilities.csv "$T/"
	"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
	F=$(code T1) ORG=310107005000
	account office off "$ORG"
	account supervisor sup 310107000000
	shut=$(voices_survey 2026-11-21 2026-11-21) || exit
	SHUT=$(sql "SELECT code FROM core.survey_place WHERE survey_id = $shut ORDER BY code LIMIT 1")
	sql "SELECT api.survey_answer('$SHUT', gen_random_uuid(), NULL, ('{\"levels\":{\"1\":\"' || 1 + i % 5 || '\",\"2\":\"4\"},\"words\":{}}')::jsonb)
		FROM generate_series(1, 60) i" >/dev/null || bail 'no answers'
	sql "UPDATE core.site SET clock = '$NOW';
		UPDATE core.session SET since = core.now(), seen_at = core.now(), proved_at = core.now(), expires_at = core.now() + interval '8 hours';
		SELECT api.staff_survey_act($(voices_session off), $shut, '{\"do\":\"publish\"}')" >/dev/null || bail 'not published'
	SURVEY=$(voices_survey 2026-11-22 2026-11-30) || exit
	OPEN=$(sql "SELECT code FROM core.survey_place WHERE survey_id = $SURVEY ORDER BY code LIMIT 1")
	voices_record
	voices_reports
}

voices_daemon() {
	mkdir "$T/keys"
	[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/keys"
	as_user "$qrsvc" keygen --contact "$T/keys/contact" >/dev/null || bail 'no key'
	start_daemon limits.staff=0 limits.page=0 limits.photo=0 limits.form=0 tickets.contact_key="$T/keys/contact" \
		server.clock=2026-11-22T10:00:00+08:00
}
