#!/bin/bash
# Starts dbatch in a container and tells it of the profiles that are on. With `postgres` producer and tracker keep everything in that database: its address with its
# password is a secret of theirs, and they wait for it here, because nothing can depend on a service that may not exist. With `observability` everybody pushes to the collector.
set -eu
has_profile() { [[ ",${COMPOSE_PROFILES:-}," == *,$1,* ]]; }

if has_profile postgres && [ -r /secrets/database ]; then
  DBATCH_DATABASE=$(cat /secrets/database)
  export DBATCH_DATABASE
  until (exec 3<>/dev/tcp/postgres/5432) 2>/dev/null; do sleep 1; done
fi
if has_profile observability; then
  export OTEL_EXPORTER_OTLP_ENDPOINT=${OTEL_EXPORTER_OTLP_ENDPOINT:-http://otel:4317}
fi
exec dbatch "$@"
