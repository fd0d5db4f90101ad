# For the browser tests, beside lib.sh: what they drive, installed once.
# shellcheck shell=sh

for tool in node npm java chromium; do
	command -v "$tool" >/dev/null || skip_all "needs $tool"
done
# The checkers: exact versions, no install scripts; two tests may come here at once.
mkdir -p build/test
flock build/test/npm.lock sh tests/npm-install tests/browser >"$T/npm.log" 2>&1 || {
	sed 's/^/# /' "$T/npm.log"
	bail 'the browser packages cannot be installed'
}
NODE_PATH=$PWD/tests/browser/node_modules
export NODE_PATH

# FRONT=1: everything goes through nginx with TLS, as deploy/nginx has it: start_daemon calls this, URL becomes
# https://localhost:FRONT_PORT, and node, browser and curl know the certificate.  FRONT_PORT is among server.hosts.
front_start() {
	[ -x /usr/sbin/nginx ] || bail 'nginx is not installed'
	sh deploy/nginx/demo-conf "$T/nginx" "127.0.0.1:$FRONT_PORT" "127.0.0.1:$PORT" "localhost:$FRONT_PORT" || bail 'no configuration of nginx'
	[ "$(id -u)" -ne 0 ] || chown -R "$QR_UID:$QR_GID" "$T/nginx"
	background /usr/sbin/nginx -p "$T/nginx" -c "$T/nginx/nginx.conf" -g 'daemon off;'
	URL=https://localhost:$FRONT_PORT
	FRONT_CA=$T/nginx/cert.pem
	FRONT_SPKI=$(openssl x509 -in "$FRONT_CA" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
	CURL_CA_BUNDLE=$FRONT_CA
	NODE_OPTIONS="-r $PWD/tests/browser/front.js"
	export FRONT_CA FRONT_SPKI CURL_CA_BUNDLE NODE_OPTIONS
	wait_for 20 curl -fsS -o /dev/null "$URL/" || bail 'nginx does not answer'
	curl -sS -o /dev/null -D - "$URL/" | grep -qi '^strict-transport-security' || bail 'that is not nginx'
}
