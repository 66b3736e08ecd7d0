#!/usr/bin/env bash
# Installs what the tests need, builds with warnings as errors and runs every test against real servers and real processes.
#   ./test.sh             all tests
#   ./test.sh Producer    only the test projects whose name contains the word
#   ./test.sh containers  the lab of docker-compose.yml in containers, which takes some minutes and needs a Docker engine
# The last line says: N passed, N failed, N skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/packages.sh

need_dotnet
need rabbitmq-server postgresql faketime chromium curl python3 python3-numpy python3-torch python3-sklearn python3-matplotlib procps iproute2

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# The broker that was just installed, even where a Docker engine answers: DBATCH_TEST_BROKER=container ./test.sh Messaging tries the other.
export DBATCH_TEST_BROKER=${DBATCH_TEST_BROKER:-installed}
say "Building"
dotnet build DistributedBatch.sln -nodeReuse:false -v quiet </dev/null

# Tests with the kernel's own control groups need leave to make some, which few containers give. Without it they fail, so they are left out and that is said.
chosen=(-trait- kind=soak)
groups=
for mount in /sys/fs/cgroup /sys/fs/cgroup/unified; do
  [ ! -e "$mount/cgroup.controllers" ] || groups=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)
done
if [ -n "$groups" ] && mkdir "$groups/dbatch-test-$$" 2>/dev/null; then
  [ -e "$groups/dbatch-test-$$/cgroup.kill" ] && (echo 0 >"$groups/dbatch-test-$$/cgroup.procs") 2>/dev/null || chosen+=(-trait- needs=cgroup)
  for _ in $(seq 50); do rmdir "$groups/dbatch-test-$$" 2>/dev/null && break || sleep 0.1; done
else
  chosen+=(-trait- needs=cgroup)
fi

passed=0 failed=0 skipped=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# A run that ends without xunit's summary (a crash, a time-out) or without having run a test counts as a failure.
run_project() {
  local name=$1 program=$2 log="$logs/$1.log" status=0 total errors wrong left
  timeout --kill-after=20 1200 "$program" "${chosen[@]}" -noColor -noLogo </dev/null >"$log" 2>&1 || status=$?
  read -r total errors wrong left < <(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/p' "$log" | tail -1) || true
  if [ -z "${total:-}" ] || [ "$total" -eq 0 ]; then
    tail -60 "$log"
    say "$name ran no test to its end (exit code $status)"
    echo 0 1 0 >"$logs/$name.counts"
    return
  fi
  wrong=$((wrong + errors))
  if [ "$status" -ne 0 ]; then
    cat "$log"
    [ $wrong -gt 0 ] || wrong=1
  else
    grep -E 'Total:' "$log" | tail -1
  fi
  echo $((total - wrong - left)) $wrong "$left" >"$logs/$name.counts"
}

# Specs wait more than they work, so they run beside the others, which come one after another.
for project in tests/*.Specs/*.csproj tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  case "$name" in *"${1:-}"*) ;; *) continue ;; esac
  say "Testing $name"
  case "$name" in
    *.Specs) run_project "$name" "tests/$name/bin/Debug/net10.0/$name" & ;;
    *) run_project "$name" "tests/$name/bin/Debug/net10.0/$name" ;;
  esac
done
wait
for counts in "$logs"/*.counts; do
  [ -e "$counts" ] || continue
  read -r good wrong left <"$counts"
  passed=$((passed + good)) failed=$((failed + wrong)) skipped=$((skipped + left))
done

# The lab in containers takes longer than everything else together and needs an engine, so it is run when it is asked for, and said when it is not.
if [ "${1:-}" = containers ]; then
  say "Testing the lab in containers"
  infra/docker/check.sh </dev/null | tee "$logs/containers.log" || true
  read -r held broken < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$logs/containers.log" | tail -1) || true
  passed=$((passed + ${held:-0}))
  failed=$((failed + ${broken:-1}))
elif [ $# -eq 0 ]; then
  say "NOT RUN: the lab in containers. './test.sh containers' runs it; $(docker info >/dev/null 2>&1 && echo 'a Docker engine answers here' || echo 'no Docker engine answers here')."
fi

say "NOT RUN: chaos of databases, clocks and cards. 'CHAOS=storage benchmarks/soak.sh' runs it."
[[ " ${chosen[*]} " != *needs=cgroup* ]] || say "NOT RUN: tests of --isolation cgroup; no control group can be made here (a root shell, or systemd-run --user --scope -p Delegate=yes ./test.sh)."

# A test that was not run has shown nothing.
status=0
[ "$failed" -eq 0 ] && [ $((passed + failed)) -gt 0 ] || status=1
[ "$skipped" -eq 0 ] || { say "$skipped tests were skipped"; [ "${CI:-}" != true ] || status=1; }
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
exit "$status"
