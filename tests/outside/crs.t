#!/bin/bash
# The requests with which OWASP's Core Rule Set tests itself, 2,403 of them (Debian's source package),
# against the pages on which residents speak and offices answer: as they stand, on those pages, and what is in
# them in each field of the forms (security.md, tests by others). A service full of holes shows that they
# would be found. TEST_ALL=1: every request on every page, every string the whole way through the office.
# timeout: 3600
. tests/lib.sh
. tests/staff.sh
. tests/http/voices.sh
for tool in apt-get dpkg-source python3; do command -v $tool >/dev/null || skip_all "needs $tool"; done
for python in python3 /usr/bin/python3 none; do
	[ "$python" != none ] || skip_all 'needs python3-yaml'
	if "$python" -c 'import yaml' 2>/dev/null; then break; fi
done

# --- the package, of the machine's own archive; its lists are left alone ----------------------------------
# archive: "ADDRESS RELEASE" of the first one that has Debian's main
archive() {
	# shellcheck disable=SC2016 # fields of apt
	apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Debian" && $2 == "main" && $4 !~ /-/ { print $3, $4; exit }'
}
fetch() {
	read -r address release <<<"$(archive)"
	[ -n "${release:-}" ] || { echo 'no archive of Debian'; return 1; }
	mkdir -p "$T/apt/parts" "$T/apt/lists/partial" "$T/apt/cache/archives/partial"
	{
		printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\n' "$address" "$release"
		[ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ] || echo 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
	} >"$T/apt/parts/source.sources"
	cat >"$T/apt/conf" <<CONF
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$T/apt/parts";
Dir::State::Lists "$T/apt/lists";
Dir::Cache "$T/apt/cache";
APT::Sandbox::User "";
Acquire::http::Timeout "20";
Acquire::Retries "1";
CONF
	(cd "$T/apt" && export APT_CONFIG="$T/apt/conf" && apt-get -q update && apt-get -q source --download-only modsecurity-crs) >"$T/apt/log" 2>&1 ||
		{ tail -n 1 "$T/apt/log"; return 1; }
	mkdir -p "$KEPT" && cp "$T"/apt/modsecurity-crs_*.orig.tar.* "$KEPT/"
}
KEPT=build/test/crs
mkdir -p build/test
exec 8>build/test/crs.lock
flock 8
[ -n "$(ls "$KEPT" 2>/dev/null)" ] || why=$(fetch) || skip_all "modsecurity-crs cannot be had: $why"
flock -u 8
mkdir "$T/crs"
tar -xf "$KEPT"/modsecurity-crs_*.orig.tar.* -C "$T/crs" --wildcards '*/tests/regression/*' || bail 'the package does not unpack'
crs() {
	PYTHONDONTWRITEBYTECODE=1 "$python" tests/outside/crs.py "$1" "$T/crs" "${@:2}"
}
# lines COMMAND...: its TAP lines become lines of this test
lines() {
	"$@" >"$T/lines" 2>"$T/lines.err" || bail "$(tail -n 3 "$T/lines.err")"
	grep -q '^1\.\.' "$T/lines" || bail "$(tail -n 3 "$T/lines" "$T/lines.err")"
	while IFS= read -r line; do
		case $line in
		'ok '*) tap 0 "${line#* - }" ;;
		'not ok '*) tap 1 "${line#* - }" || : ;;
		'#'*) printf '%s\n' "$line" ;;
		esac
	done <"$T/lines"
}

# --- would it find anything? -------------------------------------------------------------------------
HOLES=$(qr_port)
cp tests/outside/crs_holes.py "$T/"
background /usr/bin/python3 "$T/crs_holes.py" "$HOLES"
wait_for 20 curl -s -o /dev/null "http://127.0.0.1:$HOLES/"
echo "{\"port\": $HOLES}" >"$T/holes.json"
read -r raw marked malformed died <<<"$(crs found "$T/holes.json")"
ok "a service full of holes: $raw requests and $marked strings come back as they were" [ "$raw" -gt 50 ] && [ "$marked" -gt 50 ]
ok "$malformed answers are torn" [ "$malformed" -gt 0 ]
ok "$died times it dies" [ "$died" -gt 10 ]
end "$PID"

# --- the service ---------------------------------------------------------------------------------------
voices_town
voices_daemon
declare -A cookie token
for who in off sup mgr; do
	as "$who"
	# shellcheck disable=SC2154 # set by `as`
	cookie[$who]=$staff_cookie token[$who]=$staff_csrf
done
quoted() { printf '"%s", ' "$@" | sed 's/, $//'; }
staff_forms=("/staff/tickets" "/staff/tickets/$TICKET" /staff/tickets/texts "/staff/replies/$REPLY" /staff/surveys "/staff/surveys/$SURVEY"
	"/staff/surveys/$SURVEY/paper" "/staff/r/$RECORD/reply")
place=$(sql "SELECT p.code FROM core.survey_place x JOIN core.place p ON p.id = x.place_id WHERE x.code = '$OPEN'")
cat >"$T/things.json" <<JSON
{"port": $PORT, "facility": "$F", "org": "$ORG", "open": "$OPEN", "shut": "$SHUT", "ask": "$ASK", "ticket": "$TICKET", "survey": "$SURVEY",
 "record": "$RECORD", "reply": "$REPLY", "place": "$place",
 "cookies": {"off": "${cookie[off]}", "sup": "${cookie[sup]}", "mgr": "${cookie[mgr]}"},
 "tokens": {"off": "${token[off]}", "sup": "${token[sup]}", "mgr": "${token[mgr]}"},
 "forms": [$(quoted "/report/$F" "/c/$ASK" "/v/$OPEN" "${staff_forms[@]}")],
 "pages": [$(quoted "/f/$F" "/c/$DONE" /tickets /tickets.csv "/tickets/$ORG" "/tickets/$ORG.json" "/tickets/$ORG/$SEEN" "/tickets/$ORG/$HIDDEN" \
	"/tickets/$ORG/2026.csv" "/v/$SHUT" "/v/$SHUT/results" "/v/$SHUT/results.csv" /staff/replies)],
 "who": {"/staff/replies": "sup", $(for f in "${staff_forms[@]}"; do
	case $f in */reply) echo "\"$f\": \"mgr\"" ;; *) echo "\"$f\": \"off\"," ;; esac
done)}}
JSON
workers() { pgrep -P "$DAEMON" | sort | tr '\n' ' '; }
respawns() { curl -sS "$ADMIN/metrics" | sed -n 's/^qrsvc_respawns_total //p'; }
were=$(workers)
cases() { sql 'SELECT count(*) FROM core.ticket'; }
before=$(cases)
lines crs page "$T/things.json"
is "$(cases)" "$before" 'none of them has made a report: none names what its form wants'
before=$(cases)
lines crs say "$T/things.json" "$T/receipts"
sql 'SELECT receipt FROM core.ticket' | sort >"$T/stored"
is "$(sort "$T/receipts" | comm -23 - "$T/stored" | wc -l)" 0 "each of $(wc -l <"$T/receipts") receipts is one of a report that is stored"
is "$(cases)" $((before + $(wc -l <"$T/receipts"))) 'and no other was made'
is "$(sql "SELECT count(*) FROM core.ticket_text WHERE n = 0 AND value LIKE 'zq7x%' AND value NOT LIKE '%x7qz'")" 0 'their words are whole'
sql "SELECT receipt, id, year || '-' || no FROM core.ticket WHERE state = 'new' ORDER BY id" | tr '|' ' ' >"$T/known"
lines crs handle "$T/things.json" "$T/known"

# --- what is left of it ----------------------------------------------------------------------------------
is "$(workers)" "$were" 'all processes are those that were'
is "$(respawns)" 0 'none was started again'
unlike "$(cat "$T/qrsvc.log")" '^<[0-3]>' 'no error is in the log'
is "$(grep -vE '^<[0-7]>[a-z]+(\[[0-9]+\])? [a-z_.]+( [a-z_]+=("([^"\\]|\\.)*"|[^ "]*))*$' "$T/qrsvc.log" | head -n 3)" '' 'each event is one line'
is "$(grep zq7x "$T/qrsvc.log" | grep -v ' status=4.* path="[^"?]*zq7x' | head -n 3)" '' 'nothing that was sent is in it, but addresses that nothing has'
is "$(sql "SELECT count(*) FROM core.account WHERE login NOT IN ('off', 'sup', 'mgr', 'ins')")" 0 'no account was made'
ok 'all of it verifies' "$qrsvc" verify
done_testing
