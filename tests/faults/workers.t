#!/bin/bash
# Workers that are killed, hang, are reloaded or drained: who loses what.
. tests/lib.sh
. tests/faults/lib.sh

number_of_workers() { [ "$(workers | wc -l)" -eq "$1" ]; }

cluster_start
documents
start_daemon server.workers=2 limits.page=0
wait_for 10 curl -fsS "$ADMIN/readyz" || bail 'never ready'
is "$(status /$LABEL)" 200 'a label page is served end to end'
like "$(cat "$T/body")" '<html lang="zh-CN"' 'in Chinese'
is "$(workers | wc -l)" 2 'two workers'

# --- kill -9 of a worker under load ---
load 4 8 "$URL/$LABEL" "$URL/$PLACE_LABEL" "$URL/$VOID"
sleep 1
victim=$(workers | head -n 1)
kill -9 "$victim"
loaded
ok 'requests were answered all along' [ "$(result ok)" -gt 200 ]
ok 'kill -9 loses at most the requests of that worker: one a connection' \
	[ $(($(result lost) + $(result reused))) -le 8 ]
is "$(result refused)" 0 'no connection was refused: the listening socket is shared'
is "$(workers | wc -l)" 2 'the worker was started again'
nok "the killed one is gone" alive "$victim"
is "$(metric qrsvc_respawns_total)" 1 'and counted'

# --- a worker that hangs: its connections hang, others do not, it is replaced ---
victim=$(workers | head -n 1)
kill -STOP "$victim"
for _ in 1 2 3 4 5 6 7 8; do
	timeout 2 curl -sS -o /dev/null "$URL/$LABEL" && echo answered
done >"$T/hang" 2>/dev/null
ok 'the other worker goes on answering' grep -q answered "$T/hang"
wait_for 25 grep -q 'master.worker_hangs' "$T/qrsvc.log"
ok 'a worker that gives no sign of life is killed' logged 'master.worker_hangs'
wait_for 5 sh -c "! kill -0 $victim"
wait_for 5 number_of_workers 2
is "$(workers | wc -l)" 2 'and replaced'

# --- SIGHUP under load ---
before=$(workers | sort | tr '\n' ' ')
load 5 8 "$URL/$LABEL" "$URL/$PLACE_LABEL" "$URL/f/YMEBNPSDW"
sleep 1
kill -HUP "$DAEMON"
loaded
is "$(result lost)" 0 'SIGHUP under load loses no request'
is "$(result refused)" 0 'and refuses no connection'
is "$(result ok)" "$(result status.200)" 'only 200'
ok 'the master is the same process' kill -0 "$DAEMON"
after=$(workers | sort | tr '\n' ' ')
ok "the workers are new ($before-> $after)" [ "$before" != "$after" ]
for p in $before; do nok "old worker $p has ended" alive "$p"; done
is "$(echo "$after" | wc -w)" 2 'as many as before'
ok 'ready again' curl -fsS -o /dev/null "$ADMIN/readyz"

# --- a reload that cannot work is refused, all goes on ---
cp "$T/qrsvc.conf" "$T/good.conf"
echo 'nonsense = 1' >>"$T/qrsvc.conf"
before=$after
kill -HUP "$DAEMON"
wait_for 10 grep -q 'master.reload_refused' "$T/qrsvc.log"
ok 'a bad configuration is refused at reload' logged 'master.reload_refused'
ok 'with its line' logged 'qrsvc.conf:[0-9]+: there is no key nonsense in'
is "$(workers | sort | tr '\n' ' ')" "$before" 'and the workers stay'
is "$(status /$LABEL)" 200 'and answer'
victim=$(workers | head -n 1)
kill -9 "$victim"
wait_for 5 sh -c "! kill -0 $victim"
wait_for 5 number_of_workers 2
is "$(workers | wc -l)" 2 'a worker that dies then still starts with the configuration of its master'
cp "$T/good.conf" "$T/qrsvc.conf"

# --- reload with a new setting: another number of workers ---
before=$(workers | tr '\n' ' ')
sed -i 's/^workers = .*/workers = 3/' "$T/qrsvc.conf"
kill -HUP "$DAEMON"
# three new ones, and the old ones gone: two old and one new would be three too
three_new() {
	for p in $before; do alive "$p" && return 1; done
	number_of_workers 3
}
wait_for 15 three_new
is "$(workers | wc -l)" 3 'a reload takes over a changed setting'

# --- SIGTERM: what is open is finished, then exit 0 ---
load 4 6 "$URL/$LABEL"
sleep 1
began=$(date +%s%N)
kill -TERM "$DAEMON"
while kill -0 "$DAEMON" 2>/dev/null && [ $((($(date +%s%N) - began) / 1000000)) -lt 12000 ]; do
	sleep 0.05
done
ms=$((($(date +%s%N) - began) / 1000000))
wait "$DAEMON"
is $? 0 'SIGTERM: exit status 0'
ok "within 10 s ($ms ms)" [ "$ms" -lt 10000 ]
loaded
is $(($(result lost) - $(result unheard))) 0 'a request that was taken is answered'
# between the last accept and the close of the socket the kernel may take one more connection; it
# resets it, and the client asks elsewhere.  Three threads make a new connection each time.
ok 'what came while the socket closed was refused, not half answered' [ "$(result unheard)" -le 3 ]
is "$(workers | wc -l)" 0 'no worker is left'
nok 'the port is free' curl -s -m 2 -o /dev/null "$URL/"
done_testing
