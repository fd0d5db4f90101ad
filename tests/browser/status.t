#!/bin/bash
# /staff/status in a real browser, while all is well and while there is trouble: axe, sizes, overflow,
# checkers of HTML, and what it says to whom.
# timeout: 240
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
clock=2026-11-22T10:00:00+08:00
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
sql "UPDATE core.site SET clock = '$clock'" >/dev/null
qrsvc=$(program qrsvc)
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
account admin adm 310107000000
account inspector ins 310107005000
as ins
ins=${staff_cookie#*=}
as adm
# nothing is taken behind the test's back
sql "REVOKE EXECUTE ON FUNCTION api.job_take(text, int) FROM qr_slow; UPDATE core.job SET due = now() + interval '1 day'" >/dev/null
sql "INSERT INTO core.chain_head (id, at, audit_seq, links, links_hash, text) VALUES (1, core.now() - interval '20 minutes', 0, 0, sha256(''), 'x')" >/dev/null || bail 'no head'
sql "INSERT INTO core.chain_signature (head_id, key, signature) SELECT 1, sha256(''), sha256('') || sha256('')" >/dev/null || bail 'not signed'
start_daemon server.workers=1 limits.staff=0 "server.clock=$clock"
look() { node tests/browser/status.js "$URL" "$T" "${staff_cookie#*=}" "$ins" "$1" >"$T/$1" 2>&1; }
ok 'while all is well' look well || diag "$(grep -v '^ok' "$T/well")"
sql "UPDATE core.document SET next_change = '2026-11-22' WHERE ctid IN (SELECT ctid FROM core.document WHERE kind = 'facility' LIMIT 3);
	UPDATE core.job SET last_error = 'after_the_test' WHERE kind = 'snapshot';
	INSERT INTO core.job (kind, due) VALUES ('notice', now() - interval '250 minutes');
	INSERT INTO core.hook (office_id, kind, target, lang, made_at, made_by) SELECT a.org_id, 'webhook', 'https://a.example/x', 'zh-CN', core.now(), a.id
		FROM core.account a WHERE a.login = 'adm';
	INSERT INTO core.outbox (hook_id, body, state, made_at) SELECT h.id, '{}', s, now() - interval '190 minutes'
		FROM core.hook h, unnest(ARRAY['waiting', 'waiting', 'dead']) s" >/dev/null || bail 'no trouble'
ok 'while there is trouble' look trouble || diag "$(grep -v '^ok' "$T/trouble")"
done_testing
