#!/usr/bin/env bash
# Fuzzes all targets at once, or those named as arguments, for $FUZZ_SECONDS (10). Inputs that led somewhere new are kept
# in tests/fuzz/corpus and begun with the next time; one that fails is left in tests/fuzz/artifacts, and the way to run
# it again is printed. Neither folder is for the repository. With FUZZ_SECONDS=0 the programs are built, and not run.
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
eval "$(tests/fuzz/fetch.sh)"

# The stable compiler has no sanitizers: what is looked for are panics, overflows, broken promises, hangs and hunger. What libFuzzer
# sees of the way that an input takes are counters at the edges between blocks of code, and what is compared
# (https://clang.llvm.org/docs/SanitizerCoverage.html). With a target named, build scripts are built as ever.
seen="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
seen="$seen -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
seen="$seen -Cllvm-args=-simplifycfg-branch-fold-threshold=0 --cfg fuzzing"
# many units of code build on all cores
built="-Cdebug-assertions -Ccodegen-units=16"
host=$(rustc -vV | sed -n 's/^host: //p')
home=${CARGO_TARGET_DIR:-target}/fuzz

RUSTC_WORKSPACE_WRAPPER="" RUSTFLAGS="$seen $built ${RUSTFLAGS:-}" cargo build --release --locked --bins --manifest-path tests/fuzz/Cargo.toml \
  --target "$host" --target-dir "$home" || {
  echo "fuzz: where a dependency of the crates has changed: cargo update --workspace --manifest-path tests/fuzz/Cargo.toml"
  exit 1
}

[ "$seconds" -gt 0 ] || exit 0

# one target, for its time; what it says is printed when it ends
one() {
  local target=$1 corpus=tests/fuzz/corpus/$1 artifacts=tests/fuzz/artifacts/$1/ program=$home/$host/release/$1 log status=0 input
  mkdir -p "$corpus" "$artifacts"
  log=$(mktemp)
  "$program" "$corpus" "tests/fuzz/seeds/$target" -artifact_prefix="$artifacts" -max_total_time="$seconds" \
    -dict="tests/fuzz/dictionaries/$target.dict" -max_len="$longest" -timeout="$patience" -rss_limit_mb="$memory" \
    -print_final_stats=1 -verbosity=0 >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$log"
    input=$(sed -n 's/.*Test unit written to \(.*\)/\1/p' "$log" | tail -n 1)
    printf '\nfuzz: %s failed. Once more, and smaller (see CONTRIBUTING.md, "Fuzzing"):\n' "$target"
    printf '  %s %s\n' "$program" "${input:-INPUT}"
    printf '  %s -minimize_crash=1 -runs=100000 -exact_artifact_path=%s %s\n' "$program" "${artifacts}smaller" "${input:-INPUT}"
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
