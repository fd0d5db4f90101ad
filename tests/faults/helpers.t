#!/bin/sh
# The processes that work for the workers, killed: hasher and photod come back, each worker gets
# its socket to the next one, nobody else notices.
. tests/lib.sh
. tests/http/staff.sh

child() { pgrep -P "$DAEMON" -f -- "$1"; }
child_is_not() { [ -n "$(child "$1")" ] && [ "$(child "$1")" != "$2" ]; }

cluster_start
program qrsvc-photod >/dev/null # where the daemon looks for it: beside itself
start_daemon limits.staff=0 staff.hash_mem=19M
invite lili --name 李 --role inspector --org 310107005000
jar lili
is "$(log_in lili)" 303 'a login'

# --- kill -9 between two logins ---
hasher=$(child --hasher)
ok 'there is one hasher' test "$(child --hasher | wc -l)" -eq 1
kill -9 "$hasher"
ok 'it is started again' wait_for 10 child_is_not --hasher "$hasher"
is "$(log_in lili)" 303 'and the next login is answered'
like "$(cat "$T/qrsvc.log")" 'master.exited what=hasher .*signal=9' 'the log tells'

# --- kill -9 with passwords in hand ---
# Stopped first: what is sent now waits in the sockets and is lost with the process.
hasher=$(child --hasher)
kill -STOP "$hasher"
get /staff/login >/dev/null
form=$(csrf)
for i in 1 2; do
	curl -sS -m 20 -o "$T/body.$i" -w '%{http_code} %{time_total}\n' -H "Cookie: $(cookies)" \
		-d "login=lili&csrf=$form&next=" --data-urlencode "password=$password" \
		"$URL/staff/login" >"$T/code.$i" &
	eval "c$i=$!"
done
sleep 0.5
kill -9 "$hasher"
# shellcheck disable=SC2154 # set by eval
wait "$c1" "$c2"
for i in 1 2; do
	is "$(cut -d' ' -f1 "$T/code.$i")" 503 "login $i is told to come again"
	ok 'within a second or two, in words' awk '{ exit $2 > 4 }' "$T/code.$i"
	ok 'with the form' grep -q 'name="login" value="lili"' "$T/body.$i"
done
wait_for 10 child_is_not --hasher "$hasher"
sql 'DELETE FROM core.attempt'
is "$(log_in lili)" 303 'and then gets in'

# --- a worker that was started again has its sockets, too ---
for w in $(child --worker); do kill -9 "$w"; done
wait_for 10 curl -fsS "$ADMIN/readyz"
is "$(log_in lili)" 303 'new workers speak to the old hasher'

# --- photod ---
photod=$(child qrsvc-photod)
ok 'there is one photod' test -n "$photod"
kill -9 "$photod"
ok 'it is started again' wait_for 10 child_is_not qrsvc-photod "$photod"
is "$(get /staff/account)" 200 'and pages were answered all along'

# --- reload: the new generation has helpers of its own, the old ones end ---
hasher=$(child --hasher)
photod=$(child qrsvc-photod)
kill -HUP "$DAEMON"
gone() { ! kill -0 "$1" 2>/dev/null; }
ok 'after a reload there is a new hasher' wait_for 30 child_is_not --hasher "$hasher"
ok 'the old one ends' wait_for 30 gone "$hasher"
ok 'and so does the old photod' wait_for 30 gone "$photod"
is "$(log_in lili)" 303 'and a login is answered'
helpers="$(child --hasher) $(child qrsvc-photod)"
end "$DAEMON"
for h in $helpers; do ok 'none is left behind' gone "$h"; done
done_testing
