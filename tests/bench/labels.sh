#!/bin/sh
# Label printing against its floor and its peers; needs no database.  Writes
# build/bench-labels.json and prints the table.  BENCH_ROUNDS (5), BENCH_PEERS=0 leaves
# peers out, BENCH_ONLY=floor|threads|memory|sizes|rasters|others runs one part.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${B:=build/release}"
out=build/bench-labels
mkdir -p "$out"
# have PACKAGE...: all there, or installed now.
have() {
	dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null | grep -c 'ok installed' | grep -qx $# && return
	[ "$(id -u)" -eq 0 ] && DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends "$@" >"$out/install.log" 2>&1
}
make -s "$B/qrlabels" || exit 1
cc -O2 -o "$out/bare" tests/bench/labels/bare.c -lqrencode || exit 1
peers=
if [ "${BENCH_PEERS:-1}" != 0 ]; then
	have libhpdf-dev && cc -O2 -o "$out/haru" tests/bench/labels/haru.c -lhpdf -lqrencode &&
		peers="$peers libharu"
	have python3-reportlab python3-segno && peers="$peers reportlab"
	have glabels && peers="$peers gLabels"
	if [ ! -d "$out/node_modules/pdfkit" ]; then
		(cd "$out" && npm install --ignore-scripts --no-audit --no-fund --silent pdfkit@0.15.0 \
			qrcode@1.5.4 >npm.log 2>&1)
	fi
	[ -d "$out/node_modules/pdfkit" ] && peers="$peers pdfkit"
fi
B=$B OUT=$out PEERS=$peers exec /usr/bin/python3 tests/bench/labels/labels.py
