#!/usr/bin/env bash
# Our figures against those of scipy and statsmodels, which are installed into .parts/statistics (a virtual environment, so
# that nothing is put on the host).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

home=.parts/statistics
wanted=tests/statistics/requirements.txt

# two runs at once must not install over each other
mkdir -p .parts
if command -v flock >/dev/null; then
  exec 9>.parts/statistics.lock
  flock 9
fi
if ! cmp -s "$wanted" "$home/installed"; then
  rm -rf "$home"
  python3 -m venv "$home" || {
    echo "statistics: python3 makes no virtual environment (on Debian: apt install python3-venv)"
    exit 1
  }
  "$home/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$home/installed"
fi

figures=$(mktemp)
trap 'rm -f "$figures"' EXIT
cargo run --quiet --locked -p hashwatch-metrics --example figures >"$figures"
"$home/bin/python" tests/statistics/check.py "$figures"
