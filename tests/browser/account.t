#!/bin/sh
# Login, second factor, account and users in a real browser, 360 px: axe, sizes,
# overflow, checkers of HTML; the cookie as a browser takes it.
# timeout: 300
. tests/lib.sh
. tests/browser/lib.sh
. tests/http/staff.sh

cluster_start
start_daemon limits.staff=0 staff.hash_mem=19M
invite inspector --name '李一' --role inspector --org 310107005000
invite admin --name '管理员' --role admin --org 310107000000
link=$(user add guest --name '新人' --role inspector --org 310107005000)
node tests/browser/account.js "$URL" "$T" "$password" "$(path_of "$link")"
