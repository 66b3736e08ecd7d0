#!/usr/bin/env bash
# Lets one more machine join the lab: makes a user at the broker and a token for this machine alone, and prints the line to run there. Run it where docker-compose.yml lies, while the lab runs.
#   infra/docker/add-host.sh NAME HEAD     NAME: the machine's name in the lab; HEAD: this machine's name or address as that one reaches it (one of DBATCH_NAMES)
#   infra/docker/add-host.sh --remove NAME throws it out at once
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/packages.sh"
. "$(dirname "${BASH_SOURCE[0]}")/volumes.sh"

if [ "${1:-}" = --remove ] && [ $# -eq 2 ]; then
  in_volumes secrets dbatch token revoke "$2" --data /tracker </dev/null >&2
  in_volumes secrets dbatch broker revoke "$2" </dev/null | compose exec -T broker sh
  exit
fi
[ $# -eq 2 ] || fail "Say which machine, and where this one is: $0 NAME HEAD"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
broker=amqps://$2:${DBATCH_BROKER_PORT:-5671}/ server=https://$2:${DBATCH_TLS_PORT:-8443}
in_volumes secrets bash -c "
  set -e
  cd /tmp
  dbatch broker host '$1' --broker '$broker' --ca /secrets/authority/ca.pem --config host.yaml >commands
  DBATCH_CONFIG=host.yaml DBATCH_TOKEN=\$(dbatch token create --role host --name '$1' --data /tracker) dbatch consumer invite --server '$server' \\
    --ca /secrets/authority/ca.pem --trust /secrets/authority/signing.key.pub >line
  tar -cf - commands line" </dev/null | tar -C "$work" -xf -
compose exec -T broker sh <"$work/commands" >&2
cat "$work/line"
