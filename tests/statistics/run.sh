#!/usr/bin/env bash
# Our figures against those of scipy and statsmodels, which are installed into .parts/statistics (a virtual environment, so
# that nothing is put on the host).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

. tests/venv.sh
venv statistics tests/statistics/requirements.txt

figures=$(mktemp)
trap 'rm -f "$figures"' EXIT
# of all packages, so that nothing is built again with other features
cargo build --quiet --locked --workspace --example figures
"${CARGO_TARGET_DIR:-target}/debug/examples/figures" >"$figures"
.parts/statistics/bin/python tests/statistics/check.py "$figures"
