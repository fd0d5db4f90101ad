#!/bin/bash
# The app on an inspector's phone over a bad line: nothing that was typed or photographed is lost,
# and everything arrives once. Chromium, a line that breaks on purpose (line.js), the real server.
# TEST_ALL=1: 30 records with 3 photos over 12 kB/s and 800 ms (an hour).
# timeout: 5400
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
. tests/browser/phone.sh
phone_town "${TEST_ALL:+66}"
phone_run chromium
