#!/bin/sh
# Runs every tests/sql/*.sql (pgTAP) on a throwaway cluster, each in a transaction of its own that
# is rolled back.
. tests/lib.sh
cluster_start
sql 'CREATE SCHEMA tap; CREATE EXTENSION pgtap SCHEMA tap; GRANT USAGE ON SCHEMA tap TO PUBLIC' ||
	bail 'pgTAP cannot be installed'
for f in tests/sql/*.sql; do
	name=$(basename "$f" .sql)
	deploy/pg psql "$CLUSTER" -v ON_ERROR_STOP=1 -f "$PWD/$f" >"$T/$name.tap" 2>"$T/$name.err"
	tap_rc=$?
	grep -q '^1\.\.[1-9]' "$T/$name.tap" || tap_rc=1
	while IFS= read -r line; do
		case $line in
		ok\ *) tap 0 "$name: ${line#ok * - }" ;;
		not\ ok\ *) tap 1 "$name: ${line#not ok * - }" || : ;;
		\#*) printf '%s\n' "$line" ;;
		esac
	done <"$T/$name.tap"
	tap $tap_rc "$name: ran to its end" || diag "$(head -n 20 "$T/$name.err")"
done
# What only a login of its own shows.
for role in qr_ro qr_rw qr_slow qr_listen qr_auditor; do
	nok "$role cannot become the owner" sql_as $role 'SET ROLE qr_owner' 2>/dev/null
done
nok 'qr_ro cannot write even where it could' sql_as qr_ro 'CREATE TEMPORARY TABLE x ()' 2>/dev/null
is "$(sql_as qr_ro 'SHOW statement_timeout')" 2s 'qr_ro has its time limit'
is "$(sql_as qr_ro 'SHOW default_transaction_read_only')" on 'qr_ro only reads'
is "$(sql_as qr_ro 'SHOW plan_cache_mode')" force_generic_plan 'qr_ro plans once'
nok 'qr_owner cannot log in' sql_as qr_owner 'SELECT 1' 2>/dev/null
ok 'roles.sql may be applied again' sql_file "$PWD/sql/roles.sql"
done_testing
