#!/usr/bin/env bash
# Runs the lab of docker-compose.yml for real, in a project of its own on free ports, and takes it down again: the sample from this machine, the dashboard, three
# consumers, every container killed once, a restart in the middle of a run, a spare machine, backup and restore, the settings. It needs a Docker engine with compose, the
# images that are pulled or built, and a python3 with PyTorch. It takes some 15 minutes, the first build some more. The last line says: N passed, N failed.
#   infra/docker/check.sh             with the first 40 digits of the sample
#   infra/docker/check.sh N           with the first N
#   KEEP=1 infra/docker/check.sh      leaves the lab running
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/packages.sh
. infra/docker/volumes.sh
exec </dev/null

digits=${1:-40}
chunks=45
sample=samples/adversarial-digits
spare=dbatch-check-spare
work=$(mktemp -d)
passed=0 failed=0

dbatch() { "$work/dbatch" "$@"; }
containers() { docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter "label=com.docker.compose.service=$1"; }
field() { python3 -c 'import json, sys; print(eval(sys.argv[1], {"it": json.load(sys.stdin)}))' "$1"; }
succeeded() { dbatch show "$1" --json | field 'it["chunks"]["succeeded"]'; }
online() { dbatch hosts --json | field '" ".join(sorted(host["host"]["name"] for host in it if host["alive"]))'; }
known() { dbatch hosts --json | field '" ".join(sorted(host["host"]["name"] for host in it))'; }
is() { [ "$("${@:2}")" = "$1" ]; }
up() { compose up -d --no-build "$@"; }

# refused SENTENCE COMMAND...: the command fails with one line, which has the sentence in it.
refused() {
  local sentence=$1 said
  shift
  if said=$("$@" 2>&1 >/dev/null); then say "not refused: $*"; return 1; fi
  printf '%s\n' "$said"
  [ "$(wc -l <<<"$said")" -eq 1 ] && [[ $said == *"$sentence"* ]]
}

# eventually SECONDS COMMAND...: waits until the command succeeds.
eventually() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { say "still not so: $*"; return 1; }
    sleep 1
  done
}

# step SENTENCE FUNCTION: one thing that must hold. Later steps build on earlier ones, so the first that does not hold is the last.
step() {
  local began=$SECONDS status
  # Not as a condition: there bash would ignore `set -e` in the function too.
  set +e
  (set -e; "$2") >"$work/log" 2>&1
  status=$?
  set -e
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    printf 'ok    %4d s  %s\n' $((SECONDS - began)) "$1"
  else
    failed=$((failed + 1))
    printf 'FAIL  %4d s  %s\n' $((SECONDS - began)) "$1"
    tail -60 "$work/log"
    compose logs --tail 30 || true
    finish
  fi
}

take_down() {
  docker rm -f $spare >/dev/null 2>&1 || true
  compose down --volumes --remove-orphans --timeout 20 >/dev/null 2>&1 || true
}

finish() {
  trap - EXIT
  [ -n "${KEEP:-}" ] || take_down
  rm -rf "$work"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

ready() {
  docker info >/dev/null 2>&1 || fail "No Docker engine answers, so nothing was run."
  compose version >/dev/null 2>&1 || fail "Neither 'docker compose' nor 'docker-compose' is installed."
  for python in "${DBATCH_PYTHON:-}" python3 /usr/bin/python3; do
    if [ -n "$python" ] && "$python" -c 'import torch, numpy, sklearn, matplotlib' 2>/dev/null; then python=$(command -v "$python"); break; fi
    python=
  done
  [ -n "$python" ] || fail "No python3 here has torch, numpy, sklearn and matplotlib, which the sample needs; name one: DBATCH_PYTHON=... $0"
  # What the user has set, in the environment or in .env, is for the user's own lab.
  unset "${!DBATCH_@}"
  export COMPOSE_PROJECT_NAME=dbatch-check COMPOSE_PROFILES='' DBATCH_SHARE=$PWD DBATCH_CONSUMERS=1 DBATCH_CONSUMER=consumer-torch DBATCH_BIND=127.0.0.1 DBATCH_NAMES=''
  export DBATCH_DRAIN=30s DBATCH_KEEP='' DBATCH_PORT DBATCH_TLS_PORT DBATCH_BROKER_PORT
  DBATCH_PORT=$(free_port) DBATCH_TLS_PORT=$(free_port) DBATCH_BROKER_PORT=$(free_port)
  export DBATCH_SERVER="http://127.0.0.1:$DBATCH_PORT" DBATCH_TOKEN_FILE="$work/token" DBATCH_CONFIG=/dev/null/none
}

build() { compose build; }

come_up() {
  up
  eventually 120 curl -fsS "http://127.0.0.1:$DBATCH_PORT/health"
  docker cp "$(containers tracker):/usr/local/bin/dbatch" "$work/dbatch"
  docker exec "$(containers tracker)" cat /data/token >"$work/token"
  docker cp "$(containers tracker):/secrets/ca.pem" "$work/ca.pem"
  eventually 120 has_hosts 1
}

has_hosts() { [ "$(wc -w <<<"$(online)")" -eq "$1" ]; }

same_table() {
  dbatch run -f $sample/job.yaml --total "$digits" --python "$python" --state "$work/state"
  mv $sample/results/adversarial-digits.csv "$work/reference.csv"
  dbatch submit -f $sample/job.yaml --total "$digits" --python /usr/bin/python3 --watch
  [ "$(wc -l <"$work/reference.csv")" -eq $((digits + 1)) ]
  cmp $sample/results/adversarial-digits.csv "$work/reference.csv"
}

dashboard() {
  curl -fsS "http://127.0.0.1:$DBATCH_PORT/" | grep -qi '<!doctype html>'
  curl -fsS --cacert "$work/ca.pem" "https://localhost:$DBATCH_TLS_PORT/" | grep -qi '<!doctype html>'
  if curl -fsS "https://localhost:$DBATCH_TLS_PORT/"; then return 1; fi
  curl -fsS -H "Authorization: Bearer $(cat "$work/token")" "http://127.0.0.1:$DBATCH_PORT/api/runs/last" | field 'it["state"]' | grep -qx succeeded
  dbatch doctor --json | field '[one for one in it if one["health"] == "bad"]' | grep -qx '\[\]'
}

three_consumers() {
  DBATCH_CONSUMERS=3 up
  eventually 120 has_hosts 3
}

# New containers have new ids. The list of hosts must not grow with them.
same_names() {
  local before
  before=$(online)
  DBATCH_CONSUMERS=3 up --force-recreate consumer
  eventually 120 is "$before" online
  is "$before" known
}

third_is_forgotten() {
  local before gone
  before=$(online)
  gone=${before##* }
  refused "'$gone' is online" dbatch hosts forget "$gone"
  DBATCH_CONSUMERS=2 up
  eventually 120 has_hosts 2
  dbatch hosts forget "$gone"
  is "${before% *}" known
}

submit() {
  dbatch submit --total $chunks --name "$1" --json -- sh -c 'sleep 1; echo "$DBATCH_START" >"$DBATCH_OUT/item"' | field 'it["run"]'
}

# Every chunk succeeded once, and its output is there with what belongs in it.
complete() {
  dbatch watch "$1"
  [ "$(dbatch show "$1" --json | field 'it["state"]')" = succeeded ]
  [ "$(succeeded "$1")" -eq $chunks ]
  curl -fsS -H "Authorization: Bearer $(cat "$work/token")" "http://127.0.0.1:$DBATCH_PORT/api/runs/$1/outputs" >"$work/outputs.tar"
  rm -rf "$work/outputs" && mkdir "$work/outputs" && tar -xf "$work/outputs.tar" -C "$work/outputs"
  find "$work/outputs" -name item -exec cat {} + | sort -n | cmp - <(seq 0 $((chunks - 1)))
}

kill_and_start() {
  local container
  container=$(containers "$1" | head -1)
  docker kill "$container"
  sleep 2
  docker start "$container"
}

killed_one_by_one() {
  local run service
  run=$(submit killed)
  for service in consumer producer tracker broker consumer; do
    kill_and_start $service
    eventually 120 curl -fsS "http://127.0.0.1:$DBATCH_PORT/health"
  done
  complete "$run"
}

down_and_up() {
  local run before=0
  run=$(submit interrupted)
  until before=$(succeeded "$run") && [ "$before" -ge 5 ]; do sleep 1; done
  compose down
  DBATCH_CONSUMERS=3 up
  eventually 120 curl -fsS "http://127.0.0.1:$DBATCH_PORT/health"
  [ "$before" -lt $chunks ]
  complete "$run"
}

other_directory() {
  local before
  before=$(containers consumer)
  (mkdir "$work/elsewhere" && cd "$work/elsewhere" && DBATCH_CONSUMERS=3 up)
  is "$before" containers consumer
  if DBATCH_SHARE='' compose config >"$work/said" 2>&1; then return 1; fi
  grep -q 'set DBATCH_SHARE in .env' "$work/said"
}

# The spare machine is a container that knows nothing of the lab but its invitation.
spare_machine() {
  local line
  refused "'head.example.org' is not in the certificates" infra/docker/add-host.sh spare head.example.org
  line=$(infra/docker/add-host.sh spare localhost 2>"$work/said")
  cat "$work/said"
  [ "$(wc -l <"$work/said")" -eq 2 ] && [[ $line == 'dbatch consumer install --invitation '* ]]
  refused "spare is already in this lab" infra/docker/add-host.sh spare localhost
  docker run -d --name $spare --network host --entrypoint bash dbatch-consumer-torch -c \
    "$line && set -a && . ~/.config/dbatch/consumer.env && set +a && exec dbatch consumer --slots 2"
  eventually 120 has_hosts 4
  docker exec $spare bash -c 'set -a; . ~/.config/dbatch/consumer.env; dbatch doctor --json' | field '[one for one in it if one["health"] == "bad"]' | grep -qx '\[\]'
}

backup_and_restore() {
  infra/docker/backup.sh "$work/lab.tar"
  echo no archive >"$work/broken.tar"
  if infra/docker/restore.sh "$work/broken.tar"; then return 1; fi
  eventually 120 has_hosts 4
  infra/docker/restore.sh "$work/lab.tar"
  up
  eventually 120 is succeeded state_of interrupted
  compose stop consumer
  eventually 120 is spare online
  dbatch submit --total 4 --name restored --watch -- sh -c 'echo "\"$DBATCH_HOST\"" >"$DBATCH_RESULT"'
  dbatch results restored | grep -c '"spare"' | grep -qx 4
}

state_of() { dbatch show "$1" --json | field 'it["state"]'; }

spare_is_removed() {
  infra/docker/add-host.sh --remove spare
  eventually 120 has_hosts 0
  refused "No machine of this lab is called 'spare'" infra/docker/add-host.sh --remove spare
  compose exec -T broker rabbitmqctl -q list_users >"$work/users"
  if grep spare "$work/users"; then return 1; fi
}

other_database() {
  if COMPOSE_PROFILES=postgres compose run --rm --no-deps -T secrets >"$work/said" 2>&1; then return 1; fi
  grep -q 'This lab keeps its runs in SQLite' "$work/said"
  if POSTGRES_IMAGE=debian:bookworm-slim compose --profile postgres run --rm --no-deps -T postgres >"$work/said" 2>&1; then return 1; fi
  grep -q 'Set COMPOSE_PROFILES=postgres' "$work/said"
}

new_name() {
  DBATCH_NAMES=head.example.org up
  eventually 120 curl -fsS --resolve "head.example.org:$DBATCH_TLS_PORT:127.0.0.1" --cacert "$work/ca.pem" "https://head.example.org:$DBATCH_TLS_PORT/health"
}

old_runs_go() {
  [ "$(dbatch list --json | field 'len(it)')" -gt 0 ]
  DBATCH_KEEP=1s up
  eventually 180 none_left
}

none_left() { [ "$(dbatch list --json | field 'len(it)')" -eq 0 ]; }

ready
trap finish EXIT
take_down
step "the images are built" build
step "the lab comes up, healthy and with secrets of its own" come_up
step "the sample's table is, byte for byte, that of dbatch run" same_table
step "dashboard and API answer, over TLS only to those who know the authority, and the doctor finds nothing bad" dashboard
step "two more consumers join" three_consumers
step "new containers are the same hosts" same_names
step "a host that is gone is forgotten, one that is online is not" third_is_forgotten
step "consumer, producer, tracker, broker and again a consumer are killed, and the run is complete" killed_one_by_one
step "everything is taken down and up in the middle of a run, and the run is complete" down_and_up
step "a start from another directory takes nothing away, and one without DBATCH_SHARE is refused" other_directory
step "a spare machine joins with one line, its doctor finds nothing bad, and unknown names are refused" spare_machine
step "after backup and restore the runs are there and the spare machine takes chunks" backup_and_restore
step "the spare machine is removed" spare_is_removed
step "a start with the other kind of database is refused" other_database
step "a new name is in the certificates that are served" new_name
step "runs are forgotten after DBATCH_KEEP" old_runs_go
finish
