#!/usr/bin/env bash
# From a fresh clone on Debian or Ubuntu with the .NET 10 SDK to a finished run: installs what is missing, builds `dbatch`, runs the sample.
#   ./quickstart.sh        attacks the first 200 handwritten digits, about a minute on two cores
#   ./quickstart.sh N      attacks the first N, up to 1797
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/packages.sh

images=${1:-200}
sample=samples/adversarial-digits

check_argument() {
  case "$images" in '' | *[!0-9]*) fail "Give the number of digits to attack, 1 to 1797; not '$images'." ;; esac
  { [ "$images" -ge 1 ] && [ "$images" -le 1797 ]; } || fail "There are 1797 digits; give a number from 1 to 1797, not $images."
}

has_libraries() { "$1" -c 'import torch, numpy, sklearn, matplotlib' >/dev/null 2>&1; }

# The first interpreter that has what the sample imports; the one named python3 often is not the one the system's packages belong to.
find_python() {
  local candidate
  for candidate in "${DBATCH_PYTHON:-}" python3 /usr/bin/python3 "$PWD/.venv/bin/python3"; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null && has_libraries "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

install_python() {
  if offered python3-torch python3-numpy python3-sklearn python3-matplotlib; then
    need python3 python3-torch python3-numpy python3-sklearn python3-matplotlib
    return
  fi
  say "The system has no package for PyTorch: making a virtual environment in .venv instead (some minutes)"
  if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then
    need python3 python3-venv
  fi
  [ -x .venv/bin/python3 ] || python3 -m venv .venv || fail "python3 could not make the virtual environment .venv; its message above says why."
  .venv/bin/python3 -m pip install --quiet torch numpy scikit-learn matplotlib </dev/null ||
    fail "pip could not install torch, numpy, scikit-learn and matplotlib; its message above says why."
}

check_argument
need_dotnet

if ! python=$(find_python); then
  install_python
  python=$(find_python) || fail "No python3 has torch, numpy, sklearn and matplotlib. Install them, or name one that has: DBATCH_PYTHON=/path/to/python3 $0"
fi
say "Python with PyTorch: $python"

say "Building out/dbatch, one file"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet publish src/DistributedBatch.Cli -c Release -o out/ -nodeReuse:false -v quiet </dev/null || fail "The build failed; its messages above say why."

say "Running the sample on $images digits"
# A folder of results from an earlier run must not be taken for this one's.
rm -f "$sample"/results/adversarial-digits.*
out/dbatch run -f "$sample/job.yaml" --total "$images" --python "$python"

[ -s "$sample/results/adversarial-digits.csv" ] || fail "The run ended without its table; 'out/dbatch show last' says what happened."
say "Picture: $PWD/$sample/results/adversarial-digits.png"
say "Table:   $PWD/$sample/results/adversarial-digits.csv ($(($(wc -l <"$sample/results/adversarial-digits.csv") - 1)) digits)"
say "Next:    put $PWD/out on your PATH; samples/ has more, README.md explains them"
