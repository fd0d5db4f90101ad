#!/bin/bash
# The same in Firefox ESR, the essential half: saved and sent later, killed, cut in a piece, a lost
# reply, a session that is over, two tabs, no script at all, stickers.
# timeout: 900
. tests/lib.sh
. tests/browser/lib.sh
. tests/staff.sh
command -v firefox-esr >/dev/null || skip_all 'needs firefox-esr'
. tests/browser/phone.sh
phone_town 16
phone_run firefox
