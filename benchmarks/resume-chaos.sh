#!/usr/bin/env bash
# A run of 5,000 chunks is ended by kill -9 five times and resumed each time. Every chunk must end up succeeded, with one output directory; what had been
# committed must not run again; no program may outlive the kill.
. "$(dirname "$0")/common.sh"
chunks=${CHUNKS:-5000}
kills=${KILLS:-5}
log=$work/executed
mark="DBATCH_CHAOS=$$"

# Each execution that reached its end leaves a line, whether or not anybody heard of it.
job=(--env "$mark" --total "$chunks" --slots 4 --name chaos --state "$work/state" --out "$work/out" --
  sh -c "sleep 0.0\$(( {index} % 5 )); echo {index} >\"\$DBATCH_OUT/index\"; echo {index} >>$log")

survivors() { { grep -lzx "$mark" /proc/[0-9]*/environ || true; } 2>/dev/null | wc -l; }
succeeded() { "$dbatch" show chaos --state "$work/state" --json | "$python" -c 'import json, sys; print(json.load(sys.stdin)["chunks"]["succeeded"])'; }
executed() { wc -l <"$log"; }
# The chunks that the ledger has as succeeded: those must never run again. It is read from a copy, so that reading changes nothing.
succeeded_chunks() {
  rm -rf "$work/ledger" && mkdir "$work/ledger" && cp "$work"/state/ledger.db* "$work/ledger/"
  "$python" -c 'import sqlite3, sys; [print(row[0]) for row in sqlite3.connect(sys.argv[1]).execute("SELECT idx FROM chunk WHERE state = ?", ["succeeded"])]' "$work/ledger/ledger.db"
}
# repeats KILL: the chunks that had succeeded at that kill and ran again after it.
repeats() { tail -n +"$(($(cat "$work/executed.$1") + 1))" "$log" | sort | comm -12 - "$work/succeeded.$1"; }
: >"$log"

machine
echo "| kill | after s of work | succeeded chunks | programs alive 1 s later |"
echo "|---|---|---|---|"
for kill in $(seq "$kills"); do
  pause=$(awk -v seed="$RANDOM" 'BEGIN { srand(seed); printf "%.2f", 0.2 + rand() * 2 }')
  before=$(executed)
  "$dbatch" run "${job[@]}" >"$work/stdout" 2>"$work/stderr" </dev/null &
  run=$!
  # The moment is random, but not before it works: a kill during start-up is the dull case.
  until [ "$(executed)" -gt "$before" ] || ! kill -0 "$run" 2>/dev/null; do sleep 0.05; done
  sleep "$pause"
  kill -KILL "$run" 2>/dev/null || { echo "error: the run had ended after $pause s, before it could be killed; take more CHUNKS" >&2; exit 1; }
  wait "$run" 2>/dev/null || true
  sleep 1
  executed >"$work/executed.$kill"
  succeeded_chunks | sort >"$work/succeeded.$kill"
  echo "| $kill | $pause | $(succeeded) | $(survivors) |"
done

"$dbatch" run "${job[@]}" >"$work/stdout" 2>"$work/stderr" </dev/null || { tail -20 "$work/stderr" >&2; exit 1; }
outputs=$(find "$work/out" -mindepth 2 -maxdepth 2 -name index | wc -l)
wrong=$(for file in "$work"/out/*/index; do [ "$(cat "$file")" = "$(basename "$(dirname "$file")")" ] || echo "$file"; done | wc -l)
repeated=$(for kill in $(seq "$kills"); do repeats "$kill"; done | sort -u | wc -l)
again=$(($(wc -l <"$log") - $(sort -u "$log" | wc -l)))
echo
echo "chunks: $chunks, succeeded: $(succeeded), output directories: $outputs (wrong: $wrong), different chunks executed: $(sort -u "$log" | wc -l)"
echo "succeeded chunks that ran again: $repeated"
echo "executions whose report was not committed at a kill and that were repeated: $again (at most 4 running and a few committing, at each of $kills kills)"
if [ "$(succeeded)" -ne "$chunks" ] || [ "$outputs" -ne "$chunks" ] || [ "$wrong" -ne 0 ] || [ "$repeated" -ne 0 ]; then
  echo "error: the counts do not add up, or a succeeded chunk ran again" >&2
  exit 1
fi
