#!/usr/bin/env bash
# 10,000 reports a second for a minute into the tracker, on SQLite and on PostgreSQL; exits 1 where it fell more than two seconds behind.
#   benchmarks/sustain.sh [PER_SECOND] [SECONDS]     POSTGRES=postgres://… adds PostgreSQL
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dotnet build benchmarks/DistributedBatch.TrackerBench -c Release -v quiet -nodeReuse:false </dev/null >/dev/null
bench=benchmarks/DistributedBatch.TrackerBench/bin/Release/net10.0/DistributedBatch.TrackerBench
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
status=0
"$bench" sustain "$directory/sqlite" "${1:-10000}" "${2:-60}" || status=1
[ -z "${POSTGRES:-}" ] || "$bench" sustain "$directory/postgres" "${1:-10000}" "${2:-60}" "$POSTGRES" || status=1
exit "$status"
