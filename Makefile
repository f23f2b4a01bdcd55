# From a fresh checkout this needs only make and Python 3.11 or newer; everything else lands in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
export PROVISOR_DATA ?= $(CURDIR)/.provisor
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location

.PHONY: run setup postgres test check bench format clean
.DEFAULT_GOAL := run

run: $(VENV)/run.done $(if $(PROVISOR_DATABASE_URL),$(VENV)/postgres.done)
	@$(BIN)/provisor demo --port $(PORT) $(if $(filter-out 0,$(ONCE)),--once)

# What `run` needs, and no more; after a pull it brings .venv up to date.
setup: $(VENV)/run.done

# The driver for PROVISOR_DATABASE_URL; `make run` installs it by itself where that is set.
postgres: $(VENV)/postgres.done

test: $(VENV)/dev.done
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/dev.done
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -q tests/architecture

bench: $(VENV)/dev.done
	@$(BIN)/python bench/run.py

format: $(VENV)/dev.done
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .provisor .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Provisor needs Python 3.11 or newer; name one with make PYTHON=python3.12"; exit 2; }
	@echo "Setting up a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.done: requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing locked dependencies ..."
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --require-hashes -r requirements/build.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/postgres.done: $(VENV)/run.done requirements/postgres.txt
	@echo "Installing the PostgreSQL driver ..."
	@$(PIP) --require-hashes -r requirements/postgres.txt
	@touch $@

$(VENV)/dev.done: $(VENV)/run.done requirements/dev.txt
	@echo "Installing development dependencies ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@
