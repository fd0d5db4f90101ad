#!/bin/sh
# What is generated and kept in the tree is what the programs say today.
. tests/lib.sh

"$B/qrsvc" config-doc >"$T/conf"
is "$(diff "$T/conf" deploy/qrsvc.conf.example)" '' 'deploy/qrsvc.conf.example is what config-doc prints (make conf-example)'
ok 'and check-config accepts it' "$B/qrsvc" --config deploy/qrsvc.conf.example check-config

# each key of the documentation is one the program knows, and no other is accepted
sed 's/^workers = .*/workerz = 2/' deploy/qrsvc.conf.example >"$T/wrong"
line=$(grep -n '^workerz' "$T/wrong" | cut -d: -f1)
out=$("$B/qrsvc" --config "$T/wrong" check-config 2>&1)
nok 'an unknown key is refused' "$B/qrsvc" --config "$T/wrong" check-config 2>/dev/null
like "$out" "wrong:$line: .*workerz" 'with file and line'

done_testing
