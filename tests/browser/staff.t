#!/bin/bash
# The pages behind the login in a real browser on a small phone, with script and without: from an
# inspector's upload to the resident's page; then each page by itself: axe, overflow, sizes, HTML.
# timeout: 600
. tests/lib.sh
. tests/browser/lib.sh

cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-photod >/dev/null
program qrsvc-jobs >/dev/null
demophoto=$(program demophoto)
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
start_daemon limits.staff=0 limits.page=0 limits.photo=0

# Accounts with a password that is really checked, the office with a second factor.
password='three tanks on one roof'
# shellcheck disable=SC2016 # dollar signs of a hash
hash='$argon2id$v=19$m=65536,t=2,p=1$6JkfuBtpgMv1S3Zn0z3dKg$GO8OJDyUTyKH3O0+TrP3bFcb3kleY4vKIHW+m9bwu4Y'
secret=made-for-these-tests
person() { # LOGIN ROLE {"org"|"party":..}
	sql "SELECT api.user_add('test', '{\"login\":\"$1\",\"name\":\"N $1\",\"role\":\"$2\"}'::jsonb || '$3', sha256('$1'))" >/dev/null &&
		sql "SELECT api.invite_use(sha256('$1'), '$hash')" >/dev/null || bail "no account $1"
}
firm=$(sql "INSERT INTO core.party (name, credit_code) VALUES ('清源水箱清洗公司', '91350100M000100Y43') RETURNING id")
sql "INSERT INTO core.party_filing (party_id, number, valid_from) VALUES ($firm, '沪水清〔2026〕1号', '2026-01-01')"
person ins inspector "{\"party\":$firm,\"office\":\"310107000000\"}"
"$qrsvc" user assign --party "$firm" --org 310107005000 --who test >/dev/null || bail 'no assignment'
manager=$(sql "SELECT id FROM core.party WHERE name LIKE '嘉禾物业%'")
person mgr manager "{\"party\":$manager,\"office\":\"310107000000\"}"
person off office '{"org":"310107005000"}'
person aud auditor '{"org":"310000000000"}'
sql "UPDATE core.credential SET totp = convert_to('$secret', 'UTF8') WHERE account_id IN
	(SELECT id FROM core.account WHERE role IN ('office', 'auditor'))"
code() { sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id
	WHERE i.kind = 'facility' AND i.key = '$1'"; }

for slot in before during after; do
	for n in 1 2 3 4; do
		"$demophoto" --slot $slot --seed $n --date "$(date +%F)" --taken "$(TZ=Asia/Shanghai date -d '-90 min' +%FT%T)" \
			--width 1600 --height 1200 --gps 31.2,121.4 --dirty -o "$T/$slot$n.jpg" || bail 'no photos'
	done
done
cat >"$T/given.json" <<JSON
{"password": "$password", "secret": "$secret", "facilities": ["$(code T1)", "$(code T2)"], "firm": "$firm",
"labels": ["$(sql "SELECT api.label_issue('test', '310107005000', 1)")"]}
JSON
node tests/browser/staff.js "$URL" "$T"
