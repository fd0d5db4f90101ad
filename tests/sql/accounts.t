#!/bin/sh
# Accounts under concurrency, each call a transaction of its own: the audit's numbers have no gap,
# a code is taken once, guesses in parallel are counted; scopes end with their transaction; what an
# older database has in its audit is chained.
# timeout: 120
. tests/lib.sh
cluster_start
# shellcheck disable=SC2016 # no variables: the string of a hash
pw='$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IGhlcmUuLg$BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB'
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'"
user() { # LOGIN ROLE ORG
	sql_as qr_migrate "SELECT api.user_add('test', '{\"login\":\"$1\",\"name\":\"x\",\"role\":\"$2\",\"org\":\"$3\"}', sha256('i$1'));
		SELECT api.invite_use(sha256('i$1'), '$pw')" >/dev/null
}
login() { # LOGIN TOKEN [ADDRESS]: what logging in says
	psql -XqAt -v ON_ERROR_STOP=1 "$DSN user=qr_rw" <<SQL
SELECT api.auth_lookup('$1', sha256('${3:-a}'))::json ->> 'account' AS a \\gset
SELECT api.auth_login(:a, true, sha256('${3:-a}'), sha256('$2'), false, NULL, NULL)
SQL
}
user ins inspector 310107021000
user off office 310107014000
like "$(login ins s1)" full 'an inspector logs in as the daemon does'
like "$(login off s2)" setup 'an office has its second factor to set up'
sql_as qr_rw "SELECT api.staff_totp_begin(sha256('s2'))" >/dev/null
code() {
	sql "SELECT core.hotp(coalesce(totp_pending, totp), floor(extract(epoch FROM core.now()) / 30)::bigint, 6)
		FROM core.credential WHERE coalesce(totp_pending, totp) IS NOT NULL"
}
like "$(sql_as qr_rw "SELECT api.staff_totp_confirm(sha256('s2'), '$(code)', sha256('s3'))")" recovery 'set up'

# Acts of many at once: numbers without a gap, a chain that holds.
before=$(sql 'SELECT count(*) FROM core.audit')
pids=
w=1
while [ $w -le 8 ]; do
	(
		r=1
		while [ $r -le 10 ]; do
			printf '%s\n' "SELECT api.auth_lookup('ins', sha256('w$w'))::json ->> 'account' AS a \\gset" \
				"SELECT api.auth_login(nullif(:a, 0), true, sha256('w$w'), sha256('w$w-$r'), false, NULL, NULL);" \
				"SELECT api.auth_logout(sha256('w$w-$r'), false);" \
				'BEGIN;' "SELECT api.auth_lookup('nobody$w', sha256('n$w'));" \
				"SELECT api.auth_login(0, false, sha256('n$w'), sha256('x'), false, NULL, NULL);" 'ROLLBACK;'
			r=$((r + 1))
		done | psql -XqAt "$DSN user=qr_rw" >"$T/w$w.out" 2>"$T/w$w.err"
	) &
	pids="$pids $!"
	w=$((w + 1))
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/w*.err)" '' 'no call failed'
after=$(sql 'SELECT count(*) FROM core.audit')
ok 'the acts are in the audit' test "$after" -gt $((before + 80))
is "$(sql 'SELECT min(seq), max(seq) = count(*), count(DISTINCT seq) = count(*) FROM core.audit')" '1|t|t' \
	'numbers 1 to the last without a gap, rolled back ones given again'
is "$(sql 'SELECT count(*) FROM api.verify_audit(0, 10000) v WHERE v.problem IS NOT NULL')" 0 'the chain holds'
is "$(sql_as qr_auditor 'SELECT count(*) FROM api.verify_audit(0, 10000) v WHERE v.problem IS NOT NULL')" 0 \
	'as the verifier sees it'

# One code, eight hands: one session.
sql "UPDATE core.site SET clock = clock + '1 hour'; DELETE FROM core.attempt"
w=1
while [ $w -le 8 ]; do
	login off "t$w" "t$w" >/dev/null
	w=$((w + 1))
done
is "$(sql "SELECT count(*) FROM core.session WHERE state = 'totp' AND ended_at IS NULL")" 8 'eight sessions wait for a code'
c=$(code)
sql 'DELETE FROM core.attempt'
pids=
w=1
while [ $w -le 8 ]; do
	sql_as qr_rw "SELECT api.auth_totp(sha256('t$w'), '$c', sha256('u$w'), sha256('t$w'))" >"$T/t$w.out" 2>&1 &
	pids="$pids $!"
	w=$((w + 1))
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/t*.out | grep -c '"full"')" 1 'of eight with the same code one gets in'
is "$(cat "$T"/t*.out | grep -c '"failed"')" 7 'the others fail'

# Guesses in parallel: no more go through than one after another would.
sql 'DELETE FROM core.attempt'
pids=
w=1
while [ $w -le 12 ]; do
	sql_as qr_rw "SELECT api.auth_lookup('ins', sha256('g$w'))" >"$T/g$w.out" 2>&1 &
	pids="$pids $!"
	w=$((w + 1))
done
for p in $pids; do wait "$p"; done
is "$(cat "$T"/g*.out | grep -c '"hash"')" 3 'of twelve guesses at once three are heard'

# A scope ends with its transaction: the next one of the same connection starts from nothing.
psql -XqAt -v ON_ERROR_STOP=1 "$DSN user=qr_migrate" >/dev/null <<'SQL' || bail 'no facility'
BEGIN;
SELECT api.import_begin('facilities', 'acc', NULL, NULL) AS b \gset
INSERT INTO pg_temp.stage_facility (line, key, kind, org, place_name)
VALUES (1, 'one', 'roof_tank', '310107021000', 'x'), (2, 'two', 'roof_tank', '310107014000', 'y');
SELECT count(*) FROM api.import_facilities(:b, 'refuse', false);
COMMIT;
SQL
sql "DELETE FROM core.attempt"
login ins v1 >/dev/null
full=$(grep -l '"full"' "$T"/t*.out)
full=$(basename "$full" .out)
is "$(sql "BEGIN; SELECT auth.enter(sha256('v1'), 'view'); SET LOCAL ROLE qr_staff; SELECT count(*) FROM core.facility; COMMIT;
	SET ROLE qr_staff; SELECT count(*), current_setting('qr.account') FROM core.facility; RESET ROLE;
	BEGIN; SELECT auth.enter(sha256('u${full#t}'), 'view'); SET LOCAL ROLE qr_staff;
	SELECT count(*), min(p.name) FROM core.facility f JOIN core.place p ON p.id = f.place_id; COMMIT;
	SET ROLE qr_staff; SELECT count(*) FROM core.facility" | tr '\n' ' ')" ' 1 0|  1|y 0 ' \
	'rows inside the transaction of who asks, none after it'

# What a database of before has in its audit is chained by the migration.
deploy/pg stop "$CLUSTER" >/dev/null
CLUSTER=$T/old
lib_clusters="$lib_clusters $CLUSTER"
DSN=$(PG_FAST=1 deploy/pg start "$CLUSTER") || bail 'PostgreSQL does not start'
sql_file "$PWD/sql/roles.sql" || bail 'no roles'
old=
for f in sql/migrations/000[1-7]_*.sql; do old="$old -f $PWD/$f"; done
# shellcheck disable=SC2086 # a list of files without blanks
deploy/pg psql "$CLUSTER" -q -1 -v ON_ERROR_STOP=1 -c 'SET ROLE qr_owner' $old >/dev/null || bail 'no old schema'
sql "INSERT INTO core.audit (who, what, detail) SELECT 'old', 'import', json_build_object('i', i) FROM generate_series(1, 50) i"
sql "BEGIN; INSERT INTO core.audit (who, what) VALUES ('gap', 'gap'); ROLLBACK"
sql "INSERT INTO core.audit (who, what) VALUES ('last', 'import')"
sql 'DROP OWNED BY qr_staff; DROP ROLE qr_staff'
like "$(deploy/pg psql "$CLUSTER" -q -v ON_ERROR_STOP=1 -c 'SET ROLE qr_owner' -f "$PWD/sql/migrations/0008_accounts.sql" 2>&1)" \
	'run .qrsvc migrate --roles. first' 'without its role the migration says what to do'
sql_file "$PWD/sql/roles.sql" || bail 'no roles'
new=
for f in sql/migrations/000[89]_*.sql sql/migrations/00[1-9]*.sql sql/api/*.sql sql/seed/*.sql; do
	[ ! -f "$f" ] || new="$new -f $PWD/$f"
done
# shellcheck disable=SC2086
deploy/pg psql "$CLUSTER" -q -1 -v ON_ERROR_STOP=1 -c 'SET ROLE qr_owner' $new >/dev/null || bail 'no migration'
is "$(sql 'SELECT min(seq), max(seq), count(*) FROM core.audit')" '1|51|51' 'old rows are numbered without a gap'
sql "INSERT INTO core.audit (who, what) VALUES ('new', 'x')"
is "$(sql 'SELECT count(*) FROM api.verify_audit(0, 10) v WHERE v.problem IS NOT NULL')" 0 'and chained, with those that follow'
nok 'and cannot be changed any more' sql "UPDATE core.audit SET who = 'x'" 2>/dev/null
done_testing
