#!/bin/bash
# The manual pages (deploy/man): sound by two formatters, complete by what the programs say of themselves,
# pointing at pages that are there, and carried by the packages.
. tests/lib.sh
for tool in mandoc groff; do command -v $tool >/dev/null || skip_all "needs $tool"; done
pages=$(cd deploy/man && ls ./*.[158] | sed 's|^./||')
ini=qrsvc.ini.5
sh deploy/man/build "$B/qrsvc" "$T/man" $pages $ini
for page in $pages $ini; do
	file=$T/man/man${page##*.}/$page
	gzip -d "$file.gz" || bail "no $page"
	is "$(mandoc -T lint -W warning "$file")" '' "$page: mandoc has no warning"
	is "$(groff -k -mandoc -ww -z -Tutf8 "$file" 2>&1)" '' "$page: nor has groff"
	mandoc -T utf8 -O width=200 "$file" | sed "s/.\x08//g" >"$T/$page.txt"
	# what it refers to: our own pages are there, others are known ones
	sed -n 's/^\.\(Pq \)\?Xr \([^ ]*\) \([0-9]\).*/\2.\3/p' "$file" | sed 's/\\-/-/g' | while read -r other; do
		case $other in
		age.1 | pg_amcheck.1 | systemd.1) ;;
		*) [ -f "$T/man/man${other##*.}/$other" ] || [ -f "$T/man/man${other##*.}/$other.gz" ] || echo "$other" ;;
		esac
	done >"$T/lost"
	is "$(cat "$T/lost")" '' "$page: every page it names is there"
done
printf '.Dd November 22, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Nd y\n.Bl -tag\n.It a\n' >"$T/bad.1"
ok 'a page with a mistake is found' [ -n "$(mandoc -T lint -W warning "$T/bad.1")" ]

# without WORDS PAGE: those of the words (options, keys, commands) that the page does not have
without() { while read -r word; do grep -qE -e "(^|[^a-z0-9-])$word([^a-z0-9-]|$)" "$T/$1.txt" || echo "$word"; done; }
commands=$("$B/qrsvc" help 2>/dev/null | awk '/^  [a-z]/ { print $1 }')
ok 'qrsvc has commands' [ "$(echo "$commands" | wc -l)" -ge 13 ]
is "$(echo "$commands" | without qrsvc.8)" '' 'qrsvc(8) has all of them'
for command in $commands; do
	page=qrsvc-$command.8
	[ -f "$T/$page.txt" ] || page=qrsvc.8
	"$B/qrsvc" help "$command" 2>/dev/null | grep -oE -e '--[a-z-]+' | sort -u >"$T/options"
	is "$(without $page <"$T/options")" '' "$page has the options of $command ($(wc -l <"$T/options"))"
done
"$B/qrlabels" --help 2>&1 | grep -oE -e '(^| )(--[a-z-]+|-[a-z])( |$|[]),])' | tr -d ' ],)' | sort -u >"$T/options"
ok 'qrlabels has options' [ "$(wc -l <"$T/options")" -ge 15 ]
is "$(without qrlabels.1 <"$T/options")" '' 'qrlabels(1) has all of them'
"$B/qrsvc" config-doc | sed -n 's/^\([a-z_0-9]*\) *=.*/\1/p' >"$T/keys"
is "$(without $ini <"$T/keys")" '' "qrsvc.ini(5) has each of $(wc -l <"$T/keys") keys"
for script in backup restore-drill debian/qrsvc-setup; do
	page=qrsvc-$(basename "$script" | sed 's/^qrsvc-//').8
	sed -n 's/^	\(--[a-z-]*\)) .*/\1/p' "deploy/$script" >"$T/options"
	is "$(without "$page" <"$T/options")" '' "$page has the options of $script ($(wc -l <"$T/options"))"
done

# --- in the packages ---
if command -v dpkg-shlibdeps >/dev/null; then
	mkdir "$T/deb" "$T/root"
	B=$B DEB_VERSION=1.0 sh deploy/debian/build "$T/deb" >/dev/null 2>&1 || bail 'no packages'
	for package in "$T"/deb/*.deb; do dpkg-deb -x "$package" "$T/root"; done
	is "$(cd "$T/root/usr/share/man" && find . -type f | sed 's|.*/||; s|[.]gz$||' | sort)" \
		"$(printf '%s\n' $pages $ini | sort)" 'the packages carry each page'
	ok 'packed' gzip -t "$T/root/usr/share/man/man8/qrsvc.8.gz"
else
	skip 2 'dpkg-dev is not installed'
fi
done_testing
