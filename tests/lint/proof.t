#!/bin/sh
# The tables that say which test shows what (docs/requirements.md, docs/asvs.md): each number once, each test
# and each quoted word there; and that the check itself would notice.
. tests/lib.sh

# wrong KIND FILE: what is wrong, one line each
wrong() { python3 tests/lint/proof.py "$@"; }
is "$(wrong requirements docs/requirements.md)" '' 'docs/requirements.md: each number once, each test and its words are there'
is "$(wrong asvs docs/asvs.md)" '' 'docs/asvs.md: every number of the standard once, each with its reason'

sed -e '/^| 7 |/d' -e '/^| 9 |/s/`[^`]*`/`tests\/http\/nothing.t`/' -e '/^| 8 |/s/"[^"]*"/"words that stand nowhere"/' \
	-e '/^| 12 |/s/| [^|]* |$/| trust us |/' docs/requirements.md >"$T/wrong.md"
wrong requirements "$T/wrong.md" >"$T/out"
like "$(cat "$T/out")" 'not 1 to 51: \[7\]' 'a number that is missing is named'
like "$(cat "$T/out")" 'there is no tests/http/nothing.t' 'so is a test that is not there'
like "$(cat "$T/out")" 'words that stand nowhere" does not stand in' 'and words that are not'
like "$(cat "$T/out")" 'no test is named' 'and a row without proof'
sed -e '/^| 1\.1\.1 |/d' -e '/^| 2\.2\.1 |/s/| yes |/| surely |/' docs/asvs.md >"$T/wrong.md"
wrong asvs "$T/wrong.md" >"$T/out"
like "$(cat "$T/out")" 'not those of the standard' 'a number of the standard that is missing is noticed'
like "$(cat "$T/out")" 'neither yes nor n.a. nor no' 'and an answer that is none'
done_testing
