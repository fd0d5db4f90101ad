#!/bin/sh
# The photo process against libvips (npm sharp); see photo.py.  Without node or the network only
# our own figures.  BENCH_ROUNDS (7), B (build/release).
set -u
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build
peer=build/bench-photo-peer
if command -v npm >/dev/null; then
	mkdir -p "$peer"
	cp tests/bench/photo/* "$peer/"
	[ -d "$peer/node_modules/sharp" ] ||
		(cd "$peer" && npm ci --ignore-scripts --no-audit --no-fund --silent) || peer=
else
	peer=
fi
[ -n "$peer" ] || echo "bench: no npm sharp here, our own figures only" >&2
PEER=${peer:+$PWD/$peer} exec python3 tests/bench/photo.py
