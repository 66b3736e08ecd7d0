# shellcheck shell=bash disable=SC2154
# Sourced after common.sh by the benchmarks that need RabbitMQ: start_broker sets $broker to the url of a fresh node of the installed RabbitMQ with its own
# files and ports, or of the one that DBATCH_BROKER names; stop_broker ends it.

start_broker() {
  if [ -n "${DBATCH_BROKER:-}" ]; then
    broker=$DBATCH_BROKER
    return
  fi
  # Behind Debian's wrapper, which would become the user rabbitmq and use the system's state.
  local bin=/usr/lib/rabbitmq/bin home=$work/broker port epmd
  [ -x "$bin/rabbitmq-server" ] || { echo "error: there is no $bin/rabbitmq-server; install rabbitmq-server, or name a broker: DBATCH_BROKER=amqp://..." >&2; exit 1; }
  read -r port epmd < <("$python" -c 'import socket; s = [socket.socket() for _ in "12"]; [x.bind(("127.0.0.1", 0)) for x in s]; print(*(x.getsockname()[1] for x in s))')
  mkdir -p "$home/home"
  : >"$home/env.conf"
  echo '[].' >"$home/plugins"
  printf 'listeners.tcp.1 = 127.0.0.1:%s\nconsumer_timeout = 90000000\ndisk_free_limit.absolute = 50MB\nlog.console = false\n' "$port" >"$home/rabbitmq.conf"
  broker_environment=(PATH="$PATH" HOME="$home/home" LANG=C.UTF-8 RABBITMQ_NODENAME="bench-$port@localhost" RABBITMQ_DIST_PORT=$((port < 40000 ? port + 20000 : port - 20000))
    RABBITMQ_CONF_ENV_FILE="$home/env.conf" RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf" RABBITMQ_CONFIG_FILES="$home/none" RABBITMQ_ADVANCED_CONFIG_FILE="$home/none.config"
    RABBITMQ_ENABLED_PLUGINS_FILE="$home/plugins" RABBITMQ_MNESIA_BASE="$home/mnesia" RABBITMQ_LOG_BASE="$home/log" RABBITMQ_FEATURE_FLAGS_FILE="$home/flags"
    RABBITMQ_PLUGINS_EXPAND_DIR="$home/expand" RABBITMQ_PID_FILE="$home/pid" RABBITMQ_GENERATED_CONFIG_DIR="$home/gen"
    ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1)
  env -i "${broker_environment[@]}" "$bin/rabbitmq-server" >"$home/output" 2>&1 </dev/null &
  trap 'stop_broker; rm -rf "$work"' EXIT
  env -i "${broker_environment[@]}" "$bin/rabbitmqctl" -q wait --timeout 120 "$home/pid" >/dev/null 2>>"$home/output" || {
    echo "error: the broker did not start:" >&2
    tail -20 "$home/output" >&2
    exit 1
  }
  broker=amqp://guest:guest@127.0.0.1:$port
}

stop_broker() {
  [ -s "$work/broker/pid" ] || return 0
  local node
  node=$(cat "$work/broker/pid")
  kill "$node" 2>/dev/null || true
  while kill -0 "$node" 2>/dev/null; do sleep 0.1; done
  env -i "${broker_environment[@]}" epmd -kill >/dev/null 2>&1 || true
  rm -f "$work/broker/pid"
}
