# Every command of the project. `make` lists them; `make demo` and `make test` work in a fresh clone.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
UV_VERSION := 0.13.9
ANVIL_MIN := 1.7

export PATH := $(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export APE_DATA_FOLDER := $(CURDIR)/.ape
# Without cached bytecode every start of Ape takes five seconds longer.
export PYTHONDONTWRITEBYTECODE :=

# Stamps are named after the lock file's contents: a checkout or a touched file installs nothing anew.
stamp = .ok-$(shell cksum < $(1) | tr ' ' '-')
VENV_OK := $(VENV)/$(call stamp,requirements.lock)
NODE_OK := node_modules/$(call stamp,package-lock.json)

# Each worker has an Anvil of its own and takes whole files, in the order in which they are found: the longest come early.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

PYTHON := $(wildcard bots bulkhead scripts tests tools conftest.py)
TYPED := bulkhead tools

# ---- set-up ----

.PHONY: help setup anvil
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(VENV_OK) anvil ## install the pinned tools into .venv and node_modules

# A linked folder belongs to another checkout: installing through the link would change that one.
own = test ! -L $(1) || { echo "error: $(1) is a link and its target is not at this checkout's lock file: run make setup there" >&2; exit 1; }

# Python 3.10 to 3.12: from PY, or the first on PATH that fits.
$(VENV_OK):
	@$(call own,$(VENV))
	@if ! test -x $(BIN)/python; then \
	  for python in $(PY) python3 python3.12 python3.11 python3.10; do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then \
	      echo "creating $(VENV) with $$("$$python" --version)"; "$$python" -m venv $(VENV); break; \
	    fi; \
	  done; \
	  test -x $(BIN)/python || { echo "error: no Python 3.10, 3.11 or 3.12 with venv found; name one: make setup PY=python3.12" >&2; exit 1; }; \
	fi
	@test "$$($(BIN)/uv --version 2>/dev/null | cut -d ' ' -f 2)" = $(UV_VERSION) \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@echo "installing requirements.lock"
	@UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_SYSTEM_CERTS=$${UV_SYSTEM_CERTS:-1} $(BIN)/uv pip sync -q --require-hashes --python $(BIN)/python requirements.lock
	@rm -f $(VENV)/.ok-*; touch $@

$(NODE_OK):
	@$(call own,node_modules)
	@command -v npm >/dev/null || { echo "error: npm of Node 20 or newer is needed" >&2; exit 1; }
	@echo "installing package-lock.json"
	@npm ci --ignore-scripts --no-progress --loglevel=error
	@touch $@

# The pinned Anvil of node_modules, else one on PATH that is new enough.
anvil_version = $$(anvil --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
anvil:
	@if test "$$(printf '%s\n' $(ANVIL_MIN) "$(anvil_version)" | sort -V | head -n 1)" != $(ANVIL_MIN); then \
	  case "$$(uname -sm)" in \
	    "Linux x86_64") $(MAKE) --no-print-directory $(NODE_OK) ;; \
	    *) echo "error: Anvil $(ANVIL_MIN) or newer is needed on PATH: install Foundry's with foundryup, then run make again" >&2; exit 1 ;; \
	  esac; \
	fi

# ---- use ----

.PHONY: compile demo replay node test forked fork fuzz bench crowd bench-keeper profile
# Ape does not see that an imported module or interface changed: always from nothing.
compile: $(VENV_OK) ## compile every contract afresh
	@rm -rf .build
	@ape compile --verbosity WARNING

demo: setup compile ## two pairs and a real crash on a local chain, every unit accounted for (PRICES=luna, ftx, … or a file)
	@ape run demo

replay: setup compile ## every crash with hundreds of positions and the real keeper (ARGS="--prices luna --positions 100")
	@ape run replay $(ARGS)

node: setup ## a local chain on 127.0.0.1:8545 to try the scripts on, until interrupted
	@echo "ape run SCRIPT --network ethereum:local:http://127.0.0.1:8545 --account TEST::0"
	@anvil --host 127.0.0.1 --port 8545 --chain-id 1337 --silent

test: setup $(NODE_OK) compile ## compile, then run every test (ARGS="-k liquidate")
	@if test -f scripts/fetch_artifacts.py; then python scripts/fetch_artifacts.py; fi
	@ape test tests $(PARALLEL) $(ARGS)

forked: setup $(NODE_OK) compile ## the whole cycle on local forks of all three testnets (`make test` has one)
	@python scripts/fetch_artifacts.py
	@FORKED=all ape test tests/forked $(ARGS)

# URLs of one's own, such as SEPOLIA_RPC; the port is what the variable is then set to.
fork: setup ## fork a network on 127.0.0.1:8547 until interrupted (URL=https://… of its RPC)
	@test -n "$(URL)" || { echo "error: give the network's RPC: make fork URL=https://…" >&2; exit 1; }
	@anvil --host 127.0.0.1 --port 8547 --fork-url "$(URL)" --hardfork prague --silent

fuzz: setup compile ## a million random operations against the exact model (ARGS="--seed 2")
	@python -m tests.stateful.fuzz $(ARGS)

bench: setup $(NODE_OK) compile ## measure gas beside floor, target and peers; write snapshots/gas.json
	@python scripts/fetch_artifacts.py
	@ape run bench

crowd: setup $(NODE_OK) compile ## the same with 1, 100 and 10,000 open positions
	@python scripts/fetch_artifacts.py
	@ape run bench --users

bench-keeper: setup $(NODE_OK) compile ## the Python figures: a million positions, ten thousand on chain, an index of 100,000 events
	@python scripts/fetch_artifacts.py
	@python -m tools.bench_keeper $(ARGS)

profile: setup $(NODE_OK) compile ## where the gas of one operation goes (OP=open)
	@python scripts/fetch_artifacts.py
	@ape run profile $(or $(OP),open)

.PHONY: package
package: $(VENV_OK) ## build the Python package, install it into an environment of its own and use it there
	@python -m tools.package

# ---- prove ----

.PHONY: attacks mutants prove
attacks: $(VENV_OK) ## search a million sequences for a gain, and find every planted weakness (ARGS="--seed 2")
	@python -m tests.attacks $(ARGS)

mutants: setup compile ## put faults into the vault and see who notices (ARGS="--count 50 --seed 2 --write")
	@python -m tools.mutants $(ARGS)

prove: $(VENV_OK) ## prove the rules for all numbers within their bounds, with Z3
	@python -m tests.proofs

# ---- keep in order ----

.PHONY: check fmt lint types abi snapshots fresh lock clean
check: setup lint types compile fresh test ## format, lint, types, forced compile, sizes, snapshots, ABIs, tests

fmt: $(VENV_OK) ## format Python and Vyper
	@ruff check -q --fix $(PYTHON) || true
	@ruff format $(PYTHON)
	@python -m tools.vyper_format

lint: $(VENV_OK) ## formats, ruff, natrix and the rules of the house
	@ruff format --check $(PYTHON)
	@ruff check $(PYTHON)
	@python -m tools.vyper_format --check
	@python -m tools.check style
	@python -m tools.vyper_lint

types: $(VENV_OK) ## mypy, strict
	@mypy $(TYPED)

abi: $(VENV_OK) ## export the ABIs that the Python package ships
	@python -m tools.check abi --write

snapshots: $(VENV_OK) ## renew snapshots/size.json and snapshots/layout.json
	@python -m tools.check sizes layout --write

fresh: $(VENV_OK) ## size limits; are ABIs and snapshots those of the sources?
	@python -m tools.check sizes layout abi

lock: ## resolve the pins of pyproject.toml and package.json into the lock files
	@UV_SYSTEM_CERTS=$${UV_SYSTEM_CERTS:-1} $(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.10 \
	  --generate-hashes --no-emit-index-url -q -o requirements.lock
	@npm install --package-lock-only --ignore-scripts --no-progress --loglevel=error

clean: ## remove everything that is built or cached; the tools of `make setup` stay
	@rm -rf .build .ape .artifacts .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist out *.egg-info
	@find . -maxdepth 6 -path ./.venv -prune -o -path ./node_modules -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
