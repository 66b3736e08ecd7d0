#!/usr/bin/env bash
# Makes the lab what it was when infra/docker/backup.sh made the archive. What the lab has now is deleted. The broker starts empty, and the producer dispatches again what
# was queued. Machines that had joined connect again by themselves. COMPOSE_PROFILES must be as it was at the backup. Start the lab afterwards with ./lab.sh.
#   infra/docker/restore.sh FILE.tar
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/packages.sh"
. "$(dirname "${BASH_SOURCE[0]}")/volumes.sh"

{ [ $# -eq 1 ] && [ -r "$1" ]; } || fail "Name an archive that can be read: $0 FILE.tar"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xf "$1" || fail "$1 is not an archive, or it is damaged. Nothing was changed."
for service in producer tracker secrets; do
  tar -tf "$work/$service.tar" >/dev/null 2>&1 || fail "$1 is not a backup of a lab, or it is damaged: there is no good $service.tar in it. Nothing was changed."
done
if [ -s "$work/postgres.dump" ]; then
  has_profile postgres || fail "The backup is from a lab with PostgreSQL. Set COMPOSE_PROFILES=postgres in .env and try again. Nothing was changed."
elif has_profile postgres; then
  fail "The backup is from a lab without PostgreSQL. Take postgres out of COMPOSE_PROFILES and try again. Nothing was changed."
fi

compose down --volumes --remove-orphans
for service in secrets tracker producer; do
  in_volumes $service tar -C / -xpf - <"$work/$service.tar"
done
if [ -s "$work/postgres.dump" ]; then
  compose up -d postgres
  until compose exec -T postgres pg_isready -q -U dbatch -d dbatch -h 127.0.0.1 </dev/null; do sleep 1; done
  compose exec -T postgres pg_restore -U dbatch -d dbatch --exit-on-error <"$work/postgres.dump"
fi

# Machines that joined with an older version have a token, and their broker user was lost with the broker's data.
in_volumes secrets bash -c '
  dbatch token list --data /tracker 2>/dev/null | while read -r _ name role _; do
    if [ "$role" = host ] && [ "$name" != compose-consumer ] && [ ! -e "/secrets/authority/hosts/$name.json" ]; then
      echo "$name has no broker user in this backup. Let it join again: infra/docker/add-host.sh --remove $name, then add-host.sh $name HEAD"
    fi
  done' </dev/null >&2
say "Restored. ./lab.sh starts it."
