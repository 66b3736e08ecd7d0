#!/usr/bin/env bash
# Makes the lab what it was when infra/docker/backup.sh made the archive; what it is now is lost. The broker starts empty, and the producer feeds again what was on its
# way. Run it where docker-compose.yml lies, with the same COMPOSE_PROFILES as the backup, then `docker compose up -d`.
#   infra/docker/restore.sh FILE.tar
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/packages.sh"
. "$(dirname "${BASH_SOURCE[0]}")/volumes.sh"

[ $# -eq 1 ] && [ -r "$1" ] || fail "Say from where: $0 FILE.tar"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xf "$1"
for service in producer tracker secrets; do
  [ -s "$work/$service.tar" ] || fail "$1 is no backup of a lab: there is no $service.tar in it."
done

compose down --volumes --remove-orphans
for service in secrets tracker producer; do
  in_volumes $service tar -C / -xpf - <"$work/$service.tar"
done
if [ -s "$work/postgres.dump" ]; then
  compose up -d postgres
  until compose exec -T postgres pg_isready -q -U dbatch -d dbatch -h 127.0.0.1; do sleep 1; done
  compose exec -T postgres pg_restore -U dbatch -d dbatch --exit-on-error <"$work/postgres.dump"
fi
say "Restored; docker compose up -d starts it"
