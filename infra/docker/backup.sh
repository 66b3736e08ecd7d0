#!/usr/bin/env bash
# Copies everything that a lab in containers needs to go on elsewhere into one archive: ledger, tracker's database, logs, outputs, secrets. Producer and tracker are
# stopped for as long as it takes, hosts go on. The broker is not in it: what was on its way is fed again. Run it where docker-compose.yml lies.
#   infra/docker/backup.sh FILE.tar     secrets are in it: keep it where only you can read it
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/packages.sh"
. "$(dirname "${BASH_SOURCE[0]}")/volumes.sh"

[ $# -eq 1 ] || fail "Say where to: $0 FILE.tar"
umask 077
work=$(mktemp -d "$(dirname "$1")/.backup.XXXXXX")
trap 'rm -rf "$work"; compose start producer tracker >/dev/null 2>&1 || true' EXIT

compose stop producer tracker
for service in producer tracker secrets; do
  in_volumes $service tar -C / -cf - "$(kept $service)" >"$work/$service.tar"
done
if [[ ",${COMPOSE_PROFILES:-}," == *,postgres,* ]]; then
  compose exec -T postgres pg_dump -U dbatch -Fc dbatch >"$work/postgres.dump"
fi
tar -C "$work" -cf "$1.part" .
mv "$1.part" "$1"
say "$(du -h "$1" | cut -f1) in $1"
