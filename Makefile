# What one can do here. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help drill up test explore check docs bench lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{ printf "  make %-8s %s\n", $$1, $$2 }'

drill: $(STAMP)  ## a whole incident, live: nothing leaves this machine
	$(RUN)/tocsin drill --live

up: $(STAMP)  ## everything for one machine, as a demo
	$(RUN)/tocsin up --demo

test: $(STAMP)  ## the tests
	$(RUN)/pytest -n $(JOBS) --dist loadgroup

explore: $(STAMP)  ## the properties, with fresh examples and twenty times as many
	$(RUN)/pytest -n $(JOBS) --hypothesis-profile explore -m hypothesis

check: $(STAMP)  ## style, types, layers, and the proof of the laws
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports --no-cache
	$(RUN)/python -m checks.law

docs: $(STAMP)  ## write docs/regimes anew from the packs
	$(RUN)/tocsin law docs docs/regimes

bench: $(STAMP)  ## every claim about speed, as a ratio measured in one run
	for script in bench/*.py; do $(RUN)/python $$script || exit 1; done

lock: $(STAMP)  ## write constraints.txt anew
	$(RUN)/uv pip compile --upgrade --no-header --no-emit-index-url --group test --group check --group bench pyproject.toml -o constraints.txt

clean:  ## take away what the other targets made
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Where the system's Python has no venv, virtualenv comes from pip into a folder of its own.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  $(PYTHON) -m pip install --quiet --target $(VENV).tool virtualenv && \
	  PYTHONPATH=$(VENV).tool $(PYTHON) -m virtualenv --quiet $(VENV) && rm -rf $(VENV).tool; }

$(STAMP): $(VENV)/bin/python pyproject.toml constraints.txt
	$(RUN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(RUN)/python -m pip install --quiet --constraint constraints.txt --editable . --group test --group check --group bench
	$(RUN)/python -c "import prefect; assert prefect.__version__ == '3.8.8', prefect.__version__"
	@touch $@
