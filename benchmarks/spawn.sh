#!/usr/bin/env bash
# What a chunk costs: 2,000 x /bin/true on two slots, against xargs -P2, in one process and through RabbitMQ with every service, and there against Celery.
# All take turns. Goals: at most 1.5 times xargs in one process; through RabbitMQ at most 2 times, and ahead of Celery.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/lab.sh"
tasks=${TASKS:-2000}

with_xargs() { seq "$tasks" | xargs -P2 -n1 /bin/true; }
with_dbatch() { fresh_run --total "$tasks" --slots 2 -- /bin/true; }
with_lab() { "$dbatch" submit --watch --name "spawn-$1" --total "$2" -- /bin/true; }

machine
start_lab
start_celery
seconds with_lab first 2 >/dev/null
for round in $(seq "$rounds"); do
  seconds with_xargs >>"$work/xargs"
  seconds with_dbatch >>"$work/dbatch"
  seconds with_lab "$round" "$tasks" >>"$work/lab"
  with_celery true "$tasks" >>"$work/celery"
done
echo "| $tasks x /bin/true, 2 slots | seconds, median (min-max) of $rounds | over xargs |"
echo "|---|---|---|"
echo "| xargs -P2 | $(median "$work/xargs") | 1.00 |"
echo "| dbatch run, start to exit | $(median "$work/dbatch") | $(ratio "$work/dbatch" "$work/xargs") |"
echo "| dbatch submit --watch through RabbitMQ, start to exit | $(median "$work/lab") | $(ratio "$work/lab" "$work/xargs") |"
echo "| Celery on the same broker, first submit to last end | $(median "$work/celery") | $(ratio "$work/celery" "$work/xargs") |"
