#!/bin/bash
# The same sources give the same bytes, wherever and by whom they are built: a second build in a folder of
# another name, in another language, time zone and with another umask; programs and packages are compared
# with those of the first.  timeout: 3000
. tests/lib.sh
command -v dpkg-shlibdeps >/dev/null || skip_all 'dpkg-dev is not installed'
case $B in *release) ;; *) skip_all 'about the release build' ;; esac
programs='qrsvc qrsvc-jobs qrsvc-photod qrlabels'

# copy FOLDER: the tree as git knows it, with what was not committed yet
copy() {
	mkdir -p "$1"
	git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do [ ! -f "$f" ] || printf '%s\0' "$f"; done |
		tar -c --null -T - | tar -x -m -C "$1"
}
# make_in FOLDER [VARIABLE=VALUE...]: the programs, built there
make_in() {
	make_at=$1
	shift
	# shellcheck disable=SC2046,SC2086 # a list of names
	(cd "$make_at" && env -u B -u MAKEFLAGS -u MAKELEVEL "$@" nice make -s -j"$(nproc)" $(printf 'build/release/%s ' $programs)) >"$T/make.log" 2>&1 ||
		bail "no build: $(tail -n 5 "$T/make.log")"
}
here=$PWD
# what was built already is one of the two, if it is of these sources and of this Makefile's flags
# shellcheck disable=SC2046,SC2059,SC2086
if make -q $(printf "$B/%s " $programs) >/dev/null 2>&1 && [ -z "$(find "$B/o" -name '*.o' ! -newer Makefile)" ]; then
	first=$here
else
	first=$T/one
	copy "$first"
	make_in "$first"
fi
second="$T/another folder's/name/that-is-longer"
second=$(printf %s "$second" | tr -d " '")
copy "$second"
umask 027
make_in "$second" LC_ALL=C LANG=C TZ=Pacific/Kiritimati HOME=/nonexistent USER=somebody
umask 022
for program in $programs; do
	ok "$program: the same bytes" cmp -s "$first/build/release/$program" "$second/build/release/$program"
done
is "$(strings -a "$second/build/release/qrsvc" | grep -cF -e "$T")" 0 'no folder of the builder is in it'
# the packages, from either
pack() { (cd "$1" && B=build/release DEB_VERSION=1.0 SOURCE_DATE_EPOCH=1700000000 sh deploy/debian/build "$2") >"$T/pack.log" 2>&1; }
pack "$first" "$T/deb1" || bail "$(tail -n 3 "$T/pack.log")"
TZ=Pacific/Kiritimati pack "$second" "$T/deb2" || bail "$(tail -n 3 "$T/pack.log")"
is "$(cd "$T/deb2" && sha256sum ./*.deb)" "$(cd "$T/deb1" && sha256sum ./*.deb)" 'so are the packages'
# it would notice: one number in one source
sed -i 's/return 0;/return 0 * 1 + 0;/; $a int reproducible_probe = 1;' "$second/qrsvc/base/log.c"
sed -i '1a extern int reproducible_probe;' "$second/qrsvc/base/log.c"
make_in "$second"
nok 'other sources give other bytes' cmp -s "$first/build/release/qrsvc" "$second/build/release/qrsvc"
done_testing
