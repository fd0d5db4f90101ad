#!/bin/bash
# The pool against a real database: tests/unit/pgpool.c and pgpool_memory.c with a cluster of their own.
. tests/lib.sh

for t in pgpool pgpool_memory; do
	[ -x "$B/tests/$t" ] || bail "build it first: make unit"
done
cluster_start
"$B/tests/pgpool"
rc=$?
"$B/tests/pgpool_memory" || rc=$?
exit $rc
