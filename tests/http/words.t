#!/bin/bash
# What a form offers for a result that is a word: the usual ones of the item, the one the limit names first;
# a record that holds another one keeps it through a correction.
# timeout: 120
. tests/lib.sh
. tests/staff.sh
town
start_daemon limits.staff=0 limits.page=0
account office off 310107005000
as off
F=$(code T1)
# options ITEM: the values a form offers for it
options() { grep -o "name=\"results-$1\"[^>]*>.*" "$T/body" | sed 's/<\/select>.*//' | grep -o 'option value="[^"]*"[^>]*' | cut -c8- | tr '\n' ' '; }
is "$(page "/staff/f/$F/new?type=test")" 200 'the form of a test'
is "$(options e_coli)" 'value="" value="not_detected" value="detected" ' 'asks for two words'
is "$(options odor_taste)" 'value="" value="none" value="present" ' 'of the item'
raw=$(wc -c <"$T/body")
packed=$(gzip -9c "$T/body" | wc -c)
ok "and is small: $raw of 8192 bytes, $packed of 3584 packed" [ "$raw" -le 8192 -a "$packed" -le 3584 ]
id=$(cat /proc/sys/kernel/random/uuid)
sql "SELECT api.staff_record_put(sha256(sha256('off')), '$id', jsonb_build_object('facility', '$F', 'type', 'test', 'submit', true,
	'date', core.today() - 1, 'parties', '[{\"role\":\"lab\",\"name\":\"城东水质检测站\"}]'::jsonb, 'fields', '{\"report_no\":\"J1\"}'::jsonb,
	'results', '[{\"item\":\"turbidity\",\"num\":\"0.3\"},{\"item\":\"total_coliform\",\"word\":\"absent\"}]'::jsonb))" >/dev/null ||
	bail 'no record'
is "$(page "/staff/r/$id/edit")" 200 'its correction'
is "$(options total_coliform)" 'value="" value="not_detected" value="detected" value="absent" selected ' \
	'still has the word that is stored'
like "$(cat "$T/body")" '<label for="r[0-9]*">总大肠菌群' 'a label has its input'
n=$(grep -o '<label for="r[0-9]*">总大肠菌群' "$T/body" | tr -dc 0-9)
like "$(cat "$T/body")" "<select id=\"r$n\" name=\"results-total_coliform\"" 'by the same number'
is "$(post "/staff/f/$F/new?type=test" "key=$id" results-turbidity=x)" 422 'a slip'
like "$(cat "$T/body")" 'href="#results-turbidity"' 'is linked to'
like "$(cat "$T/body")" 'id="results-turbidity" name="results-turbidity"' 'and there is such an input'
done_testing
