# Every target sets up what it needs in .venv; a machine with Python 3.11 to 3.14, pip and make is enough.
# Without make (Windows): `pip install uv`, then `uv run --extra deploy zeropoint lab` and `uv run --extra deploy pytest`.

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.synced

# the first Python on the path that the course supports; name another with PYTHON=…
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))
PYTHON ?= $(or $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c '$(SUPPORTED)' 2>/dev/null && echo "$$name" && break; done), python3)
UV := uv>=0.13,<1
JOBS ?= 2
ARGS ?=
PORT ?=
NOTEBOOKS = $(wildcard notebooks/*.ipynb solutions/*.ipynb exercises/*.ipynb quiz/*.ipynb)

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never
export UV_HTTP_TIMEOUT ?= 180
unexport VIRTUAL_ENV UV_PYTHON

.DEFAULT_GOAL := help
.PHONY: help lab test quick lint unit notebooks build setup clean force
.NOTPARALLEL:

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

lab: $(STAMP) ## open JupyterLab on the first lesson (PORT=8888, ARGS=--no-browser)
	@$(PY) -m zeropoint.cli lab $(if $(PORT),--port $(PORT)) $(ARGS)

# One thread a process: two that share the cores with two threads each wait for one another, many times slower.
# loadscope gives a module, a class or a notebook to one process, which is quick where its tests share something.
PYTEST = OMP_NUM_THREADS=1 $(PY) -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder $(ARGS)
# the import warms the disk cache: a cold torch can take longer than nbval waits for a first output
WARM = $(PY) -c 'import torch'

test: lint ## run every check and test, the notebooks included
	@$(WARM)
	$(PYTEST) --nbval notebooks solutions quiz tests/browser tests

quick: lint ## run the tests that take no time: for the change at hand
	$(PYTEST) -m "not slow" --ignore=tests/browser tests

lint: $(STAMP) ## check style, format, types and spelling, and that notebooks carry no noise
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyrefly check --python-interpreter-path $(PY)
	$(PY) -m codespell_lib
	$(PY) -m nbstripout --verify --keep-output --keep-count --keep-id $(NOTEBOOKS) </dev/null

unit: $(STAMP) ## run the tests of the package, the set-up and the browser
	$(PYTEST)

notebooks: $(STAMP) ## run every committed notebook and compare its outputs
	@$(WARM)
	$(PYTEST) --nbval notebooks solutions quiz

build: $(STAMP) ## write exercises/ from solutions/
	@$(PY) -m zeropoint.cli build $(ARGS)

setup: $(STAMP) ## install what is missing, nothing else

clean: ## remove .venv and every cache
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +

# A clone that was moved has the old path all over .venv: set it up again.
ifneq "$(shell cat $(STAMP) 2>/dev/null)" "$(CURDIR)"
$(STAMP): force
endif

# The stamp is written last, so that an interrupted set-up is taken up again. Some systems ship Python without
# ensurepip: there, the pip outside installs into the environment.
$(STAMP): pyproject.toml uv.lock
	@rm -f $@
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "Zeropoint needs Python 3.11 to 3.14, and there is no $(PYTHON) here: install one." >&2; exit 1; }
	@"$(PYTHON)" -c '$(SUPPORTED)' || { \
		echo "Zeropoint needs Python 3.11 to 3.14, and $(PYTHON) is $$("$(PYTHON)" -V 2>&1):" \
		"install one of those, or name it as in: make lab PYTHON=python3.12" >&2; exit 1; }
	@$(PY) -c '$(SUPPORTED)' 2>/dev/null || "$(PYTHON)" -m venv --clear $(VENV) >/dev/null 2>&1 || \
		"$(PYTHON)" -m venv --clear --without-pip $(VENV)
	@echo "Installing what the course needs into $(VENV); the first time this takes some minutes."
	@$(VENV)/bin/uv --version >/dev/null 2>&1 || \
		if $(PY) -m pip --version >/dev/null 2>&1; then $(PY) -m pip install --quiet "$(UV)"; \
		else "$(PYTHON)" -m pip --python $(PY) install --quiet "$(UV)"; fi
	@$(VENV)/bin/uv sync --frozen --extra deploy
	@echo "$(CURDIR)" > $@
