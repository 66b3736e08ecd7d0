#!/usr/bin/env bash
# Two consumers in network namespaces of their own, each with a file system view of its own, join a lab over TLS and work; one is thrown out, and its chunks
# go to the other. Everything stays on this machine: a bridge of private addresses that exists for this script alone.
#   tests/isolated-hosts.sh [path of dbatch]
# Needs root, iproute2 and an installed RabbitMQ. The last line says: ok.
set -euo pipefail

dbatch=$(readlink -f "${1:-src/DistributedBatch.Cli/bin/Debug/net10.0/dbatch}")
work=$(mktemp -d) tag=db$$ head=10.231.7.1 epmd=$((20000 + $$ % 10000))
declare -a started=()

say() { printf '== %s\n' "$*"; }

clean() {
  # So that the shell says nothing of what is killed here.
  disown -a
  for pid in "${started[@]}"; do kill -9 -- "-$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null || true; done
  [ ! -f "$work/broker/pid" ] || kill -9 "$(cat "$work/broker/pid")" 2>/dev/null || true
  ERL_EPMD_PORT=$epmd epmd -kill >/dev/null 2>&1 || true
  for host in a b; do ip netns del "$tag$host" 2>/dev/null || true; done
  ip link del "$tag" 2>/dev/null || true
  rm -rf "$work"
}
trap clean EXIT

until_true() { # what, seconds, command
  local what=$1 end=$((SECONDS + $2)); shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { say "gave up waiting until $what"; tail -n 20 "$work"/*.log; exit 1; }
    read -rt 0.3 <> <(:) || true
  done
}

network() {
  ip link add "$tag" type bridge
  ip addr add "$head/24" dev "$tag"
  ip link set "$tag" up
  local host number=2
  for host in a b; do
    ip netns add "$tag$host"
    ip link add "$tag$host" type veth peer name eth0 netns "$tag$host"
    ip link set "$tag$host" master "$tag" up
    ip -n "$tag$host" addr add "10.231.7.$number/24" dev eth0
    ip -n "$tag$host" link set eth0 up
    ip -n "$tag$host" link set lo up
    number=$((number + 1))
  done
}

broker() {
  local dir=$work/broker
  mkdir -p "$dir"
  cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp = none
listeners.ssl.1 = $head:5671
ssl_options.cacertfile = $work/tls/ca.pem
ssl_options.certfile = $work/tls/broker.pem
ssl_options.keyfile = $work/tls/broker.key
ssl_options.verify = verify_none
load_definitions = $work/users/definitions.json
CONF
  printf '[].\n' >"$dir/plugins"
  : >"$dir/env.conf"
  rabbit=(env -i HOME="$dir" PATH="$PATH" LANG=C.UTF-8 ERL_EPMD_PORT=$epmd RABBITMQ_NODENAME="$tag@localhost" RABBITMQ_DIST_PORT=$((epmd + 10000))
    RABBITMQ_CONF_ENV_FILE="$dir/env.conf" RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" RABBITMQ_CONFIG_FILES="$dir/none" RABBITMQ_ADVANCED_CONFIG_FILE="$dir/none.config"
    RABBITMQ_ENABLED_PLUGINS_FILE="$dir/plugins" RABBITMQ_MNESIA_BASE="$dir/mnesia" RABBITMQ_LOG_BASE="$dir/log" RABBITMQ_FEATURE_FLAGS_FILE="$dir/flags"
    RABBITMQ_PLUGINS_EXPAND_DIR="$dir/expand" RABBITMQ_PID_FILE="$dir/pid" RABBITMQ_GENERATED_CONFIG_DIR="$dir/generated")
  bin=/usr/lib/rabbitmq/bin # behind the wrapper that Debian puts before it
  setsid "${rabbit[@]}" "$bin/rabbitmq-server" >"$work/broker.log" 2>&1 &
  started+=($!)
}

# What `dbatch broker host` prints calls rabbitmqctl by its name; here that is the one of this script's own node.
control() {
  mkdir -p "$work/bin"
  { printf '#!/bin/sh\nexec'; printf ' %q' "${rabbit[@]}" "$bin/rabbitmqctl" -q -n "$tag@localhost"; printf ' "$@"\n'; } >"$work/bin/rabbitmqctl"
  chmod +x "$work/bin/rabbitmqctl"
  PATH="$work/bin:$PATH" sh
}

# A consumer that sees its own /home and nothing of the head's directory but what it was given.
consumer() {
  local host=$1 place=$work/machine-$1
  mkdir -p "$place"
  mv "$work/$host.yaml" "$work/$host.token" "$place"
  cp "$work/tls/ca.pem" "$place"
  setsid ip netns exec "$tag$host" unshare --mount --propagation private sh -c "
    mount --bind '$place' /home && mount -t tmpfs none '$work' && cd /home && HOME=/home DBATCH_CONFIG=/home/$host.yaml DBATCH_CA=/home/ca.pem \
    DBATCH_TOKEN_FILE=/home/$host.token DBATCH_SERVER=https://$head:8443 exec '$dbatch' consumer --data /home/data --slots 1 --gpus none" >"$work/$host.log" 2>&1 &
  started+=($!)
}

chunks() { "$dbatch" show "$1" --json | tr -d ' \n' | grep -o "\"$2\":[0-9]*" | head -1 | cut -d: -f2; }
has_at_least() { [ "$(chunks "$1" "$2")" -ge "$3" ]; }
runs_on() { "$dbatch" hosts --json | tr -d ' \n' | grep -q "\"name\":\"$1\""; }
settled() { "$dbatch" show "$1" --json | tr -d ' \n' | grep -q '"state":"succeeded"'; }

say "An authority, certificates, users, a network"
"$dbatch" ca init "$work/tls" >/dev/null
"$dbatch" ca issue "$work/tls" broker --host $head >/dev/null
"$dbatch" ca issue "$work/tls" server --host $head >/dev/null
"$dbatch" broker users "$work/users" --broker "amqps://$head:5671" --ca "$work/tls/ca.pem" >/dev/null
network
broker
control </dev/null
until_true "the broker is up" 90 "$work/bin/rabbitmqctl" await_startup

export DBATCH_CA=$work/tls/ca.pem DBATCH_SERVER=https://$head:8443 DBATCH_TOKEN_FILE=$work/head/token
DBATCH_CONFIG=$work/users/producer.yaml setsid "$dbatch" serve --data "$work/head" --listen https://$head:8443 \
  --tls-cert "$work/tls/server.pem" --tls-key "$work/tls/server.key" >"$work/head.log" 2>&1 &
started+=($!)
export DBATCH_CONFIG=/dev/null/none
until_true "the head answers" 90 "$dbatch" list

say "Two machines join"
for host in a b; do
  (cd "$work" && "$dbatch" broker host $host --broker "amqps://$head:5671" --ca /home/ca.pem 2>/dev/null) | control
  "$dbatch" token create --role host --name $host >"$work/$host.token"
  consumer $host
done
until_true "a is there" 90 runs_on a
until_true "b is there" 90 runs_on b

# Each chunk takes as long as the file says, which the machines have for themselves: a is stuck with its chunk until it is thrown out.
run=$("$dbatch" submit --total 12 --json -- sh -c 'if [ "$DBATCH_HOST" = a ]; then exec sleep 600; fi; echo done > "$DBATCH_OUT/it"' | tr -d ' \n' | grep -o '"run":"[^"]*"' | cut -d'"' -f4)
until_true "b has done all but the one that a holds" 120 has_at_least "$run" succeeded 11
until_true "a holds one" 60 has_at_least "$run" running 1

say "One is thrown out"
"$dbatch" token revoke a >/dev/null
"$dbatch" broker revoke a | control
until_true "its chunk was done by the other" 120 settled "$run"
until_true "it is told that it is out" 60 grep -q "does not accept user" "$work/a.log"
[ "$("$dbatch" show "$run" --json | tr -d ' \n' | grep -o '"succeeded":[0-9]*' | head -1)" = '"succeeded":12' ]
say ok
