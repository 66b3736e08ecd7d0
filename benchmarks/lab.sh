# shellcheck shell=bash disable=SC2154
# Sourced after common.sh by the benchmarks that need a lab: start_lab starts RabbitMQ (see broker.sh), `dbatch serve` and one `dbatch consumer` on two slots;
# start_celery two processes of Celery on the same broker. All of it ends with the benchmark.
. "$benchmarks/broker.sh"
lab_processes=()

# until_true COMMAND...: waits up to a minute.
until_true() {
  for _ in $(seq 600); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "error: gave up waiting for: $*. The services said:" >&2
  tail -20 "$work/lab.log" >&2
  return 1
}

background() {
  "$@" >>"$work/lab.log" 2>&1 </dev/null &
  lab_processes+=($!)
}

end_lab() {
  local process
  for process in "${lab_processes[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${lab_processes[@]}"; do wait "$process" 2>/dev/null || true; done
  stop_broker
  rm -rf "$work"
}

# An address nobody listens at.
free_address() { "$python" -c 'import socket; print("http://127.0.0.1:%d" % socket.create_server(("127.0.0.1", 0)).getsockname()[1])'; }

start_lab() {
  start_broker
  trap end_lab EXIT
  export DBATCH_TOKEN_FILE=$work/serve/token DBATCH_SERVER
  DBATCH_SERVER=$(free_address)
  background "$dbatch" serve --broker "$broker" --data "$work/serve" --listen "$DBATCH_SERVER"
  until_true "$dbatch" list
  background "$dbatch" consumer --broker "$broker" --data "$work/consumer" --slots 2 --host benchmark
  until_true sh -c "'$dbatch' hosts --json | grep -q benchmark"
}

# Without results, which is how it is fastest.
start_celery() {
  "$python" -c 'import celery' 2>/dev/null || {
    echo "error: $python has no Celery; install it: apt-get install python3-celery" >&2
    exit 1
  }
  export CELERY_BROKER=$broker CELERY_TALLY=$work/tally
  : >"$CELERY_TALLY"
  background env PYTHONPATH="$benchmarks/tasks" "$python" -m celery -A celery_tasks worker -c 2 --without-gossip --without-mingle --without-heartbeat -l WARNING
  with_celery noop 2 >/dev/null
}

# with_celery noop|true TASKS: prints seconds from the first submit to the end of the last task.
with_celery() { (cd "$benchmarks/tasks" && "$python" celery_drive.py "$1" "$2"); }
