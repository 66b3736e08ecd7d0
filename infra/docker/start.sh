#!/bin/bash
# Starts dbatch in a container with what it can only learn there: the name of a consumer, and the profiles that are on.
set -eu
has_profile() { [[ ",${COMPOSE_PROFILES:-}," == *,$1,* ]]; }

# The name of this container, from Docker's own name server, which only networks of compose have; empty where it does not answer.
container_name() {
  local address answer
  grep -q '^nameserver 127\.0\.0\.11$' /etc/resolv.conf || return 0
  read -r address _ < <(hostname -i)
  answer=$(getent -s dns hosts "$address") || return 0
  read -r _ answer _ <<<"$answer"
  answer=${answer%.*} # the network
  # While compose 1 replaces a container, the old one has its id before its name.
  [[ ! $answer =~ ^[0-9a-f]{12}_(.+)$ ]] || answer=${BASH_REMATCH[1]}
  printf '%s' "$answer"
}

# A new container has a new host name but keeps its own name, so the list of hosts does not grow with each start.
if [ "${1:-}" = consumer ] && [ -z "${DBATCH_HOST_NAME:-}" ]; then
  name=$(container_name)
  [ -z "$name" ] || export DBATCH_HOST_NAME="$name"
fi

# Nothing can depend on a service that may not exist, so producer and tracker wait for their database here.
if has_profile postgres && [ -r /secrets/database ]; then
  DBATCH_DATABASE=$(cat /secrets/database)
  export DBATCH_DATABASE
  until (exec 3<>/dev/tcp/postgres/5432) 2>/dev/null; do sleep 1; done
fi
if has_profile observability; then
  export OTEL_EXPORTER_OTLP_ENDPOINT=${OTEL_EXPORTER_OTLP_ENDPOINT:-http://otel:4317}
fi
exec dbatch "$@"
