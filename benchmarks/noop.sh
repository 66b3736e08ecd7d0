#!/usr/bin/env bash
# Chunks that do nothing, --warm keep, two slots, every one accounted for in the ledger; against Python's own pools, which keep no books, and through RabbitMQ
# against Celery with results ignored. Goals: 10,000 chunks a second in one process, 3 times Celery through RabbitMQ.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/lab.sh"
tasks=${TASKS:-20000}

noop=(--warm keep --python "$python" -- python3 "$benchmarks/tasks/noop.py")
with_dbatch() { fresh_run --total "$1" --slots 2 "${noop[@]}"; }
with_lab() { "$dbatch" submit --watch --name "noop-$1" --total "$2" "${noop[@]}"; }
pool() { (cd "$benchmarks/tasks" && "$python" pool_noop.py "$1" "$tasks"); }

machine
start_lab
start_celery
# A lab runs for days: what its programs do all the time is compiled for the last time within their first 100,000 chunks.
for run in 1 2 3 4 5; do seconds with_lab "first-$run" "$tasks" >/dev/null; done
for round in $(seq "$rounds"); do
  pool pool >>"$work/pool"
  pool executor >>"$work/executor"
  seconds with_dbatch "$tasks" >>"$work/dbatch"
  seconds with_dbatch 2 >>"$work/start"
  seconds with_lab "$round" "$tasks" >>"$work/lab"
  seconds with_lab "start-$round" 2 >>"$work/lab-start"
  with_celery noop "$tasks" >>"$work/celery"
done
rate() { awk -v n="$tasks" -v s="$1" 'BEGIN { printf "%.0f", n / s }'; }
less() { awk -v a="$(middle "$1")" -v b="$(middle "$2")" 'BEGIN { printf "%.3f", a - b }'; }
net=$(less "$work/dbatch" "$work/start")
lab_net=$(less "$work/lab" "$work/lab-start")
over_celery() { awk -v c="$(middle "$work/celery")" -v s="$1" 'BEGIN { printf "%.2f", c / s }'; }
echo "| $tasks no-op chunks, 2 slots | seconds, median (min-max) of $rounds | chunks/s | times Celery |"
echo "|---|---|---|---|"
echo "| multiprocessing.Pool | $(median "$work/pool") | $(rate "$(middle "$work/pool")") | $(over_celery "$(middle "$work/pool")") |"
echo "| ProcessPoolExecutor | $(median "$work/executor") | $(rate "$(middle "$work/executor")") | $(over_celery "$(middle "$work/executor")") |"
echo "| dbatch run, start to exit | $(median "$work/dbatch") | $(rate "$(middle "$work/dbatch")") | $(over_celery "$(middle "$work/dbatch")") |"
echo "| dbatch run, without start-up (a run of 2 chunks) | $net | $(rate "$net") | $(over_celery "$net") |"
echo "| dbatch through RabbitMQ, start to exit | $(median "$work/lab") | $(rate "$(middle "$work/lab")") | $(over_celery "$(middle "$work/lab")") |"
echo "| dbatch through RabbitMQ, without start-up | $lab_net | $(rate "$lab_net") | $(over_celery "$lab_net") |"
echo "| Celery, results ignored | $(median "$work/celery") | $(rate "$(middle "$work/celery")") | 1.00 |"
