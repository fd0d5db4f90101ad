#!/bin/bash
# The jobs process: takes what is due, goes on where another one was killed, ends with the service.
. tests/lib.sh
. tests/faults/lib.sh

cluster_start
start_daemon
jobs() { pgrep -P "$DAEMON" -f -- --jobs; }
# a row of core.job: its state in words
job() {
	sql "SELECT CASE WHEN done_at IS NOT NULL THEN 'done' WHEN last_error IS NOT NULL THEN
		'failed ' || last_error WHEN lease_until > now() THEN 'leased' ELSE 'waiting' END
		FROM core.job WHERE id = $1"
}
job_is() { [ "$(job "$1")" = "$2" ]; }

is "$(jobs | wc -l)" 1 'one jobs process'
daily() { [ "$(sql "SELECT count(*) FROM core.job WHERE kind IN ('publish_due', 'sweep')
	AND due > now() AND lease_until IS NULL AND done_at IS NULL")" = 2 ]; }
wait_for 10 daily
ok 'what comes every day was done and is due again' daily

id=$(sql "SELECT api.job_rebuild_all()")
is "$(sql "SELECT api.job_rebuild_all()")" "$id" 'the same job is not added twice'
wait_for 15 job_is "$id" "done"
is "$(job "$id")" "done" 'a rebuild runs to its end'
is "$(sql "SELECT args ->> 'step' FROM core.job WHERE id = $id")" end 'through all its steps'

id=$(sql "INSERT INTO core.job (kind) VALUES ('of a later version') RETURNING id")
wait_for 15 job_is "$id" 'failed invalid'
is "$(job "$id")" 'failed invalid' 'a kind it does not know is put back'
ok 'for later' [ "$(sql "SELECT due > now() FROM core.job WHERE id = $id")" = t ]
sql "DELETE FROM core.job WHERE id = $id"

# a lease of somebody who died
id=$(sql "INSERT INTO core.job (kind, args, lease_until, leased_by, attempts) VALUES ('rebuild',
	'{\"org\": null, \"step\": \"facilities\", \"after\": \"0\"}', now() + interval '3 seconds',
	'elsewhere/1', 1) RETURNING id")
sleep 1
is "$(job "$id")" leased 'a job somebody else has leased is left alone'
wait_for 15 job_is "$id" "done"
is "$(job "$id")" "done" 'until the lease runs out: then it goes on where it was'
is "$(sql "SELECT args ->> 'looked_at' FROM core.job WHERE id = $id")" 2 \
	'not from the beginning'

victim=$(jobs)
kill -9 "$victim"
wait_for 5 sh -c "! kill -0 $victim 2>/dev/null"
sleep 1
is "$(jobs | wc -l)" 1 'a jobs process that is killed is started again'
id=$(sql "SELECT api.job_rebuild_all()")
wait_for 15 job_is "$id" "done"
is "$(job "$id")" "done" 'and works'

db_stop
sleep 1
db_start
id=$(sql "SELECT api.job_rebuild_all()")
wait_for 20 job_is "$id" "done"
is "$(job "$id")" "done" 'it outlives a restart of the database'

kill -TERM "$DAEMON"
wait "$DAEMON"
is $? 0 'SIGTERM: exit status 0'
is "$(pgrep -f "qrsvc-jobs.*--jobs.*$T" | wc -l)" 0 'and the jobs process has ended'
done_testing
