#!/usr/bin/env bash
# Does in the background what later steps of `make test` need: fetches while the compiler has the processor and the network is idle, and
# builds what is fuzzed while tests wait for nodes and stores. Each step does for itself what is not done yet, and says why where that
# fails; nothing here is waited for.
#
#   tests/ahead.sh fetch | fuzz
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fetch() {
  tests/fetch-bitcoind.sh
  . tests/venv.sh
  venv statistics tests/statistics/requirements.txt
  venv schema tests/schema/requirements.txt
  venv mail tests/mail/requirements.txt
  venv feeds tests/feeds/requirements.txt
}
# tests have times to keep, and go first
fuzz() { FUZZ_SECONDS=0 nice -n 10 tests/fuzz/run.sh; }

("$1" || true) >/dev/null 2>&1 </dev/null &
