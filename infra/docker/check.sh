#!/usr/bin/env bash
# Runs the lab of docker-compose.yml for real, in a project of its own on free ports, and takes it down again: the sample from this machine, the dashboard, three
# consumers, every container killed once, everything taken down and up in the middle of a run. Needs a Docker engine with compose, the images it pulls or builds,
# and a python3 with PyTorch. Some minutes; the first build some more. The last line says: N passed, N failed.
#   infra/docker/check.sh             with the first 40 digits of the sample
#   infra/docker/check.sh N           with the first N
#   KEEP=1 infra/docker/check.sh      leaves the lab running
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/packages.sh

digits=${1:-40}
chunks=45
sample=samples/adversarial-digits
work=$(mktemp -d)
passed=0 failed=0

compose() { "${compose_command[@]}" "$@" </dev/null; }
dbatch() { "$work/dbatch" "$@" </dev/null; }
containers() { docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter "label=com.docker.compose.service=$1"; }
field() { python3 -c 'import json, sys; print(eval(sys.argv[1], {"it": json.load(sys.stdin)}))' "$1"; }
succeeded() { dbatch show "$1" --json | field 'it["chunks"]["succeeded"]'; }

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

finish() {
  trap - EXIT
  [ -n "${KEEP:-}" ] || compose down --volumes --remove-orphans --timeout 20 >/dev/null 2>&1 || true
  rm -rf "$work"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

ready() {
  docker info >/dev/null 2>&1 || fail "No Docker engine answers, so nothing was run."
  if docker compose version >/dev/null 2>&1; then compose_command=(docker compose); else compose_command=(docker-compose); fi
  "${compose_command[@]}" version >/dev/null 2>&1 || fail "Neither 'docker compose' nor 'docker-compose' is installed."
  for python in "${DBATCH_PYTHON:-}" python3 /usr/bin/python3; do
    if [ -n "$python" ] && "$python" -c 'import torch, numpy, sklearn, matplotlib' 2>/dev/null; then python=$(command -v "$python"); break; fi
    python=
  done
  [ -n "$python" ] || fail "No python3 here has torch, numpy, sklearn and matplotlib, which the sample needs; name one: DBATCH_PYTHON=... $0"
  export COMPOSE_PROJECT_NAME=dbatch-check COMPOSE_PROFILES="${COMPOSE_PROFILES:-}" DBATCH_PORT DBATCH_TLS_PORT DBATCH_BROKER_PORT
  DBATCH_PORT=$(free_port) DBATCH_TLS_PORT=$(free_port) DBATCH_BROKER_PORT=$(free_port)
}

build() { compose build; }

come_up() {
  compose up -d --no-build
  eventually 120 curl -fsS "http://127.0.0.1:$DBATCH_PORT/health"
  docker cp "$(containers tracker):/usr/local/bin/dbatch" "$work/dbatch"
  docker exec "$(containers tracker)" cat /data/token >"$work/token"
  docker cp "$(containers tracker):/secrets/ca.pem" "$work/ca.pem"
  eventually 60 has_hosts 1
}

has_hosts() { [ "$(dbatch hosts --json | field 'sum(host["alive"] for host in it)')" -ge "$1" ]; }

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
  compose up -d --no-build --scale consumer=3
  eventually 90 has_hosts 3
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
  compose up -d --no-build --scale consumer=3
  eventually 120 curl -fsS "http://127.0.0.1:$DBATCH_PORT/health"
  [ "$before" -lt $chunks ]
  complete "$run"
}

ready
trap finish EXIT
export DBATCH_SERVER="http://127.0.0.1:$DBATCH_PORT" DBATCH_TOKEN_FILE="$work/token" DBATCH_CONFIG=/dev/null/none
compose down --volumes --remove-orphans --timeout 20 >/dev/null 2>&1 || true
step "the images are built" build
step "the lab comes up, healthy and with secrets of its own" come_up
step "the sample's table is, byte for byte, that of dbatch run" same_table
step "dashboard and API answer, over TLS only to those who know the authority, and the doctor finds nothing bad" dashboard
step "two more consumers join" three_consumers
step "consumer, producer, tracker, broker and again a consumer are killed, and the run is complete" killed_one_by_one
step "everything is taken down and up in the middle of a run, and the run is complete" down_and_up
finish
