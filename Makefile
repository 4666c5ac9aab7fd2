# Two commands do all the set-up: `make run` and `make test`. What they need and a bare machine lacks, they fetch.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help run build test ahead check unit emulated e2e browser fuzz soak bench assets engine parts clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

# ---- what the binary is built from --------------------------------------------------------------------------------

# npm brings the chart library and the embedded ClickHouse (libchdb), both pinned by web/package-lock.json
web/node_modules/.installed: web/package.json web/package-lock.json
	npm ci --prefix web --no-audit --no-fund
	touch $@

WEB_SOURCES := $(shell find web/src web/static -type f 2>/dev/null) web/build.mjs
web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	npm run --prefix web build
	touch $@

assets: web/dist/.built ## bundle the site's scripts and styles
engine: web/node_modules/.installed ## fetch the embedded ClickHouse

build: assets engine ## build the release binary
	cargo build --release --locked -p hashwatch

run: build ## build, fetch the engine, start, print the URL
	./target/release/hashwatch run $(ARGS)

# ---- tests --------------------------------------------------------------------------------------------------------

test: ahead check unit emulated fuzz e2e browser ## everything that must hold: format, lints, unit, property, fuzz, end to end, browser

ahead:
	tests/ahead.sh fetch

# One choice of packages for every build of a test: with another, cargo chooses other features and builds most of it again. The program
# comes with it, for its own test.
BUILD := cargo test --workspace --locked --no-run
END_TO_END := --test end_to_end --test real_parts

# Where everything is built once and for all, what is built for tests is linted as it is built: clippy's driver compiles as the compiler
# does, and no dependency is checked first and compiled again after that.
ifeq ($(CI),true)
LINT := cargo test --no-run
check test: export RUSTC_WORKSPACE_WRAPPER := clippy-driver
check test: export RUSTFLAGS := -D warnings
else
LINT := cargo clippy
DENY := -- -D warnings
endif

check: assets engine
	cargo fmt --all --check
	cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
	npm run --prefix web check
	$(LINT) --workspace --all-targets --locked $(DENY)
	$(LINT) --workspace $(END_TO_END) --locked $(DENY)

unit: assets engine ## unit and property tests, and each crate on its real parts
	tests/fetch-bitcoind.sh
	$(BUILD)
	$(if $(filter test,$(MAKECMDGOALS)),tests/ahead.sh fuzz)
	tests/unit.py
	tests/statistics/run.sh

# the very programs of `unit`, where this machine's processor could not run all that is in them
emulated: assets engine ## the hashing tests again, on an emulated processor with AVX-512
	tests/emulated/run.sh

# seconds for each target: `make fuzz FUZZ_SECONDS=600`
fuzz: ## hostile blocks, block files and coinbases, made up as the code is seen to take them
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),10) tests/fuzz/run.sh

parts: ## fetch bitcoind and Chromium for the tests
	tests/fetch-bitcoind.sh
	tests/fetch-chromium.sh

e2e: assets engine parts ## end to end: a real bitcoind, the real engine, the real binary
	$(BUILD)
	cargo test --workspace --locked $(END_TO_END) -- --nocapture --test-threads=4

tests/browser/node_modules/.installed: tests/browser/package.json tests/browser/package-lock.json
	npm ci --prefix tests/browser --no-audit --no-fund
	touch $@

browser: assets engine parts tests/browser/node_modules/.installed
	$(BUILD)
	tests/browser/run.sh

soak: assets engine parts ## the long tests, in full
	cargo build --locked --release -p hashwatch
	HASHWATCH_SOAK=1 cargo test --locked --release -p hashwatch-tests $(END_TO_END) -- --nocapture
	HASHWATCH_SOAK=1 cargo test --locked --release -p hashwatch-metrics --test work_coverage -- --nocapture
	HASHWATCH_SOAK=1 cargo test --locked --release -p hashwatch-economics --test attack_race -- --nocapture
	HASHWATCH_SOAK=1 cargo test --locked --release -p hashwatch-store --test parts -- --nocapture
	HASHWATCH_SOAK=1 cargo test --locked --release -p hashwatch-alerts --test constant_shares -- --nocapture
	HASHWATCH_SOAK=1 cargo test --locked --release -p hashwatch-delivery --lib -- --nocapture
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),3600) tests/fuzz/run.sh

bench: assets engine parts ## measure, and write this processor's tables to docs/performance.md
	cargo bench --locked -p hashwatch-sha256d --bench hashing -- --write
	cargo bench --locked -p hashwatch --bench headers -- --write
	cargo bench --locked -p hashwatch --bench ingest -- --write
	cargo bench --locked -p hashwatch --bench attribute -- --write
	cargo bench --locked -p hashwatch --bench node -- --write
	cargo bench --locked -p hashwatch --bench relabel -- --write
	cargo bench --locked -p hashwatch --bench alerts -- --write
	tests/fetch-wrk.sh
	cargo bench --locked -p hashwatch --bench figures -- --write

clean: ## remove what was built and fetched
	cargo clean
	rm -rf web/node_modules web/dist tests/browser/node_modules .parts tests/fuzz/corpus tests/fuzz/artifacts
