# shellcheck shell=bash
# Sourced by the scripts that manage a lab in containers: reaches its services and their volumes.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Compose is a plugin of docker, or on older systems a program of its own. It is always that of this lab, whatever the current directory is.
compose() {
  local program=(docker-compose)
  if docker compose version >/dev/null 2>&1; then program=(docker compose); fi
  (cd "$root" && "${program[@]}" "$@")
}

# setting NAME: the value from the environment, else from .env, as compose reads it; empty where neither has it.
setting() {
  if [ -n "${!1+x}" ]; then printf '%s' "${!1}"; elif [ -r "$root/.env" ]; then sed -n "s/^$1=//p" "$root/.env" | tail -1; fi
}

has_profile() { [[ ",$(setting COMPOSE_PROFILES)," == *,$1,* ]]; }

# What a backup keeps of a service's volumes. All other secrets are made from the authority's directory.
kept() { if [ "$1" = secrets ]; then echo secrets/authority; else echo data; fi; }

# in_volumes SERVICE COMMAND...: runs a command in a container that has the volumes of the service and runs nothing else. When it fails, its error is
# printed, or all messages where it has none. Otherwise compose's messages about the container are noise.
in_volumes() {
  local service=$1 command=$2 messages status=0
  shift 2
  messages=$(mktemp)
  compose run --rm --no-deps -T --entrypoint "$command" "$service" "$@" 2>"$messages" || { status=$?; grep '^error: ' "$messages" >&2 || cat "$messages" >&2; }
  rm -f "$messages"
  return "$status"
}
