#!/bin/bash
# Who looked at a sticker is stored nowhere: after 1,000 looks by planted addresses, agents, referrers and
# cookies, none of these is in the database's files (with WAL: what backups are made of), in a dump, in the
# logs, in the service's folders (security.md 41, 42).  timeout: 400
# sanitizers: no, about what is written, not about how
. tests/lib.sh
. tests/faults/lib.sh
cluster_start
documents
sql 'DELETE FROM core.scan_day'
start_daemon server.workers=2 limits.page=0 server.trusted_proxy=127.0.0.1

looks() { # ADDRESS NUMBER
	curl -sS -o /dev/null -A 'PlantedAgent/7.7 (phone)' -e 'https://planted-referrer.example/x' -b 'planted=cookie-7' \
		-H "X-Forwarded-For: $1" -H 'Accept-Language: en' "$URL/$LABEL?n=[1-$2]"
}
looks 198.51.100.77 500
looks 2001:db8:77:8899::99 500
# what goes wrong is logged with more: it too
curl -sS -o /dev/null -A 'PlantedAgent/7.7' -H 'X-Forwarded-For: 198.51.100.77' "$URL/nothing-of-ours?q=planted-query"
counted() { [ "$(sql "SELECT coalesce(sum(count), 0) FROM core.scan_day WHERE code = '$LABEL'")" = 1000 ]; }
ok 'a thousand looks are counted' wait_for 20 counted
is "$(sql 'SELECT count(*) FROM core.scan_day')" 1 'as counts of a day, in one row'
is "$(sql "SELECT string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns
	WHERE table_schema = 'core' AND table_name = 'scan_day'")" 'day code count' 'which has room for nothing else'
wait_for 5 grep -q 'client=198.51.100.0' "$T/qrsvc.log"
ok 'a refusal names its neighbourhood' grep -q 'client=198.51.100.0' "$T/qrsvc.log"
kill -TERM "$DAEMON"
wait "$DAEMON"
sql CHECKPOINT
lib_port=5432
pg_dump -h "$(readlink "$CLUSTER/socket")" -p $lib_port -U postgres qrsvc >"$T/dump.sql" 2>"$T/dump.err" || bail "$(cat "$T/dump.err")"
ok 'the dump has the counts' grep -q "^$LABEL	" "$T/dump.sql"

# nowhere WORD...: files under the places below that hold one of the words
nowhere() {
	for word; do
		grep -rlF -a -e "$word" "$CLUSTER/data" "$CLUSTER/log" "$T/dump.sql" "$T/qrsvc.log" "$T/state" 2>/dev/null |
			sed "s|^$T/||; s|^|$word in |"
	done
}
is "$(nowhere 198.51.100.77 2001:db8:77:8899::99 2001:db8:77:8899)" '' 'no whole address'
is "$(nowhere PlantedAgent)" '' 'no agent'
is "$(nowhere planted-referrer cookie-7 planted-query)" '' 'no referrer, no cookie, no query'
ok 'a search that finds what is there' [ "$(nowhere "$LABEL" | wc -l)" -ge 3 ]
done_testing
