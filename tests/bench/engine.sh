#!/bin/sh
# `make bench`, the engine's half: a cluster with 20,000 labelled facilities, our daemon, and its
# peers on the same database and the same bytes; see engine.py for the rows.  Takes about ten
# minutes; writes build/bench.json and prints the table.  BENCH_ROUNDS, BENCH_SECONDS, BENCH_ONLY.
set -u
cd "$(dirname "$0")/../.." || exit 1
bench_need() {
	miss=
	for p in wrk nginx-light postgresql-15 php-fpm php-pgsql python3-starlette python3-asyncpg \
		python3-jinja2 python3-uvloop python3-httptools uvicorn; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || miss="$miss $p"
	done
	[ -z "$miss" ] && return
	[ "$(id -u)" -eq 0 ] || { echo "bench: install as root:$miss" >&2; exit 1; }
	# shellcheck disable=SC2086 # a list of packages
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $miss \
		>build/bench-install.log 2>&1 || { tail -n 5 build/bench-install.log >&2; exit 1; }
}
mkdir -p build
bench_need
stacks=build/bench-stacks
mkdir -p "$stacks"
cp tests/bench/stacks/* "$stacks/"
if [ ! -d "$stacks/node_modules/fastify" ]; then
	(cd "$stacks" && npm ci --ignore-scripts --no-audit --no-fund --silent) || exit 1
fi
. tests/lib.sh
cluster_start
# what a server would have; with the tests' 32 MB every row measures the reading of files
deploy/pg stop "$CLUSTER" >/dev/null
echo 'shared_buffers = 384MB' >>"$CLUSTER/data/postgresql.conf"
deploy/pg start "$CLUSTER" >/dev/null || bail 'PostgreSQL does not start again'
echo "loading ${BENCH_FACILITIES:=20000} facilities" >&2
deploy/pg psql "$CLUSTER" -q -v ON_ERROR_STOP=1 -v facilities="$BENCH_FACILITIES" \
	-v per=6 -f tests/bench/load.sql >"$T/load.log" 2>&1 ||
	{ tail -n 5 "$T/load.log"; bail 'the load failed'; }
mkdir -p "$T/state"
[ "$(id -u)" -ne 0 ] || chown "$QR_UID:$QR_GID" "$T/state"
export T DSN CLUSTER QR_UID QR_GID
QRSVC=$(program qrsvc) RENDER=$PWD/$B/bench/render STACKS=$PWD/$stacks python3 tests/bench/engine.py
