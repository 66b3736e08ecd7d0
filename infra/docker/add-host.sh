#!/usr/bin/env bash
# Lets one more machine join the lab: creates a broker user and a token for it alone, and prints the command to run there. The lab must be running.
#   infra/docker/add-host.sh NAME HEAD       NAME: the machine's name in the lab. HEAD: the name or address of this machine for the other one,
#                                            one of DBATCH_NAMES
#   infra/docker/add-host.sh --remove NAME   removes the machine at once
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/packages.sh"
. "$(dirname "${BASH_SOURCE[0]}")/volumes.sh"

usage() { fail "Give the name of the machine and an address of this one: $0 NAME HEAD. To remove a machine: $0 --remove NAME."; }

# What compose and rabbitmqctl say is noise unless they fail.
quietly() { local said; said=$("$@" 2>&1) || { printf '%s\n' "$said" >&2; return 1; }; }

check() {
  [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] || fail "'$1' is not a valid host name; use letters, digits, dots and dashes."
  quietly compose exec -T broker rabbitmqctl -q status </dev/null || fail "The lab does not run, or its broker does not answer. Start it with ./lab.sh."
}

# forget NAME: takes token and broker user away; 1 where the lab has no such machine.
forget() {
  in_volumes secrets bash -s -- "$1" <<'IN' || return 1
    known=
    [ ! -e "/secrets/authority/hosts/$1.json" ] || known=1
    while read -r _ name role _; do [ "$name $role" != "$1 host" ] || known=1; done < <(dbatch token list --data /tracker 2>/dev/null)
    [ -n "$known" ] || { echo "error: No machine of this lab is called '$1'. 'dbatch token list' shows the names." >&2; exit 1; }
    dbatch token revoke "$1" --data /tracker >/dev/null 2>&1
    rm -f "/secrets/authority/hosts/$1.json" "/secrets/broker/hosts/$1.json"
IN
  in_volumes secrets dbatch broker revoke "$1" </dev/null | sed 's/^rabbitmqctl/& -q/' | quietly compose exec -T broker sh
}

remove() {
  check "$1"
  forget "$1" || exit 1
  say "$1 is removed. Its chunks go to other machines."
}

add() {
  local name=$1 head=$2
  check "$name"
  work=$(mktemp -d) # not local: the trap below still needs it
  trap 'rm -rf "$work"' EXIT
  in_volumes secrets bash -s -- "$name" "$head" "$(setting DBATCH_BROKER_PORT)" "$(setting DBATCH_TLS_PORT)" >"$work/files.tar" <<'IN' || exit 1
    set -euo pipefail
    umask 077
    fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
    name=$1 head=$2 authority=/secrets/authority
    grep -qixF -- "$head" $authority/names ||
      fail "'$head' is not in the certificates of this lab, so other machines would not trust them. They have: $(paste -sd ' ' $authority/names). Set DBATCH_NAMES=$head in .env, with the other names, separated by commas, and start the lab again with ./lab.sh."
    while read -r _ known role _; do
      [ "$known $role" != "$name host" ] || fail "$name is already in this lab. For a new invitation remove it first: infra/docker/add-host.sh --remove $name"
    done < <(dbatch token list --data /tracker 2>/dev/null)
    cd "$(mktemp -d)"
    token=$(dbatch token create --role host --name "$name" --data /tracker) || exit 1
    trap 'dbatch token revoke "$name" --data /tracker >/dev/null 2>&1' ERR
    dbatch broker host "$name" --broker "amqps://$head:${3:-5671}/" --ca $authority/ca.pem --config host.yaml --definitions host.json >messages 2>&1 || { cat messages >&2; false; }
    DBATCH_CONFIG=host.yaml DBATCH_TOKEN=$token dbatch consumer invite --server "https://$head:${4:-8443}" --ca $authority/ca.pem --trust $authority/signing.key.pub >line
    # The broker reads these files at every start, so that the user outlives the broker's own data.
    install -Dm 400 host.json "$authority/hosts/$name.json"
    install -Dm 400 host.json "/secrets/broker/hosts/$name.json"
    tar -cf - host.json line
IN
  tar -C "$work" -xf "$work/files.tar"
  # rabbitmqctl cannot read a pipe, so the file is put into the container first.
  quietly compose exec -T broker sh -c 'file=$(mktemp) && cat >"$file" && rabbitmqctl -q import_definitions "$file" </dev/null && rm "$file"' <"$work/host.json" || {
    forget "$name"
    fail "The broker did not take the user of $name; its message is above. $name was not added."
  }
  case "$(setting DBATCH_BIND)" in
    '' | 127.*) say "The ports of the lab are open on this machine only. For other machines set DBATCH_BIND=0.0.0.0 in .env and start the lab again with ./lab.sh." ;;
  esac
  say "Run this on $name, where dbatch is on the PATH. The line contains secrets."
  cat "$work/line"
}

case "$#:${1:-}" in
  2:--remove) remove "$2" ;;
  2:-*) usage ;;
  2:*) add "$1" "$2" ;;
  *) usage ;;
esac
