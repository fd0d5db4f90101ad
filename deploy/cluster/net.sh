# For deploy/cluster-trial: hosts as network namespaces on one bridge.  Sourced after tests/lib.sh.
#
#   net_start NAME...        namespaces and addresses; net_end removes all of it, with its processes
#   addr NAME                address of a host
#   host_run NAME COMMAND    runs it there as the ordinary user
#   host_start NAME WORD COMMAND...   in the background, output in $T/NAME.WORD.log
#   host_kill NAME           kill -9 of all that runs there: the machine is gone
#   host_cut NAME..., host_heal NAME...   its cable: nothing goes either way
# shellcheck shell=bash
net_prefix=qrct$$
net_hosts=
net_ns() { echo "$net_prefix-$1"; }
net_start() {
	ip netns add "$(net_ns net)" || bail 'no namespace'
	ip -n "$(net_ns net)" link add br0 type bridge
	ip -n "$(net_ns net)" link set br0 up
	net_i=10
	for n; do
		net_i=$((net_i + 1))
		net_hosts="$net_hosts $n"
		printf -v "net_addr_$n" '10.213.77.%d' $net_i
		ip netns add "$(net_ns "$n")"
		ip -n "$(net_ns net)" link add "p-$n" type veth peer name eth0 netns "$(net_ns "$n")" || bail 'no network'
		ip -n "$(net_ns net)" link set "p-$n" master br0 up
		ip -n "$(net_ns "$n")" addr add "$(addr "$n")/24" dev eth0
		ip -n "$(net_ns "$n")" link set eth0 up
		ip -n "$(net_ns "$n")" link set lo up
		mkdir -p "$T/$n"
		chown "$QR_UID:$QR_GID" "$T/$n"
	done
}
addr() {
	net_v=net_addr_$1
	echo "${!net_v}"
}
host_exec() { # to be called in a process of its own
	net_n=$(net_ns "$1")
	shift
	exec nsenter --net="/run/netns/$net_n" setpriv --reuid="$QR_UID" --regid="$QR_GID" --clear-groups "$@"
}
host_run() { (cd "$T" && host_exec "$@"); }
host_start() {
	net_log=$T/$1.$2.log
	net_name=$1
	shift 2
	(cd "$T/$net_name" && host_exec "$net_name" "$@" >>"$net_log" 2>&1 </dev/null) &
	HOST_PID=$!
	disown "$HOST_PID" # many are killed, and nobody wants to read that
	lib_pids="$lib_pids $HOST_PID"
}
gone() { ! qr_alive "$1"; }
host_kill() {
	# twice, for what was just being started
	for _ in 1 2; do
		# shellcheck disable=SC2046 # a list
		kill -9 $(ip netns pids "$(net_ns "$1")") 2>/dev/null
		sleep 0.1
	done
	return 0
}
host_cut() { for n; do ip -n "$(net_ns net)" link set "p-$n" nomaster; done; }
host_heal() { for n; do ip -n "$(net_ns net)" link set "p-$n" master br0; done; }
net_end() {
	net_rc=$?
	for n in $net_hosts; do host_kill "$n"; done
	for n in $net_hosts net; do ip netns del "$(net_ns "$n")" 2>/dev/null; done
	return $net_rc
}
