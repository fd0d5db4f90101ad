#!/bin/sh
# Every kind of page in a real browser, from made documents on a fixed day: axe, overflow,
# scripts, cookies, requests, sizes, paper, and three checkers of HTML and CSS.
# timeout: 600
. tests/lib.sh

for tool in node npm java chromium; do
	command -v "$tool" >/dev/null || skip_all "needs $tool"
done

# The checkers: exact versions, no install scripts, nothing is downloaded by the packages.
modules=$PWD/build/test/browser
stamp=$(sha256sum tests/browser/package-lock.json | cut -c1-16)
if [ ! -f "$modules/$stamp" ]; then
	rm -rf "$modules"
	mkdir -p "$modules"
	cp tests/browser/package.json tests/browser/package-lock.json "$modules/"
	(cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) ||
		bail "npm ci fails, see $modules/npm.log"
	touch "$modules/$stamp"
fi
NODE_PATH=$modules/node_modules
export NODE_PATH

cluster_start
python3 tests/browser/documents_sql.py >"$T/documents.sql"
sql_file "$T/documents.sql" || bail 'the documents cannot be stored'
start_daemon server.clock=2026-11-22T09:30:00+08:00 site.hotline=12345 \
	site.contact=office@example.gov.cn site.security_contact=security@example.gov.cn \
	limits.page=0

node tests/browser/check.js "$URL" "$T"
