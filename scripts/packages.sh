# Sourced by quickstart.sh and test.sh: installs Debian or Ubuntu packages that are missing, and says so first.

# need PACKAGE...: makes sure that every package is there. Asks for sudo only when something is missing and we are not root.
need() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  command -v apt-get >/dev/null || fail "These packages are needed and this is no Debian or Ubuntu: ${missing[*]}. Install them by hand and run this again."
  say "Installing from the system's packages: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "Root or sudo is needed to install: ${missing[*]}"
    as_root=(sudo)
  fi

  # RUNLEVEL=1 and policy-rc.d's answer 101 keep a freshly installed server (RabbitMQ, PostgreSQL) from being started: tests start private ones.
  local policy=/usr/sbin/policy-rc.d placed=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    placed=1
  fi
  local status=0
  { "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
      apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } </dev/null || status=$?
  [ -z "$placed" ] || "${as_root[@]}" rm -f "$policy"
  [ "$status" -eq 0 ] || fail "apt-get could not install: ${missing[*]}. Its message above says why."
}

say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

need_dotnet() {
  command -v dotnet >/dev/null || fail "The .NET 10 SDK is needed: https://dotnet.microsoft.com/download/dotnet/10.0"
  [ "$(dotnet --version 2>/dev/null | cut -d. -f1)" = 10 ] ||
    fail "The .NET 10 SDK is needed; 'dotnet --version' says '$(dotnet --version 2>&1 | head -1)'."
}
