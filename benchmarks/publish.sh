#!/usr/bin/env bash
# How many chunks a second RabbitMQ confirms to us: persistent, mandatory, on a quorum queue; against Celery with confirm_publish. Goal: 20,000.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/broker.sh"
chunks=${CHUNKS:-50000}
bench=$(bench_program DistributedBatch.Benchmarks "${DBATCH_BENCH:-}")

machine
start_broker
export CELERY_BROKER=$broker CELERY_TALLY=$work/tally
for _ in $(seq "$rounds"); do
  "$bench" publish "$broker" "$chunks" >>"$work/dbatch"
  (cd "$benchmarks/tasks" && "$python" celery_publish.py $((chunks / 20))) >>"$work/celery"
done
echo "| small persistent messages, each confirmed | messages/s, median (min-max) of $rounds | times Celery |"
echo "|---|---|---|"
echo "| dbatch, $chunks chunks | $(median "$work/dbatch") | $(ratio "$work/dbatch" "$work/celery") |"
echo "| Celery, confirm_publish, $((chunks / 20)) tasks | $(median "$work/celery") | 1.00 |"
