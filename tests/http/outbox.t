#!/bin/bash
# /staff/outbox: administrators say where reminders go besides inboxes; the secret is shown once; what did
# not arrive stands there until it is sent again; nothing of other offices.
# timeout: 60
. tests/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
for p in qrsvc-jobs qrsvc-photod; do program $p >/dev/null; done
account admin adm 310107000000
account admin far 310110000000
account office off 310107005000
start_daemon
hooks() { sql 'SELECT count(*) FROM core.hook WHERE ended_at IS NULL'; }

as off
is "$(page /staff/outbox)" 403 'not for an office'
as adm
is "$(page /staff/outbox)" 200 'for an administrator'
stale adm
is "$(post /staff/outbox do=add org=310107005000 kind=webhook target=https://hook.example.org/x)" 428 'a webhook needs the password again'
fresh adm
is "$(hooks)" 0 'nothing was made'
for bad in '' http//x https://u@example.org/ 'https://example.org/a b' ftp://example.org; do
	is "$(post /staff/outbox do=add org=310107005000 kind=webhook "target=$bad")" 422 "no webhook to '$bad'"
done
ok 'what was typed is there again' grep -q 'value="ftp://example.org"' "$T/body"
is "$(post /staff/outbox do=add org=310110000000 kind=mail target=a@example.org)" 422 'none for an office outside'
is "$(post /staff/outbox do=add org=310107005000 kind=mail target=a@example.org party=999)" 422 'none for a firm nobody knows'
is "$(post /staff/outbox do=add org=310107005000 kind=webhook target=https://127.0.0.1:9/x)" 200 'a webhook'
secret=$(grep -oE '[0-9a-f]{64}' "$T/body" | head -n 1)
is "$(sql 'SELECT encode(secret, $$hex$$) FROM core.hook_secret')" "$secret" 'its secret is shown'
page /staff/outbox >/dev/null
nok 'once' grep -q "$secret" "$T/body"
is "$(post /staff/outbox do=add org=310107005000 kind=webhook target=https://127.0.0.1:9/x)" 422 'not the same twice'
is "$(post /staff/outbox do=add org=310107005000 kind=mail target=a@example.org)" 303 'an address of mail'
is "$(hooks)" 2 'two of them'

# --- what did not arrive -----------------------------------------------------------------------------
hook=$(sql "SELECT id FROM core.hook WHERE kind = 'webhook'")
sql "INSERT INTO core.outbox (hook_id, body) VALUES ($hook, '{}')"
sql "UPDATE core.job SET due = now() WHERE kind = 'outbox' AND lease_until IS NULL"
dead() { [ "$(sql "SELECT count(*) FROM core.outbox WHERE state = 'dead'")" = "$1" ]; }
ok 'to an inner address nothing is sent' wait_for 20 dead 1
page '/staff/outbox?lang=en' >/dev/null
like "$(text)" 'Not arrived \(1\).*https://127.0.0.1:9/x tried 1 time the address lies inside' 'the page says why'
id=$(sql 'SELECT id FROM core.outbox')
as far
page /staff/outbox >/dev/null
nok 'others do not see it' grep -q -e 127.0.0.1:9 -e "$id" "$T/body"
is "$(post /staff/outbox do=again "id[]=$id")" 303 'and cannot send it'
like "$(field Location)" 'again=0$' 'again'
is "$(post /staff/outbox do=end "hook=$hook")" 404 'nor end it'
as adm
is "$(post /staff/outbox do=again "id[]=$id" "id[]=x")" 303 'who may sends it again'
like "$(field Location)" 'again=1$' 'which the page says'
page "$(field Location)" >/dev/null
like "$(text)" '1条将再发一次' 'in words'
ok 'and it is tried' wait_for 20 dead 1
is "$(post /staff/outbox do=end "hook=$hook")" 303 'a webhook is ended'
is "$(post /staff/outbox do=again "id[]=$id")" 303 'what waited for it'
like "$(field Location)" 'again=0$' 'is not sent any more'
is "$(post /staff/outbox do=end "hook=$hook")" 404 'once'
is "$(sql "SELECT string_agg(what, ' ' ORDER BY seq) FROM core.audit WHERE what LIKE 'hook.%' OR what LIKE 'outbox.%'")" \
	'hook.add hook.add outbox.again hook.end' 'all of it is in the audit'
nok 'but the secret' sh -c "deploy/pg psql '$CLUSTER' -qAtc 'SELECT detail FROM core.audit' | grep -q $secret"
done_testing
