# For black-box tests (tests/*/NAME.t in sh): TAP, a throwaway cluster, a throwaway daemon.
#
#   #!/bin/sh
#   . tests/lib.sh                 # from the root of the tree, as tests/run does
#   cluster_start                  # DSN, sql "select 1"
#   start_daemon limits.page=5     # URL, ADMIN, DAEMON; settings as section.key=value
#   code=$(curl -s -o "$T/page" -w '%{http_code}' "$URL/0K7M2Q9XH")
#   is "$code" 404 'an unknown code is not found'
#   ok 'the page says so' grep -q 404 "$T/page"
#   done_testing
#
# B      folder of the binaries (default build/release)
# T      this test's own folder, removed at the end; KEEP=1 keeps it and says where it is
# All that was started ends with the test, by process id.  Nothing listens on a fixed port.
# shellcheck shell=sh

: "${B:=build/release}"
if [ ! -f tests/lib.sh ]; then
	echo "Bail out! run this from the root of the tree: sh tests/run ${0##*/}"
	exit 99
fi
set -u
LC_ALL=C.UTF-8
export LC_ALL B
unset PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS
# shellcheck source=deploy/lib.sh
. deploy/lib.sh
qr_user

# --- TAP -----------------------------------------------------------------------------------

tap_n=0
tap_bad=0

# tap STATUS DESCRIPTION: one result line.
tap() {
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tap_n" "$2"
	else
		tap_bad=$((tap_bad + 1))
		printf 'not ok %d - %s\n' "$tap_n" "$2"
		return 1
	fi
}
# ok DESCRIPTION COMMAND...: the command succeeds.
ok() {
	tap_what=$1
	shift
	"$@"
	tap $? "$tap_what"
}
# nok DESCRIPTION COMMAND...: the command fails (but was found and did not crash).
nok() {
	tap_what=$1
	shift
	"$@"
	tap_rc=$?
	[ "$tap_rc" -gt 0 ] && [ "$tap_rc" -lt 126 ]
	tap $? "$tap_what"
}
# is GOT WANT DESCRIPTION
is() {
	if [ "$1" = "$2" ]; then
		tap 0 "$3"
	else
		tap 1 "$3" || :
		diag "got:  $1"
		diag "want: $2"
		return 1
	fi
}
# like GOT REGEX DESCRIPTION (extended, any line)
like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		tap 0 "$3"
	else
		tap 1 "$3" || :
		diag "got: $(printf '%s\n' "$1" | head -n 20)"
		diag "does not match: $2"
		return 1
	fi
}
# unlike GOT REGEX DESCRIPTION
unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		tap 1 "$3" || :
		diag "matches $2: $(printf '%s\n' "$1" | grep -E -e "$2" | head -n 3)"
		return 1
	else
		tap 0 "$3"
	fi
}
# skip NUMBER REASON: so many results that cannot be had on this machine.
skip() {
	tap_left=$1
	while [ "$tap_left" -gt 0 ]; do
		tap_n=$((tap_n + 1))
		tap_left=$((tap_left - 1))
		printf 'ok %d # SKIP %s\n' "$tap_n" "$2"
	done
}
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}
diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
# bail REASON: the test cannot go on at all.
bail() {
	printf 'Bail out! %s\n' "$*"
	exit 99
}
# The plan and the exit status; the last line of a test.
done_testing() {
	printf '1..%d\n' "$tap_n"
	[ "$tap_bad" -eq 0 ] && [ "$tap_n" -gt 0 ]
	exit $?
}

# --- Folder and clean-up -------------------------------------------------------------------

lib_pids=
lib_clusters=
lib_name=${0##*/}
mkdir -p build/test/tmp
T=$PWD/build/test/tmp/${lib_name%.*}.$$
rm -rf "$T"
lib_real=$(qr_folder "$T") || bail "cannot make $T"
# a folder the ordinary user can reach: inside the tree where possible
T=$lib_real

lib_cleanup() {
	lib_rc=$?
	trap - EXIT
	# shellcheck disable=SC2086 # lists of numbers and of folders without blanks
	[ -z "$lib_pids" ] || qr_stop 5 $lib_pids
	for lib_c in $lib_clusters; do deploy/pg stop "$lib_c" immediate >/dev/null 2>&1; done
	if [ -n "${KEEP:-}" ]; then
		echo "# kept: $T"
	else
		rm -rf "$T"
		qr_folder_rm "$PWD/build/test/tmp/${lib_name%.*}.$$"
	fi
	exit "$lib_rc"
}
trap lib_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# background COMMAND...: starts it as the ordinary user in the folder T, output in $T/NAME.log;
# sets PID.  It ends with the test.
background() {
	lib_log=$T/${1##*/}.log
	(cd "$T" && exec >>"$lib_log" 2>&1 </dev/null && qr_exec "$@") &
	PID=$!
	lib_pids="$lib_pids $PID"
}
qr_exec() {
	if [ "$(id -u)" -ne 0 ]; then
		exec "$@"
	else
		exec setpriv --reuid="$QR_UID" --regid="$QR_GID" --clear-groups "$@"
	fi
}
# as_user COMMAND...: runs it as the ordinary user.
as_user() { qr_as "$@"; }
# end PID...: ends what this test started.
end() { qr_stop 5 "$@"; }
# wait_for SECONDS COMMAND...: tries it every tenth of a second until it succeeds.
wait_for() {
	lib_tries=$(($1 * 10))
	shift
	while [ "$lib_tries" -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
		lib_tries=$((lib_tries - 1))
	done
	return 1
}

# program NAME: path of a built program, one the ordinary user may run: in the tree, or, where the
# tree is shut to him (a checkout in /root), in a copy of what programs look for in it.
program() {
	if qr_as test -x "$PWD/$B/$1"; then
		echo "$PWD/$B/$1"
		return
	fi
	lib_tree=$T/tree
	if [ ! -d "$lib_tree" ]; then
		mkdir -p "$lib_tree/build/bin" "$lib_tree/deploy" "$lib_tree/labels"
		cp -r Makefile sql "$lib_tree/"
		cp -r deploy/profiles "$lib_tree/deploy/"
		cp -r labels/templates "$lib_tree/labels/"
		for lib_p in qrsvc qrsvc-jobs qrsvc-photod qrlabels demophoto; do
			[ ! -x "$B/$lib_p" ] || install -m 755 "$B/$lib_p" "$lib_tree/build/bin/"
		done
	fi
	[ -x "$lib_tree/build/bin/$1" ] || install -m 755 "$B/$1" "$lib_tree/build/bin/"
	echo "$lib_tree/build/bin/$1"
}

# --- PostgreSQL ----------------------------------------------------------------------------

# Applies roles, migrations, functions and seeds to the cluster DSN: by `qrsvc migrate` where it
# is built, else by psql in the same order.
cluster_migrate() {
	if [ -x "$B/qrsvc" ]; then
		QRSVC_DATABASE_DSN="$1" "$B/qrsvc" migrate --bootstrap
	else
		deploy/pg psql "$lib_dir" -q -v ON_ERROR_STOP=1 -f sql/roles.sql || return 1
		set -- -c 'SET ROLE qr_owner'
		for lib_f in sql/migrations/*.sql sql/api/*.sql sql/seed/*.sql; do
			set -- "$@" -f "$lib_f"
		done
		deploy/pg psql "$lib_dir" -q -1 -v ON_ERROR_STOP=1 "$@" -c 'SELECT api.publish_seeds()'
	fi
}

# The migrated cluster every other one is a copy of; made once per content of sql/.
lib_template() {
	lib_key=$({ cat sql/roles.sql sql/*/*.sql; [ -x "$B/qrsvc" ] && echo "$B"; } 2>/dev/null |
		sha256sum | cut -c1-16)
	TEMPLATE=$PWD/build/test/template/$lib_key
	mkdir -p "$TEMPLATE"
	(
		flock 9 || exit 1
		[ -f "$TEMPLATE/done" ] && exit 0
		qr_folder_rm "$TEMPLATE/pg"
		lib_dir=$TEMPLATE/pg
		lib_dsn=$(PG_FAST=1 deploy/pg start "$lib_dir") &&
			cluster_migrate "$lib_dsn" >"$TEMPLATE/log" 2>&1
		lib_rc=$?
		[ $lib_rc -eq 0 ] || sed 's/^/# /' "$TEMPLATE/log"
		deploy/pg stop "$lib_dir" >/dev/null
		[ $lib_rc -eq 0 ] && touch "$TEMPLATE/done"
	) 9>"$TEMPLATE/lock" || bail "the database template cannot be made"
}

# cluster_start [empty]: a running cluster of this test's own in $T/pg, migrated and seeded (or
# with an empty database qrsvc).  Sets DSN (no user: add user=qr_ro ...) and CLUSTER.
cluster_start() {
	CLUSTER=$T/pg
	if [ "${1:-}" != empty ]; then
		lib_template
		lib_real=$(qr_folder "$CLUSTER") || bail "cannot make $CLUSTER"
		cp -a --reflink=auto "$TEMPLATE/pg/data" "$lib_real/data" || bail 'no room for a cluster'
	fi
	lib_clusters="$lib_clusters $CLUSTER"
	DSN=$(PG_FAST=1 deploy/pg start "$CLUSTER") || bail 'PostgreSQL does not start'
	export DSN
}
# sql TEXT [psql option...]: runs it as the superuser; rows unaligned, fields by |.
sql() {
	lib_sql=$1
	shift
	deploy/pg psql "$CLUSTER" -qAt -v ON_ERROR_STOP=1 "$@" -c "$lib_sql"
}
# sql_as ROLE TEXT
sql_as() { psql -XqAt -v ON_ERROR_STOP=1 "$DSN user=$1" -c "$2"; }
sql_file() { deploy/pg psql "$CLUSTER" -q -v ON_ERROR_STOP=1 -f "$1"; }

# --- The daemon ----------------------------------------------------------------------------

# Writes $T/qrsvc.conf: the settings every test daemon shares.  Arguments: section.key=value,
# which take the place of a default or stand beside them.
daemon_conf() {
	{
		cat <<CONF
server.listen=127.0.0.1:$PORT
server.admin=127.0.0.1:$ADMIN_PORT
server.workers=2
server.base_url=https://QR.EXAMPLE.GOV.CN
server.hosts=127.0.0.1:$PORT,localhost:$PORT
server.state=$T/state
database.dsn=${DSN:-host=$T/none dbname=qrsvc}
site.name=示例区
site.name_en=Example District
CONF
		for lib_kv; do printf '%s\n' "$lib_kv"; done
	} | awk '{
		i = index($0, "="); k = substr($0, 1, i - 1); v[k] = substr($0, i + 1)
		s = k; sub(/[.].*/, "", s); if (!(k in n)) { n[k]; o[++c] = k; if (!(s in t)) { t[s]; so[++m] = s } }
	} END {
		for (j = 1; j <= m; j++) {
			print "[" so[j] "]"
			for (i = 1; i <= c; i++) if (index(o[i], so[j] ".") == 1)
				print substr(o[i], length(so[j]) + 2) " = " v[o[i]]
		}
	}' >"$T/qrsvc.conf"
	chmod 644 "$T/qrsvc.conf"
}

# start_daemon [section.key=value...]: sets PORT, ADMIN_PORT, URL, ADMIN, DAEMON (process id);
# returns when it answers.  Its log is $T/qrsvc.log.
start_daemon() {
	PORT=$(qr_port)
	ADMIN_PORT=$(qr_port)
	URL=http://127.0.0.1:$PORT
	ADMIN=http://127.0.0.1:$ADMIN_PORT
	mkdir -p "$T/state"
	[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/state"
	# FRONT=1: behind nginx, see tests/browser/lib.sh
	if [ -n "${FRONT:-}" ]; then
		FRONT_PORT=$(qr_port)
		set -- server.trusted_proxy=127.0.0.1 "server.hosts=localhost:$FRONT_PORT,127.0.0.1:$PORT,localhost:$PORT" "$@"
	fi
	daemon_conf "$@"
	background "$(program qrsvc)" --config "$T/qrsvc.conf"
	DAEMON=$PID
	lib_tries=150
	until curl -fsS -m 2 -o /dev/null "$ADMIN/healthz" 2>/dev/null; do
		lib_tries=$((lib_tries - 1))
		if [ $lib_tries -eq 0 ] || ! qr_alive "$DAEMON"; then
			tail -n 20 "$T/qrsvc.log" | sed 's/^/# /'
			bail 'the daemon does not start'
		fi
		sleep 0.1
	done
	[ -z "${FRONT:-}" ] || front_start
}
# status PATH [curl option...]: the status code; the body is in $T/body, the fields in $T/head.
status() {
	lib_path=$1
	shift
	curl -sS -m 20 -o "$T/body" -D "$T/head" -w '%{http_code}' "$@" "$URL$lib_path"
}
# field NAME: value of that response header field of the last `status`.
field() {
	tr -d '\r' <"$T/head" | awk -v k="$1" -F': *' 'tolower($1) == tolower(k) {
		sub(/^[^:]*: */, ""); print }'
}
