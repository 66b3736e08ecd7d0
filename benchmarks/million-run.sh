#!/bin/sh
# A run with 1,000,000 settled chunks and 2,000 failures through the tracker's real event path, then every API page; prints the slowest last and
# fails when one takes more than 100 ms.   usage: benchmarks/million-run.sh [CHUNKS]
set -eu
cd "$(dirname "$0")/.."
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
dotnet run --project benchmarks/DistributedBatch.TrackerBench -c Release --no-launch-profile -- million "$data" "${1:-1000000}"
