#!/usr/bin/env bash
# Starts the lab of docker-compose.yml on this machine, and puts the program `dbatch` and the operator's token into out/. Run it again to apply changed settings or a
# new version. It needs a Docker engine with compose, version 1.29 or later, and nothing else: the program is built in a container.
#   ./lab.sh      settings are in .env: the top of docker-compose.yml lists them
set -euo pipefail
started_in=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/packages.sh
. infra/docker/volumes.sh

check_docker() {
  command -v docker >/dev/null ||
    fail "Docker is not installed. On Debian or Ubuntu: sudo apt-get install docker.io docker-compose. Elsewhere: https://docs.docker.com/engine/install"
  local answer
  answer=$(docker info 2>&1) || case "$answer" in
    *'permission denied'*) fail "This user may not use Docker. Run $0 with sudo, or join the group: sudo adduser $USER docker, then log in again." ;;
    *) fail "No Docker engine answers. Start it with 'sudo systemctl start docker'. 'docker info' says: $(tail -1 <<<"$answer")" ;;
  esac
  compose version >/dev/null 2>&1 || fail "Docker has no compose. On Debian or Ubuntu: sudo apt-get install docker-compose. Elsewhere: https://docs.docker.com/compose/install"
}

# The share belongs to the lab, not to the shell that starts it: a start from another directory must not take it away from running chunks.
choose_share() {
  local share
  share=$(setting DBATCH_SHARE)
  if [ -z "$share" ]; then
    share=$started_in
    printf 'DBATCH_SHARE=%s\n' "$share" >>.env
    say "Consumers see $share: DBATCH_SHARE is now in $PWD/.env"
  elif [[ "$started_in/" != "$share"/* ]]; then
    say "Consumers see $share, and not $started_in. To change that, edit DBATCH_SHARE in $PWD/.env."
  fi
  [[ $share == /* ]] || fail "DBATCH_SHARE in $PWD/.env must begin with a slash, not '$share'."
  [ -d "$share" ] || fail "DBATCH_SHARE in $PWD/.env: there is no directory $share"
}

build() {
  docker image inspect dbatch-tracker >/dev/null 2>&1 ||
    say "The first build takes about 10 minutes on two cores and downloads about 1 GB: the .NET SDK, its packages, and Python with PyTorch."
  local began=$SECONDS
  compose build </dev/null
  say "The images are built ($((SECONDS - began)) s)"
}

start() {
  # Settings that do not fit the lab are refused here, while it still runs.
  in_volumes secrets make-secrets </dev/null >/dev/null || fail "The lab was not changed."
  compose up -d --no-build --remove-orphans </dev/null || fail "The lab did not start. In $PWD, 'docker compose logs' (or docker-compose logs) shows why."
}

take_program() {
  local tracker
  tracker=$(compose ps -q tracker </dev/null)
  mkdir -p out
  docker cp "$tracker:/usr/local/bin/dbatch" out/dbatch.new >/dev/null
  mv -f out/dbatch.new out/dbatch
  (umask 077 && docker exec "$tracker" cat /data/token >out/token)
}

[ $# -eq 0 ] || fail "$0 takes no arguments. Settings are in .env; the top of docker-compose.yml lists them. Optional services are COMPOSE_PROFILES there."
check_docker
choose_share
build
start
take_program
port=$(setting DBATCH_PORT)
say "The lab runs. Its dashboard is http://127.0.0.1:${port:-8080}; it asks for the token in $PWD/out/token. To submit from a shell on this machine:"
printf 'export DBATCH_SERVER=http://127.0.0.1:%s DBATCH_TOKEN_FILE=%q PATH=%q:$PATH\n' "${port:-8080}" "$PWD/out/token" "$PWD/out"
