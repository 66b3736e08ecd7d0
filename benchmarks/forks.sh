#!/usr/bin/env bash
# 100,000 chunks, each a fork of a preloaded interpreter: neither it nor the consumer may grow. An interpreter is replaced after 10,000 forks by design, so
# each line shows one at the end of its life; the first shows the first one at the start of its. Takes minutes: the forks, not the looking.
. "$(dirname "$0")/common.sh"
chunks=${CHUNKS:-100000}
step=${STEP:-10000}
margin=$((step / 10))

machine
"$dbatch" run --state "$work/state" --name forks --total "$chunks" --slots 2 --warm fork --python "$python" -- \
  python3 "$benchmarks/tasks/fork.py" "{start}" >"$work/stdout" 2>"$work/stderr" </dev/null &
run=$!
trap 'kill "$run" 2>/dev/null && wait "$run" || true; rm -rf "$work"' EXIT

zygote() { pgrep -n -P "$run" -f dbatch-zygote; }
settled() { "$dbatch" show forks --state "$work/state" --json 2>/dev/null | "$python" -c 'import json, sys; print(json.load(sys.stdin)["chunks"]["succeeded"])' 2>/dev/null || echo 0; }

# holds PID: megabytes resident, megabytes of its own (anonymous: what a leak would be), open descriptors.
holds() {
  awk '/^VmRSS/ { rss = $2 } /^RssAnon/ { own = $2 } END { printf "%.1f | %.1f", rss / 1024, own / 1024 }' "/proc/$1/status"
  echo " | $(find "/proc/$1/fd" -mindepth 1 | wc -l)"
}
children() { pgrep -P "$1" | wc -l; }
line() { echo "| $1 | $(zygote) | $(holds "$(zygote)") | $(children "$(zygote)") | $(holds "$run") |"; }

echo "| forks | zygote | its RSS, MB | of its own, MB | descriptors | children | consumer's RSS, MB | of its own, MB | descriptors |"
echo "|---|---|---|---|---|---|---|---|---|"
# What grows at the very start is the program getting under way, so the first look is after a few hundred.
next=500
while [ "$next" -lt "$chunks" ]; do
  while done=$(settled) && [ "$done" -lt "$next" ]; do
    kill -0 "$run" 2>/dev/null || { echo "error: the run ended early:" >&2; tail -20 "$work/stderr" >&2; exit 1; }
    sleep "${EVERY:-2}"
  done
  line "$done"
  next=$((((done + margin) / step + 1) * step - margin)) # just before one is replaced
done
wait "$run"
echo
cat "$work/stdout"
