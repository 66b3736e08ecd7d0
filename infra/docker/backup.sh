#!/usr/bin/env bash
# Copies everything that a lab in containers needs to continue elsewhere into one archive: ledger, the tracker's database, logs, outputs and secrets, with the users of
# the spare machines. Producer and tracker are stopped meanwhile, hosts continue. Queued messages are not in it: lost chunks are dispatched again.
#   infra/docker/backup.sh FILE.tar     contains secrets: keep it where only you can read it
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/packages.sh"
. "$(dirname "${BASH_SOURCE[0]}")/volumes.sh"

[ $# -eq 1 ] || fail "Name the archive: $0 FILE.tar"
[ -d "$(dirname "$1")" ] || fail "There is no directory $(dirname "$1")."
umask 077
work=$(mktemp -d "$(dirname "$1")/.backup.XXXXXX")

finish() {
  rm -rf "$work"
  compose start producer tracker >/dev/null 2>&1 || fail "Producer and tracker could not be started again. ./lab.sh starts them."
}
trap finish EXIT

compose stop producer tracker
for service in producer tracker secrets; do
  in_volumes $service tar -C / -cf - "$(kept $service)" </dev/null >"$work/$service.tar"
done
if has_profile postgres; then
  compose exec -T postgres pg_dump -U dbatch -Fc dbatch </dev/null >"$work/postgres.dump"
fi
tar -C "$work" -cf "$1.part" .
mv "$1.part" "$1"
say "$(du -h "$1" | cut -f1) in $1"
