# make run: the assistant on http://127.0.0.1:7860 · make test: every test · make help: the rest
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help run demo test lint install bench llm load evaluate calibrate reliability screens lock

help:     ## list these commands
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

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

evaluate: $(VENV)/.installed     ## ask the reference questions; fails where a figure is under its floor
	$(BIN)/python -m benchmarks.floors

llm: $(VENV)/.tested     ## fetch two small language models (600 MB), have them word forty answers each
	$(BIN)/python tests/generation/models.py
	$(BIN)/python -m pytest -m llm -s

load: $(VENV)/.tested     ## ask as many at once do, for two minutes; a release: make load SOAK=1800
	$(BIN)/python -m benchmarks.load --soak $(or $(SOAK),60)

calibrate: $(VENV)/.tested     ## fit assistant/calibration.json again
	$(BIN)/python -m benchmarks.calibrate

reliability: $(VENV)/.tested     ## run the fault and threat tests in the size of a release, write docs/reliability.md
	$(BIN)/python tests/reliability.py --run

screens: $(VENV)/.tested     ## take the pictures of docs/screens again
	$(BIN)/python tests/screens.py

lock:     ## resolve the dependencies again
	$(BIN)/pip install pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --extra test --extra bench \
		--constraint requirements.lock --output-file requirements-test.lock pyproject.toml
	sed -i 's/^\(torch==[^+]*\)+cpu/\1/' requirements.lock requirements-test.lock
	$(BIN)/pip install uv
	grep -v '^torch==' requirements.lock | $(BIN)/uv pip compile --quiet --no-deps --generate-hashes --no-annotate \
		--custom-compile-command 'make lock; every package but torch, whose file is another on each platform' \
		--output-file requirements-hashed.lock -

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
