#!/usr/bin/env bash
# What `import torch` costs: 60 chunks of importing it and about 20 ms of work, two slots, against the work alone; on one box and through RabbitMQ.
# Goals: fork at most 2 times the pure work, keep at most 1.15 times, both without the start-up that is paid once.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/lab.sh"
chunks=60
script=$benchmarks/tasks/torch_chunk.py

boxed() { fresh_run --total "$2" --slots 2 --warm "$1" --python "$python" -- python3 "$script" "{start}" "{count}"; }
brokered() { "$dbatch" submit --watch --name "warm-$1-$2-$round" --total "$2" --warm "$1" --python "$python" -- python3 "$script" "{start}" "{count}"; }
pure_work() { (cd "$benchmarks/tasks" && "$python" pure_work.py); }

machine
start_lab
pure_work >/dev/null # the first import reads from disk

# A lab runs for days. What its programs do often is compiled once more, for speed, within their first 3,000 chunks; that is start-up, paid once.
round=0
for mode in fork keep; do seconds brokered "$mode" 1500 >/dev/null; done
for round in $(seq "$rounds"); do
  for way in boxed brokered; do
    for mode in fork keep; do
      pure_work >>"$work/pure" # as often as all else together, because what others do to the machine changes from one second to the next
      seconds "$way" "$mode" "$chunks" >>"$work/$way-$mode"
      seconds "$way" "$mode" 2 >>"$work/$way-$mode-start"
    done
  done
  [ "$round" -gt 1 ] || seconds boxed off "$chunks" >>"$work/off" # half a minute: once is enough
done

# net STATISTIC SERIES: the time of 60 chunks less that of 2 is the time of 58: start-up is in neither.
net() { awk -v all="$("$1" "$work/$2")" -v start="$("$1" "$work/$2-start")" -v pure="$("$1" "$work/pure")" -v n="$chunks" \
  'BEGIN { t = (all - start) * n / (n - 2); printf "%.3f | %.2f", t, t / pure }'; }
# On a machine that others slow down now and then, medians of so many short times are luck; the fastest of each were least disturbed.
echo "| $chunks x (import torch + about 20 ms), 2 slots | seconds, start to exit, median (min-max) of $rounds | without start-up | over pure work | the fastest of each, without start-up | over pure work |"
echo "|---|---|---|---|---|---|"
echo "| pure work, 2 processes | - | $(median "$work/pure") | 1.00 | $(fastest "$work/pure") | 1.00 |"
echo "| dbatch run, --warm off (once) | $(median "$work/off") | - | $(ratio "$work/off" "$work/pure") | - | - |"
for way in boxed brokered; do
  [ "$way" = boxed ] && label="dbatch run" || label="through RabbitMQ"
  for mode in fork keep; do echo "| $label, --warm $mode | $(median "$work/$way-$mode") | $(net middle "$way-$mode") | $(net fastest "$way-$mode") |"; done
done
