#!/bin/sh
# Runs once, when the lab is started for the first time: makes the broker's password, which nobody needs to know, and the operator token, and writes
# them down for those who need them. Does nothing when that was done before.
set -eu
umask 077
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

if [ ! -s /secrets/config.yaml ]; then
  secret >/secrets/token
  password=$(secret)
  printf 'default_user = dbatch\ndefault_pass = %s\n' "$password" >/secrets/30-user.conf
  printf 'broker: amqp://dbatch:%s@broker:5672\n' "$password" >/secrets/config.yaml.partial
  mv /secrets/config.yaml.partial /secrets/config.yaml
fi
