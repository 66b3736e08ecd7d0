#!/bin/bash
# Starts dbatch in a container. With `postgres` among the profiles, producer and tracker keep everything in that database: its address with its password is
# a secret of theirs, and they wait for it here, because nothing can depend on a service that may not exist.
set -eu
if [[ ",${COMPOSE_PROFILES:-}," == *,postgres,* && -r /secrets/database ]]; then
  DBATCH_DATABASE=$(cat /secrets/database)
  export DBATCH_DATABASE
  until (exec 3<>/dev/tcp/postgres/5432) 2>/dev/null; do sleep 1; done
fi
exec dbatch "$@"
