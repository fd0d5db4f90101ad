#!/bin/bash
# Administration in a real browser, without script: a kind of facility from nothing to the page a
# resident sees behind its sticker; two who change the same; then each page by itself: axe,
# overflow, sizes, HTML.
# timeout: 300
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
for tool in pdftoppm zbarimg; do
	command -v "$tool" >/dev/null || skip_all "needs $tool"
done
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
program qrsvc-photod >/dev/null
program qrsvc-jobs >/dev/null
demophoto=$(program demophoto)
account admin top 310000000000
account admin street 310107005000
account inspector ins 310107005000
"$demophoto" --slot after --seed 3 --date "$(date +%F)" --taken "$(TZ=Asia/Shanghai date -d '-40 min' +%FT%T)" \
	--width 1280 --height 960 --gps 31.2,121.4 -o "$T/after.jpg" || bail 'no photo'
start_daemon limits.staff=0 limits.page=0 limits.photo=0
cookies=
for who in top street ins; do
	as $who
	cookies="$cookies ${staff_cookie#*=}"
done
# shellcheck disable=SC2086 # three words
node tests/browser/admin.js "$URL" "$T" $cookies
