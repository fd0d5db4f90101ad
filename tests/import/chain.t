#!/bin/sh
# The chain of acts and records: heads are signed by the jobs process, published at /chain, and
# `qrsvc verify --heads` finds what was changed, removed, put in or cut off, even by a superuser
# who computes the whole chain anew.
. tests/lib.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-jobs >/dev/null
quiet() { "$@" >"$T/out" 2>"$T/err"; }

# --- the key ---
as_key() { as_user "$qrsvc" keygen "$@" >"$T/out" 2>"$T/err"; }
mkdir "$T/keys"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/keys"
ok 'a key is made' as_key "$T/keys/chain"
is "$(stat -c %a "$T/keys/chain")" 600 'for nobody but its owner'
key=$(tail -n 1 "$T/out")
like "$key" '^[A-Za-z0-9_-]{43}$' 'its public half is printed'
like "$(cat "$T/keys/chain.pub")" "^qrsvc-ed25519-public $key\$" 'and stands beside it'
was=$(sha256sum <"$T/keys/chain")
nok 'a key is never replaced' as_key "$T/keys/chain"
is "$(sha256sum <"$T/keys/chain")" "$was" 'really not'
like "$(cat "$T/err")" 'is there already' 'which is said'
as_key "$T/keys/other"
other=$(tail -n 1 "$T/out")
nok 'a name is needed' as_key

# --- the service signs ---
cp deploy/examples/*.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null
"$qrsvc" import records "$T/records.csv" >/dev/null
start_daemon "chain.key=$T/keys/chain"
published() { [ "$(status /chain.json)" = 200 ]; }
ok 'the first head is signed at once' wait_for 15 published
is "$(field Cache-Control)" no-cache 'a public page'
heads=$T/heads.json
cp "$T/body" "$heads"
like "$(cat "$heads")" '"heads":\[\{"id":1,' 'published as data'
like "$(cat "$heads")" '"key":"[0-9a-f]{64}","signature":"[0-9a-f]{128}"' 'with key and signature'
is "$(status /chain)" 200 'and as a page'
like "$(cat "$T/body")" "$key" 'that shows the public key'
unlike "$(cat "$T/body")" '<script' 'without script'
is "$(status /chain -H 'Accept-Language: en')" 200 'in English too'
like "$(cat "$T/body")" 'Head no\. 1' 'with its number'
next=$(sql "SELECT extract(epoch FROM due - now())::int FROM core.job WHERE kind = 'sign' AND done_at IS NULL")
ok 'the next one within the hour' [ "$next" -gt 0 ] && [ "$next" -le 3600 ]
is "$(sql "SELECT count(*) FROM pg_ls_dir('.') f WHERE f LIKE '%chain%'")" 0 'the key is not with PostgreSQL'
nok 'PostgreSQL cannot read it either' quiet sql_as qr_slow "SELECT pg_read_file('$T/keys/chain')"

ok 'everything verifies' quiet "$qrsvc" verify --heads "$heads" --key "$T/keys/chain.pub"
like "$(cat "$T/out")" '^chain: 1 heads over [1-9][0-9]* acts, those of the file among them' 'and says what was looked at'
ok 'by the key itself, too' quiet "$qrsvc" verify --heads "$heads" --key "$key"
nok 'another key' quiet "$qrsvc" verify --key "$other"
like "$(cat "$T/out")" '^head 1: is signed by another key' 'is named'
nok 'heads without a key' quiet "$qrsvc" verify --heads "$heads"
like "$(cat "$T/err")" 'needs --key' 'prove nothing'
nok 'a file that is no key' quiet "$qrsvc" verify --key "$heads"
echo '{}' >"$T/none.json"
nok 'a file without heads' quiet "$qrsvc" verify --heads "$T/none.json" --key "$key"
sed 's/\\"audit_seq\\":/\\"audit_seq\\":1/' "$heads" >"$T/forged.json"
nok 'a head that was changed in the file' quiet "$qrsvc" verify --heads "$T/forged.json" --key "$key"
like "$(cat "$T/out")" '^head 1: the signature does not fit' 'is named'

# a second head, then heads that nobody signed
"$qrsvc" labels issue --count 3 --who office >/dev/null
sql "UPDATE core.job SET due = now() WHERE kind = 'sign'" >/dev/null
two() { [ "$(sql 'SELECT count(*) FROM core.chain_signature')" = 2 ]; }
ok 'a second head' wait_for 15 two
"$qrsvc" labels issue --count 1 --who office >/dev/null
curl -sS "$URL/chain.json" >"$T/heads2.json"
ok 'a head kept earlier is still there' quiet "$qrsvc" verify --heads "$heads" --key "$key"
ok 'and so is the newer one' quiet "$qrsvc" verify --heads "$T/heads2.json" --key "$key"
end "$DAEMON"

# --- tampering, as superuser with triggers off, in copies ---
sql 'CREATE DATABASE whole TEMPLATE qrsvc' -d postgres
n=0
# tampered REGEX DESCRIPTION SQL [FILE OF HEADS]
tampered() {
	n=$((n + 1))
	sql "CREATE DATABASE t$n TEMPLATE whole" -d postgres
	sql "SET session_replication_role = replica; $3" -d t$n >/dev/null
	QRSVC_DATABASE_DSN=$(echo "$DSN" | sed "s/dbname=[^ ]*/dbname=t$n/") \
		"$qrsvc" verify --heads "${4:-$T/heads2.json}" --key "$key" >"$T/out" 2>"$T/err"
	is $? 1 "$2: found"
	like "$(cat "$T/out")" "$1" "$2: named"
	sql "DROP DATABASE t$n" -d postgres
}
last='(SELECT max(seq) FROM core.audit)'
tampered '^act [0-9]+: hash is not that' 'an act changed' \
	"UPDATE core.audit SET who = 'somebody' WHERE seq = 1"
tampered '^act [0-9]+: rows 1 to 1 are missing' 'an act removed' 'DELETE FROM core.audit WHERE seq = 1'
tampered '^(act [0-9]+: rows [0-9]+ to [0-9]+ were cut off|head 2: row [0-9]+ of the audit)' 'the end of the acts cut off' \
	"DELETE FROM core.audit WHERE seq > $last - 2"
tampered '^head [12]: record .* is not as it was taken in' 'a whole record cut off' \
	"DELETE FROM core.result; DELETE FROM core.revision_party; DELETE FROM core.revision; DELETE FROM core.record"
tampered '^head 2: was published and is gone' 'the newest head cut off' \
	"DELETE FROM core.chain_signature WHERE head_id = 2; DELETE FROM core.chain_link WHERE head_id = 2;
	DELETE FROM core.chain_head WHERE id = 2"
tampered '^head 1: was published and is gone' 'all heads cut off' \
	'DELETE FROM core.chain_signature; DELETE FROM core.chain_link; DELETE FROM core.chain_head' "$heads"
tampered '^head 1: (text is not|the signature)' 'a head changed' \
	"UPDATE core.chain_head SET text = replace(text, '\"head\":1', '\"head\": 1') WHERE id = 1"
tampered '^head 1: is not signed' 'a signature taken away' 'DELETE FROM core.chain_signature WHERE head_id = 1'
tampered '^head 2: the signature does not fit' 'a signature exchanged' \
	"UPDATE core.chain_signature SET signature = (SELECT signature FROM core.chain_signature WHERE head_id = 1)
	WHERE head_id = 2"
# the owner computes everything anew, as if the first act had been another one
tampered '^head 1: ' 'the chain of acts computed anew' "
	DO \$x\$ DECLARE a core.audit; before bytea; BEGIN
	UPDATE core.audit SET who = 'somebody' WHERE seq = 1;
	FOR a IN SELECT * FROM core.audit ORDER BY seq LOOP
		UPDATE core.audit SET prev = before WHERE seq = a.seq;
		SELECT * INTO a FROM core.audit x WHERE x.seq = a.seq;
		UPDATE core.audit x SET hash = core.audit_hash(a) WHERE x.seq = a.seq RETURNING x.hash INTO before;
	END LOOP;
	END \$x\$"
tampered '^head [12]: (was published with another text|the signature)' 'acts and heads computed anew' "
	DO \$x\$ DECLARE a core.audit; h core.chain_head; before bytea; BEGIN
	UPDATE core.audit SET who = 'somebody' WHERE seq = 1;
	FOR a IN SELECT * FROM core.audit ORDER BY seq LOOP
		UPDATE core.audit SET prev = before WHERE seq = a.seq;
		SELECT * INTO a FROM core.audit x WHERE x.seq = a.seq;
		UPDATE core.audit x SET hash = core.audit_hash(a) WHERE x.seq = a.seq RETURNING x.hash INTO before;
	END LOOP;
	before := NULL;
	FOR h IN SELECT * FROM core.chain_head ORDER BY id LOOP
		h.audit_hash := (SELECT hash FROM core.audit WHERE seq = h.audit_seq);
		h.prev := before;
		h.text := core.head_text(h);
		before := sha256(convert_to(h.text, 'UTF8'));
		UPDATE core.chain_head x SET audit_hash = h.audit_hash, prev = h.prev, text = h.text WHERE x.id = h.id;
	END LOOP;
	END \$x\$"
ok 'the original still verifies' quiet "$qrsvc" verify --heads "$T/heads2.json" --key "$key"

# --- keys that must not be used ---
chmod 644 "$T/keys/chain"
sql "UPDATE core.job SET due = now() WHERE kind = 'sign'" >/dev/null
start_daemon "chain.key=$T/keys/chain"
refused() { [ "$(sql "SELECT last_error FROM core.job WHERE kind = 'sign' AND done_at IS NULL")" = forbidden ]; }
ok 'a key others can read is not used' wait_for 15 refused
like "$(cat "$T/qrsvc.log")" 'chain.key detail=.*others may open it: chmod 600' 'and the log says why'
is "$(sql 'SELECT count(*) FROM core.chain_signature')" 2 'nothing was signed'

# --- another key from now on (docs/operate.md, "Another signing key") ---
# signed_by KEY: a service with that key signs what there is; the number of the newest head in $newest
signed_by() {
	end "$DAEMON"
	"$qrsvc" labels issue --count 1 --who office >/dev/null
	sql "UPDATE core.job SET due = now(), lease_until = NULL WHERE kind = 'sign'" >/dev/null
	start_daemon "chain.key=$1"
	all_signed() {
		[ "$(sql "SELECT (SELECT max(audit_seq) FROM core.chain_head) = (SELECT max(seq) FROM core.audit)
			AND (SELECT max(id) FROM core.chain_head) = (SELECT max(head_id) FROM core.chain_signature)")" = t ]
	}
	wait_for 20 all_signed
	signed=$?
	newest=$(sql 'SELECT max(id) FROM core.chain_head')
	return $signed
}
ok 'a service with a new key signs on' signed_by "$T/keys/other"
nok 'the old key alone' quiet "$qrsvc" verify --key "$key"
like "$(cat "$T/out")" "^head $newest: is signed by another key" 'does not know the new head'
ok 'both of them, the oldest first' quiet "$qrsvc" verify --key "$T/keys/chain.pub,$other" --heads "$T/heads2.json"
nok 'in the wrong order' quiet "$qrsvc" verify --key "$other,$key"
like "$(cat "$T/out")" '^head 3: is signed by a key that was replaced before' 'is named'
nok 'a list with a hole in it' quiet "$qrsvc" verify --key "$key,,$other"
chmod 600 "$T/keys/chain"
ok 'somebody who found the old key signs with it' signed_by "$T/keys/chain"
nok 'which is found' quiet "$qrsvc" verify --key "$key,$other"
like "$(cat "$T/out")" "^head $newest: is signed by a key that was replaced before" 'and named'
done_testing
