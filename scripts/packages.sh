# shellcheck shell=bash
# Sourced by quickstart.sh and test.sh: installs Debian or Ubuntu packages that are missing, and says so first.

# need PACKAGE...: makes sure that every package is there. Asks for sudo only when something is missing and we are not root.
need() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *'ok installed' ]] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  command -v apt-get >/dev/null || fail "These packages are needed and this is no Debian or Ubuntu: ${missing[*]}. Install them by hand and run this again."
  say "Installing from the system's packages: ${missing[*]}"

  (install_quietly "${missing[@]}") </dev/null || fail "apt-get could not install: ${missing[*]}. Its message above says why."
}

# Runs in a subshell, whose exit undoes what it placed. RUNLEVEL=1 and policy-rc.d's answer 101 keep a freshly installed server (RabbitMQ,
# PostgreSQL) from being started: tests start private ones. A server that runs already is left alone.
install_quietly() {
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  refresh_lists
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# offered PACKAGE...: whether the system's package sources have every one of them.
offered() {
  local package
  command -v apt-get >/dev/null || return 1
  refresh_lists || return 1
  for package in "$@"; do
    # A candidate of "(none)" is a name that other packages mention and nobody offers.
    [[ $(apt-cache policy "$package" 2>/dev/null) =~ 'Candidate: '[^\(] ]] || return 1
  done
}

lists_are_fresh=
refresh_lists() {
  [ -z "$lists_are_fresh" ] || return 0
  as_root apt-get update -qq </dev/null || return 1
  lists_are_fresh=1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "Root or sudo is needed for: $*"
  fi
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
