#!/usr/bin/env bash
# 200 chunks of very different length on 8 slots: how near is the end to that of ideal pulling in list order, which costs nothing to hand out?
# Goal: at most 1.02 times ideal pulling. xargs -P8 takes turns.
. "$(dirname "$0")/common.sh"
slots=8
"$python" "$benchmarks/tasks/skewed.py" list >"$work/lengths"
read -r ideal bound < <("$python" "$benchmarks/tasks/skewed.py" ideal "$slots")

with_xargs() { xargs -P"$slots" -n1 sleep <"$work/lengths"; }
with_dbatch() { fresh_run --items "$work/lengths" --slots "$slots" -- sleep "{item}"; }
empty_run() { fresh_run --total 1 --slots "$slots" -- true; }

machine
for _ in $(seq "$rounds"); do
  seconds with_xargs >>"$work/xargs"
  seconds with_dbatch >>"$work/dbatch"
  seconds empty_run >>"$work/start"
done
over() { awk -v a="$1" -v b="$ideal" 'BEGIN { printf "%.2f", a / b }'; }
net=$(awk -v a="$(middle "$work/dbatch")" -v b="$(middle "$work/start")" 'BEGIN { printf "%.3f", a - b }')
echo "| 200 lognormal sleeps, $slots slots | seconds, median (min-max) of $rounds | over ideal pull |"
echo "|---|---|---|"
echo "| bound: max(sum / slots, longest) | $bound | $(over "$bound") |"
echo "| ideal pull in list order | $ideal | 1.00 |"
echo "| xargs -P$slots | $(median "$work/xargs") | $(over "$(middle "$work/xargs")") |"
echo "| dbatch run, start to exit | $(median "$work/dbatch") | $(over "$(middle "$work/dbatch")") |"
echo "| dbatch run, without start-up (a run of one \`true\`: $(middle "$work/start") s) | $net | $(over "$net") |"
