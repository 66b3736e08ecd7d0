#!/usr/bin/env bash
# Chunks that do nothing, --warm keep, two slots, every one accounted for in the ledger; against Python's own pools, which keep no books.
# Goal: 10,000 chunks a second.
. "$(dirname "$0")/common.sh"
tasks=${TASKS:-20000}

with_dbatch() { fresh_run --total "$1" --slots 2 --warm keep --python "$python" -- python3 "$benchmarks/tasks/noop.py"; }
pool() { (cd "$benchmarks/tasks" && "$python" pool_noop.py "$1" "$tasks"); }

machine
for _ in $(seq "$rounds"); do
  pool pool >>"$work/pool"
  pool executor >>"$work/executor"
  seconds with_dbatch "$tasks" >>"$work/dbatch"
  seconds with_dbatch 2 >>"$work/start"
done
rate() { awk -v n="$tasks" -v s="$1" 'BEGIN { printf "%.0f", n / s }'; }
net=$(awk -v a="$(middle "$work/dbatch")" -v b="$(middle "$work/start")" 'BEGIN { printf "%.3f", a - b }')
echo "| $tasks no-op chunks, 2 slots | seconds, median (min-max) of $rounds | chunks/s |"
echo "|---|---|---|"
echo "| multiprocessing.Pool | $(median "$work/pool") | $(rate "$(middle "$work/pool")") |"
echo "| ProcessPoolExecutor | $(median "$work/executor") | $(rate "$(middle "$work/executor")") |"
echo "| dbatch --warm keep, start to exit | $(median "$work/dbatch") | $(rate "$(middle "$work/dbatch")") |"
echo "| dbatch --warm keep, without start-up | $net | $(rate "$net") |"
