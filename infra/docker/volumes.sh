# shellcheck shell=bash
# Sourced by backup.sh and restore.sh: what of a lab is kept, and how to reach it.

# Compose as a plugin, or the program of its own that came before.
compose() { if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi; }

# Compose reads .env by itself; of what stands there we need these.
for name in COMPOSE_PROFILES DBATCH_BROKER_PORT DBATCH_TLS_PORT; do
  if [ -z "${!name+x}" ] && [ -r .env ]; then printf -v "$name" '%s' "$(sed -n "s/^$name=//p" .env | tail -1)"; fi
done

# What to keep of a service's volumes. All secrets are made again from the authority's directory.
kept() { if [ "$1" = secrets ]; then echo secrets/authority; else echo data; fi; }

# in_volumes SERVICE COMMAND...: runs a command in a container that has the volumes of the service and nothing running in it.
in_volumes() {
  local service=$1 command=$2
  shift 2
  compose run --rm --no-deps -T --entrypoint "$command" "$service" "$@"
}
