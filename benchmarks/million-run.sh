#!/usr/bin/env bash
# A run with 1,000,000 settled chunks and 2,000 failures, told to a tracker over RabbitMQ, then every API page and every view of the dashboard; prints the slowest of
# each last. Exits 1 where a page takes more than 100 ms, a view in Chromium more than a second, or the tracker more than 400 MiB.
#   benchmarks/million-run.sh [CHUNKS]
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/lab.sh"
bench=$(bench_program DistributedBatch.TrackerBench "${DBATCH_TRACKER_BENCH:-}")

machine
start_broker
trap end_lab EXIT
export DBATCH_TOKEN_FILE=$work/tracker/token DBATCH_SERVER
DBATCH_SERVER=$(free_address)
background "$dbatch" serve --roles producer --broker "$broker" --data "$work/producer"
background "$dbatch" serve --roles tracker --broker "$broker" --data "$work/tracker" --listen "$DBATCH_SERVER"
tracker=${lab_processes[-1]}
until_true "$dbatch" list
"$bench" million "$broker" "$DBATCH_SERVER" "$(cat "$DBATCH_TOKEN_FILE")" "$tracker" "${1:-1000000}" || status=$?
echo "database: $(du -sm "$work/tracker" | cut -f1) MiB on disk"
[ "${status:-0}" -eq 0 ] || tail -5 "$work/lab.log" >&2
exit "${status:-0}"
