#!/bin/bash
# Webhooks and mail: signed, once, again under the same key after every kind of failure, also when the
# sender is killed between the answer and its note; dead letters; no way to inner addresses.
# timeout: 240
. tests/lib.sh
. tests/staff.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
for p in qrsvc-jobs qrsvc-photod; do program $p >/dev/null; done
python3 tests/faults/outbox.py "$T" >"$T/receiver.log" 2>&1 &
lib_pids="$lib_pids $!"
wait_for 10 test -f "$T/ports" || bail 'no receiver'
read -r HOOKS MAILS <"$T/ports"

# --- eight offices, each with a tank that is overdue and a way to be told --------------------------------
account admin adm 310107000000
offices=(310107005000 310107014000 310107015000 310107016000 310107017000 310107020000 310107021000 310107022000 310107102000 310107103000)
{
	echo key,kind,org,name,place_key,place,since
	for i in "${!offices[@]}"; do echo "T$i,roof_tank,${offices[$i]},${i}号水箱,P$i,杏泽苑$i,2024-01-01"; done
} >"$T/f.csv"
"$qrsvc" import facilities "$T/f.csv" >/dev/null || bail 'no facilities'
session="sha256(sha256('adm'))"
# hook NUMBER KIND TARGET: its id and secret into $T/hook.NUMBER
hook() {
	sql "SELECT concat_ws(' ', x ->> 'id', x ->> 'secret') FROM (SELECT api.staff_hook_add($session, jsonb_build_object(
		'org', '${offices[$1]}', 'kind', '$2', 'target', '$3'))::json AS x) q" >"$T/hook.$1" || bail "no hook $3"
}
number() { cut -d' ' -f1 "$T/hook.$1"; }
remind() { sql "SELECT api.staff_remind($session, ARRAY['$(code "T$1")'])::json ->> 'reminded'"; }
# of the messages of a hook: "sent 1", "waiting 2 status"
state() { sql "SELECT concat_ws(' ', state, attempts, why) FROM core.outbox WHERE hook_id = $(number "$1")"; }
# whatever waits is due now
push() { sql "UPDATE core.outbox SET due = now() WHERE state = 'waiting' AND lease_until IS NULL;
	UPDATE core.job SET due = now() WHERE kind = 'outbox' AND lease_until IS NULL"; }
state_is() { push && [ "$(state "$1")" = "$2" ]; }
said() { python3 tests/faults/outbox_said.py hook "$T/hooks" "$1" "$(cut -d' ' -f2 "$T/hook.$2")"; }
# what comes by itself would stand in the same messages
sql "UPDATE core.job SET due = now() + interval '1 day' WHERE kind = 'remind'"
url=http://127.0.0.1:$HOOKS
hook 0 webhook "$url/ok"
hook 1 webhook "$url/flaky/1"
hook 2 webhook "$url/fail"
hook 3 webhook "$url/away"
hook 4 webhook "$url/gone"
hook 5 webhook "$url/slow"
hook 6 webhook "$url/big"
hook 7 mail office@example.org
hook 8 mail nobody@example.org
hook 9 mail later@example.org
is "$(sql "SELECT count(*) FROM core.hook_secret")" 7 'each webhook has a secret of its own'
conf=(outbox.allow_private=on "outbox.smtp=smtp://127.0.0.1:$MAILS" outbox.smtp_tls=off outbox.mail_from=qr@example.gov.cn
	outbox.timeout_ms=1500 outbox.tries=3)
for i in 0 1 2 3 4 5 6 7 8 9; do [ "$(remind $i)" = 1 ] || bail "nothing to remind of in $i"; done
start_daemon "${conf[@]}"

# --- webhooks -----------------------------------------------------------------------------------------
ok 'a message is sent' wait_for 30 state_is 0 'sent 1'
is "$(said /ok 0)" '1 1 signed' 'once, signed over its time and body, with its number as key'
like "$(grep '"path": "/ok"' "$T/hooks")" "$(code T0)" 'it says what is due'
ok 'an answer without end is left, and has come all the same' wait_for 30 state_is 6 'sent 1'
ok 'what is gone is not asked again' wait_for 30 state_is 4 'dead 1 status'
ok 'who refuses for good likewise' wait_for 30 state_is 8 'dead 1 status'
away() { push; case $(state 3) in 'dead 3 status') ;; *) false ;; esac; }
ok 'a redirect is a failure' wait_for 60 away
is "$(grep -c '"path": "/trap"' "$T/hooks")" 0 'and is not followed'
slow() { push; case $(state 5) in *timeout) ;; *) false ;; esac; }
ok 'who never answers is left after its time' wait_for 60 slow
ok 'who was away for a while' wait_for 60 state_is 1 'sent 2'
is "$(said /flaky/1 1)" '2 1 signed' 'gets the same again under the same key'
ok 'after three tries it is a dead letter' wait_for 60 state_is 2 'dead 3 status'
is "$(said /fail 2)" '3 1 signed' 'three times under one key'
touch "$T/mended"
push
is "$(state 2)" 'dead 3 status' 'which stays one by itself'
is "$(sql "SELECT api.staff_outbox_again($session, ARRAY(SELECT id FROM core.outbox WHERE hook_id = $(number 2)))")" '{"again":1}' \
	'until somebody sends it again'
ok 'then it comes' wait_for 30 state_is 2 'sent 1'
is "$(said /fail 2)" '4 1 signed' 'under the same key still'

# --- back-off ---------------------------------------------------------------------------------------------
wait_idle() { [ "$(sql "SELECT count(*) FROM core.outbox WHERE state = 'waiting' AND lease_until IS NOT NULL")" = 0 ]; }
wait_for 20 wait_idle
sql "WITH x AS (INSERT INTO core.outbox (hook_id, body, attempts, leased_by, lease_until) SELECT $(number 0), '{}', n, 'me',
	now() + interval '1 minute' FROM generate_series(1, 9) n RETURNING id)
	SELECT count(*) FROM x, LATERAL api.outbox_note(x.id, 'me', false, 500, 'status', 0, false, 99)" >/dev/null
sql "SELECT count(*) FROM core.outbox o, LATERAL api.outbox_note(o.id, 'me', false, 500, 'status', 0, false, 99)
	WHERE o.body = '{}'" >/dev/null
is "$(sql "SELECT bool_and(due - now() BETWEEN interval '22 seconds' * power(2, attempts - 1) AND interval '38 seconds' * power(2, attempts - 1))
	FROM core.outbox WHERE body = '{}'")" t 'each try waits twice as long, a quarter more or less'
is "$(sql "SELECT count(DISTINCT extract(epoch FROM due - made_at) / power(2, attempts - 1)) > 5 FROM core.outbox WHERE body = '{}'")" t \
	'not all of them at once'
sql "UPDATE core.outbox SET state = 'dead' WHERE body = '{}'"
one=$(sql "INSERT INTO core.outbox (hook_id, body, attempts, leased_by, lease_until) VALUES ($(number 0), '{ }', 1, 'me', now() + interval '1 minute')
	RETURNING id")
is "$(sql "SELECT api.outbox_note('$one', 'other', false, 500, 'status', 0, false, 99) IS NULL")" t 'a failure counts from who holds the lease'
sql "SELECT api.outbox_note('$one', 'me', false, 503, 'status', 7000, false, 99)" >/dev/null
is "$(sql "SELECT due > now() + interval '6900 seconds' FROM core.outbox WHERE id = '$one'")" t 'not before the receiver wants it'
is "$(sql "SELECT api.outbox_note('$one', 'other', true, 200, NULL, 0, false, 99)")" sent 'success counts from whoever says so'

# --- mail -------------------------------------------------------------------------------------------------
ok 'a letter is sent' wait_for 30 state_is 7 'sent 1'
letter=$(python3 tests/faults/outbox_said.py mail "$T/mails" office@example.org)
like "$letter" "^qr@example.gov.cn office@example.org <$(sql "SELECT id FROM core.outbox WHERE hook_id = $(number 7)")@qr.example.gov.cn> auto-generated 真如镇街道：1条到期提醒$" \
	'with its number, to whom, in words'
like "$letter" '已逾期[0-9]+天  杏泽苑7 7号水箱  ' 'and what is overdue'
ok 'who says come back is asked again' wait_for 40 state_is 9 'sent 2'

# --- killed between the answer and the note -------------------------------------------------------------------
sql "SELECT api.staff_hook_end($session, $(number 0))" >/dev/null
hook 0 webhook "$url/kill"
jobs_process() { pgrep -P "$DAEMON" -f -- --jobs; }
jobs_process >"$T/victim"
victim=$(cat "$T/victim")
sql "DELETE FROM core.outbox WHERE hook_id = $(number 0)"
sql "WITH m AS (INSERT INTO core.reminder (facility_id, type, due, step, on_day, at) SELECT id, 'clean', '2024-07-01', 1, '2024-07-02', now()
	FROM core.facility WHERE code = '$(code T0)' RETURNING id)
	INSERT INTO core.reminder_to (reminder_id, org_id, queued) SELECT m.id, o.id, false FROM m, core.org o WHERE o.code = '${offices[0]}'"
push
gone() { ! kill -0 "$victim" 2>/dev/null; }
ok 'the sender is killed when the receiver has answered' wait_for 90 gone
like "$(state 0)" '^waiting 1' 'nobody has noted it'
again() {
	sql "UPDATE core.outbox SET lease_until = now() - interval '1 second' WHERE hook_id = $(number 0) AND lease_until > now() AND
		leased_by LIKE '%/$victim'; UPDATE core.job SET lease_until = now() - interval '1 second' WHERE leased_by LIKE '%/$victim'"
	state_is 0 'sent 2'
}
ok 'the next one sends it when the lease has run out' wait_for 60 again
is "$(said /kill 0)" '2 1 signed' 'under the same key, so that the receiver drops it'
push
sleep 1
is "$(said /kill 0)" '2 1 signed' 'and never again after that'

# --- two hosts ----------------------------------------------------------------------------------------------
first=$DAEMON
sql "SELECT api.staff_hook_end($session, $(number 0))" >/dev/null
hook 0 webhook "$url/ok?many"
sql "INSERT INTO core.outbox (hook_id, body) SELECT $(number 0), jsonb_build_object('id', n) FROM generate_series(1, 40) n"
start_daemon "${conf[@]}"
sql "INSERT INTO core.job (kind) VALUES ('outbox')"
all_sent() { push; [ "$(sql "SELECT count(*) FROM core.outbox WHERE hook_id = $(number 0) AND state = 'sent'")" = 40 ]; }
ok 'two hosts send what waits' wait_for 60 all_sent
is "$(grep -c '"path": "/ok?many"' "$T/hooks")" 40 'each message once'
is "$(sql "SELECT count(*) FROM core.outbox WHERE state = 'sent' AND attempts <> 1 AND hook_id = $(number 0)")" 0 'by one of them'
end "$first" "$DAEMON"

# --- not inside -------------------------------------------------------------------------------------------------
lines=$(wc -l <"$T/hooks")
for i in 1 2 3 4; do sql "SELECT api.staff_hook_end($session, $(number $i))" >/dev/null; done
hook 1 webhook "https://127.0.0.1:$HOOKS/inner"
hook 2 webhook "https://localhost:$HOOKS/inner"
hook 3 webhook "$url/inner"
hook 4 webhook "https://[::1]:$HOOKS/inner"
for i in 1 2 3 4; do sql "INSERT INTO core.outbox (hook_id, body) VALUES ($(number $i), '{}')"; done
start_daemon outbox.tries=3
ok 'no webhook to a loopback address' wait_for 40 state_is 1 'dead 1 address'
ok 'nor to a name of it' wait_for 20 state_is 2 'dead 1 address'
ok 'nor without TLS' wait_for 20 state_is 3 'dead 1 https'
# where there is no IPv6 the address cannot even be had
inner() { push; case $(state 4) in 'dead 1 address' | 'waiting '*' '* | 'dead 3 '*) ;; *) false ;; esac; }
ok 'nor by IPv6' wait_for 20 inner
is "$(wc -l <"$T/hooks")" "$lines" 'nothing reached it'
nok 'no secret is in the log' grep -q -e "$(cut -d' ' -f2 "$T/hook.0")" -e 'office@example' "$T/qrsvc.log"
for bad in "http://u:p@example.org/" "ftp://example.org/" "https://example.org/#x" "https://exa mple.org/" "javascript:1" "https://"; do
	is "$(sql "SELECT core.hook_target_ok('webhook', '$bad')")" f "no webhook to $bad"
done
is "$(sql "SELECT core.hook_target_ok('mail', 'a@b.org' || chr(10) || 'Bcc: x@y.org')")" f 'no line break in an address'
end "$DAEMON"
echo planted-password-77 >"$T/password"
chmod 600 "$T/password"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/password"
start_daemon outbox.tries=3 outbox.smtp=smtp://127.0.0.1:1 outbox.smtp_user=office outbox.smtp_password="$T/password" \
	outbox.mail_from=qr@example.gov.cn
# what anybody, or anybody of the same account, can read of a running program
wait_for 10 pgrep -P "$DAEMON" -x qrsvc-jobs
for p in "$DAEMON" $(pgrep -P "$DAEMON"); do tr '\0' '\n' <"/proc/$p/cmdline" && tr '\0' '\n' <"/proc/$p/environ"; done >"$T/told"
ok 'arguments and environments of all processes are read' [ "$(grep -c 'qrsvc' "$T/told")" -ge 4 ]
nok 'no secret is in them' grep -q -e planted-password-77 -e "$(cut -d' ' -f2 "$T/hook.0")" "$T/told"
nok 'nor in the log' grep -q -e planted-password-77 "$T/qrsvc.log"
kill -TERM "$DAEMON"
wait "$DAEMON"
is $? 0 'SIGTERM: exit status 0'
done_testing
