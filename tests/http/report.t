#!/bin/bash
# Residents' reports over HTTP: the form, its receipt, what is refused; photos, the telephone number;
# nothing of who sent it is kept.
# timeout: 120
. tests/lib.sh
. tests/staff.sh
town
start_daemon limits.form=0 limits.staff=0 server.clock=2026-11-22T10:00:00+08:00
F=$(code T1)
# form PATH: fetches it; KEY and STAMP are those of its hidden fields
form() {
	status "$@" >/dev/null
	KEY=$(sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body")
	STAMP=$(sed -n 's/.*name="stamp" value="\([^"]*\)".*/\1/p' "$T/body")
}
# send PATH FIELD..: the form that was fetched last
send() {
	path=$1
	shift
	for f; do
		set -- "$@" -F "$f"
		shift
	done
	status "$path" -H "Origin: $URL" -F "key=$KEY" -F "stamp=$STAMP" "$@"
}
form "/report/$F"
like "$(cat "$T/body")" '水发浑' 'the form'
is "$(send "/report/$F" kind=dirty_water 'words=发黄')" 303 'sent'
R=$(field Location)
like "$R" '^/c/[0-9A-Z]{9}$' 'leads to a receipt'
is "$(status "$R")" 200 'the receipt'
like "$(text)" '水发浑.*已收到，等待受理.*收到您的反映' 'says how far it is'
is "$(status "$R.json")" 200 'and as data'
ok 'which is JSON' python3 -m json.tool "$T/body" /dev/null
is "$(status /c/AAAAAAAAA)" 404 'no such receipt'
done_testing
