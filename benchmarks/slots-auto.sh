#!/usr/bin/env bash
# Does --slots auto find the number? The same job with fixed numbers and with auto; throughput from the first start to the last end.
# Goal: at least 95 % of the best fixed number. Name workloads to run only those: slots-auto.sh cpu half sleep memory
. "$(dirname "$0")/within.sh"
. "$(dirname "$0")/common.sh"

# measure CHUNKS SLOTS MIB CPU WAIT: chunks a second, over all of the run and over its second half; what was said of the slots goes to $work/said.
measure() {
  fresh_run --total "$1" --slots "$2" --warm off -- "$python" -S "$benchmarks/tasks/mixed.py" "$3" "$4" "$5" >"$work/said" 2>&1 </dev/null || {
    tail -20 "$work/said" >&2
    return 1
  }
  "$python" "$benchmarks/tasks/throughput.py" "$work/state"
}

# workload NAME CHUNKS MIB CPU WAIT FIXED...
workload() {
  local name=$1 chunks=$2 mib=$3 cpu=$4 wait=$5 best=0 rate rest whole late
  shift 5
  for slots in "$@"; do
    read -r rate rest < <(measure "$chunks" "$slots" "$mib" "$cpu" "$wait")
    echo "| $name | $slots | $rate | $rest | |"
    best=$(awk -v a="$best" -v b="$rate" 'BEGIN { print (a > b ? a : b) }')
  done
  read -r whole late < <(measure "$((chunks * ${LONGER:-4}))" auto "$mib" "$cpu" "$wait")
  awk -v name="$name" -v whole="$whole" -v late="$late" -v best="$best" -v why="$(sed -n 's/^  \([0-9]* slots.*\)/\1/p' "$work/said")" \
    'BEGIN { printf "| %s | auto | %s | %s | %.0f %% of the best, search included; %.0f %% in the second half. %s |\n", name, whole, late, 100 * whole / best, 100 * late / best, why }'
}

machine
before=$(kernel_kills)
echo "| workload | slots | chunks/s | in the second half | |"
echo "|---|---|---|---|---|"
for name in "${@:-cpu half sleep memory}"; do
  for each in $name; do
    case $each in
      cpu) workload "0.2 s processor" 120 1 0.2 0 1 2 3 4 ;;
      half) workload "0.1 s processor, 0.1 s waiting" 200 1 0.1 0.1 2 3 4 6 8 ;;
      sleep) workload "0.02 s processor, 0.4 s waiting" 500 1 0.02 0.4 8 16 24 32 48 ;;
      memory) workload "2 GiB, 0.2 s processor, 1 s waiting" 24 2048 0.2 1 2 3 4 5 ;;
      *) echo "error: there is no workload '$each'; there are cpu, half, sleep, memory" >&2; exit 2 ;;
    esac
  done
done
echo
echo "killed by the kernel for want of memory: $(($(kernel_kills) - before))"
