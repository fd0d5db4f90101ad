#!/bin/bash
# What tools of the trade find: wapiti and sqlmap, from outside and with an inspector's cookie, over
# the public pages and those behind the login.  They find nothing; a small page with two holes shows
# that they would.  TEST_ALL=1: every form sqlmap can crawl to, and an hour's patience.
# The pages on which residents report, judge and are asked, and those on which offices answer, come after:
# their forms are sent through renew.py, which fetches each anew, and what reached them is counted.
# Eight minutes, so once: against the build with sanitizers, which notices more.  TEST_ALL=1: both.
# timeout: 7000
. tests/lib.sh
. tests/staff.sh
. tests/http/voices.sh
for tool in wapiti sqlmap; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
case $B in
*san*) ;;
*) [ -n "${TEST_ALL:-}" ] || skip_all 'runs against the build with sanitizers' ;;
esac
voices_town
voices_daemon
as ins
f=$F
mkdir "$T/home"
patience=${TEST_ALL:+300} # seconds to crawl, and seconds a kind of attack
moment=4

# --- wapiti -----------------------------------------------------------------------------------------

MODULES=blindsql,csp,cookieflags,crlf,exec,file,http_headers,methods,redirect,sql,xss,permanentxss,ssrf,backup
IN_FORMS=blindsql:post,crlf,permanentxss,redirect,sql,xss # what may be put into a field, in short
# wapiti_at NAME URL [option...]: its report in $T/NAME.json
wapiti_at() {
	w_name=$1 w_url=$2
	shift 2
	HOME=$T/home timeout "$((${patience:-60} * 16 + 300))" wapiti -u "$w_url" -m "$MODULES" -f json -o "$T/$w_name.json" --store-session "$T/home" \
		--flush-session --no-bugreport --max-scan-time "${patience:-15}" --max-attack-time "${patience:-$moment}" --skip csrf \
		-v 0 "$@" >"$T/$w_name.log" 2>&1
	[ -s "$T/$w_name.json" ] || bail "wapiti says: $(tail -n 3 "$T/$w_name.log")"
}
# found NAME: every finding on a line.  Left out are three fields of answers that are not needed: the
# policy forbids frames (looked at below), the filter of old browsers did harm, and HSTS is nginx's.
found() {
	python3 - "$T/$1.json" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))
for part in ("vulnerabilities", "anomalies"):
    for kind, list_ in report[part].items():
        for x in list_:
            if x["info"] in ("X-Frame-Options is not set", "X-XSS-Protection is not set", "Strict-Transport-Security is not set"):
                continue
            print(kind, x["method"], x["path"], x["parameter"], x["info"])
PY
}
crawled() { sed -n 's/.*Wapiti found \([0-9]*\) URLs.*/\1/p' "$T/$1.log" | tail -n 1; }

# --- sqlmap -----------------------------------------------------------------------------------------

# sqlmap_at NAME [option...]
sqlmap_at() {
	s_name=$1
	shift
	HOME=$T/home timeout 3000 sqlmap --batch --disable-coloring --flush-session --output-dir "$T/$s_name" \
		--results-file="$T/$s_name.csv" --time-sec 2 "$@" >"$T/$s_name.log" 2>&1
}
injected() { grep -E 'is vulnerable|is .*injectable|^Parameter:|identified the following injection' "$T/$1.log" | grep -v 'not .*injectable'; }
tested() { grep -cE 'parameter .* does not seem to be injectable|not injectable' "$T/$1.log"; }
# judge PATTERN: what sqlmap said, where it has not been asked yet
judge() {
	for log in "$T"/$1.log; do
		name=$(basename "$log" .log)
		[ "$name" != sqlholes ] || continue
		is "$(injected "$name")" '' "$name: sqlmap finds nothing"
		ok "$name: it has tried $(tested "$name") parameters" [ "$(tested "$name")" -gt 0 ]
	done
}

# --- would they find anything? -------------------------------------------------------------------------

HOLES=$(qr_port)
cat >"$T/holes.py" <<'PY'
# A page with two holes: it repeats what it is asked, and asks a database with it.
import sqlite3, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse
class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        q = parse_qs(urlparse(self.path).query).get("q", ["1"])[0]
        db = sqlite3.connect(":memory:")
        db.execute("CREATE TABLE t (n, w)")
        db.execute("INSERT INTO t VALUES (1, 'one')")
        try:
            rows = db.execute("SELECT w FROM t WHERE n = " + q).fetchall()
        except sqlite3.Error as e:
            rows = "sqlite3.OperationalError: " + str(e)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<a href="/?q=1">one</a><p>{q}</p><p>{rows}</p>'.encode())
    def log_message(self, *a): pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
PY
background /usr/bin/python3 "$T/holes.py" "$HOLES"
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$HOLES/"
wapiti_at holes "http://127.0.0.1:$HOLES/?q=1"
like "$(found holes)" '[Ss]cripting.* q ' 'wapiti finds a page that repeats what it is asked'
like "$(found holes)" 'SQL.* q ' 'and one that asks its database with it'
sqlmap_at sqlholes -u "http://127.0.0.1:$HOLES/?q=1" --technique=B --dbms=sqlite
like "$(injected sqlholes)" 'q .*injectable|Parameter: q' 'and so does sqlmap'

# --- the service ------------------------------------------------------------------------------------

is "$(status /)" 200 'the service'
like "$(field Content-Security-Policy)" "frame-ancestors 'none'" 'may not be framed'
ok 'nginx sends HSTS' grep -rq Strict-Transport-Security deploy/nginx
before=$(sql 'SELECT count(*) FROM core.account')
wapiti_at outside "$URL/" -s "$URL/f/$f" -s "$URL/staff/login" -s "$URL/q?no=1"
is "$(found outside)" '' 'wapiti from outside: nothing'
# It tries the button that logs out, too (its -x does not work with this Python): the session goes on.
(while sleep 0.2; do sql 'UPDATE core.session SET ended_at = NULL WHERE ended_at IS NOT NULL'; done) &
reviving=$!
lib_pids="$lib_pids $reviving"
wapiti_at inside "$URL/staff/" -H "Cookie: $staff_cookie" -s "$URL/staff/search?q=1" -s "$URL/staff/f/$f" \
	-s "$URL/staff/f/$f/new?type=clean" -s "$URL/staff/account"
is "$(found inside)" '' 'wapiti as an inspector: nothing'
is "$(page /staff/)" 200 'whose session has lasted'
kill "$reviving"
ok "it tried $(crawled outside) pages and forms from outside, $(crawled inside) inside" [ "$(crawled inside)" -gt 20 ] && [ "$(crawled outside)" -gt 20 ]

if [ -n "${TEST_ALL:-}" ]; then
	sqlmap_at sqlout -u "$URL/" --crawl=2 --forms
	sqlmap_at sqlin -u "$URL/staff/" --crawl=2 --forms --cookie "$staff_cookie" --crawl-exclude logout
else
	sqlmap_at sqlout -u "$URL/q?no=1" --technique=BEU
	sqlmap_at sqllogin -u "$URL/staff/login?next=1" --technique=BEU
	sqlmap_at sqlin -u "$URL/staff/search?q=1" --technique=BEU --cookie "$staff_cookie" -p q
	sqlmap_at sqlscan -u "$URL/staff/s?code=$f" --technique=BE --cookie "$staff_cookie" -p code
fi
judge 'sql*'

# --- where residents speak, and where they are answered ----------------------------------------------

# between NAME [COOKIE]: one that renews forms, in the name of that session; sets AT, its address
between() {
	b_port=$(qr_port)
	cp tests/http/renew.py "$T/"
	background /usr/bin/python3 "$T/renew.py" "$b_port" "$PORT" "$T/$1.count" "${@:2}"
	AT=http://127.0.0.1:$b_port
	wait_for 10 curl -s -o /dev/null "$AT/" || bail "renew.py does not start"
}
# reached NAME METHOD PATH STATUS: how often that came of it
reached() { awk -v m="$2" -v p="$3" -v s="$4" '$1 == m && $2 == p && $3 == s { n += $4 } END { print n + 0 }' "$T/$1.count"; }
# came LEAST NAME METHOD PATH STATUS
came() {
	n=$(reached "${@:2}")
	ok "$2: $3 $4 came to $5 $n times" [ "$n" -ge "$1" ] || grep -e " $4 " "$T/$2.count" | sed 's/^/# /'
}
reports() { sql 'SELECT count(*) FROM core.ticket'; }
had=$(reports)
# a form as it is fetched: what sqlmap begins with; renew.py puts a fresh one in its place
status "/report/$F" >/dev/null
form="key=$(sed -n 's/.*name="key" value="\([^"]*\)".*/\1/p' "$T/body")&stamp=$(sed -n 's/.*name="stamp" value="\([^"]*\)".*/\1/p' "$T/body")"
like "$form" '^key=[0-9a-f-]{36}&stamp=[0-9]+\.[0-9a-f]{16}$' 'a form of ours'
key=${form%&*}
(while sleep 0.5; do sql 'UPDATE core.session SET ended_at = NULL WHERE ended_at IS NOT NULL'; done) &
reviving=$!
lib_pids="$lib_pids $reviving"

[ -n "${TEST_ALL:-}" ] || MODULES=$IN_FORMS moment=6
between residents
residents=$AT
wapiti_at spoken "$residents/tickets" --scope domain -d 1 -s "$residents/report/$F" -s "$residents/c/$ASK" -s "$residents/c/$DONE" -s "$residents/v/$OPEN" \
	-s "$residents/v/$SHUT/results" -s "$residents/tickets/$ORG" -s "$residents/tickets/$ORG/$HIDDEN"
is "$(found spoken)" '' 'wapiti where residents speak: nothing'
[ -n "${TEST_ALL:-}" ] || MODULES=blindsql:post,permanentxss,redirect,sql:post,xss:post # most pages lead to others
as off
between office "$staff_cookie"
office=$AT
wapiti_at answering "$office/staff/tickets?q=1&kind=&sort=new" --scope domain -d 1 -s "$office/staff/tickets/$TICKET" -s "$office/staff/tickets/texts" \
	-s "$office/staff/replies" -s "$office/staff/replies/$REPLY" -s "$office/staff/surveys" -s "$office/staff/surveys/$SURVEY" \
	-s "$office/staff/surveys/$SURVEY/paper"
is "$(found answering)" '' 'wapiti as the office that answers: nothing'
csrf=csrf=$staff_csrf
as mgr
between manager "$staff_cookie"
manager=$AT
wapiti_at replying "$manager/staff/r/$RECORD/reply" --scope domain -d 1 -s "$manager/staff/tickets/$TICKET"
is "$(found replying)" '' 'wapiti as a manager who replies: nothing'
for name in residents office manager; do cp "$T/$name.count" "$T/$name-wapiti.count"; done
# at least as it was crawled: on a busy machine a moment is over soon
came 1 residents-wapiti POST '/report/*' 303
came 1 residents-wapiti POST '/report/*' 422
came 1 residents-wapiti POST '/v/*' 303
came 1 office-wapiti GET /staff/tickets 200
came 1 office-wapiti POST '/staff/tickets/*' 303
came 1 office-wapiti POST /staff/tickets/texts 303
came 1 office-wapiti POST '/staff/surveys/*/paper' 422
came 1 manager-wapiti POST '/staff/r/*/reply' 409

# each form and each filter: NAME, address, data, parameters
forms() {
	cat <<LIST
report $residents/report/$F $form&kind=other&words=1&phone=13800138000&answer=1 kind,words,phone,answer,key,stamp
rating $residents/c/$ASK level=5 level
survey $residents/v/$OPEN $key&q1=5&q2=4&q3=1 q1,q3,key
tickets $residents/tickets/$ORG* - -
receipt $residents/c/$ASK* - -
choice $residents/report/$F?kind=other&lang=en - kind,lang
results $residents/v/$SHUT*/results - -
list $office/staff/tickets?q=1&kind=other&sort=new&what=all&from=0 - q,kind,sort,what,from
several $office/staff/tickets do=quarantine&id[]=1&ground=1&$csrf do,id[],ground
note $office/staff/tickets/$WORKING do=note&note=1&$csrf do,note
publish $office/staff/tickets/$ANSWERED do=publish&public_words=1&public_answer=1&photo[]=1&$csrf public_words,public_answer,photo[]
transfer $office/staff/tickets/$WORKING do=transfer&reason=1&to=1&$csrf reason,to
join $office/staff/tickets/$WORKING do=join&into=2026-99&$csrf into
texts $office/staff/tickets/texts do=put&title=1&words=1&$csrf title,words
judge $office/staff/replies/$REPLY act=refuse&words=1&day=2026-12-01&$csrf act,words,day
replies $office/staff/replies?show=all&after=1 - show,after
draft $office/staff/surveys do=put&title=1&purpose=1&org=$ORG&places=&from=2026-11-23&to=2026-11-30&levels=1&words=&least=1&rules[]=one_each&$csrf title,org,places,from,levels,least,rules[]
asked $office/staff/surveys/$SURVEY do=asked&asked-$OPEN=7&$csrf asked-$OPEN
paper $office/staff/surveys/$SURVEY/paper $key&place=$PLACE&rows=10&no-1=1&l-1=55&$csrf key,place,rows,no-1,l-1
reply $manager/staff/r/$RECORD/reply $key&kind=reply&words=1&csrf=$staff_csrf kind,words,key
LIST
}
# one that is worked at and one that is answered, whatever became of the others
another() {
	sql "SELECT api.ticket_new('x', '$F', gen_random_uuid(), '', '{\"kind\":\"other\",\"words\":\"1\"}', NULL)" >/dev/null
	sql "SELECT core.ticket_act(x, 'release', NULL, NULL, NULL, NULL, NULL), core.ticket_act(x, 'accept', NULL, NULL, NULL, NULL, NULL)
		FROM max_id() x" >/dev/null
	sql 'SELECT max_id()'
}
sql 'CREATE FUNCTION max_id() RETURNS bigint LANGUAGE sql AS $$ SELECT max(id) FROM core.ticket $$'
WORKING=$(another) ANSWERED=$(another)
sql "SELECT core.ticket_act($ANSWERED, 'answer', NULL, NULL, '1', NULL, NULL)" >/dev/null || bail 'not answered'
PLACE=$(sql "SELECT p.code FROM core.survey_place x JOIN core.place p ON p.id = x.place_id WHERE x.code = '$OPEN'")
forms >"$T/forms"
while read -r name at data names; do
	set -- -u "$at" --ignore-redirects
	[ "$data" = - ] || set -- "$@" --data "$data"
	[ "$names" = - ] || set -- "$@" -p "$names"
	if [ -n "${TEST_ALL:-}" ]; then set -- "$@" --level 2; else set -- "$@" --technique=BE; fi
	sqlmap_at "sql-$name" "$@" </dev/null
done <"$T/forms"
kill "$reviving"

judge 'sql-*'
is "$(awk '$3 >= 500 && $3 != 501 && $3 != 505' "$T"/*.count)" '' 'nothing failed'
came 40 residents POST '/report/*' 303
came 20 residents POST '/report/*' 422
came 20 residents POST '/c/*' 422
came 20 residents POST '/v/*' 303
came 20 residents POST '/v/*' 422
came 50 office GET /staff/tickets 200
came 10 office POST /staff/tickets 303
came 100 office POST '/staff/tickets/*' 303
came 20 office POST '/staff/tickets/*' 422
came 20 office POST /staff/tickets/texts 303
came 10 office POST /staff/surveys 303
came 20 office POST '/staff/surveys/*/paper' 422
came 20 manager POST '/staff/r/*/reply' 409
made=$(($(reports) - had))
ok "$made reports were made of it" [ "$made" -ge "$(reached residents POST '/report/*' 303)" ]
is "$(sql 'SELECT count(*) FROM core.account')" "$before" 'no account was made'
unlike "$(cat "$T/qrsvc.log")" '^<[0-3]>' 'and no error in the log'
verify() { "$qrsvc" verify >/dev/null; }
ok 'everything verifies' verify
done_testing
