#!/usr/bin/env bash
# A run of 1,000,000 chunks through RabbitMQ to its last one: is the broker's queue ever longer than the window, does the producer's memory grow, and how many
# chunks a second go through ledger, publish with confirm, broker, report and back? The slots only say "done".   usage: benchmarks/feed.sh [CHUNKS]
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/broker.sh"
bench=${DBATCH_BENCH:-$benchmarks/DistributedBatch.Benchmarks/bin/Release/net10.0/DistributedBatch.Benchmarks}
[ -x "$bench" ] || {
  echo "error: there is no $bench; build it with 'dotnet build -c Release benchmarks/DistributedBatch.Benchmarks', or name one: DBATCH_BENCH=/path/to/it" >&2
  exit 1
}

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
