# `make help` lists what there is. Every target does its own set-up.

PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := $(shell command -v cc || command -v clang || command -v gcc)
endif

SWIFT_BUILD := swift build --explicit-target-dependency-import-check error
# Exclusive access is checked at run time by every debug build and test; the release relies on that.
# lld (it comes with Swift) folds equal functions and packs relocations, each function has a section
# of its own so that it can be left out or put beside others (ORDER: what a call runs; names that
# do not exist any more do no harm), nothing is exported, and libstdc++ is linked statically:
# faster calls, less memory and a shorter start (docs/performance.md).
ORDER := Tests/Benchmarks/order.txt
STATIC_LIBRARIES := .build/static
RELEASE_FLAGS := -c release --static-swift-stdlib --disable-local-rpath \
  -Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked \
  -Xswiftc -Xfrontend -Xswiftc -function-sections \
  -Xswiftc -Xfrontend -Xswiftc -disable-dynamic-actor-isolation \
  -Xswiftc -use-ld=lld -Xswiftc -L$(CURDIR)/$(STATIC_LIBRARIES) \
  -Xlinker --symbol-ordering-file=$(CURDIR)/$(ORDER) -Xlinker --no-warn-symbol-ordering \
  -Xlinker --no-export-dynamic -Xlinker --icf=all -Xlinker --as-needed -Xlinker -z -Xlinker pack-relative-relocs
RELEASE := .build/release
COMMANDS := switchyard switchyard-gateway switchyard-fake-backend
PLUGINS := $(notdir $(patsubst %/,%,$(dir $(wildcard Plugins/*/manifest.yaml))))
FUZZ_SECONDS ?= 60

PACKAGES := pkg-config libuv1-dev libcurl4-openssl-dev libyaml-dev libsqlite3-dev zlib1g-dev
TEST_PACKAGES := curl git openssl python3 python3-venv strace faketime
# A desktop's keyring without a desktop; its tests are skipped where it cannot be had.
KEYRING_PACKAGES := dbus gnome-keyring libsecret-tools

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test compatibility acceptance bench bench-programs order chaos soak fuzz lint \
  release packages clients install uninstall clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages:
	@.ci/packages $(PACKAGES)

# One after the other: all at once would include what supports the tests, which
# needs the testing library and that is not there to be linked statically.
release: packages ## build what is installed, in release
	@mkdir -p $(STATIC_LIBRARIES)
	@ln -sf "$$($(CC) -print-file-name=libstdc++.a)" $(STATIC_LIBRARIES)/libstdc++.a
	@for product in $(COMMANDS) $(addprefix switchyard-,$(PLUGINS)); do \
	  $(SWIFT_BUILD) $(RELEASE_FLAGS) -Xlinker -s --product "$$product"; \
	done

demo: release ## build, then run the gateway once and show what goes over the wire
	@rm -rf .build/demo
	@$(RELEASE)/switchyard test --wire config/demo/conversation.yaml -- \
	  "$(CURDIR)/$(RELEASE)/switchyard-gateway" \
	  --config "$(CURDIR)/config/demo" --state "$(CURDIR)/.build/demo"

clients:
	@.ci/packages $(TEST_PACKAGES)
	@.ci/packages $(KEYRING_PACKAGES) || \
	  echo "WARNING: no $(KEYRING_PACKAGES): the tests of the keyring will be SKIPPED" >&2
	@Tests/Clients/setup

test: packages clients ## run every test; the last line counts them
	$(SWIFT_BUILD) --build-tests
	@.ci/test

compatibility: packages ## clients of every age at servers of every age; writes docs/compatibility.md
	@.ci/packages $(TEST_PACKAGES)
	@Tests/Clients/setup ages
	swift build --product switchyard-gateway
	@.venv-mcp2/bin/python3 Tests/Clients/ages/compatibility.py --write docs/compatibility.md

acceptance: release ## play the acceptance scenarios against our gateway
	@rm -rf .build/acceptance
	@SWITCHYARD="$(CURDIR)/$(RELEASE)/switchyard" \
	  FAKE_BACKEND="$(CURDIR)/$(RELEASE)/switchyard-fake-backend" \
	  config/acceptance/run "$(CURDIR)/$(RELEASE)/switchyard-gateway" \
	  --config "$(CURDIR)/config/acceptance" --state "$(CURDIR)/.build/acceptance"

lint: packages ## formatting, warnings as errors, declared imports, gates
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Plugins
	@.ci/gates
	SWITCHYARD_STRICT=1 $(SWIFT_BUILD) --build-tests

BENCH := .build/bench
BENCH_SOURCES := $(addprefix Tests/Benchmarks/,main.c report.c peer.c calls.c processes.c lifetime.c web.c rest.c remote.c \
  flood.c import.c notices.c reload.c policies.c crowd.c manifests.c)
BENCH_FLAGS := -std=gnu11 -O2 -Wall -Wextra

bench-programs:
	@mkdir -p $(BENCH)
	@$(CC) $(BENCH_FLAGS) -o $(BENCH)/relay Tests/Benchmarks/relay.c
	@$(CC) $(BENCH_FLAGS) -o $(BENCH)/echo Tests/Benchmarks/echo.c
	@$(CC) $(BENCH_FLAGS) -o $(BENCH)/bench $(BENCH_SOURCES) -lcurl -lpthread

bench: release bench-programs ## measure against a bare relay; exits 1 when a limit is missed
	@folder="$$(mktemp -d)"; trap 'rm -rf "$$folder"' EXIT; \
	$(BENCH)/bench --gateway "$(CURDIR)/$(RELEASE)/switchyard-gateway" \
	  --relay "$(CURDIR)/$(BENCH)/relay" --echo "$(CURDIR)/$(BENCH)/echo" \
	  --fake "$(CURDIR)/$(RELEASE)/switchyard-fake-backend" \
	  --command "$(CURDIR)/$(RELEASE)/switchyard" \
	  --folder "$$folder" --json .build/bench.json \
	  --commit "$$(git describe --always --dirty 2>/dev/null || echo unknown)" $(BENCH_ARGUMENTS)

order: packages bench-programs ## note anew which functions a call runs (needs perf); then build again
	@mkdir -p $(STATIC_LIBRARIES)
	@ln -sf "$$($(CC) -print-file-name=libstdc++.a)" $(STATIC_LIBRARIES)/libstdc++.a
	@$(SWIFT_BUILD) $(RELEASE_FLAGS) --product switchyard-gateway
	@$(SWIFT_BUILD) $(RELEASE_FLAGS) --product switchyard-fake-backend
	@cp $(RELEASE)/switchyard-gateway $(BENCH)/measured
	@folder="$$(mktemp -d)"; trap 'rm -rf "$$folder"' EXIT; \
	Tests/Benchmarks/order "$(CURDIR)/$(BENCH)/measured" \
	  $(BENCH)/bench --gateway "$(CURDIR)/$(BENCH)/measured" --folder "$$folder" \
	  --relay "$(CURDIR)/$(BENCH)/relay" --echo "$(CURDIR)/$(BENCH)/echo" \
	  --fake "$(CURDIR)/$(RELEASE)/switchyard-fake-backend" --command "$(CURDIR)/$(RELEASE)/switchyard" \
	  --json .build/order.json --only sequential,pipelined,policies,cache >$(BENCH)/order.txt
	@cp $(BENCH)/order.txt $(ORDER)

# In debug, where accesses that overlap end the process instead of being undefined.
CALLS ?= 100000
SEEDS ?= 1
MINUTES ?= 10

chaos: packages ## kill services under load, then compare all ledgers (SEED= CALLS= SEEDS=)
	@swift build --product switchyard-endurance
	@.build/debug/switchyard-endurance chaos "$(or $(SEED),$$RANDOM)" $(CALLS) $(SEEDS)

soak: packages ## a day in MINUTES (10): memory, descriptors and children stay flat
	@swift build --product switchyard-endurance
	@.build/debug/switchyard-endurance soak $(MINUTES) $(SEED)

# Each folder of Tests/Fuzz is a target of the same name, with its seeds in Seeds.
fuzz: packages ## fuzz each parser for FUZZ_SECONDS (60)
	@mkdir -p .build-fuzz/crashes
	@for folder in Tests/Fuzz/*/; do \
	  name="$$(basename "$$folder")"; \
	  SWITCHYARD_FUZZ=1 swift build -c release --product "$$name" --scratch-path .build-fuzz \
	    -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library; \
	  mkdir -p ".build-fuzz/corpus/$$name"; \
	  SWIFT_BACKTRACE=enable=no ".build-fuzz/release/$$name" \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=5 -rss_limit_mb=4096 \
	    -artifact_prefix=".build-fuzz/crashes/$$name-" ".build-fuzz/corpus/$$name" "$$folder/Seeds"; \
	done

BIN := $(DESTDIR)$(PREFIX)/bin
SHARE := $(DESTDIR)$(PREFIX)/share
COMPLETIONS := $(SHARE)/bash-completion/completions/switchyard \
  $(SHARE)/zsh/site-functions/_switchyard $(SHARE)/fish/vendor_completions.d/switchyard.fish
MANUALS := $(SHARE)/man/man1/switchyard.1 $(SHARE)/man/man1/switchyard-gateway.1

# Root often has no Swift on its path: what the user has built before is then taken.
install: ## install into PREFIX (/usr/local), below DESTDIR if given
	@if command -v swift >/dev/null; then $(MAKE) --no-print-directory release; fi
	@test -x $(RELEASE)/switchyard || { echo "Run 'make release' first." >&2; exit 1; }
	install -d $(BIN) $(dir $(COMPLETIONS)) $(dir $(MANUALS))
	install -m 755 $(addprefix $(RELEASE)/,$(COMMANDS)) $(BIN)
	@for plugin in $(PLUGINS); do \
	  install -d "$(SHARE)/switchyard/plugins/$$plugin"; \
	  install -m 755 "$(RELEASE)/switchyard-$$plugin" "$(SHARE)/switchyard/plugins/$$plugin"; \
	  install -m 644 "Plugins/$$plugin/manifest.yaml" "Plugins/$$plugin/README.md" \
	    "$(SHARE)/switchyard/plugins/$$plugin"; \
	done
	@$(RELEASE)/switchyard --generate-completion-script bash >$(word 1,$(COMPLETIONS))
	@$(RELEASE)/switchyard --generate-completion-script zsh >$(word 2,$(COMPLETIONS))
	@$(RELEASE)/switchyard --generate-completion-script fish >$(word 3,$(COMPLETIONS))
	@$(RELEASE)/switchyard manual >$(word 1,$(MANUALS))
	@install -m 644 docs/man/switchyard-gateway.1 $(word 2,$(MANUALS))
	@chmod 644 $(COMPLETIONS) $(MANUALS)

uninstall: ## remove what install put there
	rm -f $(addprefix $(BIN)/,$(COMMANDS)) $(COMPLETIONS) $(MANUALS)
	rm -rf $(addprefix $(SHARE)/switchyard/plugins/,$(PLUGINS))
	@rmdir $(SHARE)/switchyard/plugins $(SHARE)/switchyard 2>/dev/null || true

clean: ## remove what the other targets built
	rm -rf .build .build-fuzz .venv-*
