#!/bin/bash
# Runs to its end before everything else, at every start: makes the lab's authority, users, keys and tokens where there are none, so that there is no default password
# anywhere. Each service sees its own directory and none of the others'. Certificates are issued anew every time, for the names in DBATCH_NAMES too.
#   /secrets/authority   the authority's key, never mounted elsewhere; what all others are made from
#   /secrets/ROLE        mounted by the service of that name as /secrets
#   /tracker             the tracker's data, for the tokens
set -euo pipefail
umask 077
cd /secrets
authority=authority
password() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# FILE, readable by the service alone; or by everybody who sees the volume, where the image has a user of its own.
give() { install -m "${3:-400}" "$1" "$2.new" && mv -f "$2.new" "$2"; }

[ -s $authority/ca.key ] || dbatch ca init $authority
names=()
for name in localhost 127.0.0.1 ${DBATCH_NAMES//,/ }; do names+=(--host "$name"); done
dbatch ca issue $authority broker --host broker "${names[@]}"
dbatch ca issue $authority server --host tracker "${names[@]}"

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
