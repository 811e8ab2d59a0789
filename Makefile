# The commands of this project. `make run` and `make test` are all a newcomer needs.

# Built outside the clone, so that clones share it and none carries it along.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/patchbay/target
TOOLS := $(HOME)/.cache/patchbay/tools
export PATH := $(TOOLS)/bin:$(PATH)

.PHONY: run test test-peers check fuzz bench fmt screenshots

## Build and start the playground: the whole product in a browser, no account needed.
run:
	@scripts/install build
	@echo "building; the first time takes some minutes"
	cargo run -- playground

## Install what the tests need, where it is missing, and run all of them.
test:
	@scripts/install build test
	cargo test --workspace

## Certify slack-sim with clients that others wrote: Bolt for JavaScript and for Python, and slack-morphism; over sockets and over HTTP.
test-peers:
	@scripts/install build peers
	cargo build -p slack-sim -p morphism-peer
	node tests/peers/certify/run.mjs "$(CARGO_TARGET_DIR)/debug/slack-sim" "$(HOME)/.cache/patchbay/peers-venv/bin/python" "$(CARGO_TARGET_DIR)/debug/morphism-peer"

## Formatting, lints, documentation, dependencies, the rules of the house: everything but the tests.
check:
	@scripts/install build check
	cargo fmt --all --check
	rustfmt --check --edition 2024 fuzz/targets/*.rs
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items
	cargo deny --all-features check --hide-inclusion-graph bans licenses sources
	@scripts/one-of-each
	cargo test --quiet --test it tidy::
	cargo run --quiet -- cards lint run_cards
	cargo run --quiet -- cards test run_cards

## Give odd input to whatever reads what strangers wrote: FUZZ_SECONDS (60) for each target; fuzz/README.md says more.
fuzz:
	@scripts/install build fuzz
	fuzz/run

## Measure, as ratios within one run.
bench:
	@scripts/install build bench
	benches/run

## Take the pictures of README.md and docs/ anew.
screenshots:
	@scripts/install build test
	cargo build
	node tests/browser/screenshots.mjs

fmt:
	cargo fmt --all
