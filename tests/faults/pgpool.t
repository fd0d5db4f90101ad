#!/bin/bash
# The pool against a real database: tests/unit/pgpool.c with a cluster of its own.
. tests/lib.sh

[ -x "$B/tests/pgpool" ] || bail "build it first: make unit"
cluster_start
"$B/tests/pgpool"
