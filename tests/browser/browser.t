#!/bin/sh
# Every kind of page in a real browser, from made documents on a fixed day: axe, overflow,
# scripts, cookies, requests, sizes, paper, and three checkers of HTML and CSS.
# timeout: 600
. tests/lib.sh
. tests/browser/lib.sh

cluster_start
python3 tests/browser/documents_sql.py >"$T/documents.sql"
sql_file "$T/documents.sql" || bail 'the documents cannot be stored'
start_daemon server.clock=2026-11-22T09:30:00+08:00 site.hotline=12345 \
	site.contact=office@example.gov.cn site.security_contact=security@example.gov.cn \
	limits.page=0

node tests/browser/check.js "$URL" "$T"
