#!/bin/bash
# Right of reply in a real browser, without script: the manager replies, appeals, asks for a new test;
# the office checks and decides; the public pages say so. Residents say that a sticker hangs
# elsewhere; the label's page warns until an inspector finds it intact.
# timeout: 300
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null
"$qrsvc" import facilities deploy/examples/facilities.csv >/dev/null || bail 'no facilities'
account manager mgr 310107005000
sql "UPDATE core.account SET org_id = NULL, party_id = (SELECT id FROM core.party WHERE name LIKE '嘉禾%') WHERE login = 'mgr'"
account inspector ins 310107005000
account office off 310107005000
account supervisor sup 310107000000
session() { echo "sha256(sha256('$1'))"; }
# failed KEY: a failed test of that facility, published
failed() {
	failed_id=$(cat /proc/sys/kernel/random/uuid)
	sql "SELECT api.staff_report_put($(session ins), sha256('%PDF-1.4 $failed_id'), '%PDF-1.4 $failed_id');
		SELECT api.staff_record_put($(session ins), '$failed_id', jsonb_build_object('facility', '$(code "$1")', 'type', 'test',
			'submit', true, 'from', '2026-11-20T09:00', 'to', '2026-11-20T10:00', 'report', encode(sha256('%PDF-1.4 $failed_id'), 'hex'),
			'fields', '{\"report_no\":\"J1\"}'::jsonb, 'parties', '[{\"role\":\"lab\",\"name\":\"城东水质检测站\"}]'::jsonb,
			'results', '[{\"item\":\"turbidity\",\"num\":\"3\"},{\"item\":\"total_coliform\",\"word\":\"not_detected\"}]'::jsonb));
		SELECT api.staff_record_act($(session off), '$failed_id', 'confirm', NULL, 1)" >/dev/null || bail "no record of $1"
	echo "$failed_id"
}
label=$(sql "SELECT api.label_bind('test', c, '$(code T1)', NULL, '泵房门', NULL) FROM api.label_issue('test', NULL, 1) c")
sql "UPDATE core.label SET since = since - interval '30 days' WHERE code = '$label'"
sql "INSERT INTO core.ticket_kind (code, rank, name, clock, sticker) VALUES ('t_not_here', 99, '{\"zh-CN\":\"x\",\"en\":\"x\"}', 'ordinary', 'not_here')"
sql "CREATE FUNCTION public.say(p_n int) RETURNS void LANGUAGE sql AS \$\$
	INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, code, lang, at)
	SELECT core.code_random(), gen_random_uuid(), o.id, o.id, 2026, p_n, 't_not_here', 'ordinary', l.facility_id, l.code, 'zh-CN', core.now() - interval '1 hour'
	FROM core.label l, core.org o WHERE l.code = '$label' AND o.code = '310107005000' \$\$"
for r in 'zh-CN T1' 'en T2'; do printf '%s %s %s\n' "${r% *}" "$(failed "${r#* }")" "$(code "${r#* }")"; done >"$T/records"
for n in 1 2 3; do sql "SELECT public.say($n)" >/dev/null; done
start_daemon limits.staff=0 limits.page=0 server.clock=2026-11-22T10:00:00+08:00
cookies=
for who in mgr off sup ins; do
	as "$who"
	cookies="$cookies $who=${staff_cookie#*=}"
done
# shellcheck disable=SC2086
NODE_PATH=${NODE_PATH:-} node tests/browser/reply.js "$URL" "$T" "$label" "$T/records" $cookies
