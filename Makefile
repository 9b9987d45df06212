# Rushes: `make demo` to see it, `make help` for the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo up install install-tests test test-peers check clean

PYTHON ?= $(shell sh curation/embedded/find-python)
PORT ?= 8000
ARGS ?=
RUN := .venv/bin/python

help:  ## say what there is
	@echo "Rushes, the review room for talking-video datasets"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  PORT=8000          where the site listens; a busy port is stepped over"
	@echo "  PYTHON=python3.11  the Python to use, 3.11 or 3.12 (found by itself)"
	@echo "  TORCH_INDEX=URL    where torch comes from. On Linux the public index serves it with CUDA, gigabytes more;"
	@echo "                     without an NVIDIA GPU the CPU build of https://download.pytorch.org/whl/cpu is taken"
	@echo "                     (for a GPU, say: make TORCH_INDEX=https://download.pytorch.org/whl/cu128 demo)"
	@echo "  RUSHES_VAR=FOLDER  where data goes (./var)"
	@echo "  ARGS='-k cuts'     handed on to pytest by make test, which runs beside itself up to four times (ARGS='-n 0': once)"
	@echo
	@echo "Docs: README.md, docs/operator.md, docs/developer.md"

demo: install  ## install, make demo footage, score it, serve it with logins; Ctrl-C stops everything
	@$(RUN) manage.py demo --port $(PORT)

up: install  ## database, broker, workers and site on your own data; Ctrl-C stops everything
	@$(RUN) manage.py up --port $(PORT)

install:  ## virtual environment and packages, nothing else
	@$(call need_python)
	@$(PYTHON) curation/embedded/install.py

install-tests:
	@$(call need_python)
	@$(PYTHON) curation/embedded/install.py --tests

test: install-tests  ## the whole test suite, on a PostgreSQL of its own
	@$(RUN) -m pytest -n logical --maxprocesses 4 --dist worksteal $(ARGS)

test-peers: install-tests  ## tests against a real Label Studio server, installed beside (about a gigabyte)
	@$(RUN) tests/peers.py $(ARGS)

check: install-tests  ## ruff, bandit, mypy, import rules, missing migrations
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/bandit -q -c pyproject.toml -r curation scoring annotation dashboards manage.py
	@$(RUN) -m mypy .
	@.venv/bin/lint-imports
	@$(RUN) manage.py makemigrations --check --dry-run

clean:  ## caches and the tests' database; data in var/ stays
	@rm -rf var/test .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

define need_python
test -n "$(PYTHON)" || { echo "Rushes needs Python 3.11 or 3.12 (MediaPipe has no later build), and found neither. Install one, or name it: make PYTHON=/path/to/python3.11 demo" >&2; exit 1; }
endef
