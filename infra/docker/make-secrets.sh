#!/bin/bash
# Runs at every start, before everything else. Creates the lab's authority, users, keys and tokens where they are missing, so that nothing has a default password.
# Each service sees its own directory only. Certificates are issued anew every time, for the names in DBATCH_NAMES too.
#   /secrets/authority   the source of all others. No other service mounts it, and a backup keeps it.
#   /secrets/ROLE        mounted by the service of that name as /secrets
#   /tracker             the tracker's data, for the tokens
set -euo pipefail
umask 077
cd /secrets
authority=authority
password() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# give FILE TARGET [MODE]: readable by the service's user only, unless the image of the service has another user.
give() { install -m "${3:-400}" "$1" "$2.new" && mv -f "$2.new" "$2"; }

# Runs are never copied from one kind of database to the other, so a start without the setting would show an empty lab.
case ",${COMPOSE_PROFILES:-}," in *,postgres,*) database=postgres ;; *) database=sqlite ;; esac
known=$(cat $authority/kind 2>/dev/null || echo $database)
case "$known:$database" in
  postgres:sqlite) fail "This lab keeps its runs in PostgreSQL, and COMPOSE_PROFILES does not name postgres. Set COMPOSE_PROFILES=postgres in .env; the option --profile is not enough." ;;
  sqlite:postgres) fail "This lab keeps its runs in SQLite, and COMPOSE_PROFILES names postgres. Take it out. Or start anew with PostgreSQL: 'docker compose down --volumes' deletes all runs." ;;
esac
printf '%s\n' "$database" >$authority/kind

[ -s $authority/ca.key ] || dbatch ca init $authority
names=()
for name in localhost 127.0.0.1 ${DBATCH_NAMES//,/ }; do names+=(--host "$name"); done
dbatch ca issue $authority broker --host broker "${names[@]}"
dbatch ca issue $authority server --host tracker "${names[@]}"
printf '%s\n' localhost 127.0.0.1 ${DBATCH_NAMES//,/ } >$authority/names

# Keeps the users and passwords that there are, and gives them the permissions of this version.
dbatch broker users $authority --broker amqps://broker:5671/ --ca /secrets/ca.pem
[ -s $authority/postgres ] || password >$authority/postgres
[ -s $authority/grafana ] || password >$authority/grafana
[ -s $authority/signing.key ] || dbatch key init $authority/signing.key
for role in host:consumer view:prometheus; do
  file=$authority/${role#*:}.token
  if [ ! -s "$file" ]; then
    dbatch token create --role "${role%:*}" --name "compose-${role#*:}" --data /tracker >"$file.new"
    mv "$file.new" "$file"
  fi
done

for role in producer tracker consumer; do
  give $authority/$role.yaml $role/config.yaml
  give $authority/ca.pem $role/ca.pem 444
done
for role in producer tracker; do
  printf 'postgres://dbatch:%s@postgres/dbatch' "$(cat $authority/postgres)" >$authority/database
  give $authority/database $role/database
done
give $authority/signing.key producer/signing.key
give $authority/signing.key.pub tracker/signing.pub
give $authority/signing.key.pub consumer/signing.pub
give $authority/server.pem tracker/server.pem
give $authority/server.key tracker/server.key
give $authority/consumer.token consumer/token
for file in ca.pem broker.pem broker.key definitions.json; do give $authority/$file broker/$file; done
give $authority/postgres postgres/password 444
give $authority/grafana grafana/password 444
give $authority/prometheus.token prometheus/token 444

# One file for each machine that infra/docker/add-host.sh let in. The broker reads them at its start.
rm -rf broker/hosts
install -d -m 755 broker/hosts
for file in $authority/hosts/*.json; do
  [ ! -e "$file" ] || give "$file" "broker/hosts/${file##*/}"
done
