#!/bin/bash
# The Debian packages: what lies in them, what the units allow, and a service that starts from them.
# With TEST_ALL=1 also installed, upgraded with data, removed and purged in a fresh Debian 12 root
# (deploy/trial-debootstrap; root only).  timeout: 1800
# sanitizers: no, a package holds the release build, and its unit allows no more than that calls
. tests/lib.sh
. tests/faults/lib.sh
command -v dpkg-shlibdeps >/dev/null || skip_all 'dpkg-dev is not installed'

mkdir "$T/deb" "$T/again" "$T/root"
build() { B=$B DEB_VERSION=1.0 SOURCE_DATE_EPOCH=1700000000 sh deploy/debian/build "$@" >"$T/out" 2>&1; }
ok 'two packages are made' build "$T/deb"
is "$(sed 's|.*/||; s/_[^_]*$//' "$T/out" | sort | tr '\n' ' ')" 'qrlabels_1.0 qrsvc_1.0 ' 'qrsvc and qrlabels'
build "$T/again"
is "$(cd "$T/again" && sha256sum ./*)" "$(cd "$T/deb" && sha256sum ./*)" 'made twice, they are the same bytes'
main=$(echo "$T"/deb/qrsvc_*.deb) labels=$(echo "$T"/deb/qrlabels_*.deb)

# --- what lies in them -------------------------------------------------------------------------
for package in "$main" "$labels"; do
	name=$(basename "$package" | sed 's/_.*//')
	dpkg-deb -c "$package" >"$T/list"
	is "$(awk '$2 != "root/root"' "$T/list")" '' "$name: all of it is root's"
	is "$(awk '$1 ~ /s|t$|^.....w|^........w/ && $1 !~ /^l/' "$T/list")" '' "$name: no setuid, nothing others may write"
	is "$(awk '{ print $6 }' "$T/list" | grep -Ev '^\./($|lib/($|systemd/)|usr/($|bin/|sbin/|lib/($|qrsvc/|sysusers.d/|tmpfiles.d/)|share/($|doc/|man/|qrsvc/)))')" '' "$name: nothing lies where it does not belong"
	dpkg-deb -x "$package" "$T/root"
	dpkg-deb -e "$package" "$T/$name.control"
	ok "$name: sums hold" sh -c "cd '$T/root' && md5sum --quiet -c '$T/$name.control/md5sums'"
	for script in postinst prerm postrm; do
		[ ! -f "$T/$name.control/$script" ] || ok "$name: $script is a shell script" sh -n "$T/$name.control/$script"
	done
	ok "$name: says whose it is" test -s "$T/root/usr/share/doc/$name/copyright"
done
field() { dpkg-deb -f "$main" "$1"; }
like "$(field Depends)" 'libpq5 .*libsodium23' 'libraries are named'
like "$(field Depends)" 'libevent-core-2.1-7 \(>= 2.1.12-stable-8\+deb12u1\)' 'libevent with its fixes'
like "$(field Depends)" 'qrlabels \(= 1.0\)' 'and the other package'
unlike "$(field Depends)" 'libevent-(extra|openssl)|-dev' 'nothing to build with'
unlike "$(strings -a "$T/root/usr/lib/qrsvc/qrsvc" | grep -F -e "$PWD")" . 'no path of the builder in the program'
if command -v lintian >/dev/null; then
	is "$(lintian --allow-root --fail-on none "$main" "$labels" 2>/dev/null | grep '^E:')" '' 'lintian finds no error'
else
	skip 1 'lintian is not installed'
fi
# every number of the SQL folder came along
is "$(cd "$T/root/usr/share/qrsvc/sql" && find . -name '*.sql' | sort)" \
	"$(cd sql && find . -name '*.sql' | sort)" 'all SQL files'
ok 'each label stock' diff -r labels/templates "$T/root/usr/share/qrsvc/templates"

# --- units ---------------------------------------------------------------------------------------
units=$T/root/lib/systemd/system
if command -v systemd-analyze >/dev/null; then
	for unit in "$units"/*.service; do
		ok "${unit##*/}: exposure at most 2.0" sh -c \
			"systemd-analyze security --offline=true --threshold=20 --no-pager '$unit' >'$T/out' 2>&1"
		diag "$(grep Overall "$T/out")"
	done
	# a unit without the sandbox does not pass: the check checks
	sed '/^Protect/d; /^Private/d; /^SystemCall/d; /^Capab/d' "$units/qrsvc.service" >"$T/open.service"
	nok 'one without its sandbox would not' sh -c \
		"systemd-analyze security --offline=true --threshold=20 --no-pager '$T/open.service' >/dev/null 2>&1"
	# lines about the file itself; the rest of the system is missing below this root
	misspelt() { systemd-analyze verify --man=no --root="$T/root" "$1" 2>&1 | grep -E 'Unknown|parse|[Ii]nvalid|ignoring'; }
	for unit in "$units"/*; do
		is "$(misspelt "${unit##*/}")" '' "${unit##*/}: nothing is misspelt"
	done
	sed 's/^ProtectHome=/ProtectHouse=/' "$units/qrsvc.service" >"$units/wrong.service"
	like "$(misspelt wrong.service)" ProtectHouse 'which would be seen'
	rm "$units/wrong.service"
else
	skip 1 'no systemd-analyze here'
fi
for word in Type=notify WatchdogSec= NoNewPrivileges=yes ProtectSystem=strict PrivateTmp=yes PrivateDevices=yes \
	'CapabilityBoundingSet=$' RestrictAddressFamilies= 'SystemCallFilter=@system-service' MemoryDenyWriteExecute=yes \
	MemoryMax= TasksMax= LimitNOFILE= UMask=0077 User=qrsvc; do
	ok "qrsvc.service has $word" grep -q -e "^$word" "$units/qrsvc.service"
done
ok 'the socket is the configuration of the package' grep -q 'ListenStream=127.0.0.1:8080' "$units/qrsvc.socket"
like "$(grep -h '^listen' "$T/root/usr/share/doc/qrsvc/examples/qrsvc.ini")" '= 127.0.0.1:8080$' 'as the default says'
if [ "$(id -u)" -eq 0 ] && command -v systemd-sysusers >/dev/null; then
	mkdir -p "$T/users/etc" "$T/users/usr/lib"
	cp -r "$T/root/usr/lib/sysusers.d" "$T/root/usr/lib/tmpfiles.d" "$T/users/usr/lib/"
	systemd-sysusers --root="$T/users" >/dev/null 2>&1
	ok 'the user is made, and cannot log in' grep -q '^qrsvc:.*nologin$' "$T/users/etc/passwd"
	systemd-tmpfiles --root="$T/users" --create qrsvc.conf >/dev/null 2>&1
	is "$(stat -c %a "$T/users/var/lib/qrsvc/keys" "$T/users/run/qrsvc" | tr '\n' ' ')" '700 750 ' 'and its folders, for it alone'
else
	skip 2 'only root can make users'
fi

# --- a service from the unpacked tree, as its unit starts it --------------------------------------
chmod -R a+rX "$T/root"
cluster_start empty
export QRSVC_DATABASE_DSN="$DSN"
here=$T/root/usr/lib/qrsvc
ok 'bin/qrsvc leads there' sh -c "'$T/root/usr/bin/qrsvc' version | grep -q '^qrsvc '"
quiet() { "$@" >"$T/out" 2>&1; }
ok 'a new database from its SQL files' quiet "$here/qrsvc" migrate --bootstrap --sql "$T/root/usr/share/qrsvc/sql"
cp deploy/examples/*.csv "$T/"
ok 'examples load by its profiles' quiet "$here/qrsvc" import facilities "$T/facilities.csv" \
	--profile "$T/root/usr/share/qrsvc/profiles/plain.ini"
ok 'labels' quiet "$here/qrsvc" labels cover
QRLABELS_TEMPLATES=$T/root/usr/share/qrsvc/templates QRSVC_SERVER_BASE_URL=https://QR.TRIAL-TOWN.CN \
	quiet "$here/qrsvc" labels pdf "$T/sheet.pdf"
ok 'a sheet' test -s "$T/sheet.pdf"
mkdir -p "$T/state" "$T/s"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/state" "$T/s"
PORT=1 ADMIN_PORT=1
daemon_conf server.listen=127.0.0.1:1 server.admin=127.0.0.1:2 server.hosts=served.example
cp tests/faults/activate.py tests/faults/calls.py "$T/"
cp "$units"/*.service "$T/s/"
chmod a+r "$T/s"/*.service
# under the unit's own list of system calls, where this machine can tell what is in it
under() { # UNIT: words before the program
	under=()
	! command -v systemd-analyze >/dev/null || under=(/usr/bin/python3 "$T/calls.py" "$T/s/$1")
}
under qrsvc.service
background /usr/bin/python3 "$T/activate.py" "$T/s" "${under[@]}" "$here/qrsvc" --config "$T/qrsvc.conf"
SYSTEMD=$PID
heard() { grep -q -e "$1" "$T/s/said" 2>/dev/null; }
ok 'it starts on the sockets it is given, and says so' wait_for 20 heard '^READY=1'
ok 'answers the watchdog' wait_for 10 heard '^WATCHDOG=1'
URL=http://127.0.0.1:$(cat "$T/s/port")
code=$(sql "SELECT code FROM core.label WHERE state = 'active' LIMIT 1")
served() { [ "$(status "/$code" -H 'Host: served.example')" = 200 ]; }
ok "and serves a sticker's page" wait_for 10 served
photod() { pgrep -P "$(cat "$T/s/pid")" -f "$here/qrsvc-photod|qrsvc-photod"; }
ok 'with the photo process beside it' wait_for 10 photod
under qrsvc-doctor.service
daemon_conf server.listen=127.0.0.1:"$(cat "$T/s/port")" server.admin= server.hosts=served.example
as_user "${under[@]}" "$here/qrsvc" --config "$T/qrsvc.conf" doctor --sql "$T/root/usr/share/qrsvc/sql" >"$T/out" 2>&1
for line in photos passwords fonts database grants 'own codes'; do
	ok "the doctor under its unit: $line" grep -q "^ok    $line " "$T/out"
done
kill -TERM "$(cat "$T/s/pid")"
wait "$SYSTEMD"
is $? 0 'and ends'

# --- in a fresh Debian ----------------------------------------------------------------------------
if [ -n "${TEST_ALL:-}" ] && [ "$(id -u)" -eq 0 ] && command -v debootstrap >/dev/null; then
	last=$(cd sql/migrations && printf '%s\n' [0-9]*.sql | tail -n 1 | cut -c1-4)
	next=$T/$(printf %04d $((10#$last + 1)))_trial.sql
	echo 'CREATE TABLE core.trial (n int); SELECT core.protect($$core.trial$$);' >"$next"
	B=$B DEB_VERSION=1.1 DEB_EXTRA_MIGRATION="$next" sh deploy/debian/build "$T/deb" >/dev/null
	PART=deb DEBS="$T/deb" sh deploy/trial-debootstrap >"$T/trial" 2>&1
	tap $? 'installed, upgraded with data, removed and purged in a fresh Debian 12'
	sed 's/^/# /' "$T/trial"
else
	skip 1 'TEST_ALL=1 installs them in a fresh Debian'
fi
done_testing
