.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.seamline-locked
PYTEST_ARGS ?=
BENCH_ARGS ?=
CI ?=

.PHONY: help
help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## make .venv and install exactly what is locked

$(STAMP): locks/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: needs Python 3.11 or later (make PYTHON=python3.12 setup)")'
	@echo 'installing what is locked into .venv: about a minute, once' >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@if command -v uv >/dev/null; then \
	   uv pip install --quiet --python $(BIN)/python --require-hashes --only-binary :all: -r locks/dev.txt; \
	   uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	 else \
	   $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r locks/dev.txt; \
	   $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	 fi
	@touch $(STAMP)

.PHONY: run
run: setup ## tell the recorded story of one Friday, in the terminal
	@$(BIN)/seamline demo --no-serve
	@printf '\nNext: docs/quickstart.md, or the same story over HTTP: %s\n' '$(BIN)/seamline demo'

.PHONY: test
test: setup ## run the tests; what this machine lacks is skipped, and named
	$(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: check
check: setup ## all that CI runs: style, types, rooms, tests (CI=true: a skip is a failure)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	PYTHONPATH=tests/plugins $(BIN)/python -m pytest $(if $(CI),-p no_skips) $(PYTEST_ARGS)

.PHONY: bench-migrate
bench-migrate: setup ## change a table of 3,000,000 rows under traffic, and hold that against its bars (BENCH_ARGS="rows=200000")
	@mkdir -p build
	$(BIN)/seamline bench migrate $(BENCH_ARGS) > build/bench-migrate.json

# Extras are kept and only wheels are taken: plain pip needs the first to check hashes, and installing runs no code.
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
  --no-strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: lock
lock: setup ## renew locks/ from pyproject.toml
	$(BIN)/uv $(COMPILE) --upgrade --all-extras --group dev pyproject.toml -o locks/dev.txt
	sed -E 's/^([a-z0-9._-]+)\[[a-z0-9,._-]+\]==/\1==/' locks/dev.txt > .venv/constraints.txt
	$(BIN)/uv $(COMPILE) --constraints .venv/constraints.txt pyproject.toml -o locks/base.txt

.PHONY: clean
clean: ## remove .venv and what the tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
