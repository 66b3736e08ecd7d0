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
started=()
trap 'clean_up' EXIT

# What was started is ended in the opposite order and waited for: a broker that still writes would leave the directory behind.
clean_up() {
  local at
  for ((at = ${#started[@]} - 1; at >= 0; at--)); do
    kill "${started[at]}" 2>/dev/null && wait "${started[at]}" 2>/dev/null || true
  done
  [ ! -d "$work/broker" ] || env ERL_EPMD_PORT="$(cat "$work/broker/epmd")" epmd -kill >/dev/null 2>&1 || true
  rm -rf "$work"
}

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

# median FILE: the middle of the numbers in it, with the smallest and largest.
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; printf "%.3f (%.3f-%.3f)", m, v[1], v[NR] }'; }
middle() { median "$1" | cut -d' ' -f1; }
ratio() { awk -v a="$(middle "$1")" -v b="$(middle "$2")" 'BEGIN { printf "%.2f", a / b }'; }

# How busy others keep the machine decides what a figure is worth, so it stands beside it.
machine() {
  echo "machine: $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)," \
    "Linux $(uname -r), load before $(cut -d' ' -f1 /proc/loadavg), $(date -u +%F), $("$dbatch" version | head -1)"
  echo
}

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_broker: a private RabbitMQ on ports of its own, as it comes from its package; sets $amqp. The package's wrapper on PATH would use the system's broker.
start_broker() {
  local home=$work/broker port server=/usr/lib/rabbitmq/bin/rabbitmq-server
  [ -x "$server" ] || { echo "error: there is no $server; apt-get install rabbitmq-server (it need not run)" >&2; return 1; }
  port=$(free_port)
  mkdir -p "$home"
  free_port >"$home/epmd"
  : >"$home/env.conf"
  echo "[]." >"$home/enabled_plugins"
  printf 'listeners.tcp.1 = 127.0.0.1:%s\nconsumer_timeout = 90000000\ndisk_free_limit.absolute = 50MB\nlog.console = false\n' "$port" >"$home/rabbitmq.conf"
  env -i PATH="$PATH" HOME="$home" LANG=C.UTF-8 RABBITMQ_NODENAME="bench$port@localhost" RABBITMQ_DIST_PORT="$(free_port)" \
    RABBITMQ_CONF_ENV_FILE="$home/env.conf" RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf" RABBITMQ_CONFIG_FILES="$home/none" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$home/advanced.config" RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins" RABBITMQ_MNESIA_BASE="$home/mnesia" \
    RABBITMQ_LOG_BASE="$home/log" RABBITMQ_FEATURE_FLAGS_FILE="$home/feature_flags" RABBITMQ_PLUGINS_EXPAND_DIR="$home/plugins-expand" \
    RABBITMQ_PID_FILE="$home/rabbit.pid" RABBITMQ_GENERATED_CONFIG_DIR="$home/gen" ERL_EPMD_PORT="$(cat "$home/epmd")" ERL_EPMD_ADDRESS=127.0.0.1 \
    "$server" >"$home/out" 2>&1 </dev/null &
  started+=($!)
  "$python" - "$port" <<'WAIT' || { echo "error: the broker did not come up:" >&2; tail -20 "$home/out" >&2; return 1; }
import socket, sys, time
end = time.monotonic() + 120
while time.monotonic() < end:
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as s:
            s.sendall(b"AMQP\0\0\x09\x01")
            if s.recv(1):
                sys.exit(0)
    except OSError:
        pass
    time.sleep(0.2)
sys.exit(1)
WAIT
  amqp=amqp://guest:guest@127.0.0.1:$port
}

# start_lab SLOTS: broker, `dbatch serve` and one consumer; afterwards `dbatch submit` finds them by itself.
start_lab() {
  start_broker
  export DBATCH_SERVER DBATCH_TOKEN_FILE=$work/head/token
  DBATCH_SERVER=http://127.0.0.1:$(free_port)
  "$dbatch" serve --broker "$amqp" --data "$work/head" --listen "$DBATCH_SERVER" >"$work/serve.log" 2>&1 </dev/null &
  started+=($!)
  until_true test -s "$DBATCH_TOKEN_FILE" || { tail -20 "$work/serve.log" >&2; return 1; }
  "$dbatch" consumer --broker "$amqp" --data "$work/host" --slots "$1" --gpus none >"$work/consumer.log" 2>&1 </dev/null &
  started+=($!)
  until_true has_hosts || { tail -20 "$work/consumer.log" >&2; return 1; }
}
has_hosts() { "$dbatch" hosts --json 2>/dev/null | grep -q '"lastSeen"'; }

# until_true COMMAND...: tries it for two minutes.
until_true() {
  local patience
  for ((patience = 0; patience < 240; patience++)); do
    ! "$@" || return 0
    sleep 0.5
  done
  echo "error: waited in vain for: $*" >&2
  return 1
}
