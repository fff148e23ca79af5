# `make help` lists what there is. Every target does its own set-up.

PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := $(shell command -v cc || command -v clang || command -v gcc)
endif

SWIFT_BUILD := swift build --explicit-target-dependency-import-check error
RELEASE_FLAGS := -c release --static-swift-stdlib -Xlinker -s
RELEASE := .build/release
FUZZ_SECONDS ?= 60

PACKAGES := pkg-config libuv1-dev libcurl4-openssl-dev libyaml-dev libsqlite3-dev
TEST_PACKAGES := git python3 python3-venv

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test bench fuzz lint release packages clients install uninstall clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages:
	@.ci/packages $(PACKAGES)

release: packages ## build what is installed, in release
	$(SWIFT_BUILD) $(RELEASE_FLAGS)

demo: release ## build, then run the gateway once and show what goes over the wire
	@rm -rf .build/demo
	@$(RELEASE)/switchyard test --wire config/demo/demo.yaml \
	  -- $(RELEASE)/switchyard-gateway --config config/demo --state .build/demo

clients:
	@.ci/packages $(TEST_PACKAGES)
	@Tests/Clients/setup

test: packages clients ## run every test; the last line counts them
	$(SWIFT_BUILD) --build-tests
	@.ci/test

lint: packages ## formatting, warnings as errors, declared imports, gates
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Plugins
	@.ci/gates
	SWITCHYARD_STRICT=1 $(SWIFT_BUILD) --build-tests

BENCH := .build/bench
BENCH_SOURCES := $(addprefix Tests/Benchmarks/,main.c report.c peer.c calls.c processes.c lifetime.c)
BENCH_FLAGS := -std=gnu11 -O2 -Wall -Wextra

bench: release ## measure against a bare relay; exits 1 when a limit is missed
	@mkdir -p $(BENCH)
	@$(CC) $(BENCH_FLAGS) -o $(BENCH)/relay Tests/Benchmarks/relay.c
	@$(CC) $(BENCH_FLAGS) -o $(BENCH)/echo Tests/Benchmarks/echo.c
	@$(CC) $(BENCH_FLAGS) -o $(BENCH)/bench $(BENCH_SOURCES)
	@folder="$$(mktemp -d)"; trap 'rm -rf "$$folder"' EXIT; \
	$(BENCH)/bench --gateway "$(CURDIR)/$(RELEASE)/switchyard-gateway" \
	  --relay "$(CURDIR)/$(BENCH)/relay" --echo "$(CURDIR)/$(BENCH)/echo" \
	  --folder "$$folder" --json .build/bench.json \
	  --commit "$$(git describe --always --dirty 2>/dev/null || echo unknown)" $(BENCH_ARGUMENTS)

clean: ## remove what the other targets built
	rm -rf .build .build-fuzz .venv-mcp1 .venv-mcp2
