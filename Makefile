# The commands of this repository. `make` alone says what each of them does.

WORKERS ?= 2
PYTEST := .venv/bin/python -m pytest
PYTHON_FILES := $(wildcard src tests bench spec conftest.py)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check setup bench chaos codes format lock clean
.PHONY: lint lint-format lint-style lint-types lint-walls setup-run system

help: ## Say what each command does
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: setup-run ## Set everything up, start the country at http://localhost:8000, walk through a day
	@exec .venv/bin/nagara up --journey

test: setup system lint ## Set everything up, then run all checks and all tests
	@$(PYTEST) --numprocesses $(WORKERS) --dist loadfile

check: setup lint ## The fast part of the tests: format, style, types, walls, our own laws
	@$(PYTEST) tests/tidy

setup: ## Set everything up and stop there
	@requirements/venv.sh run test

bench: setup-run ## Measure this machine: make bench NAME=ledger
	@.venv/bin/nagara bench $(NAME)

chaos: setup system ## Kill the country at random moments under load: make chaos ROUNDS=200
	@NAGARA_CHAOS_ROUNDS=$(or $(ROUNDS),200) $(PYTEST) --timeout=0 tests/chaos

codes: setup ## Write spec/codes.md from the rooms' codes.toml
	@.venv/bin/python spec/make_codes.py

format: setup ## Write the code as the formatter wants it
	@.venv/bin/ruff format $(PYTHON_FILES)
	@.venv/bin/ruff check --fix $(PYTHON_FILES)

lock: setup ## Pin the dependencies anew: make lock OPTIONS=--upgrade
	@requirements/lock.sh $(OPTIONS)

clean: ## Remove what the commands made; a country's data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests bench spec -name __pycache__ -prune -exec rm -rf {} +

lint: lint-format lint-style lint-types lint-walls

lint-format:
	@.venv/bin/ruff format --check $(PYTHON_FILES)

lint-style:
	@.venv/bin/ruff check $(PYTHON_FILES)

lint-types:
	@.venv/bin/mypy $(PYTHON_FILES)

lint-walls:
	@.venv/bin/lint-imports

setup-run:
	@requirements/venv.sh run

# Without them some tests fail, and say so; the others still run. CometBFT is compiled once (some
# minutes) and kept in the cache.
system:
	@for package in chromium wrk; do command -v $$package >/dev/null || requirements/debian.sh $$package || true; done
	@PATH="$$PWD/.venv/bin:$$PATH" .venv/bin/python -m nagara.chain.abci.cometbft >/dev/null || true
