#!/bin/sh
# `qrsvc labels`: issuing, binding, replacing, voiding, printing, and what the ledger says of it.
. tests/lib.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN" QRSVC_SERVER_BASE_URL=https://QR.EXAMPLE.GOV.CN
qrsvc=$(program qrsvc)
program qrsvc-jobs >/dev/null
labels() { "$qrsvc" labels "$@" >"$T/out" 2>"$T/err"; }
got() { cat "$T/out"; }
doc() { sql "SELECT doc::json ->> '$2' FROM core.document WHERE kind = 'label' AND key = '$1'"; }
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null

ok 'codes are issued' labels issue --count 3 --org 310107000000 --who office
is "$(got | wc -l)" 3 'as many as wanted'
like "$(got | head -n 1)" '^[0-9A-HJKMNP-TV-Z]{9}$' 'nine characters each'
a=$(sed -n 1p "$T/out") b=$(sed -n 2p "$T/out") c=$(sed -n 3p "$T/out")
is "$(doc "$a" state)" blank 'a new one is blank'

ok 'one is bound to a facility' labels bind "$a" --facility 'plain T1' --spot '1F' --who office
is "$(doc "$a" state) $(doc "$a" spot)" 'active 1F' 'and says so'
ok 'in small letters, with blanks' labels bind "$(echo "$b" | tr '[:upper:]' '[:lower:]' | sed 's/^.../& /')" \
	--place 'plain P2' --who office
ok 'and bound anew' labels bind "$a" --facility 'plain T2' --spot '2F' --reason 'hung elsewhere'
is "$(sql "SELECT string_agg(what || ' ' || coalesce(spot, '-'), ', ' ORDER BY id) FROM core.label_event
	WHERE code = '$a'")" 'issued -, bound 1F, bound 2F' 'which leaves a trace'

ok 'one is replaced' labels replace "$a" --reason torn --who office
new=$(got)
is "$(doc "$a" state) $(doc "$a" replaced_by)" "replaced $new" 'the old one names the new one'
is "$(doc "$new" state) $(doc "$new" spot)" 'active 2F' 'which stands where the old one stood'
ok 'one is reported' labels damaged "$b" --reason faded
ok 'one is void' labels void "$c" --reason stolen --who office
is "$(doc "$c" state) $(doc "$c" reason)" 'void stolen' 'with its reason'

# refused REGEX DESCRIPTION ARGUMENT...
refused() {
	match=$1 about=$2
	shift 2
	was=$(sql 'SELECT count(*), max(id) FROM core.label_event')
	nok "$about" labels "$@"
	like "$(cat "$T/err")" "^qrsvc labels: .*$match" "$about: why"
	is "$(sql 'SELECT count(*), max(id) FROM core.label_event')" "$was" "$about: nothing happened"
}
refused 'no label code \(a slip' 'a code with a slip' bind "$(echo "$a" | tr '0-9A-Z' '1-9A-Z0')" --facility 'plain T1'
refused 'no label has the code' 'an unknown code' bind 0K7M2Q9XH --facility 'plain T1'
refused 'is replaced' 'binding a replaced label' bind "$a" --facility 'plain T1'
refused 'is void' 'binding a void label' bind "$c" --facility 'plain T1'
refused 'no facility is known as plain T9' 'an unknown facility' bind "$new" --facility 'plain T9'
refused 'one facility or to one place' 'two things at once' bind "$new" --facility 'plain T1' --place 'plain P1'
refused 'only an active one is replaced' 'replacing twice' replace "$a"
refused 'is replaced already' 'voiding a sheet with a replaced label on it' void "$new" "$a" --reason lost
refused 'needs a reason' 'voiding without a reason' void "$new"
refused 'no office has the code' 'an unknown office' issue --org nowhere
refused 'not between 1 and 10000' 'too many' issue --count 10001
refused 'issue, cover, list' 'an unknown word' paint

ok 'a label for all that have none' labels cover --org 310107000000 --kind roof_tank --who office
is "$(got | wc -l)" 2 'the two tanks without'
ok 'once more' labels cover --org 310107000000 --kind roof_tank --who office
is "$(got)" '' 'there is none without'
ok 'a list' labels list --org 310107000000 --state active
is "$(got | head -n 1 | cut -f1-4)" 'code	state	name	place' 'with headers'
is "$(got | wc -l)" 5 'and a line each'
ok 'of those reported damaged' labels list --damaged
is "$(got | sed -n 2p | cut -f1)" "$b" 'is short'

# --- printing ---
ok 'a sheet' labels pdf "$T/sheet.pdf" --state active,blank --start 5 --skip 7 --template a4-24 \
	--printer lobby --who office
like "$(got)" '^batch 1: 4 labels on 1 sheets .*; next free position 10$' 'with the next free position'
is "$(sql 'SELECT who, template, printer, positions FROM core.label_batch')" 'office|a4-24|lobby|{5,6,8,9}' \
	'the ledger has who, what and where'
is "$(sql "SELECT count(*) FROM core.audit WHERE what = 'label.printed'")" 1 'and so has the audit'
is "$(doc "$new" printed)" "$(sql 'SELECT core.today()')" 'the label knows its day'
pdftoppm -r 200 -gray -png "$T/sheet.pdf" "$T/page"
zbarimg -q --raw "$T"/page*.png 2>/dev/null | sort >"$T/read"
labels list --state active,blank
tail -n +2 "$T/out" | cut -f1 | sed 's,^,HTTPS://QR.EXAMPLE.GOV.CN/,' | sort >"$T/want"
ok 'every code on paper is one of the list' cmp -s "$T/read" "$T/want"
nok 'a file is never overwritten' labels pdf "$T/sheet.pdf" --state active
like "$(cat "$T/err")" 'is there already' 'which is said'
nok 'a void label is not printed' labels pdf "$T/void.pdf" "$c"
nok 'an empty selection' labels pdf "$T/none.pdf" --org nyc
nok 'an unknown template' labels pdf "$T/none.pdf" --state active --template nowhere
export QRSVC_SERVER_BASE_URL=http://127.0.0.1:8080
nok 'a loopback address' labels pdf "$T/local.pdf" --state active
is "$(find "$T" -name 'void*' -o -name 'none*' -o -name 'local*' -o -name '*.part')" '' 'none of them left a file'
is "$(sql 'SELECT count(*) FROM core.label_batch')" 1 'or a line in the ledger'
ok 'but on trial' labels pdf "$T/local.pdf" --state active --trial
export QRSVC_SERVER_BASE_URL=https://QR.EXAMPLE.GOV.CN
ok 'pictures' labels png "$T/pictures" --state active
is "$(find "$T/pictures" -name '*.png' | wc -l)" 4 'one each'
ok 'batches' labels batches
is "$(got | wc -l)" 4 'are listed'
ok 'it all verifies' sh -c "'$qrsvc' verify >/dev/null"

# --- do they open? ---
unset QRSVC_SERVER_BASE_URL
start_daemon server.base_url=https://QR.INVALID
export QRSVC_CONFIG="$T/qrsvc.conf"
nok 'a host that does not answer' sh -c "'$qrsvc' check-links --sample 3 >'$T/out' 2>'$T/err'"
like "$(got)" "^127.0.0.1:$PORT: 3 of 3 codes open" 'the one that does is asked all the same'
like "$(got)" '^https://qr.invalid/[0-9A-Z]{9}.json: no answer' 'and each link is named'
like "$(cat "$T/err")" '^qrsvc check-links: 3 links do not open$' 'with the sum'
end "$DAEMON"
start_daemon server.base_url="http://127.0.0.1:1" server.hosts=
sed -i "s,127.0.0.1:1\$,127.0.0.1:$PORT," "$T/qrsvc.conf"
end "$DAEMON"
ok 'nobody listens' sh -c "! '$qrsvc' check-links --sample 1 >'$T/out' 2>&1"
background "$qrsvc" --config "$T/qrsvc.conf"
ok 'all open' wait_for 10 "$qrsvc" check-links --sample 2
done_testing
