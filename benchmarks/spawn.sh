#!/usr/bin/env bash
# What a chunk costs: 2,000 x /bin/true on two slots, against xargs -P2. The two take turns. Goal: at most 1.5 times xargs.
. "$(dirname "$0")/common.sh"
tasks=${TASKS:-2000}

with_xargs() { seq "$tasks" | xargs -P2 -n1 /bin/true; }
with_dbatch() { fresh_run --total "$tasks" --slots 2 -- /bin/true; }

machine
for _ in $(seq "$rounds"); do
  seconds with_xargs >>"$work/xargs"
  seconds with_dbatch >>"$work/dbatch"
done
echo "| $tasks x /bin/true, 2 slots | seconds, median (min-max) of $rounds | over xargs |"
echo "|---|---|---|"
echo "| xargs -P2 | $(median "$work/xargs") | 1.00 |"
echo "| dbatch run | $(median "$work/dbatch") | $(ratio "$work/dbatch" "$work/xargs") |"
