#!/bin/sh
# The demo as somebody tries it with a phone: nginx with TLS in front, labels that carry this very
# address and say "trial".  timeout: 600
. tests/lib.sh

PORT=$(qr_port)
STATE=$T/demo
log=$T/demo.log
URL=https://127.0.0.1:$PORT
env --default-signal=INT TLS=1 TRIAL=1 NYC=0 PORT="$PORT" STATE="$STATE" BASE_URL="$URL" \
	sh deploy/demo >"$log" 2>&1 &
demo=$!
lib_pids="$lib_pids $demo"
until grep -q '^ready: ' "$log"; do
	qr_alive "$demo" || {
		tail -n 20 "$log" | sed 's/^/# /'
		bail 'the demo does not start'
	}
	sleep 0.2
done
like "$(cat "$log")" "^ready: $URL/\$" 'it is ready at an https address'
info() { python3 tests/demo/look.py info "$STATE/info.json" "$1"; }

code=$(info labels.on_time)
is "$(curl -sk -o "$T/body" -D "$T/head" -w '%{http_code} %{http_version}' "$URL/$code")" '200 2' \
	'a page over TLS and HTTP/2'
like "$(cat "$T/head")" '^strict-transport-security: max-age=31536000' 'with HSTS'
like "$(cat "$T/head")" "^content-security-policy: default-src 'none'" 'and the headers of the service'
unlike "$(cat "$T/head")" '^server: nginx/' 'the version of nginx is not told'
etag=$(tr -d '\r' <"$T/head" | sed -n 's/^etag: //p')
is "$(curl -sk -o /dev/null -w '%{http_code}' -H "If-None-Match: $etag" "$URL/$code")" 304 \
	'conditional requests pass through'
is "$(curl -sk -o /dev/null -w '%{http_code}' -X POST "$URL/$code")" 405 'so do refusals'
is "$(curl -sk -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/")" 400 'plain http is refused'
is "$(curl -s --cacert "$STATE/home/nginx/cert.pem" -o /dev/null -w '%{http_code}' "$URL/")" 200 \
	'the certificate is valid for this address'
is "$(stat -c %a "$STATE/home/nginx/key.pem")" 600 'its key is private'

sheet=$(info sheet)
like "$(pdftotext -l 1 "$sheet" -)" '[Tt]rial|试用' 'the sheet says that it is a trial'
pdftoppm -r 300 -gray -l 1 "$sheet" "$T/sheet"
python3 tests/demo/look.py cut 3 8 "$T"/sheet-*.pgm
content=$(zbarimg --nodbus -q --raw -S disable -S qrcode.enable "$T/label-004.pgm" 2>/dev/null)
like "$content" "^HTTPS://127[.]0[.]0[.]1:$PORT/[0-9A-Z]{9}\$" 'a code carries the address'
is "$(curl -sk -o /dev/null -w '%{http_code}' "$content")" 200 'and opens it as it is'

kill -INT "$demo"
wait_for 30 test ! -d "/proc/$demo"
nok 'after Ctrl-C nothing listens' curl -sk -o /dev/null "$URL/"
left=$(for p in /proc/[0-9]*; do
	case $(readlink "$p/cwd") in "$STATE"/*) tr '\0' ' ' <"$p/cmdline" ;; esac
done 2>/dev/null)
is "$left" '' 'nor runs'
done_testing
