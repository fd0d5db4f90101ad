#!/bin/sh
# What stops the build: mistakes in templates and catalogues, each named by file and line.
: "${B:=build/release}"
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT INT TERM
export ASAN_OPTIONS=detect_leaks=0
n=0
bad=0

report() { # STATUS DESCRIPTION
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$n" "$2"
	else
		bad=$((bad + 1))
		printf 'not ok %d - %s\n' "$n" "$2"
		sed 's/^/# /' "$T/err"
	fi
}
run() { # FILE...
	"$B/tplc" -n t -o "$T/out" -d "$T" -s "$T" -m "a=$T/a.msg" -m "b=$T/b.msg" "$@" \
		>"$T/err" 2>&1
}
fresh() {
	rm -f "$T/out.c" "$T/out.h" "$T/t.html"
	printf '@plural none\nm = text {0}\n' >"$T/a.msg"
	printf '@plural one-other\nm = text {0} {0?one|many}\n' >"$T/b.msg"
	printf '<i>{{x}}</i>\n' >"$T/_part.html"
	printf '<i>\n' >"$T/_open.html"
	printf '<b title="\n' >"$T/_torn.html"
	printf '{{>loop}}\n' >"$T/_loop.html"
}
# refused TEMPLATE LINE MESSAGE: the message names t.html, the line and the reason.
refused() {
	fresh
	printf '%b' "$1" >"$T/t.html"
	run t.html
	status=$?
	[ "$status" -eq 1 ] && [ ! -e "$T/out.c" ] && grep -q "t.html:$2: .*$3" "$T/err"
	report $? "$3: $(printf '%s' "$1" | cut -c1-50)"
}
# catalogue A-TEXT MESSAGE
catalogue() {
	fresh
	echo '<i>{{x}}</i>' >"$T/t.html"
	printf '%b' "$1" >"$T/a.msg"
	run t.html
	status=$?
	[ "$status" -eq 1 ] && [ ! -e "$T/out.c" ] && grep -q "$2" "$T/err"
	report $? "catalogue: $2"
}

fresh
printf '<p>{{x}} {{_m x}} {{>part}}</p>\n' >"$T/t.html"
run t.html && [ -s "$T/out.c" ] && [ -s "$T/out.h" ]
report $? 'a good template is compiled'
cp "$T/out.c" "$T/first.c"
run t.html && cmp -s "$T/out.c" "$T/first.c"
report $? 'the same sources give the same bytes'

# security.md 13: no placeholder where no escape makes it safe
refused '<p>\n<script>var x = "{{x}}"</script>' 2 'in <script>'
refused '<style>\n.a{color:{{x}}}</style>' 2 'in <style>'
refused '<style>\n{{#x}}.a{}{{/x}}</style>' 2 'cannot stand here'
refused '<p onclick="f({{x}})">' 1 'event attribute onclick'
refused '<p ONLOAD="{{x}}">' 1 'event attribute onload'
refused '<p style="color:{{x}}">' 1 'attribute style'
refused '<iframe srcdoc="{{x}}">' 1 'attribute srcdoc'
refused '<p class={{x}}>' 1 'unquoted attribute class'
refused '<p class=a{{x}}>' 1 'unquoted attribute class'
refused '<p {{x}}>' 1 'inside a tag'
refused '<p {{x}}="a">' 1 'inside a tag'
refused '<{{x}}>' 1 'inside a tag'
refused '<p><!-- {{x}} --></p>' 1 'in a comment'
refused '<p>{{{x}}}</p>' 1 'no raw output'
refused '<p>{{&x}}</p>' 1 'no raw output'
refused '<a href="{{_m x}}">a</a>' 1 'in an address'
# structure
refused '<p>\n\n{{#x}}</p>' 3 'ends in another context\|not closed'
refused '<p>{{/x}}</p>' 1 'closes nothing'
refused '<p>{{#x}}\n{{/y}}</p>' 2 'of line 1 is open'
refused '{{#x}}<p title="{{/x}}">' 1 'ends in another context'
refused '<p>{{>none}}</p>' 1 'No such file'
refused '<p>{{>../a}}</p>' 1 'bad name of a partial'
refused '<p>{{x</p>' 1 '{{ without }}'
refused '<p>{{}}</p>' 1 'without a name'
refused '<p>{{X}}</p>' 1 'bad name'
refused '<p>{{a.b}}</p>' 1 'bad name'
refused '<p>a < b</p>' 1 'opens no tag'
refused '<pre>a</pre>' 1 '<pre>'
refused '<p title=>a</p>' 1 'without a value'
refused '<style>a{}</style><style>b{}</style>' 1 'a second <style>'
# messages
refused '<p>\n{{_none}}</p>' 2 'no message "none"'
refused '<p>{{_m}}</p>' 1 'takes 1 arguments, not 0'
refused '<p>{{_m a b}}</p>' 1 'takes 1 arguments, not 2'
catalogue '# none\n' 'a.msg:1: message "m" is missing'
catalogue 'm = text {0}\nextra = x\n' 'b.msg:1: message "extra" is missing'
catalogue 'm = {0}\nm = {0}\n' 'a.msg:2: "m" stands in line 1 already'
catalogue 'm = {9}\n' 'a.msg:1: after { stands the number'
catalogue 'm = {0\n' 'a.msg:1'
catalogue 'm = a *b {0}\n' 'without its second one'
catalogue '@plural none\nm = {0?a|b}\n' '2 plural forms, this language has 1'
catalogue '@plural many\nm = {0}\n' 'unknown directive'
catalogue 'M = {0}\n' 'bad key'
catalogue 'no equals sign\n' 'neither'
catalogue 'm = {0} \377\n' 'is not UTF-8'

# a partial must end where it began, and must not include itself without end
fresh
echo '<p>{{>torn}}' >"$T/t.html"
run t.html
[ $? -eq 1 ] && grep -q '_torn.html:2: the file ends in another context' "$T/err"
report $? 'a partial ends in the context in which it began'
fresh
echo '<p>{{>loop}}' >"$T/t.html"
run t.html
[ $? -eq 1 ] && grep -q 'more than 8 deep' "$T/err"
report $? 'a partial that includes itself is refused'
fresh
rm "$T/b.msg"
echo '<p>' >"$T/t.html"
run t.html
[ $? -eq 1 ] && grep -q 'b.msg' "$T/err"
report $? 'a catalogue that is not there is named'

printf '1..%d\n' "$n"
[ "$bad" -eq 0 ]
