# Everything is installed into .venv in this folder. `make` alone lists the targets.

PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.SILENT:
MAKEFLAGS += --no-print-directory
# Without bytecode each process compiles all modules again: half of the start of pytest, and of each server it starts.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo test quick matrix serve migrate check bench bench-quick soak dist dist-test lock openapi documents threats mutants format \
  clean

# What the service and its demo need, and with it what developers need.
running := .venv/.running
installed := .venv/.installed
python := .venv/bin/python
# An app folder may have its own requirements, which are removed with it.
own_in := $(wildcard */requirements.in)
quick := -m "not (e2e or process or postgres or redis)" tests/contract tests/social tests/shared tests/api_v2 \
  $(wildcard */tests)
own_locks := $(wildcard */requirements.txt)

help: ## list the targets
	awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(running) ## sign people up with sandbox providers, on both APIs, then keep serving (PORT=8000, ONCE=1 to exit)
	umask 077 && exec $(python) -m demo

test: $(installed) ## run the whole test suite (ARGS='-k name' goes to pytest)
	exec $(python) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

quick: $(installed) ## run the unit and contract tests of every mounted API, on SQLite, in a minute (ARGS likewise)
	exec $(python) -m pytest -q -n auto --dist worksteal $(quick) $(ARGS)

matrix: $(installed) ## the same with each supported Python, Django and REST framework (ARGS='--only django6.1')
	exec $(python) -m scripts.matrix $(ARGS) $(quick)

serve: $(running) ## run the production server; settings from the environment
	umask 077 && exec $(python) -m server

migrate: $(running) ## apply the database migrations
	umask 077 && exec $(python) manage.py migrate $(ARGS)

check: $(installed) ## run every check of CI (ARGS='lint types' for some of them)
	exec bash scripts/check $(ARGS)

bench: $(installed) ## measure sign-ins beside peers and a bare view, with PostgreSQL and Redis (ARGS='--only counts')
	exec $(python) -m benchmarks $(ARGS)

bench-quick: $(installed) ## the same in three minutes: beside one peer, on PostgreSQL
	exec $(python) -m benchmarks --quick $(ARGS)

soak: $(installed) ## run the server for an hour under mixed traffic, restarts and outages (ARGS='--minutes 10 --rate 8')
	exec $(python) -m benchmarks.soak $(ARGS)

lock: $(installed) ## pin the requirements again, with Python 3.11 (ARGS=--upgrade for newer versions)
	exec bash scripts/lock $(own_in) -- $(ARGS)

openapi: $(installed) ## write openapi.yaml, the collection, the sample environment and pages that follow from the code
	bash scripts/check write-openapi
	$(python) -m scripts.differences_page
	$(python) -m scripts.providers_page
	$(python) -m scripts.collection
	$(python) -m scripts.curl_page
	$(python) -m scripts.variables_page

documents: $(installed) ## write docs/errors.md from the code, and the templates of the pages at /docs/
	$(python) -m scripts.errors_page
	$(python) -m scripts.served_pages

dist: $(installed) ## build the wheel and the source distribution into dist/ (docs/distribution.md)
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} $(python) -m build --no-isolation --outdir dist . >dist.log 2>&1 || \
	  { cat dist.log; exit 1; }
	rm dist.log
	ls dist

dist-test: $(installed) ## install the distribution with the locked packages, and run the tests there (ARGS likewise)
	DIST_ENVIRONMENT=clean DIST_TESTS=all $(python) -m pytest -p no:cacheprovider tests/dist/proof.py $(ARGS)

threats: $(installed) ## write docs/threats.md from docs/threats.toml and the tests
	$(python) -m scripts.threats_page

mutants: $(installed) ## change the verifying code in small steps, and list the changes that no test notices (ARGS=FILE)
	exec $(python) -m scripts.mutants $(ARGS)

format: $(installed) ## put the code into its standard form
	$(python) -m ruff check --fix-only --quiet .
	$(python) -m ruff format .

clean: ## remove the environment and what the tools have left
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The versions of run.txt are those of dev.txt: what is installed for developers serves as well.
$(running): scripts/bootstrap.py requirements/run.txt $(own_locks)
	$(bootstrap) $(@F) $(filter %.txt,$^)

$(installed): scripts/bootstrap.py requirements/dev.txt $(own_locks)
	$(bootstrap) $(@F) $(filter %.txt,$^)
	touch $(running)

define bootstrap
command -v "$(PYTHON)" >/dev/null || { \
  echo "Tandem needs Python 3.11 or newer; $(PYTHON) was not found. Set PYTHON=... to an interpreter."; exit 1; }
"$(PYTHON)" -u scripts/bootstrap.py
endef
