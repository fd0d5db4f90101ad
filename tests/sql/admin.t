#!/bin/bash
# Administration under concurrency, each call a transaction of its own: parts of one kind put by many
# hands are all there; of those who change the same state of a row one gets through, the others are
# told; seeds applied again by the program leave it alone.
# timeout: 120
. tests/lib.sh
. tests/staff.sh
cluster_start
account admin top 310000000000
sql "UPDATE core.session SET token = sha256('top')"
put() { # WHAT KEY BODY
	sql_as qr_slow "SELECT api.staff_admin_put(sha256('top'), '$1', '$2', '$3')"
}
put kind new '{"code":["fountain"],"name-zh":["a"],"name-en":["a"],"question-zh":["a"],"question-en":["a"]}' >/dev/null ||
	bail 'no kind'
pids=
for what in slot field param; do
	for i in 1 2 3 4 5 6; do
		more=
		[ "$what" = slot ] || more=',"type":["text"]'
		put $what new "{\"parent\":[\"fountain\"],\"code\":[\"c$i\"],\"name-zh\":[\"$i\"],\"name-en\":[\"$i\"]$more}" >"$T/$what$i" 2>&1 &
		pids="$pids $!"
	done
done
for p in $pids; do wait "$p"; done
is "$(sql "SELECT string_agg(n::text, ' ') FROM core.kind, LATERAL (SELECT count(*) AS n
	FROM (VALUES ('slots'), ('fields'), ('params')) AS p (part), json_object_keys(data -> part) GROUP BY part) q
	WHERE code = 'fountain'")" '6 6 6' 'parts of one kind by eighteen hands'

pids=
for i in 1 2 3 4 5 6; do
	put item new "{\"code\":[\"i$i\"],\"name-zh\":[\"$i\"],\"name-en\":[\"$i\"]}" >"$T/item$i" 2>&1 &
	pids="$pids $!"
	put word new "{\"code\":[\"w$i\"],\"name-zh\":[\"$i\"],\"name-en\":[\"$i\"],\"sense\":[\"other\"]}" >"$T/word$i" 2>&1 &
	pids="$pids $!"
	put slot new "{\"parent\":[\"fountain\"],\"code\":[\"d$i\"],\"name-zh\":[\"$i\"],\"name-en\":[\"$i\"]}" >"$T/more$i" 2>&1 &
	pids="$pids $!"
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/item? "$T"/word? "$T"/more? | grep -c '"key"')" 18 'items, words and kinds at once: nobody waits for ever'

rev=$(sql_as qr_rw "SELECT api.staff_admin_form(sha256('top'), 'kind', 'fountain', NULL)::json ->> 'rev'")
pids=
for i in 1 2 3 4 5 6 7 8; do
	put kind fountain "{\"rev\":[\"$rev\"],\"name-zh\":[\"n$i\"]}" >"$T/k$i" 2>&1 &
	pids="$pids $!"
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/k? | grep -c '"key":"fountain"')" 1 'of eight who saw the same one gets through'
is "$(cat "$T"/k? | grep -c 'changed meanwhile')" 7 'seven are told'
is "$(sql "SELECT count(*) FROM core.admin_change WHERE section = 'kind'")" 2 'one change is kept'
is "$(sql "SELECT count(*) FROM core.audit WHERE what LIKE 'admin.%'")" "$(sql 'SELECT count(*) FROM core.admin_change')" \
	'each with its line in the audit'
is "$(sql 'SELECT count(*) FROM api.verify_audit(0, 10000) v WHERE v.problem IS NOT NULL')" 0 'whose chain holds'

rev=$(sql_as qr_rw "SELECT api.staff_admin_form(sha256('top'), 'rule', 'sh-clean', NULL)::json ->> 'rev'")
put rule sh-clean "{\"rev\":[\"$rev\"],\"months\":[\"5\"],\"from\":[\"2099-01-01\"]}" >/dev/null || bail 'no change of a rule'
before=$(sql "SELECT md5(string_agg(r::text, ';' ORDER BY r.id)) FROM core.rule r")
QRSVC_DATABASE_DSN=$DSN "$(program qrsvc)" migrate --seed >"$T/seed" 2>&1
is $? 0 'seeds are applied again' || diag "$(cat "$T/seed")"
is "$(sql "SELECT md5(string_agg(r::text, ';' ORDER BY r.id)) FROM core.rule r")" "$before" 'and leave the rules alone'
is "$(sql "SELECT data -> 'name' ->> 'en' FROM core.kind WHERE code = 'fountain'")" a 'and the kind'
nok 'no other role may write' sql_as qr_rw "SELECT api.staff_admin_put(sha256('top'), 'kind', 'new', '{}')" 2>/dev/null
done_testing
