# Functions shared by the scripts of deploy/ and tests/: who runs the daemons, and where.
# Sourced by POSIX sh; defines qr_* functions and, after qr_user, QR_USER QR_UID QR_GID.
# shellcheck shell=sh

qr_die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Somebody else may be making it at this moment: useradd then refuses, and is asked again.
qr_user_make() {
	command -v useradd >/dev/null || return 1
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		useradd --system --user-group --no-create-home --home-dir /nonexistent \
			--shell /usr/sbin/nologin qrsvc 2>/dev/null
		id qrsvc >/dev/null 2>&1 && return
		sleep 0.3
	done
	return 1
}

# Chooses the ordinary user under whom PostgreSQL and the service run.  Not root: that is the
# caller.  Root: QRSVC_USER when set, else a system user "qrsvc" (made when missing), else nobody.
qr_user() {
	if [ "$(id -u)" -ne 0 ]; then
		QR_USER=$(id -un)
	elif [ -n "${QRSVC_USER:-}" ]; then
		QR_USER=$QRSVC_USER
		id "$QR_USER" >/dev/null 2>&1 || qr_die "QRSVC_USER=$QR_USER: no such user"
	elif id qrsvc >/dev/null 2>&1; then
		QR_USER=qrsvc
	elif qr_user_make; then
		QR_USER=qrsvc
	else
		QR_USER=nobody
	fi
	QR_UID=$(id -u "$QR_USER")
	QR_GID=$(id -g "$QR_USER")
	[ "$QR_UID" -ne 0 ] || qr_die "the service never runs as root; set QRSVC_USER to an ordinary user"
}

# Runs a command as that user; with `exec` before it, the process keeps its pid.
# The working directory stays: say `cd /` first when the user may not be able to read it.
qr_as() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid="$QR_UID" --regid="$QR_GID" --clear-groups "$@"
	fi
}

# Makes FOLDER a folder owned by that user, and one he can reach: where a parent shuts him out
# (a checkout in /root), FOLDER becomes a link to a new folder in /var/tmp.  Prints the real path.
qr_folder() {
	if [ ! -e "$1" ]; then
		rm -f "$1"
		mkdir -p "$1" || return 1
	fi
	if [ "$(id -u)" -eq 0 ]; then
		chown "$QR_UID:$QR_GID" "$1/." || return 1
		qr_real=$(readlink -f "$1")
		if ! (cd / && qr_as test -w "$qr_real"); then
			rmdir "$1" 2>/dev/null ||
				qr_die "$1 is not empty and user $QR_USER cannot reach it"
			qr_real=$(mktemp -d /var/tmp/qrsvc.XXXXXX) || return 1
			chown "$QR_UID:$QR_GID" "$qr_real"
			ln -s "$qr_real" "$1" || return 1
		fi
	fi
	readlink -f "$1"
}

# Removes a folder made by qr_folder, with what a link of it points to.
qr_folder_rm() {
	if [ -L "$1" ]; then
		case $(readlink "$1") in
		/var/tmp/qrsvc.*) rm -rf "$(readlink "$1")" ;;
		esac
	fi
	rm -rf "$1"
}

# A TCP port of 127.0.0.1 nobody listens on, from 20000 up (below the kernel's own range).
qr_port() {
	while :; do
		qr_p=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
		awk -v p="$(printf ':%04X' "$qr_p")" \
			'$4 == "0A" && substr($2, length($2) - 4) == p { f = 1 } END { exit f }' \
			/proc/net/tcp /proc/net/tcp6 2>/dev/null && break
	done
	echo "$qr_p"
}

# Ends processes by id: TERM, up to SECONDS for them to go, then KILL.
qr_stop() {
	qr_left=$(($1 * 10))
	shift
	for qr_pid; do kill -TERM "$qr_pid" 2>/dev/null; done
	for qr_pid; do
		while [ "$qr_left" -gt 0 ] && qr_alive "$qr_pid"; do
			sleep 0.1
			qr_left=$((qr_left - 1))
		done
		qr_alive "$qr_pid" && kill -KILL "$qr_pid" 2>/dev/null
	done
	return 0
}

# True while the process exists and is not a zombie.
qr_alive() {
	case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) in
	'' | Z* | X*) return 1 ;;
	esac
}
