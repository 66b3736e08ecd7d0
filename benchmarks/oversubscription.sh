#!/usr/bin/env bash
# Eight chunks of threaded matrix products at once. Left alone, each starts a thread per core; dbatch gives each its share of the cores.
. "$(dirname "$0")/common.sh"
chunks=8

alone() { seq "$chunks" | xargs -P"$chunks" -I_ "$python" "$benchmarks/tasks/matmul.py"; }
with_slots() { fresh_run --total "$chunks" --slots "$1" --warm off --python "$python" -- python3 "$benchmarks/tasks/matmul.py"; }

machine
for _ in $(seq "$rounds"); do
  seconds alone >>"$work/alone"
  seconds with_slots "$chunks" >>"$work/all"
  seconds with_slots "$(nproc)" >>"$work/cores"
done
echo "| $chunks chunks of threaded matmul | seconds, median (min-max) of $rounds | over the best |"
echo "|---|---|---|"
echo "| xargs -P$chunks, default threads | $(median "$work/alone") | $(ratio "$work/alone" "$work/cores") |"
echo "| dbatch --slots $chunks | $(median "$work/all") | $(ratio "$work/all" "$work/cores") |"
echo "| dbatch --slots $(nproc) | $(median "$work/cores") | 1.00 |"
