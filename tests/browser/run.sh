#!/usr/bin/env bash
# The browser tests: a simulated chain, served by the real binary, opened in a real Chromium. Tests that need alerts as they happen start
# a bitcoind, a mail server and a hashwatch of their own.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
server=
finish() {
    status=$?
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    if [ "$status" -ne 0 ] && [ -s "$work/log" ]; then echo "--- the server's log"; tail -n 40 "$work/log"; fi
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT

hashwatch=${HASHWATCH_BIN:-target/debug/hashwatch}
export HASHWATCH_BIN=$hashwatch
export CHROMIUM="${CHROMIUM:-$(tests/fetch-chromium.sh)}"
BITCOIND=$(tests/fetch-bitcoind.sh)
export BITCOIND
(. tests/venv.sh && venv mail tests/mail/requirements.txt)
"$hashwatch" simulate --blocks 6000 --seed 11 --out "$work/chain" 2>"$work/log"
"$hashwatch" run --blocks-dir "$work/chain" --data "$work/data" --listen 127.0.0.1:0 >"$work/url" 2>>"$work/log" &
server=$!

at_the_tip='fetch(process.argv[1] + "api/v1/status").then(answer => answer.json())
    .then(status => process.exit(status.sync.state === "following" ? 0 : 1), () => process.exit(1))'
for _ in $(seq 600); do
    url=$(head -n 1 "$work/url")
    if [ -n "$url" ] && node -e "$at_the_tip" "$url"; then break; fi
    kill -0 "$server" || { echo "the server ended"; exit 1; }
    sleep 0.2
done
HASHWATCH_URL="${url%/}" node --test --test-concurrency=2 tests/browser/*.test.mjs
