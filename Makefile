# Two commands do everything: `make run` and `make test`. Both set up .venv from the lock first, once, with pip alone.

# The first of these that runs, is one of the Pythons that are supported, and can make a virtual environment.
PYTHONS := python3.11 python3.12 python3.13 python3
IS_SUPPORTED := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in $(PYTHONS); do \
  if $$python -c '$(IS_SUPPORTED)' 2>/dev/null; then echo $$python; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help run test test-slow test-long test-full check lock clean same-python

help:
	@echo "make run        photographs in; dataset, checkpoint and score out (store/)"
	@echo "make test       style, types, layer rules and the fast tests (9 to 13 minutes on two cores)"
	@echo "make test-slow  the other tests, with kills, servers and workers (under 45 minutes)"
	@echo "make test-long  several machines, a schedule in use, trainings on Ray, more kills (under an hour)"
	@echo "make test-full  all of them"
	@echo "make check      style, types and layer rules only"
	@echo "make lock       resolve uv.lock again from pyproject.toml, and export requirements/ from it"
	@echo "make clean      remove .venv; store/ stays"
	@echo "PYTHON=...      the Python of .venv: 3.11, 3.12 or 3.13; without it, the first that is found"

run: $(VENV)/.installed
	$(BIN)/shls run

test: check
	$(BIN)/pytest -m "not slow" --numprocesses auto --dist loadfile

test-slow: $(VENV)/.installed-dev
	$(BIN)/pytest -m "slow and not long"

test-long: $(VENV)/.installed-dev
	$(BIN)/pytest -m long

test-full: test test-slow test-long

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Which build of torch fits is for the machine's index to say; fast-slic is built here (docs/decisions/0037).
$(VENV)/.installed: requirements/run.txt requirements/torch.txt packaging/fast_slic/source.txt pyproject.toml | same-python
	@$(or $(PYTHON),false) -c '$(IS_SUPPORTED)' 2>/dev/null || { echo "error: expected Python 3.11, 3.12 or 3.13" \
	  "with venv (Debian: python3-venv), got $(or $(PYTHON),none of $(PYTHONS)); name one with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install -qq --no-deps --require-hashes -r requirements/run.txt
	$(PIP) install -qq -r requirements/torch.txt
	$(PIP) install -qq --no-deps ./packaging/fast_slic
	$(PIP) install -qq --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements/dev.txt
	$(PIP) install -qq --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# Nobody who names a Python gets another one without a word.
same-python:
ifneq ($(origin PYTHON),file)
	@version='import sys; print(*sys.version_info[:2], sep=".")'; \
	if [ -e $(VENV)/.installed ] && [ "$$($(PYTHON) -c "$$version")" != "$$($(BIN)/python -c "$$version")" ]; then \
	  echo "error: .venv has Python $$($(BIN)/python -c "$$version"), PYTHON=$(PYTHON) is another; run: make clean" >&2; exit 1; fi
endif

UV := $(BIN)/uv
EXPORT := $(UV) export --quiet --no-header --no-annotate --no-emit-project --format requirements.txt

lock: $(VENV)/.installed-dev
	$(UV) lock --upgrade
	$(EXPORT) --no-dev --prune torch --no-emit-package fast-slic >requirements/run.txt
	$(EXPORT) --no-dev --extra cluster --prune torch --no-emit-package fast-slic >requirements/cluster.txt
	$(EXPORT) --only-group dev >requirements/dev.txt
	$(EXPORT) --only-group bare-training >requirements/bare_training.txt
	$(EXPORT) --only-group torch --no-hashes | grep -vE '^(cuda|nvidia)-|^triton' >requirements/torch.txt

clean:
	rm -rf $(VENV)
