#!/bin/bash
# Two database hosts, two daemon hosts, three etcd and HAProxy on one machine, killed and cut off
# under load: deploy/cluster-trial.  Five minutes of waiting for leases, so only with TEST_ALL.
# timeout: 1500
# sanitizers: no, this is about machines
. tests/lib.sh
[ -n "${TEST_ALL:-}" ] || skip_all 'five minutes; TEST_ALL=1 runs it'
rm -rf "$T"
exec deploy/cluster-trial
