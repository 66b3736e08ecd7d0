#!/usr/bin/env bash
# A run of 1,000,000 chunks through RabbitMQ to its last one: is the broker's queue ever longer than the window, does the producer's memory grow, and how many
# chunks a second go through ledger, publish with confirm, broker, report and back? The slots only say "done".   usage: benchmarks/feed.sh [CHUNKS]
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/broker.sh"
bench=$(bench_program DistributedBatch.Benchmarks "${DBATCH_BENCH:-}")

machine
start_broker
"$dbatch" serve --roles producer --broker "$broker" --data "$work/data" 2>"$work/producer.log" &
producer=$!
trap 'kill -KILL "$producer" 2>/dev/null || true; stop_broker; rm -rf "$work"' EXIT
"$bench" feed "${1:-1000000}" "$broker" "$producer" || {
  tail -5 "$work/producer.log" >&2
  exit 1
}
echo "ledger: $(du -sm "$work/data" | cut -f1) MiB on disk"
