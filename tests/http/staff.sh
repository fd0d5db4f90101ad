# A browser made of curl, for tests of the pages behind the login: cookies, tokens of forms,
# accounts, codes, the clock of the database.  Sourced after tests/lib.sh.
# shellcheck shell=sh
# curl keeps __Host- cookies only over TLS, so they are carried by hand.
password='seven crates beside the pump'

# jar NAME: from now on the cookies of this browser.
jar() {
	JAR=$T/$1.jar
	[ -f "$JAR" ] || : >"$JAR"
}
cookies() { tr '\n' ';' <"$JAR" | sed 's/;$//'; }
# Takes over what the last answer sets or takes back.
keep_cookies() {
	tr -d '\r' <"$T/head" | sed -n 's/^[Ss]et-[Cc]ookie: //p' | while IFS= read -r st_c; do
		st_nv=${st_c%%;*}
		sed -i "/^${st_nv%%=*}=/d" "$JAR"
		case $st_c in *Max-Age=0*) ;; *) printf '%s\n' "$st_nv" >>"$JAR" ;; esac
	done
}
# get PATH [curl option...]: the status; body and head as `status` leaves them.
get() {
	st_path=$1
	shift
	st_s=$(status "$st_path" -H "Cookie: $(cookies)" "$@")
	keep_cookies
	echo "$st_s"
}
# csrf: the token of the last page's forms.
csrf() { grep -o 'name="csrf" value="[^"]*"' "$T/body" | tail -n 1 | cut -d'"' -f4; }
# post PATH [FIELD=VALUE...]: with the token of the last page.
post() {
	st_path=$1
	shift
	set -- "$@" "csrf=$(csrf)"
	st_n=$#
	while [ "$st_n" -gt 0 ]; do
		st_f=$1
		shift
		set -- "$@" --data-urlencode "$st_f"
		st_n=$((st_n - 1))
	done
	st_s=$(status "$st_path" -H "Cookie: $(cookies)" -H "Origin: $URL" "$@")
	keep_cookies
	echo "$st_s"
}
has() { grep -q -e "$1" "$T/body"; }
hasnt() { ! grep -q -e "$1" "$T/body"; }
# hidden NAME: value of a hidden field of the last page.
hidden() { grep -o "name=\"$1\" value=\"[^\"]*\"" "$T/body" | tail -n 1 | cut -d'"' -f4; }
user() { QRSVC_CONFIG=$T/qrsvc.conf "$(program qrsvc)" user "$@" --who test 2>"$T/err"; }
path_of() { echo "/${1#*://*/}"; }
# invite LOGIN OPTION...: makes the account and sets the password by its link.
invite() {
	st_link=$(user add "$@") || bail "user add $1: $(cat "$T/err")"
	jar "invite-$1"
	get "$(path_of "$st_link")" >/dev/null
	st_s=$(post "$(path_of "$st_link")" "password=$password" "password2=$password")
	[ "$st_s" = 303 ] || bail "the link of $1 answers $st_s"
}
# log_in LOGIN [PASSWORD [FIELD=VALUE...]]: the status of the answer.
log_in() {
	st_login=$1
	st_password=${2:-$password}
	[ $# -lt 2 ] || shift
	shift
	get /staff/login >/dev/null
	post /staff/login "login=$st_login" "password=$st_password" next=/staff/account "$@"
}
# at SECONDS: the database's clock stands so long after the test began.
at() { sql "UPDATE core.site SET clock = timestamptz '2026-11-22 08:00:00+08' + interval '$1 s'"; }
# totp BASE32 SECONDS: the code that app shows then.
totp() {
	python3 - "$1" "$2" <<'PY'
import base64, hmac, struct, sys
key = base64.b32decode(sys.argv[1] + "=" * (-len(sys.argv[1]) % 8))
h = hmac.new(key, struct.pack(">Q", (1795305600 + int(sys.argv[2])) // 30), "sha1").digest()
at = h[19] & 15
print("%06d" % ((struct.unpack(">I", h[at:at + 4])[0] & 0x7FFFFFFF) % 1000000))
PY
}
