#!/bin/bash
# Handling what residents report, in a real browser without script, on a clock that is set: taken, sent to
# the manager, answered with a text block, masked and published, hidden; a flood joined and set aside; a
# clock that runs out rises to the office above.
# timeout: 400
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-jobs >/dev/null
qrsvc=$(program qrsvc)
awk 'BEGIN {
	print "key,kind,org,name,place_key,place,address,building,manager,since"
	for (i = 1; i <= 3; i++)
		printf "K%d,roof_tank,310107005000,%d号屋顶生活水箱,N%d,杏泽苑第%d小区,甘泉路%d弄,%d号楼,嘉禾物业服务公司（示例）,2026-0%d-15\n", i, i, i, i, i, i, 4 + i
}' >"$T/many.csv"
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'"
"$qrsvc" import facilities "$T/many.csv" >/dev/null || bail 'no facilities'
account manager manager 310107005000
sql "UPDATE core.account SET org_id = NULL, party_id = (SELECT id FROM core.party WHERE name LIKE '嘉禾%') WHERE login = 'manager'"
account office office 310107005000
account supervisor district 310107000000
# reports as the form makes them: their words hold what must not be published
cat >"$T/reports.sql" <<'SQL'
CREATE FUNCTION pg_temp.report(p_key text, p_kind text, p_words text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	made bigint;
BEGIN
	UPDATE core.site SET clock = p_at;
	INSERT INTO core.ticket (receipt, key, first_org_id, org_id, year, no, kind, clock, facility_id, lang, at)
	SELECT core.code_random(), gen_random_uuid(), p.org_id, p.org_id, 2026, 1 + (SELECT count(*) FROM core.ticket), p_kind,
		(SELECT k.clock FROM core.ticket_kind k WHERE k.code = p_kind), f.id, 'zh-CN', p_at
	FROM core.facility f JOIN core.place p ON p.id = f.place_id JOIN core.import_source i ON i.facility_id = f.id
	WHERE i.kind = 'facility' AND i.key = p_key RETURNING id INTO made;
	INSERT INTO core.ticket_text VALUES (made, 0, p_words);
	PERFORM core.ticket_act(made, 'received', NULL, NULL, NULL, NULL, NULL);
END
$$;
SELECT pg_temp.report('K1', 'dirty_water', '我叫王小明，住5号楼502室，电话 138-1234-5678，身份证11010519491231002X。水是黄的，闻起来有味，已经三天了。', '2026-11-22 04:00+08');
SELECT pg_temp.report('K2', 'smell', '<b>水有漂白粉味</b>', '2026-11-22 08:30+08');
SELECT pg_temp.report('K3', 'dirty_water', 'Cloudy & brown since ' || i, '2026-11-22 09:00+08') FROM generate_series(1, 12) i;
UPDATE core.site SET clock = '2026-11-22 10:00+08';
SQL
deploy/pg psql "$CLUSTER" -q -v ON_ERROR_STOP=1 -f "$T/reports.sql" >/dev/null || bail 'no reports'
as manager
manager=${staff_cookie#*=}
as district
district=${staff_cookie#*=}
as office
mkdir "$T/keys"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/keys"
as_user "$qrsvc" keygen --contact "$T/keys/contact" >/dev/null || bail 'no key'
start_daemon limits.staff=0 limits.form=0 tickets.contact_key="$T/keys/contact" server.clock=2026-11-22T10:00:00+08:00
NODE_PATH=${NODE_PATH:-} node tests/browser/tickets.js "$URL" "$T" "${staff_cookie#*=}" "$manager" "$district" "$CLUSTER" "$(code K2)"
