#!/usr/bin/env bash
# Fetches in the background what later steps of `make test` need, while the compiler has the processor: the network is idle then. Each
# step fetches for itself what is not there yet, and says why where that fails; nothing here is waited for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ahead() {
  tests/fetch-bitcoind.sh
  . tests/venv.sh
  venv statistics tests/statistics/requirements.txt
  venv schema tests/schema/requirements.txt
}
(ahead || true) >/dev/null 2>&1 </dev/null &
