#!/usr/bin/env bash
# What a control group for each attempt costs: 2,000 x /bin/true on two slots with --isolation session and cgroup, which take turns.
# Needs leave to make control groups: root, or systemd-run --user --scope -p Delegate=yes benchmarks/isolation.sh (which has this shell in the group, so without limits).
. "$(dirname "$0")/common.sh"
tasks=${TASKS:-2000}

with() { fresh_run --total "$tasks" --slots 2 --isolation "$1" -- /bin/true; }

machine
seconds with session >/dev/null
for _ in $(seq "$rounds"); do
  for mode in session cgroup; do seconds with "$mode" >>"$work/$mode"; done
done
echo "| $tasks x /bin/true, 2 slots, dbatch run from start to exit | seconds, median (min-max) of $rounds | over session |"
echo "|---|---|---|"
echo "| --isolation session | $(median "$work/session") | 1.00 |"
echo "| --isolation cgroup | $(median "$work/cgroup") | $(ratio "$work/cgroup" "$work/session") |"
