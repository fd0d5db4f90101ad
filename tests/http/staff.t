#!/bin/sh
# The way of people who log in: invitation, password, second factor, sessions, tokens of forms,
# users; over HTTP, against a real database.  timeout: 180
. tests/lib.sh
# shellcheck source=tests/http/staff.sh
. tests/http/staff.sh
cluster_start
start_daemon limits.staff=0 staff.hash_mem=19M
at 0

# --- invitation ------------------------------------------------------------------------------

link=$(user add lili --name '李一' --role inspector --org 310107005000)
like "$link" '^https://QR.EXAMPLE.GOV.CN/staff/invite/[A-Za-z0-9_-]{43}$' 'user add prints a link'
unlike "$(cat "$T/err")" '[Pp]assword: ' 'and no password'
invited=$(path_of "$link")
jar lili
is "$(get "$invited")" 200 'the link opens'
ok 'it greets by name' has '李一'
is "$(post "$invited" password=short password2=short)" 422 'a short password is refused'
ok 'and the page says why' has '至少12个字符'
ok 'beside the field and on top' has 'href="#password"'
is "$(post "$invited" password=aaaaaaaaaaaaaa password2=aaaaaaaaaaaaaa)" 422 'a guessable one, too'
is "$(post "$invited" "password=$password" "password2=$password.")" 422 'and two that differ'
ok 'no password is ever shown' hasnt "$password"
is "$(post "$invited" "password=$password" "password2=$password")" 303 'a good one is taken'
is "$(field Location)" '/staff/login?said=password' 'and leads to the login'
is "$(get "$invited")" 404 'the link works once'
ok 'and says that it was used' has '已经用过'
is "$(get /staff/invite/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA)" 404 'a link of nobody'
is "$(get /staff/invite/nonsense)" 404 'and no link at all'
nok 'no token of a link is in the log' grep -q -e "${link##*/}" "$T/qrsvc.log"

# --- login -----------------------------------------------------------------------------------

is "$(get /staff/account)" 303 'a page without a session leads to the login'
is "$(field Location)" '/staff/login?next=%2Fstaff%2Faccount' 'and from there back'
is "$(get /staff/login)" 200 'the login page opens'
is "$(field Cache-Control)" no-store 'and is not kept'
is "$(field Referrer-Policy)" same-origin 'it tells nobody else where it was'
for bad in 'login=lili' 'login=lili&password=wrong' 'password=x' 'login=&password=x'; do
	is "$(status /staff/login -H "Cookie: $(cookies)" -d "$bad" -d "csrf=$(csrf)")" 401 "$bad is refused"
	ok 'with words' has '登录名或密码不对'
done
sql "DELETE FROM core.attempt"
is "$(post /staff/login login=lili "password=$password" next=/staff/account)" 303 'the password logs in'
is "$(field Location)" /staff/account 'and goes where it was meant to go'
cookie=$(tr -d '\r' <"$T/head" | grep -i '^set-cookie: __Host-qr=')
for flag in Secure HttpOnly SameSite=Lax 'Path=/'; do
	like "$cookie" "; $flag(;|$)" "the cookie is $flag"
done
unlike "$cookie" '[Dd]omain=' 'and has no domain'
token=$(printf '%s' "$cookie" | sed 's/.*__Host-qr=\([^;]*\).*/\1/')
is "$(sql "SELECT count(*) FROM core.session WHERE token = convert_to('$token', 'UTF8')")" 0 \
	'the database does not know the token'
is "$(sql "SELECT count(*) FROM core.session WHERE token = sha256(decode(translate('$token', '-_', '+/') || '=', 'base64'))")" \
	1 'but its hash'
is "$(get /staff/account)" 200 'the account page opens'
ok 'and names the role' has '巡检人员'
ok 'and this session' has '本机'
is "$(get '/staff/account?lang=en')" 200 'in English, too'
ok 'with English words' has 'Inspector'
for next in https://example.org/ //example.org '/\example.org' /staffx "/staff/?a b"; do
	jar evil
	get /staff/login >/dev/null
	post /staff/login login=lili "password=$password" "next=$next" >/dev/null
	like "$(field Location)" '^/staff/$' "next=$next stays at home"
done

# --- an unknown account is answered like a known one --------------------------------------------

jar guess
get /staff/login >/dev/null
form=$(csrf)
took() { # LOGIN: milliseconds of one refused login
	sql 'DELETE FROM core.attempt'
	curl -sS -o "$T/body" -w '%{http_code} %{time_total}\n' -H "Cookie: $(cookies)" \
		-d "login=$1&password=not+the+password&csrf=$form&next=" "$URL/staff/login" |
		awk '{ if ($1 == 401) printf "%d", $2 * 1000 + 0.5; else print 999999 }'
}
: >"$T/known"
: >"$T/unknown"
# The fastest of many is what it costs; a busy machine needs more tries until both were undisturbed.
apart=999 tries=0
while [ "$tries" -lt 8 ] || { [ "${apart#-}" -gt 20 ] && [ "$tries" -lt 60 ]; }; do
	took lili >>"$T/known" && echo >>"$T/known"
	sed 's/lili/LOGIN/g; s/value="[A-Za-z0-9_-]\{43\}"//g' "$T/body" >"$T/body.known"
	took nobody >>"$T/unknown" && echo >>"$T/unknown"
	sed 's/nobody/LOGIN/g; s/value="[A-Za-z0-9_-]\{43\}"//g' "$T/body" >"$T/body.unknown"
	known=$(sort -n "$T/known" | head -n 1) unknown=$(sort -n "$T/unknown" | head -n 1)
	apart=$((known - unknown)) tries=$((tries + 1))
done
ok 'the same words' cmp -s "$T/body.known" "$T/body.unknown"
diag "fastest of $tries: known $known ms, unknown $unknown ms"
ok 'and the same time, to 20 ms' test "${apart#-}" -le 20

# --- back-off ---------------------------------------------------------------------------------

sql 'DELETE FROM core.attempt'
s=401
for _ in 1 2 3 4 5 6; do
	s=$(post /staff/login login=lili password=wrong-again-and-again next=)
	[ "$s" = 401 ] || break
done
is "$s" 429 'wrong passwords again and again have to wait'
like "$(field Retry-After)" '^[0-9]+$' 'and are told how long'
is "$(log_in lili)" 429 'the right one, too'
sql 'DELETE FROM core.attempt'
is "$(log_in lili)" 303 'and later it is taken'

# --- where a form comes from -------------------------------------------------------------------

jar lili
get /staff/account >/dev/null
form=$(csrf)
say() { status /staff/logout -H "Cookie: $(cookies)" --data-urlencode "csrf=$form" "$@"; }
is "$(say -H 'Origin: https://example.org')" 403 'a form of another site'
is "$(say -H 'Origin: null')" 403 'of nowhere'
is "$(say -H 'Sec-Fetch-Site: cross-site')" 403 'that a browser calls cross-site'
is "$(say -H 'Sec-Fetch-Site: same-site')" 403 'or of a neighbour'
is "$(say -H "Referer: https://example.org/$URL")" 403 'with the Referer of another site'
head_only=$(
	python3 - "$PORT" <<'PY'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
s.sendall(b"POST /staff/logout HTTP/1.1\r\nHost: localhost:%s\r\nOrigin: https://example.org\r\n"
          b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n"
          % sys.argv[1].encode())
s.settimeout(3)
print(s.recv(100).split()[1].decode())
PY
)
is "$head_only" 403 'before a byte of it is read'
is "$(get /staff/account)" 200 'and nobody was logged out'

# --- every form without its token ---------------------------------------------------------------

# forms of residents have no session and so no token: there, another site is what is refused
python3 - "$T/open" >"$T/forms" <<'PY'
import re, sys
residents = open(sys.argv[1], "w")
text = open("qrsvc/web/routes.c").read()
text = text[text.index("routes[] = {"):]
for name, path, flags, kind in re.findall(r'\{"(\w+)",\s*"(/[^"]*)",\s*([A-Z_| \n\t]+),\s*(\w+),', text):
    if re.search(r"\b(ACT|FORM|WITH_FILE|VISITOR|ROUTE_POST)\b", flags):
        known = {"id": "1", "account": "1", "token": "A" * 43}
        known["record"] = "00000000-0000-4000-8000-000000000000"
        path = re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], "1"), path)
        print(path, file=residents if kind == "CLASS_FORM" else None)
PY
ok 'there are forms of residents' test "$(wc -l <"$T/open")" -ge 3
while read -r path; do
	is "$(status "$path" -H "Origin: https://example.org" -d kind=dirty)" 403 "$path from another site"
	is "$(status "$path" -H 'Sec-Fetch-Site: cross-site' -d kind=dirty)" 403 "$path that a browser calls cross-site"
done <"$T/open"
ok 'there are forms to try' test "$(wc -l <"$T/forms")" -ge 12
while read -r path; do
	is "$(status "$path" -H "Cookie: $(cookies)" -H "Origin: $URL" -d password=x)" 403 \
		"$path without its token"
	is "$(status "$path" -H "Cookie: $(cookies)" -H "Origin: $URL" -d "csrf=$(echo "$form" | tr 'A-Za-z' 'N-ZA-Mn-za-m')")" \
		403 "$path with another one"
done <"$T/forms"
is "$(get /staff/account)" 200 'and the session is as it was'

# --- sessions -----------------------------------------------------------------------------------

jar second
is "$(log_in lili '' own=1)" 303 'a second browser logs in'
jar lili
get /staff/account >/dev/null
is "$(grep -o 'class="btn">结束' "$T/body" | wc -l)" "$(sql "SELECT count(*) - 1 FROM core.session WHERE ended_at IS NULL")" \
	'the page lists the others'
id=$(sql "SELECT max(id) FROM core.session")
is "$(post "/staff/sessions/$id/end")" 303 'one of them is ended'
jar second
is "$(get /staff/account)" 303 'and is out'
jar lili
get /staff/account >/dev/null
is "$(post /staff/sessions/999999/end)" 404 'one that is not ours is not found'

at 1740
is "$(get /staff/account)" 200 'after 29 minutes the session is there'
at 3600
get /staff/login >/dev/null
is "$(get /staff/account)" 303 'after 31 more it is not'
like "$(field Location)" '^/staff/login\?next=' 'and leads to the login'

# --- what was typed before the session ended ----------------------------------------------------

jar admin
invite admin --name 管 --role admin --org 310107000000
jar admin
is "$(log_in admin)" 303 'an administrator logs in'
is "$(field Location)" /staff/second 'and has to set up the second factor'
is "$(get /staff/users)" 303 'before that nothing else opens'
is "$(field Location)" '/staff/second?next=%2Fstaff%2Fusers' 'but its set-up'
is "$(get /staff/second)" 200 'which opens'
is "$(post /staff/second/begin)" 200 'it begins'
secret=$(hidden secret)
like "$secret" '^[A-Z2-7]{32}$' 'with a key'
ok 'and a QR code' has '<path fill="#000" d="M'
is "$(post /staff/second "secret=$secret" login=admin code=000000)" 422 'a wrong code is refused'
ok 'the key is still there' has "value=\"$secret\""
is "$(post /staff/second "secret=$secret" login=admin "code=$(totp "$secret" 3600)")" 200 'the right one is taken'
is "$(grep -o '<code>[^<]*</code>' "$T/body" | wc -l)" 10 'ten recovery codes are shown'
recovery=$(grep -o '<code>[^<]*</code>' "$T/body" | sed -n '3s/<[^>]*>//gp')
is "$(get /staff/users)" 200 'now the users open'
is "$(get /staff/users/new)" 200 'and the form of a new account'
ok 'with roles not above their own' has 'value="auditor"'
cp "$T/body" "$T/form"
at 7200
cp "$T/form" "$T/body"
is "$(post /staff/users/new login=wang1 'name=王 <b>"五"' role=inspector org=310107005000)" 401 \
	'an hour later the session is over'
ok 'the login page keeps what was typed' has 'name="keep.name" value="王 &lt;b&gt;&quot;五&quot;"'
is "$(field WWW-Authenticate)" 'Cookie realm="staff"' '401 says how'
next=$(hidden next)
is "$next" /staff/users/new 'and where to'
is "$(post /staff/login login=admin "password=$password" "next=$next" resend=1 keep.login=wang1 'keep.name=王 <b>"五"' keep.role=inspector keep.org=310107005000)" \
	200 'the password leads to the code'
ok 'what was typed is still there' has 'name="keep.login" value="wang1"'
is "$(post /staff/totp code=123456 "next=$next" resend=1 keep.login=wang1)" 401 'a wrong code is refused'
is "$(post /staff/totp "code=$(totp "$secret" 7200)" "next=$next" resend=1 keep.login=wang1 'keep.name=王 <b>"五"' keep.role=inspector keep.org=310107005000)" \
	200 'the right one leads on'
ok 'to what was typed' has 'name="login" value="wang1"'
ok 'escaped' has '<dd>王 &lt;b&gt;&quot;五&quot;</dd>'
is "$(post /staff/users/new login=wang1 'name=王五' role=inspector org=310107005000)" 200 'sent again, it is taken'
ok 'and shows a link' has '<code class="long">https://QR.EXAMPLE.GOV.CN/staff/invite/'

# --- the second factor ---------------------------------------------------------------------------

jar again
sql 'DELETE FROM core.attempt'
is "$(log_in admin)" 200 'a login asks for the code'
is "$(get /staff/users)" 303 'and nothing opens without it'
like "$(field Location)" '^/staff/totp' 'but the code'
get /staff/totp >/dev/null
is "$(post /staff/totp "code=$(totp "$secret" 7200)")" 401 'a code works once'
is "$(post /staff/totp "code=$recovery")" 303 'a recovery code works'
is "$(get /staff/account)" 200 'and opens the account'
ok 'nine are left' has '还剩9个'
jar other
log_in admin >/dev/null
is "$(post /staff/totp "code=$recovery")" 401 'but works once, too'

# --- once more the password ------------------------------------------------------------------------

jar again
at 7260
get /staff/users/new >/dev/null
cp "$T/body" "$T/form"
at 7800
is "$(post /staff/users/new login=zhao2 name=赵 role=inspector org=310107005000)" 428 \
	'nine minutes later the password is asked for'
ok 'and what was typed is kept' has 'name="keep.login" value="zhao2"'
is "$(post /staff/again password=wrong next=/staff/users/new resend=1 keep.login=zhao2)" 401 'a wrong one is refused'
sql 'DELETE FROM core.attempt'
is "$(post /staff/again "password=$password" next=/staff/users/new resend=1 keep.login=zhao2)" 200 'the right one goes on'
is "$(post /staff/users/new login=zhao2 name=赵 role=inspector org=310107005000)" 200 'and the account is made'
get /staff/users/new >/dev/null
is "$(post /staff/users/new login=zhao2 name= role=admin org=310107005000 from=2026-13-01)" 422 'mistakes are told'
ok 'all of them' test "$(grep -o 'href="#[a-z]*"' "$T/body" | sort -u | wc -l)" -ge 2
ok 'and nothing is lost' has 'name="login" value="zhao2"'
is "$(get '/staff/users?q=zhao')" 200 'it is found'
account=$(sql "SELECT id FROM core.account WHERE login = 'zhao2'")
is "$(post "/staff/users/$account/reset")" 200 'a new link for it'
get '/staff/users?q=zhao' >/dev/null
is "$(post "/staff/users/$account/end")" 303 'and it ends'
get "$(path_of "$(field Location)")" >/dev/null
is "$(get '/staff/users?q=zhao2')" 200 'it stays in the list'
ok 'as ended' has '已停用'
is "$(post "/staff/users/$(sql "SELECT id FROM core.account WHERE login = 'admin'")/end")" 409 'nobody ends himself'
jar lili
at 7900
sql 'DELETE FROM core.attempt'
log_in lili >/dev/null
is "$(get /staff/users)" 403 'an inspector has no users'
ok 'and is told in words' has '您不能做这项操作'
is "$(get /staff/users/new)" 403 'nor may he make one'

# --- password, out -----------------------------------------------------------------------------------

jar second
log_in lili >/dev/null
jar lili
is "$(get /staff/password)" 200 'the password may be changed'
is "$(post /staff/password password=lililililili password2=lililililili)" 422 'not to one like the login'
is "$(post /staff/password 'password=nine geese above a canal' 'password2=nine geese above a canal')" 303 'a new one is set'
like "$(field Set-Cookie)" '__Host-qr=; .*Max-Age=0' 'the cookie goes'
jar second
is "$(get /staff/account)" 303 'every other session has ended'
sql 'DELETE FROM core.attempt'
is "$(log_in lili)" 401 'the old password is wrong'
is "$(log_in lili 'nine geese above a canal')" 303 'the new one is right'
get /staff/account >/dev/null
is "$(post /staff/logout)" 303 'log out'
is "$(get /staff/account)" 303 'and out it is'
jar a
log_in lili 'nine geese above a canal' >/dev/null
jar b
log_in lili 'nine geese above a canal' >/dev/null
get /staff/account >/dev/null
is "$(post /staff/logout all=1)" 303 'log out everywhere'
jar a
is "$(get /staff/account)" 303 'is everywhere'

# --- parameters rise ---------------------------------------------------------------------------------

jar lili
like "$(sql "SELECT password FROM core.credential c JOIN core.account a ON a.id = account_id WHERE login = 'lili'")" \
	'm=19456,t=2' 'a hash has the parameters it was made with'
end "$DAEMON"
start_daemon limits.staff=0 staff.hash_mem=24M
is "$(log_in lili 'nine geese above a canal')" 303 'after they rose the password is still right'
like "$(sql "SELECT password FROM core.credential c JOIN core.account a ON a.id = account_id WHERE login = 'lili'")" \
	'm=24576,t=2' 'and its hash was made anew'
is "$(log_in lili 'nine geese above a canal')" 303 'which is right, too'

# --- nothing of it is written down ---------------------------------------------------------------------

for word in "$password" 'nine geese' "$secret" "$token" lili "$recovery" "${link##*/}"; do
	nok "the log has no $word" grep -qF -e "$word" "$T/qrsvc.log"
done
nok 'and no address but its prefix' grep -q 'client=127.0.0.1' "$T/qrsvc.log"
done_testing
