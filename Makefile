# make run: the assistant on http://127.0.0.1:7860 · make test: every test · make help: the rest
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help run demo test lint install bench calibrate lock

help:     ## list these commands
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.installed     ## install, index corpus/, serve the chat
	$(BIN)/python app.py

demo: $(VENV)/.installed     ## the same, and from the next port a page of another site with the widget
	$(BIN)/python -m demo

install: $(VENV)/.installed     ## the locked dependencies into .venv

test: $(VENV)/.tested     ## install the test dependencies, run every test
	$(BIN)/python -m pytest

lint: $(VENV)/.tested     ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.tested     ## measure speed and quality; see benchmarks/README.md
	$(BIN)/python -m benchmarks

calibrate: $(VENV)/.tested     ## fit assistant/calibration.json again
	$(BIN)/python -m benchmarks.calibrate

lock:     ## resolve the dependencies again
	$(BIN)/pip install pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --extra test --extra bench \
		--constraint requirements.lock --output-file requirements-test.lock pyproject.toml
	sed -i 's/^\(torch==[^+]*\)+cpu/\1/' requirements.lock requirements-test.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tested: requirements-test.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.lock
	@touch $@
