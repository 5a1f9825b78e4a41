# Two commands do everything: `make run` and `make test`. Both set up .venv from the lock files first, once.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help run test test-slow test-full check lock clean

help:
	@echo "make run        photographs in; dataset, checkpoint and score out (store/)"
	@echo "make test       style, types, layer rules and the fast tests (under 10 minutes)"
	@echo "make test-slow  the other tests, with kills, servers and workers (under 50 minutes)"
	@echo "make test-full  both (under 60 minutes)"
	@echo "make check      style, types and layer rules only"
	@echo "make lock       resolve the lock files again from pyproject.toml"
	@echo "make clean      remove .venv; store/ stays"

run: $(VENV)/.installed
	$(BIN)/shls run

test: check
	$(BIN)/pytest -m "not slow"

test-slow: $(VENV)/.installed-dev
	$(BIN)/pytest -m slow

test-full: test test-slow

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# fast-slic has no wheel, and its isolated build fails: its build requirements are installed first.
$(VENV)/.installed: requirements-build.lock requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "error: expected Python 3.11, got $$($(PYTHON) --version); name one with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -qq --no-deps -r requirements-build.lock
	$(PIP) install -qq --no-deps --no-build-isolation -r requirements.lock
	$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(PIP) install -qq --no-deps -r requirements-dev.lock
	@touch $@

lock:
	PYTHON=$(PYTHON) ./lock.sh

clean:
	rm -rf $(VENV)
