#!/bin/bash
# Who may do what, by HTTP: every route behind the login, every role, things inside and outside its
# scope; every form replayed without its token, with another's, from another site.  The table is
# rights.py; here are the things it speaks of.
# timeout: 240
. tests/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-jobs >/dev/null
program qrsvc-photod >/dev/null
cat >"$T/two.csv" <<'CSV'
key,kind,org,name,place_key,place,address,building,manager
A,roof_tank,310107005000,1号水箱,PA,杏泽苑,柳溪路37弄,1号楼,嘉禾物业服务公司（示例）
X,roof_tank,310110000000,9号水箱,PX,云岫坊,云岫路1弄,9号楼,云岫物业服务公司（示例）
CSV
"$qrsvc" import facilities "$T/two.csv" >/dev/null || bail 'no facilities'
# The app of the phone keeps its files long; nothing here is about rates.
start_daemon limits.staff=0 limits.page=0 limits.photo=0

# --- who: one of each role inside 310107000000, and strangers -------------------------------------
# account_of ROLE LOGIN PARTY: an account of a firm
account_of() {
	account "$1" "$2" 310107000000
	sql "UPDATE core.account SET org_id = NULL, party_id = $3 WHERE login = '$2'" || bail "no account $2"
}
sql "INSERT INTO core.party (name, credit_code) VALUES ('清源水箱清洗公司', '91350100M000100Y43')"
firm=$(sql "SELECT id FROM core.party WHERE credit_code IS NOT NULL")
manager=$(sql "SELECT id FROM core.party WHERE name LIKE '嘉禾%'")
sql "INSERT INTO core.party_filing (party_id, number, valid_from) VALUES ($firm, '沪水清1', '2026-01-01')"
account_of inspector ins "$firm"
"$qrsvc" user assign --party "$firm" --org 310107005000 --who test >/dev/null || bail 'no assignment'
account_of manager mgr "$manager"
account office off 310107005000
account supervisor sup 310107005000
account admin adm 310107000000
account auditor aud 310107000000
account inspector victim 310107005000
account inspector far 310110000000
account office faroff 310110000000

# --- what: records, photos, reports, labels, on both sides ------------------------------------------
code() { sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id
	WHERE i.kind = 'facility' AND i.key = '$1'"; }
session() { echo "sha256(sha256('$1'))"; }
# record BY FACILITY TYPE MORE: its uuid
record() {
	id=$(cat /proc/sys/kernel/random/uuid)
	sql "SELECT api.staff_photo_put($(session "$1"), sha256('p$id'), 1280, 960, sha256('o$id'), NULL, NULL, NULL, NULL,
			ARRAY[320, 1280, 2048], ARRAY['s', 'p$id', 'b']::bytea[]);
		SELECT api.staff_report_put($(session "$1"), sha256('%PDF-1.4 $id'), '%PDF-1.4 $id');
		SELECT api.staff_record_put($(session "$1"), '$id', jsonb_build_object('facility', '$2', 'type', '$3', 'submit', true,
			'from', to_char(core.now() - interval '2 hours', 'YYYY-MM-DD\"T\"HH24:MI'), 'to', to_char(core.now() - interval '1 hour', 'YYYY-MM-DD\"T\"HH24:MI')) || '$4'
			|| CASE '$3' WHEN 'clean' THEN jsonb_build_object('photos', jsonb_build_array(
				jsonb_build_object('slot', 'before', 'sha256', encode(sha256('p$id'), 'hex')),
				jsonb_build_object('slot', 'after', 'sha256', encode(sha256('p$id'), 'hex'))))
				ELSE jsonb_build_object('report', encode(sha256('%PDF-1.4 $id'), 'hex')) END)" >/dev/null || bail "no record of $1"
	echo "$id"
}
clean="{\"parties\":[{\"role\":\"cleaner\",\"party\":$firm}],\"fields\":{\"disinfectant\":\"氯\",\"workers\":\"2\"}}"
tested='{"parties":[{"role":"lab","name":"城东水质检测站"}],"fields":{"report_no":"J1"},"results":[{"item":"turbidity","num":"0.3"},{"item":"total_coliform","word":"not_detected"}]}'
A=$(code A)
X=$(code X)
waiting=$(record ins "$A" clean "$clean")
published=$(record ins "$A" clean "$clean")
report=$(record ins "$A" test "$tested")
draft=$(record ins "$A" clean "${clean%\}},\"submit\":false}")
away=$(record far "$X" clean "$clean")
away_published=$(record far "$X" clean "$clean")
away_report=$(record far "$X" test "$tested")
sql "SELECT api.staff_record_act($(session off), '$published', 'confirm', NULL, 1);
	SELECT api.staff_record_act($(session faroff), '$away_published', 'confirm', NULL, 1)" >/dev/null || bail 'nothing is published'
label=$(sql "SELECT api.label_issue('test', '310107005000', 1)")
away_label=$(sql "SELECT api.label_issue('test', '310110000000', 1)")
# batch OF: an order of two blank labels, made
batch() {
	sql "SELECT api.staff_label_batch_make($(session "$1"), '{\"blank\":2}', 'a4-24', 1, NULL)" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["batch"])'
}
batch_id=$(batch off)
away_batch=$(batch faroff)
# notice OF RECORD: its notice, made
notice() {
	sql "SELECT api.staff_notice_make($(session "$1"), '{\"records\":[\"$2\"]}')" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["notice"])'
}
notice_id=$(notice off "$published")
away_notice=$(notice faroff "$away_published")
# reply BY RECORD: what a firm said of it, not checked yet
reply() {
	sql "SELECT api.staff_reply_add($(session "$1"), '$2', gen_random_uuid(), '{\"kind\":\"reply\",\"words\":\"w\"}')" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["reply"])'
}
reply_id=$(reply ins "$published")
away_reply=$(reply ins "$away_published")
# reported FACILITY: what a resident said of it
reported() {
	sql "SELECT api.ticket_new('x', '$1', gen_random_uuid(), '', '{\"kind\":\"smell\"}', NULL)" >/dev/null
	sql "SELECT max(id) FROM core.ticket"
}
ticket=$(reported "$A")
away_ticket=$(reported "$X")
# brought BY: a table that is none, read
brought() {
	sql "SELECT api.staff_import_put($(session "$1"), 'facilities', 'x.csv', 'x')" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["import"])'
}
import_id=$(brought off)
away_import=$(brought faroff)
export_id=$(sql "SELECT api.staff_export_make($(session off), 'offices', '{}', 'csv', 'en')" |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["export"])')
done_all() { [ "$(sql "SELECT count(*) FROM core.job WHERE kind IN ('labels', 'notice', 'import', 'export') AND done_at IS NOT NULL")" = 7 ]; }
invite=$(openssl rand 32 | staff_url64)
sql "SELECT api.user_add('test', '{\"login\":\"invited\",\"name\":\"I\",\"role\":\"inspector\",\"org\":\"310107005000\"}',
	sha256(decode(translate('$invite', '-_', '+/') || '=', 'base64')))" >/dev/null || bail 'no invitation'
id_of() { sql "SELECT id FROM core.account WHERE login = '$1'"; }
hash_of() { printf '%s' "$1" | sha256sum | cut -c1-64; }
cat >"$T/things.json" <<JSON
{"A": "$A", "X": "$X", "waiting": "$waiting", "published": "$published", "report": "$report", "draft": "$draft",
"away": "$away", "away_published": "$away_published", "away_report": "$away_report", "label": "$label", "away_label": "$away_label",
"ticket": "$ticket", "away_ticket": "$away_ticket", "reply": "$reply_id", "away_reply": "$away_reply", "import": "$import_id", "away_import": "$away_import", "export": "$export_id",
"batch": "$batch_id", "away_batch": "$away_batch", "notice": "$notice_id", "away_notice": "$away_notice", "firm": "$firm", "invite": "$invite", "victim": "$(id_of victim)", "far": "$(id_of far)",
"far_session": "$(sql "SELECT id FROM core.session WHERE account_id = $(id_of far)")",
"photo": "$(hash_of "p$waiting")", "public_photo": "$(hash_of "p$published")", "away_photo": "$(hash_of "p$away")", "pdf": "$(hash_of "%PDF-1.4 $report")", "away_pdf": "$(hash_of "%PDF-1.4 $away_report")"}
JSON
ok 'the batches are made' wait_for 30 done_all
python3 tests/http/rights.py "$tap_n" "$URL" "$T/things.json" "$CLUSTER"
