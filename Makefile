# make demo   builds the example record from generated mixes
# make test   runs the tests
# Both make a virtual environment first, need nothing but Python and make, and are safe to
# run twice. Another Python: make demo PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
GLASSMASTER := "$(CURDIR)/$(BIN)/glassmaster"

.PHONY: demo test lint types contract check clean

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Glassmaster needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12"; exit 1; }
	@echo "making a virtual environment in $(VENV); the first time, this takes a minute or two"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	@$(BIN)/python fixtures/make_audio.py demo
	@cd demo && $(GLASSMASTER) build
	@echo
	@echo "Opened again, without the spec, as whoever receives it would:"
	@cd demo && $(GLASSMASTER) verify out/plant out/promo
	@echo
	@echo "All of it is in demo/. The spec: album.yaml. What was decided: album.lock."
	@echo "What to hand over: out/*/SEND. Its papers: out/*/papers. The report: out/reports/album.html"

test: $(STAMP)
	@$(BIN)/python -m pytest -q -n $(WORKERS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@echo "numpydoc lint"
	@find pipeline formats -name '*.py' -print0 | xargs -0 $(BIN)/python -m numpydoc lint

types: $(STAMP)
	$(BIN)/mypy

contract: $(STAMP)
	$(BIN)/lint-imports

check: lint types contract test

clean:
	rm -rf .venv demo out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
