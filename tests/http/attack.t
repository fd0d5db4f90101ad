#!/bin/bash
# What tools of the trade find: wapiti and sqlmap, from outside and with an inspector's cookie, over
# the public pages and those behind the login.  They find nothing; a small page with two holes shows
# that they would.  TEST_ALL=1: every form sqlmap can crawl to, and an hour's patience.
# timeout: 4000
. tests/lib.sh
. tests/staff.sh
for tool in wapiti sqlmap; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
program qrsvc-photod >/dev/null
cp deploy/examples/facilities.csv "$T/"
"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
start_daemon limits.staff=0 limits.page=0 limits.photo=0
account inspector ins 310107005000
as ins
f=$(sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id WHERE i.key = 'T1'")
mkdir "$T/home"
patience=${TEST_ALL:+300} # seconds to crawl, and seconds a kind of attack

# --- wapiti -----------------------------------------------------------------------------------------

MODULES=blindsql,csp,cookieflags,crlf,exec,file,http_headers,methods,redirect,sql,xss,permanentxss,ssrf,backup
# wapiti_at NAME URL [option...]: its report in $T/NAME.json
wapiti_at() {
	w_name=$1 w_url=$2
	shift 2
	HOME=$T/home timeout 1200 wapiti -u "$w_url" -m "$MODULES" -f json -o "$T/$w_name.json" --store-session "$T/home" \
		--flush-session --no-bugreport --max-scan-time "${patience:-15}" --max-attack-time "${patience:-4}" --skip csrf \
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
ok "it tried $(crawled outside) pages and forms from outside, $(crawled inside) inside" [ "$(crawled inside)" -gt "$(crawled outside)" ]

if [ -n "${TEST_ALL:-}" ]; then
	sqlmap_at sqlout -u "$URL/" --crawl=2 --forms
	sqlmap_at sqlin -u "$URL/staff/" --crawl=2 --forms --cookie "$staff_cookie" --crawl-exclude logout
else
	sqlmap_at sqlout -u "$URL/q?no=1" --technique=BEU
	sqlmap_at sqllogin -u "$URL/staff/login?next=1" --technique=BEU
	sqlmap_at sqlin -u "$URL/staff/search?q=1" --technique=BEU --cookie "$staff_cookie" -p q
	sqlmap_at sqlscan -u "$URL/staff/s?code=$f" --technique=BE --cookie "$staff_cookie" -p code
fi
for log in "$T"/sql*.log; do
	name=$(basename "$log" .log)
	[ "$name" != sqlholes ] || continue
	is "$(injected "$name")" '' "$name: sqlmap finds nothing"
	ok "$name: it has tried $(tested "$name") parameters" [ "$(tested "$name")" -gt 0 ]
done
is "$(sql 'SELECT count(*) FROM core.account')" "$before" 'no account was made'
unlike "$(cat "$T/qrsvc.log")" '^<[0-3]>' 'and no error in the log'
verify() { "$qrsvc" verify >/dev/null; }
ok 'everything verifies' verify
done_testing
