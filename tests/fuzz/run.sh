#!/usr/bin/env bash
# Fuzzes all targets at once, or those named as arguments, for $FUZZ_SECONDS (10). Inputs that led somewhere new are kept
# in tests/fuzz/corpus and begun with the next time; one that fails is left in tests/fuzz/artifacts, and the way to run
# it again is printed. Neither folder is for the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${FUZZ_SECONDS:-10}
# More than a block's front and what is read whole of it (16 KiB), so that both ways of reading are met.
longest=40000
# The longest that one input may take, and megabytes: a bound on what is touched, beside that on what is allocated.
patience=10
memory=512

targets=("$@")
[ $# -gt 0 ] || targets=(block block_files coinbase)
settings=$(tests/fuzz/fetch.sh)
eval "$settings"

# The stable compiler has no sanitizers: what is looked for are panics, overflows, broken promises, hangs and hunger.
# Many units of code build on all cores.
how=(-s none --codegen-units 16 --fuzz-dir tests/fuzz --target-dir "${CARGO_TARGET_DIR:-target}/fuzz")
fuzz() { .parts/bin/cargo-fuzz "$@"; }

# cargo-fuzz does not ask for what Cargo.lock says
cargo metadata --locked --manifest-path tests/fuzz/Cargo.toml --format-version 1 >/dev/null || {
  echo "fuzz: a dependency of the crates has changed: cargo update --workspace --manifest-path tests/fuzz/Cargo.toml"
  exit 1
}
fuzz build "${how[@]}"

# one target, for its time; what it says is printed when it ends
one() {
  local target=$1 corpus=tests/fuzz/corpus/$1 log status=0 input
  mkdir -p "$corpus"
  log=$(mktemp)
  fuzz run "${how[@]}" "$target" "$corpus" "tests/fuzz/seeds/$target" -- -max_total_time="$seconds" \
    -dict="tests/fuzz/dictionaries/$target.dict" -max_len="$longest" -timeout="$patience" -rss_limit_mb="$memory" \
    -print_final_stats=1 -verbosity=0 >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$log"
    input=$(sed -n 's/.*Test unit written to \(.*\)/\1/p' "$log" | tail -n 1)
    # what cargo-fuzz prints of this leaves out where the targets lie
    printf '\nfuzz: %s failed. Once more, and smaller (see CONTRIBUTING.md, "Fuzzing"):\n' "$target"
    [ -z "$settings" ] || printf '  %s\n' "$settings"
    printf '  .parts/bin/cargo-fuzz %s %s %s %s\n' run "${how[*]}" "$target" "${input:-INPUT}" \
      tmin "${how[*]}" "$target" "${input:-INPUT}"
  else
    echo "fuzz: $target for $seconds seconds"
    grep -E 'number_of_executed_units|average_exec_per_sec|new_units_added|peak_rss_mb' "$log" || true
  fi
  rm -f "$log"
  return "$status"
}

running=()
for target in "${targets[@]}"; do
  one "$target" &
  running+=($!)
done
failed=0
for process in "${running[@]}"; do
  wait "$process" || failed=1
done
exit "$failed"
