#!/bin/bash
# What residents do, in a real browser, with and without script: from the page of a facility to the
# form, to the receipt and its progress; mistakes, photos, a number to call; the form in a flood; axe,
# sizes, overflow, checkers of HTML.
# timeout: 300
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
town
sql "UPDATE core.site SET clock = '2026-11-22 10:00:00+08'" >/dev/null
mkdir "$T/keys"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/keys"
as_user "$qrsvc" keygen --contact "$T/keys/contact" >/dev/null
picture one before --seed 1
start_daemon limits.form=0 limits.page=0 server.clock=2026-11-22T10:00:00+08:00 tickets.contact_key="$T/keys/contact"
L=$(sql "SELECT c FROM api.label_issue('test', NULL, 1) c")
sql "SELECT api.label_bind('test', '$L', '$(code T1)', NULL, NULL, NULL)" >/dev/null
# what the office does meanwhile
cat >"$T/office" <<'SH'
#!/bin/sh
# office RECEIPT ACT [WORDS]; office flood N
if [ "$1" = flood ]; then
	q="UPDATE core.ticket_limit SET n = $2 WHERE code = 'flood'"
else
	q="SELECT core.ticket_act(t.id, '$2', NULL, NULL, nullif('${3:-}', ''), NULL, NULL) FROM core.ticket t WHERE t.receipt = '$1'"
fi
exec psql -XqAt -v ON_ERROR_STOP=1 "$DSN user=$ROLE" -c "$q"
SH
chmod 755 "$T/office"
ROLE=postgres NODE_PATH=${NODE_PATH:-} node tests/browser/report.js "$URL" "$T" "$L" "$(code T2)"
