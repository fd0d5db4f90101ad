# For tests of pages behind the login, beside lib.sh: accounts and sessions straight in the
# database, requests with their cookie and form token.
#
#   account office off.a 310107000000   an account of a role in an office, with a full session
#   as off.a                            whose cookie goes with what follows; nobody: none
#   page PATH [curl option...]          status of a GET; body in $T/body, fields in $T/head
#   post PATH NAME=VALUE...             status of a POST with the token; csrf=... replaces it
#   stale off.a, fresh off.a            the last password is ten minutes old, or new
#   text                                the last body without tags, on one line
#   town                                a cluster with the facilities of deploy/examples and two firms
#                                       with a filing; programs in $qrsvc, $demophoto
#   code T1                             printed code of one of them; cleaner: number of the first firm
#   picture NAME SLOT [option...]       $T/NAME.jpg, a made-up photo of the day of the tests
# shellcheck shell=bash
account() {
	sql "SELECT api.user_add('test', jsonb_build_object('login', '$2', 'name', 'N $2', 'role', '$1', 'org', '$3'),
		sha256('invite $2'))" >/dev/null || bail "no account $2"
	sql "SELECT api.invite_use(sha256('invite $2'), '\$argon2id\$v=19\$m=19456,t=2,p=1\$c29tZSBzYWx0IGhlcmUuLg\$' || repeat('B', 43))" >/dev/null
	sql "INSERT INTO core.session (account_id, token, state, since, seen_at, proved_at, expires_at)
		SELECT id, sha256(sha256('$2')), 'full', core.now(), core.now(), core.now(), core.now() + interval '8 hours'
		FROM core.account WHERE login = '$2'" >/dev/null || bail "no session of $2"
}
staff_url64() { basenc --base64url -w0 | tr -d =; }
as() {
	staff_hex=$(printf %s "$1" | sha256sum | cut -c1-64)
	staff_cookie=__Host-qr=$(printf %s "$staff_hex" | tr a-f A-F | basenc --base16 -d | staff_url64)
	staff_csrf=$(printf csrf | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$staff_hex" -binary | staff_url64)
}
nobody() { staff_cookie=none=1 staff_csrf=; }
page() {
	staff_path=$1
	shift
	status "$staff_path" -H "Cookie: $staff_cookie" "$@"
}
post() {
	staff_path=$1 staff_token=1
	shift
	set -- "$@"
	staff_args=()
	for staff_a; do
		case $staff_a in csrf=*) staff_token= ;; esac
		staff_args+=(--data-urlencode "$staff_a")
	done
	[ -z "$staff_token" ] || staff_args+=(--data-urlencode "csrf=$staff_csrf")
	status "$staff_path" -H "Cookie: $staff_cookie" -H "Origin: $URL" -H 'Sec-Fetch-Site: same-origin' "${staff_args[@]}"
}
stale() { sql "UPDATE core.session SET proved_at = core.now() - interval '10 minutes' WHERE token = sha256(sha256('$1'))" >/dev/null; }
fresh() { sql "UPDATE core.session SET proved_at = core.now() WHERE token = sha256(sha256('$1'))" >/dev/null; }
text() { tr '\n' ' ' <"$T/body" | sed 's/<style>[^<]*<.style>//g; s/<[^>]*>/ /g; s/  */ /g'; }
town() {
	cluster_start
	export QRSVC_DATABASE_DSN="$DSN"
	qrsvc=$(program qrsvc)
	program qrsvc-photod >/dev/null
	demophoto=$(program demophoto)
	cp deploy/examples/facilities.csv "$T/"
	"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
	sql "WITH p AS (INSERT INTO core.party (name) VALUES ('清源水箱清洗公司'), ('城东水质检测站') RETURNING id)
		INSERT INTO core.party_filing (party_id, number, valid_from) SELECT id, '备 ' || id, '2020-01-01' FROM p" >/dev/null
}
code() { sql "SELECT f.code FROM core.facility f JOIN core.import_source i ON i.facility_id = f.id
	WHERE i.kind = 'facility' AND i.key = '$1'"; }
cleaner() { sql "SELECT id FROM core.party WHERE name = '清源水箱清洗公司'"; }
picture() {
	staff_pic=$1 staff_slot=$2
	shift 2
	"$demophoto" --slot "$staff_slot" --date 2026-11-22 --taken 2026-11-22T09:10:00 "$@" -o "$T/$staff_pic.jpg"
}
