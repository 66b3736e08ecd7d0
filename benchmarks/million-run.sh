#!/usr/bin/env bash
# A run with 1,000,000 settled chunks and 2,000 failures, told to a tracker over RabbitMQ, then every API page and every view of the dashboard; prints the slowest of
# each last. Exits 1 where a page takes more than 100 ms, a view in Chromium more than a second, or the tracker more than 400 MiB.
#   benchmarks/million-run.sh [CHUNKS]
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/broker.sh"
bench=$(bench_program DistributedBatch.TrackerBench "${DBATCH_TRACKER_BENCH:-}")

machine
start_broker
server=http://127.0.0.1:$("$python" -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
"$dbatch" serve --roles producer --broker "$broker" --data "$work/producer" 2>"$work/producer.log" &
producer=$!
"$dbatch" serve --roles tracker --broker "$broker" --data "$work/data" --listen "$server" 2>"$work/tracker.log" &
tracker=$!
trap 'kill "$tracker" "$producer" 2>/dev/null || true; wait "$tracker" "$producer" 2>/dev/null || true; stop_broker; rm -rf "$work"' EXIT
until DBATCH_SERVER=$server DBATCH_TOKEN_FILE=$work/data/token "$dbatch" list >/dev/null 2>&1; do
  kill -0 "$tracker" || { tail -5 "$work/tracker.log" >&2; exit 1; }
  sleep 0.2
done
"$bench" million "$broker" "$server" "$(cat "$work/data/token")" "$tracker" "${1:-1000000}" || status=$?
echo "database: $(du -sm "$work/data" | cut -f1) MiB on disk"
[ "${status:-0}" -eq 0 ] || tail -5 "$work/tracker.log" >&2
exit "${status:-0}"
