# shellcheck shell=bash
# Sourced first by benchmarks that fill memory: with LIMIT=12G (root only) the script starts again inside a control group with that much, so that neither
# the machine nor anybody else on it is in danger, and the figures are those of a smaller machine.
if [ -n "${LIMIT:-}" ] && [ -z "${WITHIN:-}" ]; then
  bytes=$(numfmt --from=iec "$LIMIT")
  if [ -d /sys/fs/cgroup/memory ]; then
    group=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)/dbatch-benchmark-$$
    [ -d "$(dirname "$group")" ] || group=/sys/fs/cgroup/memory/dbatch-benchmark-$$
    mkdir "$group"
    echo "$bytes" >"$group/memory.limit_in_bytes"
  else
    group=/sys/fs/cgroup/dbatch-benchmark-$$
    mkdir "$group"
    echo "$bytes" >"$group/memory.max"
  fi
  trap 'rmdir "$group"' EXIT
  WITHIN="$group" bash -c 'echo $$ >"$WITHIN/cgroup.procs"; exec "$0" "$@"' "$0" "$@"
  exit
fi

# How often the kernel has killed for want of memory, within the group where there is one.
kernel_kills() {
  if [ -n "${WITHIN:-}" ]; then
    cat "$WITHIN"/memory.oom_control "$WITHIN"/memory.events 2>/dev/null | sed -n 's/^oom_kill //p'
  else
    sed -n 's/^oom_kill //p' /proc/vmstat
  fi
}
