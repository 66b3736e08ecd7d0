#!/usr/bin/env bash
# Far too many slots for the memory there is: 64, each with 2 GiB. Does it end, and does the kernel kill anything?
# LIMIT=12G (root) makes the machine smaller and keeps the rest of it out of danger.
. "$(dirname "$0")/within.sh"
. "$(dirname "$0")/common.sh"
chunks=${CHUNKS:-64}

machine
before=$(kernel_kills)
took=$(seconds fresh_run --total "$chunks" --slots 64 --retries 0 --warm off -- "$python" -S "$benchmarks/tasks/mixed.py" 2048 0.2 1)
tally=$("$python" - "$work/state/tracker.db" <<'SQL'
import sqlite3, sys
print(", ".join("%d %s" % (n, outcome) for outcome, n in sqlite3.connect(sys.argv[1]).execute("SELECT outcome, count(*) FROM attempts GROUP BY outcome ORDER BY 2 DESC")))
SQL
)
echo "| $chunks chunks of 2 GiB, --slots 64${LIMIT:+, within $LIMIT} | |"
echo "|---|---|"
echo "| start to exit | $took s |"
echo "| attempts | $tally |"
echo "| killed by the kernel | $(($(kernel_kills) - before)) |"
sed -n 's/^/    /p' "$work/stdout"
