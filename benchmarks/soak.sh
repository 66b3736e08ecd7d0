#!/usr/bin/env bash
# Chaos in a lab: a run on three hosts while hosts, producer, tracker and broker are killed with kill -9, connections are cut, the broker runs short of
# memory and a host is cut off for longer than the heartbeat. It is the spec ChaosSpecs with one seed after the other; a failure comes back with its seed.
# CHAOS=storage is StorageChaosSpecs instead: the head's PostgreSQL is restarted, its clock is set, the broker is away for 45 s while chunks are leased, the
# driver of the cards hangs, and the attempts themselves record that no chunk runs again without a lost host.
#   benchmarks/soak.sh                          20 seeds, about 2 minutes each
#   SEEDS=3 FIRST=7 benchmarks/soak.sh          seeds 7, 8 and 9
#   CHAOS=storage benchmarks/soak.sh            the other chaos, about 5 minutes a seed
#   SEEDS=1 FAULTS=240 CHUNKS=9000 benchmarks/soak.sh    an hour
# GATE=COMMAND puts a command before each seed, such as GATE='nice -n 19'. SPECS names a built test program.
set -euo pipefail
cd "$(dirname "$0")/.."
first=${FIRST:-1} seeds=${SEEDS:-20}
case ${CHAOS:-deaths} in
  deaths) spec=Every_chunk_is_settled_once_whatever_dies faults=9 chunks=300 ;;
  storage) spec=Every_chunk_is_settled_once_and_runs_again_only_after_a_lost_host faults=12 chunks=200 ;;
  *)
    echo "error: CHAOS is deaths or storage, not '$CHAOS'" >&2
    exit 2
    ;;
esac
export DBATCH_TEST_FAULTS=${FAULTS:-$faults} DBATCH_TEST_CHUNKS=${CHUNKS:-$chunks} DBATCH_TEST_OUTAGE=${OUTAGE:-45}
specs=${SPECS:-tests/DistributedBatch.Specs/bin/Debug/net10.0/DistributedBatch.Specs}
[ -x "$specs" ] || {
  echo "error: there is no $specs; build it with 'dotnet build tests/DistributedBatch.Specs', or name one: SPECS=/path/to/DistributedBatch.Specs" >&2
  exit 1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
echo "| seed | faults | seconds | what came of it |"
echo "|---|---|---|---|"
for seed in $(seq "$first" $((first + seeds - 1))); do
  from=$(date +%s)
  # shellcheck disable=SC2086 # GATE is a command with its arguments.
  if DBATCH_TEST_SEED=$seed ${GATE:-} "$specs" -method "*.$spec" -showLiveOutput -noColor -noLogo >"$log" 2>&1 </dev/null; then
    outcome=$(sed -nE 's/(.*[^0-9])?([0-9]+ chunks settled once each.*)/\2/p' "$log" | tail -1)
    [ -n "$outcome" ] || outcome='**no test was run**'
  else
    outcome='**failed**'
  fi
  echo "| $seed | $DBATCH_TEST_FAULTS | $(($(date +%s) - from)) | $outcome |"
  case $outcome in '**'*)
    failed=$((failed + 1))
    sed "s/^/    /" "$log" >&2
    ;;
  esac
done
[ "$failed" -eq 0 ] || {
  echo "error: $failed of $seeds seeds failed" >&2
  exit 1
}
