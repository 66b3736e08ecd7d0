# shellcheck shell=bash disable=SC2034
# Sourced by the benchmarks: where dbatch is, a scratch directory, seconds of a command, medians, the machine.
set -euo pipefail
benchmarks=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dbatch=${DBATCH:-$benchmarks/../out/dbatch}
python=${DBATCH_PYTHON:-/usr/bin/python3}
rounds=${ROUNDS:-3}
export DBATCH_CONFIG=/dev/null

[ -x "$dbatch" ] || {
  echo "error: there is no $dbatch; build it with 'dotnet publish src/DistributedBatch.Cli -c Release -o out/', or name one: DBATCH=/path/to/dbatch" >&2
  exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/dbatch-benchmark.XXXXXX")
trap 'rm -rf "$work"' EXIT

# seconds COMMAND...: runs it, its words thrown away, and prints how long it took. A command that fails ends the benchmark with its last words.
seconds() {
  local from to
  from=$(date +%s%N)
  "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || {
    echo "error: '$*' failed with exit code $?:" >&2
    tail -20 "$work/stderr" >&2
    return 1
  }
  to=$(date +%s%N)
  awk -v ns=$((to - from)) 'BEGIN { printf "%.3f\n", ns / 1e9 }'
}

# run ARGUMENTS...: dbatch run with a state directory of its own, as a first-time user has it.
fresh_run() {
  rm -rf "$work/state"
  "$dbatch" run --state "$work/state" "$@"
}

# bench_program PROJECT [PATH]: the path of a benchmark that is a C# project here, the given one or where it is built.
bench_program() {
  local program=${2:-$benchmarks/$1/bin/Release/net10.0/$1}
  [ -x "$program" ] || {
    echo "error: there is no $program; build it with 'dotnet build -c Release benchmarks/$1'" >&2
    return 1
  }
  echo "$program"
}

# median FILE: the middle of the numbers in it, with the smallest and largest.
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; printf "%.3f (%.3f-%.3f)", m, v[1], v[NR] }'; }
fastest() { sort -n "$1" | head -1; }
middle() { median "$1" | cut -d' ' -f1; }
ratio() { awk -v a="$(middle "$1")" -v b="$(middle "$2")" 'BEGIN { printf "%.2f", a / b }'; }

# How busy others keep the machine decides what a figure is worth, so it stands beside it.
machine() {
  echo "machine: $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)," \
    "Linux $(uname -r), load before $(cut -d' ' -f1 /proc/loadavg), $(date -u +%F), $("$dbatch" version | head -1)"
  echo
}
